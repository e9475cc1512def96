from django.db import migrations

from vendors import fingerprint

CHUNK = 1_000


def name_troubles(apps, schema_editor):
    """Say of the pushes that went wrong before what went wrong with them."""
    pushes = apps.get_model("vendors", "Push").objects
    troubled = pushes.filter(state__in=["unreadable", "failed"]).only("state", "problem")
    last = 0
    while rows := list(troubled.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        for row in rows:
            if row.state == "failed":
                row.trouble = fingerprint.of_error(row.problem)
            else:
                row.trouble = fingerprint.of_problems(row.problem.split("\n"))
        pushes.bulk_update(rows, ["trouble"])
        last = rows[-1].pk


class Migration(migrations.Migration):

    dependencies = [
        ("vendors", "0006_trouble"),
    ]

    operations = [migrations.RunPython(name_troubles, migrations.RunPython.noop)]

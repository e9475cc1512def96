from django.db import migrations
from django.utils import timezone


def ask(apps, schema_editor):
    """Have calls from before there were rules billed, in the background."""
    accounts = apps.get_model("calls", "Account").objects
    rebillings = apps.get_model("calls", "Rebilling").objects
    calls = apps.get_model("calls", "Call").objects
    now = timezone.now()
    for pk in accounts.values_list("pk", flat=True):
        if calls.filter(account_id=pk).exists():
            rebillings.create(account_id=pk, asked_at=now)


class Migration(migrations.Migration):

    dependencies = [
        ('calls', '0005_billing'),
    ]

    operations = [
        migrations.RunPython(ask, migrations.RunPython.noop),
    ]

"""Waiting pushes are found by account, so that one account's storm is in no other's way."""

from django.db import migrations, models

from calls.concurrently import AddIndexConcurrently, RemoveIndexConcurrently


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("vendors", "0012_spool")]

    operations = [
        AddIndexConcurrently(
            model_name="push",
            index=models.Index(
                fields=["account", "next_try_at", "id"],
                name="push_waiting_for",
                condition=models.Q(state="waiting"),
            ),
        ),
        RemoveIndexConcurrently(model_name="push", name="push_waiting"),
    ]

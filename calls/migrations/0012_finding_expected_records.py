"""Calls without their record, and imported ones, are found by indexes of their own."""

from django.db import migrations, models

from calls.concurrently import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("calls", "0011_expected_records")]

    operations = [
        AddIndexConcurrently(
            model_name="call",
            index=models.Index(
                condition=models.Q(record_due_at__isnull=False),
                fields=["-occurred_at", "-id"],
                name="call_without_record",
            ),
        ),
        AddIndexConcurrently(
            model_name="call",
            index=models.Index(
                condition=models.Q(is_imported=True),
                fields=["-occurred_at", "-id"],
                name="call_imported",
            ),
        ),
    ]

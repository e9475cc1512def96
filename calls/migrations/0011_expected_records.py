from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("calls", "0010_figures_only")]

    operations = [
        migrations.AddField(
            model_name="call",
            name="is_imported",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Whether part of it was brought in by an import.",
            ),
        ),
        migrations.AddField(
            model_name="call",
            name="record_due_at",
            field=models.DateTimeField(
                help_text="From when on its record is missing; empty once it is here.", null=True
            ),
        ),
    ]

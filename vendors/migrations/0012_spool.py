import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("vendors", "0011_imports")]

    operations = [
        migrations.AddField(
            model_name="vendoraccount",
            name="pushes_per_second",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Empty: any number. Each web process counts for itself; beyond it the vendor hears 503 and is to try again. Huawei does not repeat status pushes: leave it empty there.",
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="most pushes in a second",
            ),
        ),
        migrations.AddField(
            model_name="watch",
            name="drained",
            field=models.PositiveBigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="watch",
            name="drained_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="refusedpush",
            name="reason",
            field=models.CharField(
                choices=[
                    ("signature", "The signature did not match"),
                    ("address", "The sender's address is not on the account's list"),
                    ("disabled", "The account is disabled"),
                    ("rate", "The account pushed more in a second than it may"),
                ],
                max_length=12,
                verbose_name="reason",
            ),
        ),
    ]

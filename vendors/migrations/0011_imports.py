import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("vendors", "0010_privacy"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Import",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "way",
                    models.CharField(
                        choices=[("hand", "By hand"), ("night", "At night")],
                        default="hand",
                        max_length=5,
                    ),
                ),
                ("user_name", models.CharField(blank=True, max_length=150)),
                ("file_name", models.CharField(max_length=255, verbose_name="file")),
                (
                    "remote",
                    models.CharField(
                        blank=True,
                        help_text="The file's name at the vendor: it is fetched once.",
                        max_length=255,
                    ),
                ),
                (
                    "day",
                    models.DateField(help_text="The day that the vendor's file is of.", null=True),
                ),
                ("sha256", models.CharField(max_length=64)),
                ("size_bytes", models.BigIntegerField()),
                (
                    "format",
                    models.CharField(
                        choices=[
                            ("zip", "ZIP"),
                            ("lines", "Lines of JSON"),
                            ("csv", "CSV"),
                            ("xlsx", "XLSX"),
                        ],
                        max_length=5,
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        blank=True, help_text="Where the file is kept.", max_length=255
                    ),
                ),
                (
                    "columns",
                    models.JSONField(default=dict, help_text="Which column of a table says what."),
                ),
                ("language", models.CharField(default="en", max_length=16)),
                (
                    "asked_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="asked"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("new", "Columns to be chosen"),
                            ("waiting", "Waiting"),
                            ("running", "Running"),
                            ("ready", "To be confirmed"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="waiting",
                        max_length=9,
                    ),
                ),
                (
                    "stage",
                    models.CharField(
                        choices=[("check", "Looked through"), ("take", "Imported")],
                        default="check",
                        max_length=5,
                    ),
                ),
                ("problem", models.TextField(blank=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                (
                    "breaks",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="How often it broke off."
                    ),
                ),
                ("claimed_at", models.DateTimeField(null=True)),
                (
                    "rows_total",
                    models.BigIntegerField(help_text="Bytes, or rows of a table.", null=True),
                ),
                ("rows_done", models.BigIntegerField(default=0)),
                ("lines_done", models.BigIntegerField(default=0)),
                ("counts", models.JSONField(default=dict)),
                ("first_problems", models.JSONField(default=list)),
                (
                    "sample",
                    models.JSONField(
                        default=list, help_text="Some of the pushes that it would become."
                    ),
                ),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("began_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished")),
            ],
            options={
                "verbose_name": "import",
                "verbose_name_plural": "imports",
                "ordering": ["-id"],
                "default_permissions": ("add", "view"),
            },
        ),
        migrations.CreateModel(
            name="ImportColumns",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("heads", models.CharField(max_length=64)),
                ("columns", models.JSONField(default=dict)),
                ("by_name", models.CharField(max_length=150)),
                ("at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="NightRound",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "night",
                    models.DateField(help_text="The night that was last asked for.", null=True),
                ),
                ("is_done", models.BooleanField(default=False)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("asked_at", models.DateTimeField(null=True)),
                (
                    "is_wanted",
                    models.BooleanField(default=False, help_text="Somebody wants it asked now."),
                ),
                (
                    "files",
                    models.PositiveIntegerField(default=0, help_text="New files of that night."),
                ),
                ("problem", models.TextField(blank=True)),
                ("refused_as", models.CharField(blank=True, max_length=64)),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="import",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="imports",
                to="vendors.vendoraccount",
            ),
        ),
        migrations.AddField(
            model_name="import",
            name="user",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="push",
            name="imported",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="pushes",
                to="vendors.import",
                verbose_name="import",
            ),
        ),
        migrations.AddField(
            model_name="importcolumns",
            name="account",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="vendors.vendoraccount",
            ),
        ),
        migrations.AddField(
            model_name="nightround",
            name="account",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="night_round",
                to="vendors.vendoraccount",
            ),
        ),
        migrations.AddField(
            model_name="ledgerday",
            name="imported",
            field=models.PositiveBigIntegerField(db_default=0, default=0),
        ),
        migrations.AddIndex(
            model_name="import",
            index=models.Index(
                condition=models.Q(("state__in", ["waiting", "running"])),
                fields=["id"],
                name="import_unfinished",
            ),
        ),
        migrations.AddConstraint(
            model_name="import",
            constraint=models.UniqueConstraint(
                condition=models.Q(("remote", ""), _negated=True),
                fields=("account", "remote"),
                name="a_file_of_a_vendor_is_fetched_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="importcolumns",
            constraint=models.UniqueConstraint(
                fields=("account", "heads"), name="one_choice_of_columns_per_account"
            ),
        ),
    ]

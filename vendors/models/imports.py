"""Files that bring back what was missed: dropped by hand, or fetched from a vendor at night."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from vendors.models.accounts import VendorAccount


class Import(models.Model):
    """A file, what is in it, and what became of it. Rows stay; files do not.

    A file is looked through first (``stage`` check), then somebody confirms, then its lines are put
    into the inbox. ``counts`` are those of the look, then those of the import: new, known,
    unreadable. ``lines_done`` is written with the pushes of those lines: whoever goes on after a
    crash begins there.
    """

    class Way(models.TextChoices):
        HAND = "hand", _("By hand")
        NIGHT = "night", _("At night")

    class Format(models.TextChoices):
        ZIP = "zip", "ZIP"
        LINES = "lines", _("Lines of JSON")
        CSV = "csv", "CSV"
        XLSX = "xlsx", "XLSX"

    class State(models.TextChoices):
        NEW = "new", _("Columns to be chosen")
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        READY = "ready", _("To be confirmed")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    class Stage(models.TextChoices):
        CHECK = "check", _("Looked through")
        TAKE = "take", _("Imported")

    account = models.ForeignKey(VendorAccount, on_delete=models.PROTECT, related_name="imports")
    way = models.CharField(max_length=5, choices=Way, default=Way.HAND)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    user_name = models.CharField(max_length=150, blank=True)
    file_name = models.CharField(_("file"), max_length=255)
    remote = models.CharField(
        max_length=255, blank=True, help_text="The file's name at the vendor: it is fetched once."
    )
    day = models.DateField(null=True, help_text="The day that the vendor's file is of.")
    sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField()
    format = models.CharField(max_length=5, choices=Format)
    name = models.CharField(max_length=255, blank=True, help_text="Where the file is kept.")
    columns = models.JSONField(default=dict, help_text="Which column of a table says what.")
    language = models.CharField(max_length=16, default="en")
    asked_at = models.DateTimeField(_("asked"), db_default=Now())

    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    stage = models.CharField(max_length=5, choices=Stage, default=Stage.CHECK)
    problem = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    breaks = models.PositiveSmallIntegerField(default=0, help_text="How often it broke off.")
    claimed_at = models.DateTimeField(null=True)
    rows_total = models.BigIntegerField(null=True, help_text="Bytes, or rows of a table.")
    rows_done = models.BigIntegerField(default=0)
    lines_done = models.BigIntegerField(default=0)
    counts = models.JSONField(default=dict)
    first_problems = models.JSONField(default=list)
    sample = models.JSONField(default=list, help_text="Some of the pushes that it would become.")
    confirmed_at = models.DateTimeField(null=True)
    began_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        default_permissions = ("add", "view")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "remote"],
                name="a_file_of_a_vendor_is_fetched_once",
                condition=~models.Q(remote=""),
            )
        ]
        indexes = [
            models.Index(
                fields=["id"],
                name="import_unfinished",
                condition=models.Q(state__in=["waiting", "running"]),
            )
        ]
        ordering = ["-id"]
        verbose_name = _("import")
        verbose_name_plural = _("imports")

    def __str__(self) -> str:
        return f"import {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("import", args=[self.pk])

    @property
    def is_moving(self) -> bool:
        return self.state in {self.State.WAITING, self.State.RUNNING}

    @property
    def is_table(self) -> bool:
        return self.format in {self.Format.CSV, self.Format.XLSX}


class ImportColumns(models.Model):
    """Which columns say what in tables with these heads: chosen once for an account."""

    account = models.ForeignKey(
        VendorAccount, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    heads = models.CharField(max_length=64)
    columns = models.JSONField(default=dict)
    by_name = models.CharField(max_length=150)
    at = models.DateTimeField(auto_now=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["account", "heads"], name="one_choice_of_columns_per_account"
            )
        ]

    def __str__(self) -> str:
        return f"columns of tables of account {self.account_id}"


class NightRound(models.Model):
    """How asking a vendor for what it could not push went last, for one account.

    ``refused_as`` tells the credentials with which it was refused: with those it is not asked again
    before somebody says so.
    """

    account = models.OneToOneField(
        VendorAccount, on_delete=models.CASCADE, related_name="night_round"
    )
    night = models.DateField(null=True, help_text="The night that was last asked for.")
    is_done = models.BooleanField(default=False)
    tries = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField(null=True)
    is_wanted = models.BooleanField(default=False, help_text="Somebody wants it asked now.")
    files = models.PositiveIntegerField(default=0, help_text="New files of that night.")
    problem = models.TextField(blank=True)
    refused_as = models.CharField(max_length=64, blank=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"nights of account {self.account_id}"

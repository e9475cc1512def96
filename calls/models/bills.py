"""Vendors' bills that were dropped here, and what each of their rows comes to."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from calls.models.calls import Account, Call
from calls.models.labels import ID_LENGTH, NUMBER_LENGTH

MILLION = 1_000_000


class Verdict(models.TextChoices):
    """What comparing a row of a bill with our calls came to; the lists of a bill, in their order.

    A row of ``NOT_BILLED`` is a call of ours that the bill has not.
    """

    NOT_OURS = "not_ours", _("Missing here")
    NOT_BILLED = "not_billed", _("Missing there")
    DURATION = "duration", _("Other duration")
    ROUNDING = "rounding", _("Other rounding")
    DOUBLED = "doubled", _("Doubled")
    UNREADABLE = "unreadable", _("Not readable")
    ALIKE = "alike", _("Alike")


class Bill(models.Model):
    """A vendor's bill: a file, which of its columns say what, and what comparing it came to.

    ``account`` is None where it is about all accounts of ``vendor``. ``columns`` is a Mapping of
    ``calls.bills.mapping`` as JSON. Without ``begins_at`` the range is what its rows span;
    ``spans_from`` and ``spans_to`` tell what it was in the end. ``sums`` are those of
    ``calls.bills.sums``. ``name`` is the file's name in the storage.
    """

    class State(models.TextChoices):
        NEW = "new", _("Columns to be chosen")
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Being compared")
        DONE = "done", _("Compared")
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Failed")
        DELETED = "deleted", _("Deleted")

    class Stage(models.TextChoices):
        READING = "reading", _("Reading the file")
        MATCHING = "matching", _("Looking for its calls")
        WRITING = "writing", _("Writing the lists")

    account = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="bills")
    vendor = models.CharField(_("vendor"), max_length=32)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    user_name = models.CharField(_("who"), max_length=150)
    uploaded_at = models.DateTimeField(_("uploaded"), auto_now_add=True)
    file_name = models.CharField(_("file"), max_length=ID_LENGTH)
    format = models.CharField(_("format"), max_length=4)
    size_bytes = models.BigIntegerField(_("bytes"))
    name = models.CharField(max_length=ID_LENGTH, blank=True)
    columns = models.JSONField(_("columns"), default=dict)
    language = models.CharField(_("language"), max_length=16, default="en")
    begins_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    tolerance_seconds = models.PositiveIntegerField(_("starts may differ by"), default=60)
    slack_seconds = models.PositiveIntegerField(_("durations may differ by"), default=0)
    state = models.CharField(_("state"), max_length=9, choices=State, default=State.NEW)
    stage = models.CharField(max_length=8, choices=Stage, blank=True)
    problem = models.TextField(_("problem"), blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    claimed_at = models.DateTimeField(null=True)
    rows_total = models.BigIntegerField(null=True, help_text="Of a stage: rows, or bytes.")
    rows_done = models.BigIntegerField(default=0)
    finished_at = models.DateTimeField(_("finished"), null=True)
    spans_from = models.DateTimeField(null=True)
    spans_to = models.DateTimeField(null=True)
    sums = models.JSONField(default=list)

    class Meta:
        indexes = [
            models.Index(
                fields=["id"],
                name="bill_unfinished",
                condition=models.Q(state__in=["waiting", "running", "deleted"]),
            )
        ]
        ordering = ["-uploaded_at", "-id"]
        verbose_name = _("bill")
        verbose_name_plural = _("bills")

    def __str__(self) -> str:
        return f"bill {self.pk} of {self.vendor}"

    def get_absolute_url(self) -> str:
        return reverse("bill", args=[self.pk])

    @property
    def is_moving(self) -> bool:
        return self.state in {self.State.WAITING, self.State.RUNNING}


class BillRow(models.Model):
    """A row of a bill beside the call that it was found to be; or one of the two alone.

    ``place`` is the row's in the file, or a number among the calls that were not billed. ``by``
    tells what the call was found by, ``apart_seconds`` how much later than ours its start is.
    ``our_seconds`` and ``our_billed`` are what the call had when it was compared. ``note`` is JSON:
    what is wrong with an unreadable row, the roundings that would explain another one, the row
    that a doubled one repeats. Rows are many, so the primary key is their only index, and the
    database checks no key of theirs: ``calls.bills.keeping`` removes them with their bill.
    """

    pk = models.CompositePrimaryKey("bill_id", "verdict", "place")
    bill = models.ForeignKey(
        Bill,
        on_delete=models.DO_NOTHING,
        related_name="rows",
        db_index=False,
        db_constraint=False,
    )
    verdict = models.CharField(max_length=10, choices=Verdict)
    place = models.PositiveIntegerField()
    call = models.ForeignKey(
        Call,
        on_delete=models.DO_NOTHING,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    by = models.CharField(
        max_length=6,
        blank=True,
        choices=[("id", pgettext_lazy("found by", "Id")), ("number", _("Numbers and time"))],
    )
    apart_seconds = models.IntegerField(null=True)
    told_id = models.CharField(max_length=ID_LENGTH, blank=True)
    caller = models.CharField(max_length=NUMBER_LENGTH, blank=True)
    callee = models.CharField(max_length=NUMBER_LENGTH, blank=True)
    started_at = models.DateTimeField(null=True)
    seconds = models.PositiveIntegerField(null=True)
    billed_seconds = models.PositiveIntegerField(null=True)
    charge_millionths = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=16, blank=True)
    our_seconds = models.PositiveIntegerField(null=True)
    our_billed = models.PositiveIntegerField(null=True)
    note = models.TextField(blank=True)

    class Meta:
        default_permissions = ()
        verbose_name = _("row of a bill")
        verbose_name_plural = _("rows of bills")

    def __str__(self) -> str:
        return f"row {self.place} of bill {self.bill_id}"

    @property
    def charge(self) -> Decimal | None:
        if self.charge_millionths is None:
            return None
        return Decimal(self.charge_millionths) / MILLION

    @property
    def told(self) -> Any:
        return json.loads(self.note) if self.note else None

    @property
    def began(self) -> Any:
        """Our start, told by the row's own and the difference."""
        if self.started_at is None or self.apart_seconds is None:
            return None
        return self.started_at - timedelta(seconds=self.apart_seconds)


class BillColumns(models.Model):
    """Which columns say what in bills with these heads: mapped once for an account, and remembered.

    ``heads`` is a signature of the heads; ``account`` None is for bills of a whole vendor.
    """

    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, null=True, related_name="+", db_index=False
    )
    vendor = models.CharField(max_length=32)
    heads = models.CharField(max_length=64)
    columns = models.JSONField(default=dict)
    by_name = models.CharField(max_length=150)
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "heads"], name="one_mapping_per_account"),
            models.UniqueConstraint(
                fields=["vendor", "heads"],
                name="one_mapping_per_vendor",
                condition=models.Q(account=None),
            ),
        ]
        default_permissions = ()
        verbose_name = _("columns of bills")
        verbose_name_plural = _("columns of bills")

    def __str__(self) -> str:
        return f"columns of bills of {self.vendor}"

"""A call and its legs, events and codes; whose it is; what it can be found by."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls import facts, outcomes
from calls.models.labels import (
    BILLING_LEGS_CHOICES,
    DIRECTION_LABELS,
    ID_LENGTH,
    NUMBER_LENGTH,
    OUTCOME_LABELS,
    PARTY_CHOICES,
    SERVICE_LABELS,
    STATE_CHOICES,
    choices,
)


class Account(models.Model):
    """Whose calls these are. What it takes to talk to the vendor is not a call's business."""

    vendor = models.CharField(_("vendor"), max_length=32)
    name = models.CharField(_("name"), max_length=100)
    default_region = models.CharField(
        _("default region"),
        max_length=2,
        default="CN",
        help_text=_("The country of numbers that carry no country code: CN, HK, …"),
    )
    billing_legs = models.CharField(
        _("what is billed"),
        max_length=4,
        blank=True,
        choices=BILLING_LEGS_CHOICES,
        help_text=_("Empty: as the vendor bills."),
    )
    billing_unit_seconds = models.PositiveSmallIntegerField(
        _("billed by (seconds)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(3600)],
        help_text=_("Every unit that was begun is billed: 60, 6, 1. Empty: as the vendor bills."),
    )
    billing_minimum_seconds = models.PositiveSmallIntegerField(
        _("billed at least (seconds)"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(3600)],
        help_text=_("The least that an answered call comes to. Empty: as the vendor bills."),
    )
    figures_only_before = models.DateField(
        _("only figures before"),
        null=True,
        blank=True,
        editable=False,
        help_text="Calls of days before were deleted when their time was over.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vendor", "name"], name="one_account_per_name")
        ]
        ordering = ["vendor", "name"]
        verbose_name = _("account")
        verbose_name_plural = _("accounts")

    def __str__(self) -> str:
        return f"{self.vendor}: {self.name}"


class Call(models.Model):
    """One telephone call, merged from everything that was pushed about it.

    ``said`` remembers which push set which field: ``{push id: [source, stated at, [field, …]]}``.
    A field that nobody said is worked out from the others each time the call changes.
    """

    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="calls", db_index=False
    )
    vendor = models.CharField(max_length=32)
    call_id = models.CharField(max_length=ID_LENGTH)
    service = models.CharField(max_length=32, blank=True)
    direction = models.CharField(
        max_length=8, blank=True, choices=choices(facts.Direction, DIRECTION_LABELS)
    )
    caller = models.CharField(max_length=NUMBER_LENGTH, blank=True)
    callee = models.CharField(max_length=NUMBER_LENGTH, blank=True)
    display_number = models.CharField(max_length=NUMBER_LENGTH, blank=True)
    caller_key = models.CharField(max_length=NUMBER_LENGTH, blank=True)
    callee_key = models.CharField(max_length=NUMBER_LENGTH, blank=True)
    display_key = models.CharField(max_length=NUMBER_LENGTH, blank=True)
    started_at = models.DateTimeField(null=True)
    rang_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    occurred_at = models.DateTimeField(
        help_text="The earliest moment known of it: lists sort by it."
    )
    ring_seconds = models.PositiveIntegerField(null=True)
    talk_seconds = models.PositiveIntegerField(null=True)
    billed_seconds = models.PositiveIntegerField(null=True)
    outcome = models.CharField(max_length=16, choices=choices(outcomes.Outcome, OUTCOME_LABELS))
    ended_by = models.CharField(max_length=8, blank=True, choices=PARTY_CHOICES)
    state = models.CharField(max_length=12, choices=STATE_CHOICES)
    lost_at = models.DateTimeField(
        null=True, help_text="When its end was given up: nobody told it in time."
    )
    user_data = models.TextField(blank=True)
    details = models.JSONField(default=dict)
    extra = models.JSONField(default=dict)
    has_dialog = models.BooleanField(default=False)
    has_recording = models.BooleanField(default=False)
    is_merged = models.BooleanField(default=False)
    is_conflicting = models.BooleanField(default=False)
    is_late = models.BooleanField(default=False)
    is_imported = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Whether part of it was brought in by an import.",
    )
    record_due_at = models.DateTimeField(
        null=True, help_text="From when on its record is missing; empty once it is here."
    )
    said = models.JSONField(default=dict)
    first_received_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "call_id"], name="one_row_per_call")
        ]
        indexes = [
            models.Index(fields=["-occurred_at", "-id"], name="call_newest"),
            models.Index(fields=["vendor", "-occurred_at", "-id"], name="call_vendor_newest"),
            models.Index(fields=["outcome", "-occurred_at", "-id"], name="call_outcome_newest"),
            models.Index(fields=["account", "-occurred_at", "-id"], name="call_account_newest"),
            models.Index(fields=["talk_seconds", "id"], name="call_by_talk"),
            models.Index(fields=["ring_seconds", "id"], name="call_by_ring"),
            models.Index(
                fields=["-occurred_at", "-id"],
                name="call_in_progress",
                condition=models.Q(state="in_progress"),
            ),
            models.Index(
                fields=["-occurred_at", "-id"],
                name="call_lost",
                condition=models.Q(lost_at__isnull=False),
            ),
            models.Index(
                fields=["-occurred_at", "-id"],
                name="call_without_record",
                condition=models.Q(record_due_at__isnull=False),
            ),
            models.Index(
                fields=["-occurred_at", "-id"],
                name="call_imported",
                condition=models.Q(is_imported=True),
            ),
        ]
        ordering = ["-occurred_at", "-id"]
        permissions = [
            ("see_numbers", "Can see whole telephone numbers"),
            ("reveal_numbers", "Can reveal the numbers of one call, which is recorded"),
        ]
        verbose_name = _("call")
        verbose_name_plural = _("calls")

    def __str__(self) -> str:
        return f"{self.vendor} {self.call_id}"

    def get_absolute_url(self) -> str:
        return reverse("call", args=[self.pk])

    @property
    def service_label(self) -> str:
        """The service in the reader's language; a vendor's own word where we have none."""
        return str(SERVICE_LABELS.get(self.service, self.service))

    @property
    def is_record_missing(self) -> bool:
        """Whether its record should have come by now."""
        return self.record_due_at is not None and self.record_due_at < timezone.now()

    @property
    def is_in_progress(self) -> bool:
        return self.state == outcomes.State.IN_PROGRESS.value


class Leg(models.Model):
    """One telephone's part in a call. ``key`` is the searchable form of its number."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="legs")
    key = models.CharField(max_length=NUMBER_LENGTH)
    number = models.CharField(max_length=NUMBER_LENGTH)
    side = models.CharField(max_length=8, blank=True, choices=PARTY_CHOICES)
    display_number = models.CharField(max_length=NUMBER_LENGTH, blank=True)
    started_at = models.DateTimeField(null=True)
    rang_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    said = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["call", "key"], name="one_leg_per_number")]
        ordering = ["call", "started_at", "id"]
        verbose_name = _("leg")
        verbose_name_plural = _("legs")

    def __str__(self) -> str:
        return f"{self.side or 'leg'} of call {self.call_id}"


class Event(models.Model):
    """Something that happened during a call. ``key`` makes a repeated event the same row."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="events")
    key = models.CharField(max_length=64)
    kind = models.CharField(max_length=64)
    at = models.DateTimeField()
    number = models.CharField(max_length=NUMBER_LENGTH, blank=True)
    party = models.CharField(max_length=8, blank=True, choices=PARTY_CHOICES)
    digits = models.CharField(max_length=255, blank=True)
    note = models.TextField(blank=True)
    push_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["call", "key"], name="one_row_per_event")]
        ordering = ["call", "at", "id"]
        verbose_name = _("event")
        verbose_name_plural = _("events")

    def __str__(self) -> str:
        return f"{self.kind} of call {self.call_id}"


class CallCode(models.Model):
    """A code that a vendor gave for a call, or for the leg that ``leg_key`` names.

    ``occurred_at`` is the call's: an index holds the calls of a code in the order in which they are
    listed.
    """

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="codes")
    scheme = models.CharField(max_length=64)
    value = models.CharField(max_length=64)
    place = models.CharField(max_length=64)
    occurred_at = models.DateTimeField()
    leg_key = models.CharField(max_length=NUMBER_LENGTH, blank=True)
    push_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["call", "scheme", "value", "place"], name="one_row_per_code"
            )
        ]
        indexes = [
            models.Index(fields=["scheme", "value", "-occurred_at", "-call"], name="code_newest")
        ]
        ordering = ["call", "place", "id"]
        verbose_name = _("code of a call")
        verbose_name_plural = _("codes of calls")

    def __str__(self) -> str:
        return f"{self.scheme}/{self.value}"


class Party(models.Model):
    """A number that took part in a call, or was shown in it; kept so that calls are found by it.

    Worked out by ``calls.handles`` from the call and its legs. ``mirror`` is ``key`` backwards, so
    that the last digits of a number are found as fast as the first. ``occurred_at`` is the call's:
    an index holds the calls of a number in the order in which they are listed.
    """

    pk = models.CompositePrimaryKey("call_id", "key")
    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="parties", db_index=False)
    key = models.CharField(max_length=NUMBER_LENGTH)
    mirror = models.CharField(max_length=NUMBER_LENGTH)
    occurred_at = models.DateTimeField()
    is_caller = models.BooleanField(default=False)
    is_callee = models.BooleanField(default=False)
    is_shown = models.BooleanField(default=False)

    class Meta:
        indexes = [
            # The operator class lets PostgreSQL look up beginnings in any locale.
            models.Index(
                fields=["key", "-occurred_at", "-call"],
                name="party_newest",
                opclasses=["varchar_pattern_ops", "", ""],
            ),
            models.Index(
                fields=["mirror"], name="party_by_ending", opclasses=["varchar_pattern_ops"]
            ),
        ]
        verbose_name = _("number of a call")
        verbose_name_plural = _("numbers of calls")

    def __str__(self) -> str:
        return f"a number of call {self.call_id}"


class Reference(models.Model):
    """An id, a tag or keys by which a call is found, beside its vendor's own id and its numbers.

    Worked out by ``calls.handles``. ``name`` is the word of the filter: task, bind, session, ….
    """

    pk = models.CompositePrimaryKey("call_id", "name", "value")
    call = models.ForeignKey(
        Call, on_delete=models.CASCADE, related_name="references", db_index=False
    )
    name = models.CharField(max_length=16)
    value = models.CharField(max_length=ID_LENGTH)
    occurred_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["value", "name", "-occurred_at", "-call"], name="reference_newest")
        ]
        verbose_name = _("reference of a call")
        verbose_name_plural = _("references of calls")

    def __str__(self) -> str:
        return f"{self.name} of call {self.call_id}"

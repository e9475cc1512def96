"""Whether the vendors are pushing: counts by hour, what stands in the inbox, alarms, the ledger."""

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from vendors import vault
from vendors.models.accounts import VendorAccount


class Counted(models.Model):
    """What the edge counted. It counts in memory and writes every few seconds, so that a web
    process which is killed takes its last seconds with it: counts may be too low, never too high.

    ``received`` are first arrivals that were thanked for, ``repeated`` those of bytes that were
    known; the other columns say how many of both were thanked for within so many milliseconds.
    """

    account = models.ForeignKey(VendorAccount, on_delete=models.CASCADE)
    kind = models.CharField(max_length=32)
    received = models.PositiveBigIntegerField(default=0)
    repeated = models.PositiveBigIntegerField(default=0)
    refused = models.PositiveBigIntegerField(default=0)
    last_at = models.DateTimeField(null=True)  # when the last one was kept
    ms_2 = models.PositiveBigIntegerField(default=0)
    ms_5 = models.PositiveBigIntegerField(default=0)
    ms_10 = models.PositiveBigIntegerField(default=0)
    ms_20 = models.PositiveBigIntegerField(default=0)
    ms_50 = models.PositiveBigIntegerField(default=0)
    ms_100 = models.PositiveBigIntegerField(default=0)
    ms_200 = models.PositiveBigIntegerField(default=0)
    ms_500 = models.PositiveBigIntegerField(default=0)
    ms_1000 = models.PositiveBigIntegerField(default=0)
    ms_3000 = models.PositiveBigIntegerField(default=0)
    slower = models.PositiveBigIntegerField(default=0)
    seconds = models.FloatField(default=0)  # of all acknowledgements together

    class Meta:
        abstract = True


class PushKind(Counted):
    """All that one kind of push of an account ever came to; and what each look of the watch finds:
    how long it may be silent, and how many of its pushes ask for somebody now."""

    usual_gap = models.DurationField(null=True)  # at this hour of the week; None: nothing is usual
    silent_at = models.DateTimeField(null=True)  # from when on it is quieter than usual

    waiting = models.PositiveBigIntegerField(default=0)
    waiting_since = models.DateTimeField(null=True)  # when the oldest that waits was due
    unreadable = models.PositiveBigIntegerField(default=0)
    failed = models.PositiveBigIntegerField(default=0)
    asking_since = models.DateTimeField(null=True)  # when the oldest of all these came

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["account", "kind"], name="one_row_per_kind_of_push")
        ]

    def __str__(self) -> str:
        return f"{self.kind} of account {self.account_id}"


class PushHour(Counted):
    """One hour (of UTC) of one kind of push of an account."""

    hour = models.DateTimeField()
    minutes = models.BigIntegerField(default=0)  # bit n: something was kept in minute n

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["account", "kind", "hour"], name="one_row_per_kind_and_hour"
            )
        ]
        indexes = [models.Index(fields=["hour"], name="push_hour_by_hour")]

    def __str__(self) -> str:
        return f"{self.kind} of account {self.account_id} at {self.hour:%Y-%m-%d %H}"


class QueueSample(models.Model):
    """How many pushes of an account waited at a moment. Kept for a day."""

    account = models.ForeignKey(VendorAccount, on_delete=models.CASCADE)
    at = models.DateTimeField()
    waiting = models.PositiveBigIntegerField()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["at"], name="queue_sample_by_age")]

    def __str__(self) -> str:
        return f"{self.waiting} of account {self.account_id}"


class Watch(models.Model):
    """One row: how far the watch has come. ``since`` is when it began to look without a pause:
    nothing is silent for longer than somebody listened."""

    looked_at = models.DateTimeField()
    since = models.DateTimeField()
    counted_to = models.PositiveBigIntegerField(default=0)  # pushes up to this id are in the ledger
    counted_at = models.DateTimeField(null=True)  # what came until then has such an id
    seen_to = models.PositiveBigIntegerField(default=0)  # the next to be counted to, once all of
    seen_at = models.DateTimeField(null=True)  # the transactions before this one have ended
    seen_before = models.PositiveBigIntegerField(default=0)
    # Pushes that ever came from a spool.
    drained = models.PositiveBigIntegerField(default=0, db_default=0)
    drained_at = models.DateTimeField(null=True)  # when the edge last counted such

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return "the watch"


class LedgerDay(models.Model):
    """What became of the pushes that first came on a day (of the portal's zone).

    ``kept`` grew by each push once, when it was first seen, whatever its state; the other figures
    are counted anew, from the states, over the same pushes. So the two sides can differ.
    """

    account = models.ForeignKey(VendorAccount, on_delete=models.CASCADE)
    day = models.DateField()
    kept = models.PositiveBigIntegerField(default=0)
    applied = models.PositiveBigIntegerField(default=0)
    repeated = models.PositiveBigIntegerField(default=0)
    unreadable = models.PositiveBigIntegerField(default=0)
    failed = models.PositiveBigIntegerField(default=0)
    waiting = models.PositiveBigIntegerField(default=0)
    thanked = models.PositiveBigIntegerField(default=0)  # first arrivals, as the edge counted them
    # Of those kept, which the edge never saw.
    imported = models.PositiveBigIntegerField(default=0, db_default=0)
    counted_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["account", "day"], name="one_row_per_account_and_day")
        ]
        indexes = [models.Index(fields=["day"], name="ledger_by_day")]

    def __str__(self) -> str:
        return f"account {self.account_id} on {self.day}"

    @property
    def received(self) -> int:
        return self.kept + self.repeated

    @property
    def difference(self) -> int:
        """What is too much (or, below 0, missing) on the left; 0 when the ledger balances."""
        settled = self.applied + self.repeated + self.unreadable + self.failed + self.waiting
        return self.received - settled

    @property
    def lost(self) -> int:
        """Pushes that the edge thanked for and that are not there."""
        return max(0, self.thanked - (self.kept - self.imported))

    @property
    def balances(self) -> bool:
        return not self.difference and not self.lost


class AlarmSort(models.TextChoices):
    SILENCE = "silence", _("Silence")
    REFUSALS = "refusals", _("Refusals")
    QUEUE = "queue", _("Queue")


class Alarm(models.Model):
    """Something about an account's pushes that asks for somebody, from when to when.

    ``kind`` is empty where the whole account is meant. Whoever acknowledges it looks after it;
    while it is snoozed, the next one of its sort is not told to anybody.
    """

    account = models.ForeignKey(VendorAccount, on_delete=models.CASCADE, related_name="alarms")
    sort = models.CharField(_("alarm"), max_length=8, choices=AlarmSort)
    kind = models.CharField(_("kind"), max_length=32, blank=True)
    raised_at = models.DateTimeField(_("raised"))
    resolved_at = models.DateTimeField(_("resolved"), null=True)
    facts = models.JSONField(default=dict)
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True)
    acknowledged_by = models.CharField(max_length=150, blank=True)
    snoozed_until = models.DateTimeField(_("snoozed until"), null=True)
    snoozed_by = models.CharField(max_length=150, blank=True)

    class Meta:
        default_permissions = ("view", "change")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "sort", "kind"],
                name="one_alarm_of_a_sort_stands",
                condition=models.Q(resolved_at=None),
            )
        ]
        indexes = [models.Index(fields=["-raised_at", "-id"], name="alarm_newest")]
        ordering = ["-raised_at", "-id"]
        verbose_name = _("alarm")
        verbose_name_plural = _("alarms")

    def __str__(self) -> str:
        return f"alarm {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("alarm", args=[self.pk])


class Act(models.TextChoices):
    RAISED = "raised", _("raised")
    ACKNOWLEDGED = "acknowledged", _("acknowledged")
    RETURNED = "returned", _("acknowledgement taken back")
    SNOOZED = "snoozed", _("snoozed")
    WOKEN = "woken", _("snooze ended")
    RESOLVED = "resolved", _("resolved by itself")


class AlarmAct(models.Model):
    """The history of an alarm: what happened to it, when, and by whom (empty: by itself)."""

    alarm = models.ForeignKey(Alarm, on_delete=models.CASCADE, related_name="acts")
    at = models.DateTimeField()
    act = models.CharField(max_length=12, choices=Act)
    by = models.CharField(max_length=150, blank=True)
    until = models.DateTimeField(null=True)  # of a snooze

    class Meta:
        default_permissions = ()
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.act} alarm {self.alarm_id}"


class Way(models.TextChoices):
    EMAIL = "email", _("E-mail")
    WEBHOOK = "webhook", _("Webhook")


class AlarmContact(models.Model):
    """Who is told of alarms, and how. Who was told of any is disabled, not deleted."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    way = models.CharField(_("way"), max_length=7, choices=Way)
    address = models.CharField(
        _("address"),
        max_length=500,
        help_text=_("An e-mail address, or the https address that a webhook is posted to."),
    )
    is_in_house = models.BooleanField(
        _("in our own network"),
        default=False,
        help_text=_("Tick it for a webhook on a server of yours with a private address."),
    )
    sealed = vault.SealedField(blank=True)
    language = models.CharField(
        _("language"), max_length=16, choices=settings.LANGUAGES, default="en"
    )
    is_enabled = models.BooleanField(_("enabled"), default=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("alarm contact")
        verbose_name_plural = _("alarm contacts")

    def __str__(self) -> str:
        return self.name

    @property
    def secret(self) -> str:
        return vault.unseal(self.sealed) if self.sealed else ""


class TellingState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    TOLD = "told", _("Told")
    GIVEN_UP = "given_up", _("Given up")


class Telling(models.Model):
    """One message about an alarm to one contact: sent once, tried again until it is."""

    alarm = models.ForeignKey(Alarm, on_delete=models.CASCADE, related_name="tellings")
    contact = models.ForeignKey(AlarmContact, on_delete=models.PROTECT, related_name="tellings")
    about = models.CharField(max_length=12, choices=Act)
    state = models.CharField(max_length=8, choices=TellingState, default=TellingState.WAITING)
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["alarm", "contact", "about"], name="a_contact_is_told_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"], name="telling_due", condition=models.Q(state="waiting")
            )
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"telling {self.pk}"

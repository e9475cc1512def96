"""Calls and all that belongs to them. Written by ``calls.ingest`` alone; read by everybody."""

from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from calls import facts, outcomes

ID_LENGTH = 255
NUMBER_LENGTH = 64
STORAGE = "recordings"  # which of Django's storages holds the files of recordings


def _choices(names: type[Any], labels: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(name.value, labels[name.value]) for name in names]


OUTCOME_LABELS = {
    "answered": _("Answered"),
    "busy": _("Busy"),
    "no_answer": _("No answer"),
    "rejected": _("Rejected"),
    "unreachable": _("Unreachable"),
    "powered_off": _("Powered off"),
    "suspended": _("Suspended"),
    "invalid_number": _("Invalid number"),
    "cancelled": _("Cancelled"),
    "blocked": _("Blocked"),
    "failed": _("Failed"),
    "unknown": _("Unknown"),
}
STATE_LABELS = {"in_progress": _("In progress"), "ended": _("Ended")}
DIRECTION_LABELS = {"inbound": _("Inbound"), "outbound": _("Outbound")}
PARTY_LABELS = {"caller": _("Caller"), "callee": _("Called party"), "platform": _("Platform")}
TRACK_LABELS = {"mixed": _("Both sides"), "left": _("Left channel"), "right": _("Right channel")}
ROLE_LABELS = {"robot": _("Robot"), "customer": _("Customer")}
SERVICE_LABELS = {
    "voice_sip": _("Voice line"),
    "voice_callback": _("Callback"),
    "voice_notification": _("Notification"),
    "voice_verification": _("Verification code"),
    "voice_announcement": _("Notification or verification code"),
    "voice_robot": _("Voice robot"),
    "privacy_number": _("Privacy number"),
}

PARTY_CHOICES = _choices(facts.Party, PARTY_LABELS)
STATE_CHOICES = _choices(outcomes.State, STATE_LABELS)


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

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="calls")
    vendor = models.CharField(max_length=32)
    call_id = models.CharField(max_length=ID_LENGTH)
    service = models.CharField(max_length=32, blank=True)
    direction = models.CharField(
        max_length=8, blank=True, choices=_choices(facts.Direction, DIRECTION_LABELS)
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
    outcome = models.CharField(max_length=16, choices=_choices(outcomes.Outcome, OUTCOME_LABELS))
    ended_by = models.CharField(max_length=8, blank=True, choices=PARTY_CHOICES)
    state = models.CharField(max_length=12, choices=STATE_CHOICES)
    user_data = models.TextField(blank=True)
    details = models.JSONField(default=dict)
    extra = models.JSONField(default=dict)
    has_dialog = models.BooleanField(default=False)
    has_recording = models.BooleanField(default=False)
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
            models.Index(fields=["caller_key", "-occurred_at"], name="call_caller_newest"),
            models.Index(fields=["callee_key", "-occurred_at"], name="call_callee_newest"),
            models.Index(fields=["display_key", "-occurred_at"], name="call_display_newest"),
            models.Index(fields=["call_id"], name="call_by_vendors_id"),
        ]
        ordering = ["-occurred_at", "-id"]
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
    """A code that a vendor gave for a call, or for the leg that ``leg_key`` names."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="codes")
    scheme = models.CharField(max_length=64)
    value = models.CharField(max_length=64)
    place = models.CharField(max_length=64)
    leg_key = models.CharField(max_length=NUMBER_LENGTH, blank=True)
    push_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["call", "scheme", "value", "place"], name="one_row_per_code"
            )
        ]
        indexes = [models.Index(fields=["scheme", "value"], name="calls_by_code")]
        ordering = ["call", "place", "id"]
        verbose_name = _("code of a call")
        verbose_name_plural = _("codes of calls")

    def __str__(self) -> str:
        return f"{self.scheme}/{self.value}"


class Dialog(models.Model):
    """What a robot and a customer said to each other."""

    call = models.OneToOneField(Call, on_delete=models.CASCADE, related_name="dialog")
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("dialog")
        verbose_name_plural = _("dialogs")

    def __str__(self) -> str:
        return f"dialog of call {self.call_id}"


class Turn(models.Model):
    """One step of a dialog, with the node of the script that it ran through."""

    dialog = models.ForeignKey(Dialog, on_delete=models.CASCADE, related_name="turns")
    key = models.CharField(max_length=64)
    position = models.IntegerField()
    role = models.CharField(max_length=8, blank=True, choices=_choices(facts.Role, ROLE_LABELS))
    text_robot = models.TextField(blank=True)
    text_customer = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True)
    spoke_at = models.DateTimeField(null=True)
    node_id = models.CharField(max_length=ID_LENGTH, blank=True)
    node_name = models.CharField(max_length=ID_LENGTH, blank=True)
    node_type = models.CharField(max_length=64, blank=True)
    content_id = models.CharField(max_length=ID_LENGTH, blank=True)
    label = models.CharField(max_length=ID_LENGTH, blank=True)
    tag_name = models.CharField(max_length=ID_LENGTH, blank=True)
    tag_desc = models.TextField(blank=True)
    question_id = models.CharField(max_length=ID_LENGTH, blank=True)
    hits = models.JSONField(default=list)
    extra = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dialog", "key"], name="one_row_per_turn")]
        ordering = ["dialog", "position", "started_at", "id"]
        verbose_name = _("turn")
        verbose_name_plural = _("turns")

    def __str__(self) -> str:
        return f"turn {self.key} of dialog {self.dialog_id}"


class Recording(models.Model):
    """A recording that a vendor announced, and where it can be had."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="recordings")
    key = models.CharField(max_length=64)
    track = models.CharField(max_length=8, choices=_choices(facts.Track, TRACK_LABELS))
    address = models.TextField(blank=True)
    object_name = models.CharField(max_length=ID_LENGTH, blank=True)
    object_domain = models.CharField(max_length=ID_LENGTH, blank=True)
    object_bucket = models.CharField(max_length=ID_LENGTH, blank=True)
    size_bytes = models.BigIntegerField(null=True)
    seconds = models.PositiveIntegerField(null=True)
    started_at = models.DateTimeField(null=True)
    push_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["call", "key"], name="one_row_per_recording")
        ]
        ordering = ["call", "track", "id"]
        verbose_name = _("recording")
        verbose_name_plural = _("recordings")

    def __str__(self) -> str:
        return f"recording ({self.track}) of call {self.call_id}"


class SoundState(models.TextChoices):
    WAITING = "waiting", _("Not fetched yet")
    FETCHING = "fetching", _("Being fetched")
    STORED = "stored", _("Stored")
    MISSING = "missing", _("Expected, not announced")
    GONE = "gone", _("Gone")
    REFUSED = "refused", _("Refused")
    PRUNED = "pruned", _("Deleted")


class Sound(models.Model):
    """Our copy of a recording: whether it was fetched, where it lies, what it holds.

    Without a ``recording`` it is expected, since the vendor said that the call was recorded, but
    nothing was announced yet. ``name`` and ``playable_name`` are names in the storage
    ``recordings``; the latter is a copy that browsers play, where the original is none.
    """

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="sounds")
    recording = models.OneToOneField(
        Recording, on_delete=models.CASCADE, null=True, related_name="sound"
    )
    state = models.CharField(_("state"), max_length=8, choices=SoundState)
    problem = models.TextField(_("problem"), blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_try_at = models.DateTimeField(_("next try"), null=True)
    deadline_at = models.DateTimeField(_("lost after"), null=True)
    claimed_at = models.DateTimeField(null=True)
    host = models.CharField(max_length=ID_LENGTH, blank=True)
    validator = models.CharField(max_length=ID_LENGTH, blank=True)
    name = models.CharField(max_length=ID_LENGTH, blank=True)
    playable_name = models.CharField(max_length=ID_LENGTH, blank=True)
    size_bytes = models.BigIntegerField(_("bytes"), null=True)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)
    media_type = models.CharField(_("type"), max_length=32, blank=True)
    codec = models.CharField(_("codec"), max_length=16, blank=True)
    channels = models.PositiveSmallIntegerField(_("channels"), null=True)
    seconds = models.FloatField(_("seconds"), null=True)
    peaks = models.BinaryField(null=True)
    stored_at = models.DateTimeField(_("stored"), null=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["call"],
                condition=models.Q(recording=None),
                name="one_expectation_per_call",
            )
        ]
        indexes = [
            models.Index(
                fields=["next_try_at", "id"],
                name="sound_due",
                condition=models.Q(state="waiting"),
            ),
            models.Index(
                fields=["claimed_at"], name="sound_fetching", condition=models.Q(state="fetching")
            ),
            models.Index(fields=["state", "-id"], name="sound_by_state"),
            models.Index(
                fields=["deadline_at"],
                name="sound_by_deadline",
                condition=models.Q(state__in=["waiting", "fetching", "missing"]),
            ),
            models.Index(
                fields=["id"],
                name="sound_unheard",
                condition=models.Q(state="stored", peaks=None),
            ),
            models.Index(
                fields=["stored_at"], name="sound_by_age", condition=models.Q(state="stored")
            ),
        ]
        ordering = ["-id"]
        permissions = [
            ("hear_sound", "Can hear recordings"),
            ("download_sound", "Can download recordings"),
        ]
        verbose_name = _("recording's file")
        verbose_name_plural = _("recordings' files")

    def __str__(self) -> str:
        return f"sound {self.pk} of call {self.call_id}"


class Hearing(models.Model):
    """That somebody heard a recording, or took it away: who, what, when, from where.

    ``view`` tells the views of a call's page apart: a player asks for a recording piece by piece,
    and all pieces of one view are one playing.
    """

    PLAYED, DOWNLOADED = "played", "downloaded"

    sound = models.ForeignKey(
        Sound, on_delete=models.PROTECT, related_name="hearings", verbose_name=_("recording")
    )
    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="hearings")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    user_name = models.CharField(_("who"), max_length=150)
    act = models.CharField(
        _("what"),
        max_length=10,
        choices=[(PLAYED, _("Played")), (DOWNLOADED, _("Downloaded"))],
    )
    at = models.DateTimeField(_("when"), auto_now_add=True)
    address = models.CharField(_("from where"), max_length=64)
    view = models.CharField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["view", "sound"],
                condition=models.Q(act="played"),
                name="one_playing_per_view",
            )
        ]
        indexes = [models.Index(fields=["call", "-at"], name="hearing_by_call")]
        ordering = ["-at", "-id"]
        verbose_name = _("hearing")
        verbose_name_plural = _("hearings")

    def __str__(self) -> str:
        return f"{self.user_name} {self.act} sound {self.sound_id}"


class Hold(models.Model):
    """That a call's recordings are kept, whatever their age."""

    call = models.OneToOneField(Call, on_delete=models.CASCADE, related_name="hold")
    by = models.CharField(_("by"), max_length=150)
    at = models.DateTimeField(_("since"), auto_now_add=True)
    note = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")

    def __str__(self) -> str:
        return f"hold on call {self.call_id}"


class CodeMeaning(models.Model):
    """What a vendor's code means. A copy of the CSV tables, made after each migrate; read-only."""

    scheme = models.CharField(max_length=64)
    code = models.CharField(max_length=64)
    code_to = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=16, blank=True)
    zh = models.TextField(blank=True)
    en = models.TextField(blank=True)
    outcome = models.CharField(
        max_length=16, blank=True, choices=_choices(outcomes.Outcome, OUTCOME_LABELS)
    )
    advice_zh = models.TextField(blank=True)
    advice_en = models.TextField(blank=True)
    retry_after = models.CharField(max_length=32, blank=True)
    source = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scheme", "status", "code", "code_to"], name="one_row_per_meaning"
            )
        ]
        ordering = ["scheme", "id"]
        verbose_name = _("code")
        verbose_name_plural = _("codes")

    def __str__(self) -> str:
        return f"{self.scheme}/{self.code}"

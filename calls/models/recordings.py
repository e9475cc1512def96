"""Recordings: announced, fetched, heard, held."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from calls import facts
from calls.models.calls import Call
from calls.models.labels import ID_LENGTH, TRACK_LABELS, choices

STORAGE = "recordings"  # which of Django's storages holds the files of recordings


class Recording(models.Model):
    """A recording that a vendor announced, and where it can be had."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="recordings")
    key = models.CharField(max_length=64)
    track = models.CharField(max_length=8, choices=choices(facts.Track, TRACK_LABELS))
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

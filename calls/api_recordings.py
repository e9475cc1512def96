"""Recordings in the read API: what was announced, and what became of it here."""

from datetime import UTC
from typing import Any

from rest_framework import serializers

from calls import masking
from calls.models import TRACK_LABELS, Call, SoundState
from calls.players import Pair, pairs


class RecordingSerializer(serializers.Serializer[Any]):
    """A recording that was announced, or that is expected, since the call was recorded."""

    track = serializers.ChoiceField(
        choices=list(TRACK_LABELS), allow_blank=True, help_text="Empty while none is announced."
    )
    state = serializers.ChoiceField(
        choices=SoundState.values, allow_null=True, help_text="What became of it here."
    )
    problem = serializers.CharField(help_text="Why it is not here, or what is odd about it.")
    size_bytes = serializers.IntegerField(
        allow_null=True, help_text="Of the file once it is stored, before that the vendor's word."
    )
    seconds = serializers.IntegerField(allow_null=True, help_text="Likewise.")
    started_at = serializers.DateTimeField(allow_null=True, default_timezone=UTC)
    media_type = serializers.CharField(help_text="Of the file, by what is in it.")
    channels = serializers.IntegerField(allow_null=True)
    sha256 = serializers.CharField(help_text="Of the file, in hexadecimal digits.")
    stored_at = serializers.DateTimeField(allow_null=True, default_timezone=UTC)
    next_try_at = serializers.DateTimeField(
        allow_null=True, default_timezone=UTC, help_text="When it is fetched next."
    )
    deadline_at = serializers.DateTimeField(
        allow_null=True, default_timezone=UTC, help_text="When the vendor no longer has it."
    )


def recordings_of(call: Call) -> list[dict[str, Any]]:
    """A call's recordings, as the serializer takes them."""
    return [_row(pair) for pair in pairs(call)]


def _row(pair: Pair) -> dict[str, Any]:
    recording, sound = pair
    is_stored = sound is not None and sound.state == SoundState.STORED
    size = recording.size_bytes if recording else None
    seconds = recording.seconds if recording else None
    if sound is not None and sound.size_bytes is not None:
        size = sound.size_bytes
    if sound is not None and sound.seconds is not None:
        seconds = round(sound.seconds)
    return {
        "track": recording.track if recording else "",
        "state": sound.state if sound else None,
        "problem": masking.text(sound.problem) if sound else "",
        "size_bytes": size,
        "seconds": seconds,
        "started_at": recording.started_at if recording else None,
        "media_type": sound.media_type if sound else "",
        "channels": sound.channels if sound else None,
        "sha256": sound.sha256 if sound and is_stored else "",
        "stored_at": sound.stored_at if sound else None,
        "next_try_at": sound.next_try_at if sound else None,
        "deadline_at": sound.deadline_at if sound else None,
    }

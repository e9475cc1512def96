"""What a call's page shows of its recordings, and when each line of its dialog is spoken."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from calls import hearing
from calls.facts import Track
from calls.models import (
    PARTY_LABELS,
    TRACK_LABELS,
    Call,
    Hearing,
    Hold,
    Recording,
    Sound,
    SoundState,
    Turn,
)

MOST_HEARINGS = 50
AWAITED = frozenset({SoundState.WAITING, SoundState.FETCHING, SoundState.MISSING})
# Who speaks in which channel, by what the vendor says of the layout; often nothing.
_LAYOUTS = {
    "1": {"left": "caller", "right": "callee"},
    "2": {"left": "callee", "right": "caller"},
}

Pair = tuple[Recording | None, Sound | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A recording on a call's page: what was announced, what became of it, how it is heard."""

    recording: Recording | None
    sound: Sound | None
    title: str
    lanes: tuple[str, ...]
    addresses: hearing.Addresses | None

    @property
    def seconds(self) -> int | None:
        """The length of what we have, before the vendor's word."""
        if self.sound and self.sound.seconds is not None:
            return round(self.sound.seconds)
        return self.recording.seconds if self.recording else None

    @property
    def size_bytes(self) -> int | None:
        if self.sound and self.sound.size_bytes is not None:
            return self.sound.size_bytes
        return self.recording.size_bytes if self.recording else None

    @property
    def is_stored(self) -> bool:
        return self.sound is not None and self.sound.state == SoundState.STORED

    @property
    def is_awaited(self) -> bool:
        return self.sound is not None and self.sound.state in AWAITED

    @property
    def can_be_played(self) -> bool:
        return self.sound is not None and hearing.can_be_played(self.sound)

    @property
    def is_copy_awaited(self) -> bool:
        """Whether a copy that browsers play may still come: nobody has listened to it yet."""
        return self.sound is not None and self.sound.peaks is None

    @property
    def is_in_time(self) -> bool:
        """Whether it may still come: its deadline lies ahead."""
        deadline = self.sound.deadline_at if self.sound else None
        return deadline is not None and deadline > timezone.now()


@dataclass(frozen=True, kw_only=True, slots=True)
class Recordings:
    """The recordings of a call, and who heard and holds them. ``hearings`` is None for those who
    may not see it."""

    shown: Sequence[Shown]
    hearings: Sequence[Hearing] | None
    hold: Hold | None

    @property
    def main(self) -> Shown | None:
        """What the lines of a dialog play: both sides, if that is to be had."""
        heard = [one for one in self.shown if one.addresses and one.addresses.audio]
        both = (one for one in heard if one.recording and one.recording.track == Track.MIXED)
        return next(both, heard[0] if heard else None)


def of(request: HttpRequest, call: Call) -> Recordings | None:
    """A call's recordings for its page; None where nothing is announced, expected or held."""
    view = hearing.new_view()
    shown = [_shown(request, call, pair, view) for pair in pairs(call)]
    shown.sort(key=lambda one: one.recording is None or one.recording.track != Track.MIXED)
    hold = getattr(call, "hold", None)
    if not shown and hold is None:
        return None
    may_see = shown and request.user.has_perm(hearing.SEE_HEARINGS)
    hearings = list(call.hearings.all()[:MOST_HEARINGS]) if may_see else None
    return Recordings(shown=shown, hearings=hearings, hold=hold)


def pairs(call: Call) -> list[Pair]:
    """What was announced with what we have of it, then what is expected and was not announced."""
    sounds = {sound.recording_id: sound for sound in call.sounds.all()}
    announced: list[Pair] = [(one, sounds.get(one.pk)) for one in call.recordings.all()]
    expected = sounds.get(None)
    return [*announced, (None, expected)] if expected else announced


def _shown(request: HttpRequest, call: Call, pair: Pair, view: str) -> Shown:
    recording, sound = pair
    sides = _LAYOUTS.get(str(call.details.get("recording_layout")), {})
    is_stored = sound is not None and sound.state == SoundState.STORED
    return Shown(
        recording=recording,
        sound=sound,
        title=_channel(recording.track, sides) if recording else _("Recording"),
        lanes=tuple(_channel(name, sides) for name in ("left", "right"))
        if sound is not None and sound.channels == 2
        else (),
        addresses=hearing.addresses(request, sound, view) if sound and is_stored else None,
    )


def _channel(track: str, sides: dict[str, str]) -> str:
    """What a track or channel is called, with whose side it is where that is known."""
    name = str(TRACK_LABELS.get(track, track))
    return f"{name} · {PARTY_LABELS[sides[track]]}" if track in sides else name


@dataclass(frozen=True, slots=True)
class Moments:
    """When the robot's and the customer's words of a turn begin, in seconds of the recording."""

    robot: float | None
    customer: float | None


def moments(call: Call, turns: Sequence[Turn], seconds: float | None) -> list[Moments]:
    """When each turn is spoken. A recording begins when the call is answered; where nobody says
    when that was, with the dialog or its first words. Nothing lies outside the recording."""
    spoken = [_spoken(turn) for turn in turns]
    known = [at for pair in spoken for at in pair if at is not None]
    start = call.answered_at or call.dialog.began_at or min(known, default=None)

    def place(at: datetime | None) -> float | None:
        if at is None or start is None:
            return None
        past = max(0.0, (at - start).total_seconds())
        return past if seconds is None else min(past, seconds)

    return [Moments(place(robot), place(customer)) for robot, customer in spoken]


def _spoken(turn: Turn) -> tuple[datetime | None, datetime | None]:
    """When the robot speaks and when the customer does; of one who speaks alone, either time."""
    robot, customer = bool(turn.text_robot), bool(turn.text_customer or turn.hits)
    began = turn.started_at or (None if customer else turn.spoke_at)
    replied = turn.spoke_at or (None if robot else turn.started_at)
    return began if robot else None, replied if customer else None

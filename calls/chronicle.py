"""What happened in a call, in order of time: its own moments, those of its legs, and its events."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _

from calls import masking, timeline
from calls.facts import Role
from calls.models import Call, Event, Leg, Turn
from calls.numbers import search_key

PHASES = ("started", "rang", "answered", "ended")
# The vendors' own words for the moments of a call.
_SAME = {
    "callout": "started",
    "ringing": "rang",
    "alerting": "rang",
    "answer": "answered",
    "disconnect": "ended",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Happening:
    """Something that happened at a moment. ``gap`` is the seconds since what happened before it;
    ``phase`` is set where it is one of the moments that every call has."""

    at: datetime
    kind: str
    phase: str = ""
    number: str = ""
    side: str = ""
    event: Event | None = None
    gap: int | None = None


def tell(call: Call, legs: Sequence[Leg], events: Iterable[Event]) -> list[Happening]:
    """All that happened, each thing once: an event before a leg's moment, that before the call's.

    One moment told by several of them is one happening where phase and second are the same and, if
    both name a number, that is the same, too.
    """
    told: list[Happening] = []
    for event in events:
        phase = _SAME.get(event.kind, event.kind)
        told.append(
            Happening(
                at=event.at,
                kind=event.kind,
                phase=phase if phase in PHASES else "",
                number=event.number,
                side=event.party,
                event=event,
            )
        )
    for leg in legs:
        told += _untold(leg, told, number=leg.number, side=leg.side)
    told += _untold(call, told)
    told.sort(key=_order)
    return [_after(told[n - 1] if n else None, one) for n, one in enumerate(told)]


def _order(one: Happening) -> tuple[datetime, int]:
    """In one second, a call goes through its phases in their order; keys are pressed before it
    ends."""
    return one.at, PHASES.index(one.phase or "answered")


def _untold(
    whose: Call | Leg, told: Sequence[Happening], number: str = "", side: str = ""
) -> list[Happening]:
    found = []
    for phase in PHASES:
        at = getattr(whose, f"{phase}_at")
        if at is None or any(_is_same(one, phase, at, number) for one in told):
            continue
        found.append(Happening(at=at, kind=phase, phase=phase, number=number, side=side))
    return found


def _is_same(told: Happening, phase: str, at: datetime, number: str) -> bool:
    if told.phase != phase or told.at.replace(microsecond=0) != at.replace(microsecond=0):
        return False
    return not (told.number and number) or search_key(told.number) == search_key(number)


def _after(before: Happening | None, one: Happening) -> Happening:
    """The same, with the time since what happened before it, between the seconds that are shown."""
    if before is None:
        return one
    return replace(one, gap=int(one.at.timestamp()) - int(before.at.timestamp()))


def pressed(call: Call, events: Iterable[Event]) -> list[str]:
    """The keys that were pressed, in order: of each event, or as the call's record has them."""
    if keys := [event.digits for event in events if event.digits]:
        return keys
    said = call.details.get("pressed_keys")
    return [str(one) for one in (said if isinstance(said, list) else [said]) if one]


def draw(
    call: Call,
    legs: Sequence[Leg],
    happenings: Sequence[Happening],
    turns: Iterable[Turn],
    now: datetime | None,
) -> timeline.Drawing | None:
    """The call as a drawing to scale: itself, and its legs where they tell more than it does.
    ``now`` is given while it goes on."""
    whole = _lane(call, _("The call"))
    nameless = _("Leg")
    parts = [
        _lane(leg, f"{leg.get_side_display() or nameless} · {masking.number(leg.number)}")
        for leg in legs
    ]
    parts = [lane for lane in parts if lane.moments]
    if len(parts) == 1 and parts[0].moments == whole.moments:
        parts = []
    spoken = [one for turn in turns for one in _spoken(turn)]
    return timeline.draw([whole, *parts], [one.at for one in happenings], spoken, now)


def _lane(whose: Call | Leg, label: str) -> timeline.Lane:
    return timeline.Lane(
        label=label,
        started_at=whose.started_at,
        rang_at=whose.rang_at,
        answered_at=whose.answered_at,
        ended_at=whose.ended_at,
    )


def _spoken(turn: Turn) -> Iterator[tuple[str, datetime]]:
    if turn.text_robot and turn.started_at:
        yield Role.ROBOT.value, turn.started_at
    if turn.text_customer and turn.spoke_at:
        yield Role.CUSTOMER.value, turn.spoke_at

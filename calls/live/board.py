"""What goes on at this moment: calls in progress, and those of which no word came for long."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from calls import chronicle
from calls.chronicle import Happening
from calls.models import Call, Event
from calls.outcomes import State

QUIET_AFTER = timedelta(hours=1)
MOST_SHOWN = 200  # of either sort
MOST_COUNTED = 10_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A call in progress: how many seconds it goes on, and what was last told to have happened."""

    call: Call
    age: int
    last: Happening | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """Calls of one sort, newest first: as many as are shown, and how many there are."""

    lines: Sequence[Line]
    count: int

    @property
    def is_cut(self) -> bool:
        return self.count > len(self.lines)

    @property
    def is_uncounted(self) -> bool:
        """Whether there are more than were counted."""
        return self.count > MOST_COUNTED

    @property
    def counted(self) -> int:
        return min(self.count, MOST_COUNTED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Board:
    """``quiet`` are the calls of which no word came for ``QUIET_AFTER``."""

    going: Part
    quiet: Part

    @property
    def fingerprint(self) -> str:
        """What tells two boards apart, but for the time that goes by."""
        parts = [
            (part.count, [(line.call.pk, line.call.updated_at) for line in part.lines])
            for part in (self.going, self.quiet)
        ]
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def look() -> Board:
    now = timezone.now()
    in_progress = Call.objects.filter(state=State.IN_PROGRESS.value)
    return Board(
        going=_part(in_progress.filter(updated_at__gte=now - QUIET_AFTER), now),
        quiet=_part(in_progress.filter(updated_at__lt=now - QUIET_AFTER), now),
    )


def _part(calls: QuerySet[Call], now: datetime) -> Part:
    rows = calls.select_related("account").defer("said", "details", "extra", "user_data")
    shown = list(rows.order_by("-occurred_at", "-id")[:MOST_SHOWN])
    count = len(shown)
    if count == MOST_SHOWN:
        count = calls.order_by()[: MOST_COUNTED + 1].count()
    happened = _happened(shown)
    lines = [
        Line(
            call=call,
            age=max(0, (now - call.occurred_at) // timedelta(seconds=1)),
            last=happened.get(call.pk),
        )
        for call in shown
    ]
    return Part(lines=lines, count=count)


def _happened(calls: Sequence[Call]) -> dict[int, Happening]:
    """What happened last in each call, as far as its events and its own moments say."""
    events: dict[int, list[Event]] = defaultdict(list)
    for event in _events(calls):
        events[event.call_id].append(event)
    told = {call.pk: chronicle.tell(call, [], events[call.pk]) for call in calls}
    return {pk: happenings[-1] for pk, happenings in told.items() if happenings}


def _events(calls: Iterable[Call]) -> QuerySet[Event]:
    return Event.objects.filter(call_id__in=[call.pk for call in calls]).order_by("at", "id")

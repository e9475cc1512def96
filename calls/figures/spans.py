"""Ranges of time, and the whole months, days and hours that lie in them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import or_
from zoneinfo import ZoneInfo

from django.db.models import Q

from calls.models import Call, Grain
from calls.tallies import days_of

HOUR = timedelta(hours=1)
_SAMPLED = timedelta(days=28)  # no zone changes its clock for less


@dataclass(frozen=True, slots=True)
class Span:
    """From a moment on, up to another that is not included; None is open."""

    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_empty(self) -> bool:
        return self.since is not None and self.until is not None and self.until <= self.since

    @property
    def has_ends(self) -> bool:
        return self.since is not None and self.until is not None

    def on(self, column: str) -> Q:
        found = Q()
        if self.since is not None:
            found &= Q(**{f"{column}__gte": self.since})
        if self.until is not None:
            found &= Q(**{f"{column}__lt": self.until})
        return found


@dataclass(frozen=True, slots=True)
class Cover:
    """A span in parts: those that rows of tallies add up, and the rest."""

    whole: Sequence[tuple[Grain, Span]] = ()
    rest: Sequence[Span] = ()

    def on_tallies(self) -> Q:
        return _any(Q(grain=grain.value) & span.on("at") for grain, span in self.whole)


def on_calls(spans: Iterable[Span], column: str = "occurred_at") -> Q:
    """The condition on when calls occurred: in any of these spans."""
    return _any(span.on(column) for span in spans)


def _any(conditions: Iterable[Q]) -> Q:
    """One of these conditions, of which there is at least one."""
    return reduce(or_, conditions)


@dataclass(frozen=True, slots=True)
class Extent:
    """When the first and the last of all calls occurred; None where there are no calls."""

    oldest: datetime | None = None
    newest: datetime | None = None

    @classmethod
    def known(cls) -> "Extent":
        moments = Call.objects.order_by("occurred_at", "id").values_list("occurred_at", flat=True)
        oldest = moments.first()
        return cls(oldest, moments.last()) if oldest else cls()

    def closed(self, span: Span) -> Span | None:
        """A span with two ends that holds the same calls. Where it reaches beyond all calls it ends
        with whole months, so that tallies tell of all of it; None where no call can be in it."""
        oldest, newest = self.oldest, self.newest
        if oldest is None or newest is None or span.is_empty:
            return None
        since, until = span.since, span.until
        if (since is not None and since > newest) or (until is not None and until <= oldest):
            return None
        if since is None or since <= oldest:
            since = _floor(oldest, Grain.MONTH)
        if until is None or until > newest:
            until = _next(_floor(newest, Grain.MONTH), Grain.MONTH)
        return Span(since, until)


def cover(span: Span, grains: Iterable[Grain]) -> Cover:
    """Take a closed span apart: ``grains`` from the longest to the shortest."""
    whole: list[tuple[Grain, Span]] = []
    pieces = [span]
    for grain in grains:
        left: list[Span] = []
        for piece in pieces:
            if piece.since is None or piece.until is None:
                raise ValueError("An open span has no parts.")
            first, last = _ceiling(piece.since, grain), _floor(piece.until, grain)
            if first >= last:
                left.append(piece)
                continue
            whole.append((grain, Span(first, last)))
            left += [Span(piece.since, first), Span(last, piece.until)]
        pieces = [piece for piece in left if not piece.is_empty]
    return Cover(whole, pieces)


def _floor(at: datetime, grain: Grain) -> datetime:
    """When the hour of UTC, or the day or month of the portal's zone, begins."""
    if grain == Grain.HOUR:
        return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    day, month = days_of(at)
    return day if grain == Grain.DAY else month


def _next(beginning: datetime, grain: Grain) -> datetime:
    if grain == Grain.HOUR:
        return beginning + HOUR
    # Into the next one, however long or short the clock made this one.
    ahead = timedelta(hours=26) if grain == Grain.DAY else timedelta(days=32)
    return _floor(beginning + ahead, grain)


def _ceiling(at: datetime, grain: Grain) -> datetime:
    beginning = _floor(at, grain)
    return beginning if beginning == at else _next(beginning, grain)


def has_whole_hours(span: Span, zone: ZoneInfo) -> bool:
    """Whether an hour of UTC is an hour of this zone's clock throughout a closed span."""
    at, until = span.since, span.until
    while at is not None and until is not None:
        if (at.astimezone(zone).utcoffset() or HOUR) % HOUR:
            return False
        if at >= until:
            break
        at = min(at + _SAMPLED, until)
    return True

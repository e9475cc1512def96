"""What the front page is asked for: which calls, of which range, and what they are held against."""

import calendar
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from calls.figures.scopes import TIMES, WHEN, Scope
from calls.figures.spans import Span
from calls.search import Search, read_query
from calls.search.clauses import Clause, Clauses

AGAINST, SPAN, NOW = "against", "span", "now"
BESIDE = (AGAINST, SPAN, NOW)  # parameters that are no filters
ALL = "all"  # of ``span``: no range at all, which would else be today
TODAY = "today"
WEEK, BEFORE, NOTHING = "week", "before", "nothing"
_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Asked:
    """``search`` is what the address says. Ranges that are not over end ``now``, so that what is
    counted, and what it is held against, are as long as each other."""

    search: Search
    against: str
    now: datetime
    is_all: bool = False

    @classmethod
    def of(cls, given: QueryDict, now: datetime) -> "Asked":
        search = read_query(given, BESIDE)
        against = given.get(AGAINST, "")
        return cls(
            search=search,
            against=against if against in {WEEK, BEFORE, NOTHING} else WEEK,
            now=_moment(given.get(NOW, ""), now),
            is_all=given.get(SPAN) == ALL and not _has_times(search),
        )

    @property
    def is_default(self) -> bool:
        """Whether nothing is said of the range: today is meant."""
        return not self.is_all and not _has_times(self.search)

    @property
    def preset(self) -> str:
        """The name of the range, where it has one."""
        if self.is_all or self.is_default:
            return ALL if self.is_all else TODAY
        times = [one for one in self.search.clauses.clauses if one.name in TIMES]
        is_one = len(times) == 1 and times[0].name == WHEN and not times[0].is_negated
        return times[0].values[0].lower() if is_one and len(times[0].values) == 1 else ""

    @cached_property
    def _whole(self) -> Scope:
        """As asked, also where it reaches into the future."""
        if not self.is_default:
            return Scope.of(self.search)
        today = Clause(WHEN, (TODAY,))
        return Scope.of(Search(Clauses((*self.search.clauses.clauses, today))))

    @cached_property
    def scope(self) -> Scope:
        span = self._whole.span
        if not self.is_all and (span.since is None or span.since < self.now):
            until = self.now if span.until is None else min(span.until, self.now)
            span = Span(span.since, until)
        return self._whole.within(span)

    @property
    def weeks(self) -> int:
        """How many weeks before lie the same days that are not among those asked for."""
        since, until = self._whole.span.since, self._whole.span.until or self.now
        if since is None:
            return 1
        return max(1, math.ceil((_wall(until) - _wall(since)) / _WEEK))

    @cached_property
    def before(self) -> Scope | None:
        """What it is held against; None for a range without a beginning, and for nothing."""
        since, until = self.scope.span.since, self.scope.span.until
        if self.against == NOTHING or since is None or until is None or self.scope.span.is_empty:
            return None
        try:
            return self.scope.within(Span(self._earlier(since), self._earlier(until)))
        except (OverflowError, ValueError):  # as long before, there was no calendar
            return None

    def _earlier(self, at: datetime) -> datetime:
        """The same time of the clock in what it is held against."""
        if self.against == WEEK:
            return timezone.make_aware(_wall(at) - self.weeks * _WEEK)
        span = self._whole.span
        since, until = _wall(span.since or at), _wall(span.until or self.now)
        if _begins_month(since) and _begins_month(until):
            months = 12 * (until.year - since.year) + until.month - since.month
            return timezone.make_aware(_months_earlier(_wall(at), months))
        return timezone.make_aware(_wall(at) - (until - since))


def _moment(text: str, now: datetime) -> datetime:
    """When a part of a page is read that was begun before; never in the future."""
    try:
        at = parse_datetime(text)
    except ValueError:
        at = None
    now = now.replace(microsecond=0)
    return min(at, now) if at is not None and timezone.is_aware(at) else now


def _has_times(search: Search) -> bool:
    return any(one.name in TIMES for one in search.clauses.clauses)


def _wall(at: datetime) -> datetime:
    """What the reader's clock showed."""
    return timezone.make_naive(at)


def _begins_month(wall: datetime) -> bool:
    return wall == wall.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _months_earlier(wall: datetime, months: int) -> datetime:
    year, month = divmod(12 * wall.year + wall.month - 1 - months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return wall.replace(year=year, month=month + 1, day=min(wall.day, last))

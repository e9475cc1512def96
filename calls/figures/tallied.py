"""Figures from the tallies, as far as those can tell: whole months, days and hours."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import BigIntegerField, Max, Q, QuerySet, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast

from calls.epoch import Epoch
from calls.figures.counted import folded
from calls.figures.scopes import Scope
from calls.figures.spans import Cover
from calls.figures.sums import Key, Sums
from calls.models import Account, Subject, SubjectTally, Tally
from calls.search import FILTERS
from calls.search.clauses import Clause
from calls.search.filters import HourFilter, WeekdayFilter

HOURLY = frozenset({"hour", "weekday"})
KNOWN = HOURLY | {"vendor", "account", "service", "direction", "outcome"}
KNOWN_OF_SUBJECTS = frozenset({"vendor", "account", "service"})
MOST_VALUES = 5_000  # of the edges, asked for one by one
_COLUMNS = {"vendor": "account_id"}
_COUNTED = ("calls", "in_progress")
_SUMMED = (*_COUNTED, "talk_calls", "talk_seconds", "ring_calls", "ring_seconds")


def can_tell(clauses: Iterable[Clause], known: frozenset[str] = KNOWN) -> bool:
    """Whether tallies have a column for each of these filters."""
    return all(clause.name in known for clause in clauses)


def needs_hours(clauses: Iterable[Clause], names: Iterable[str] = ()) -> bool:
    """Whether days are too long for what is asked."""
    return any(name in HOURLY for name in (*names, *(clause.name for clause in clauses)))


def sums(scope: Scope, cover: Cover, names: Sequence[str], zone: ZoneInfo) -> dict[Key, Sums]:
    """Sums by ``names`` of what the tallies cover."""
    if not cover.whole:
        return {}
    groups = [*names] if "outcome" in names else [*names, "outcome"]
    rows = Tally.objects.filter(cover.on_tallies(), condition(scope.clauses)).order_by()
    others = [name for name in groups if name not in HOURLY]
    columns = [_COLUMNS.get(name, name) for name in others]
    is_by_clock = len(others) < len(groups)
    # PostgreSQL adds up to decimals, which take longer to read.
    summed: dict[str, Combinable] = {
        f"sum_{one}": Cast(Sum(one), BigIntegerField()) for one in _summed(is_by_clock)
    }
    if not is_by_clock:
        found = rows.values(*columns).annotate(**summed).values_list(*columns, *summed)
    else:
        # Grouped by the moment itself, and read as a number: both is what takes least.
        grouped = rows.values("at", *columns).annotate(epoch=Epoch(Max("at")), **summed)
        found = _on_clock(grouped.values_list("epoch", *columns, *summed), groups, zone)
    return folded(_of_vendors(found, groups), groups, len(names))


def _summed(is_by_clock: bool) -> Sequence[str]:
    return _COUNTED if is_by_clock else _SUMMED


def _on_clock(
    rows: Iterable[Sequence[Any]], groups: Sequence[str], zone: ZoneInfo
) -> Iterator[Sequence[Any]]:
    """Rows that begin with a moment, by the hour and the weekday that a zone's clock shows then. A
    database takes longer to tell these, and there are few hours beside the rows that have them."""
    hours: dict[int, dict[str, int]] = {}
    places = {name: place for place, name in enumerate(one for one in groups if one not in HOURLY)}
    width = len(places)
    for epoch, *rest in rows:
        clock = hours.get(epoch)
        if clock is None:
            local = datetime.fromtimestamp(epoch, zone)
            clock = hours[epoch] = {"hour": local.hour, "weekday": local.isoweekday()}
        key = (clock[name] if name in clock else rest[places[name]] for name in groups)
        yield (*key, *rest[width:])


def _of_vendors(
    rows: Iterable[Sequence[str | int]], names: Sequence[str]
) -> Iterable[Sequence[str | int]]:
    """Rows that name accounts, with their vendors instead."""
    if "vendor" not in names:
        return rows
    place = names.index("vendor")
    vendors = dict(Account.objects.values_list("pk", "vendor"))
    return [(*row[:place], vendors[int(row[place])], *row[place + 1 :]) for row in rows]


def condition(clauses: Iterable[Clause]) -> Q:
    """Filters of calls as a condition on tallies."""
    found = Q()
    for clause in clauses:
        filter_ = FILTERS[clause.name]
        if isinstance(filter_, (HourFilter, WeekdayFilter)):
            one = filter_.when(clause.values, "at")
        elif clause.name == "vendor":
            accounts = Account.objects.filter(filter_.condition(clause.values))
            one = Q(account_id__in=list(accounts.values_list("pk", flat=True)))
        else:
            one = filter_.condition(clause.values)
        found &= ~one if clause.is_negated else one
    return found


def of_subject(scope: Scope, cover: Cover, subject: Subject) -> "QuerySet[SubjectTally]":
    """The rows of tallies that a cover names; a month's stand for those of its days."""
    if not cover.whole:
        return SubjectTally.objects.none()
    rows = SubjectTally.objects.filter(cover.on_tallies(), condition(scope.clauses))
    return rows.filter(subject=subject.value).order_by()


def most(rows: "QuerySet[SubjectTally]", edges: dict[str, Sums], number: int) -> dict[str, Sums]:
    """The values with most calls, what the edges add included."""
    summed = rows.values("value").annotate(n=Sum("calls"), of_them=Sum("answered"))
    ranked = summed.filter(n__gt=0).values_list("value", "n", "of_them")
    found = _sums(ranked.order_by("-n", "value")[:number])
    if len(edges) > MOST_VALUES:
        found = _sums(ranked)
    elif edges:
        found |= _sums(ranked.filter(value__in=list(edges)))
    for value, added in edges.items():
        found[value] = found.get(value, Sums()) + added
    return first(found, number)


def _sums(rows: Iterable[tuple[str, int, int]]) -> dict[str, Sums]:
    return {value: Sums(calls=n, answered=answered) for value, n, answered in rows}


def first(found: dict[str, Sums], number: int) -> dict[str, Sums]:
    """Those with most calls; of as many, in the order of their texts."""
    ordered = sorted(found.items(), key=lambda one: (-one[1].calls, one[0]))
    return {value: one for value, one in ordered[:number] if one.calls}

"""Figures from the tallies, as far as those can tell: whole months, days and hours."""

from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet, Sum

from calls.figures.counted import clock, folded
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
_SUMMED = ("calls", "in_progress", "talk_calls", "talk_seconds", "ring_calls", "ring_seconds")


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
    timed = {f"_{name}": one for name, one in clock("at", zone).items() if name in names}
    of_columns = {"vendor": "account_id"} | {name: f"_{name}" for name in HOURLY}
    columns = [of_columns.get(name, name) for name in groups]
    summed = rows.annotate(**timed).values(*columns)
    summed = summed.annotate(**{f"sum_{one}": Sum(one) for one in _SUMMED})
    found = summed.values_list(*columns, *(f"sum_{one}" for one in _SUMMED))
    return folded(_of_vendors(found, groups), groups, len(names))


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

"""Figures from the rows of calls: of any search, in one statement each."""

from collections.abc import Iterable, Sequence
from operator import add
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet, SmallIntegerField, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, ExtractHour, ExtractIsoWeekDay

from calls.figures.scopes import Scope
from calls.figures.spans import Span, on_calls
from calls.figures.sums import ANSWERED, Key, Sums
from calls.models import Call, CallCode
from calls.outcomes import State
from calls.search import FILTERS
from calls.search.related import CodeFilter

_IS_ANSWERED = Q(outcome=ANSWERED)
_COUNTED = {
    "n": Count("pk"),
    "going_on": Count("pk", filter=Q(state=State.IN_PROGRESS.value)),
}
_SUMMED = {
    **_COUNTED,
    "talk_n": Count("talk_seconds", filter=_IS_ANSWERED),
    "talk_sum": Sum("talk_seconds", filter=_IS_ANSWERED, default=0),
    "ring_n": Count("ring_seconds", filter=_IS_ANSWERED),
    "ring_sum": Sum("ring_seconds", filter=_IS_ANSWERED, default=0),
}


def clock(column: str, zone: ZoneInfo) -> dict[str, Combinable]:
    """The hour of the day and the day of the week, Monday is 1, by a zone's clock."""
    found = {
        "hour": ExtractHour(column, tzinfo=zone),
        "weekday": ExtractIsoWeekDay(column, tzinfo=zone),
    }
    # PostgreSQL extracts decimals, by which it groups half as fast.
    return {name: Cast(one, SmallIntegerField()) for name, one in found.items()}


def calls(scope: Scope, spans: Iterable[Span]) -> QuerySet[Call]:
    """The calls of a scope's filters that occurred in any of these spans."""
    return scope.rest.unordered().filter(on_calls(spans))


def sums(
    scope: Scope, spans: Sequence[Span], names: Sequence[str], zone: ZoneInfo
) -> dict[Key, Sums]:
    """Sums by ``names``: vendor, outcome, hour, weekday. By the clock, calls are counted alone."""
    if not spans:
        return {}
    groups = [*names] if "outcome" in names else [*names, "outcome"]
    rows = calls(scope, spans).order_by()
    timed = {f"_{name}": one for name, one in clock("occurred_at", zone).items() if name in names}
    columns = [f"_{name}" if f"_{name}" in timed else name for name in groups]
    summed = _COUNTED if timed else _SUMMED
    counted = rows.annotate(**timed).values(*columns).annotate(**summed)
    return folded(counted.values_list(*columns, *summed), groups, len(names))


def folded(rows: Iterable[Sequence[str | int]], names: Sequence[str], kept: int) -> dict[Key, Sums]:
    """Rows of a key and sums as ``Sums``, by the first ``kept`` parts of the key."""
    place, width = names.index("outcome"), len(names)
    added: dict[Key, list[int]] = {}
    for row in rows:
        calls_, going_on, *rest = (int(one) for one in row[width:])
        is_answered = row[place] == ANSWERED
        one = [calls_, going_on, is_answered * calls_, is_answered * going_on, *rest]
        key = tuple(row[:kept])
        known = added.get(key)
        added[key] = one if known is None else list(map(add, known, one))
    return {key: Sums(*one) for key, one in added.items()}


def codes(scope: Scope, spans: Sequence[Span]) -> dict[str, Sums]:
    """How many calls that were not answered had a code, by scheme/value. Where the filters ask for
    codes, of those alone."""
    if not spans:
        return {}
    failed = calls(scope, spans).exclude(_IS_ANSWERED)
    rows = CallCode.objects.filter(on_calls(spans), call_id__in=failed.values("pk"))
    for clause in scope.clauses:
        filter_ = FILTERS[clause.name]
        if isinstance(filter_, CodeFilter) and not clause.is_negated:
            rows = rows.filter(filter_.rows(clause.values))
    counted = rows.order_by().values("scheme", "value").annotate(n=Count("call_id", distinct=True))
    return {
        f"{scheme}/{value}": Sums(calls=n)
        for scheme, value, n in counted.values_list("scheme", "value", "n")
    }


def shown(scope: Scope, spans: Sequence[Span]) -> dict[str, Sums]:
    """How many calls showed a number, and how many of them were answered."""
    if not spans:
        return {}
    rows = calls(scope, spans).exclude(display_key="").order_by()
    counted = rows.values("display_key").annotate(
        n=Count("pk"), answered=Count("pk", filter=_IS_ANSWERED)
    )
    return {
        key: Sums(calls=n, answered=answered)
        for key, n, answered in counted.values_list("display_key", "n", "answered")
    }

"""How the rows of a search are asked for: which filter leads, which are checked on the way.

The list is by time. A number, an id or a code leads to its calls in that order by an index of its
own, so a page costs what it shows, however many calls there are. Where a filter stands for several
numbers, each that has many calls is a part by itself; the parts are merged by whoever turns the
pages.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db.models import FilteredRelation, Q, QuerySet

from calls.models import Call, Spoken
from calls.search.clauses import Clause
from calls.search.filters import (
    Filter,
    Lead,
    MomentFilter,
    PresetFilter,
)
from calls.search.related import CodeFilter, NumberFilter, ReferenceFilter, SaidFilter
from calls.search.table import FILTERS

Rows = QuerySet[Call]
NEAR = 5000  # dialogs that are read one by one before an index is asked
_LEADING: tuple[type[Filter], ...] = (NumberFilter, ReferenceFilter, CodeFilter)
_FEW: tuple[type[Filter], ...] = (SaidFilter,)  # lead where they find few


@dataclass(frozen=True, slots=True)
class Part:
    """Some of a search's rows; ``at`` and ``pk`` are the columns to put them in order by.

    Every condition on the rows that lead goes into one ``condition``: Django would look for another
    such row for each call of ``filter``.
    """

    calls: Rows
    condition: Q = field(default_factory=Q)
    at: str = "occurred_at"
    pk: str = "pk"

    def rows(self, also: Q | None = None) -> Rows:
        """The rows; ``also`` is a condition on ``at`` and ``pk``."""
        return self.calls.filter(self.condition & also if also else self.condition)


@dataclass(frozen=True, slots=True)
class Between:
    """When the calls occurred; both ends are included, None is open."""

    since: datetime | None = None
    until: datetime | None = None

    def on(self, column: str) -> Q:
        found = Q()
        if self.since is not None:
            found &= Q(**{f"{column}__gte": self.since})
        if self.until is not None:
            found &= Q(**{f"{column}__lte": self.until})
        return found


def whole(clauses: Sequence[Clause], between: Between) -> Part:
    """All rows at once, no filter leading."""
    return _checked(Part(Call.objects.order_by()), clauses, between)


def parts(clauses: Sequence[Clause], between: Between) -> list[Part]:
    """All rows, in parts that are each quick to read in the order of time. A call may be in two."""
    for kind in (*_LEADING, *_FEW):
        for clause in clauses:
            filter_ = FILTERS[clause.name]
            if clause.is_negated or not isinstance(filter_, kind):
                continue
            if (leads := filter_.leads(clause.values)) is not None:
                others = [one for one in clauses if one is not clause]
                return [_led(lead, others, between) for lead in leads]
    return [whole(clauses, between)]


def near(clauses: Sequence[Clause], between: Between) -> Part | None:
    """The rows of a short stretch of the list, found by reading what was said; None where nothing
    that was said is asked for, or another filter leads."""
    if any(isinstance(FILTERS[one.name], _LEADING) and not one.is_negated for one in clauses):
        return None
    for clause in clauses:
        filter_ = FILTERS[clause.name]
        if isinstance(filter_, SaidFilter) and not clause.is_negated:
            others = [one for one in clauses if one is not clause]
            return _led(Lead("spoken", filter_.near(clause.values)), others, between)
    return None


def edge(between: Between, *, is_downward: bool) -> datetime | None:
    """Where a stretch of ``NEAR`` dialogs ends; None where there are fewer."""
    sign = "-" if is_downward else ""
    dialogs = Spoken.objects.filter(between.on("occurred_at"))
    ordered = dialogs.order_by(f"{sign}occurred_at", f"{sign}call_id")
    found = ordered.values_list("occurred_at", flat=True)[NEAR : NEAR + 1]
    return found[0] if found else None


def _led(lead: Lead | Q, others: Sequence[Clause], between: Between) -> Part:
    calls = Call.objects.order_by()
    if isinstance(lead, Q):
        return _checked(Part(calls, lead), others, between)
    led = calls.annotate(lead=FilteredRelation(lead.relation))
    part = Part(led, lead.condition, "lead__occurred_at", "lead__call_id")
    return _checked(part, others, between)


def _checked(part: Part, clauses: Sequence[Clause], between: Between) -> Part:
    """A part narrowed by filters that do not lead. When calls occurred is asked of the column that
    puts them in order, whose index then begins there."""
    calls, condition = part.calls, part.condition & between.on(part.at)
    for clause in clauses:
        filter_ = FILTERS[clause.name]
        if clause.is_negated:
            calls = calls.exclude(filter_.condition(clause.values))
        elif isinstance(filter_, (MomentFilter, PresetFilter)):
            condition &= filter_.when(clause.values, part.at)
        else:
            calls = calls.filter(filter_.condition(clause.values))
    return replace(part, calls=calls, condition=condition)

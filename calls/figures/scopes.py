"""Which calls figures are of: a range of time, and any other filters of the list."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils import timezone

from calls.figures.spans import Span
from calls.search import FILTERS, Search
from calls.search.clauses import Clause, Clauses
from calls.search.filters import MomentFilter
from calls.search.reading import preset

FROM, TO, WHEN = "from", "to", "when"
TIMES = (FROM, TO, WHEN)
Said = tuple[str, bool, str]  # a filter's name, whether it is negated, a value


@dataclass(frozen=True, slots=True)
class Scope:
    """``clauses`` are all filters but those that ``span`` says."""

    span: Span
    clauses: tuple[Clause, ...] = ()

    @classmethod
    def of(cls, search: Search) -> "Scope":
        """A search without problems, its range of time read off it."""
        span, rest = Span(), []
        for clause in search.clauses.clauses:
            said = _span(clause)
            if said is None:
                rest.append(clause)
            else:
                span = _both(span, said)
        return cls(span, tuple(rest))

    @property
    def rest(self) -> Search:
        """The search without its range of time."""
        return Search(Clauses(self.clauses))

    @property
    def search(self) -> Search:
        """All of it as one search, its range in moments that mean the same to every reader."""
        times = []
        if self.span.since is not None:
            times.append(Clause(FROM, (_exactly(self.span.since),)))
        if self.span.until is not None:
            times.append(Clause(TO, (_exactly(self.span.until),)))
        return Search(Clauses((*self.clauses, *times)))

    def within(self, span: Span) -> "Scope":
        return replace(self, span=span)

    def without(self, names: Collection[str]) -> "Scope":
        """The same without the values that were asked for under these names.

        Several values under one name mean any of them, and a call has but one vendor, outcome or
        hour: those of its calls that have one of these values are asked for by that one alone.
        """
        rest = tuple(one for one in self.clauses if one.is_negated or one.name not in names)
        return replace(self, clauses=rest)


def _exactly(at: datetime) -> str:
    """By the reader's clock, and how far that is from UTC."""
    return timezone.localtime(at).isoformat()


def _span(clause: Clause) -> Span | None:
    """What a clause says of when calls occurred, if that is one range."""
    if clause.name not in TIMES or clause.is_negated or len(clause.values) != 1:
        return None
    filter_, value = FILTERS[clause.name], clause.values[0]
    if not isinstance(filter_, MomentFilter):
        return Span(*preset(value.lower()))
    return Span(until=filter_.moment(value)) if filter_.is_end else Span(filter_.moment(value))


def _both(one: Span, other: Span) -> Span:
    since = [at for at in (one.since, other.since) if at is not None]
    until = [at for at in (one.until, other.until) if at is not None]
    return Span(max(since, default=None), min(until, default=None))

"""What a search consists of: words of filters, each with values, some of them negated.

A search is written in three ways that mean the same: as text (``calls.search.grammar``), as the
query of an address, and as the fields of a form, which a browser sends as such a query. Several
values under one name mean any of them; several names mean all of them; a negated name means none.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.http import QueryDict

SORT = "sort"
NOT = "not"  # of a form: the names that are meant negated
MINUS = "-"


@dataclass(frozen=True, order=True, slots=True)
class Clause:
    """One filter's name with all values that it was given."""

    name: str
    values: tuple[str, ...]
    is_negated: bool = False

    @property
    def key(self) -> str:
        """The name of the address's parameter."""
        return MINUS + self.name if self.is_negated else self.name


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a part of a search. ``start`` and ``end`` are its place in the text that
    was typed, where there was one."""

    name: str
    text: str
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Clauses:
    """Clauses, one for each name and sign, in the order in which they were first named."""

    clauses: tuple[Clause, ...] = ()
    sort: str = ""
    problems: tuple[Problem, ...] = field(default=(), compare=False)

    @classmethod
    def gathered(
        cls,
        said: Iterable[tuple[str, bool, str]],
        sort: str = "",
        problems: Iterable[Problem] = (),
    ) -> "Clauses":
        """From (name, is negated, value); what was said twice counts once."""
        groups: dict[tuple[str, bool], dict[str, None]] = {}
        for name, is_negated, value in said:
            groups.setdefault((name, is_negated), {})[value] = None
        clauses = tuple(
            Clause(name, tuple(values), is_negated) for (name, is_negated), values in groups.items()
        )
        return cls(clauses, sort, tuple(problems))

    def without(self, name: str, is_negated: bool, value: str) -> "Clauses":
        """The search with one value less."""
        said = [
            (one.name, one.is_negated, text)
            for one in self.clauses
            for text in one.values
            if (one.name, one.is_negated, text) != (name, is_negated, value)
        ]
        return Clauses.gathered(said, self.sort)

    def sorted_by(self, sort: str) -> "Clauses":
        return Clauses(self.clauses, sort)

    @property
    def query(self) -> str:
        """The address's query, without a question mark."""
        given = QueryDict(mutable=True)
        for one in self.clauses:
            given.setlist(one.key, list(one.values))
        if self.sort:
            given[SORT] = self.sort
        return given.urlencode()


def of_query(given: QueryDict, ignored: Iterable[str] = ()) -> Clauses:
    """The clauses of an address. Empty fields of a form say nothing."""
    negated = set(given.getlist(NOT))
    skipped = {NOT, SORT, *ignored}
    said = []
    for key, values in given.lists():
        if key in skipped:
            continue
        name = key.removeprefix(MINUS)
        is_negated = key.startswith(MINUS) or name in negated
        said += [(name, is_negated, value.strip()) for value in values if value.strip()]
    return Clauses.gathered(said, given.get(SORT, "").strip())


def merged(first: Clauses, second: Clauses) -> Clauses:
    said = [
        (one.name, one.is_negated, value)
        for clauses in (first.clauses, second.clauses)
        for one in clauses
        for value in one.values
    ]
    problems = (*first.problems, *second.problems)
    return Clauses.gathered(said, second.sort or first.sort, problems)

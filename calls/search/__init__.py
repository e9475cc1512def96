"""Finding calls: a search in any of its forms, and the rows that it stands for.

``read_query`` reads an address or a form, ``read_text`` the text of a saved view; both give a
``Search``, which knows its text, its address, its rows and what is wrong with it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from calls.models import Call
from calls.search import grammar, plan
from calls.search.clauses import Clauses, Problem, of_query
from calls.search.filters import MOST_VALUES
from calls.search.grammar import Text
from calls.search.order import BY_TIME, DEFAULT, ORDERS, Order
from calls.search.plan import Between, Part
from calls.search.reading import ComplaintError
from calls.search.table import FILTERS, suggest

EVER = Between()

__all__ = ["FILTERS", "Clauses", "Problem", "Search", "read_query", "read_text", "read_words"]


@dataclass(frozen=True)
class Search:
    """Which calls, in which order."""

    clauses: Clauses

    @property
    def text(self) -> str:
        """The search as it is written in the box."""
        return grammar.write(self.clauses)

    @property
    def query(self) -> str:
        """The search as the query of an address, without a question mark."""
        return self.clauses.query

    @property
    def is_empty(self) -> bool:
        return not self.clauses.clauses

    @property
    def order(self) -> Order:
        return ORDERS.get(self.clauses.sort, ORDERS[DEFAULT])

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with it, a sentence each; a search with problems has no rows."""
        return (*self.clauses.problems, *_problems(self.clauses))

    def rows(self) -> QuerySet[Call]:
        """All calls of the search, in order.

        None where the search has problems: half a filter would show too much.
        """
        if self.order.column == BY_TIME and len(parts := self.parts()) == 1:
            at, pk = parts[0].at, parts[0].pk
            return parts[0].rows().order_by(*self.order.by(at, pk))
        return self.unordered().order_by(*self.order.by(self.order.column, "pk"))

    def unordered(self) -> QuerySet[Call]:
        if self.problems:
            return Call.objects.none()
        return plan.whole(self.clauses.clauses, Between()).rows()

    def parts(self, between: Between = EVER) -> list[Part]:
        """All calls of the search, in parts to be merged: see ``calls.search.plan``."""
        if self.problems:
            return [Part(Call.objects.none())]
        if self.order.column != BY_TIME:
            return [plan.whole(self.clauses.clauses, between)]
        return plan.parts(self.clauses.clauses, between)

    def near(self, between: Between) -> Part | None:
        """The calls of a short stretch, where it is quicker to read them than to ask an index."""
        if self.problems or self.order.column != BY_TIME:
            return None
        return plan.near(self.clauses.clauses, between)

    def some(self, most: int) -> list[int]:
        """The ids of a few of its calls."""
        found: dict[int, None] = {}
        for part in self._nearest_first():
            found |= dict.fromkeys(part.rows().values_list("pk", flat=True)[:most])
            if len(found) >= most:
                break
        return list(found)[:most]

    def _nearest_first(self) -> Iterator[Part]:
        """Its parts, after the newest stretch where that is quicker to read."""
        if self.near(EVER) is not None:
            end = plan.edge(EVER, is_downward=True)
            if part := self.near(Between(since=end)):
                yield part
        yield from self.parts()


def read_query(given: QueryDict, ignored: Iterable[str] = ()) -> Search:
    """The search of an address or a form. ``ignored`` are parameters that are no filters."""
    clauses = of_query(given, ignored)
    said = [
        (one.name, one.is_negated, value)
        for one in clauses.clauses
        for given_value in one.values
        for value in _split(one.name, given_value)
    ]
    unknown = [
        Problem(one.name, _unknown(one.name)) for one in clauses.clauses if one.name not in FILTERS
    ]
    return Search(Clauses.gathered(said, clauses.sort, unknown))


def _split(name: str, value: str) -> list[str]:
    """Several values that were written into one field of a form."""
    if name in FILTERS and FILTERS[name].splits:
        return [one.strip() for one in value.replace("\n", ",").split(",") if one.strip()]
    return [value]


def _unknown(name: str) -> str:
    likely = suggest(name)
    sentence = _('There is no filter "%(name)s"; known are %(known)s.') % {
        "name": name[:40],
        "known": ", ".join(sorted(FILTERS)),
    }
    hint = _('Did you mean "%(likely)s"?') % {"likely": likely} if likely else ""
    return f"{sentence} {hint}".strip()


def read_words(text: str) -> Text:
    """What was typed: clauses, and words without a name, for ``calls.search.box`` to read."""
    return grammar.read(text, FILTERS.__contains__, suggest)


def read_text(text: str) -> Search:
    """The search of a saved text. Words without a name are a problem here."""
    read = read_words(text)
    nameless = [
        Problem("", _('Expected name:value, found "%(word)s".') % {"word": word.text[:60]})
        for word in read.words
    ]
    clauses = read.clauses
    return Search(Clauses(clauses.clauses, clauses.sort, (*clauses.problems, *nameless)))


def _problems(clauses: Clauses) -> list[Problem]:
    found = []
    for clause in clauses.clauses:
        filter_ = FILTERS.get(clause.name)
        if filter_ is None:
            continue
        if len(clause.values) > MOST_VALUES:
            sentence = _("%(label)s: %(count)d values; at most %(most)d can be asked for at once.")
            words = {"label": filter_.label, "count": len(clause.values), "most": MOST_VALUES}
            found.append(Problem(clause.name, sentence % words))
            continue
        for value in clause.values:
            if sentence := _complaint(clause.name, value):
                found.append(Problem(clause.name, f"{filter_.label}: {sentence}"))
    if clauses.sort and clauses.sort not in ORDERS:
        words = {"known": ", ".join(ORDERS), "sort": clauses.sort[:40]}
        sentence = _('sort: expected one of %(known)s; found "%(sort)s".') % words
        found.append(Problem("sort", sentence))
    return found


def _complaint(name: str, value: str) -> str:
    if "\x00" in value:
        return _("Expected text; found a NUL character.")
    try:
        FILTERS[name].check(value)
    except ComplaintError as error:
        return str(error)
    return ""

"""How many calls a search has, from the tallies: exactly, and at once, however many they are."""

from dataclasses import replace

from django.db.models import Sum

from calls.figures import tallied
from calls.figures.reading import Reader
from calls.figures.scopes import Scope
from calls.figures.spans import cover
from calls.figures.sums import ANSWERED
from calls.models import Grain, Subject
from calls.search import FILTERS, Search, parties
from calls.search.clauses import Clause
from calls.search.parties import Match
from calls.search.related import CodeFilter, NumberFilter

_IS_ANSWERED = Clause("outcome", (ANSWERED,))
_FAILED = Clause("outcome", (ANSWERED,), is_negated=True)
# What the sums of a tally tell apart, and among which calls.
_PARTS = {
    Clause("state", ("in_progress",)): ("in_progress", None),
    Clause("state", ("ended",)): ("ended", None),
    Clause("talk", ("none",), is_negated=True): ("talk_calls", _IS_ANSWERED),
    Clause("ring", ("none",), is_negated=True): ("ring_calls", _IS_ANSWERED),
}


def count(search: Search) -> int | None:
    """None where the tallies cannot tell."""
    if search.problems:
        return None
    scope = Scope.of(search)
    parts = [clause for clause in scope.clauses if clause in _PARTS]
    rest = replace(scope, clauses=tuple(one for one in scope.clauses if one not in parts))
    name, among = _PARTS[parts[0]] if parts else ("calls", None)
    if len(parts) > 1 or (among is not None and among not in rest.clauses):
        return None
    reader = Reader()
    if reader.is_quick(rest):
        found: int = getattr(reader.sums(rest).total, name)
        return found
    return None if parts else _of_subject(reader, rest)


def _of_subject(reader: Reader, scope: Scope) -> int | None:
    """Of calls that show a number, or that have a code and were not answered."""
    for clause in scope.clauses:
        rest = [one for one in scope.clauses if one is not clause]
        subject, value = _subject(clause)
        if subject == Subject.CODE:
            if _FAILED not in rest:
                continue
            rest.remove(_FAILED)
        if subject is None or not tallied.can_tell(rest, tallied.KNOWN_OF_SUBJECTS):
            continue
        span = reader.extent.closed(scope.span)
        if span is None:
            return 0
        found = cover(span, (Grain.MONTH, Grain.DAY))
        rows = tallied.of_subject(replace(scope, clauses=tuple(rest)), found, subject)
        whole = rows.filter(value=value).aggregate(n=Sum("calls", default=0))["n"]
        edges = sum(scope.within(one).search.unordered().count() for one in found.rest)
        return int(whole) + edges
    return None


def _subject(clause: Clause) -> tuple[Subject | None, str]:
    """What the tallies call that which a filter asks for, where it is one value of theirs."""
    if clause.is_negated or len(clause.values) != 1:
        return None, ""
    filter_, value = FILTERS[clause.name], clause.values[0]
    if isinstance(filter_, CodeFilter) and "/" in value:
        return Subject.CODE, value.strip()
    if isinstance(filter_, NumberFilter) and clause.name == "shown":
        pattern = parties.pattern(value)
        if pattern.match is Match.WHOLE and len(pattern.keys) == 1:
            return Subject.SHOWN, pattern.keys[0]
    return None, ""

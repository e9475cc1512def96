"""What stands about many calls in other tables, as text: a few queries, however many calls."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from calls import reasons
from calls.ids import these
from calls.models import CallCode, Reference, Tag
from calls.outcomes import Outcome, State

REFERENCES = frozenset({"task", "bind", "subscription", "session", "intent", "keys"})
BETWEEN = ", "
MOST_KINDS = 4096  # of calls, by their codes and outcome, of which it is remembered why

Texts = dict[int, str]
Pairs = tuple[tuple[str, str], ...]


class Gatherer:
    """Gathers the texts of these columns, in the language that is in force."""

    def __init__(self, keys: Collection[str]) -> None:
        self._keys = frozenset(keys)
        self._listed = lru_cache(MOST_KINDS)(_listed)
        self._why = lru_cache(MOST_KINDS)(_why)

    def gather(self, ends: Mapping[int, tuple[str, str]]) -> dict[str, Texts]:
        """By column and call. ``ends`` gives the calls, with the outcome and the state of each. A
        call of which a column has nothing to say is left out of it."""
        found: dict[str, Texts] = {key: {} for key in self._keys}
        ids = list(ends)
        if "codes" in found or "why" in found:
            for call_id, pairs in _codes(ids):
                if "codes" in found:
                    found["codes"][call_id] = self._listed(pairs)
                if "why" in found:
                    found["why"][call_id] = self._why(pairs, *ends[call_id])
        if "tags" in found:
            rows = Tag.objects.filter(call_id__in=these(ids)).order_by()
            found["tags"] = _joined(rows.values_list("call_id", "name"))
        if names := REFERENCES & found.keys():
            found |= _references(ids, names)
        return found


def _listed(pairs: Pairs) -> str:
    return BETWEEN.join(map("/".join, pairs))


def _why(pairs: Pairs, outcome: str, state: str) -> str:
    if outcome == Outcome.ANSWERED.value or state == State.IN_PROGRESS.value:
        return ""
    given = [CallCode(scheme=scheme, value=value) for scheme, value in pairs]
    found = reasons.telling(outcome, given)
    return reasons.meaning(*found) if found else ""


def _codes(ids: Sequence[int]) -> Iterator[tuple[int, Pairs]]:
    """The calls that have codes, and these in their order."""
    rows = CallCode.objects.filter(call_id__in=these(ids)).order_by()
    by_call = defaultdict(list)
    for row in rows.values_list("call_id", "place", "id", "scheme", "value"):
        by_call[row[0]].append(row)
    for call_id, group in by_call.items():
        group.sort()
        yield call_id, tuple((scheme, value) for *_, scheme, value in group)


def _references(ids: Sequence[int], names: Collection[str]) -> dict[str, Texts]:
    rows = Reference.objects.filter(call_id__in=these(ids), name__in=names).order_by()
    by_name: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for call_id, name, value in rows.values_list("call_id", "name", "value"):
        by_name[name].append((call_id, value))
    return {name: _joined(pairs) for name, pairs in by_name.items()}


def _joined(pairs: Iterable[tuple[int, str]]) -> Texts:
    return {
        call_id: BETWEEN.join(text for _, text in group)
        for call_id, group in groupby(sorted(pairs), itemgetter(0))
    }

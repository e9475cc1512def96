"""What of a file is here already: by its bytes, or by what it tells of calls.

A line whose bytes came before is the same push. One whose bytes are others may tell the same all
the same: the record of a call whose record is here, a status that is known. Both are left out, so
that a file can be imported as often as one likes.
"""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from calls.facts import CallFacts, Source
from calls.models import Call, Event
from calls.records import RECORDS
from vendors.imports.entries import Entry
from vendors.models import Push, VendorAccount

# What else makes a record of that sort superfluous.
_COVERED_BY = {
    Source.SUMMARY.value: frozenset({Source.RECORD.value, Source.SUMMARY.value}),
    Source.TABLE.value: RECORDS,
}


class Sort(StrEnum):
    NEW = "new"
    SAME_BYTES = "same_bytes"
    SAME_CALL = "same_call"
    UNREADABLE = "unreadable"


Key = tuple[str, ...]  # a call's id, the sort of push, and of a status what happened and when


@dataclass(slots=True)
class Seen:
    """What the file itself said before."""

    digests: set[bytes] = field(default_factory=set)
    keys: set[Key] = field(default_factory=set)


def digest(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()


def sorted_out(account: VendorAccount, entries: Sequence[Entry], seen: Seen) -> list[Sort]:
    """What each of a few entries is; what they say counts as seen from now on."""
    bodies = {digest(one.line.body) for one in entries if one.line}
    here = Push.objects.filter(account=account, digest__in=list(bodies))
    seen.digests.update(bytes(one) for one in here.values_list("digest", flat=True))
    seen.keys |= _known_keys(account, entries)
    return [_sort(one, seen) for one in entries]


def _sort(entry: Entry, seen: Seen) -> Sort:
    if entry.line is None:
        return Sort.UNREADABLE
    is_same = digest(entry.line.body) in seen.digests
    seen.digests.add(digest(entry.line.body))
    keys = {key for facts in entry.facts for key in _keys(facts)}
    is_told = all(_is_covered(key, seen.keys) for key in keys)
    seen.keys |= keys
    if is_same:
        return Sort.SAME_BYTES
    return Sort.SAME_CALL if is_told else Sort.NEW


def _keys(facts: CallFacts) -> list[Key]:
    source = facts.source.value
    if facts.source is not Source.STATUS or not facts.events:
        return [(facts.call_id, source)]
    return [(facts.call_id, source, one.kind, one.at.isoformat()) for one in facts.events]


def _is_covered(key: Key, known: set[Key]) -> bool:
    sources = _COVERED_BY.get(key[1])
    if sources is None:
        return key in known
    return any((key[0], source) in known for source in sources)


def _known_keys(account: VendorAccount, entries: Sequence[Entry]) -> set[Key]:
    """What is told already of the calls that these entries speak of."""
    ids = {facts.call_id for one in entries for facts in one.facts}
    calls = Call.objects.filter(account_id=account.pk, call_id__in=ids).order_by()
    names: dict[int, str] = {}
    found: set[Key] = set()
    for pk, call_id, said in calls.values_list("pk", "call_id", "said"):
        names[pk] = call_id
        found |= {(call_id, source) for source, _at, _paths in said.values()}
    if _has_status(entries):
        events = Event.objects.filter(call__in=list(names)).order_by()
        for pk, kind, at in events.values_list("call_id", "kind", "at"):
            found.add((names[pk], Source.STATUS.value, kind, at.isoformat()))
    return found


def _has_status(entries: Sequence[Entry]) -> bool:
    return any(facts.source is Source.STATUS for one in entries for facts in one.facts)


def counted(entries: Sequence[Entry], sorts: Sequence[Sort]) -> dict[str, int]:
    """How many are of each sort; and of those that are new, as what they were taken."""
    found: dict[str, int] = defaultdict(int)
    for entry, sort in zip(entries, sorts, strict=True):
        found[sort.value] += 1
        if entry.line is not None and sort is Sort.NEW:
            found[f"as_{entry.line.taken_as}"] += 1
    return dict(found)

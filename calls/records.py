"""By when the record of a call should have come: after that it is expected, but missing.

A vendor that tells of calls while they go on sends their records afterwards, and tries for so long
and no longer. How long is the vendor's; whoever knows the vendors hands it in.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from calls.facts import Source
from calls.models import Call

RECORDS = frozenset({Source.RECORD.value, Source.SUMMARY.value, Source.TABLE.value})
_waits: dict[str, timedelta] = {}


def expect(vendor: str, within: timedelta) -> None:
    """Expect records of this vendor's calls so long after their end at the latest."""
    _waits[vendor] = within


def wait_of(vendor: str) -> timedelta | None:
    return _waits.get(vendor)


def due_at(call: Call, sources: Iterable[str]) -> datetime | None:
    """When the record of a call is missing, if nothing comes: None where it is here, where the call
    goes on, or where its vendor tells of calls by their records alone."""
    wait = _waits.get(call.vendor)
    if wait is None or call.is_in_progress or not RECORDS.isdisjoint(sources):
        return None
    return (call.ended_at or call.lost_at or call.occurred_at) + wait

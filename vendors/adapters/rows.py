"""Rows of tables: a record of a call in words of our own, the same for every vendor.

Whoever imports a table says which column is which; each row becomes such a record, as JSON whose
keys are in order, so that the same row is the same bytes. A vendor's own record counts more.
"""

import json
from collections.abc import Mapping

from calls.facts import CallFacts, Direction, Source
from vendors.adapters.base import Reading, code, read_push
from vendors.adapters.reader import Reader

KIND = "imported-row"  # no push address has it
INBOUND, OUTBOUND = Direction.INBOUND.value, Direction.OUTBOUND.value


def write(row: Mapping[str, str | int]) -> bytes:
    """A row as the bytes that are kept."""
    return json.dumps(dict(row), ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")


def read(body: bytes, results: str) -> Reading:
    """What a row says. ``results`` is the scheme of its result's code."""
    return read_push(lambda r: Reading(facts=[_row(r, results)]), body)


def _row(r: Reader, results: str) -> CallFacts:
    return CallFacts(
        call_id=r.need("call_id"),
        source=Source.TABLE,
        is_final=True,
        direction=r.pick("direction", {INBOUND: Direction.INBOUND, OUTBOUND: Direction.OUTBOUND}),
        caller=r.number("caller"),
        callee=r.number("callee"),
        display_number=r.number("display_number"),
        started_at=r.epoch("started_at"),
        rang_at=r.epoch("rang_at"),
        answered_at=r.epoch("answered_at"),
        ended_at=r.epoch("ended_at"),
        ring_seconds=r.seconds("ring_seconds"),
        talk_seconds=r.seconds("talk_seconds"),
        user_data=r.long_text("user_data"),
        codes=code(r, "result", results) if results else (),
        extra=r.rest(),
    )

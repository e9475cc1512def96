"""Finds the call of each row of a bill: by its id, otherwise by its numbers and the nearest start.

A row has one call at most, and a call one row. What is left is compared among the rows themselves:
one that says what another said already is doubled.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

from calls.bills import pairing, tables
from calls.bills.mapping import CALLEE, CALLER, Mapping
from calls.bills.pairing import Pair, Point, Row
from calls.numbers import search_key

CHUNK = 20_000
Keep = Callable[[], object]  # raises where nobody wants to know any more

# What rows say, as an order: the same whatever the order of the file.
_CONTENT = (
    "coalesce({0}.starts, 0), coalesce({0}.seconds, -1), coalesce({0}.billed, -1),"
    " coalesce({0}.charge, 0), {0}.caller, {0}.callee, {0}.line"
)
_BY_ID = """
    INSERT INTO bill_pair
    SELECT line, call, apart, 'id' FROM (
        SELECT l.line, c.call, l.starts - c.starts AS apart,
            row_number() OVER (
                PARTITION BY c.call
                ORDER BY abs(coalesce(l.seconds, l.billed, 0) - coalesce(c.seconds, 0)), {content}
            ) AS row_of_call,
            row_number() OVER (PARTITION BY l.line ORDER BY c.starts, c.call) AS call_of_row
        FROM bill_line l JOIN bill_call c ON c.call_id = l.told_id
        WHERE l.told_id <> ''
    ) AS offers
    WHERE row_of_call = 1 AND call_of_row = 1
"""
_UNMATCHED = """
    SELECT l.line, l.caller, l.callee FROM bill_line l
    WHERE l.line > %s AND l.note = '' AND l.starts IS NOT NULL{has_numbers}
        AND NOT EXISTS (SELECT 1 FROM bill_pair p WHERE p.line = l.line)
        AND NOT EXISTS (SELECT 1 FROM bill_call c WHERE c.call_id = l.told_id)
    ORDER BY l.line LIMIT %s
"""
# Rows (0) and calls (1) of the same numbers, one after the other.
_ROWS = """
    SELECT k.caller, k.callee, 0, l.starts, NULL, l.line, coalesce(l.seconds, l.billed, 0),
        coalesce(l.billed, -1), coalesce(l.charge, 0)
    FROM bill_keyed k JOIN bill_line l ON l.line = k.line
"""
_CALLS = """
    SELECT {caller}, {callee}, 1, c.starts, c.answered, c.call, coalesce(c.seconds, 0), 0, 0
    FROM bill_call c
    WHERE NOT EXISTS (SELECT 1 FROM bill_pair p WHERE p.call = c.call){which}
"""
_IS_FREE = "CASE WHEN EXISTS (SELECT 1 FROM bill_pair p WHERE p.line = u.line) THEN 0 ELSE 1 END"
_TWINS = """
    INSERT INTO bill_twin
    SELECT line, first_line FROM (
        SELECT s.line, s.is_free, first_value(s.line) OVER (
            PARTITION BY s.told_id, s.rest ORDER BY s.is_free, {content}
        ) AS first_line
        FROM (SELECT u.*, {is_free} AS is_free FROM ({said}) u JOIN (
            SELECT told_id, rest FROM ({said}) AS all_said GROUP BY told_id, rest
            HAVING count(*) > 1
        ) AS many ON many.told_id = u.told_id AND many.rest = u.rest) s
    ) AS twins
    WHERE is_free = 1 AND line <> first_line
"""
_SAID = """
    SELECT l.*, CASE WHEN l.told_id <> '' THEN '' ELSE
        l.caller || '|' || l.callee || '|' || coalesce(l.starts, 0) || '|'
        || coalesce(l.seconds, -1) || '|' || coalesce(l.billed, -1) || '|' || coalesce(l.charge, 0)
    END AS rest
    FROM bill_line l WHERE l.note = ''
"""


def match(found: Mapping, region: str, tolerance: int, keep: Keep) -> None:
    """Fill ``bill_pair`` and ``bill_twin`` from the rows and calls in the tables."""
    if found.finds_by_id:
        tables.run(_BY_ID.format(content=_CONTENT.format("l")))
    tables.index("bill_pair", "line")
    tables.index("bill_pair", "call")
    keep()
    if found.finds_by_number and _fill_keyed(found, region, keep):
        _match_by_numbers(found, tolerance, keep)
    tables.run(_TWINS.format(content=_CONTENT.format("s"), said=_SAID, is_free=_IS_FREE))
    tables.index("bill_twin", "line")
    keep()


def _fill_keyed(found: Mapping, region: str, keep: Keep) -> bool:
    """The searchable numbers of the rows that have no call yet; whether there are any."""
    sides = [side for side in (CALLER, CALLEE) if side in found.fields]
    wanted = _UNMATCHED.format(has_numbers="".join(f" AND l.{side} <> ''" for side in sides))
    last, is_any = -1, False
    while rows := list(tables.stream(wanted, [last, CHUNK])):
        last, is_any = rows[-1][0], True
        tables.fill(
            "bill_keyed",
            [
                (line, search_key(caller, region), search_key(callee, region))
                for line, caller, callee in rows
            ],
        )
        keep()
    tables.index("bill_keyed", "line")
    return is_any


def _match_by_numbers(found: Mapping, tolerance: int, keep: Keep) -> None:
    pairs = _pairs(tables.stream(_side_by_side(found)), tolerance, keep)
    while chunk := list(islice(pairs, CHUNK)):
        tables.fill("bill_pair", [(*pair, "number") for pair in chunk])


def _side_by_side(found: Mapping) -> str:
    """A call offers as the calling side both its own number and the one that was shown: bills
    differ in which they give."""
    callers = [("''", "")]
    if CALLER in found.fields:
        is_other = " AND c.shown <> '' AND c.shown <> c.caller"
        callers = [("c.caller", ""), ("c.shown", is_other)]
    callee = "c.callee" if CALLEE in found.fields else "''"
    calls = [_CALLS.format(caller=one, callee=callee, which=which) for one, which in callers]
    return " UNION ALL ".join([_ROWS, *calls]) + " ORDER BY 1, 2, 3"


def _pairs(rows: Iterable[tuple[Any, ...]], tolerance: int, keep: Keep) -> Iterator[Pair]:
    """Group by group, so that no more is held than what two numbers have with each other. A call
    that stands in two groups, under both its numbers, is given in the first alone."""
    taken: set[int] = set()
    for _numbers, group in groupby(rows, key=_NUMBERS):
        members = list(group)
        if len(members) == 1:  # a row or a call alone
            continue
        lines, points = [], []
        for _caller, _callee, side, at, answered, key, seconds, billed, charge in members:
            if not side:
                lines.append(Row(at, seconds, billed, charge, key))
            elif key not in taken:
                points.append(Point(at, key, at, seconds))
                if answered is not None and answered != at:
                    points.append(Point(answered, key, at, seconds))
        if lines and points:
            for pair in pairing.pairs(lines, points, tolerance):
                taken.add(pair.call)
                yield pair
            keep()


_NUMBERS = itemgetter(0, 1)

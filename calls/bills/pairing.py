"""Which row of a bill is which call, where both have the same two numbers: the nearest in time.

The result does not depend on the order in which rows stand in a file: where two are as near, what
they say decides, and the place in the file only between rows that say the same.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

NEAREST = 40  # calls that a row is compared with: numbers may call each other thousands of times


class Row(NamedTuple):
    at: int
    seconds: int
    billed: int
    charge: int
    line: int


class Point(NamedTuple):
    """A moment of a call at which its bill may have it begin: when it did, or was answered."""

    at: int
    call: int
    begins: int
    seconds: int


class Pair(NamedTuple):
    line: int
    call: int
    apart: int


def pairs(rows: Sequence[Row], points: Sequence[Point], tolerance: int) -> Iterator[Pair]:
    """One row to one call at most, the nearest first."""
    if len(rows) == 1 and len(points) == 1:  # nearly all of them
        (row,), (point,) = rows, points
        if abs(row.at - point.at) <= tolerance:
            yield Pair(row.line, point.call, row.at - point.begins)
        return
    if len(rows) == 1 and points[0].call == points[-1].call:  # nearly all of them
        (row,) = rows
        if any(abs(row.at - point.at) <= tolerance for point in points):
            yield Pair(row.line, points[0].call, row.at - points[0].begins)
        return
    ordered = sorted(points)
    offers = []
    for row in rows:
        for point in _near(row.at, ordered, tolerance):
            offers.append((abs(row.at - point.at), abs(row.seconds - point.seconds), point, row))
    offers.sort()
    lines, calls = set(), set()
    for _apart, _longer, point, row in offers:
        if row.line not in lines and point.call not in calls:
            lines.add(row.line)
            calls.add(point.call)
            yield Pair(row.line, point.call, row.at - point.begins)


def _near(at: int, ordered: Sequence[Point], tolerance: int) -> Sequence[Point]:
    first = bisect_left(ordered, (at - tolerance,))
    last = bisect_left(ordered, (at + tolerance + 1,))
    if last - first > NEAREST:
        middle = bisect_left(ordered, (at,))
        first, last = max(first, middle - NEAREST // 2), min(last, middle + NEAREST // 2)
    return ordered[first:last]

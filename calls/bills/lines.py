"""The rows of a bill, read by a mapping: what each says, or what is wrong with it."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from calls.bills import cells, mapping
from calls.bills.cells import CellError
from calls.bills.files import Row, has_content
from calls.bills.mapping import Mapping
from calls.bills.moments import Moments
from calls.bills.workbooks import Cell


class Line(NamedTuple):
    """A row of a bill, as it is held while it is compared. ``note`` is what is wrong with it, as
    JSON: field, column from 0, what was expected, what was found; empty where nothing is."""

    place: int
    told_id: str
    caller: str
    callee: str
    starts: int | None
    seconds: int | None
    billed: int | None
    charge: int | None
    currency: str
    note: str


def read(rows: Iterable[Row], found: Mapping) -> Iterator[Line]:
    """All rows below the heads that are not empty."""
    reader = _Reader(found)
    for number, row in rows:
        if number <= found.head_row:
            continue
        if row is None:
            yield _unreadable(number, "", None, "row", "")
        elif has_content(row):
            yield reader.read(number, row)


class _Reader:
    """The columns of a mapping, looked up once: rows are many."""

    def __init__(self, found: Mapping) -> None:
        self._mapping = found
        self._moment = Moments(found.order, found.zone).read
        self._units = found.seconds_unit, found.billed_unit
        # A field without a column has that of the cell that is put behind every row.
        self._places = [found.fields.get(name, -1) for name in mapping.FIELDS]
        self._width = max(self._places) + 1
        self._has_clock = mapping.CLOCK in found.fields

    def read(self, number: int, row: Sequence[Cell]) -> Line:
        short = self._width - len(row)
        row = [*row, *[None] * short, None] if short > 0 else [*row, None]
        told, calling, called, start, clock, talked, charged, price, money = self._places
        at = mapping.ID  # the field that is being read
        try:
            told_id = cells.call_id(row[told])
            at = mapping.CALLER
            caller = cells.number(row[calling])
            at = mapping.CALLEE
            callee = cells.number(row[called])
            at = mapping.START
            starts = self._moment(row[start], row[clock] if self._has_clock else None)
            at = mapping.SECONDS
            seconds = cells.duration(row[talked], self._units[0])
            at = mapping.BILLED
            billed = cells.duration(row[charged], self._units[1])
            at = mapping.CHARGE
            charge = cells.money(row[price])
            currency = cells.word(row[money])
        except CellError as error:
            return _unreadable(number, at, self._mapping.place(at), error.expected, error.found)
        is_bare = starts is None and not (caller or callee)
        if (is_bare and self._mapping.finds_by_number) or (
            not told_id and (starts is None or not (caller or callee))
        ):
            return self._without_a_way(number, starts is None)
        return Line(number, told_id, caller, callee, starts, seconds, billed, charge, currency, "")

    def _without_a_way(self, number: int, is_without_start: bool) -> Line:
        """Nothing in the row could lead to a call; or nothing but a word in the column of the id,
        as in a line of totals."""
        if self._mapping.finds_by_number and (is_without_start or not self._mapping.finds_by_id):
            field = mapping.START if is_without_start else mapping.CALLER
        else:
            field = mapping.ID
        expected = {mapping.START: "moment", mapping.CALLER: "number"}.get(field, "id")
        return _unreadable(number, field, self._mapping.place(field), expected, "")


def _unreadable(number: int, field: str, place: int | None, expected: str, found: str) -> Line:
    note = json.dumps([field, place, expected, found.replace("\0", "")], ensure_ascii=False)
    return Line(number, "", "", "", None, None, None, None, "", note)

"""Rows of a table as pushes: each becomes a record in words of our own (``adapters.rows``)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import IO, Any

from django.utils.translation import gettext as _

from calls.bills import cells, choosing, files
from calls.bills.cells import CellError
from calls.bills.files import Row, UnreadableFileError
from calls.bills.moments import Moments
from vendors.adapters import rows
from vendors.adapters.imports import Line, Taken
from vendors.adapters.parsing import UnreadablePushError
from vendors.imports import mapping
from vendors.imports.archives import RefusedFileError

_DIRECTIONS = {
    **dict.fromkeys(("1", "in", "inbound", "incoming", "呼入"), rows.INBOUND),
    **dict.fromkeys(("2", "out", "outbound", "outgoing", "呼出", "外呼"), rows.OUTBOUND),
}
LONGEST_TEXT = 255
LONGEST_USER_DATA = 4_096

Read = Callable[[Any], str | int | None]


def all_rows(file: IO[bytes], file_format: str, sheet: str) -> Iterator[Row]:
    """All rows of a table. Raises RefusedFileError."""
    try:
        yield from files.rows(file, file_format, sheet)
    except UnreadableFileError as error:
        raise RefusedFileError(str(error)) from error


class Reader:
    """Makes pushes of the rows of a table whose columns were chosen."""

    def __init__(self, chosen: mapping.Mapping) -> None:
        moments = Moments(chosen.order, chosen.zone)
        self._head_row = chosen.head_row
        readers: dict[str, Read] = {
            mapping.ID: cells.call_id,
            mapping.DIRECTION: _direction,
            mapping.RESULT: lambda cell: _text(cell, LONGEST_TEXT),
            mapping.USER_DATA: lambda cell: _text(cell, LONGEST_USER_DATA),
            **dict.fromkeys((mapping.CALLER, mapping.CALLEE, mapping.SHOWN), cells.number),
            **dict.fromkeys(mapping.MOMENTS, moments.read),
            **dict.fromkeys(mapping.DURATIONS, lambda cell: cells.duration(cell, chosen.unit)),
        }
        self._columns = [(name, place, readers[name]) for name, place in chosen.fields.items()]

    def line(self, row: Row) -> Line | None:
        """The push of a row; None where it is a head or says nothing. Raises
        UnreadablePushError."""
        if row.number <= self._head_row:
            return None
        if row.cells is None:
            raise UnreadablePushError(choosing.in_words(row.number, None, "row", ""))
        if not files.has_content(row.cells):
            return None
        said = self._said(row.number, row.cells)
        if not said.get(mapping.ID):
            place = {name: at for name, at, _read in self._columns}[mapping.ID]
            raise UnreadablePushError(choosing.in_words(row.number, place, "id", ""))
        return Line(kind=rows.KIND, body=rows.write(said), taken_as=Taken.ROW)

    def _said(self, number: int, row: Sequence[Any]) -> Mapping[str, str | int]:
        said: dict[str, str | int] = {}
        for name, place, read in self._columns:
            if place >= len(row):
                continue
            try:
                value = read(row[place])
            except CellError as error:
                raise UnreadablePushError(
                    choosing.in_words(number, place, error.expected, error.found)
                ) from None
            if value is not None and value != "":
                said[name] = value
        return said


def _direction(cell: Any) -> str | None:
    found = cells.text(cell).lower()
    if not found:
        return None
    if found not in _DIRECTIONS:
        raise CellError(_("a direction, such as inbound or outbound"), found)
    return _DIRECTIONS[found]


def _text(cell: Any, longest: int) -> str:
    return cells.text(cell)[:longest]

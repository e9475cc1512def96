"""A bill's file, whatever its format: how it begins, and all of its rows."""

from collections.abc import Iterator, Sequence
from itertools import count
from typing import IO, Any, NamedTuple

from django.utils.translation import gettext as _

from calls.bills import texts, workbooks
from calls.bills.workbooks import BadWorkbookError, Cell

CSV, XLSX = "csv", "xlsx"
LOOKED_AT = 40  # rows, which a person sees to choose columns
MOST_COLUMNS = 300
_ZIP, _OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


class UnreadableFileError(Exception):
    """No bill can be read in this file; the sentence says why."""


class Row(NamedTuple):
    """A row as a spreadsheet would number it, from 1. ``cells`` None: it could not be told."""

    number: int
    cells: Sequence[Cell] | None


def format_of(file: IO[bytes]) -> str:
    """Which format it has, by its content. Raises UnreadableFileError."""
    file.seek(0)
    head = file.read(8)
    if not head:
        raise UnreadableFileError(_("The file is empty."))
    if head.startswith(_OLD_OFFICE):
        raise UnreadableFileError(
            _(
                "It is a workbook of the old kind (XLS), or one with a password. Save it as XLSX"
                " without a password, or as CSV."
            )
        )
    if head.startswith(_ZIP):
        return XLSX
    if not texts.is_text(file):
        raise UnreadableFileError(_("It is neither CSV nor XLSX: its bytes are no text."))
    return CSV


def first_rows(file: IO[bytes], file_format: str) -> dict[str, list[Row]]:
    """How each sheet begins, by its name; CSV has one without a name. Raises
    UnreadableFileError."""
    try:
        if file_format == XLSX:
            found = workbooks.first_rows(file, LOOKED_AT)
        else:
            begun = (cells for cells, _at in zip(texts.rows(file), range(LOOKED_AT), strict=False))
            found = {"": [cells or [] for cells in begun]}
    except BadWorkbookError as error:
        raise UnreadableFileError(str(error)) from error
    sheets = {
        name: [Row(number=number, cells=cells) for number, cells in enumerate(rows, 1)]
        for name, rows in found.items()
    }
    widest = max((len(row.cells or ()) for rows in sheets.values() for row in rows), default=0)
    if widest > MOST_COLUMNS:
        raise UnreadableFileError(
            _("Expected at most %(most)d columns, found %(found)d.")
            % {"most": MOST_COLUMNS, "found": widest}
        )
    if not any(has_content(row.cells) for rows in sheets.values() for row in rows):
        raise UnreadableFileError(_("There is nothing in its first rows."))
    return sheets


def rows(file: IO[bytes], file_format: str, sheet: str) -> Iterator[Row]:
    """All rows of a sheet. Raises UnreadableFileError."""
    found: Iterator[list[Any] | None]
    found = workbooks.rows(file, sheet) if file_format == XLSX else texts.rows(file)
    try:
        yield from map(Row, count(1), found)
    except BadWorkbookError as error:
        raise UnreadableFileError(str(error)) from error


def has_content(cells: Sequence[Cell] | None) -> bool:
    return any(cells or ()) or any(cell not in (None, "") for cell in cells or ())

"""Bills as XLSX. A workbook is read whole, so what it unpacks to is measured first.

``first_rows`` shows how big ones begin without unpacking them: it makes a small workbook of the
beginnings of their parts.
"""

import datetime
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Any

import python_calamine
from django.utils.translation import gettext as _

MOST_UNPACKED = 1024**3  # bytes
MOST_PARTS = 1_000
MOST_PER_SHEET, MOST_PER_PART = 256 * 1024, 2 * 1024 * 1024  # bytes of what a look takes
PIECE = 1024 * 1024
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")
_STRINGS = "xl/sharedStrings.xml"
_NEEDED = re.compile(r"\[Content_Types\]\.xml|_rels/\.rels|xl/(?:_rels/)?[^/]+\.(?:xml|rels)")

Cell = (
    str
    | int
    | float
    | bool
    | datetime.time
    | datetime.date
    | datetime.datetime
    | datetime.timedelta
    | None
)


class BadWorkbookError(Exception):
    """A workbook that cannot be read, or is too large; the sentence says what to do."""


def rows(file: IO[bytes], sheet: str) -> Iterator[list[Any]]:
    """All rows of a sheet, of the first one where there is none of that name."""
    check(file)
    file.seek(0)
    yield from _rows(file, sheet)


def first_rows(file: IO[bytes], most: int) -> dict[str, list[list[Any]]]:
    """How each sheet begins, by its name."""
    small = _beginning(file)
    try:
        names = python_calamine.CalamineWorkbook.from_filelike(small).sheet_names
        small.seek(0)
        book = python_calamine.CalamineWorkbook.from_filelike(small)
        return {
            name: book.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=most)
            for name in names[:MOST_PARTS]
        }
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise BadWorkbookError(_damaged()) from error


def _rows(file: IO[bytes], sheet: str) -> Iterator[list[Any]]:
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(file)
        names = book.sheet_names
        if not names:
            return
        found = book.get_sheet_by_name(sheet if sheet in names else names[0])
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise BadWorkbookError(_damaged()) from error
    # Empty rows above the first filled one come along, empty columns to its left do not.
    left = [None] * (found.start[1] if found.start else 0)
    for row in found.iter_rows():
        yield [*left, *row] if left else row


def check(file: IO[bytes]) -> None:
    """Whether it can be read without harm: by what it really unpacks to, not by what it says."""
    with _opened(file) as book:
        parts = book.infolist()
        if len(parts) > MOST_PARTS:
            raise BadWorkbookError(_too_large())
        left = MOST_UNPACKED
        if sum(part.file_size for part in parts) > left:
            raise BadWorkbookError(_too_large())
        for part in parts:
            left -= _unpacked(file, part, left)


def _opened(file: IO[bytes]) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise BadWorkbookError(_damaged()) from error


def _unpacked(file: IO[bytes], part: zipfile.ZipInfo, most: int) -> int:
    """How many bytes a part unpacks to. Raises BadWorkbookError beyond the most."""
    if part.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} or part.flag_bits & 1:
        raise BadWorkbookError(_damaged())
    if part.compress_type == zipfile.ZIP_STORED:
        return part.compress_size
    file.seek(part.header_offset)
    head = file.read(30)
    file.seek(int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little"), 1)
    stream, left, size = zlib.decompressobj(-zlib.MAX_WBITS), part.compress_size, 0
    piece = b""
    try:
        while not stream.eof and (piece or left > 0):
            if not piece:
                piece = file.read(min(PIECE, left))
                left -= len(piece)
                if not piece:
                    break
            size += len(stream.decompress(piece, PIECE))
            piece = stream.unconsumed_tail
            if size > most:
                raise BadWorkbookError(_too_large())
    except zlib.error as error:
        raise BadWorkbookError(_damaged()) from error
    return size


def _beginning(file: IO[bytes]) -> IO[bytes]:
    """A workbook of the first rows of each sheet."""
    small = io.BytesIO()
    with _opened(file) as book, zipfile.ZipFile(small, "w") as copy:
        for part in book.infolist()[:MOST_PARTS]:
            name = part.filename
            if not (_NEEDED.fullmatch(name) or _SHEET.fullmatch(name)):
                continue
            most = MOST_PER_SHEET if _SHEET.fullmatch(name) else MOST_PER_PART
            try:
                with book.open(part) as stream:
                    begun = stream.read(most)
                    is_cut = bool(stream.read(1))
            except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
                raise BadWorkbookError(_damaged()) from error
            if is_cut:
                begun = _ended(name, begun)
            copy.writestr(name, begun)
    small.seek(0)
    return small


def _ended(name: str, begun: bytes) -> bytes:
    """A part that was cut off, ended where a row or a text ends."""
    inner, outer = (b"si", [b"sst"]) if name == _STRINGS else (b"row", [b"sheetData", b"worksheet"])
    ends = list(re.finditer(rb"</(\w+:)?" + inner + rb"\s*>", begun))
    if not ends or not (name == _STRINGS or _SHEET.fullmatch(name)):
        raise BadWorkbookError(_too_large())
    prefix = ends[-1][1] or b""
    return begun[: ends[-1].end()] + b"".join(b"</" + prefix + tag + b">" for tag in outer)


def _damaged() -> str:
    return _(
        "It cannot be read as an XLSX workbook: it is damaged, or has a password. Open it in a"
        " spreadsheet program and save it again, as XLSX without a password, or as CSV."
    )


def _too_large() -> str:
    return _(
        "Unpacked, this workbook is larger than %(most)d MiB, or has too many parts. Save the sheet"
        " with the bill's rows as CSV."
    ) % {"most": MOST_UNPACKED // 1024**2}

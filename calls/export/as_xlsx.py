"""Calls as XLSX, written piece by piece in constant memory.

Libraries that write spreadsheets make an object or a handful of calls for each cell, which is five
to ten times too slow for millions of calls. A sheet is plain XML in a ZIP file, and all that is
needed of it stands here. Texts are written into their cells, so that no table of texts is held; no
text is ever a formula. Moments are Excel's dates, durations are numbers, everything else is text:
telephone numbers keep their plus sign, their zeros and all their digits.

A sheet has at most so many rows; further calls continue on further sheets. The last sheet tells
what the file is about.
"""

import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from calls.columns import Kind
from calls.export.book import BOLD, HEAD, MAIN, MOMENT, TEXT, sheet_name, surroundings
from calls.export.rows import Cells, Chunk
from calls.export.sheet import DAY, Kept, Sheet, date_of, time_of

MOST_ROWS = 1_048_576  # of a sheet, with its head
MOST_BYTES = 1_900_000_000  # of a sheet's XML: beyond 2 GiB a ZIP file has another format
MOST_CHARACTERS = 32_767  # of a cell
EPOCH = 25_569  # 1970-01-01, as Excel counts days
FIRST = (61 - EPOCH) * DAY  # 1900-03-01: before it, Excel's calendar has a day that never was
LEVEL = 3  # of compression; beyond it the file hardly shrinks, and takes longer

_WIDTHS = {Kind.MOMENT: 20, Kind.SECONDS: 12, Kind.FLAG: 11, Kind.LABEL: 14, Kind.OUTCOME: 15}
_WIDTH = 24

# What cannot stand in XML, or would be decoded by who reads it.
_CODED = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]|_(?=x[0-9A-Fa-f]{4}_)")
# Where none of these is in a column, all of it is written as it is.
_ODD = ("&", "<", ">", "_x", " |", "| ")


def pieces(sheet: Sheet) -> Iterator[bytes]:
    """The file, piece by piece."""
    sink = _Sink()
    names: list[str] = []
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as file:
        for part in _parts(sheet):
            names.append(sheet_name(sheet.title, len(names)))
            with file.open(f"xl/worksheets/sheet{len(names)}.xml", "w") as xml:
                for piece in part:
                    xml.write(piece)
                    yield sink.taken()
        names.append(sheet_name(sheet.about_title, 0))
        file.writestr(f"xl/worksheets/sheet{len(names)}.xml", _about(sheet.about()))
        for name, text in surroundings(names).items():
            file.writestr(name, text)
    yield sink.taken()


class _Sink:
    """Where a ZIP file is written to that nobody keeps: it cannot be sought, and gives up all."""

    def __init__(self) -> None:
        self._held = bytearray()

    def write(self, piece: bytes, /) -> int:
        self._held += piece
        return len(piece)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is open."""

    def taken(self) -> bytes:
        held, self._held = self._held, bytearray()
        return bytes(held)


def _parts(sheet: Sheet) -> Iterator[Iterator[bytes]]:
    """The XML of one sheet after the other, each to be read to its end before the next."""
    rest = _Rest(iter(sheet.chunks))
    while True:
        yield _part(sheet, rest)
        if not rest.is_any():
            return


@dataclass(slots=True)
class _Rest:
    """Chunks that are still to be written; what did not fit on a sheet is put back."""

    chunks: Iterator[Chunk]
    put_back: list[Chunk] = field(default_factory=list)

    def is_any(self) -> bool:
        if not self.put_back and (chunk := next(self.chunks, None)) is not None:
            self.put_back.append(chunk)
        return bool(self.put_back)

    def take(self, most: int) -> Chunk:
        """At most so many rows of the next chunk."""
        chunk = self.put_back.pop()
        if len(chunk[0]) > most:
            self.put_back.append([cells[most:] for cells in chunk])
            chunk = [cells[:most] for cells in chunk]
        return chunk


def _part(sheet: Sheet, rest: _Rest) -> Iterator[bytes]:
    letters = [_letters(place) for place in range(len(sheet.kinds))]
    written = [_WRITTEN.get(kind, _texts) for kind in sheet.kinds]
    yield (_opening(sheet.kinds) + _row("1", letters, sheet.heads, BOLD)).encode()
    row, size = 2, 0
    while size < MOST_BYTES and row <= MOST_ROWS and rest.is_any():
        chunk = rest.take(MOST_ROWS + 1 - row)
        numbers = list(map(str, range(row, row + len(chunk[0]))))
        cells = [
            write(letter, numbers, one)
            for letter, write, one in zip(letters, written, chunk, strict=True)
        ]
        starts = [f'<row r="{number}">' for number in numbers]
        lines = "</row>".join(map("".join, zip(starts, *cells, strict=True)))
        piece = f"{lines}</row>".encode()
        row, size = row + len(chunk[0]), size + len(piece)
        yield piece
    area = f"A1:{letters[-1]}{row - 1}"
    yield (
        f'</sheetData><autoFilter ref="{area}"/><ignoredErrors><ignoredError sqref="{area}"'
        ' numberStoredAsText="1"/></ignoredErrors></worksheet>'
    ).encode()


def _opening(kinds: Sequence[Kind]) -> str:
    columns = "".join(
        f'<col min="{place}" max="{place}" width="{_WIDTHS.get(kind, _WIDTH)}" customWidth="1"/>'
        for place, kind in enumerate(kinds, 1)
    )
    return (
        f'{HEAD}<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        f"</sheetView></sheetViews><cols>{columns}</cols><sheetData>"
    )


def _about(pairs: Sequence[tuple[str, str]]) -> str:
    rows = "".join(
        _row(str(number), ["A"], [name], BOLD)[: -len("</row>")]
        + _text("B", str(number), value, TEXT)
        + "</row>"
        for number, (name, value) in enumerate(pairs, 1)
    )
    columns = '<col min="1" max="1" width="24" customWidth="1"/>'
    columns += '<col min="2" max="2" width="80" customWidth="1"/>'
    return (
        f'{HEAD}<worksheet xmlns="{MAIN}"><cols>{columns}</cols>'
        f"<sheetData>{rows}</sheetData></worksheet>"
    )


def _row(number: str, letters: Sequence[str], texts: Sequence[str], style: int) -> str:
    cells = (
        _text(letter, number, text, style) for letter, text in zip(letters, texts, strict=True)
    )
    return f'<row r="{number}">{"".join(cells)}</row>'


# A column of cells


def _texts(letter: str, numbers: Sequence[str], cells: Cells) -> list[str]:
    if not _are_plain(cells):
        return [
            _text(letter, number, text, TEXT) for number, text in zip(numbers, cells, strict=True)
        ]
    start, end = f'<c r="{letter}', f'" s="{TEXT}" t="inlineStr"><is><t>'
    return [
        f"{start}{number}{end}{text}</t></is></c>" if text else ""
        for number, text in zip(numbers, cells, strict=True)
    ]


def _are_plain(cells: Cells) -> bool:
    """Whether all texts may stand in XML as they are. One look at all is far cheaper than many."""
    joined = f"|{'|'.join(cells)}|"
    return (
        joined.isprintable()
        and not any(odd in joined for odd in _ODD)
        and max(map(len, cells)) <= MOST_CHARACTERS
    )


def _text(letter: str, number: str, text: str, style: int) -> str:
    """A text with whatever is in it; nothing where there is none."""
    if not text:
        return ""
    coded = _CODED.sub(lambda found: f"_x{ord(found[0]):04X}_", text[:MOST_CHARACTERS])
    shown = coded.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return (
        f'<c r="{letter}{number}" s="{style}" t="inlineStr"><is>'
        f'<t xml:space="preserve">{shown}</t></is></c>'
    )


def _moments(letter: str, numbers: Sequence[str], cells: Cells) -> list[str]:
    start, end = f'<c r="{letter}', f'" s="{MOMENT}"><v>'
    return [
        _moment(letter, number, at)
        if at is None or at < FIRST
        else f"{start}{number}{end}{at // DAY + EPOCH}{_FRACTIONS[at % DAY]}</v></c>"
        for number, at in zip(numbers, cells, strict=True)
    ]


def _moment(letter: str, number: str, at: int | None) -> str:
    """A moment that is no number: not said, or before Excel's time."""
    return "" if at is None else _text(letter, number, f"{date_of(at)} {time_of(at)}", TEXT)


# Rounded up: some programs cut off the part of a second that would be missing otherwise.
_FRACTIONS = Kept(lambda seconds: f"{seconds / DAY + 1e-9:.9f}".removeprefix("0"))


def _seconds(letter: str, numbers: Sequence[str], cells: Cells) -> list[str]:
    start = f'<c r="{letter}'
    return [
        "" if cell is None else f'{start}{number}"><v>{cell}</v></c>'
        for number, cell in zip(numbers, cells, strict=True)
    ]


_WRITTEN: dict[Kind, Callable[[str, Sequence[str], Cells], list[str]]] = {
    Kind.MOMENT: _moments,
    Kind.SECONDS: _seconds,
}


def _letters(place: int) -> str:
    """What a column is called: A to Z, AA, AB and so on."""
    before, last = divmod(place, 26)
    return (_letters(before - 1) if before else "") + chr(ord("A") + last)

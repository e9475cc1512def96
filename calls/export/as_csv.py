"""Calls as CSV: RFC 4180, UTF-8 with the mark by which Excel knows it.

The first line names the columns. After the last call comes an empty line, and then what the file is
about, a name and a value on each line: so whoever reads up to the empty line reads calls alone.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-`` or ``@`` for a formula, and calls
may hold what strangers wrote. Such a cell gets an apostrophe before it. So does what follows a line
break, a tab or a semicolon, where some programs begin a new cell. A telephone number with its plus
sign stays as it is: plus and digits are no formula that could do anything.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from calls.columns import Kind
from calls.export.rows import Cells
from calls.export.sheet import DAY, Kept, Sheet, date_of, time_of

_SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20\t\r\n"  # also as Chinese keyboards write them
_SIGN = r"[ \u3000]*[=+\-@\uff1d\uff0b\uff0d\uff20]"
_FORMULA = re.compile(rf"\A(?=[\t\r\n]|{_SIGN})|([\t\r\n;])(?={_SIGN})")
_TELEPHONE = re.compile(r"\+\d{1,20}(?:\*{2,}\d*)?")


def pieces(sheet: Sheet) -> Iterator[bytes]:
    """The file, piece by piece."""
    written = [_WRITTEN.get(kind, _texts) for kind in sheet.kinds]
    yield b"\xef\xbb\xbf" + _lines([_texts(sheet.heads)])
    for chunk in sheet.chunks:
        cells = (write(one) for write, one in zip(written, chunk, strict=True))
        yield _lines(zip(*cells, strict=True))
    yield _lines([[], *(_texts(pair) for pair in sheet.about())])


def safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    if text.isalnum() or _TELEPHONE.fullmatch(text):
        return text
    return _FORMULA.sub(r"\1'", text)


def _lines(rows: Iterable[Sequence[object]]) -> bytes:
    lines = io.StringIO(newline="")
    csv.writer(lines, lineterminator="\r\n").writerows(rows)
    return lines.getvalue().encode()


def _texts(cells: Sequence[str]) -> Cells:
    joined = "".join(cells)
    if any(sign in joined for sign in _SIGNS):  # one look at all is far cheaper than many
        return list(map(safe, cells))
    return list(cells)


def _moments(cells: Cells) -> Cells:
    return ["" if at is None else f"{_DATES[at // DAY]} {_TIMES[at % DAY]}" for at in cells]


_DATES, _TIMES = Kept(lambda days: date_of(days * DAY)), Kept(time_of)
_WRITTEN: dict[Kind, Callable[[Cells], Cells]] = {Kind.MOMENT: _moments, Kind.SECONDS: list}

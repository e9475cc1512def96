"""Bills as CSV: UTF-8, GB18030 or UTF-16, with commas, semicolons, tabs or bars between cells."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import IO

DELIMITERS = ",;\t|"
PIECE = 1024 * 1024
LOOKED_AT = 64 * 1024  # bytes by which a file's delimiter is told
LOOKED_AT_ROWS = 30
LARGEST_CELL = 32_768  # characters: a quote that is never closed ends here


def is_text(file: IO[bytes]) -> bool:
    """Whether these bytes may be text at all."""
    file.seek(0)
    head = file.read(LOOKED_AT)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return True
    odd = sum(byte < 32 and byte not in b"\t\n\r\f\x1a\x1b" for byte in head)
    return b"\0" not in head and odd * 100 <= len(head)


def encoding_of(file: IO[bytes]) -> str:
    """What the whole file can be read as. Bytes that no encoding has are shown as such."""
    file.seek(0)
    head = file.read(LOOKED_AT)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for encoding in ("utf-8-sig", "gb18030"):
        if _is_all(file, encoding):
            return encoding
    return min(
        ("utf-8-sig", "gb18030"), key=lambda one: head.decode(one, "replace").count("\ufffd")
    )


def _is_all(file: IO[bytes], encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while piece := file.read(PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def rows(file: IO[bytes]) -> Iterator[list[str] | None]:
    """All rows, the empty ones among them; None is one that cannot be told from the next."""
    encoding = encoding_of(file)
    file.seek(0)
    delimiter = _delimiter(_head(file, encoding))
    file.seek(0)
    csv.field_size_limit(LARGEST_CELL)
    text = io.TextIOWrapper(file, encoding, errors="replace", newline="")
    try:
        found = csv.reader(text, delimiter=delimiter)
        while True:
            try:
                row = next(found)
            except StopIteration:
                return
            except csv.Error:
                yield None
            else:
                yield row
    finally:
        text.detach()  # the file is its opener's to close


def _head(file: IO[bytes], encoding: str) -> str:
    return codecs.getincrementaldecoder(encoding)("replace").decode(file.read(LOOKED_AT))


def _delimiter(head: str) -> str:
    """The one by which most rows have as many cells as the others, and the most cells."""
    return max(DELIMITERS, key=lambda one: _evenness(head, one))


def _evenness(head: str, delimiter: str) -> float:
    lines = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
    widths: Counter[int] = Counter()
    with suppress(csv.Error):
        widths.update(len(row) for row in islice(lines, LOOKED_AT_ROWS) if row)
    if not widths:
        return 0
    width, count = max(widths.items(), key=lambda one: (one[1] * (one[0] > 1), one[0]))
    return (width - 1) * count / widths.total()

"""What the cells of a bill say: durations, money, numbers, ids. Moments: see ``moments``.

Cells of CSV are texts. Those of a workbook may be numbers, dates and times as well; what a
spreadsheet program made of an id or a telephone number on the way is told, not guessed.
"""

import re
from datetime import datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from calls.bills.workbooks import Cell
from calls.models.bills import MILLION
from calls.models.labels import ID_LENGTH, NUMBER_LENGTH

YMD, DMY, MDY = "ymd", "dmy", "mdy"
SECONDS, MINUTES, CLOCK = "s", "min", "clock"
LONGEST = 31_536_000  # seconds of a call
SERIAL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - from which spreadsheets count days
_DEAREST = 10**12  # of a currency

_SCIENTIFIC = re.compile(r"[+-]?\d(?:[.,]\d+)?[eE]\+?\d{1,3}")
_FORMULA = re.compile(r'=\s*"(.*)"', re.DOTALL)
_COLONS = re.compile(r"(?:(\d{1,4}):)?(\d{1,4}):(\d{2})(?:\.\d+)?")
_SIGNS = re.compile(r"[\s¥￥$€£]|RMB|CNY|USD|HKD|元|EUR", re.IGNORECASE)


class CellError(Exception):
    """A cell that does not say what its column should: what was expected, as a word of
    ``choosing.EXPECTED``."""

    def __init__(self, expected: str, found: Cell) -> None:
        super().__init__(expected)
        self.expected = expected
        self.found = "" if found is None else str(found)[:200]


def text(cell: Cell) -> str:
    """A cell as text, without what spreadsheets put around a text that looks like a number."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e300 else repr(cell)
    found = cell if isinstance(cell, str) else str(cell)
    if found.isalnum():
        return found
    found = found.replace("\0", "").strip().strip("\u200b\ufeff").removeprefix("'")
    if found.startswith("=") and (quoted := _FORMULA.fullmatch(found)):
        found = quoted[1]
    return found.strip()


# Most cells are plain: what follows takes the shortest way for them, since there are millions.


def call_id(cell: Cell) -> str:
    if type(cell) is str and 8 < len(cell) < ID_LENGTH and cell.isalnum():
        return cell
    if isinstance(cell, float | int) and abs(cell) >= 10**15:
        raise CellError("id", cell)  # a number has no more digits than that
    found = text(cell)
    if len(found) > ID_LENGTH or _SCIENTIFIC.fullmatch(found):
        raise CellError("id", found)
    return found


def number(cell: Cell) -> str:
    if type(cell) is str and len(cell) < NUMBER_LENGTH and cell.isdecimal():
        return cell
    found = text(cell)
    if len(found) > NUMBER_LENGTH or (found and _SCIENTIFIC.fullmatch(found)):
        raise CellError("number", found)
    return found


def word(cell: Cell) -> str:
    return _word(cell) if type(cell) is str else text(cell)[:16]


@lru_cache(maxsize=1_024)
def _word(cell: str) -> str:
    return text(cell)[:16]


def duration(cell: Cell, unit: str) -> int | None:
    """Whole seconds; None where the cell is empty."""
    if type(cell) is str:
        return _duration(cell, unit)
    if isinstance(cell, timedelta):
        return _bounded(round(cell.total_seconds()), cell)
    if isinstance(cell, time):
        return cell.hour * 3600 + cell.minute * 60 + cell.second
    if isinstance(cell, datetime):  # a spreadsheet's 1900-01-01 00:05:00 is five minutes
        return _bounded(round((cell - SERIAL_EPOCH).total_seconds()) % 86_400, cell)
    if unit == CLOCK and isinstance(cell, float) and 0 <= cell < 1:
        return round(cell * 86_400)
    return _duration(text(cell), unit)


@lru_cache(maxsize=65_536)
def _duration(cell: str, unit: str) -> int | None:
    found = text(cell)
    if not found:
        return None
    if parts := _COLONS.fullmatch(found):
        hours, minutes, seconds = (int(part or 0) for part in parts.groups())
        return _bounded(hours * 3600 + minutes * 60 + seconds, found)
    if unit == CLOCK:
        raise CellError("clock", found)
    plain = found.rstrip("秒分钟sSecmin. ").replace(",", ".") or found
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        raise CellError("duration", found) from None
    if not amount.is_finite():
        raise CellError("duration", found)
    return _bounded(round(amount * (60 if unit == MINUTES else 1)), found)


def _bounded(seconds: int, found: Cell) -> int:
    if not 0 <= seconds <= LONGEST:
        raise CellError("duration", found)
    return seconds


def money(cell: Cell) -> int | None:
    """Millionths of whatever currency; None where the cell is empty."""
    return _money(cell if type(cell) is str else text(cell))


@lru_cache(maxsize=65_536)
def _money(cell: str) -> int | None:
    found = text(cell)
    if not found or found in {"-", "–"}:
        return None
    plain = _SIGNS.sub("", found)
    whole, _comma, part = plain.rpartition(",")
    if whole or part != plain:
        is_decimal = "." not in part and (whole.count(".") or len(part) != 3)
        plain = f"{whole.replace('.', '')}.{part}" if is_decimal else plain.replace(",", "")
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        raise CellError("money", found) from None
    if not amount.is_finite() or abs(amount) > _DEAREST:
        raise CellError("money", found)
    return round(amount * MILLION)

"""Moments in the cells of a bill: however they are written, on the clocks of whichever zone."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from calls.bills.cells import MDY, SERIAL_EPOCH, CellError, text
from calls.bills.workbooks import Cell

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a clock on the wall
_SERIALS = (20_000, 80_000)  # days, as spreadsheets count them: 1954 to 2119
_FIRST, _LAST = 0, 4_102_444_800  # seconds: 1970 to 2100
_MOST_KEPT = 200_000
_OF_A_MINUTE = {f"{second:02}": second for second in range(60)}
_MOMENT = re.compile(
    r"(\d{1,4})[-/.年](\d{1,2})[-/.月](\d{1,4})日?"
    r"(?:[T ]+(上午|下午)?\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(AM|PM)?)"
    r"\s*(Z|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)")


class Moments:
    """Reads moments, as seconds since 1970: written in this order of day, month and year, on the
    clocks of this zone."""

    def __init__(self, order: str, zone: str) -> None:
        self._order = order
        self._zone = ZoneInfo(zone)
        self._minutes: dict[str, int] = {}

    def read(self, cell: Cell, clock: Cell = None) -> int | None:
        """None where the cell is empty. ``clock`` is the time of day, where it stands by itself."""
        if clock is not None:
            cell = _together(cell, clock)
        if isinstance(cell, str):
            if len(cell) == 19:  # nearly all of them: the minute is known already
                begun, second = self._minutes.get(cell[:16]), cell[17:]
                if begun is not None and cell[16] == ":" and second in _OF_A_MINUTE:
                    return begun + _OF_A_MINUTE[second]
            return self._text(text(cell))
        if isinstance(cell, datetime):
            return self._at(cell.replace(microsecond=0), cell)
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            return self._amount(float(cell), cell)
        if cell is None:
            return None
        raise CellError("moment", cell)

    def _text(self, found: str) -> int | None:
        if not found:
            return None
        if parts := _MOMENT.fullmatch(found):
            return self._parts(parts, found)
        if parts := _COMPACT.fullmatch(found):
            return self._at(_wall(found, *map(int, parts.groups())), found)
        try:
            return self._amount(float(found), found)
        except (ValueError, OverflowError):
            raise CellError("moment", found) from None

    def _parts(self, parts: "re.Match[str]", found: str) -> int:
        first, second, third, noon, hour, minute, seconds, half, offset = parts.groups()
        if len(first) == 4:
            year, month, day = first, second, third
        elif self._order == MDY:
            month, day, year = first, second, third
        else:
            day, month, year = first, second, third
        if len(year) != 4:
            raise CellError("moment", found)
        hours = _hour(hour, noon or half)
        at = _wall(found, int(year), int(month), int(day), hours, int(minute))
        extra = min(int(seconds or 0), 59)
        if offset:
            sign = -1 if offset[0] == "-" else 1
            digits = "0000" if offset in "Zz" else offset[1:].replace(":", "")
            ahead = sign * (int(digits[:2]) * 3600 + int(digits[2:]) * 60)
            return _within(int((at - _EPOCH).total_seconds()) - ahead, found) + extra
        begun = self._at(at, found)
        if len(found) == 19 and len(self._minutes) < _MOST_KEPT:
            self._minutes[found[:16]] = begun
        return begun + extra

    def _amount(self, amount: float, found: Cell) -> int:
        """A day as spreadsheets count them, or seconds or milliseconds since 1970."""
        if _SERIALS[0] <= amount <= _SERIALS[1]:
            return self._at(SERIAL_EPOCH + timedelta(seconds=round(amount * 86_400)), found)
        if 1e9 <= amount < 1e10:
            return _within(int(amount), found)
        if 1e12 <= amount < 1e13:
            return _within(int(amount / 1000), found)
        raise CellError("moment", found)

    def _at(self, wall: datetime, found: Cell) -> int:
        aware = wall if wall.tzinfo else wall.replace(tzinfo=self._zone)
        try:
            return _within(int(aware.timestamp()), found)
        except (OverflowError, ValueError):
            raise CellError("moment", found) from None


def _together(day: Cell, clock: Cell) -> Cell:
    """One moment of two cells."""
    if isinstance(day, datetime | date) and isinstance(clock, time):
        return datetime(day.year, day.month, day.day, clock.hour, clock.minute, clock.second)  # noqa: DTZ001
    if isinstance(day, datetime):
        day = f"{day:%Y-%m-%d}"
    if isinstance(clock, datetime | time):
        clock = f"{clock:%H:%M:%S}"
    if isinstance(day, int | float) and isinstance(clock, float):
        return day + clock
    return f"{text(day)} {text(clock)}".strip()


def _hour(hour: str, half: str | None) -> int:
    if half is None:
        return int(hour)
    is_later = half.upper() in {"PM", "下午"}
    return int(hour) % 12 + 12 * is_later


def _wall(
    found: Cell, year: int, month: int, day: int, hour: int, minute: int, second: int = 0
) -> datetime:
    try:
        return datetime(year, month, day, hour, minute, min(second, 59))  # noqa: DTZ001
    except ValueError:
        raise CellError("moment", found) from None


def _within(seconds: int, found: Cell) -> int:
    if not _FIRST <= seconds <= _LAST:
        raise CellError("moment", found)
    return seconds


def moment_of(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)

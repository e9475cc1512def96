"""What is written into a file, whatever its format."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from calls.columns import Kind
from calls.export.rows import Chunk

DAY = 86_400  # seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """``about`` is asked when all chunks are written: it tells how many calls there were."""

    title: str
    heads: Sequence[str]
    kinds: Sequence[Kind]
    chunks: Iterable[Chunk]
    about_title: str
    about: Callable[[], Sequence[tuple[str, str]]]


class Kept(dict[int, str]):
    """What a function gives for a number, worked out once: few days, few seconds of a day."""

    def __init__(self, write: Callable[[int], str]) -> None:
        super().__init__()
        self._write = write

    def __missing__(self, number: int) -> str:
        self[number] = written = self._write(number)
        return written


def date_of(seconds: int) -> str:
    """The date of a moment on a wall clock, as people and spreadsheets read it."""
    return str(date(1970, 1, 1) + timedelta(days=seconds // DAY))


def time_of(seconds: int) -> str:
    """Its time of day."""
    minutes, second = divmod(seconds % DAY, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{second:02}"

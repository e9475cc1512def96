"""Typed access to JSON that a stranger sent.

``Reader.of(body)`` opens a push; the verbs take one field each, convert it, and remember that it
was asked for; ``rest()`` is whatever nobody asked for. Absent, null, empty and blank all read as
None. What cannot be read raises ``UnreadablePushError`` with the place, what was expected and what
was found.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, TypeVar

from vendors.adapters.parsing import (
    Torn,
    UnreadablePushError,
    clean,
    parse,
    safe,
    shown,
    step,
)

Value = TypeVar("Value")

TEXT_LENGTH = 255
CODE_LENGTH = 64
NUMBER_LENGTH = 64
KIND_LENGTH = 32  # half of what its column holds: some letters double in lower case
LARGEST_SECONDS = 2**31 - 1
LARGEST_SIZE = 2**63 - 1
MOST_RECORDS = 500  # ten times what any vendor puts into one push
_WHOLE = re.compile(r"[+-]?\d{1,30}(?:\.0*)?")
_DECIMAL = re.compile(r"\d{1,20}(?:\.\d{1,12})?")
_CLOCK = re.compile(r"(\d{4})-(\d\d)-(\d\d)[ T]+(\d\d):(\d\d):(\d\d)(\.\d+)?Z?")
_LAST_YEAR = 9999  # no zone east of UTC can show its last hours
_SECONDS_END, _MILLISECONDS_END, _MICROSECONDS_END = 10**11, 10**14, 10**17


@dataclass(frozen=True, kw_only=True, slots=True)
class SentTime:
    """A time as it was sent, and the very object that was made of it."""

    place: str
    text: str
    at: datetime


_noted: ContextVar[list[SentTime] | None] = ContextVar("noted", default=None)


@contextmanager
def noting_times() -> Iterator[list[SentTime]]:
    """Note the times that are read meanwhile, for whoever wants to show how a vendor wrote them."""
    times: list[SentTime] = []
    token = _noted.set(times)
    try:
        yield times
    finally:
        _noted.reset(token)


class Reader:
    """One JSON object, with the path that leads to it for the sake of its errors."""

    def __init__(self, fields: Mapping[str, Any], path: str = "") -> None:
        self._fields = {
            key: clean(value) if isinstance(value, str) else value for key, value in fields.items()
        }
        self._path = path
        self._asked: set[str] = set()

    @classmethod
    def of(cls, body: bytes) -> "Reader":
        """Open a push's body, which must be one JSON object in UTF-8."""
        return cls.at("", parse(body))

    def place(self, key: str) -> str:
        return step(self._path, key)

    @property
    def position(self) -> int:
        """Where this object stands in its list, counted from 0."""
        return int(self._path.rpartition("[")[2].rstrip("]"))

    def complaint(self, key: str, expected: str) -> UnreadablePushError:
        """What is wrong with a field, as a sentence."""
        return UnreadablePushError(
            f"{self.place(key)}: expected {expected}, got {shown(self._fields.get(key))}"
        )

    def has(self, key: str) -> bool:
        """Whether the field says anything; asking this does not take the field."""
        return _said(self._fields.get(key)) is not None

    def raw(self, key: str) -> Any:
        """The field as it was sent, made safe to store."""
        return safe(self._take(key), self.place(key))

    def _take(self, key: str) -> Any:
        self._asked.add(key)
        return _said(self._fields.get(key))

    def text(self, key: str, at_most: int = TEXT_LENGTH) -> str | None:
        """Text without the blanks around it; numbers and structures become their JSON text."""
        value = self.raw(key)
        if value is None:
            return None
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        if len(text) > at_most:
            raise self.complaint(key, f"at most {at_most} characters")
        return text

    def need(self, key: str, at_most: int = TEXT_LENGTH) -> str:
        """Text that a call cannot be told from others without."""
        value = self.text(key, at_most)
        if value is None:
            raise self.complaint(key, "text")
        return value

    def number(self, key: str) -> str | None:
        """A telephone number as sent; anything that a line can be known by passes."""
        return self.text(key, NUMBER_LENGTH)

    def long_text(self, key: str) -> str | None:
        return self.text(key, 1_000_000)

    def whole(self, key: str, at_most: int = LARGEST_SIZE) -> int | None:
        """A whole number; ``"20"`` and ``20.0`` are 20."""
        value = self.raw(key)
        if value is None:
            return None
        if isinstance(value, bool) or not _WHOLE.fullmatch(str(value)):
            raise self.complaint(key, "a whole number")
        number = int(str(value).partition(".")[0])
        if abs(number) > at_most:
            raise self.complaint(key, f"a number up to {at_most}")
        return number

    def seconds(self, key: str) -> int | None:
        """A duration in seconds; part of a second is dropped."""
        return self._measure(key, "seconds, 0 or more", LARGEST_SECONDS)

    def size(self, key: str) -> int | None:
        """A size in bytes."""
        return self._measure(key, "a size in bytes, 0 or more", LARGEST_SIZE)

    def _measure(self, key: str, expected: str, at_most: int) -> int | None:
        value = self.raw(key)
        if value is None:
            return None
        if isinstance(value, bool) or not _DECIMAL.fullmatch(str(value)):
            raise self.complaint(key, expected)
        number = int(str(value).partition(".")[0])
        if number > at_most:
            raise self.complaint(key, f"{expected}, at most {at_most}")
        return number

    def epoch(self, key: str) -> datetime | None:
        """A unix time in seconds, milliseconds or microseconds; vendors mix them. 0 is absent."""
        value = self.raw(key)
        if value is None:
            return None
        if isinstance(value, bool) or not _DECIMAL.fullmatch(str(value)):
            raise self.complaint(key, "a unix time")
        whole, _, part = str(value).partition(".")
        number = int(whole)
        if number == 0:
            return None
        scale = next(
            (
                scale
                for end, scale in (
                    (_SECONDS_END, 1),
                    (_MILLISECONDS_END, 1_000),
                    (_MICROSECONDS_END, 1_000_000),
                )
                if number < end
            ),
            None,
        )
        if scale is None:
            raise self.complaint(key, "a unix time before the year 5000")
        microseconds = number * (1_000_000 // scale)
        if scale == 1 and part:
            microseconds += int(part[:6].ljust(6, "0"))
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
        return self._note(key, value, at)

    def _note(self, key: str, value: Any, at: datetime) -> datetime:
        noted = _noted.get()
        if noted is not None:
            noted.append(SentTime(place=self.place(key), text=str(value), at=at))
        return at

    def need_clock(self, key: str, zone: tzinfo = UTC) -> datetime:
        """A time that must be there."""
        at = self.clock(key, zone)
        if at is None:
            raise self.complaint(key, '"YYYY-MM-DD HH:MM:SS"')
        return at

    def need_epoch(self, key: str) -> datetime:
        """A unix time that must be there."""
        at = self.epoch(key)
        if at is None:
            raise self.complaint(key, "a unix time")
        return at

    def clock(self, key: str, zone: tzinfo = UTC) -> datetime | None:
        """A time written "YYYY-MM-DD HH:MM:SS", which the vendor means in ``zone``; as UTC."""
        value = self.text(key)
        if value is None:
            return None
        match = _CLOCK.fullmatch(value)
        if match is None:
            raise self.complaint(key, '"YYYY-MM-DD HH:MM:SS"')
        if int(match[1]) <= 1:
            return None  # 0000-00-00 00:00:00 and 0001-01-01 00:00:00 are how some write "never"
        if int(match[1]) == _LAST_YEAR:
            raise self.complaint(key, f'"YYYY-MM-DD HH:MM:SS" before the year {_LAST_YEAR}')
        try:
            year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
            local = datetime(year, month, day, hour, minute, second, tzinfo=zone)
            return self._note(key, value, local.astimezone(UTC))
        except (ValueError, OverflowError):
            raise self.complaint(key, 'a date that exists, "YYYY-MM-DD HH:MM:SS"') from None

    def pick(self, key: str, meanings: Mapping[str, Value]) -> Value | None:
        """The meaning of an enumerated value. One that we do not know stays for ``rest()``."""
        value = _said(self._fields.get(key))
        meaning = meanings.get(str(value)) if value is not None else None
        if meaning is not None:
            self._asked.add(key)
        return meaning

    def flag(self, key: str) -> bool | None:
        """True or false, also as 1, 0 or text."""
        return self.pick(
            key,
            {"True": True, "true": True, "1": True, "False": False, "false": False, "0": False},
        )

    def each(self, key: str) -> list["Reader"]:
        """The objects of a list, each with its own path; None and absent are an empty list."""
        return [Reader.at(place, item) for place, item in self.items(key)]

    def items(self, key: str) -> list[tuple[str, Any]]:
        """The elements of a list, whatever they are, each with the path that leads to it."""
        value = self._take(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.complaint(key, "a list")
        return [(f"{self.place(key)}[{index}]", item) for index, item in enumerate(value)]

    @classmethod
    def at(cls, place: str, value: Any) -> "Reader":
        """A reader for what stands at a place, which must be an object."""
        if isinstance(value, Torn):
            raise value.complaint(place)
        if not isinstance(value, dict):
            raise UnreadablePushError(f"{place}: expected an object, got {shown(value)}")
        return cls(value, place)

    def inner(self, key: str) -> "Reader":
        """The object in a field."""
        return Reader.at(self.place(key), self._take(key))

    def words(self, names: Mapping[str, str]) -> dict[str, Any]:
        """Documented fields that need no conversion: our name for each, and the vendor's."""
        found = ((ours, self.raw(theirs)) for ours, theirs in names.items())
        return {ours: value for ours, value in found if value is not None}

    def rest(self) -> dict[str, Any]:
        """Whatever nobody asked for."""
        return {
            key: safe(value, self.place(key))
            for key, sent in self._fields.items()
            if key not in self._asked and (value := _said(sent)) is not None
        }


def _said(value: Any) -> Any:
    """The value, or None when it says nothing."""
    return None if value is None or value in ("", [], {}) else value


def unique(keys: Iterable[str]) -> list[str]:
    """The keys, each repeated one made different by its count: ``6``, ``6/2``, ``6/3``."""
    names: dict[str, None] = {}
    seen: dict[str, int] = {}
    for key in keys:
        name = key
        while name in names:
            seen[key] = seen.get(key, 1) + 1
            name = f"{key}/{seen[key]}"
        names[name] = None
    return list(names)

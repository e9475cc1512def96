"""Typed access to JSON that a stranger sent.

``Reader.of(body)`` opens a push; the verbs take one field each, convert it, and remember that it
was asked for; ``rest()`` is whatever nobody asked for. Absent, null, empty and blank all read as
None. What cannot be read raises ``UnreadablePushError`` with the place, what was expected and what
was found.
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, TypeVar

Value = TypeVar("Value")

TEXT_LENGTH = 255
CODE_LENGTH = 64
NUMBER_LENGTH = 64
KIND_LENGTH = 32  # half of what its column holds: some letters double in lower case
LARGEST_SECONDS = 2**31 - 1
LARGEST_SIZE = 2**63 - 1
DEEPEST = 32
LONGEST_NUMBER = 64  # digits; a longer number is kept as text
MOST_RECORDS = 500  # ten times what any vendor puts into one push
_WHOLE = re.compile(r"[+-]?\d{1,30}(?:\.0*)?")
_DECIMAL = re.compile(r"\d{1,20}(?:\.\d{1,12})?")
_CLOCK = re.compile(r"(\d{4})-(\d\d)-(\d\d)[ T]+(\d\d):(\d\d):(\d\d)(\.\d+)?Z?")
_UNSAFE = re.compile("[\x00\ud800-\udfff]")
_LAST_YEAR = 9999  # no zone east of UTC can show its last hours
_LARGE = 10**15
_SECONDS_END, _MILLISECONDS_END, _MICROSECONDS_END = 10**11, 10**14, 10**17


class UnreadablePushError(Exception):
    """The vendor sent what we cannot read: keep it, show the sentence, do not retry."""


class Reader:
    """One JSON object, with the path that leads to it for the sake of its errors."""

    def __init__(self, fields: Mapping[str, Any], path: str = "") -> None:
        self._fields = {
            key: _clean(value) if isinstance(value, str) else value for key, value in fields.items()
        }
        self._path = path
        self._asked: set[str] = set()

    @classmethod
    def of(cls, body: bytes) -> "Reader":
        """Open a push's body, which must be one JSON object in UTF-8."""
        return cls.at("", parse(body))

    def place(self, key: str) -> str:
        return _place(self._path, key)

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
        return _safe(self._take(key), self.place(key))

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
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)

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
            return local.astimezone(UTC)
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
            key: _safe(value, self.place(key))
            for key, sent in self._fields.items()
            if key not in self._asked and (value := _said(sent)) is not None
        }


def shown(value: Any) -> str:
    """A value as an error quotes it: as JSON, short, safe to store."""
    try:
        text = "nothing" if value is None else json.dumps(value, ensure_ascii=False)
    except RecursionError:
        text = "too many levels of nesting"
    return _UNSAFE.sub("\ufffd", text if len(text) <= 80 else f"{text[:77]}...")


def parse(body: bytes) -> dict[str, Any]:
    """A body as one JSON object. What is wrong inside it is found where it is read, so that one
    bad record does not cost its neighbours."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadablePushError(
            f"body: expected UTF-8, got byte 0x{body[error.start]:02x} at byte {error.start}"
        ) from None
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=str,
            parse_float=_float,
            parse_int=_int,
        )
    except json.JSONDecodeError as error:
        found = (
            shown(_UNSAFE.sub("\ufffd", text[error.pos : error.pos + 20])) if text else "nothing"
        )
        raise UnreadablePushError(
            f"body: expected JSON, got {found} at line {error.lineno} column {error.colno}"
        ) from None
    except RecursionError:
        raise _too_deep("body") from None
    if not isinstance(value, dict):
        raise UnreadablePushError(f"body: expected a JSON object, got {shown(value)}")
    return value


class Torn(dict[str, Any]):
    """An object that says two different things under one key: nobody knows which is meant."""

    key = ""

    def complaint(self, place: str) -> UnreadablePushError:
        return UnreadablePushError(
            f"{_place(place, self.key[:64])}: expected once, got two different values"
        )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for sent, value in pairs:
        key = _clean(sent)
        if key in found and not _equal(found[key], value):
            torn = Torn(found)
            torn.key = key
            return torn
        found[key] = value
    return found


def _equal(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _int(text: str) -> Any:
    """A whole number, or its text where it is longer than any number is."""
    return int(text) if len(text) <= LONGEST_NUMBER else text


def _float(text: str) -> Any:
    """A float, or its text where a float would be infinite.

    A large float without a fraction becomes whole: some databases give it back as that.
    """
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        return text
    return int(number) if abs(number) >= _LARGE and number.is_integer() else number


def _safe(value: Any, place: str, depth: int = 1) -> Any:
    """The same value without what no database stores as text: NUL and lone surrogates."""
    if depth > DEEPEST:
        raise _too_deep(place)
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, Torn):
        raise value.complaint(place)
    if isinstance(value, dict):
        return {key: _safe(item, _place(place, key[:64]), depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_safe(item, place, depth + 1) for item in value]
    return value


def _too_deep(place: str) -> UnreadablePushError:
    return UnreadablePushError(f"{place}: expected at most {DEEPEST} levels of nesting")


def _place(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _clean(text: str) -> str:
    return _UNSAFE.sub("\ufffd", text).strip()


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

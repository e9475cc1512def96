"""What a vendor knows of getting back what was missed: what the lines of its files become, by when
a call's record has come or is lost, and whether it can be asked for what it failed to push.

A line becomes a push: the very bytes that the vendor would have pushed, wherever the file holds
them, so that a push that came in time is known again.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta, timezone
from enum import StrEnum
from typing import BinaryIO

import httpx2

from vendors.adapters.parsing import Torn, UnreadablePushError, parse

# Numbers may be longer than Python reads; what they are does not matter here, only where they end.
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str)
_BLANKS = " \t\r\n"
BEIJING = timezone(timedelta(hours=8))
MOST_EVIDENCE = 200  # characters of a word that a file says of a line


class Taken(StrEnum):
    """As what a line was taken."""

    PUSH = "push"
    ENVELOPE = "envelope"
    RECORD = "record"
    ROW = "row"


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A line of a file as the push that it is. ``said`` is what the file says of it besides."""

    kind: str
    body: bytes
    taken_as: Taken = Taken.PUSH
    said: Mapping[str, str] = field(default_factory=dict)


class RefusedError(Exception):
    """The vendor does not know us, or we may not ask: asking again as we are is of no use."""


class AskLaterError(Exception):
    """The vendor could not answer now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Missed:
    """Asking a vendor for what it could not push. ``days`` is how many of its days it keeps,
    without today."""

    days: int
    needs: Sequence[str]  # settings without which it cannot be asked
    open: Callable[[Mapping[str, str], httpx2.BaseTransport], "Shelf"]
    zone: timezone = BEIJING  # on whose clocks its days begin


class Shelf:
    """What a vendor failed to push, as one account sees it. Both raise RefusedError or
    AskLaterError with a sentence."""

    def files(self, day: date) -> list[str]:
        """The names of a day's files."""
        raise NotImplementedError

    def fetch(self, name: str, file: BinaryIO) -> None:
        """Write a file's bytes."""
        raise NotImplementedError


def as_push(text: str, kind: str) -> Line:
    """A line that is a push by itself."""
    return Line(kind=kind, body=_bytes(text))


def _bytes(text: str) -> bytes:
    return text.strip(_BLANKS).encode("utf-8", "replace")


@dataclass(frozen=True, kw_only=True, slots=True)
class Imports:
    """``line`` makes a push of a line's text, or raises UnreadablePushError.

    ``record_within`` is how long after the end of a call its record may still be pushed; None where
    calls are known by their records alone. The schedule says why, in
    words.
    ``results`` is the scheme of the code by which a table tells how calls came out.
    """

    line: Callable[[str], Line]
    record_within: timedelta | None = None
    schedule_zh: str = ""
    schedule_en: str = ""
    results: str = ""
    missed: Missed | None = None


def read_line(text: str) -> dict[str, object]:
    """A line as one JSON object. Raises UnreadablePushError."""
    found = parse(_bytes(text))
    if isinstance(found, Torn):
        raise found.complaint("")
    return found


def written(text: str, name: str) -> str:
    """A member of a JSON object that was read before, as it is written: byte for byte."""
    at = _past_blanks(text, text.index("{") + 1)
    while text[at] != "}":
        key, at = _DECODER.raw_decode(text, at)
        start = _past_blanks(text, _past_blanks(text, at) + 1)
        _value, end = _DECODER.raw_decode(text, start)
        if key.strip() == name:
            return text[start:end]
        at = _past_blanks(text, end)
        if text[at] == ",":
            at = _past_blanks(text, at + 1)
    raise UnreadablePushError(f"{name}: expected a value, got nothing")


def _past_blanks(text: str, at: int) -> int:
    while text[at] in _BLANKS:
        at += 1
    return at

"""Numbers in a text, however they are spelled there, and what is put in their place.

Digits may be any script's, escaped as JSON, an address or HTML escape them, parted by what people
put between them, or spoken, as in 幺三幺. A number is found whole alone: between other digits it
would be a moment's or an id's.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any, Protocol

FEWEST, MOST = 7, 17  # digits of a number, with what is dialled before it

_ESCAPE = re.compile(
    r"\\+u([0-9a-fA-F]{4})|%([0-9a-fA-F]{2})|&#[xX]([0-9a-fA-F]{1,5});|&#([0-9]{1,6});"
)
_GAP = (
    r"[ \t\u00a0\u2000-\u200f\u202a-\u202f\u2060\u3000\ufeff"
    r"()./\-\u2010-\u2015\u2212\uff08\uff09\uff0d]{0,3}"
)
_RUN = re.compile(rf"\+?[0-9](?:{_GAP}[0-9])*")
_PIECE = re.compile(r"[0-9]+")
_SPOKEN_DIGITS = "〇零一二三四五六七八九幺"
_SPOKEN = re.compile(f"[{_SPOKEN_DIGITS}]")
_PLAIN = {
    code: str(unicodedata.decimal(chr(code)))
    for code in range(0x660, 0xFF1A)
    if unicodedata.decimal(chr(code), None) is not None
} | {0xFF0B: "+"}
_HEARD = _PLAIN | dict(zip(map(ord, _SPOKEN_DIGITS), "001234567891", strict=True))
_MOBILE = 11  # digits, by which a number is looked for where digits are spoken without a pause
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


class Judge(Protocol):
    """Whether digits, perhaps with a plus before them, are a number that is to go: what is put in
    its place, or None. ``hint`` is found in every plain text that may have one; None: in any."""

    @property
    def hint(self) -> re.Pattern[str] | None: ...

    def __call__(self, digits: str) -> str | None: ...


def hint(digits: str) -> re.Pattern[str]:
    """What is found in every text that has these digits in it, as far as they are plain."""
    return re.compile(_GAP.join(digits))


def _may_hold(text: str, judge: Judge) -> bool:
    """Whether a text is worth reading: nearly none is, and most are told quickly."""
    if judge.hint is None or not text.isascii():
        return True
    if "\\u" in text or "%" in text or "&#" in text:
        return True
    return judge.hint.search(text) is not None


def replaced(text: str, judge: Judge) -> str:
    """The text with its numbers judged; the very same text where nothing was put in."""
    if len(text) < FEWEST or not _may_hold(text, judge):
        return text
    plain, marks = _unescaped(text)
    found = list(_found(plain, judge))
    if not found:
        return text
    strings = [one.span() for one in _STRING.finditer(text)] if _is_json(text) else None
    parts, at = [], 0
    for start, end, marker in found:
        first, last = _origin(marks, start), _origin(marks, end)
        is_bare = strings is not None and not _within(strings, first)
        parts += [text[at:first], f'"{marker}"' if is_bare else marker]
        at = last
    return "".join([*parts, text[at:]])


def replaced_bytes(body: bytes, judge: Judge) -> bytes:
    """Likewise bytes, which need be no text."""
    text = body.decode("utf-8", "surrogateescape")
    changed = replaced(text, judge)
    return body if changed is text else changed.encode("utf-8", "surrogateescape")


def replaced_tree(value: Any, judge: Judge) -> Any:
    """Likewise a JSON value: its texts, its keys, and its whole numbers."""
    if isinstance(value, str):
        return replaced(value, judge)
    if isinstance(value, dict):
        return {
            replaced(str(key), judge): replaced_tree(inner, judge) for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [replaced_tree(inner, judge) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool):
        written = str(value)
        changed = replaced(written, judge)
        return value if changed is written else changed
    return value


def _is_json(text: str) -> bool:
    return text.lstrip("\ufeff \t\r\n")[:1] in {"{", "["}


def _within(strings: list[tuple[int, int]], at: int) -> bool:
    place = bisect_right(strings, (at, len(strings) and strings[-1][1])) - 1
    return place >= 0 and strings[place][0] <= at < strings[place][1]


def _unescaped(text: str) -> tuple[str, list[tuple[int, int]]]:
    """What a text says, and at which of its characters the text itself goes on where."""
    parts, marks, at, length = [], [(0, 0)], 0, 0
    for one in _ESCAPE.finditer(text):
        code = next(
            int(word, base)
            for word, base in zip(one.groups(), (16, 16, 16, 10), strict=True)
            if word
        )
        if code > 0x10FFFF:
            continue
        parts += [text[at : one.start()], chr(code)]
        length += one.start() - at + 1
        at = one.end()
        marks.append((length, at))
    return ("".join([*parts, text[at:]]) if parts else text), marks


def _origin(marks: list[tuple[int, int]], place: int) -> int:
    said, written = marks[bisect_right(marks, (place, 1 << 62)) - 1]
    return written + place - said


def _found(said: str, judge: Judge) -> Iterator[tuple[int, int, str]]:
    """Where numbers begin and end that are to go, one after the other."""
    is_plain = said.isascii()
    found = list(_in_runs(said if is_plain else said.translate(_PLAIN), judge))
    if not is_plain and _SPOKEN.search(said):
        heard = said.translate(_HEARD)
        found += _in_runs(heard, judge)
        found += _without_a_pause(heard, said, judge)
    end = 0
    for start, stop, marker in sorted(found, key=lambda one: (one[0], -one[1])):
        if start >= end:
            yield start, stop, marker
            end = stop


def _in_runs(text: str, judge: Judge) -> Iterator[tuple[int, int, str]]:
    for run in _RUN.finditer(text):
        if run.end() - run.start() < FEWEST:
            continue
        pieces = [piece.span() for piece in _PIECE.finditer(text, *run.span())]
        place = 0
        while place < len(pieces):
            used = 0
            for last, marker in _judged(text, run.start(), pieces, place, judge):
                start = pieces[place][0]
                start -= text[start - 1 : start] == "+" and start > run.start()
                yield start, pieces[last][1], marker
                used = last - place + 1
                break
            place += used or 1


def _judged(
    text: str, run: int, pieces: list[tuple[int, int]], place: int, judge: Judge
) -> Iterator[tuple[int, str]]:
    """From this piece on, with as many more as make a number."""
    start = pieces[place][0]
    digits = "+" if start > run and text[start - 1] == "+" else ""
    for last in range(place, len(pieces)):
        digits += text[slice(*pieces[last])]
        if len(digits) > MOST:
            return
        if len(digits) >= FEWEST and (marker := judge(digits)) is not None:
            yield last, marker


def _without_a_pause(heard: str, said: str, judge: Judge) -> Iterator[tuple[int, int, str]]:
    for piece in _PIECE.finditer(heard):
        start, end = piece.span()
        if end - start <= _MOBILE or not _SPOKEN.search(said, start, end):
            continue
        for first in range(start, end - _MOBILE + 1):
            if (marker := judge(heard[first : first + _MOBILE])) is not None:
                yield first, first + _MOBILE, marker

"""Telephone numbers as the reader may see them: whole, or nothing of them but the last four digits.

Everything that shows a number or a text to anybody goes through here. Who reads is set for each
request (``eyes``); where nobody said who reads, nobody sees a whole number.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from calls.numbers import MASK, masked

SEE_NUMBERS = "calls.see_numbers"

FEWEST, MOST = 7, 15  # digits of a telephone number: fewer are a service's, more are an id

_DIGIT = r"[\d〇零一二三四五六七八九幺]"
# What people, and those who would hide a number, put between its digits.
_GAP = (
    r"[ \t\u00a0\u2000-\u200f\u202a-\u202f\u2060\u3000\ufeff"
    r"()./\-\u2010-\u2015\u2212\uff08\uff09\uff0d]{0,3}"
)
_DAY = r"(?:19|20)\d\d(?P<gap>[-/.])(?:0?[1-9]|1[0-2])(?P=gap)(?:0?[1-9]|[12]\d|3[01])"
_TIME = r"(?:[T ]\d{1,2}:\d\d(?::\d\d(?:\.\d{1,6})?)?)?"
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_KEPT = (  # a moment, a UUID, an address of a machine
    rf"(?<!\d){_DAY}{_TIME}(?!\d)"
    r"|(?<![\w-])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![\w-])"
    rf"|(?<![\d.]){_OCTET}(?:\.{_OCTET}){{3}}(?![\d.])"
)
_RUN = re.compile(rf"(?P<kept>{_KEPT})|\+?{_DIGIT}(?:{_GAP}{_DIGIT}){{{FEWEST - 1},}}")
_PIECE = re.compile(rf"{_DIGIT}+")
_DIGITS = re.compile(rf"{_DIGIT}(?:{_GAP}{_DIGIT})*")
_WITH_LETTERS = re.compile(rf"[A-Za-z][-_]?{_DIGIT}+|{_DIGIT}+[-_]?(?=[A-Za-z])")  # of an id
_TELLING = range(3, 11)  # digits: fewer tell nothing, and a whole number has more


class _Reader:
    """Whose eyes these are. The person is asked for late, and what they may see but once."""

    __slots__ = ("_find", "_found", "_sees")

    def __init__(self, find: Callable[[], Any]) -> None:
        self._find = find
        self._found: Any = None
        self._sees = False

    def __call__(self) -> bool:
        user = self._find()
        if user is not self._found:
            self._found, self._sees = user, user is not None and user.has_perm(SEE_NUMBERS)
        return self._sees


_reader: ContextVar[Callable[[], bool]] = ContextVar("reader", default=lambda: False)


@contextmanager
def eyes(user: Any) -> Iterator[None]:
    """Show numbers as this person may see them. ``None`` is nobody.

    A generator must not yield within: whatever else runs on the thread would read with these eyes.
    """
    with _as(_Reader(lambda: user)):
        yield


@contextmanager
def eyes_of(request: Any) -> Iterator[None]:
    """Show numbers as whoever sends the request may see them, also where that is found out later:
    programs are only known by their token once their view has begun."""
    with _as(_Reader(lambda: getattr(request, "user", None))):
        yield


@contextmanager
def revealed() -> Iterator[None]:
    """Show numbers whole. Whoever calls this has written down to whom."""
    with _as(_shown_to_this_one):
        yield


def _shown_to_this_one() -> bool:
    return True


@contextmanager
def _as(reader: Callable[[], bool]) -> Iterator[None]:
    token = _reader.set(reader)
    try:
        yield
    finally:
        _reader.reset(token)


def sees_numbers() -> bool:
    """Whether the reader may see whole numbers."""
    return _reader.get()()


def opens_numbers() -> bool:
    """Whether the reader may follow a number to other pages, which show whole numbers to those who
    always see them, and not to whom those of one call were revealed."""
    return sees_numbers() and _reader.get() is not _shown_to_this_one


def gives_away(words: str) -> bool:
    """Whether looking for these words in texts would tell a reader who sees numbers masked what is
    behind the mask: they hold a part of a number, which can be made longer digit by digit."""
    if sees_numbers():
        return False
    rest = _WITH_LETTERS.sub("|", words)
    runs = ("".join(_PIECE.findall(run)) for run in _DIGITS.findall(rest))
    return any(len(run) in _TELLING for run in runs)


def number(text: str) -> str:
    """A number as the reader may see it."""
    return text if sees_numbers() else hidden(text)


def text(words: str) -> str:
    """A text as the reader may see it: what may be a number in it is masked."""
    return words if sees_numbers() else hidden_in(words)


def tree(value: Any) -> Any:
    """A JSON value as the reader may see it: its texts, its keys, and whole numbers that are long
    enough to be a telephone's."""
    return value if sees_numbers() else _hidden_in_tree(value)


def hidden(number: str) -> str:
    """A number masked, whoever reads. A word, or the few digits of a service, is nobody's number;
    what a vendor masked stays as it is."""
    if MASK in number:
        return hidden_in(number)
    digits = sum(map(len, _PIECE.findall(number)))
    if digits < FEWEST and "@" not in number:
        return number
    return masked(number.strip())


def hidden_in(words: str) -> str:
    """A text with its numbers masked, whoever reads. Dates and ids are left alone."""
    return _RUN.sub(_hide, words)


def _hide(found: re.Match[str]) -> str:
    run = found[0]
    if found["kept"]:
        return run
    pieces = _PIECE.findall(run)
    if sum(map(len, pieces)) <= MOST:
        return MASK * 4 + "".join(pieces)[-4:]
    if len(pieces) == 1:
        return run  # an id
    # Several numbers, or a number beside an id.
    return _PIECE.sub(lambda piece: piece[0] if len(piece[0]) > MOST else masked(piece[0]), run)


def _hidden_in_tree(value: Any) -> Any:
    if isinstance(value, str):
        return hidden_in(value)
    if isinstance(value, dict):
        return {hidden_in(str(key)): _hidden_in_tree(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden_in_tree(inner) for inner in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        shown = hidden_in(str(value))
        return value if shown == str(value) else shown
    return value

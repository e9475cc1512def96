"""What a push's bytes are to people: text that is safe to show, and a place to look for words.

Control characters and those that turn the direction of writing are shown as JSON would escape
them, so that what is seen is what was sent, in that order.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import BinaryField, BooleanField, F, Func, Q, QuerySet, Value

from calls import masking
from calls.numbers import search_key

LONGEST = 10_000  # characters that are shown unless the whole is asked for
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    "\ud800-\udfff]"
)
_NUMBER = re.compile(r"[+(]*\d[\d\s().\-]{5,24}")
_CHINESE_LENGTH = 13  # of a mobile number with its country code
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


@dataclass(frozen=True, kw_only=True, slots=True)
class Body:
    """A body with line breaks where it is JSON, and as it came; both perhaps cut.

    For readers of masked numbers there is only one of the two: JSON can spell a number in ways
    that are told from other text only once they are read.
    """

    pretty: str
    raw: str
    is_cut: bool
    anchor: str

    @property
    def copied(self) -> str:
        """The id of what a button copies: what came, where that is shown."""
        return f"{self.anchor}-raw" if self.raw or not self.pretty else self.anchor


def show(body: bytes, longest: int | None = LONGEST, anchor: str = "body") -> Body:
    """The body as the present reader may see it; ``anchor`` begins its ids in the page."""
    pretty = _pretty(body)
    raw = "" if pretty and not masking.sees_numbers() else seen(_decoded(body))
    is_cut = longest is not None and max(len(raw), len(pretty)) > longest
    return Body(pretty=pretty[:longest], raw=raw[:longest], is_cut=is_cut, anchor=anchor)


def seen(text: str) -> str:
    """Text that a stranger sent, as the present reader may see it."""
    if not masking.sees_numbers():
        plain = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
        return masking.text(_UNSEEN.sub("", plain))
    return _visible(text)


def _visible(text: str) -> str:
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _decoded(body: bytes) -> str:
    return body.decode("utf-8", "backslashreplace")


def _pretty(body: bytes) -> str:
    """The body with line breaks; empty where writing it anew would change what it says."""
    try:
        read = json.loads(body.decode("utf-8-sig"), object_pairs_hook=_without_repeats)
        return _visible(json.dumps(masking.tree(read), ensure_ascii=False, indent=2))
    except (ValueError, RecursionError):
        return ""


def _without_repeats(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


class _Holds(Func):
    """Whether a row's body has these bytes in it."""

    output_field = BooleanField()

    def __init__(self, needle: bytes) -> None:
        super().__init__(F("body"), Value(needle, output_field=BinaryField()))

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="INSTR(%(expressions)s) > 0")

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "pg_catalog.position(%(expressions)s) > 0"
        return self.as_sql(compiler, connection, template=template)


def holding(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    """The rows in whose body a text stands, as UTF-8 or as JSON escapes it; a number, however it
    was typed, as vendors write it.

    Every body among the rows is read: see to it that they are few. A part of a number is nowhere
    for those who see numbers masked.
    """
    if masking.gives_away(text):
        return rows.none()
    words = _national(text) if _NUMBER.fullmatch(text) else text
    found = Q()
    for spelling in sorted({words.encode("utf-8", "replace"), json.dumps(words)[1:-1].encode()}):
        found |= Q(_Holds(spelling))
    return rows.filter(found)


def _national(number: str) -> str:
    """A number without what some vendors leave out: the plus sign, and China's country code."""
    key = search_key(number)
    return key.removeprefix("86") if len(key) == _CHINESE_LENGTH else key

"""What the head of an answer says about the bytes that follow, or that none do.

Headers are hostile text: a name may come twice, and bytes that are not UTF-8 come as surrogates,
which every reader here refuses.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Self

from vendors.downloading.errors import NotThereError, TryLaterError, WrongAnswerError
from vendors.downloading.locations import Location

REDIRECTS = {301, 302, 303, 307, 308}
LONGEST_WAIT = 24 * 3600  # seconds that a server may send us away for
MOST_CHARACTERS = 255  # of a header that is kept
_NOT_THERE = {403, 404, 410}
_TRY_LATER = {408, 425, 429}
_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)", re.IGNORECASE)
_NO_RANGE = re.compile(r"bytes \*/([0-9]{1,18})", re.IGNORECASE)
_KEPT = re.compile(r"[!-~](?:[ -~]{0,253}[!-~])?")


class NotTheSameError(Exception):
    """The server's recording is not the one that was begun: ask it for the whole."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What is asked for: everything after ``offset``, if ``validator`` still holds."""

    offset: int = 0
    validator: str = ""

    @classmethod
    def of(cls, offset: int, validator: str) -> Self:
        """Without a validator that can be asked about, the whole: half of one recording after half
        of another would be taken for one."""
        can_resume = offset > 0 and is_usable(validator)
        return cls(offset=offset, validator=validator) if can_resume else cls()


@dataclass(frozen=True, kw_only=True, slots=True)
class Body:
    """The bytes that follow: from ``start`` up to ``end``, of ``total`` in all; None where the
    server does not say. Nothing follows where ``start`` is ``end``."""

    start: int
    end: int | None
    total: int | None
    validator: str
    content_type: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """An answer whose body is yet to be read, once, from ``chunks``."""

    location: Location
    status: int
    headers: list[tuple[bytes, bytes]]
    chunks: Iterator[bytes]

    @property
    def place(self) -> str:
        return self.location.place

    def header(self, name: str) -> str:
        """A header, empty where it is absent. Several are joined by commas, as HTTP has it, which
        makes nonsense of two Locations or two Content-Ranges."""
        asked = name.lower().encode()
        found = dict.fromkeys(value for key, value in self.headers if key.lower() == asked)
        return b", ".join(found).decode("utf-8", "surrogateescape").strip()

    def wrong(self, expected: str, found: str) -> WrongAnswerError:
        return WrongAnswerError(f"{self.place}: expected {expected}, got {found}.")


def body_of(answer: Answer, wish: Wish) -> Body:
    """Where the bytes that follow belong. Raises NotTheSameError, never if the whole was asked for,
    or the error that any other answer means."""
    if answer.status == 200:
        _refuse_encoding(answer)
        length = _length(answer)
        return Body(
            start=0,
            end=length,
            total=length,
            validator=_validator(answer),
            content_type=_content_type(answer),
        )
    if answer.status not in {206, 416} or not wish.offset:
        raise _refusal(answer)
    if not _is_same(answer, wish):
        raise NotTheSameError
    if answer.status == 416:
        return _nothing_more(answer, wish)
    _refuse_encoding(answer)
    return _rest(answer, wish)


def is_usable(validator: str) -> bool:
    """Whether a validator can stand in If-Range: a weak one never matches there (RFC 9110)."""
    return _KEPT.fullmatch(validator) is not None and not validator.startswith("W/")


def _rest(answer: Answer, wish: Wish) -> Body:
    said = answer.header("Content-Range")
    found = _RANGE.fullmatch(said)
    expected = f"Content-Range: bytes {wish.offset}-…"
    if found is None:
        raise answer.wrong(expected, ascii(said[:80]))
    start, end = int(found[1]), int(found[2]) + 1
    total = None if found[3] == "*" else int(found[3])
    length = _length(answer)
    if start != wish.offset or end <= start or (total is not None and end > total):
        raise answer.wrong(expected, ascii(said))
    if length is not None and length != end - start:
        raise answer.wrong(f"{end - start} bytes by its Content-Range", f"{length} by its length")
    return Body(
        start=start,
        end=end,
        total=total,
        validator=_validator(answer) or wish.validator,
        content_type=_content_type(answer),
    )


def _nothing_more(answer: Answer, wish: Wish) -> Body:
    """Nothing after the offset: everything had arrived, or the recording has become shorter."""
    found = _NO_RANGE.fullmatch(answer.header("Content-Range"))
    if found is None or int(found[1]) != wish.offset:
        raise NotTheSameError
    # Its Content-Type is that of the error, so it is not kept.
    return Body(start=wish.offset, end=wish.offset, total=wish.offset, validator=wish.validator)


def _is_same(answer: Answer, wish: Wish) -> bool:
    """Whether a server that answers a range has looked at If-Range; some do not."""
    said = {answer.header("ETag"), answer.header("Last-Modified")} - {""}
    return not said or wish.validator in said


def _refusal(answer: Answer) -> Exception:
    place, status = answer.place, answer.status
    if status in _NOT_THERE:
        return NotThereError(place, status)
    if status in _TRY_LATER or status >= 500:
        return TryLaterError(
            f"{place}: expected a recording, got status {status}. It may come later.",
            status=status,
            retry_after=_retry_after(answer),
        )
    return answer.wrong("a recording", f"status {status}")


def _refuse_encoding(answer: Answer) -> None:
    """We ask for plain bytes: a packed recording could grow without end when it is unpacked."""
    encoding = answer.header("Content-Encoding")
    if encoding.lower() not in {"", "identity"}:
        raise answer.wrong("no Content-Encoding", ascii(encoding[:80]))


def _length(answer: Answer) -> int | None:
    """The length of the body. h11 has refused one that is no number, or of two that differ."""
    if answer.header("Transfer-Encoding"):
        return None  # RFC 9112: it overrides a Content-Length
    said = answer.header("Content-Length")
    return int(said) if said else None


def _validator(answer: Answer) -> str:
    """What a resume may ask about: the ETag, else the time of the last change."""
    for name in ("ETag", "Last-Modified"):
        said = answer.header(name)
        if is_usable(said):
            return said
    return ""


def _content_type(answer: Answer) -> str:
    said = answer.header("Content-Type")[:MOST_CHARACTERS]
    return said if said.isascii() and said.isprintable() else ""


def _retry_after(answer: Answer) -> int | None:
    """Seconds, written as such or as a time. A server that writes neither did not say."""
    said = answer.header("Retry-After")
    if re.fullmatch(r"[0-9]{1,18}", said):
        return min(int(said), LONGEST_WAIT)
    try:
        then = parsedate_to_datetime(said)
    except (ValueError, OverflowError):  # the latter for the year 99999999999
        return None
    if then.tzinfo is None:  # "-0000" says that the zone is unknown
        then = then.replace(tzinfo=UTC)
    seconds = int((then - datetime.now(UTC)).total_seconds())
    return max(0, min(seconds, LONGEST_WAIT))

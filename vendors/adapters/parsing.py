"""A push's bytes as JSON whose every text and number can be stored, or the sentence that says why
they are not.

What is wrong inside one record is told only when that record is read (``Torn``, ``safe``), so that
it does not cost the others of the same push.
"""

import json
import re
from typing import Any

DEEPEST = 32
LONGEST_NUMBER = 64  # digits; a longer number is kept as text
_UNSAFE = re.compile("[\x00\ud800-\udfff]")
_LARGE = 10**15


class UnreadablePushError(Exception):
    """The vendor sent what we cannot read: keep it, show the sentence, do not retry."""


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
            f"{step(place, self.key[:64])}: expected once, got two different values"
        )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for sent, value in pairs:
        key = clean(sent)
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


def safe(value: Any, place: str, depth: int = 1) -> Any:
    """The same value without what no database stores as text: NUL and lone surrogates."""
    if depth > DEEPEST:
        raise _too_deep(place)
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Torn):
        raise value.complaint(place)
    if isinstance(value, dict):
        return {key: safe(item, step(place, key[:64]), depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [safe(item, place, depth + 1) for item in value]
    return value


def _too_deep(place: str) -> UnreadablePushError:
    return UnreadablePushError(f"{place}: expected at most {DEEPEST} levels of nesting")


def step(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def clean(text: str) -> str:
    return _UNSAFE.sub("\ufffd", text).strip()

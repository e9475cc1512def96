"""User data as people read it: our own side wrote it, in whatever form suited a program."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

LONGEST = 100_000  # characters; beyond that it is shown as it came
SHORTEST_CODED = 8  # characters; shorter words are often base64 by accident


@dataclass(frozen=True, slots=True)
class Readable:
    """A text as people read it. ``is_changed`` where that is not how it came; ``was_coded`` where
    it came as base64."""

    text: str
    is_changed: bool = False
    was_coded: bool = False


def readable(text: str) -> Readable:
    """JSON with line breaks, base64 of text as that text; anything else as it came."""
    if len(text) > LONGEST:
        return Readable(text)
    if (laid_out := _laid_out(text)) is not None:
        return Readable(laid_out, is_changed=laid_out != text)
    if (decoded := _decoded(text)) is not None:
        return Readable(_laid_out(decoded) or decoded, is_changed=True, was_coded=True)
    return Readable(text)


def _laid_out(text: str) -> str | None:
    """A JSON object or list with line breaks; None where it is neither, or where writing it anew
    would change what it says."""
    if not text.strip().startswith(("{", "[")):
        return None
    try:
        value = json.loads(text, object_pairs_hook=_without_repeats, parse_float=_number)
        written = json.dumps(value, ensure_ascii=False, indent=2)
        written.encode()  # a lone surrogate could not be sent to a browser
    except (ValueError, RecursionError):
        return None
    return written


def _number(text: str) -> float:
    number = float(text)
    if repr(number) != text:
        raise ValueError("1.10 would become 1.1")
    return number


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _decoded(text: str) -> str | None:
    """What base64 stands for, if that is text with nothing unprintable in it."""
    coded = "".join(text.split()).translate(str.maketrans("-_", "+/"))
    if len(coded) < SHORTEST_CODED:
        return None
    try:
        plain = base64.b64decode(coded + "=" * (-len(coded) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    is_text = all(letter.isprintable() or letter in "\r\n\t" for letter in plain)
    return plain if is_text and plain.strip() else None

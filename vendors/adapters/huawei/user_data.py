"""Our mark in ``userData``, which the platform echoes in every push about a call.

A token behind the user's own text tells which of our requests placed a call, even where its answer
was lost. Braces and Chinese are not allowed in ``userData`` (table 4-3); the mark has neither.
"""

import re

TOKEN_LENGTH = 20
MARK_LENGTH = len("~cp~") + TOKEN_LENGTH
MOST_CHARACTERS = 256
MOST_OWN_CHARACTERS = MOST_CHARACTERS - MARK_LENGTH
_MARK = re.compile(rf"~cp~([a-z0-9]{{{TOKEN_LENGTH}}})\Z")


def mark(own: str | None, token: str) -> str:
    """The user's own text with our token behind it."""
    return f"{own or ''}~cp~{token}"


def unmark(text: str | None) -> tuple[str | None, str | None]:
    """The user's own text and our token, each None where there is none."""
    found = _MARK.search(text or "")
    if text is None or found is None:
        return text or None, None
    return text[: found.start()] or None, found[1]

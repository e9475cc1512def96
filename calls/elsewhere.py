"""Where else words may stand that no call is found by: other apps look, this one knows none."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.http import HttpRequest


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """Things that mention the words. ``label`` has the count in it: ``2 unreadable pushes``."""

    label: str
    count: int
    address: str


Finder = Callable[[HttpRequest, str], Sequence[Found]]

_finders: list[Finder] = []


def add(finder: Finder) -> None:
    """Have a finder asked too. It is quick, and finds nothing that this person may not see."""
    _finders.append(finder)


def find(request: HttpRequest, text: str) -> list[Found]:
    """What mentions the words of a search that found no call."""
    words = text.strip()
    return [found for finder in _finders for found in finder(request, words)] if words else []

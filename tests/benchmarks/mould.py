"""One mould: the rows of a call, with holes where another call has its own number, id or time."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from calls.facts import CallFacts
from tests.benchmarks.marks import MARK, hole, mapped

Values = Sequence[Any]
Filled = tuple[str, Callable[[Values], Any]]


@dataclass(frozen=True, slots=True)
class Mould:
    """The rows of a call, each text with holes, and how the values for them are to be made.

    ``moments`` are pairs: seconds from the call's first, and the letter between date and time.
    """

    vendor: str
    call_id: str
    is_in_progress: bool
    moments: tuple[tuple[int, str], ...]
    pushes: int
    recordings: int
    has_dialog: bool
    keys: tuple[Filled, ...]
    rows: tuple[tuple[str, str, Callable[[Values], Any]], ...]
    first_at: datetime
    places: Mapping[str, int]
    statements: tuple[tuple[int, datetime, CallFacts], ...]

    def said(self, values: Values, at: datetime) -> list[tuple[int, datetime, CallFacts]]:
        """What the pushes of one call say, with their numbers and when they came."""
        shift = at - self.first_at

        def text(given: str) -> str:
            return MARK.sub(self._filled_by(values), given)

        return [
            (
                values[self.places[f"push{number}"]],
                came + shift,
                mapped(facts, text, lambda one: one + shift),
            )
            for number, came, facts in self.statements
        ]

    def _filled_by(self, values: Values) -> "Callable[[re.Match[str]], str]":
        def fill(found: "re.Match[str]") -> str:
            name, _, cut = hole(found, self.first_at).partition(":")
            if name not in self.places:
                return found[0]
            value = str(values[self.places[name]])
            return (found["robot"] or "") + (value[: int(cut)] if cut else value)

        return fill

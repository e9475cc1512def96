"""What is counted and added up of calls, and what follows from it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from calls.outcomes import Outcome

ANSWERED = Outcome.ANSWERED.value


@dataclass(frozen=True, slots=True)
class Sums:
    """Of some calls. Talk and ring are those of answered calls, as far as they are known."""

    calls: int = 0
    in_progress: int = 0
    answered: int = 0
    answered_in_progress: int = 0
    talk_calls: int = 0
    talk_seconds: int = 0
    ring_calls: int = 0
    ring_seconds: int = 0

    def __add__(self, other: "Sums") -> "Sums":
        # Written out, since a page adds thousands of them.
        return Sums(
            self.calls + other.calls,
            self.in_progress + other.in_progress,
            self.answered + other.answered,
            self.answered_in_progress + other.answered_in_progress,
            self.talk_calls + other.talk_calls,
            self.talk_seconds + other.talk_seconds,
            self.ring_calls + other.ring_calls,
            self.ring_seconds + other.ring_seconds,
        )

    @property
    def ended(self) -> int:
        return self.calls - self.in_progress

    @property
    def answer_rate(self) -> float | None:
        """In per cent of the calls that have ended; None where none has."""
        answered = self.answered - self.answered_in_progress
        return 100 * answered / self.ended if self.ended else None

    @property
    def mean_talk(self) -> float | None:
        return self.talk_seconds / self.talk_calls if self.talk_calls else None

    @property
    def mean_ring(self) -> float | None:
        return self.ring_seconds / self.ring_calls if self.ring_calls else None


NOTHING = Sums()
Key = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Grouped:
    """Sums by what calls have in common: ``names`` says what a key consists of."""

    names: tuple[str, ...]
    rows: Mapping[Key, Sums] = field(default_factory=dict)

    @property
    def total(self) -> Sums:
        return sum(self.rows.values(), NOTHING)

    def by(self, *names: str) -> dict[Key, Sums]:
        """The sums by some of the names alone."""
        places = [self.names.index(name) for name in names]
        found: dict[Key, Sums] = {}
        for key, sums in self.rows.items():
            some = tuple(key[place] for place in places)
            found[some] = found.get(some, NOTHING) + sums
        return found


def merged(groups: Iterable[Mapping[Key, Sums]]) -> dict[Key, Sums]:
    found: dict[Key, Sums] = {}
    for rows in groups:
        for key, sums in rows.items():
            found[key] = found.get(key, NOTHING) + sums
    return found

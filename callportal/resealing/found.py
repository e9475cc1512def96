"""What resealing came to."""

from dataclasses import dataclass, field

MOST_NAMED = 20


@dataclass
class Found:
    """``unreadable`` names what no listed key opens, the first few of them."""

    resealed: int = 0
    already: int = 0
    lost: int = 0
    unreadable: list[str] = field(default_factory=list)

    def miss(self, what: str) -> None:
        self.lost += 1
        if len(self.unreadable) < MOST_NAMED:
            self.unreadable.append(what)

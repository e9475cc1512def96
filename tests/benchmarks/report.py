"""What was measured, in one table: every round, the median, and the aim beside it."""

import os
import platform
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    what: str
    rounds: Sequence[float]
    aim: str = ""
    digits: int = 0

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)

    def cells(self) -> tuple[str, str, str, str]:
        shown = [f"{one:,.{self.digits}f}" for one in (self.median, *self.rounds)]
        return self.what, shown[0], self.aim, "  ".join(shown[1:])


def say(line: str = "") -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def aligned(rows: Sequence[Sequence[str]]) -> None:
    """Print cells in columns: the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        right = (f"{one:>{width}}" for one, width in zip(others, widths[1:], strict=True))
        say("  ".join([f"{first:<{widths[0]}}", *right]).rstrip())


def table(rows: Sequence[Row], versions: str) -> None:
    """Print the rows. There are no verdicts: the machine is shared, so the reader judges."""
    cells = [("", "median", "aim", "rounds"), *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(4)]
    say()
    for what, median, aim, rounds in cells:
        say(f"{what:<{widths[0]}}  {median:>{widths[1]}}  {aim:<{widths[2]}}  {rounds}".rstrip())
    say()
    python = f"Python {platform.python_version()}"
    say(f"{os.cpu_count()} cores, {platform.machine()}, {python}, {versions}")
    say("The load client, the servers and the databases share these cores.")

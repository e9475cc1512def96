"""Finding calls among hundreds of thousands and millions of made-up ones.

The databases are made once where a folder is given to keep them in: making a million calls takes
minutes.
"""

import json
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks import exporting
from tests.benchmarks.report import aligned, say
from tests.benchmarks.rooms import Room, room

SEED = 7
PUSHES, ROUNDS = 3_000, 3  # of ingest
FULL = "filled"  # a file beside the data of a database: it is whole


def finding(counts: Sequence[int], keep: Path | None, runs: int, *, is_embedded: bool) -> None:
    """Everything that people ask, in databases of so many calls each."""
    for count in counts:
        with room(f"calls{count}", keep, is_embedded=is_embedded) as it:
            _fill(it, count)
            say(f"{count:,} calls")
            say(it.run("-m", "tests.benchmarks.asking", str(count), str(runs)))
            _export(it)
            if not is_embedded:
                _ingest(it, count)


def _fill(it: Room, count: int) -> None:
    it.run("manage.py", "collectstatic", "--noinput", "--verbosity", "0")
    mark = it.folder / f"{FULL}-{count}"
    if not mark.exists():
        began = time.perf_counter()
        it.run("-m", "tests.benchmarks.filling", str(count), str(SEED))
        mark.touch()
        say(f"{count:,} calls were made in {time.perf_counter() - began:,.0f} s")


def _export(it: Room) -> None:
    """All calls, in the columns that a list shows at first."""
    for file_format in exporting.FORMATS:
        words = ("-m", "tests.benchmarks.exporting", file_format, ",".join(exporting.COLUMNS))
        made = json.loads(it.run(*words))
        say(f"export: {file_format.upper()}, {made['rows']:,} calls, {made['rate']:,.0f}/s")


def _ingest(it: Room, count: int) -> None:
    """A worker alone: into this database, and into one that is empty but for its accounts."""
    seed = int(time.time())  # no push comes twice, however often this is run
    with room("empty", None, is_embedded=False) as other:
        other.run("-m", "tests.benchmarks.filling", "1", str(SEED))
        rates = [[_rates(one, seed + number) for one in (other, it)] for number in range(ROUNDS)]
    rows = [("ingest: worker alone, pushes", "empty", f"{count:,} calls", "ratio")]
    for place, per in enumerate(("a second", "a second of work")):
        empty, full = (statistics.median(both[one][place] for both in rates) for one in (0, 1))
        ratio = statistics.median(both[1][place] / both[0][place] for both in rates)
        rows.append((per, f"{empty:,.0f}", f"{full:,.0f}", f"{ratio:.2f}"))
    aligned(rows)


def _rates(it: Room, seed: int) -> list[float]:
    printed = it.run("-m", "tests.benchmarks.alone", str(PUSHES), str(seed))
    return [float(one) for one in printed.split()]

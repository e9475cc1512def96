"""Finding calls among hundreds of thousands and millions of made-up ones.

The databases are made once where a folder is given to keep them in: making a million calls takes
minutes.
"""

import json
import time
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks import exporting
from tests.benchmarks.report import aligned, say
from tests.benchmarks.rooms import Room, room

SEED = 7
PUSHES = 3_000  # of a round of ingest
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
    """A worker alone: into a database that is empty but for its accounts, and into this one."""
    seed = int(time.time())  # no push comes twice, however often this is run
    words = ("-m", "tests.benchmarks.alone", str(PUSHES), str(seed))
    full = float(it.run(*words))
    with room("empty", None, is_embedded=False) as other:
        other.run("-m", "tests.benchmarks.filling", "1", str(SEED))
        empty = float(other.run(*words))
    aligned(
        [
            ("ingest: worker alone, pushes/s", "empty", f"{count:,} calls", "ratio"),
            ("", f"{empty:,.0f}", f"{full:,.0f}", f"{full / empty:.2f}"),
        ]
    )

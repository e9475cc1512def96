"""Hostile input led by coverage, over every adapter, the edge, addresses and searches.

Each target runs in a process of its own: an input may take five seconds and the process a gigabyte,
and only what is promised may come out of it. What reaches something new is kept for the next run in
``--keep``; an input that breaks a promise is written to ``tests/fuzz/corpus/<target>/finding-…``,
where the tests replay it.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import django
from django.db import DatabaseError

from tests.benchmarks.report import aligned, say
from tests.fuzz import corpus
from tests.fuzz.targets import TARGETS

LONGEST = 16 * 1024  # bytes of an input
HANGS_AFTER = 5  # seconds
MOST_MEGABYTES = 1024
_STAT = re.compile(rb"stat::(\w+):\s+(\d+)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Fuzzed:
    """What came of a target. ``findings`` are the files of inputs that broke a promise."""

    name: str
    tried: int
    a_second: int
    slowest: int
    megabytes: int
    findings: tuple[str, ...]


def fuzzing(seconds: float, keep: Path | None) -> bool:
    """Fuzz each target so long; whether all promises held."""
    began_at = datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="callportal-fuzz-") as scratch:
        done = [_fuzz(name, seconds, Path(scratch), keep) for name in TARGETS]
    say()
    head = ("target", "inputs", "a second", "slowest, s", "MB", "findings")
    rows = [
        (
            one.name,
            *(f"{n:,}" for n in (one.tried, one.a_second, one.slowest, one.megabytes)),
            str(len(one.findings)),
        )
        for one in done
    ]
    aligned([head, *rows])
    total, found = sum(one.tried for one in done), sum(len(one.findings) for one in done)
    say(f"{total:,} inputs in all, {found} findings")
    _note(done, began_at)
    for one in done:
        for path in one.findings:
            say(f"{one.name}: {path}")
    return not found


def _environment(data: Path) -> dict[str, str]:
    """A portal of the run's own: whatever the caller's is, nothing is pushed into it."""
    ours = {"DATABASE_URL", "REDIS_URL", "DATA_DIR"}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return kept | {"DATA_DIR": str(data)}


def _note(done: list[Fuzzed], began_at: datetime) -> None:
    """Remember it in the portal of this machine, if there is one; its page /trust/ shows it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callportal.settings")
    django.setup()
    from vendors import trials
    from vendors.models import TrialKind

    findings = sum(len(one.findings) for one in done)
    figures = {"targets": len(done), "inputs": sum(one.tried for one in done)}
    figures |= {"findings": findings, "most megabytes": max(one.megabytes for one in done)}
    try:
        trials.note(
            TrialKind.LOAD, "fuzz", has_passed=not findings, figures=figures, began_at=began_at
        )
    except DatabaseError as error:
        say(f"not noted: the portal's database says: {error}")


def _fuzz(name: str, seconds: float, scratch: Path, keep: Path | None) -> Fuzzed:
    reached = (keep or scratch) / name
    reached.mkdir(parents=True, exist_ok=True)
    for at, seed in enumerate([*corpus.seeds(name), *corpus.kept(name).values()]):
        (reached / f"seed-{at}").write_bytes(seed)
    artifacts = corpus.CORPUS / name
    artifacts.mkdir(parents=True, exist_ok=True)
    before = set(artifacts.iterdir())
    words = [
        f"-max_total_time={max(1, int(seconds))}",
        f"-timeout={HANGS_AFTER}",
        f"-rss_limit_mb={MOST_MEGABYTES}",
        f"-max_len={LONGEST}",
        f"-artifact_prefix={artifacts}/finding-",
        "-print_final_stats=1",
    ]
    began = time.monotonic()
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "tests.fuzz", name, str(reached), *words],
        env=_environment(scratch / f"data-{name}"),
        capture_output=True,
        check=False,
    )
    stats = {key.decode(): int(value) for key, value in _STAT.findall(done.stderr)}
    findings = sorted(path.name for path in set(artifacts.iterdir()) - before)
    if done.returncode and not findings:
        sys.stderr.write(done.stderr.decode("utf-8", "replace")[-4000:])
        findings = [f"it did not run: it ended with {done.returncode}"]
    say(f"{name}: {stats.get('number_of_executed_units', 0):,} inputs"
        f" in {time.monotonic() - began:.0f} s")  # fmt: skip
    return Fuzzed(
        name=name,
        tried=stats.get("number_of_executed_units", 0),
        a_second=stats.get("average_exec_per_sec", 0),
        slowest=stats.get("slowest_unit_time_sec", 0),
        megabytes=stats.get("peak_rss_mb", 0),
        findings=tuple(findings),
    )

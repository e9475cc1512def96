"""The benchmarks, on a PostgreSQL and a Redis of their own: ``./portal bench [NAME …]``.

    edge      acknowledged pushes per second, against the smallest app that keeps a push durably
    ingest    pushes per second that become calls, against one Celery task per push
    latency   how long an acknowledgement takes at half of the edge's rate, with a worker at work
    fetching  recordings per second that two couriers fetch and store, against curl; and memory
    exporting calls per second that become a file, against PostgreSQL's own COPY; and memory
    bills     how long a bill of so many rows is compared with as many calls (not unless named)
    upgrade   whether anything is refused or lost while a portal is renewed (not unless named)
    faults    whether anything is lost while processes are killed and servers go away, and how long
              acknowledgements take when ten times too much comes (alone: see its own --help)
    fuzz      hostile input led by coverage, so long for each target (not unless named)

Every number is the median of rounds that take turns with what they are compared to. Two cores that
others use too vary by half: compare the ratios, and repeat.
"""

import argparse
import itertools
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks import load
from tests.benchmarks import stage as stages
from tests.benchmarks.billing_match import billing_match
from tests.benchmarks.exporting import exporting
from tests.benchmarks.fetching import fetching
from tests.benchmarks.finding import finding
from tests.benchmarks.fuzzing import fuzzing
from tests.benchmarks.pushes import mixed, yeta_records
from tests.benchmarks.report import Row, say, table
from tests.benchmarks.smallest import TABLE
from tests.benchmarks.stage import Stage
from tests.benchmarks.upgrading import upgrading
from tests.servers import ServerMissingError

NAMES = ("edge", "ingest", "latency", "fetching", "exporting")
FAULTS = "faults"
FINDING, BILLS, UPGRADE, FUZZ = "finding", "bills", "upgrade", "fuzz"
WARMING = 1.0  # seconds
WARMING_PUSHES = 60
PUSHES_PER_SECOND = 600  # how many pushes a round of ingest has, for each second of --seconds
SLOWER = 8  # one task per push gets this part of a round: the first of the same pushes
RECORD = "receiveCallRecord"
_numbers = itertools.count(1, 10_000_000)  # the first call of each load: no body comes twice
_seeds = itertools.count(1)


def _records(stage: Stage) -> Iterator[bytes]:
    path = stage.paths["yeta", RECORD]
    return (load.request(path, body) for body in yeta_records(next(_numbers)))


def _flood(stage: Stage, port: int, seconds: float) -> float:
    load.send(port, _records(stage), seconds=WARMING)
    return load.send(port, _records(stage), seconds=seconds).rate


def edge(stage: Stage, rounds: int, seconds: float) -> list[Row]:
    """The real endpoint and the smallest app in turns. No worker runs."""
    portal, smallest = [], []
    with stage.web(redis_number=1) as port:
        load.send(port, itertools.islice(_records(stage), 1))
        stage.database.execute(f"CREATE TABLE {TABLE} (LIKE vendors_push INCLUDING ALL)")
        with stage.web("tests.benchmarks.smallest:application") as smallest_port:
            for number in range(1, rounds + 1):
                portal.append(_flood(stage, port, seconds))
                smallest.append(_flood(stage, smallest_port, seconds))
                say(f"edge {number}: portal {portal[-1]:,.0f}/s, smallest {smallest[-1]:,.0f}/s")
    stage.database.execute(f"DROP TABLE {TABLE}")
    stage.empty()
    ratios = [ours / theirs for ours, theirs in zip(portal, smallest, strict=True)]
    return [
        Row(what="edge: portal, acknowledged/s", rounds=portal),
        Row(what="edge: smallest app, acknowledged/s", rounds=smallest),
        Row(what="edge: portal / smallest app", rounds=ratios, aim="0.35 or more", digits=2),
    ]


def ingest(stage: Stage, rounds: int, seconds: float) -> list[Row]:
    """From the first post to the last settled push, while the web server shares the cores."""
    how_many = int(PUSHES_PER_SECOND * seconds)
    portal, baseline, alone = [], [], []
    with (
        stage.web(redis_number=2) as port,
        stage.web(settings=stages.BASELINE, redis_number=3) as baseline_port,
    ):
        for number in range(1, rounds + 1):
            seed = next(_seeds)
            # A worker each time: one that still has old rings to answer would help the other side.
            with stage.worker(redis_number=2):
                portal.append(_through(stage, port, how_many, seed))
            with stage.worker(settings=stages.BASELINE, redis_number=3):
                baseline.append(_through(stage, baseline_port, how_many // SLOWER, seed))
            say(f"ingest {number}: portal {portal[-1]:,.0f}/s, baseline {baseline[-1]:,.0f}/s")
    for number in range(1, rounds + 1):
        stage.empty()
        printed = stage.run("-m", "tests.benchmarks.alone", str(how_many), str(next(_seeds)))
        stage.await_processed(how_many)
        alone.append(float(printed.split()[0]))
        say(f"ingest {number}: worker alone {alone[-1]:,.0f}/s")
    stage.empty()
    ratios = [ours / theirs for ours, theirs in zip(portal, baseline, strict=True)]
    return [
        Row(what="ingest: portal, pushes/s end to end", rounds=portal, aim="1,000 or more"),
        Row(what="ingest: one task per push, pushes/s", rounds=baseline),
        Row(what="ingest: portal / one task per push", rounds=ratios, aim="5 or more", digits=1),
        Row(what="ingest: worker alone, pushes/s", rounds=alone),
    ]


def _through(stage: Stage, port: int, how_many: int, seed: int) -> float:
    """Pushes per second from the edge through to calls, after a few that warm everything up."""
    stage.empty()
    warming = [stage.request(push) for push in mixed(WARMING_PUSHES, next(_seeds) + 500)]
    load.send(port, warming)
    stage.await_processed(len(warming))
    stage.empty()
    requests = [stage.request(push) for push in mixed(how_many, seed)]
    began = time.perf_counter()
    load.send(port, requests)
    stage.await_processed(how_many)
    return how_many / (time.perf_counter() - began)


def latency(stage: Stage, rounds: int, seconds: float, rate: float | None) -> list[Row]:
    """Acknowledgements on a fixed schedule, counted from the moment each push was due."""
    halves, ninety_nines = [], []
    with stage.web(redis_number=4) as port:
        if rate is None:
            rate = _flood(stage, port, seconds)
            stage.empty()
        with stage.worker(redis_number=4):
            for number in range(1, rounds + 1):
                warming = list(itertools.islice(_records(stage), WARMING_PUSHES))
                load.send(port, warming)
                stage.await_processed(len(warming))
                stage.empty()
                done = load.send(port, _records(stage), seconds=seconds, rate=rate / 2)
                halves.append(done.percentile(50))
                ninety_nines.append(done.percentile(99))
                say(
                    f"latency {number}: {done.rate:,.0f}/s, p50 {halves[-1]:.1f} ms,"
                    f" p99 {ninety_nines[-1]:.1f} ms"
                )
                stage.await_processed(len(done.latencies))
                stage.empty()
    at = f"at {rate / 2:,.0f}/s"
    return [
        Row(what=f"latency: p50 {at}, ms", rounds=halves, digits=1),
        Row(what=f"latency: p99 {at}, ms", rounds=ninety_nines, aim="less than 50", digits=1),
    ]


def main() -> int:
    if sys.argv[1:2] == [FAULTS]:
        own = [sys.executable, "-m", "tests.benchmarks.faults", *sys.argv[2:]]
        return subprocess.call(own)  # noqa: S603 - ourselves
    parser = argparse.ArgumentParser(prog="./portal bench", description="Print the benchmarks.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(NAMES)}; or all")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long a round lasts")
    calls = "finding, bills: how many calls, one database each: 200000,1000000"
    parser.add_argument("--calls", type=_counts, default=[200_000], metavar="N,N", help=calls)
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="finding, bills, fuzz: keep them"
    )
    parser.add_argument("--runs", type=int, default=20, help="finding: how often each is asked")
    parser.add_argument("--embedded", action="store_true", help="finding, upgrade: in SQLite")
    parser.add_argument("--rate", type=float, default=40.0, help="upgrade: pushes a second")
    given = parser.parse_args()
    if unknown := set(given.names) - {*NAMES, FINDING, BILLS, UPGRADE, FUZZ}:
        known = ", ".join((*NAMES, FINDING, BILLS, UPGRADE, FUZZ))
        parser.error(f"{', '.join(sorted(unknown))}: expected {known}")
    try:
        if FINDING in given.names:
            finding(given.calls, given.keep, given.runs, is_embedded=given.embedded)
        if BILLS in given.names:
            billing_match(given.calls, given.keep, given.rounds, is_embedded=given.embedded)
        if UPGRADE in given.names and not upgrading(
            given.rounds, given.rate, is_embedded=given.embedded
        ):
            return 1
        if FUZZ in given.names and not fuzzing(given.seconds, given.keep):
            return 1
        if not given.names or set(given.names) - {FINDING, BILLS, UPGRADE, FUZZ}:
            _measure(given)
    except (ServerMissingError, stages.StageError, load.RefusedError) as error:
        sys.stderr.write(f"bench: {error}\n")
        return 1
    return 0


def _counts(text: str) -> list[int]:
    return [int(one.replace("_", "")) for one in text.split(",")]


def _measure(given: argparse.Namespace) -> None:
    wanted = given.names or NAMES
    rows: list[Row] = []
    rate = None
    with stages.set_up() as one:
        if "edge" in wanted:
            rows += edge(one, given.rounds, given.seconds)
            rate = rows[0].median
        if "ingest" in wanted:
            rows += ingest(one, given.rounds, given.seconds)
        if "latency" in wanted:
            rows += latency(one, given.rounds, given.seconds, rate)
        if "fetching" in wanted:
            rows += fetching(one, given.rounds)
        if "exporting" in wanted:
            rows += exporting(one, given.rounds)
        found = one.database.execute("SHOW server_version").fetchone()
    table(rows, f"PostgreSQL {found[0] if found else 'unknown'}")


if __name__ == "__main__":
    sys.exit(main())

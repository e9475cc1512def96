"""Asks the portal and the database in turns: python -m tests.benchmarks.asking CALLS [RUNS [WHAT]]

WHAT is how the questions begin that are asked: "overview"; without it, all of them.

The pages are asked for in this process, by Django's test client, signed in as a superuser: the web
server and the network are left out, everything else is as people have it. Beside what a clock says
stands what the processors worked, which other programs on the machine change less.
"""

import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import django
from django.db import DatabaseError, connection
from django.http import QueryDict

from tests.benchmarks.report import aligned, say

WARMING, RUNS, FEWER = 2, 20, 5
SLOW = 1.0  # seconds: what takes longer is asked for less often
PATIENCE = 30  # seconds that a statement may take
HEADS = ("", "p50", "p95", "work", "in SQL", "finding", "by hand", "ratio")


@dataclass(slots=True)
class Meter:
    """Milliseconds of each run: by the clock, of work, and of work that the database did."""

    of_database: Path | None
    clock: list[float] = field(default_factory=list)
    work: list[float] = field(default_factory=list)
    in_sql: list[float] = field(default_factory=list)

    @classmethod
    def new(cls) -> "Meter":
        if connection.vendor != "postgresql":
            return cls(None)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            return cls(Path(f"/proc/{cursor.fetchone()[0]}/schedstat"))

    @contextmanager
    def run(self) -> Iterator[None]:
        began, portal, database = time.perf_counter(), time.process_time(), self._worked()
        yield
        in_sql = self._worked() - database
        self.clock.append((time.perf_counter() - began) * 1e3)
        self.work.append((time.process_time() - portal) * 1e3 + in_sql)
        self.in_sql.append(in_sql)

    def _worked(self) -> float:
        """What the database's process has worked so far, where it runs beside this one."""
        if self.of_database is not None:
            with suppress(OSError):
                return int(self.of_database.read_text().split()[0]) / 1e6
        return 0.0


def measured(act: Callable[[], object], runs: int) -> Meter:
    """Enough runs of an act to tell; the first ones are for the caches and do not count."""
    warming, meter = Meter.new(), Meter.new()
    for _ in range(WARMING):
        with warming.run():
            act()
    for _ in range(runs if max(warming.clock) < SLOW * 1e3 else min(runs, FEWER)):
        with meter.run():
            act()
    return meter


def _p95(ones: Sequence[float]) -> float:
    return sorted(ones)[min(len(ones) - 1, int(len(ones) * 0.95))]


def _page(client: Any, address: str, posted: Any) -> Callable[[], object]:
    def act() -> None:
        answer = client.post(address, posted) if posted else client.get(address)
        if answer.status_code not in {200, 302}:
            raise RuntimeError(f"{address}: {answer.status_code}")

    return act


def _statement(sql: str, values: Sequence[Any]) -> Callable[[], object]:
    def act() -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            cursor.fetchall()

    return act


def _best(sqls: Sequence[tuple[str, Sequence[Any]]], runs: int) -> Meter | None:
    """The quickest way; None where there is none, or none is quick enough."""
    meters = []
    for sql, values in sqls:
        with suppress(DatabaseError):  # took too long, or this database has other words for it
            meters.append(measured(_statement(sql, values), runs))
    return min(meters, key=lambda one: statistics.median(one.work), default=None)


def _finding(address: str, user: Any) -> Callable[[], object] | None:
    """What a page of the list asks to know its calls: the part that SQL by hand is held against."""
    from calls import masking, paging
    from calls.list_page import BESIDE, CURSOR
    from calls.search import read_query

    path, _, query = address.partition("?")
    if path != "/calls/":
        return None
    given = QueryDict(query)

    def act() -> None:
        with masking.eyes(user):
            search = read_query(given, BESIDE)
            paging.turn(search, given.get(CURSOR), paging.PAGE_SIZE, _shown)

    return act


def _shown(rows: Any) -> Any:
    return rows.defer("said", "details", "extra")


def _row(question: Any, client: Any, user: Any, runs: int) -> tuple[str, ...]:
    """Milliseconds; the last four are the work of the database alone."""
    page = measured(_page(client, question.address, question.posted), runs)
    told = [statistics.median(page.clock), _p95(page.clock)]
    told += [statistics.median(one) for one in (page.work, page.in_sql)]
    numbers = [f"{one:,.1f}" for one in told]
    finding = _finding(question.address, user)
    best = _best(question.sqls, runs)
    asked = statistics.median(measured(finding, runs).in_sql) if finding else told[-1]
    numbers.append(f"{asked:,.1f}" if finding else "")
    by_hand = statistics.median(best.in_sql) if best else 0.0
    numbers.append(f"{by_hand:,.1f}" if best else "")
    return (question.what, *numbers, f"{asked / by_hand:.1f}" if by_hand else "")


def _sizes() -> list[tuple[str, ...]]:
    """What each table takes, and each of its indexes, in megabytes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, 0, pg_table_size(relid) FROM pg_stat_user_tables"
            " WHERE pg_table_size(relid) > 1e6 UNION ALL"
            " SELECT relname || ' ' || indexrelname, 1, pg_relation_size(indexrelid)"
            " FROM pg_stat_user_indexes WHERE pg_relation_size(indexrelid) > 1e6 ORDER BY 1"
        )
        return [(name, f"{size / 1e6:,.0f}") for name, _, size in cursor.fetchall()]


def main(count: int, runs: int = RUNS, what: str = "") -> None:
    django.setup()
    from django.contrib.auth.models import User
    from django.test import Client

    from tests.benchmarks import questions
    from tests.benchmarks.known import know

    user, _ = User.objects.get_or_create(
        username="bench", defaults={"is_superuser": True, "is_staff": True}
    )
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(user)
    rows: list[tuple[str, ...]] = [HEADS]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET statement_timeout = {PATIENCE * 1000}")
    for question in questions.everything(know(count)):
        if not question.what.startswith(what):
            continue
        rows.append(_row(question, client, user, runs))
        sys.stderr.write("  ".join(rows[-1]) + "\n")
    aligned(rows)
    if connection.vendor == "postgresql":
        say()
        aligned([("megabytes of table, or table and index", ""), *_sizes()])


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else RUNS, *sys.argv[3:])

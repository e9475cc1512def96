"""Asks the portal and the database in turns: python -m tests.benchmarks.asking CALLS [RUNS]

The pages are asked for in this process, by Django's test client, signed in as a superuser: the web
server and the network are left out, everything else is as people have it.
"""

import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import django
from django.db import DatabaseError, connection

from tests.benchmarks.report import aligned, say

WARMING, RUNS, FEWER = 2, 20, 5
SLOW = 1.0  # seconds: what takes longer is asked for less often
PATIENCE = 30  # seconds that a statement may take
HEADS = ("", "p50 ms", "p95 ms", "in SQL", "best SQL", "ratio")


@dataclass(slots=True)
class Meter:
    """How long each run took, and how much of it the database."""

    wholes: list[float] = field(default_factory=list)
    in_sql: list[float] = field(default_factory=list)

    def asks(self, execute: Callable[..., Any], *said: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(*said)
        finally:
            self.in_sql[-1] += time.perf_counter() - began

    @contextmanager
    def run(self) -> Iterator[None]:
        self.in_sql.append(0.0)
        began = time.perf_counter()
        with connection.execute_wrapper(self.asks):
            yield
        self.wholes.append(time.perf_counter() - began)


def measured(act: Callable[[], object], runs: int) -> Meter:
    """Enough runs of an act to tell; the first ones are for the caches and do not count."""
    warming = Meter()
    for _ in range(WARMING):
        with warming.run():
            act()
    meter = Meter()
    for _ in range(runs if max(warming.wholes) < SLOW else min(runs, FEWER)):
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


def _best(sqls: Sequence[tuple[str, Sequence[Any]]], runs: int) -> float | None:
    """The quickest way's median; None where there is none, or none is quick enough."""
    medians = []
    for sql, values in sqls:
        try:
            medians.append(statistics.median(measured(_statement(sql, values), runs).wholes))
        except DatabaseError:  # took too long, or this database has other words for it
            continue
    return min(medians, default=None)


def _row(question: Any, client: Any, runs: int) -> tuple[str, ...]:
    page = measured(_page(client, question.address, question.posted), runs)
    best = _best(question.sqls, runs)
    in_sql = statistics.median(page.in_sql)
    told = (statistics.median(page.wholes), _p95(page.wholes), in_sql)
    return (
        question.what,
        *(f"{one * 1000:,.1f}" for one in told),
        "" if best is None else f"{best * 1000:,.1f}",
        "" if best is None else f"{in_sql / best:.1f}",
    )


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


def main(count: int, runs: int = RUNS) -> None:
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
        rows.append(_row(question, client, runs))
        sys.stderr.write("  ".join(rows[-1]) + "\n")
    aligned(rows)
    if connection.vendor == "postgresql":
        say()
        aligned([("megabytes of table, or table and index", ""), *_sizes()])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

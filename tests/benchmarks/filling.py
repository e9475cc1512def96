"""Fills a database with a made-up year: python -m tests.benchmarks.filling CALLS SEED

The tables must be empty. On PostgreSQL rows are copied while there are no indexes and constraints;
these are made anew afterwards, as they were.
"""

import multiprocessing
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import django
import psycopg

if TYPE_CHECKING:
    from tests.benchmarks.year import Caster

MOULDS = 2_500
NAMES = ("总部", "华南", "试点")  # of each vendor's accounts
CASTERS, INDEXERS = 3, 3  # at a time
MAKING = ("SET maintenance_work_mem = '1GB'", "SET synchronous_commit = off")


def prepare(count: int, seed: int, end: datetime, moulds: int = MOULDS) -> "Caster":
    """Accounts in the database that Django is connected to, and what casts calls for them."""
    from tests.benchmarks import year
    from tests.benchmarks.moulds import make
    from vendors import accounts
    from vendors.models import VendorAccount

    owners: dict[str, list[VendorAccount]] = {}
    for vendor in year.SHARES:
        found = {one.name: one for one in VendorAccount.objects.filter(vendor=vendor)}
        owners[vendor] = [found.get(name) or accounts.create(vendor, name) for name in NAMES]
    cast_from = make(seed, moulds, {vendor: ones[0] for vendor, ones in owners.items()})
    draws = year.draw(count, seed, end, [len(cast_from[vendor]) for vendor in year.SHARES])
    ids = {vendor: [one.pk for one in ones] for vendor, ones in owners.items()}
    return year.Caster(cast_from, ids, draws, seed)


def fill(caster: "Caster") -> None:
    """Write all calls of a caster into the database that Django is connected to."""
    from django.db import connection

    if connection.vendor == "postgresql":
        _copy(_cast(caster))
    else:
        _insert(caster.chunk(first) for first in caster.firsts())


def _cast(caster: "Caster") -> Iterator[dict[str, str]]:
    """All chunks in their order, cast by processes of their own, which ask no database."""
    context = multiprocessing.get_context("fork")  # what casts is large: nobody sends it around
    with ProcessPoolExecutor(CASTERS, context, _keep, (caster,)) as pool:
        ahead: deque[Future[dict[str, str]]] = deque()
        for first in caster.firsts():
            ahead.append(pool.submit(_chunk, first))
            if len(ahead) > 2 * CASTERS:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


_kept: "list[Caster]" = []  # of a process that casts


def _keep(caster: "Caster") -> None:
    _kept.append(caster)


def _chunk(first: int) -> dict[str, str]:
    return _kept[0].chunk(first)


def _insert(chunks: Iterator[dict[str, str]]) -> None:
    from django.db import connection, transaction

    from tests.benchmarks.rows import MODELS, columns, plain

    statements = {}
    for model in MODELS:
        names = ", ".join(f'"{one.column}"' for one in columns(model))
        holes = ", ".join(["?"] * len(columns(model)))
        table = model._meta.db_table
        statements[table] = f"INSERT INTO {table} ({names}) VALUES ({holes})"  # noqa: S608
    by_table = {model._meta.db_table: columns(model) for model in MODELS}
    with transaction.atomic(), connection.cursor() as cursor:
        for chunk in chunks:
            for table, text in chunk.items():
                rows = [
                    [plain(one, given) for one, given in zip(by_table[table], cells, strict=True)]
                    for cells in (line.split("\t") for line in text.splitlines())
                ]
                cursor.cursor.executemany(statements[table], rows)


def _copy(chunks: Iterator[dict[str, str]]) -> None:
    from django.db import connection

    from tests.benchmarks.rows import MODELS, columns

    given = connection.get_connection_params()
    words = {
        key: given[key] for key in ("dbname", "user", "password", "host", "port") if key in given
    }
    tables = [model._meta.db_table for model in MODELS]

    def connect() -> "psycopg.Connection[Any]":
        one = psycopg.connect(**words, autocommit=True)
        for statement in MAKING:
            one.execute(statement)
        return one

    with connect() as main:
        bare = _Bare(main, tables)
        began = time.perf_counter()
        with ExitStack() as stack:
            copies = {}
            for model in MODELS:
                names = ", ".join(f'"{one.column}"' for one in columns(model))
                table = model._meta.db_table
                one = stack.enter_context(connect())
                stack.enter_context(one.transaction())
                # Rows of a table that is emptied in the same transaction need no vacuum later.
                one.execute(f"TRUNCATE {table}")
                copy = one.cursor().copy(f"COPY {table} ({names}) FROM STDIN (FREEZE)")
                copies[table] = stack.enter_context(copy)
            for chunk in chunks:
                for table, text in chunk.items():
                    copies[table].write(text)
        _say(f"rows copied in {time.perf_counter() - began:.0f} s")
        began = time.perf_counter()
        bare.dress(connect)
        _say(f"indexes made in {time.perf_counter() - began:.0f} s")
        began = time.perf_counter()
        for model in MODELS:
            table, key = model._meta.db_table, model._meta.pk.column
            if key == "id":
                main.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), "  # noqa: S608
                    f"GREATEST((SELECT max(id) FROM {table}), 1))"
                )
        main.execute("ANALYZE")
        _say(f"analyzed in {time.perf_counter() - began:.0f} s")


class _Bare:
    """Tables without constraints and indexes, and what it takes to have them again."""

    def __init__(self, database: "psycopg.Connection[Any]", tables: Sequence[str]) -> None:
        own = f"c.conrelid::regclass::text = ANY('{{{','.join(tables)}}}')"
        theirs = f"c.confrelid::regclass::text = ANY('{{{','.join(tables)}}}')"
        constraints = database.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), contype "  # noqa: S608
            f"FROM pg_constraint c WHERE ({own} OR {theirs}) AND contype IN ('p', 'u', 'f')"
        ).fetchall()
        # What points at a call does: checking it would take longer than all indexes.
        self.keys = [f"{_added(*row[:3])} NOT VALID" for row in constraints if row[3] == "f"]
        self.constraints = [_added(*row[:3]) for row in constraints if row[3] != "f"]
        for table, name, _, _ in sorted(constraints, key=lambda row: row[3] != "f"):
            database.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        indexes = database.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s)", [list(tables)]
        ).fetchall()
        self.indexes = [row[1] for row in indexes]
        for name, _ in indexes:
            database.execute(f'DROP INDEX "{name}"')

    def dress(self, connect: Any) -> None:
        def run(statement: str) -> None:
            with connect() as one:
                one.execute(statement)

        with ThreadPoolExecutor(INDEXERS) as pool:
            list(pool.map(run, self.constraints))
            list(pool.map(run, self.indexes))
        for statement in self.keys:
            run(statement)


def _added(table: str, name: str, definition: str) -> str:
    return f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}'


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(count: int, seed: int) -> None:
    django.setup()
    end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    fill(prepare(count, seed, end))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

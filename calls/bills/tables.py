"""Both sides of a comparison, in tables that only this connection sees.

They are gone when it ends. On SQLite they stand in a file of their own, so that filling them keeps
nobody from writing calls. Moments are seconds since 1970 on either database.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import connection

from calls.bills.lines import Line
from calls.epoch import Epoch
from calls.models import Call

CHUNK = 20_000  # rows that are held at a time
_MEMORY = "64MB"  # of a sort or a hash of PostgreSQL's, whose default spills at a tenth of it

# Texts compare by their bytes on either database, so that both find the same.
_TABLES = {
    "bill_line": "line integer, told_id {text}, caller {text}, callee {text}, starts bigint,"
    " seconds integer, billed integer, charge bigint, currency {text}, note {text}",
    "bill_call": "call bigint, call_id {text}, caller {text}, callee {text}, shown {text},"
    " starts bigint, answered bigint, seconds integer, billed integer",
    "bill_keyed": "line integer, caller {text}, callee {text}",
    "bill_pair": "line integer, call bigint, apart bigint, found_by {text}",
    "bill_twin": "line integer, first_line integer",
    "bill_left": "place integer, call bigint",
}


@contextmanager
def made() -> Iterator[None]:
    """The tables, empty; gone afterwards."""
    text = 'text COLLATE "C"' if is_postgres() else "text"
    _drop()
    if is_postgres():
        run(f"SET work_mem = '{_MEMORY}'")
    for name, columns in _TABLES.items():
        run(f"CREATE TEMPORARY TABLE {name} ({columns.format(text=text)})")
    try:
        yield
    finally:
        if not connection.needs_rollback:
            _drop()
            if is_postgres():
                run("RESET work_mem")


def _drop() -> None:
    space = "pg_temp" if is_postgres() else "temp"
    for name in _TABLES:
        run(f"DROP TABLE IF EXISTS {space}.{name}")


def is_postgres() -> bool:
    return connection.vendor == "postgresql"


def run(statement: str, given: Sequence[Any] | Mapping[str, Any] = ()) -> int:
    """Run one statement; how many rows it was about."""
    with connection.cursor() as cursor:
        cursor.execute(statement, given or None)
        return int(cursor.rowcount)


def ask(statement: str, given: Sequence[Any] = ()) -> tuple[Any, ...]:
    """The one row that a statement gives."""
    with connection.cursor() as cursor:
        cursor.execute(statement, given or None)
        row: tuple[Any, ...] = cursor.fetchone()
        return row


def stream(statement: str, given: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
    """All rows of a statement, a few at a time."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, given or None)
        while rows := cursor.fetchmany(CHUNK):
            yield from rows


def fill(table: str, rows: Iterable[Sequence[Any]]) -> None:
    """Put rows into a table, as they come. None of them is asked for within a statement: whoever
    gives them may use the connection too, or fail."""
    coming = iter(rows)
    while chunk := list(islice(coming, CHUNK)):
        with connection.cursor() as cursor:
            if is_postgres():
                with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                    copy.write("".join(map(_copied, chunk)))
            else:
                holes = ", ".join(["%s"] * len(chunk[0]))
                with _at_once(cursor):
                    cursor.executemany(f"INSERT INTO {table} VALUES ({holes})", chunk)  # noqa: S608


def _copied(row: Sequence[Any]) -> str:
    """A row as COPY reads it. Millions of them go twice as fast this way as by psycopg's own."""
    return "\t".join([_cell(value) for value in row]) + "\n"


def _cell(value: Any) -> str:
    if type(value) is str:
        is_plain = value.isprintable() and "\\" not in value
        return value if is_plain else value.translate(_ESCAPES)
    return "\\N" if value is None else str(value)


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


@contextmanager
def _at_once(cursor: Any) -> Iterator[None]:
    """In one transaction, which locks nothing but the tables of this connection."""
    if connection.in_atomic_block:
        yield
        return
    cursor.execute("BEGIN DEFERRED")
    try:
        yield
    finally:
        cursor.execute("COMMIT")


def fill_lines(lines: Iterable[Line]) -> None:
    fill("bill_line", lines)
    index("bill_line", "line")


def fill_calls(accounts: Sequence[int], begins: datetime, ends: datetime) -> None:
    """The calls that rows may be about."""
    calls = Call.objects.filter(
        account__in=accounts, occurred_at__gte=begins, occurred_at__lt=ends
    ).order_by()
    found = calls.values_list(
        "pk",
        "call_id",
        "caller_key",
        "callee_key",
        "display_key",
        Epoch("occurred_at"),
        Epoch("answered_at"),
        "talk_seconds",
        "billed_seconds",
    )
    statement, given = found.query.sql_with_params()
    run(f"INSERT INTO bill_call {statement}", given)
    index("bill_call", "call")
    index("bill_call", "call_id")


def index(table: str, column: str) -> None:
    """Have its rows found by a column, and the planner know how many there are."""
    run(f"CREATE INDEX {table}_by_{column} ON {table} ({column})")
    if is_postgres():
        run(f"ANALYZE {table}")

"""An empty database after a test that committed, at the price of what the test wrote.

Django truncates every table and fills the fixed ones anew: most of a second for each such test on
PostgreSQL. Here the tables that have rows are emptied. Those that are filled when the database is
made are compared with what they held then, and only when one has changed Django's way is gone.
The database refuses to empty the audit, so that it is asked not to for as long as that takes.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from django.core.files.storage import storages
from django.db import connection, transaction
from django.test import TransactionTestCase

Rows = list[tuple[Any, ...]]

_audit = import_module("calls.migrations.0009_audit")
AUDIT = {"calls_auditentry", "calls_auditanchor"}

_filled: dict[str, Rows] = {}  # what the fixed tables hold, by name


def note_what_is_fixed() -> None:
    """To be called while the database holds nothing but what was put in when it was made."""
    _filled.clear()
    for table in _with_rows(connection.introspection.table_names()):
        _filled[table] = _rows(table)


def empty_cheaply() -> None:
    """Have every transactional test end this way."""
    by_django: Callable[[TransactionTestCase], None] = vars(TransactionTestCase)[
        "_fixture_teardown"
    ]

    def teardown(case: TransactionTestCase) -> None:
        if any(_rows(table) != rows for table, rows in _filled.items()):
            with unguarded():
                by_django(case)
            note_what_is_fixed()
        else:
            empty()

    setattr(TransactionTestCase, "_fixture_teardown", teardown)  # noqa: B010 - types know it not


def empty() -> None:
    """Delete all rows but the fixed ones.

    Foreign keys are checked at the commit, so that any order will do.
    """
    others = set(connection.introspection.table_names()) - set(_filled)
    with transaction.atomic():
        tables = _with_rows(others)
        if AUDIT.isdisjoint(tables):
            _delete(tables)
        else:
            with unguarded():
                _delete(tables)


def _delete(tables: list[str]) -> None:
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"DELETE FROM {_name(table)}")  # noqa: S608 - our own tables


@contextmanager
def unguarded() -> Iterator[None]:
    """The database lets anybody change and delete rows of the audit."""
    _run(_audit.OFF_POSTGRESQL if connection.vendor == "postgresql" else _audit.OFF_SQLITE)
    yield
    _run(_audit.ON_POSTGRESQL if connection.vendor == "postgresql" else _audit.ON_SQLITE)


def _run(statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _with_rows(tables: Iterable[str]) -> list[str]:
    questions = [
        f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {_name(table)})"  # noqa: S608
        for table in sorted(tables)
    ]
    if not questions:  # no test that was asked for needs a database
        return []
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(questions))
        return [table for (table,) in cursor.fetchall()]


def _rows(table: str) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {_name(table)} ORDER BY 1")  # noqa: S608
        return list(cursor.fetchall())


def _name(table: str) -> str:
    return connection.ops.quote_name(table)


def empty_storage(name: str) -> None:
    """Delete the folders of a storage, which are named by ids, and the files in them."""
    storage = storages[name]
    for folder in storage.listdir("")[0]:
        for file in storage.listdir(folder)[1]:
            storage.delete(f"{folder}/{file}")
        storage.delete(folder)

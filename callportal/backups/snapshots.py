"""The database as of one moment, while others write: to ask, and to copy."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Model

# Rows that are of no use after a restore, and would let whoever has the backup sign in.
NOT_KEPT = (("sessions", "Session"), ("usersessions", "UserSession"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """``rows`` asks it; ``pieces`` are its copy, a file of this name. ``columns`` are those that
    each table has: before an upgrade has migrated, fewer than our models say."""

    name: str
    server: str
    columns: Mapping[str, Collection[str]]
    rows: Callable[[str], Iterable[tuple[Any, ...]]]
    pieces: Callable[[], Iterable[bytes]]

    def count(self) -> dict[str, int]:
        """The rows of each table that is kept."""
        kept = sorted(set(self.columns).difference(tables_not_kept()))
        asked = {table: self.rows(f"SELECT count(*) FROM {quoted(table)}") for table in kept}  # noqa: S608
        return {table: int(row[0]) for table, rows in asked.items() for row in rows}

    def select(self, model: type[Model], *names: str) -> Iterable[tuple[Any, ...]]:
        """Columns of a model's rows, where the first of them is not empty."""
        table = model._meta.db_table
        if not set(names) <= set(self.columns.get(table, ())):
            return ()
        wanted = ", ".join(quoted(name) for name in names)
        rows = self.rows(f"SELECT {wanted} FROM {quoted(table)}")  # noqa: S608
        return (row for row in rows if row[0])


def tables_not_kept() -> list[str]:
    return [
        apps.get_model(label, name)._meta.db_table
        for label, name in NOT_KEPT
        if label in apps.app_configs
    ]


def quoted(name: str) -> str:
    return connection.ops.quote_name(name)

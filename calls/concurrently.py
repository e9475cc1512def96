"""Indexes of big tables, made while others write: for migrations with ``atomic = False``.

On SQLite, which has one writer at a time, they are made as any other. On PostgreSQL making one
waits for transactions that are open; no limit holds for that, since nobody waits for it meanwhile.
What an interrupted try left is dropped first, so that the migration can be run again.
"""

from typing import Any

from django.contrib.postgres import operations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import AddIndex, RemoveIndex
from django.db.migrations.state import ProjectState


class AddIndexConcurrently(AddIndex):
    """``AddIndex`` that lets others write."""

    atomic = False

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        _wait_as_long_as_it_takes(schema_editor)
        name = schema_editor.quote_name(self.index.name)
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        making = operations.AddIndexConcurrently(self.model_name, self.index)
        making.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_backwards(app_label, schema_editor, *states)
            return
        making = operations.AddIndexConcurrently(self.model_name, self.index)
        making.database_backwards(app_label, schema_editor, *states)


class RemoveIndexConcurrently(RemoveIndex):
    """``RemoveIndex`` that lets others write."""

    atomic = False

    def database_forwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, *states)
            return
        _wait_as_long_as_it_takes(schema_editor)
        making = operations.RemoveIndexConcurrently(self.model_name, self.name)
        making.database_forwards(app_label, schema_editor, *states)

    def database_backwards(self, app_label: str, schema_editor: Any, *states: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_backwards(app_label, schema_editor, *states)
            return
        making = operations.RemoveIndexConcurrently(self.model_name, self.name)
        making.database_backwards(app_label, schema_editor, *states)


def _wait_as_long_as_it_takes(schema_editor: BaseDatabaseSchemaEditor) -> None:
    schema_editor.execute("SET lock_timeout = 0")

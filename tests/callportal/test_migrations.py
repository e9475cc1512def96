"""Migrations on big tables: what would hold a lock for long is found, and what avoids it works."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection, models
from django.db.migrations.state import ModelState, ProjectState

from callportal import migrating
from calls.concurrently import AddIndexConcurrently, RemoveIndexConcurrently
from tests.migrations import EXEMPT, complaints

ON_POSTGRES = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="needs PostgreSQL")


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ('CREATE INDEX "i" ON "calls_call" ("caller");', "require-concurrent-index-creation"),
        (
            'ALTER TABLE "calls_call" ADD COLUMN "x" int DEFAULT 0 NOT NULL;\n'
            'ALTER TABLE "calls_call" ALTER COLUMN "x" DROP DEFAULT;',
            "ban-drop-default",
        ),
        ('ALTER TABLE "calls_call" ALTER COLUMN "x" TYPE bigint;', "changing-column-type"),
        ('ALTER TABLE "calls_call" ALTER COLUMN "x" SET NOT NULL;', "adding-not-nullable-field"),
        ('ALTER TABLE "calls_call" DROP COLUMN "x";', "ban-drop-column"),
    ],
)
def test_a_migration_that_holds_up_a_big_table_is_found(sql: str, rule: str) -> None:
    found = complaints("calls.0099_bad", f"BEGIN;\n{sql}\nCOMMIT;\n")

    assert rule in {one.rule for one in found}


@pytest.mark.parametrize(
    "sql",
    [
        'ALTER TABLE "calls_call" ADD COLUMN "x" int NULL;',
        'ALTER TABLE "calls_call" ADD COLUMN "x" int DEFAULT 0 NOT NULL;',
        'CREATE TABLE "calls_new" ("id" bigint);\nCREATE INDEX "i" ON "calls_new" ("id");',
    ],
)
def test_a_migration_that_holds_up_nobody_is_let_pass(sql: str) -> None:
    assert complaints("calls.0099_good", f"BEGIN;\n{sql}\nCOMMIT;\n") == []


def test_an_exemption_is_for_one_rule_of_one_migration() -> None:
    migration, rule = sorted(EXEMPT)[0]
    sql = 'ALTER TABLE "calls_call" DROP COLUMN "x";'

    assert all(one.rule != rule for one in complaints(migration, sql))
    assert complaints(migration, sql)


@pytest.fixture
def things(transactional_db: None) -> Iterator[tuple[ProjectState, Callable[[], set[str]]]]:
    """A table, its state, and what its indexes are called."""
    state = ProjectState()
    fields: dict[str, Any] = {
        "id": models.BigAutoField(primary_key=True),
        "at": models.DateTimeField(),
    }
    state.add_model(ModelState("calls", "Thing", fields))
    model = state.apps.get_model("calls", "Thing")
    with connection.schema_editor() as editor:
        editor.create_model(model)

    def indexes() -> set[str]:
        with connection.cursor() as cursor:
            return set(connection.introspection.get_constraints(cursor, "calls_thing"))

    yield state, indexes
    with connection.schema_editor() as editor:
        editor.delete_model(model)


def _do(operation: Any, state: ProjectState, *, backwards: bool = False) -> ProjectState:
    after = state.clone()
    operation.state_forwards("calls", after)
    with connection.schema_editor(atomic=False) as editor:
        if backwards:
            operation.database_backwards("calls", editor, after, state)
        else:
            operation.database_forwards("calls", editor, state, after)
    return after


def test_an_index_is_made_while_others_write_and_taken_away_again(things: Any) -> None:
    state, indexes = things
    add = AddIndexConcurrently("thing", models.Index(fields=["at"], name="thing_by_at"))

    after = _do(add, state)
    made = indexes()
    _do(RemoveIndexConcurrently("thing", "thing_by_at"), after)
    removed = indexes()
    _do(add, state)
    _do(add, state, backwards=True)

    assert "thing_by_at" in made
    assert "thing_by_at" not in removed
    assert "thing_by_at" not in indexes()


@ON_POSTGRES
def test_a_migration_waits_for_a_lock_for_seconds_and_no_longer(db: None) -> None:
    migrating.limit_waiting("default")
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        limited = cursor.fetchone()
        migrating.wait_as_usual("default")
        cursor.execute("SHOW lock_timeout")

        assert (limited, cursor.fetchone()) == (("5s",), ("0",))


def test_a_migration_that_got_no_lock_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[None] = []

    def migrate(*_: Any, **__: Any) -> None:
        tries.append(None)
        if len(tries) < 3:
            raise OperationalError from _LockNotAvailableError()

    monkeypatch.setattr(migrating, "WAIT", 0)
    monkeypatch.setattr(migrating, "call_command", migrate)

    migrating.migrate()

    assert len(tries) == 3


class _LockNotAvailableError(Exception):
    sqlstate = "55P03"

"""Nobody at the edge waits for a database that does not answer."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection

from vendors.spool import reach


@pytest.fixture
def silent() -> Iterator[int]:
    """A port whose server takes connections and says nothing, as one that hangs does."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_server_that_takes_no_connection_is_given_up(silent: int) -> None:
    where = {"host": "127.0.0.1", "port": silent, "dbname": "x", "user": "x"}

    with pytest.raises(psycopg.OperationalError, match="in time"):
        reach._opened_within(0.1, lambda given: psycopg.connect(**given), where)


def test_an_error_of_the_server_is_told_as_it_is() -> None:
    def refused(given: dict[str, Any]) -> None:
        raise psycopg.OperationalError("connection refused")

    with pytest.raises(psycopg.OperationalError, match="refused"):
        reach._opened_within(60, refused, {})


def test_a_connection_on_which_somebody_waits_too_long_is_cut() -> None:
    ours, theirs = socket.socketpair()

    with ours, theirs:
        reach._guard.hold(ours.fileno(), 0.1)
        told = ours.recv(1)  # nothing was ever sent
        reach._guard.let_go()

    assert told == b""


def test_a_connection_on_which_nobody_waits_any_more_is_left_alone() -> None:
    ours, theirs = socket.socketpair()
    other, _peer = socket.socketpair()

    with ours, theirs, other, _peer:
        reach._guard.hold(ours.fileno(), 0.1)
        reach._guard.let_go()
        reach._guard.hold(other.fileno(), 0.1)
        other.recv(1)  # a look of the guard later
        theirs.send(b"1")
        told = ours.recv(1)

    assert told == b"1"


@pytest.mark.django_db(transaction=True)
def test_a_statement_that_hangs_is_given_up() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite waits for nothing but its turn to write")

    with pytest.raises(OperationalError), reach.bounded(0.2), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(60)")
    connection.close()

    with reach.bounded(60), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


@pytest.mark.django_db(transaction=True)
def test_a_push_waits_for_its_turn_to_write_no_longer_than_it_may(
    make_account: Callable[..., Any], push: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    account = make_account("yeta")
    push(account, "receiveVoice", b"0")
    monkeypatch.setattr(reach, "PATIENCE", 0.2)
    with holding_the_database():
        response = push(account, "receiveVoice", b"1")

    assert response.status_code == 200
    assert reach.database.is_away


@contextmanager
def holding_the_database() -> Iterator[None]:
    """Somebody else writes, and does not come to an end."""
    other = connection.copy()
    try:
        if connection.vendor == "postgresql":
            other.set_autocommit(False)
        with other.cursor() as cursor:
            is_locked_by = "LOCK TABLE vendors_push IN ACCESS EXCLUSIVE MODE"
            cursor.execute(is_locked_by if connection.vendor == "postgresql" else "BEGIN IMMEDIATE")
            yield
            cursor.execute("ROLLBACK")
    finally:
        other.close()

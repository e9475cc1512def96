"""Whether the database is tried at all, and how long a push waits for it.

A vendor waits three seconds, a database that hangs makes its callers wait for minutes. So a push
gives it one second: for a connection, and again for its statements; then the push goes to the
spool, and for a while those after it go there at once. Whoever empties the spool finds out when the
database is back, so that no push has to.
"""

import logging
import os
import socket
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any

import psycopg
from django.db import (
    DEFAULT_DB_ALIAS,
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    connection,
    connections,
)

log = logging.getLogger("callportal.edge")

PATIENCE = 1.0  # seconds that a push waits for the database
TRIED_TWICE_WITHIN = 0.5  # a connection that died meanwhile shows itself at once
AWAY_FOR = 15.0  # seconds; whoever empties the spool prolongs that until it succeeds
CONNECTS_FOR = 5  # seconds, in a thread that nobody waits for any more
LOOKS_EVERY = 0.1


def is_trouble(error: Exception) -> bool:
    """Whether this is about the database, and not about what it was given."""
    is_ours = isinstance(error, (DatabaseError, InterfaceError))
    return is_ours and not isinstance(error, (IntegrityError, DataError))


class Belief:
    """What this process thinks of the database."""

    def __init__(self) -> None:
        self._until = 0.0

    @property
    def is_away(self) -> bool:
        return self._until > 0 and time.monotonic() < self._until

    @property
    def is_doubted(self) -> bool:
        """It was away, and nobody has reached it since."""
        return self._until > 0

    def went_away(self, error: Exception) -> None:
        if not self.is_doubted:
            log.warning("database went away", extra={"error": _first_line(error)})
        self._until = time.monotonic() + AWAY_FOR

    def came_back(self) -> None:
        if self.is_doubted:
            log.info("database came back")
        self._until = 0.0


database = Belief()


def _first_line(error: Exception) -> str:
    said = str(error).strip().partition("\n")[0][:200]
    return f"{type(error).__name__}: {said}"


class bounded:  # noqa: N801 - it reads as what it does: with bounded():
    """Statements inside wait no longer than this altogether; then they raise OperationalError.

    Every push passes here, so it is written to cost some millionths of a second.
    """

    def __init__(self, seconds: float | None = None) -> None:
        self._limit = PATIENCE if seconds is None else seconds
        self._raw: Any = None

    def __enter__(self) -> None:
        one = connections[DEFAULT_DB_ALIAS]
        if one.connection is None:
            _connect(self._limit)
        self._raw = one.connection
        with one.wrap_database_errors:
            if one.vendor == "postgresql":
                _guard.hold(self._raw.pgconn.socket, self._limit)
            else:  # SQLite waits for one thing only: for its turn to write
                self._raw.execute(f"PRAGMA busy_timeout = {round(self._limit * 1000)}")

    def __exit__(self, *_: object) -> None:
        one = connections[DEFAULT_DB_ALIAS]
        if one.vendor == "postgresql":
            _guard.let_go()
            return
        usual = one.settings_dict["OPTIONS"].get("timeout", 5)
        with suppress(sqlite3.Error):
            self._raw.execute(f"PRAGMA busy_timeout = {round(usual * 1000)}")


def _connect(limit: float) -> None:
    """Open this thread's connection. libpq takes no less than two seconds for a
    server that does not answer, so another thread opens it."""
    if connection.vendor == "postgresql":
        connection.get_new_connection = partial(  # type: ignore[method-assign]
            _opened_within, limit, connection.get_new_connection
        )
        try:
            connection.ensure_connection()
        finally:
            del connection.get_new_connection
    else:
        connection.ensure_connection()


def _opened_within(limit: float, open_one: Callable[[Any], Any], given: dict[str, Any]) -> Any:
    opened: Future[Any] = Future()

    def work() -> None:
        try:
            opened.set_result(open_one(given | {"connect_timeout": CONNECTS_FOR}))
        except Exception as error:
            opened.set_exception(error)

    threading.Thread(target=work, name="connecting", daemon=True).start()
    try:
        return opened.result(limit)
    except TimeoutError:
        opened.add_done_callback(_close)
        raise psycopg.OperationalError("the database took no connection in time") from None


def _close(opened: "Future[Any]") -> None:
    if opened.exception() is None:
        opened.result().close()


class _Guard:
    """A thread that cuts a connection on which somebody waits for too long. Whoever waits is told
    by the kernel then; nothing else frees a thread from a server that does not answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[int, tuple[float, int]] = {}
        self._wanted = threading.Event()
        self._process_id = 0

    def hold(self, fd: int, limit: float) -> None:
        """This thread waits on this connection from now on."""
        if self._process_id != os.getpid():
            self._start()
        with self._lock:
            self._held[threading.get_ident()] = time.monotonic() + limit, fd
        self._wanted.set()

    def let_go(self) -> None:
        with self._lock:
            self._held.pop(threading.get_ident(), None)

    def _start(self) -> None:
        with self._lock:
            if self._process_id != os.getpid():
                self._held, self._wanted = {}, threading.Event()
                threading.Thread(target=self._run, name="guard", daemon=True).start()
                self._process_id = os.getpid()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            time.sleep(LOOKS_EVERY)
            with self._lock:
                now = time.monotonic()
                for me, (until, fd) in list(self._held.items()):
                    if now >= until:
                        del self._held[me]
                        _cut(fd)
                if not self._held:
                    self._wanted.clear()


def _cut(fd: int) -> None:
    with suppress(OSError), socket.socket(fileno=os.dup(fd)) as one:
        one.shutdown(socket.SHUT_RDWR)
    log.warning("connection cut")


_guard = _Guard()

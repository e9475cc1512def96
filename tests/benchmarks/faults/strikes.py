"""What is done to the portal while pushes come: where processes are killed, what else breaks."""

import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psycopg

from tests.benchmarks.faults.stand import Stand, wait_until

Strike = Callable[[Stand], None]
Fault = Callable[[Stand], AbstractContextManager[None]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """A process is killed here by signal 9, ``times`` times while a part of the pushes comes."""

    name: str
    strike: Strike
    times: int = 2
    needs_servers: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """A fault that lasts some seconds while a part of the pushes comes."""

    name: str
    lasts: Fault
    needs_servers: bool | None = None


def _at(point: str) -> Strike:
    """The process that comes to this point next kills itself."""

    def strike(stand: Stand) -> None:
        stand.arm(point)
        wait_until(f"a process comes to {point}", lambda: stand.has_struck(point), 300)

    return strike


def _child(word: str) -> Strike:
    def strike(stand: Stand) -> None:
        wait_until(f"{word} runs", lambda: stand.pids(word), 60)
        before = stand.pids(word)
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        wait_until(f"{word} runs again", lambda: set(stand.pids(word)) - set(before), 60)

    return strike


def _supervisor(stand: Stand) -> None:
    stand.kill_supervisor()


def _backend(stand: Stand) -> None:
    """PostgreSQL ends all its sessions when one is killed, and recovers."""
    wait_until("the portal has a session", lambda: _kill_session(stand), 60)


def _kill_session(stand: Stand) -> bool:
    with suppress(psycopg.OperationalError), _session(stand) as connection:
        row = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
            " AND pid <> pg_backend_pid() ORDER BY state = 'active' DESC, xact_start LIMIT 1"
        ).fetchone()
        if row is not None:
            os.kill(row[0], signal.SIGKILL)
            return True
    return False


def _session(stand: Stand) -> "psycopg.Connection[tuple[Any, ...]]":
    """A session of ours, as soon as PostgreSQL has recovered from the strike before."""
    assert stand.database is not None
    found: list[psycopg.Connection[tuple[Any, ...]]] = []
    url = stand.database.url

    def answers() -> bool:
        with suppress(psycopg.OperationalError):
            found.append(psycopg.connect(url, autocommit=True))
        return bool(found)

    wait_until("PostgreSQL answers", answers, 60)
    return found[0]


def _postgres(stand: Stand) -> None:
    assert stand.database is not None
    stand.database.kill()
    time.sleep(1)
    stand.database.start()


def _redis(stand: Stand) -> None:
    assert stand.broker is not None
    stand.broker.kill()
    time.sleep(1)
    stand.broker.start()


POINTS = (
    Point(name="courier: a recording came, not stored", strike=_at("courier-fetched"), times=1),
    Point(name="web: before a push is kept", strike=_at("web-before-keep")),
    Point(name="web: kept, not answered", strike=_at("web-kept")),
    Point(name="worker: pushes claimed", strike=_at("worker-claimed")),
    Point(name="worker: read, not merged", strike=_at("worker-read")),
    Point(name="worker: merged, not settled", strike=_at("worker-merged")),
    Point(name="worker: settled, not committed", strike=_at("worker-settled")),
    Point(name="worker: committed", strike=_at("worker-committed")),
    Point(name="courier: ledger took pushes in", strike=_at("courier-counted"), times=1),
    Point(name="web: its main process", strike=_child("callportal.wsgi")),
    Point(name="worker: its main process", strike=_child("--hostname worker")),
    Point(name="courier: the process", strike=_child("--hostname courier")),
    # What the first courier held is taken back after two minutes: it may have been all there is.
    Point(name="courier: a recording is asked for", strike=_at("courier-fetching"), times=1),
    Point(name="scheduler: the process", strike=_child(" beat ")),
    Point(name="the supervisor, and all start again", strike=_supervisor, times=1),
    Point(name="PostgreSQL: a session of ours", strike=_backend, needs_servers=True),
    Point(name="PostgreSQL: the whole server", strike=_postgres, times=1, needs_servers=True),
    Point(name="Redis: the whole server", strike=_redis, needs_servers=True),
)

SECONDS = 8.0


def _frozen(pids: Callable[[Stand], list[int]]) -> Fault:
    @contextmanager
    def freeze(stand: Stand) -> Iterator[None]:
        held = pids(stand)
        for pid in held:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in held:
                os.kill(pid, signal.SIGCONT)

    return freeze


def _brokers(stand: Stand) -> list[int]:
    assert stand.broker is not None
    return stand.broker.pids()


@contextmanager
def _broker_away(stand: Stand) -> Iterator[None]:
    assert stand.broker is not None
    stand.broker.stop()
    yield
    stand.broker.start()


@contextmanager
def _database_away(stand: Stand) -> Iterator[None]:
    assert stand.database is not None
    stand.database.stop()
    yield
    stand.database.start()


@contextmanager
def _database_locked(stand: Stand) -> Iterator[None]:
    """Somebody else holds SQLite's write lock: a backup, a curious person."""
    connection = sqlite3.connect(stand.data / "callportal.sqlite3", timeout=30)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.rollback()
    finally:
        connection.close()


@contextmanager
def _disk_full(stand: Stand) -> Iterator[None]:
    filler = stand.data / "filler"
    with filler.open("wb") as file:
        try:
            while True:
                file.write(bytes(1024 * 1024))
                file.flush()
        except OSError:
            pass
    yield
    filler.unlink()


@contextmanager
def _both_away(stand: Stand) -> Iterator[None]:
    with _database_away(stand), _disk_full(stand):
        yield


@contextmanager
def _slow_commits(stand: Stand) -> Iterator[None]:
    """PostgreSQL waits a tenth of a second before each flush to the disk: its own setting."""
    _set(stand, commit_delay="100000", commit_siblings="0")
    yield
    _set(stand, commit_delay="0", commit_siblings="5")


def _set(stand: Stand, **values: str) -> None:
    with _session(stand) as connection:
        for name, value in values.items():
            connection.execute(f"ALTER SYSTEM SET {name} = {value}")
        connection.execute("SELECT pg_reload_conf()")


def _clock(seconds: float) -> Fault:
    @contextmanager
    def shift(stand: Stand) -> Iterator[None]:
        (stand.folder / "clock").write_text(str(seconds))
        yield
        (stand.folder / "clock").unlink()

    return shift


TROUBLES = (
    Trouble(
        name="worker dead for a while",
        lasts=_frozen(lambda stand: stand.family("--hostname worker")),
    ),
    Trouble(name="broker frozen", lasts=_frozen(_brokers), needs_servers=True),
    Trouble(name="broker away", lasts=_broker_away, needs_servers=True),
    Trouble(name="database away", lasts=_database_away, needs_servers=True),
    Trouble(name="database locked by somebody", lasts=_database_locked, needs_servers=False),
    Trouble(name="disk full", lasts=_disk_full, needs_servers=False),
    Trouble(name="database away and disk full", lasts=_both_away, needs_servers=True),
    Trouble(name="disk slow: 100 ms a commit", lasts=_slow_commits, needs_servers=True),
    Trouble(name="web server's clock two hours ahead", lasts=_clock(7200)),
    Trouble(name="web server's clock two hours behind", lasts=_clock(-7200)),
)

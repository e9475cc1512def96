"""Which of the two databases this portal has."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

from callportal.backups import postgres, sqlite
from callportal.backups.manifest import BackupError
from callportal.backups.snapshots import Snapshot

SQLITE, POSTGRES = "sqlite", "postgresql"


def kind() -> str:
    return connection.vendor


@contextmanager
def snapshot(staging: Path) -> Iterator[Snapshot]:
    """The database as of now; ``staging`` is a folder where a copy may lie in clear meanwhile."""
    with (postgres if kind() == POSTGRES else sqlite).snapshot(staging) as taken:
        yield taken


def refuse_while_used() -> None:
    """Raises BackupError where others are connected. SQLite cannot tell; see callportal.running."""
    if kind() == POSTGRES and (others := postgres.others()):
        raise BackupError(
            f"{others} other connections use the database. Stop the portal, wherever it runs."
        )


@contextmanager
def restored(pieces: Iterable[bytes], aside: Path) -> Iterator[None]:
    """The database of a backup, loaded: what is done within is done to it. On SQLite it takes its
    place afterwards, and one that was there is laid aside; on PostgreSQL it has it at once."""
    if kind() == POSTGRES:
        postgres.clear()
        postgres.load(pieces)
        yield
        return
    staged = sqlite.load(pieces)
    with sqlite.instead(staged):
        yield
    sqlite.put_in_place(staged, aside=aside)

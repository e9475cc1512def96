"""SQLite: copied through its backup interface while others write, put in place by one renaming."""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.db import connection
from tqdm import tqdm

from callportal.backups import copying, snapshots
from callportal.backups.manifest import BackupError
from callportal.backups.snapshots import Snapshot

NAME = "database.sqlite3"
PAGES = 4096  # copied at a time


def path() -> Path:
    return Path(str(connection.settings_dict["NAME"]))


@contextmanager
def snapshot(staging: Path) -> Iterator[Snapshot]:
    """A copy in this folder, which is gone afterwards."""
    copied = staging / f"{NAME}.copy"
    os.close(os.open(copied, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
    try:
        with closing(sqlite3.connect(copied)) as copy:
            _copy_into(copy)
            yield Snapshot(
                name=NAME,
                server=f"SQLite {sqlite3.sqlite_version}",
                columns=_columns(copy),
                rows=copy.execute,
                pieces=lambda: _pieces(copied),
            )
    finally:
        copied.unlink(missing_ok=True)


def _columns(database: sqlite3.Connection) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for table, column in database.execute(
        "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c "
        "WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
    ):
        found.setdefault(table, set()).add(column)
    return found


def _copy_into(copy: sqlite3.Connection) -> None:
    """All of it as of one moment. What reads it holds that moment, so that the copying, which goes
    step by step, never begins anew when somebody writes."""
    with closing(sqlite3.connect(f"file:{path()}?mode=ro", uri=True)) as live:
        live.execute("BEGIN")
        live.execute("SELECT count(*) FROM sqlite_master").fetchone()
        with tqdm(desc="database", unit=" pages", disable=None) as bar:

            def tell(_: int, remaining: int, total: int) -> None:
                bar.total = total
                bar.update(total - remaining - bar.n)

            live.backup(copy, pages=PAGES, progress=tell)
    copy.execute("PRAGMA journal_mode=DELETE")
    copy.execute("PRAGMA secure_delete=ON")
    with copy:
        for table in set(snapshots.tables_not_kept()).intersection(_columns(copy)):
            copy.execute(f"DELETE FROM {snapshots.quoted(table)}")  # noqa: S608


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as copied:
        yield from copying.pieces_of(copied)


def load(pieces: Iterable[bytes]) -> Path:
    """The database of a backup beside where it belongs, looked through; its path."""
    staged = path().with_name(f"{path().name}.restoring")
    clear(staged)
    copying.write(staged, pieces)
    with closing(sqlite3.connect(staged)) as found:
        try:
            said = found.execute("PRAGMA quick_check(1)").fetchone()[0]
        except sqlite3.DatabaseError as error:
            said = str(error)
    if said != "ok":
        raise BackupError(f"The database of the backup is broken: {said}")
    return staged


@contextmanager
def instead(staged: Path) -> Iterator[None]:
    """The portal's own connection is to this database for a while."""
    usual = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = str(staged)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = usual


def put_in_place(staged: Path, *, aside: Path) -> None:
    """The staged database becomes the portal's. One that was there is laid aside."""
    for one in (staged, path()):
        if one.exists():
            with closing(sqlite3.connect(one)) as database:
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    if path().exists():
        path().rename(aside)
    clear(path())
    staged.rename(path())


def clear(file: Path) -> None:
    """Remove a database with what stands beside it."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)

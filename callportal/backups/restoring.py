"""Restores a backup: looks at everything before it touches anything, and lets nothing be dialled.

While it is at work a file named ``restoring`` stands in ``DATA_DIR``, and no portal starts: a half
restored database may hold requests as waiting that were sent long ago.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from dataclasses import replace as replace_in
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import DatabaseError, connection
from tqdm import tqdm

from callportal import running
from callportal.backups import copying, databases, files, listing, settling, sqlite
from callportal.backups.fitting import look_at
from callportal.backups.listing import DATABASE, Line
from callportal.backups.manifest import BackupError, Manifest
from callportal.backups.settling import Settled
from callportal.running import RunningError
from calls.audit import COMMAND_LINE, Action, record
from calls.models import Account, Call
from vendors.models import OutboundRequest, Push

log = logging.getLogger("callportal.backups")

# An empty portal has none of these.
_MAIN = (Account, Push, Call, OutboundRequest)


@dataclass(frozen=True, kw_only=True, slots=True)
class Restored:
    """``files_there`` were in the storage already, ``missing`` were not there when the backup was
    made. ``differing`` are tables with the rows that they had and those that they have. ``aside``
    is where a database that was replaced lies."""

    backup: str
    made_at: str
    tables: int
    rows: int
    files: int
    files_there: int
    bytes: int
    missing: int
    differing: dict[str, list[int]]
    settled: Settled
    aside: str = ""
    seconds: float = 0.0

    @property
    def is_whole(self) -> bool:
        return not self.differing and not self.settled.unreadable and not self.settled.would_dial

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"is_whole": self.is_whole}


def restore(folder: Path, *, replace: bool = False) -> Restored:
    """Restore a backup. Raises BackupError, with a sentence, or OSError."""
    began = time.monotonic()
    manifest = look_at(folder)
    databases.refuse_while_used()
    if (here := what_is_here()) and not replace:
        raise BackupError(f"The portal is not empty: {here}. To replace it, add --replace.")
    database, wanted, there = _files_to_bring(folder, replace=replace)
    aside = sqlite.path().with_name(
        f"{sqlite.path().name}.replaced-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    )
    try:
        with (
            running.alone(),
            _marked(),
            copying.opened(database.path(folder), database) as file,
            databases.restored(copying.pieces_of(file), aside),
        ):
            counts = settling.counted(manifest.rows)
            for line in tqdm(wanted, desc="files", unit=" files", disable=None):
                files.put_back(folder, line, replace=replace)
            settled = settling.settle()
            _record(folder, manifest, settled)
    except RunningError as error:
        raise BackupError(str(error)) from None
    restored = _told(folder, manifest, counts, settled, len(wanted), there)
    laid_aside = databases.kind() == databases.SQLITE and aside.exists()
    restored = replace_in(
        restored,
        aside=str(aside) if laid_aside else "",
        seconds=round(time.monotonic() - began, 1),
    )
    said = {"backup": folder.name, "files": restored.files, "held": settled.held}
    log.info("backup restored", extra=said | {"whole": restored.is_whole})
    return restored


def _told(
    folder: Path,
    manifest: Manifest,
    counts: dict[str, int],
    settled: Settled,
    brought: int,
    there: int,
) -> Restored:
    return Restored(
        backup=folder.name,
        made_at=manifest.made_at,
        tables=len(manifest.rows),
        rows=sum(manifest.rows.values()),
        files=brought,
        files_there=there,
        bytes=manifest.bytes,
        missing=len(manifest.missing),
        differing={
            table: [count, counts[table]]
            for table, count in manifest.rows.items()
            if counts[table] != count
        },
        settled=settled,
    )


def what_is_here() -> str:
    """What a restore would replace; empty where the portal is empty."""
    if databases.kind() == databases.SQLITE and not sqlite.path().exists():
        return ""
    found = []
    for model in _MAIN:
        with suppress(DatabaseError):  # no such table, so nothing in it
            if count := model._default_manager.count():
                found.append(f"{count} {model._meta.verbose_name_plural}")
    connection.close()
    return ", ".join(found)


def _files_to_bring(folder: Path, *, replace: bool) -> tuple[Line, list[Line], int]:
    """The database's line, those of files that the storage lacks, and how many it has already."""
    database, wanted, there = None, [], 0
    for line in tqdm(listing.read(folder), desc="looking", unit=" files", disable=None):
        if line.store == DATABASE:
            database = line
            continue
        is_there = files.is_there(folder, line)
        if is_there is None and not replace:
            raise BackupError(
                f"{line.store}: {line.name} is in the storage with another content. To replace it, "
                "add --replace."
            )
        if is_there:
            there += 1
        else:
            wanted.append(line)
    if database is None:
        raise BackupError(f"{folder} has no database.")
    return database, wanted, there


@contextmanager
def _marked() -> Iterator[None]:
    """The portal does not start before this has ended well."""
    running.restoring().touch(mode=0o600)
    yield
    running.restoring().unlink()


def _record(folder: Path, manifest: Manifest, settled: Settled) -> None:
    record(
        Action.BACKUP_RESTORED,
        by=COMMAND_LINE,
        subject=f"backup {folder.name}",
        details={"made_at": manifest.made_at, "files": manifest.files, "held": settled.held},
    )

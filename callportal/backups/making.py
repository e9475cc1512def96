"""Makes a backup while the portal runs."""

import json
import logging
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.migrations.recorder import MigrationRecorder
from tqdm import tqdm

from callportal.backups import copying, databases, folders, keys, listing, manifest
from callportal.backups.files import Copier, wanted
from callportal.backups.listing import DATABASE, Known, Line, Writer
from callportal.backups.manifest import Manifest
from callportal.backups.snapshots import Snapshot

log = logging.getLogger("callportal.backups")

WANTED = "wanted"  # the files that the database names, while they are copied


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """``linked`` counts the files that an earlier backup had, ``dropped`` the backups deleted."""

    path: Path
    manifest: Manifest
    linked: int
    dropped: int


def make(target: Path, keep: int | None = None) -> Made:
    """Make a backup in a folder of backups; then delete all but the newest ``keep``.

    Raises BackupError, or OSError where the target or the storage fails.
    """
    began = time.monotonic()
    with folders.at_work_in(target):
        found, linked = _fill(target, folders.make(target / folders.UNFINISHED))
        path = folders.finish(target)
        dropped = len(folders.drop_old(target, keep)) if keep else 0
    said = {"backup": path.name, "files": found.files, "bytes": found.bytes, "linked": linked}
    said |= {"missing": len(found.missing), "dropped": dropped}
    log.info("backup made", extra=said | {"seconds": round(time.monotonic() - began)})
    return Made(path=path, manifest=found, linked=linked, dropped=dropped)


def _fill(target: Path, folder: Path) -> tuple[Manifest, int]:
    """Everything of a backup, its manifest last."""
    known = Known()
    for path in (*folders.whole(target)[-1:], folder):
        known.learn(path)
    database, about = _copy_database(folder)
    with open(folder / listing.NAME, "wb", opener=copying.private) as file:
        writer = Writer(file)
        writer.add(database)
        copier = Copier(folder, known, writer)
        copier.copy_all(_wanted_in(folder))
        os.fsync(file.fileno())
    known.close()
    (folder / WANTED).unlink()
    _clear_away_what_is_not_listed(folder)
    needed = {keys.CREDENTIALS: about.keys, **copier.used}
    if database.key:
        needed[keys.BACKUP] = sorted({database.key, *needed.get(keys.BACKUP, ())})
    found = Manifest(
        version=manifest.VERSION,
        made_at=about.made_at.isoformat(),
        database=databases.kind(),
        server=about.server,
        migrations=about.migrations,
        rows=about.rows,
        secrets=about.secrets,
        keys=needed,
        files=writer.count,
        bytes=writer.size,
        files_sha256=writer.sha256,
        missing=copier.missing,
    )
    found.write(folder)
    return found, copier.linked


@dataclass
class _About:
    """What a copy of the database holds."""

    server: str
    made_at: datetime
    rows: dict[str, int] = field(default_factory=dict)
    migrations: dict[str, list[str]] = field(default_factory=dict)
    secrets: int = 0
    keys: list[str] = field(default_factory=list)


def _copy_database(folder: Path) -> tuple[Line, _About]:
    """The database, and what of it the manifest tells; all as of one moment."""
    is_sealed = bool(keys.listed(keys.BACKUP))
    # Nothing stands in clear where the backup is kept, not even for a while, if it is to be sealed.
    staging = folders.make(Path(settings.DATA_DIR) / "tmp") if is_sealed else folder
    with databases.snapshot(staging) as taken:
        about = _look_at(taken)
        with open(folder / WANTED, "w", opener=copying.private) as file:
            for one in wanted(taken):
                file.write(json.dumps(one) + "\n")
        pieces, sealed_by, key = copying.sealed_if_wished(taken.pieces())
        place = folder / listing.place(DATABASE, taken.name, sealed_by)
        with tqdm(desc="database", unit="B", unit_scale=True, disable=None) as bar:
            size, sha256 = copying.write(place, _counted(pieces, bar))
    line = Line(
        store=DATABASE, name=taken.name, size=size, sha256=sha256, sealed_by=sealed_by, key=key
    )
    return line, about


def _look_at(taken: Snapshot) -> _About:
    about = _About(server=taken.server, made_at=datetime.now(UTC))
    about.rows = taken.count()
    for app, name in sorted(taken.select(MigrationRecorder.Migration, "app", "name")):
        about.migrations.setdefault(app, []).append(name)
    used, unreadable = keys.that_open(sealed := list(secrets_in(taken)))
    about.keys, about.secrets = used, len(sealed) - unreadable
    if unreadable:
        log.error("secrets not readable", extra={"secrets": unreadable})
    return about


def secrets_in(taken: Snapshot) -> Iterator[str]:
    """All that stands sealed in the database."""
    for model, column in (*keys.sealed_columns(), *keys.json_columns()):
        for (value,) in taken.select(model, column):
            yield from keys.tokens_in(value)


def _counted(pieces: Any, bar: Any) -> Iterator[bytes]:
    for piece in pieces:
        bar.update(len(piece))
        yield piece


def _wanted_in(folder: Path) -> Iterator[tuple[str, str, str]]:
    with (folder / WANTED).open() as file:
        for text in file:
            store, name, said = json.loads(text)
            yield store, name, said


def _clear_away_what_is_not_listed(folder: Path) -> None:
    """What an earlier try left of files that are gone meanwhile."""
    listed = {line.path(folder) for line in listing.read(folder)} | {folder / listing.NAME}
    for path in folder.rglob("*"):
        if path.is_file() and path not in listed:
            path.unlink()

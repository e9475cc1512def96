"""Files of recordings, bills and imports: which there are, into a backup, and back where they were.

What the storage seals goes into a backup as it lies there, and comes back like that.
"""

import io
import os
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, cast

from django.core.files import File
from tqdm import tqdm

from callportal import kept, sealing
from callportal.backups import copying, folders, keys, listing
from callportal.backups.listing import Known, Line, Writer
from callportal.backups.manifest import BackupError
from callportal.backups.snapshots import Snapshot

KEPT = (kept.RECORDINGS, kept.BILLS, kept.IMPORTS)  # exports are gone after a day


def wanted(taken: Snapshot) -> Iterator[tuple[str, str, str]]:
    """The storage, the name and what is said of the content of each file that a row names."""
    for store, model, column, content in kept.NAMED_BY:
        if store in KEPT:
            for name, said in taken.select(model, column, content):
                yield store, str(name), str(said)


class Copier:
    """Copies files into a backup, and notes each in its list. ``used`` are the ids of the keys that
    they are sealed with, by setting; ``missing`` are those that the storage does not have."""

    def __init__(self, folder: Path, known: Known, writer: Writer) -> None:
        self.linked = 0
        self.missing: list[str] = []
        self.used: dict[str, list[str]] = {}
        self._folder = folder
        self._known = known
        self._writer = writer

    def copy_all(self, files: Iterable[tuple[str, str, str]]) -> None:
        for store, name, said in tqdm(files, desc="files", unit=" files", disable=None):
            line = self._take_known(store, name, said)
            if line is None:
                try:
                    line = self._copy(store, name, said)
                except FileNotFoundError:
                    self.missing.append(f"{store}/{name}")
                    continue
            self._writer.add(line)
            used = self.used.setdefault(line.sealed_by, []) if line.sealed_by else [line.key]
            if line.key not in used:
                used.append(line.key)

    def _take_known(self, store: str, name: str, said: str) -> Line | None:
        """A file that an earlier backup has, if it is the same and opens with a key of today."""
        found = self._known.find(store, name)
        if found is None:
            return None
        folder, line = found
        if line.said != said or not _is_sealed_as_today(line, store):
            return None
        there, here = line.path(folder), line.path(self._folder)
        if not there.is_file() or there.stat().st_size != line.size:
            return None
        if there != here:
            _link(there, here)
            self.linked += 1
        return line

    def _copy(self, store: str, name: str, said: str) -> Line:
        with closing(kept.raw(store, name)) as file:
            beginning = file.read(sealing.HEADER.size)
            file.seek(0)
            key = sealing.sealed_with(beginning) if kept.is_sealed(store) else ""
            pieces: Iterable[bytes] = copying.pieces_of(file)
            sealed_by = keys.RECORDINGS if key else ""
            if not key:
                pieces, sealed_by, key = copying.sealed_if_wished(pieces)
            path = self._folder / listing.place(store, name, sealed_by)
            size, sha256 = copying.write(path, pieces)
        return Line(
            store=store,
            name=name,
            said=said,
            size=size,
            sha256=sha256,
            sealed_by=sealed_by,
            key=key,
        )


def _is_sealed_as_today(line: Line, store: str) -> bool:
    if kept.is_sealed(store):
        return line.sealed_by == keys.RECORDINGS and line.key in keys.ids(keys.RECORDINGS)
    return [line.key] == (keys.ids(keys.BACKUP)[:1] or [""]) and line.sealed_by != keys.RECORDINGS


def _link(there: Path, here: Path) -> None:
    folders.make(here.parent)
    here.unlink(missing_ok=True)
    try:
        os.link(there, here)
    except OSError:  # a file system without links
        with there.open("rb") as file:
            copying.write(here, copying.pieces_of(file))


def put_back(folder: Path, line: Line, *, replace: bool) -> None:
    """Bring a file of a backup into the storage."""
    is_raw = line.sealed_by == keys.RECORDINGS
    storage = kept.beneath(line.store) if is_raw else kept.storage_of(line.store)
    if replace and storage.exists(line.name):
        storage.delete(line.name)
    with copying.opened(line.path(folder), line) as file:
        saved = storage.save(line.name, File(cast(IO[bytes], file), line.name))
    if saved != line.name:
        storage.delete(saved)
        raise BackupError(f"{line.store}: {line.name} is in the storage already.")


def is_there(folder: Path, line: Line) -> bool | None:
    """Whether the storage has a file: None where it has another of that name."""
    is_raw = line.sealed_by == keys.RECORDINGS
    storage = kept.beneath(line.store) if is_raw else kept.storage_of(line.store)
    if not storage.exists(line.name):
        return False
    with (
        copying.opened(line.path(folder), line) as ours,
        closing(io.BufferedReader(storage.raw(line.name), copying.PIECE)) as theirs,
    ):
        same = copying.digest(copying.pieces_of(ours)) == copying.digest(copying.pieces_of(theirs))
        return True if same else None

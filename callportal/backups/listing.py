"""The list of a backup's files: written as each is copied, and looked up by the next backup."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

NAME = "files.jsonl"
DATABASE = "database"  # the store of the one file that is the database


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One file of a backup.

    ``size`` and ``sha256`` are of the file as it lies there. ``said`` is what its row said of it,
    so that a file with the same name and another content is copied anew. ``sealed_by`` is the
    setting whose key it is sealed with, ``key`` that key's id; both are empty where it is plain.
    """

    store: str
    name: str
    size: int
    sha256: str
    said: str = ""
    sealed_by: str = ""
    key: str = ""

    def path(self, folder: Path) -> Path:
        """Where it lies in a backup. Raises ValueError for a name that leads out of it."""
        path = folder / place(self.store, self.name, self.sealed_by)
        if not path.resolve().is_relative_to(folder.resolve()):
            raise ValueError(f"{self.name}: leads out of the backup.")
        return path


def place(store: str, name: str, sealed_by: str) -> str:
    inside = name if store == DATABASE else f"{store}/{name}"
    return f"{inside}.sealed" if sealed_by == "BACKUP_KEY" else inside


class Writer:
    """Appends lines, each to the disk before the next, and knows the digest of all of them."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.count = self.size = 0

    def add(self, line: Line) -> None:
        text = json.dumps(asdict(line), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        self._file.write(text)
        self._file.flush()
        self._digest.update(text)
        self.count += 1
        self.size += line.size

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


def read(folder: Path) -> Iterator[Line]:
    """The lines of a backup; one that was torn when its backup broke off is left out."""
    path = folder / NAME
    if not path.exists():
        return
    with path.open("rb") as file:
        for text in file:
            if text.endswith(b"\n"):
                yield Line(**json.loads(text))


class Known:
    """The files that earlier backups have, on disk and not in memory: there may be millions."""

    def __init__(self) -> None:
        self._table = sqlite3.connect("")
        self._table.execute("CREATE TABLE known (place PRIMARY KEY, folder, line) WITHOUT ROWID")

    def learn(self, folder: Path) -> None:
        self._table.executemany(
            "INSERT OR REPLACE INTO known VALUES (?, ?, ?)",
            (
                (f"{line.store}/{line.name}", str(folder), json.dumps(asdict(line)))
                for line in read(folder)
                if line.store != DATABASE
            ),
        )

    def find(self, store: str, name: str) -> tuple[Path, Line] | None:
        query = "SELECT folder, line FROM known WHERE place = ?"
        row = self._table.execute(query, [f"{store}/{name}"]).fetchone()
        return (Path(row[0]), Line(**json.loads(row[1]))) if row else None

    def close(self) -> None:
        self._table.close()

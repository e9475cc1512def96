"""What a backup is: written when all of it is there, read before anything of it is used."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

NAME = "manifest.json"
VERSION = 1


class BackupError(Exception):
    """It cannot be done; the sentence says why and what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """``rows`` counts by table, ``migrations`` lists what was applied by app, ``keys`` are the ids
    of the keys that it takes by setting. ``missing`` are files that rows named and the storage did
    not have."""

    version: int
    made_at: str
    database: str
    server: str
    migrations: Mapping[str, Sequence[str]]
    rows: Mapping[str, int]
    secrets: int
    keys: Mapping[str, Sequence[str]]
    files: int
    bytes: int
    files_sha256: str
    missing: Sequence[str]

    def write(self, folder: Path) -> None:
        """Survives a power cut when it returns."""
        unfinished = folder / f"{NAME}.part"
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(asdict(self), file, indent=1, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(folder / NAME)
        sync(folder)


def read(folder: Path) -> Manifest:
    """Raises BackupError for what is no whole backup, or one that this portal cannot read."""
    try:
        found = json.loads((folder / NAME).read_text())
    except FileNotFoundError:
        raise BackupError(f"{folder} is not a whole backup: it has no {NAME}.") from None
    except (OSError, ValueError) as error:
        raise BackupError(f"{folder / NAME} cannot be read: {error}") from None
    wanted = {field.name for field in fields(Manifest)}
    if not isinstance(found, dict) or found.get("version") != VERSION or wanted - set(found):
        raise BackupError(f"{folder / NAME} is of a kind that this portal does not know.")
    return Manifest(**{name: found[name] for name in wanted})


def sync(folder: Path) -> None:
    """A new name survives a power cut only when its folder was written too."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

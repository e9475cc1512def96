"""The folder of backups: which are whole, which are deleted, and that one is made at a time."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

from callportal.backups import manifest
from callportal.backups.manifest import BackupError

UNFINISHED = "unfinished"
_NAME = re.compile(r"\d{4}-\d\d-\d\dT\d{6}Z")


def make(path: Path) -> Path:
    """A folder that only we may enter, with those above it."""
    for missing in reversed([one for one in (path, *path.parents) if not one.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)
    return path


def whole(target: Path) -> list[Path]:
    """The backups there that are whole, oldest first."""
    found = (path for path in target.glob("*") if _NAME.fullmatch(path.name))
    return sorted(path for path in found if (path / manifest.NAME).is_file())


def meant_by(source: Path) -> Path:
    """A backup itself, or the newest of the folder that backups are kept in."""
    if (source / manifest.NAME).is_file():
        return source
    if not (kept := whole(source)):
        raise BackupError(f"{source} is no backup, and no whole one is in it.")
    return kept[-1]


@contextmanager
def at_work_in(target: Path) -> Iterator[None]:
    """Nobody else makes a backup there meanwhile. Raises BackupError where somebody does."""
    with (make(target) / ".lock").open("w") as lock:
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            raise BackupError(f"Another backup is being made in {target}.") from None
        yield


def finish(target: Path) -> Path:
    """Give the unfinished backup its name: from now on it counts."""
    path = target / f"{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}"
    if path.exists():
        raise BackupError(f"{path} is there already: two backups cannot be made within a second.")
    (target / UNFINISHED).rename(path)
    manifest.sync(target)
    return path


def drop_old(target: Path, keep: int) -> list[Path]:
    """Delete all but the newest so many; which were deleted. Its manifest goes first, so that what
    is half deleted is no backup."""
    old = whole(target)[:-keep]
    for path in old:
        (path / manifest.NAME).unlink()
        shutil.rmtree(path)
    return old

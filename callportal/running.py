"""Whether a portal runs on this data folder, and whether one may."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

from django.conf import settings


class RunningError(Exception):
    """A portal runs there, or a restore is at work; the sentence says which."""


def _lock() -> Path:
    return Path(settings.DATA_DIR) / "running"


def restoring() -> Path:
    """The file that says that a restore is at work, or broke off."""
    return Path(settings.DATA_DIR) / "restoring"


def refuse_half_restored() -> None:
    """Raises RunningError where a restore is at work, or broke off."""
    if restoring().exists():
        raise RunningError(
            "A backup is being restored, or its restore broke off. Restore it again; the portal "
            f"starts when {restoring()} is gone."
        )


@contextmanager
def alone() -> Iterator[None]:
    """No other portal, and no restore, on this data folder meanwhile. Raises RunningError."""
    with open(_lock(), "a", opener=_private) as lock:
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            raise RunningError(
                f"A portal runs with its data in {settings.DATA_DIR}. Stop it first."
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)

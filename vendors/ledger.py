"""Remembers, outside the database, what was sent: a restored backup must not send it again.

One empty file an attempt, made directly before the first byte goes out. Making a file that exists
fails, so the file system itself says no to a second one. Each machine that sends needs its own
``DATA_DIR`` to outlive a restored database.
"""

import os
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

KEPT_FOR = timedelta(days=30)


class SentBeforeError(Exception):
    """This attempt was sent already, in a life that the database does not remember."""


def note(token: str, number: int) -> None:
    """Remember that an attempt is about to be sent. Survives a power cut when it returns.

    Raises SentBeforeError, or OSError where nothing can be remembered: then nothing may be sent.
    """
    folder = _root() / token[:2]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        os.close(os.open(folder / f"{token}-{number}", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise SentBeforeError(f"{token}-{number}") from None
    for one in (folder, folder.parent):
        _sync(one)


def forget_old() -> int:
    """Drop what is older than any request can be; how many were dropped."""
    oldest = (timezone.now() - KEPT_FOR).timestamp()
    old = [path for path in _root().glob("*/*") if path.stat().st_mtime < oldest]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _root() -> Path:
    return Path(settings.DATA_DIR) / "sent"


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

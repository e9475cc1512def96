"""What each worker is reading at the moment, noted where its own end does not reach.

One small file a thread that works on pushes, under ``reading/`` in ``DATA_DIR``, locked for as long
as it lives. A worker notes the keys of a batch before it reads them; the next worker that comes
finds a file that nobody holds any more, and knows what its writer did not survive. The files need
to outlive a process, not the machine: nothing is synced, and it costs a batch some microseconds.
"""

import fcntl
import logging
import os
import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

log = logging.getLogger("callportal.inbox")

_SIZE = 8192  # bytes that each file has from its beginning: noting needs no room on a full disk
_own = threading.local()


@dataclass(frozen=True, kw_only=True, slots=True)
class Left:
    """What a worker that ended was reading, and what it was going to read one by one."""

    read: Sequence[int]
    waiting: Sequence[int]

    @property
    def culprit(self) -> int | None:
        """The push that it did not survive, where it read that one alone."""
        return self.read[0] if len(self.read) == 1 else None

    @property
    def suspects(self) -> list[int]:
        """Pushes that are to be read one by one."""
        return [*(self.read if len(self.read) > 1 else ()), *self.waiting]


def write(read: Sequence[int], waiting: Sequence[int] = ()) -> None:
    """Note what is read from now on, and what is to be read one by one after it."""
    lines = "\n".join(" ".join(map(str, keys)) for keys in (read, waiting))
    try:
        os.pwrite(_file(), lines.encode().ljust(_SIZE), 0)
    except OSError as error:
        log.warning("reading not noted", extra={"error": error.strerror})


def clear() -> None:
    """Nothing is read any more, and everything was survived."""
    write(())


def take_over() -> Left | None:
    """Take over from a worker that has ended, if there is one: what it left is ours now."""
    try:
        names = [one.name for one in _folder().iterdir() if not one.name.startswith(".")]
    except FileNotFoundError:
        return None
    mine = _own.name if _is_open() else ""
    for name in names:
        if name != mine and (left := _take_over(_folder() / name)):
            return left
    return None


def _take_over(path: Path) -> Left | None:
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not os.fstat(file.fileno()).st_nlink:
                return None  # somebody else was quicker
            left = _parse(file.read())
            if left.suspects:
                write((), left.suspects)
            path.unlink()
    except (FileNotFoundError, BlockingIOError):
        return None
    return left if left.read or left.waiting else None


def _parse(text: bytes) -> Left:
    read, _, waiting = text.partition(b"\n")
    return Left(read=_keys(read), waiting=_keys(waiting))


def _keys(words: bytes) -> list[int]:
    return [int(word) for word in words.split() if word.isdigit()]


def _file() -> int:
    """This thread's own file. It gets its name once it is locked, so that nobody takes it over."""
    if not _is_open():
        folder = _folder()
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{os.getpid()}-{secrets.token_hex(4)}"
        file = os.open(folder / f".{name}", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        os.posix_fallocate(file, 0, _SIZE)
        fcntl.flock(file, fcntl.LOCK_EX)
        (folder / f".{name}").rename(folder / name)
        _own.file, _own.name, _own.process = file, name, os.getpid()
    held: int = _own.file
    return held


def _is_open() -> bool:
    return getattr(_own, "process", 0) == os.getpid()


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "reading"

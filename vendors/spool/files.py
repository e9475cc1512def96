"""The spool's files: one that this process writes, and those that somebody is to empty.

A file is locked for as long as its process writes it, and the kernel lets go of the lock however
that process ends. So whoever gets the lock of a file may empty it: nobody writes it any more.
Names begin with the moment at which a file was begun, so that they sort in its order.
"""

import fcntl
import os
import secrets
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from mmap import ACCESS_READ, mmap
from pathlib import Path

from django.conf import settings

SUFFIX = ".spool"
ASIDE = ".aside"  # what could not be emptied: for a person
SPARE = 1024 * 1024  # bytes that a disk has to have left for us to say that we could keep a push


class SpoolFullError(Exception):
    """The spool has no room for this push, by its setting."""


class Writer:
    """The file of this process. Appending returns when the bytes are on the disk."""

    def __init__(self) -> None:
        self._turn = threading.Lock()  # one appends
        self._sync = threading.Lock()  # one syncs, for all who appended before it began
        self._file: _File | None = None

    def append(self, frame: bytes, share: float = 1) -> None:
        """Raises SpoolFullError where that share of the room is taken, and OSError where the disk
        does not take it."""
        with self._turn:
            if size() + len(frame) > settings.SPOOL_MEGABYTES * 1024 * 1024 * share:
                raise SpoolFullError(
                    f"The spool holds as much as it may: {settings.SPOOL_MEGABYTES} MB. "
                    "Mend the database; pushes are refused until then."
                )
            file = self._file
            if file is None or file.process_id != os.getpid():
                file = self._file = _File()
            end = file.append(frame)
        with self._sync:
            try:
                file.sync(end)
            except OSError:
                # What the disk did not take may be gone from memory, too: nothing more goes there.
                self._leave(file)
                raise

    def hand_over(self) -> None:
        """Let go of the file, so that it can be emptied; the next push begins another."""
        with self._turn, self._sync:
            if self._file is not None:
                with suppress(OSError):
                    self._file.sync()
                self._leave(self._file)

    def _leave(self, file: "_File") -> None:
        if self._file is file:
            self._file = None
        file.close()


class _File:
    """A file that is being written. It has its name only once it is locked."""

    def __init__(self) -> None:
        folder = settings.SPOOL_FOLDER
        folder.mkdir(mode=0o700, exist_ok=True)
        self.process_id = os.getpid()
        self._size = self._synced = 0
        self._is_closed = False
        name = f"{time.time_ns():020d}-{self.process_id}-{secrets.token_hex(4)}"
        begun = folder / f"{name}.begun"
        self._fd = os.open(begun, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            begun.rename(folder / f"{name}{SUFFIX}")
            _sync_folder(folder)
        except OSError:
            self.close()
            raise

    def append(self, frame: bytes) -> int:
        """Where the file ends now. What cannot be written whole is taken back."""
        try:
            left = memoryview(frame)
            while left:
                left = left[os.write(self._fd, left) :]
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._fd, self._size)
            raise
        self._size += len(frame)
        return self._size

    def sync(self, end: int | None = None) -> None:
        """Have it on the disk up to here, or all of it."""
        size = self._size
        if self._synced < (size if end is None else end):
            if self._is_closed:
                raise OSError("The disk did not take what stands before this push.")
            os.fdatasync(self._fd)
            self._synced = size

    def close(self) -> None:
        self._is_closed = True
        with suppress(OSError):
            os.close(self._fd)


writer = Writer()


def waiting() -> list[Path]:
    """The files that hold pushes, the oldest first."""
    return sorted(settings.SPOOL_FOLDER.glob(f"*{SUFFIX}"))


def aside() -> list[Path]:
    return sorted(settings.SPOOL_FOLDER.glob(f"*{ASIDE}"))


def size() -> int:
    """Bytes of all files, those that wait for a person among them."""
    total = 0
    for path in (*waiting(), *aside()):
        with suppress(FileNotFoundError):
            total += path.stat().st_size
    return total


def has_room() -> bool:
    """Whether a push of the largest size would find room, as far as one can tell."""
    folder = settings.SPOOL_FOLDER
    most = settings.SPOOL_MEGABYTES * 1024 * 1024
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        is_writable = os.access(folder, os.W_OK | os.X_OK)
        left = shutil.disk_usage(folder).free
    except OSError:
        return False
    largest = settings.PUSH_LARGEST + SPARE
    return is_writable and left > largest and size() + settings.PUSH_LARGEST < most


@contextmanager
def claimed(path: Path) -> Iterator[mmap | bytes | None]:
    """What stands in a file, while nobody else may have it; None where somebody has it."""
    try:
        fd = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        yield None
        return
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_there = path.stat().st_ino == os.fstat(fd).st_ino
        except OSError:  # somebody has it, or emptied and removed it meanwhile
            is_there = False
        if not is_there:
            yield None
        elif os.fstat(fd).st_size == 0:
            yield b""
        else:
            with mmap(fd, 0, access=ACCESS_READ) as data:
                yield data
    finally:
        os.close(fd)


@contextmanager
def seen(path: Path) -> Iterator[mmap | bytes]:
    """What stands in a file now, whoever writes it."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        yield b""
        return
    with file:
        if os.fstat(file.fileno()).st_size == 0:
            yield b""
            return
        with mmap(file.fileno(), 0, access=ACCESS_READ) as data:
            yield data


def remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    _sync_folder(path.parent)


def set_aside(path: Path) -> None:
    """Keep a file for a person: it is damaged, cannot be opened, or nobody takes what it holds."""
    path.rename(path.with_suffix(ASIDE))
    _sync_folder(path.parent)


def take_back() -> int:
    """Have the files that were set aside emptied once more; how many there are."""
    found = aside()
    for path in found:
        path.rename(path.with_suffix(SUFFIX))
    return len(found)


def _sync_folder(folder: Path) -> None:
    """A name is on the disk only once its folder is."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)

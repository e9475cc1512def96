"""Files of a backup: written whole or not at all, sealed where that is wished, and read again."""

import hashlib
import io
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from callportal import sealing
from callportal.backups import folders, keys
from callportal.backups.listing import Line

PIECE = 1024 * 1024


def pieces_of(file: "IO[bytes] | io.RawIOBase | io.BufferedIOBase") -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece


def private(path: str, flags: int) -> int:
    """How a file is opened that only we may read."""
    return os.open(path, flags, 0o600)


def write(path: Path, pieces: Iterable[bytes]) -> tuple[int, str]:
    """Write a file that only we may read; its size and SHA-256."""
    folders.make(path.parent)
    unfinished = path.with_name(f"{path.name}.part")
    digest, size = hashlib.sha256(), 0
    with open(unfinished, "wb", opener=private) as file:
        for piece in pieces:
            file.write(piece)
            digest.update(piece)
            size += len(piece)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    return size, digest.hexdigest()


def sealed_if_wished(pieces: Iterable[bytes]) -> tuple[Iterable[bytes], str, str]:
    """The pieces as they go into a backup, the setting whose key they are sealed with, its id."""
    listed = keys.listed(keys.BACKUP)
    if not listed:
        return pieces, "", ""
    return sealing.seal(pieces, listed[0]), keys.BACKUP, keys.key_id(listed[0])


@contextmanager
def opened(path: Path, line: Line) -> Iterator["IO[bytes] | io.BufferedIOBase"]:
    """What was backed up; still sealed where it was sealed before."""
    with path.open("rb") as file:
        if line.sealed_by != keys.BACKUP:
            yield file
            return
        reader = sealing.UnsealedReader(file, keys.listed(keys.BACKUP), line.name, keys.BACKUP)
        yield io.BufferedReader(reader, PIECE)


def digest(pieces: Iterable[bytes]) -> tuple[int, str]:
    """The size and the SHA-256 of pieces."""
    found, size = hashlib.sha256(), 0
    for piece in pieces:
        found.update(piece)
        size += len(piece)
    return size, found.hexdigest()

"""Reading parts of a file, and showing one part of it as a file of its own."""

import io
from typing import BinaryIO


def size_of(file: BinaryIO) -> int:
    """In bytes, by seeking: a storage file's own word for its size may be out of date."""
    file.seek(0, io.SEEK_END)
    return file.tell()


def take(file: BinaryIO, at: int, count: int) -> bytes:
    """The bytes at a place; fewer only at the end of the file, however small its reads are."""
    file.seek(at)
    taken = b""
    while len(taken) < count and (more := file.read(count - len(taken))):
        taken += more
    return taken


class Stretch:
    """One stretch of a file, behind a header of our own, as a file that libsndfile can read.

    The C library so meets a header that we wrote, never a stranger's. An exception cannot cross
    C, where it would read as the end of the file; the first one waits in ``trouble``.
    """

    def __init__(self, file: BinaryIO, *, start: int, length: int, header: bytes = b"") -> None:
        self._file = file
        self._start = start
        self._header = header
        self._size = len(header) + length
        self._at = 0
        self.trouble: Exception | None = None

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = min(max(0, origin + offset), self._size)
        return self._at

    def read(self, count: int) -> bytes:
        count = min(count, self._size - self._at)
        found = self._header[self._at : self._at + count]
        if count > len(found):
            place = self._at + len(found) - len(self._header)
            found += self._take(place, count - len(found))
        self._at += len(found)
        return found

    def readinto(self, buffer: memoryview) -> int:
        found = self.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)

    def _take(self, place: int, count: int) -> bytes:
        if self.trouble is not None:
            return b""
        try:
            return take(self._file, self._start + place, count)
        except Exception as trouble:  # a storage raises what it likes; it is raised again later
            self.trouble = trouble
            return b""

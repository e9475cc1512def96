"""Sealed files: encrypted in chunks, so that any part opens without the rest. Plain Python.

::

    header   36 bytes   magic "cpseal\\n" (7), version 1 (1), key id (8: how the SHA-256 of the key
                        begins), chunk size 65536 (4, big-endian), salt (16, random for each file)
    chunk               AES-256-GCM of 65536 plain bytes: as many sealed ones, then a tag (16)
    …                   the last chunk may be shorter; an empty file has one chunk, of a tag alone

A file has a key of its own: HKDF-SHA256 of the master key (32 bytes, given in URL-safe Base64) with
the file's salt. The nonce of a chunk is its number, from 0, in 12 bytes. Authenticated beside the
chunk are the header, the number (8 bytes) and one byte that says whether the chunk is the last: so
one that was altered, moved, taken from another file or left off at the end does not open. The plain
size follows from the sealed size, and is proven as soon as the last chunk is read.
"""

import base64
import hashlib
import io
import os
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

HEADER = struct.Struct(">7sB8sI16s")
CHUNK = 64 * 1024
TAG = 16
_MAGIC = b"cpseal\n"
_VERSION = 1
_PURPOSE = b"callportal sealed file 1"


class UnsealError(OSError):
    """What is stored does not open: no listed key fits, or it is not what was sealed."""


class RangeReader(io.RawIOBase):
    """A file of known size that is read, and sought, by fetching one range after another."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size
        self._at = 0

    def fetch(self, start: int, length: int) -> bytes | memoryview:
        """What stands at ``start``: at least one byte, at most ``length``."""
        raise NotImplementedError

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError(f"{base + offset} is before the first byte.")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        wanted = memoryview(buffer).cast("B")
        length = min(len(wanted), self._size - self._at)
        if length <= 0:
            return 0
        piece = self.fetch(self._at, length)
        wanted[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


class PieceReader(io.RawIOBase):
    """Pieces as a file that can be read once."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        super().__init__()
        self._pieces = iter(pieces)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        wanted = memoryview(buffer).cast("B")
        self._rest = self._rest or next(self._pieces, b"")
        piece, self._rest = self._rest[: len(wanted)], self._rest[len(wanted) :]
        wanted[: len(piece)] = piece
        return len(piece)


class _Lock:
    """The key of one file, and what every chunk of it is bound to."""

    def __init__(self, key: str, header: bytes) -> None:
        *_, salt = HEADER.unpack(header)
        derived = HKDF(SHA256(), length=32, salt=salt, info=_PURPOSE).derive(_master(key))
        self._cipher = AESGCM(derived)
        self._header = header

    def seal(self, number: int, plain: bytes, *, is_last: bool) -> bytes:
        return self._cipher.encrypt(*self._terms(number, plain, is_last))

    def open(self, number: int, sealed: bytes, *, is_last: bool) -> bytes:
        return self._cipher.decrypt(*self._terms(number, sealed, is_last))

    def _terms(self, number: int, chunk: bytes, is_last: bool) -> tuple[bytes, bytes, bytes]:
        bound = self._header + struct.pack(">Q?", number, is_last)
        return number.to_bytes(12, "big"), chunk, bound


def _master(key: str) -> bytes:
    return base64.urlsafe_b64decode(key)


def key_id(key: str) -> bytes:
    return hashlib.sha256(_master(key)).digest()[:8]


def sealed_with(beginning: bytes) -> str:
    """The id of the key that a file which begins like this was sealed with; empty: it is plain."""
    if len(beginning) < HEADER.size:
        return ""
    magic, version, used, *_ = HEADER.unpack(beginning[: HEADER.size])
    return used.hex() if (magic, version) == (_MAGIC, _VERSION) else ""


def seal(pieces: Iterable[bytes], key: str) -> Iterator[bytes]:
    """The sealed file, piece by piece; no more than a chunk and a piece is held at a time."""
    header = HEADER.pack(_MAGIC, _VERSION, key_id(key), CHUNK, os.urandom(16))
    yield header
    lock = _Lock(key, header)
    held = bytearray()
    number = 0
    for piece in pieces:
        held += piece
        while len(held) > CHUNK:  # a full chunk may still be the last, until one more byte comes
            yield lock.seal(number, bytes(held[:CHUNK]), is_last=False)
            del held[:CHUNK]
            number += 1
    yield lock.seal(number, bytes(held), is_last=True)


def plain_size(sealed_size: int, name: str) -> int:
    """How many bytes were sealed. Raises UnsealError for a size that no sealed file has."""
    chunks, rest = divmod(sealed_size - HEADER.size, CHUNK + TAG)
    if sealed_size < HEADER.size + TAG or 0 < rest < TAG or (rest == TAG and chunks):
        raise UnsealError(f"{name}: is not sealed, or was cut short.")
    return sealed_size - HEADER.size - TAG * (chunks + bool(rest))


class UnsealedReader(RangeReader):
    """The plain bytes of a sealed file; only those chunks are read and opened that are asked for.

    Raises UnsealError, with a sentence, instead of giving a byte that was not sealed.
    """

    def __init__(
        self,
        sealed: io.RawIOBase | io.BufferedIOBase,
        keys: Sequence[str],
        name: str,
        setting: str = "RECORDINGS_KEY",
    ) -> None:
        self._sealed = sealed
        self._name = name
        self._setting = setting
        self._sealed_size = sealed.seek(0, os.SEEK_END)
        super().__init__(plain_size(self._sealed_size, name))
        header = self._read(0, HEADER.size)
        self._lock = _Lock(self._fitting(header, keys), header)
        self._last = max(0, self._size - 1) // CHUNK
        self._held: tuple[int, bytes] = (-1, b"")
        if not self._size:
            self._chunk(0)  # nothing will be read, yet that it is empty has to be proven

    def fetch(self, start: int, length: int) -> memoryview:
        number, offset = divmod(start, CHUNK)
        if self._held[0] != number:
            self._held = (number, self._chunk(number))
        return memoryview(self._held[1])[offset : offset + length]

    def close(self) -> None:
        self._sealed.close()
        super().close()

    def _fitting(self, header: bytes, keys: Sequence[str]) -> str:
        magic, version, used, chunk, _ = HEADER.unpack(header)
        if (magic, version, chunk) != (_MAGIC, _VERSION, CHUNK):
            raise UnsealError(f"{self._name}: is not sealed, or its header was altered.")
        for key in keys:
            if key_id(key) == used:
                return key
        raise UnsealError(
            f"{self._name}: was sealed with key {used.hex()}, which {self._setting} does not list. "
            "Put back the key that sealed it."
        )

    def _chunk(self, number: int) -> bytes:
        start = HEADER.size + number * (CHUNK + TAG)
        sealed = self._read(start, min(CHUNK + TAG, self._sealed_size - start))
        try:
            return self._lock.open(number, sealed, is_last=number == self._last)
        except InvalidTag:
            raise UnsealError(
                f"{self._name}: chunk {number + 1} of {self._last + 1} is not what was sealed: "
                "the file was altered or cut short."
            ) from None

    def _read(self, start: int, length: int) -> bytes:
        """Exactly this range of the sealed file, which may come in several pieces."""
        self._sealed.seek(start)
        found = bytearray()
        while len(found) < length:
            piece = self._sealed.read(length - len(found))
            if not piece:
                raise UnsealError(f"{self._name}: was cut short while it was read.")
            found += piece
        return bytes(found)

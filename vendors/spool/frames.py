"""The format of a spool file: frames, one after another. Plain Python.

::

    marker     4 bytes  "CPS" and 1, the version
    length     4        of the payload (big-endian, like all of these)
    moment     8        microseconds since 1970: when the push came
    checksum   4        CRC-32 of length, moment and payload
    payload

A process that is killed, or a disk that is full, may leave the last frame torn. What was written
before it is whole. Where bytes in the middle are damaged, reading goes on at the next frame that
is whole, so that they cost no more than the frames that they are in.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap

MARKER = b"CPS\x01"
_HEAD = struct.Struct(">4sIQI")
_CHECKED = struct.Struct(">IQ")


@dataclass(frozen=True, slots=True)
class Frame:
    moment: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes that are no frame. At the end of a file they are one that was never finished."""

    start: int
    size: int
    is_torn_end: bool


def pack(moment: int, payload: bytes) -> bytes:
    return _HEAD.pack(MARKER, len(payload), moment, _checksum(moment, payload)) + payload


def read(data: bytes | mmap) -> Iterator[Frame | Damage]:
    """What stands in a file, in its order."""
    at = 0
    while at < len(data):
        frame = _at(data, at)
        if frame is not None:
            yield frame
            at += _HEAD.size + len(frame.payload)
            continue
        after = _next(data, at + 1)
        yield Damage(at, after - at, is_torn_end=after == len(data))
        at = after


def glance(data: bytes | mmap) -> Iterator[int]:
    """The moments of a file's frames, from their heads alone: quick, and not checked."""
    at = 0
    while at + _HEAD.size <= len(data):
        marker, length, moment, _ = _HEAD.unpack_from(data, at)
        at += _HEAD.size + length
        if marker != MARKER or at > len(data):
            return
        yield moment


def _at(data: bytes | mmap, start: int) -> Frame | None:
    """The frame that begins here, if a whole one does."""
    begin = start + _HEAD.size
    if begin > len(data):
        return None
    marker, length, moment, checksum = _HEAD.unpack_from(data, start)
    if marker != MARKER or begin + length > len(data):
        return None
    payload = data[begin : begin + length]
    return Frame(moment, payload) if _checksum(moment, payload) == checksum else None


def _next(data: bytes | mmap, start: int) -> int:
    """Where the next whole frame begins, or the end."""
    while (start := data.find(MARKER, start)) >= 0:
        if _at(data, start) is not None:
            return start
        start += 1
    return len(data)


def _checksum(moment: int, payload: bytes) -> int:
    return zlib.crc32(payload, zlib.crc32(_CHECKED.pack(len(payload), moment)))

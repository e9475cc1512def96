"""How loud a sound is from moment to moment: what a page draws as a waveform.

Decodes through libsndfile, so callers run it in a task process, on files of bounded size. Memory
is a few blocks whatever the length of the sound.

The stored form is binary, a fifth of the JSON, and a script reads it with one line,
``new Int8Array(buffer, 8)``: low and high of each stretch, one channel after the other. The eight
bytes before say: version, channels, flags (bit 0: whole), nothing, milliseconds (32 bits, little
endian).
"""

import struct
from dataclasses import dataclass
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from calls.sound.decoding import Block, Decoder, decoding

VERSION = 1
_HEADER = struct.Struct("<BBBxI")
_IS_WHOLE = 1

Peak = tuple[int, int]  # the lowest and the highest sample of a stretch, from -128 to 127


@dataclass(frozen=True, kw_only=True)
class Peaks:
    """Of each channel, stretches of equal length that cover ``milliseconds`` in all.

    ``is_whole`` is False where the sound breaks off: the file was cut short, or could be decoded
    only so far.
    """

    channels: tuple[tuple[Peak, ...], ...]
    milliseconds: int
    is_whole: bool

    def to_bytes(self) -> bytes:
        flags = _IS_WHOLE if self.is_whole else 0
        header = _HEADER.pack(VERSION, len(self.channels), flags, self.milliseconds)
        return header + np.array(self.channels, np.int8).tobytes()

    @classmethod
    def from_bytes(cls, stored: bytes) -> Self:
        if len(stored) < _HEADER.size or stored[0] != VERSION:
            raise ValueError(f"expected peaks of version {VERSION}, got {stored[:1].hex() or None}")
        _, channels, flags, milliseconds = _HEADER.unpack_from(stored)
        levels = np.frombuffer(stored, np.int8, offset=_HEADER.size)
        if channels == 0 or levels.size % (2 * channels):
            raise ValueError(f"expected pairs for {channels} channels, got {levels.size} numbers")
        return cls(
            channels=_pairs(levels.reshape(channels, -1, 2)),
            milliseconds=milliseconds,
            is_whole=bool(flags & _IS_WHOLE),
        )


def peaks(file: BinaryIO, buckets: int = 1200) -> Peaks:
    """The peaks of a sound in at most so many stretches; of a short one, a stretch a sample."""
    with decoding(file) as decoder:
        levels = _levels(decoder, min(buckets, decoder.frames))
        return Peaks(
            channels=_pairs(levels),
            milliseconds=decoder.decoded * 1000 // decoder.sample_rate,
            is_whole=decoder.has_all,
        )


def _levels(decoder: Decoder, buckets: int) -> NDArray[np.int8]:
    """Channels × stretches × (low, high), up to the last stretch that any sound fell into."""
    levels = np.zeros((decoder.channels, buckets, 2), np.float32)
    if buckets == 0:
        return levels.astype(np.int8)
    starts = np.arange(buckets, dtype=np.int64) * decoder.frames // buckets
    at = filled = 0
    for block in decoder.blocks():
        first = int(np.searchsorted(starts, at, "right")) - 1
        filled = int(np.searchsorted(starts, at + len(block), "left"))
        _widen(levels[:, first:filled], block, starts[first:filled] - at)
        at += len(block)
    scaled = np.rint(levels[:, :filled] * 128)
    return np.clip(scaled, -128, 127).astype(np.int8)


def _widen(levels: NDArray[np.float32], block: Block, starts: NDArray[np.int64]) -> None:
    """Let a block's samples push the levels apart. The first stretch may have begun before it."""
    cuts = np.maximum(starts, 0)
    lows = np.minimum.reduceat(block, cuts, axis=0).T
    highs = np.maximum.reduceat(block, cuts, axis=0).T
    has_begun = starts[0] < 0
    # A stretch that begins here starts from its own samples, not from silence.
    lows[:, 0] = np.minimum(lows[:, 0], levels[:, 0, 0]) if has_begun else lows[:, 0]
    highs[:, 0] = np.maximum(highs[:, 0], levels[:, 0, 1]) if has_begun else highs[:, 0]
    levels[:, :, 0] = lows
    levels[:, :, 1] = highs


def _pairs(levels: NDArray[np.int8]) -> tuple[tuple[Peak, ...], ...]:
    return tuple(tuple((low, high) for low, high in channel) for channel in levels.tolist())

"""Copies of a sound that every browser plays: PCM of sixteen bits in a WAV, at the same rate.

For sounds whose ``plays_in_browsers`` is False: A-law, µ-law and ADPCM, which telephone platforms
record, and files whose header gives no true length. Decodes through libsndfile, so callers run it
in a task process, on files of bounded size; memory is a few blocks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from calls.sound.decoding import Block, Decoder, decoding
from calls.sound.wav import LARGEST, pcm16_header


@dataclass(frozen=True, kw_only=True)
class Copy:
    """What was written. ``is_whole`` is False where the source breaks off before its end."""

    channels: int
    sample_rate: int
    frames: int
    is_whole: bool


def for_browsers(source: BinaryIO, into: BinaryIO) -> Copy:
    """Write all channels of a sound; ``into`` must be seekable, for the header comes last."""
    with decoding(source) as decoder:
        return _write(decoder, into, decoder.channels, lambda block: block)


def channel(source: BinaryIO, into: BinaryIO, index: int) -> Copy:
    """Write one channel alone: one party of a call, where each has a channel of its own."""
    with decoding(source) as decoder:
        if not 0 <= index < decoder.channels:
            raise ValueError(f"expected a channel below {decoder.channels}, got {index}")
        return _write(decoder, into, 1, lambda block: block[:, index])


def _write(
    decoder: Decoder, into: BinaryIO, channels: int, chosen: Callable[[Block], Block]
) -> Copy:
    start = into.tell()
    into.write(pcm16_header(channels, decoder.sample_rate, 0))
    written = 0
    is_whole = True
    for block in decoder.blocks():
        samples = np.clip(np.rint(chosen(block) * 32_768), -32_768, 32_767).astype("<i2").tobytes()
        if written + len(samples) > LARGEST:
            is_whole = False  # a WAV can hold no more
            break
        into.write(samples)
        written += len(samples)
    end = into.tell()
    into.seek(start)
    into.write(pcm16_header(channels, decoder.sample_rate, written))
    into.seek(end)
    return Copy(
        channels=channels,
        sample_rate=decoder.sample_rate,
        frames=written // (2 * channels),
        is_whole=is_whole and decoder.has_all,
    )

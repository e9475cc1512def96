"""Sound as numbers, a block at a time: the one place that knows soundfile and libsndfile.

libsndfile is C. Callers run in a task process and on files of bounded size; whatever the file
says of itself has been through ``recognise`` before the library sees it, and a WAV's header is
written anew. The library that soundfile brings along reads MP3, Vorbis and Opus.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np
import soundfile
from numpy.typing import NDArray

from calls.sound.base import LONGEST, MOST_CHANNELS, NotSoundError, Sound
from calls.sound.kinds import recognise
from calls.sound.mpeg import sound_starts_at
from calls.sound.reading import Stretch, size_of
from calls.sound.wav import as_written_well, read_wav

Block = NDArray[np.float32]  # frames × channels, from -1 to 1
BLOCK_FRAMES = 65_536
_PADDING = 1  # seconds that encoders may add or decoders drop


class Decoder:
    """A sound that is open for decoding. What it says of itself is the library's word."""

    def __init__(self, sound: Sound, opened: Any, stretch: Stretch) -> None:
        self.sound = sound
        self.channels: int = opened.channels
        self.sample_rate: int = opened.samplerate
        most = sound.frames if sound.media_type == "audio/wav" else LONGEST * self.sample_rate
        self.frames: int = min(opened.frames, most)
        self.decoded = 0
        self._opened = opened
        self._stretch = stretch

    @property
    def has_all(self) -> bool:
        """Nothing is missing: neither in the file, nor in what the library found or decoded."""
        is_as_long = self.decoded / self.sample_rate > self.sound.exact_seconds - _PADDING
        return self.sound.is_whole and self.decoded >= self.frames and is_as_long

    def blocks(self) -> Iterator[Block]:
        """The sound in order; ends early, without an error, where it cannot be decoded further.

        Each block is valid until the next. Trouble with the file itself is raised.
        """
        block = np.empty((BLOCK_FRAMES, self.channels), np.float32)
        while self.decoded < self.frames:
            count = self._read(block[: self.frames - self.decoded])
            if count == 0:
                return
            self.decoded += count
            found = np.nan_to_num(block[:count], copy=False, nan=0)
            yield np.clip(found, -1, 1, out=found)

    def _read(self, block: Block) -> int:
        try:
            count: int = self._opened.buffer_read_into(block, "float32")
        except soundfile.SoundFileRuntimeError:
            count = 0
        _raise_trouble(self._stretch)
        return count


@contextmanager
def decoding(file: BinaryIO) -> Iterator[Decoder]:
    """Open a sound; ``NotSoundError`` where its headers or the library refuse it."""
    sound = recognise(file)
    stretch = _stretch(file, sound)
    try:
        opened = soundfile.SoundFile(stretch)
    except soundfile.SoundFileRuntimeError as error:
        _raise_trouble(stretch)
        reason = getattr(error, "error_string", str(error))
        raise NotSoundError(f"expected {sound.codec} that can be decoded, got: {reason}") from None
    with opened:
        _raise_trouble(stretch)
        if not 1 <= opened.channels <= MOST_CHANNELS or opened.samplerate < 1:
            raise NotSoundError(f"expected {sound.codec} that can be decoded, got a broken header")
        yield Decoder(sound, opened, stretch)


def _stretch(file: BinaryIO, sound: Sound) -> Stretch:
    if sound.media_type == "audio/wav":
        return as_written_well(file, read_wav(file))
    start = sound_starts_at(file) if sound.media_type == "audio/mpeg" else 0
    return Stretch(file, start=start, length=size_of(file) - start)


def _raise_trouble(stretch: Stretch) -> None:
    if stretch.trouble is not None:
        raise stretch.trouble

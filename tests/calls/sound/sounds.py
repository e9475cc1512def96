"""Small sounds of every kind that the portal meets, made in code."""

import io
import struct
from functools import cache
from typing import BinaryIO

import numpy as np
import soundfile
from numpy.typing import NDArray

RATE = 8000
ENCODINGS = {  # our word for the codec → container and codec as libsndfile writes them
    "pcm8": ("WAV", "PCM_U8"),
    "pcm16": ("WAV", "PCM_16"),
    "pcm24": ("WAV", "PCM_24"),
    "pcm32": ("WAV", "PCM_32"),
    "float32": ("WAV", "FLOAT"),
    "alaw": ("WAV", "ALAW"),
    "ulaw": ("WAV", "ULAW"),
    "ima_adpcm": ("WAV", "IMA_ADPCM"),
    "ms_adpcm": ("WAV", "MS_ADPCM"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "vorbis": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
}


def tones(seconds: float, channels: int = 2) -> NDArray[np.float32]:
    """Half as loud as can be, each channel at its own pitch."""
    times = np.arange(round(seconds * RATE)) / RATE
    voices = [np.sin(2 * np.pi * 220 * (1 + place) * times) / 2 for place in range(channels)]
    return np.stack(voices, axis=1).astype(np.float32)


@cache
def encoded(codec: str, seconds: float = 2.5, channels: int = 2) -> bytes:
    return written(tones(seconds, channels), codec)


def written(samples: NDArray[np.float32], codec: str) -> bytes:
    container, subtype = ENCODINGS[codec]
    file = io.BytesIO()
    soundfile.write(file, samples, RATE, format=container, subtype=subtype)
    return file.getvalue()


def read_back(file: BinaryIO) -> NDArray[np.float32]:
    """What another reader makes of a file, as frames × channels."""
    file.seek(0)
    samples: NDArray[np.float32] = soundfile.read(file, dtype="float32", always_2d=True)[0]
    return samples


def wav(
    *,
    tag: int = 6,
    channels: int = 2,
    rate: int = RATE,
    block: int = 2,
    bits: int = 8,
    sound: bytes = b"\xd5" * 1600,
    promised: int | None = None,
    outer: int | None = None,
    before: bytes = b"",
) -> bytes:
    """A WAV that may lie: ``promised`` and ``outer`` stand where its true sizes should."""
    form = struct.pack("<HHIIHH", tag, channels, rate, rate * block % 2**32, block, bits)
    length = len(sound) if promised is None else promised
    body = b"WAVE" + chunk(b"fmt ", form) + before + struct.pack("<4sI", b"data", length) + sound
    return b"RIFF" + struct.pack("<I", len(body) if outer is None else outer) + body


def chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content

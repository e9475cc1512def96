"""Small sound files as Huawei's recordings are: WAV, G.711 A-law, 8 kHz, eight bits a sample.

Two channels hold one party each, with a tone of its own, so that one hears which is which.
"""

import math
import struct
from functools import cache

A_LAW = 6  # the format's number in a WAV file
RATE = 8000
TONES = (440, 660)  # hertz: the caller left, the callee right
LOUDNESS = 8000  # of 32767
_SEGMENT_ENDS = (0x1F, 0x3F, 0x7F, 0xFF, 0x1FF, 0x3FF, 0x7FF, 0xFFF)


@cache
def recording(seconds: int = 3, channels: int = 2) -> bytes:
    """A WAV file of that length with a tone a channel."""
    frames = RATE * seconds
    voices = [_tone(hertz) for hertz in TONES[:channels]]
    data = bytes(voice[at % RATE] for at in range(frames) for voice in voices)
    form = struct.pack("<HHIIHHH", A_LAW, channels, RATE, RATE * channels, channels, 8, 0)
    fact = struct.pack("<I", frames)
    body = b"WAVE" + _chunk(b"fmt ", form) + _chunk(b"fact", fact) + _chunk(b"data", data)
    return _chunk(b"RIFF", body)


def _tone(hertz: int) -> bytes:
    """One second; tones of whole hertz go on without a click."""
    turn = 2 * math.pi * hertz / RATE
    return bytes(a_law(round(LOUDNESS * math.sin(turn * at))) for at in range(RATE))


def a_law(sample: int) -> int:
    """A linear sample of 16 bits as G.711 writes it: sign, segment, step; even bits inverted."""
    size = sample >> 3
    mask = 0xD5
    if size < 0:
        mask, size = 0x55, -size - 1
    segment = sum(size > end for end in _SEGMENT_ENDS[:-1])
    step = size >> max(1, segment) & 0xF
    return (segment << 4 | step) ^ mask


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)

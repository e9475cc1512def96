"""WAV files: read with distrust, and written anew so that decoders and browsers meet a true header.

What recorders get wrong, and what is made of it here: a data chunk that promises more than there is
(the sound is not whole), one that promises nothing or two or four gigabytes (it was streamed: the
sound goes to the end of the file), block sizes and bits a sample that contradict the codec (the
codec is right). Telephone platforms record A-law and µ-law, which no browser plays.
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from calls.sound.base import NotSoundError, Sound, check_shape
from calls.sound.reading import Stretch, size_of, take

PCM, MS_ADPCM, FLOAT, A_LAW, MU_LAW, IMA_ADPCM, GSM, EXTENSIBLE = 1, 2, 3, 6, 7, 0x11, 0x31, 0xFFFE
LARGEST = 0xFFFF_0000  # bytes of sound: sizes are 32 bits, and the header needs a few
_SUBFORMAT = bytes.fromhex("000000001000800000aa00389b71")  # after the codec's number
_MOST_CHUNKS = 200
_MOST_FRAMES = 0xFFFF  # frames a block, in sixteen bits
_STREAMED_FROM = 0x7FFF_F000  # sox writes this; others 0x7FFFFFFF, 0x80000000 or 0xFFFFFFFF
_MS_COEFFICIENTS = (256, 0, 512, -256, 0, 0, 192, 64, 240, 0, 460, -208, 392, -232)

_WORDS: Mapping[tuple[int, int], tuple[str, int]] = {
    # codec and bits a sample as written → our word, bits a sample in truth (0: goes by blocks)
    (PCM, 8): ("pcm8", 8),
    (PCM, 16): ("pcm16", 16),
    (PCM, 24): ("pcm24", 24),
    (PCM, 32): ("pcm32", 32),
    (FLOAT, 32): ("float32", 32),
}
_WORDS_WHATEVER_BITS: Mapping[int, tuple[str, int]] = {
    A_LAW: ("alaw", 8),
    MU_LAW: ("ulaw", 8),
    MS_ADPCM: ("ms_adpcm", 0),
    IMA_ADPCM: ("ima_adpcm", 0),
    GSM: ("gsm", 0),
}
_FRAMES_A_BLOCK: Mapping[int, Callable[[int, int], int]] = {
    MS_ADPCM: lambda block, channels: (block // channels - 7) * 2 + 2,
    IMA_ADPCM: lambda block, channels: 0 if block % (4 * channels) else block // channels * 2 - 7,
    GSM: lambda block, channels: 320 if (block, channels) == (65, 1) else 0,
}
_PLAYED = {"pcm8", "pcm16"}


@dataclass(frozen=True, kw_only=True)
class Form:
    """How the samples are written. ``block`` bytes hold ``frames_a_block``."""

    tag: int
    codec: str
    channels: int
    sample_rate: int
    bits: int
    block: int
    frames_a_block: int


@dataclass(frozen=True, kw_only=True)
class Wav:
    form: Form
    start: int
    length: int  # whole blocks that are there, in bytes
    frames: int
    is_whole: bool
    is_streamed: bool

    @property
    def sound(self) -> Sound:
        """What browsers play is left to them only where the header's sizes are true."""
        has_true_header = self.is_whole and not self.is_streamed
        return Sound(
            media_type="audio/wav",
            codec=self.form.codec,
            channels=self.form.channels,
            sample_rate=self.form.sample_rate,
            frames=self.frames,
            plays_in_browsers=self.form.codec in _PLAYED and has_true_header,
            is_whole=self.is_whole,
            is_streamed=self.is_streamed,
        )


def is_wav(head: bytes) -> bool:
    return head[:4] == b"RIFF" and head[8:12] == b"WAVE"


def read_wav(file: BinaryIO) -> Wav:
    """Walk the chunks up to the sound; what stands behind it is nobody's concern."""
    size = size_of(file)
    riff = int.from_bytes(take(file, 4, 4), "little")
    place, form, fact = 12, None, 0
    for _ in range(_MOST_CHUNKS):
        name, promised = struct.unpack("<4sI", take(file, place, 8).ljust(8, b"\0"))
        place += 8
        if place > size:
            raise NotSoundError("expected sound in the WAV, got an end within its headers")
        if name == b"fmt ":
            form = _read_form(take(file, place, min(promised, 40)))
        elif name == b"fact":
            fact = int.from_bytes(take(file, place, 4), "little")
        elif name == b"data":
            if form is None:
                raise NotSoundError('expected a "fmt " chunk before the WAV\'s sound, got none')
            return _read_extent(form, fact, place, promised, size, says_all=riff + 8 == size)
        place += promised + promised % 2
    raise NotSoundError(f'expected a "data" chunk in the WAV, got {_MOST_CHUNKS} others')


def _read_form(chunk: bytes) -> Form:
    if len(chunk) < 16:
        raise NotSoundError(f'expected a WAV\'s "fmt " of 16 bytes, got {len(chunk)}')
    tag, channels, rate, _, block, bits = struct.unpack("<HHIIHH", chunk[:16])
    if tag == EXTENSIBLE and chunk[26:40] == _SUBFORMAT:
        tag = int.from_bytes(chunk[24:26], "little")
    word = _WORDS_WHATEVER_BITS.get(tag) or _WORDS.get((tag, bits))
    if word is None:
        raise NotSoundError(
            "expected a WAV with PCM, A-law, µ-law, ADPCM or GSM, "
            f"got one with codec {tag} of {bits} bits"
        )
    check_shape("WAV", channels, rate)
    codec, bits = word
    if bits:
        block = channels * bits // 8
    frames = 1 if bits else _FRAMES_A_BLOCK[tag](block, channels)
    if not 1 <= frames <= _MOST_FRAMES:
        raise NotSoundError(f"expected a WAV with blocks that fit {codec}, got {block} bytes")
    return Form(
        tag=tag,
        codec=codec,
        channels=channels,
        sample_rate=rate,
        bits=bits,
        block=block,
        frames_a_block=frames,
    )


def _read_extent(
    form: Form, fact: int, start: int, promised: int, size: int, *, says_all: bool
) -> Wav:
    """How much sound there is. ``says_all``: the file's outer size is true, so an inner 0 is."""
    there = size - start
    is_streamed = promised > there and promised >= _STREAMED_FROM
    is_streamed = is_streamed or (promised == 0 and there > 0 and not says_all)
    length = min(there if is_streamed else min(promised, there), LARGEST)
    blocks = length // form.block
    frames = blocks * form.frames_a_block
    if frames - form.frames_a_block < fact < frames:
        frames = fact  # the last block of an ADPCM file is filled up
    return Wav(
        form=form,
        start=start,
        length=blocks * form.block,
        frames=frames,
        is_whole=is_streamed or promised <= there,
        is_streamed=is_streamed,
    )


def as_written_well(file: BinaryIO, wav: Wav) -> Stretch:
    """The same sound behind a header without surprises."""
    header = written_header(wav.form, wav.length, wav.frames)
    return Stretch(file, start=wav.start, length=wav.length, header=header)


def pcm16_header(channels: int, sample_rate: int, length: int) -> bytes:
    form = Form(
        tag=PCM,
        codec="pcm16",
        channels=channels,
        sample_rate=sample_rate,
        bits=16,
        block=channels * 2,
        frames_a_block=1,
    )
    return written_header(form, length, 0)


def written_header(form: Form, length: int, frames: int) -> bytes:
    """Everything up to the first byte of sound."""
    each_second = form.sample_rate * form.block // form.frames_a_block
    described = struct.pack(
        "<HHIIHH",
        form.tag,
        form.channels,
        form.sample_rate,
        each_second,
        form.block,
        form.bits or (0 if form.tag == GSM else 4),
    )
    chunks = _chunk(b"fmt ", described + _extension(form))
    if form.tag != PCM:
        chunks += _chunk(b"fact", struct.pack("<I", min(frames, 0xFFFF_FFFF)))
    outer = len(chunks) + 12 + length
    return (
        b"RIFF" + struct.pack("<I", outer) + b"WAVE" + chunks + struct.pack("<4sI", b"data", length)
    )


def _extension(form: Form) -> bytes:
    if form.tag == PCM:
        return b""
    if form.bits:
        return struct.pack("<H", 0)
    if form.tag == MS_ADPCM:
        return struct.pack("<HHH14h", 32, form.frames_a_block, 7, *_MS_COEFFICIENTS)
    return struct.pack("<HH", 2, form.frames_a_block)


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content

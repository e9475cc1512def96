"""MP3 files, by their frames: no header says how long one is, and some that do are wrong.

The frames are counted by walking them, reading four bytes of each: quick enough for hours, true for
a changing bit rate, and independent of the decoder. A first frame named Xing, Info or VBRI holds no
sound but a count of frames, which tells whether the file is whole.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO

from calls.sound.base import NotSoundError, Sound
from calls.sound.reading import size_of, take

_RATES = (44_100, 48_000, 32_000)  # of version 1
_VERSION_1 = 3  # as its two bits say it; twice the samples a frame of the versions after it
_SLOWER = {_VERSION_1: 1, 2: 2, 0: 4}  # the version's bits → what its rates are divided by
_BIT_RATES_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_BIT_RATES_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_MONO = 3
_ENCODERS = {b"LAME", b"Lavf", b"Lavc"}  # who say how much silence they put around the sound
_LAYER_3 = 1
_BLOCK = 65_536
_MOST_TAGS = 4
_MOST_JUNK = 65_536  # bytes in all between frames before we stop looking for more
_MOST_PADDING = 4096  # bytes between a tag and the first frame
_FRAMES_TO_BELIEVE = 3


@dataclass(frozen=True)
class Frame:
    version: int
    sample_rate: int
    channels: int
    length: int

    @property
    def samples(self) -> int:
        return 1152 if self.version == _VERSION_1 else 576

    def continues(self, other: "Frame") -> bool:
        """Bit rate and joint stereo may change on the way; these may not."""
        return (self.version, self.sample_rate) == (other.version, other.sample_rate)


@dataclass(frozen=True, kw_only=True)
class _Count:
    promised: int  # frames
    unheard: int = 0  # samples that only fill the first and the last frames


@lru_cache(maxsize=4096)
def frame(header: bytes) -> Frame | None:
    """What the four bytes before a frame say; None where they are no such header."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return None
    version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
    bit_rate, rate = header[2] >> 4, header[2] >> 2 & 3
    if layer != _LAYER_3 or version not in _SLOWER or bit_rate in {0, 15} or rate == 3:
        return None
    rate = _RATES[rate] // _SLOWER[version]
    is_long = version == _VERSION_1
    bits = (_BIT_RATES_1 if is_long else _BIT_RATES_2)[bit_rate] * 1000
    length = (144 if is_long else 72) * bits // rate + (header[2] >> 1 & 1)
    return Frame(version, rate, 1 if header[3] >> 6 == _MONO else 2, length)


class _Headers:
    """Four bytes anywhere in a file, read a block at a time."""

    def __init__(self, file: BinaryIO) -> None:
        self.size = size_of(file)
        self._file = file
        self._start = 0
        self._block = b""

    def at(self, place: int) -> bytes:
        offset = place - self._start
        if not 0 <= offset <= len(self._block) - 4:
            self._start, offset = place, 0
            self._block = take(self._file, place, _BLOCK)
        return self._block[offset : offset + 4]


def is_mp3(file: BinaryIO) -> bool:
    """An ID3 tag, or frames that follow one another from the first byte on."""
    return take(file, 0, 3) == b"ID3" or _first_frame(_Headers(file), 0) is not None


def read_mp3(file: BinaryIO) -> Sound:
    headers = _Headers(file)
    place, first = _beginning(file, headers)
    count = _count_in(take(file, place, min(first.length, 200)), first)
    found, is_cut = _walk(headers, place, first)
    if count is None:
        count = _Count(promised=0)
    else:
        found -= 1  # the frame that holds the count
    return Sound(
        media_type="audio/mpeg",
        codec="mp3",
        channels=first.channels,
        sample_rate=first.sample_rate,
        frames=max(0, found * first.samples - count.unheard),
        plays_in_browsers=True,
        is_whole=not is_cut and found >= count.promised,
    )


def sound_starts_at(file: BinaryIO) -> int:
    """The place of the first frame, behind tags that the decoder had better not see."""
    return _beginning(file, _Headers(file))[0]


def _beginning(file: BinaryIO, headers: _Headers) -> tuple[int, Frame]:
    start = _end_of_tags(file)
    for place in range(start, min(start + _MOST_PADDING, headers.size)):
        if (first := _first_frame(headers, place)) is not None:
            return place, first
    raise NotSoundError("expected MP3 frames behind the ID3 tag, got none")


def _end_of_tags(file: BinaryIO) -> int:
    """Where the ID3 tags end; their length is written in seven bits a byte."""
    end = 0
    for _ in range(_MOST_TAGS):
        head = take(file, end, 10)
        if len(head) < 10 or head[:3] != b"ID3":
            break
        length = 0
        for part in head[6:10]:
            length = length << 7 | part & 0x7F
        end += 10 + length + (10 if head[5] & 0x10 else 0)
    return end


def _first_frame(headers: _Headers, place: int) -> Frame | None:
    """The frame at a place, if more like it follow, or the file's end after at least one more."""
    first = following = frame(headers.at(place))
    for seen in range(1, _FRAMES_TO_BELIEVE):
        if first is None or following is None:
            return None
        place += following.length
        if place >= headers.size:
            return first if seen > 1 else None
        following = frame(headers.at(place))
        if following is None or not following.continues(first):
            return None
    return first


def _count_in(beginning: bytes, first: Frame) -> _Count | None:
    """What the first frame says of those that follow, if it is there to say that."""
    beginning = beginning.ljust(200, b"\0")
    if beginning[36:40] == b"VBRI":
        return _Count(promised=int.from_bytes(beginning[50:54], "big"))
    is_long, is_mono = first.version == _VERSION_1, first.channels == 1
    at = 4 + ((17 if is_mono else 32) if is_long else (9 if is_mono else 17))
    if beginning[at : at + 4] not in {b"Xing", b"Info"}:
        return None
    flags = int.from_bytes(beginning[at + 4 : at + 8], "big")
    promised = int.from_bytes(beginning[at + 8 : at + 12], "big") if flags & 1 else 0
    encoder = beginning[at + 120 : at + 144]
    if flags != 0xF or encoder[:4] not in _ENCODERS:
        return _Count(promised=promised)
    padding = int.from_bytes(encoder[21:24], "big")  # twelve bits before, twelve bits behind
    return _Count(promised=promised, unheard=(padding >> 12) + (padding & 0xFFF))


def _walk(headers: _Headers, place: int, first: Frame) -> tuple[int, bool]:
    """Whole frames from a place on, and whether the last one is cut off by the file's end."""
    found = junk = 0
    lengths: dict[bytes, int] = {}  # of headers already met: hours have 300,000 frames, few headers
    while place + 4 <= headers.size and junk < _MOST_JUNK:
        header = headers.at(place)
        length = lengths.get(header)
        if length is None:
            current = frame(header)
            if current is None or not current.continues(first):
                place, junk = place + 1, junk + 1
                continue
            length = lengths[header] = current.length
        if place + length > headers.size:
            # Behind junk, such as a tag at the end, four bytes may look like a frame by chance.
            return found, junk == 0
        found, place = found + 1, place + length
    return found, False

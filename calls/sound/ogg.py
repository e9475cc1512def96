"""OGG files: the first page says what is inside, the last one where it ends.

A page that is cut off, or a last page that is not marked as the last, means that there was to be
more. Vorbis counts samples at its own rate; Opus always counts 48,000 a second and says how many at
the beginning are not to be heard.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from calls.sound.base import NotSoundError, Sound, check_shape
from calls.sound.reading import size_of, take

OPUS_RATE = 48_000
_LARGEST_PAGE = 27 + 255 + 255 * 255
_IS_LAST = 4
_NOWHERE = -1  # no packet ends on this page
_HEADER = struct.Struct("<4sBBqIIIB")


@dataclass(frozen=True, kw_only=True)
class _Page:
    flags: int
    position: int
    stream: int
    content: int  # where it begins, from the page's first byte
    length: int


@dataclass(frozen=True, kw_only=True)
class _Codec:
    word: str
    channels: int
    sample_rate: int
    unheard: int = 0


def is_ogg(head: bytes) -> bool:
    return head[:4] == b"OggS"


def read_ogg(file: BinaryIO) -> Sound:
    beginning = take(file, 0, _LARGEST_PAGE)
    first = _page(beginning)
    if first is None or first.length > len(beginning):
        raise NotSoundError("expected a whole first page of an OGG, got an end or a fault in it")
    codec = _codec(beginning[first.content : first.length])
    check_shape("OGG", codec.channels, codec.sample_rate)
    size = size_of(file)
    # One page may be cut off at the end; the one before it begins within two pages of there.
    start = max(0, size - 2 * _LARGEST_PAGE)
    ours = [
        page
        for page in _pages(take(file, start, size - start))
        if page.stream == first.stream and page.position != _NOWHERE
    ]
    end = max((page.position for page in ours), default=0)
    return Sound(
        media_type="audio/ogg",
        codec=codec.word,
        channels=codec.channels,
        sample_rate=codec.sample_rate,
        frames=max(0, end - codec.unheard),
        plays_in_browsers=True,
        is_whole=any(page.flags & _IS_LAST for page in ours),
    )


def _pages(stretch: bytes) -> Iterator[_Page]:
    """The whole pages in a stretch of a file that may begin within one."""
    at = stretch.find(b"OggS")
    while at >= 0:
        page = _page(stretch[at : at + 282])
        is_whole = page is not None and at + page.length <= len(stretch)
        if page is not None and is_whole:
            yield page
        at = stretch.find(b"OggS", at + (page.length if page is not None and is_whole else 1))


def _page(head: bytes) -> _Page | None:
    if len(head) < _HEADER.size:
        return None
    magic, version, flags, position, stream, _, _, segments = _HEADER.unpack_from(head)
    content = _HEADER.size + segments
    if magic != b"OggS" or version != 0 or len(head) < content:
        return None
    length = content + sum(head[_HEADER.size : content])
    return _Page(flags=flags, position=position, stream=stream, content=content, length=length)


def _codec(packet: bytes) -> _Codec:
    if packet[:7] == b"\x01vorbis" and len(packet) >= 16:
        channels, rate = struct.unpack_from("<BI", packet, 11)
        return _Codec(word="vorbis", channels=channels, sample_rate=rate)
    if packet[:8] == b"OpusHead" and len(packet) >= 12:
        channels, unheard = struct.unpack_from("<BH", packet, 9)
        return _Codec(word="opus", channels=channels, sample_rate=OPUS_RATE, unheard=unheard)
    shown = packet[:8].decode("ascii", "replace")
    raise NotSoundError(f"expected Vorbis or Opus in the OGG, got {shown!a}")

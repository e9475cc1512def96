"""Whatever the bytes are, the answer is a sound or a refusal, soon and in little memory."""

import io
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls.sound.kinds import NotSoundError, Sound, recognise
from calls.sound.peaks import Peaks, peaks
from calls.sound.playing import Copy, for_browsers
from tests.calls.sound.sounds import ENCODINGS, chunk, encoded, wav

patient = settings(deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
BEGINNINGS = [
    b"",
    b"RIFF",
    b"RIFF\xff\xff\xff\xffWAVE",
    wav()[:36],
    wav(),
    b"ID3\x04\x00\x00\x00\x00\x00\x00",
    b"\xff\xfb\x90\x64",
    encoded("mp3")[:400],
    b"OggS\x00\x02",
    encoded("vorbis")[:60],
    encoded("opus")[:60],
]
EDGES = st.sampled_from([0, 1, 0x7F, 0x80, 0xFF])


def outcome(content: bytes) -> Sound | NotSoundError:
    try:
        return recognise(io.BytesIO(content))
    except NotSoundError as refusal:
        return refusal


def decoded(content: bytes) -> Peaks | NotSoundError:
    try:
        return peaks(io.BytesIO(content), buckets=50)
    except NotSoundError as refusal:
        return refusal


def copied(content: bytes) -> Copy | NotSoundError:
    try:
        return for_browsers(io.BytesIO(content), io.BytesIO())
    except NotSoundError as refusal:
        return refusal


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A real file with some bytes changed, and now and then an end too soon."""
    content = bytearray(encoded(draw(st.sampled_from(sorted(ENCODINGS))), 0.3))
    places = st.one_of(st.integers(0, 100), st.integers(0, len(content) - 1))
    for place in draw(st.lists(places, max_size=12)):
        content[place] = draw(st.one_of(EDGES, st.integers(0, 255)))
    return bytes(content[: draw(st.one_of(st.none(), st.integers(0, len(content))))])


@patient
@given(st.sampled_from(BEGINNINGS), st.binary(max_size=2000))
def test_any_bytes_behind_any_beginning_are_a_sound_or_none(beginning: bytes, rest: bytes) -> None:
    assert isinstance(outcome(beginning + rest), Sound | NotSoundError)


@patient
@given(mutated())
def test_a_damaged_file_is_a_sound_or_none(content: bytes) -> None:
    assert isinstance(outcome(content), Sound | NotSoundError)


@patient
@given(mutated())
def test_a_damaged_file_has_peaks_or_is_refused(content: bytes) -> None:
    assert isinstance(decoded(content), Peaks | NotSoundError)


@patient
@given(mutated())
def test_a_damaged_file_is_copied_or_refused(content: bytes) -> None:
    assert isinstance(copied(content), Copy | NotSoundError)


@patient
@given(mutated())
def test_peaks_of_a_damaged_file_can_be_stored(content: bytes) -> None:
    found = decoded(content)

    assert isinstance(found, NotSoundError) or Peaks.from_bytes(found.to_bytes()) == found


@patient
@given(
    st.sampled_from([1, 2, 3, 6, 7, 0x11, 0x31, 0x55, 0xFFFE]),
    st.sampled_from([0, 1, 2, 8, 9, 65535]),
    st.sampled_from([0, 1, 8000, 384_000, 2**32 - 1]),
    st.sampled_from([0, 1, 4, 7, 65, 256, 65532, 65535]),
    st.sampled_from([0, 1, 4, 8, 12, 16, 24, 32, 65535]),
    st.sampled_from([None, 0, 1, 1599, 2**31, 2**32 - 1]),
)
def test_a_header_of_odd_numbers_is_a_sound_or_none(
    tag: int, channels: int, rate: int, block: int, bits: int, promised: int | None
) -> None:
    content = wav(tag=tag, channels=channels, rate=rate, block=block, bits=bits, promised=promised)

    assert isinstance(decoded(content), Peaks | NotSoundError)


@pytest.mark.parametrize(
    "content",
    [
        b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + b"\0" * 100,
        b"\xff" * 3_000_000,
        encoded("mp3") + b"\xff" * 3_000_000,
        encoded("mp3") + b"\xff\xf3\x18\xc4" * 500_000,
        b"OggS" * 500_000,
        encoded("opus") + b"OggS" * 500_000,
        b"RIFF\xff\xff\xff\xffWAVE" + chunk(b"junk", b"") * 300_000,
        wav(before=struct.pack("<4sI", b"LIST", 2**32 - 1)),
    ],
    ids=[
        "a tag of 256 MB",
        "sync bits only",
        "sync bits behind sound",
        "headers behind sound",
        "page marks only",
        "page marks behind sound",
        "chunks without end",
        "a chunk of 4 GB",
    ],
)
def test_a_file_made_to_cost_time_is_answered(content: bytes) -> None:
    assert isinstance(outcome(content), Sound | NotSoundError)

"""Peaks follow the sound's loudness, in bounded memory, through damage and breaks."""

import io
import tracemalloc

import numpy as np
import pytest

from calls.sound.kinds import NotSoundError
from calls.sound.peaks import Peaks, peaks
from tests.calls.sound.sounds import ENCODINGS, RATE, encoded, tones, wav, written

MEGABYTE = 1 << 20


def peaks_of(content: bytes, buckets: int = 1200) -> Peaks:
    return peaks(io.BytesIO(content), buckets)


@pytest.mark.parametrize("codec", ENCODINGS)
def test_a_tone_of_half_the_loudness_fills_half_the_height(codec: str) -> None:
    middle = peaks_of(encoded(codec), buckets=10).channels[0][5]

    assert middle == pytest.approx((-64, 64), abs=6)


@pytest.mark.parametrize("codec", ENCODINGS)
def test_a_sound_in_good_order_is_whole(codec: str) -> None:
    assert peaks_of(encoded(codec)).is_whole


@pytest.mark.parametrize("codec", ENCODINGS)
def test_the_stretches_cover_the_sound(codec: str) -> None:
    assert peaks_of(encoded(codec)).milliseconds == pytest.approx(2500, abs=250)


def test_channels_have_peaks_of_their_own() -> None:
    samples = tones(1)
    samples[:, 1] = 0

    left, right = peaks_of(written(samples, "pcm16"), buckets=4).channels

    assert (left[0], right[0]) == ((-64, 64), (0, 0))


def test_a_click_shows_in_its_stretch_alone() -> None:
    samples = np.zeros((200_000, 1), np.float32)
    samples[150_000] = -1

    found = peaks_of(written(samples, "pcm16"), buckets=100).channels[0]

    assert [place for place, peak in enumerate(found) if peak != (0, 0)] == [75]


def test_peaks_are_those_of_the_whole_sound_read_at_once() -> None:
    noise = np.random.default_rng(1).uniform(-1, 1, (150_000, 1)).astype(np.float32)
    stretches = np.array_split(noise[:, 0], 7)
    expected = [(s.min() * 128, min(s.max() * 128, 127)) for s in stretches]

    found = peaks_of(written(noise, "float32"), buckets=7).channels[0]

    assert np.allclose(found, expected, atol=0.51)


def test_a_stretch_that_never_reaches_silence_does_not_show_it() -> None:
    samples = np.full((1000, 1), 0.5, np.float32)

    assert peaks_of(written(samples, "pcm16"), buckets=2).channels[0] == ((64, 64), (64, 64))


def test_a_short_sound_has_a_stretch_a_sample() -> None:
    assert len(peaks_of(wav(sound=b"\xd5" * 14)).channels[0]) == 7


def test_an_empty_sound_has_no_stretches() -> None:
    assert peaks_of(wav(sound=b"")).channels == ((), ())


def test_a_file_cut_short_has_peaks_of_what_is_there() -> None:
    found = peaks_of(encoded("alaw")[:-RATE])

    assert (found.is_whole, found.milliseconds) == (False, 2000)


def test_sound_that_cannot_be_decoded_further_has_peaks_so_far() -> None:
    content = encoded("vorbis", seconds=20)
    broken = content[: len(content) // 2] + b"\0" * 40_000 + content[-4000:]

    found = peaks_of(broken)

    assert (found.is_whole, 0 < found.milliseconds < 20_000) == (False, True)


def test_a_sound_far_shorter_than_its_last_page_says_is_not_whole() -> None:
    content = bytearray(encoded("vorbis"))
    last = content.rindex(b"OggS")
    content[last + 6 : last + 14] = (RATE * 3600).to_bytes(8, "little")

    assert not peaks_of(bytes(content)).is_whole


def test_numbers_that_are_no_samples_are_silence_or_as_loud_as_can_be() -> None:
    samples = np.array([[np.nan], [np.inf], [-3e38]], np.float32)

    assert peaks_of(written(samples, "float32")).channels == (((0, 0), (127, 127), (-128, -128)),)


def test_what_is_stored_comes_back() -> None:
    found = peaks_of(encoded("alaw"))

    assert Peaks.from_bytes(found.to_bytes()) == found


def test_the_stored_form_is_small() -> None:
    assert len(peaks_of(encoded("alaw")).to_bytes()) == 8 + 1200 * 2 * 2


def test_the_stored_form_is_laid_out_as_scripts_read_it() -> None:
    found = Peaks(channels=(((-1, 2), (-3, 4)),), milliseconds=258, is_whole=True)

    assert found.to_bytes() == bytes([1, 1, 1, 0, 2, 1, 0, 0, 255, 2, 253, 4])


@pytest.mark.parametrize("stored", [b"", b"\x01", b"\x02" * 12, b"\x01\x02\x01\0\0\0\0\0\0\0\0"])
def test_strange_bytes_are_no_peaks(stored: bytes) -> None:
    with pytest.raises(ValueError, match="expected"):
        Peaks.from_bytes(stored)


def test_what_is_no_sound_has_no_peaks() -> None:
    with pytest.raises(NotSoundError):
        peaks_of(b"<html>")


def test_an_ogg_that_the_library_refuses_has_no_peaks() -> None:
    content = encoded("vorbis")
    refused = content.replace(b"\x05vorbis", b"\x05sibrov")

    with pytest.raises(NotSoundError, match="expected vorbis that can be decoded"):
        peaks_of(refused)


def test_memory_does_not_grow_with_the_sound() -> None:
    file = io.BytesIO(wav(sound=b"\xd5" * (20 * 60 * RATE * 2)))

    tracemalloc.start()
    peaks(file)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 4 * MEGABYTE


class BrokenStorage(io.BytesIO):
    """A file whose bytes cannot be had any more from a place on."""

    def read(self, count: int | None = -1, /) -> bytes:
        if self.tell() > 10_000:
            raise ConnectionError("the storage is gone")
        return super().read(count)


def test_trouble_with_the_storage_is_not_taken_for_a_broken_sound() -> None:
    with pytest.raises(ConnectionError):
        peaks(BrokenStorage(encoded("alaw")))

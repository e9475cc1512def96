"""Copies sound like their source and play in every browser."""

import io
from collections.abc import Callable
from tempfile import SpooledTemporaryFile, TemporaryFile
from typing import IO, BinaryIO, cast

import numpy as np
import pytest
from django.core.files.base import ContentFile, File

from calls.sound.kinds import NotSoundError, recognise
from calls.sound.playing import channel, for_browsers
from tests.calls.sound.sounds import ENCODINGS, encoded, read_back, tones, wav
from vendors.simulator.huawei_platform.sound import recording


def copied(content: bytes) -> io.BytesIO:
    copy = io.BytesIO()
    for_browsers(io.BytesIO(content), copy)
    return copy


@pytest.mark.parametrize("codec", ENCODINGS)
def test_a_copy_plays_in_browsers(codec: str) -> None:
    assert recognise(copied(encoded(codec))).plays_in_browsers


@pytest.mark.parametrize("codec", ["alaw", "ulaw", "pcm24", "pcm8", "pcm32", "float32"])
def test_a_copy_has_the_samples_of_its_source(codec: str) -> None:
    expected = read_back(io.BytesIO(encoded(codec)))

    assert np.allclose(read_back(copied(encoded(codec))), expected, atol=1 / 32_768)


@pytest.mark.parametrize("codec", ["ima_adpcm", "ms_adpcm"])
def test_a_copy_of_adpcm_sounds_like_what_was_encoded(codec: str) -> None:
    expected = tones(2.5)

    found = read_back(copied(encoded(codec)))[: len(expected)]

    assert float(np.abs(found - expected).mean()) < 0.02


@pytest.mark.parametrize("codec", ["alaw", "ulaw", "ima_adpcm", "ms_adpcm", "pcm24"])
def test_rate_and_channels_stay(codec: str) -> None:
    sound = recognise(copied(encoded(codec)))

    assert (sound.channels, sound.sample_rate) == (2, 8000)


def test_the_copy_is_exactly_as_long_as_its_source() -> None:
    assert recognise(copied(recording(seconds=3))).frames == 24_000


@pytest.mark.parametrize("promised", [0, 0xFFFFFFFF])
def test_a_streamed_source_gets_a_true_length(promised: int) -> None:
    sound = recognise(copied(wav(promised=promised, outer=0)))

    assert (sound.is_streamed, sound.frames) == (False, 800)


def test_a_source_cut_short_is_copied_as_far_as_it_goes() -> None:
    copy = for_browsers(io.BytesIO(recording(seconds=3)[:-8000]), io.BytesIO())

    assert (copy.is_whole, copy.frames) == (False, 20_000)


def test_what_stands_before_the_copy_is_left_alone() -> None:
    into = io.BytesIO(b"before")
    into.seek(0, io.SEEK_END)

    for_browsers(io.BytesIO(encoded("alaw")), into)

    assert into.getvalue()[:10] == b"beforeRIFF"


@pytest.mark.parametrize("index", [0, 1])
def test_one_party_alone_is_one_channel_of_the_sound(index: int) -> None:
    into = io.BytesIO()

    channel(io.BytesIO(encoded("alaw")), into, index)

    assert np.array_equal(read_back(into)[:, 0], read_back(io.BytesIO(encoded("alaw")))[:, index])


@pytest.mark.parametrize("index", [-1, 2])
def test_a_channel_that_is_not_there_is_refused(index: int) -> None:
    with pytest.raises(ValueError, match="expected a channel below 2"):
        channel(io.BytesIO(encoded("alaw")), io.BytesIO(), index)


def test_what_is_no_sound_is_not_copied() -> None:
    with pytest.raises(NotSoundError):
        copied(b'{"error": "expired"}')


def storage_file(content: bytes) -> File[bytes]:
    """As a storage on a disk gives it."""
    file: IO[bytes] = TemporaryFile()  # noqa: SIM115 — closed by the File around it
    file.write(content)
    return File(file)


def spooled_file(content: bytes) -> File[bytes]:
    """As a storage elsewhere gives it: fetched into memory, or beside it when large."""
    file = SpooledTemporaryFile(max_size=1000)  # noqa: SIM115
    file.write(content)
    return File(file)


def memory_file(content: bytes) -> File[bytes]:
    return ContentFile(content)


@pytest.mark.parametrize("opened", [storage_file, spooled_file, memory_file])
def test_a_storage_file_is_read_like_any_other(opened: Callable[[bytes], File[bytes]]) -> None:
    into = io.BytesIO()

    with opened(encoded("alaw")) as source:
        for_browsers(cast(BinaryIO, source), into)

    assert into.getvalue() == copied(encoded("alaw")).getvalue()


class Drip(io.BytesIO):
    """A file that gives less than it is asked for, as pipes and some storages do."""

    def read(self, count: int | None = -1, /) -> bytes:
        return super().read(min(count, 1000) if count and count > 0 else count)


def test_a_file_that_gives_little_at_a_time_is_read_to_its_end() -> None:
    copy = for_browsers(Drip(encoded("alaw")), io.BytesIO())

    assert copy.frames == 20_000

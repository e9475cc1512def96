"""A file's kind and length are read from its bytes; what it says of itself is checked."""

import io

import pytest

from calls.sound.kinds import Sound, recognise
from tests.calls.sound.sounds import ENCODINGS, RATE, chunk, encoded, wav
from vendors.simulator.huawei_platform.sound import recording

MEDIA_TYPES = {"WAV": "audio/wav", "MP3": "audio/mpeg", "OGG": "audio/ogg"}


def recognised(content: bytes) -> Sound:
    return recognise(io.BytesIO(content))


def id3(content: bytes) -> bytes:
    return b"ID3\x04\x00\x00" + bytes([0, 0, len(content) >> 7, len(content) & 0x7F]) + content


@pytest.mark.parametrize("codec", ENCODINGS)
def test_every_codec_is_told_by_its_content(codec: str) -> None:
    sound = recognised(encoded(codec))

    assert (sound.codec, sound.media_type) == (codec, MEDIA_TYPES[ENCODINGS[codec][0]])


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("codec", ENCODINGS)
def test_channels_are_counted(codec: str, channels: int) -> None:
    sound = recognised(encoded(codec, channels=channels))

    assert sound.channels == channels


@pytest.mark.parametrize("codec", ENCODINGS)
def test_the_length_is_known_within_an_encoders_padding(codec: str) -> None:
    sound = recognised(encoded(codec))

    assert sound.exact_seconds == pytest.approx(2.5, abs=0.25)


@pytest.mark.parametrize("codec", ENCODINGS)
def test_a_file_as_its_encoder_left_it_is_whole(codec: str) -> None:
    assert recognised(encoded(codec)).is_whole


def test_begun_seconds_are_rounded_up() -> None:
    sound = recognised(encoded("pcm16", seconds=2.01))

    assert sound.seconds == 3


def test_browsers_play_what_browsers_play() -> None:
    played = {codec for codec in ENCODINGS if recognised(encoded(codec)).plays_in_browsers}

    assert played == {"pcm8", "pcm16", "mp3", "vorbis", "opus"}


def test_a_recording_as_huawei_makes_them_is_a_law_of_two_channels() -> None:
    sound = recognised(recording(seconds=3))

    assert (sound.codec, sound.channels, sound.sample_rate, sound.seconds) == ("alaw", 2, 8000, 3)


def test_an_extensible_header_names_its_codec_further_on() -> None:
    subformat = b"\x01\x00" + bytes.fromhex("000000001000800000aa00389b71")
    form = bytes.fromhex("feff 0100 401f0000 803e0000 0200 1000 1600 1000 04000000") + subformat
    content = b"WAVE" + chunk(b"fmt ", form) + chunk(b"data", b"\0\0" * 800)

    sound = recognised(chunk(b"RIFF", content))

    assert (sound.codec, sound.frames) == ("pcm16", 800)


def test_gsm_is_counted_in_blocks_of_320() -> None:
    sound = recognised(wav(tag=49, channels=1, block=65, bits=0, sound=b"\0" * 650))

    assert (sound.codec, sound.frames) == ("gsm", 3200)


def test_bits_a_sample_that_contradict_the_codec_are_ignored() -> None:
    sound = recognised(wav(bits=16, block=4))

    assert (sound.codec, sound.frames) == ("alaw", 800)


def test_a_block_of_no_bytes_is_no_obstacle_where_the_codec_says_its_size() -> None:
    assert recognised(wav(block=0)).frames == 800


def test_chunks_before_the_sound_are_stepped_over() -> None:
    comment = chunk(b"LIST", b"odd") + b"\0"

    assert recognised(wav(before=comment)).frames == 800


def test_chunks_behind_the_sound_are_not_counted_as_sound() -> None:
    content = wav()[8:] + chunk(b"LIST", b"even")

    assert recognised(chunk(b"RIFF", content)).frames == 800


def test_a_file_that_stops_midway_is_not_whole() -> None:
    sound = recognised(recording(seconds=3)[:-RATE])

    assert not sound.is_whole


def test_a_file_that_stops_midway_counts_what_is_there() -> None:
    sound = recognised(recording(seconds=3)[:-RATE])

    assert sound.exact_seconds == 2.5


def test_a_file_longer_than_it_says_is_whole() -> None:
    sound = recognised(wav(promised=800))

    assert (sound.is_whole, sound.frames) == (True, 400)


@pytest.mark.parametrize("promised", [0, 0x7FFFF000, 0xFFFFFFFF])
def test_a_streamed_file_goes_to_its_end(promised: int) -> None:
    sound = recognised(wav(promised=promised, outer=0))

    assert (sound.is_streamed, sound.frames) == (True, 800)


def test_a_streamed_file_counts_as_whole() -> None:
    assert recognised(wav(promised=0xFFFFFFFF, outer=0xFFFFFFFF)).is_whole


def test_a_file_without_a_true_length_is_not_left_to_browsers() -> None:
    sound = recognised(wav(tag=1, channels=1, bits=16, promised=0xFFFFFFFF))

    assert not sound.plays_in_browsers


def test_an_empty_recording_is_a_sound_of_no_seconds() -> None:
    sound = recognised(wav(sound=b""))

    assert (sound.seconds, sound.is_whole) == (0, True)


def test_an_empty_recording_with_a_comment_behind_it_is_not_taken_for_a_streamed_one() -> None:
    content = wav(sound=b"")[8:] + chunk(b"LIST", b"even")

    assert recognised(chunk(b"RIFF", content)).frames == 0


def test_the_last_block_of_adpcm_is_not_counted_as_full() -> None:
    sound = recognised(encoded("ima_adpcm", seconds=2.5))

    assert sound.exact_seconds == pytest.approx(2.5, abs=0.1)


def test_an_mp3_may_begin_with_a_tag() -> None:
    untagged = encoded("mp3")

    assert recognised(id3(b"\0" * 700) + untagged) == recognised(untagged)


def test_an_mp3_may_end_with_a_tag() -> None:
    untagged = encoded("mp3")

    assert recognised(untagged + b"TAG" + b"\0" * 125) == recognised(untagged)


def test_an_mp3_that_is_cut_within_a_frame_is_not_whole() -> None:
    sound = recognised(encoded("mp3")[:-30])

    assert not sound.is_whole


def test_an_mp3_with_fewer_frames_than_it_says_is_not_whole() -> None:
    header = b"\xff\xf3\x18\xc4"  # version 2, 8 kbit/s, 16 kHz, one channel: 36 bytes in all
    frame = header.ljust(36, b"\0")
    count = (header + b"\0" * 9 + b"Xing" + b"\0\0\0\x01" + b"\0\0\0\x64").ljust(36, b"\0")

    sound = recognised(count + frame * 10)

    assert (sound.is_whole, sound.frames) == (False, 5760)


def test_silence_that_an_mp3_encoder_adds_is_not_counted() -> None:
    assert recognised(encoded("mp3", seconds=2)).seconds == 2


def test_an_mp3_damaged_in_the_middle_goes_on_behind_the_damage() -> None:
    content = encoded("mp3")
    middle = len(content) // 2
    damaged = content[:middle] + b"\0" * 300 + content[middle + 300 :]

    sound = recognised(damaged)

    assert sound.exact_seconds == pytest.approx(2.5, abs=0.4)


@pytest.mark.parametrize("codec", ["vorbis", "opus"])
def test_an_ogg_without_its_last_page_is_not_whole(codec: str) -> None:
    sound = recognised(encoded(codec)[:-10])

    assert not sound.is_whole


def test_the_file_stands_at_its_beginning_afterwards() -> None:
    file = io.BytesIO(recording(seconds=1))

    recognise(file)

    assert file.tell() == 0


def test_a_file_is_read_from_its_beginning_wherever_it_stands() -> None:
    file = io.BytesIO(recording(seconds=1))
    file.seek(0, io.SEEK_END)

    assert recognise(file).codec == "alaw"

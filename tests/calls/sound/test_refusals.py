"""What is no sound is refused in a sentence: what was expected, and what came instead."""

import io
import zipfile

import pytest

from calls.sound.kinds import NotSoundError, recognise
from tests.calls.sound.sounds import chunk, encoded, wav


def refusal(content: bytes) -> str:
    with pytest.raises(NotSoundError) as refused:
        recognise(io.BytesIO(content))
    return str(refused.value)


def test_a_page_instead_of_sound_is_quoted() -> None:
    assert refusal(b"<!DOCTYPE html>\n<html><title>Log in</title></html>") == (
        "expected WAV, MP3 or OGG, got an HTML page: "
        '"<!DOCTYPE html> <html><title>Log in</title></html>"'
    )


def test_a_quotation_is_short() -> None:
    quoted = refusal(b"<html>" + b"x" * 10_000).split('"')[1]

    assert len(quoted) == 60


def test_a_file_without_bytes_is_nothing() -> None:
    assert refusal(b"") == "expected WAV, MP3 or OGG, got nothing"


def by_text(value: str | bytes) -> str:
    return value if isinstance(value, str) else ""


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("sound.mp3", encoded("mp3"))
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b'{"code": 404, "message": "expired"}', "JSON"),
        (b"\n [1, 2]", "JSON"),
        (b"<?xml version='1.0'?><Error>AccessDenied</Error>", "XML"),
        (zipped(), "a ZIP archive"),
        (b"%PDF-1.7", "a PDF document"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "a picture"),
        (b"RIFF", "only the beginning of a header"),
        (b"RIFF\x10\0\0\0AVI LIST", "a RIFF file other than WAVE"),
        ("您的录音已过期".encode(), 'text: "您的录音已过期"'),
        (b"\xfe\xdc\xba", "bytes: fe dc ba"),
        (b"fLaC\0\0\0\x22", "FLAC sound"),
        ("<html>登录".encode("gbk"), 'an HTML page: "<html>'),
    ],
    ids=by_text,
)
def test_what_is_no_sound_is_named(content: bytes, named: str) -> None:
    assert f"got {named}" in refusal(content)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (wav()[:20], 'expected a WAV\'s "fmt " of 16 bytes, got 0'),
        (wav()[:40], "got an end within its headers"),
        (wav(channels=65535), "expected 1 to 8 channels, got 65535"),
        (wav(channels=0), "expected 1 to 8 channels, got 0"),
        (wav(rate=0), "samples a second, got 0"),
        (wav(rate=4_000_000_000), "samples a second, got 4000000000"),
        (wav(tag=0x11, block=0, bits=4), "blocks that fit ima_adpcm, got 0 bytes"),
        (wav(tag=2, block=6, bits=4), "blocks that fit ms_adpcm, got 6 bytes"),
        (wav(tag=0x11, channels=1, block=65_532), "blocks that fit ima_adpcm, got 65532 bytes"),
        (wav(tag=0x161), "codec 353 of 8 bits"),
        (b"RIFF\0\0\0\0WAVE" + chunk(b"data", b"\0\0"), 'expected a "fmt " chunk'),
        (b"RIFF\0\0\0\0WAVE" + chunk(b"junk", b"") * 300, 'expected a "data" chunk'),
        (b"ID3\x04\0\0\0\0\0\0" + b"no frames here", "got none"),
        (encoded("vorbis")[:40], "expected a whole first page of an OGG"),
        (encoded("vorbis").replace(b"\x01vorbis", b"\x80theora"), "expected Vorbis or Opus"),
    ],
    ids=by_text,
)
def test_a_header_that_cannot_be_is_refused_with_its_reason(content: bytes, complaint: str) -> None:
    assert complaint in refusal(content)


def test_a_sound_of_days_is_refused() -> None:
    content = bytearray(encoded("opus"))
    last = content.rindex(b"OggS")
    content[last + 6 : last + 14] = (2**62).to_bytes(8, "little")

    assert "expected at most 24 hours of sound" in refusal(bytes(content))

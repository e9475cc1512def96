"""Which kind of sound a file holds, by its content alone: names and media types are hearsay.

A recording's address may answer 200 with a page that says "please log in"; the sentence in
``NotSoundError`` shows the beginning of such a page.
"""

import codecs
import re
from typing import BinaryIO

from calls.sound.base import EXTENSIONS, LONGEST, NotSoundError, Sound
from calls.sound.mpeg import is_mp3, read_mp3
from calls.sound.ogg import is_ogg, read_ogg
from calls.sound.reading import take
from calls.sound.wav import is_wav, read_wav

__all__ = ["EXTENSIONS", "NotSoundError", "Sound", "recognise"]

_SHOWN = 60
_WRITTEN = {"an HTML page", "XML", "JSON"}  # worth quoting, whatever their encoding
_STRANGERS = (  # what comes instead of sound, by its beginning
    (re.compile(rb"\s*(<!doctype html|<html|<head|<body)", re.I), "an HTML page"),
    (re.compile(rb"\s*<\?xml|\s*<[a-z]+[\s>]", re.I), "XML"),
    (re.compile(rb'\s*(\{\s*["}]|\[\s*[\[{"\d\]])'), "JSON"),
    (re.compile(rb"PK(\x03\x04|\x05\x06)"), "a ZIP archive"),
    (re.compile(rb"\x1f\x8b"), "a gzip archive"),
    (re.compile(rb"%PDF-"), "a PDF document"),
    (re.compile(rb"\x89PNG|\xff\xd8\xff|GIF8"), "a picture"),
    (re.compile(rb"#!AMR"), "AMR sound"),
    (re.compile(rb"fLaC"), "FLAC sound"),
    (re.compile(rb".{4}ftyp", re.S), "an MP4 file"),
    (re.compile(rb"RIFF.{4}[\x20-\x7e]{4}", re.S), "a RIFF file other than WAVE"),
    (re.compile(rb"RIFF"), "only the beginning of a header"),
)


def recognise(file: BinaryIO) -> Sound:
    """Say what the sound is, or raise ``NotSoundError``; the file stands at its beginning after."""
    try:
        sound = _read(file)
    finally:
        file.seek(0)
    if sound.exact_seconds > LONGEST:
        hours, most = round(sound.exact_seconds / 3600), LONGEST // 3600
        raise NotSoundError(f"expected at most {most} hours of sound, got {hours}")
    return sound


def _read(file: BinaryIO) -> Sound:
    head = take(file, 0, 256)
    if is_wav(head):
        return read_wav(file).sound
    if is_ogg(head):
        return read_ogg(file)
    if is_mp3(file):
        return read_mp3(file)
    raise NotSoundError(f"expected WAV, MP3 or OGG, got {_described(head)}")


def _described(head: bytes) -> str:
    if not head:
        return "nothing"
    head = head.removeprefix(b"\xef\xbb\xbf")
    name = next((name for pattern, name in _STRANGERS if pattern.match(head)), None)
    if name in _WRITTEN or (name is None and _is_text(head)):
        letters = head.decode("utf-8", "ignore")
        shown = " ".join("".join(c if c.isprintable() else " " for c in letters).split())
        return f'{name or "text"}: "{shown[:_SHOWN]}"'
    return f"{name or 'bytes'}: {head[:16].hex(' ')}"


def _is_text(head: bytes) -> bool:
    """Sound is never UTF-8 without control characters; a letter cut off at the end is no fault."""
    try:
        letters = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return bool(letters.strip()) and all(c.isprintable() or c.isspace() for c in letters)

"""Lines of text in a file, or in the files of an archive: in UTF-8 or GB18030 (GBK)."""

import codecs
from collections.abc import Iterator
from typing import IO, NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _

from vendors.imports import archives

ENVELOPE = 16 * 1024  # bytes that a file may put around a push
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Place(NamedTuple):
    """Where a line stands: the path in the archive, empty where there is none, and its number."""

    path: str
    number: int


class Text(NamedTuple):
    """A line that says something; or what is wrong with it, and then no text. ``size`` is in
    bytes."""

    place: Place
    text: str
    problem: str
    size: int


def of_archive(file: IO[bytes]) -> Iterator[Text]:
    """All lines of all files of an archive. Raises RefusedFileError."""
    for member in archives.members(file):
        yield from of_file(member.stream, member.path)


def of_file(stream: IO[bytes], path: str = "") -> Iterator[Text]:
    """The lines of a file that say anything. One that is too long is passed over, not held."""
    longest = settings.PUSH_LARGEST + ENVELOPE
    number = 0
    while line := stream.readline(longest + 1):
        number += 1
        size = len(line)
        is_too_long = size > longest
        while is_too_long and not line.endswith(b"\n") and (line := stream.readline(longest)):
            size += len(line)
        place = Place(path, number)
        if is_too_long:
            yield Text(place, "", _too_long(longest, size), size)
            continue
        if number == 1:
            if line.startswith(_UTF16):
                yield Text(place, "", _("Expected UTF-8 or GBK, got UTF-16."), size)
                return
            line = line.removeprefix(codecs.BOM_UTF8)
        if line.strip():
            yield _read(place, line, size)


def _read(place: Place, line: bytes, size: int) -> Text:
    for encoding in ("utf-8", "gb18030"):
        try:
            return Text(place, line.decode(encoding).strip(), "", size)
        except UnicodeDecodeError as error:
            at, byte = error.start, line[error.start]
    found = {"byte": f"0x{byte:02x}", "at": at}
    return Text(
        place, "", _("Expected UTF-8 or GBK, got byte %(byte)s at byte %(at)d.") % found, size
    )


def _too_long(longest: int, size: int) -> str:
    return _("Expected a line of at most %(most)d bytes, got %(size)d.") % {
        "most": longest,
        "size": size,
    }

"""Zip files that strangers packed, read without harm: nothing is written by the names in them.

What a file unpacks to is measured as it is unpacked, whatever it says of itself. One that is
refused is refused as a whole, with a sentence.
"""

import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, NamedTuple

from django.utils.translation import gettext as _

MOST_FILES = 2_000
MOST_UNPACKED = 1024**3  # bytes
MOST_RATIO = 200  # to one; deflate reaches a thousand
_RATIO_FROM = 1024 * 1024  # bytes: below, a ratio means nothing
_END = b"PK\x05\x06"
_SMALLEST_ENTRY = 46  # bytes, in the list of files
_UTF8, _ENCRYPTED = 0x800, 0x1
_SKIPPED = re.compile(r"(?:.*/)?(?:__MACOSX/.*|\.DS_Store|Thumbs\.db|desktop\.ini)", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:")


class RefusedFileError(Exception):
    """A file that is not read; the sentence says why, and what to do."""


class Member(NamedTuple):
    """A file in an archive. ``path`` is its name, for people to read and for nothing else."""

    path: str
    stream: IO[bytes]


class _Measured:
    """What a file of an archive unpacks to, up to what is left of all."""

    def __init__(self, stream: IO[bytes], info: zipfile.ZipInfo, path: str, left: int) -> None:
        self._stream, self._info, self._path = stream, info, path
        self._left = left
        self.size = 0

    def readline(self, most: int = -1) -> bytes:
        try:
            piece = self._stream.readline(most)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
            raise RefusedFileError(
                _("%(path)s is damaged. Download the file once more.") % {"path": self._path}
            ) from None
        self.size += len(piece)
        if self.size > self._left:
            raise RefusedFileError(_too_large())
        packed = max(self._info.compress_size, 1)
        if self.size > _RATIO_FROM and self.size > packed * MOST_RATIO:
            raise RefusedFileError(
                _("%(path)s unpacks to more than %(most)d times its size: it is not read.")
                % {"path": self._path, "most": MOST_RATIO}
            )
        return piece


def members(file: IO[bytes]) -> Iterator[Member]:
    """The files of an archive, one after the other. Raises RefusedFileError."""
    _refuse_crowds(file)
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise RefusedFileError(
            _("It cannot be read as a ZIP file. Download it once more.")
        ) from None
    with archive:
        infos = archive.infolist()
        paths = [_path(info) for info in infos]
        for info, path in zip(infos, paths, strict=True):
            _check(info, path)
        left = MOST_UNPACKED
        for info, path in zip(infos, paths, strict=True):
            if info.is_dir() or _SKIPPED.fullmatch(path):
                continue
            with _opened(archive, info, path) as stream:
                measured = _Measured(stream, info, path, left)
                yield Member(path, measured)  # type: ignore[arg-type]  # lines are all that is read
                left -= measured.size


def _refuse_crowds(file: IO[bytes]) -> None:
    """Refuse an archive whose list of files is too long to be read at all."""
    file.seek(0, 2)
    size = file.tell()
    file.seek(max(0, size - 65_557))
    tail = file.read()
    at = tail.rfind(_END)
    listed = int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0
    if at >= 0 and (
        int.from_bytes(tail[at + 10 : at + 12], "little") > MOST_FILES
        or listed > MOST_FILES * (_SMALLEST_ENTRY + 1024)
    ):
        raise RefusedFileError(_too_many())
    file.seek(0)


def _check(info: zipfile.ZipInfo, path: str) -> None:
    named = {"path": path[:120]}
    parts = path.replace("\\", "/").split("/")
    if path.startswith(("/", "\\")) or _DRIVE.match(path) or ".." in parts or "\0" in path:
        raise RefusedFileError(
            _("%(path)s leads out of the archive: it is not read. Pack the files anew.") % named
        )
    if stat.S_ISLNK(info.external_attr >> 16):
        raise RefusedFileError(
            _("%(path)s is a link, not a file: it is not read. Pack the files anew.") % named
        )
    if info.flag_bits & _ENCRYPTED:
        raise RefusedFileError(
            _("%(path)s is encrypted. Unpack it with its password, and drop what is in it.") % named
        )
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise RefusedFileError(
            _("%(path)s is packed in an unusual way. Pack the files anew, as ordinary ZIP.") % named
        )


def _opened(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: str) -> IO[bytes]:
    """A file of an archive, unless it is an archive itself."""
    try:
        with archive.open(info) as stream:
            head = stream.read(4)
        if head in {b"PK\x03\x04", b"PK\x05\x06"} or head.startswith(b"\x1f\x8b"):
            raise RefusedFileError(
                _("%(path)s is an archive in an archive: it is not read. Unpack the outer one.")
                % {"path": path[:120]}
            )
        return archive.open(info)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError):
        raise RefusedFileError(
            _("%(path)s is damaged. Download the file once more.") % {"path": path[:120]}
        ) from None


def _path(info: zipfile.ZipInfo) -> str:
    """The name as it was meant: without the mark of UTF-8, programs write whatever they like."""
    if info.flag_bits & _UTF8:
        return info.filename
    try:
        raw = info.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


def _too_many() -> str:
    return _("Expected at most %(most)d files in an archive. Pack them into several.") % {
        "most": MOST_FILES
    }


def _too_large() -> str:
    return _("Unpacked, it is larger than %(most)d MiB. Pack the files into several archives.") % {
        "most": MOST_UNPACKED // 1024**2
    }

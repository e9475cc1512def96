"""Archives that were packed to do harm are refused with a sentence, as a whole."""

import io
import stat
import zipfile
from collections.abc import Callable

import pytest

from tests.vendors.imports.conftest import envelope, lines, record, zipped
from vendors.imports import archives
from vendors.imports import lines as text_lines
from vendors.imports.archives import RefusedFileError

GOOD = lines(envelope(record()))


def read(content: bytes) -> list[str]:
    return [one.text for one in text_lines.of_archive(io.BytesIO(content))]


def made(change: Callable[[zipfile.ZipInfo], None], content: bytes = GOOD) -> bytes:
    info = zipfile.ZipInfo("a.txt")
    info.compress_type = zipfile.ZIP_DEFLATED
    change(info)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(info, content)
    return file.getvalue()


def encrypted() -> bytes:
    found = bytearray(zipped({"a.txt": GOOD}))
    for head, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        found[found.index(head) + place] |= 1
    return bytes(found)


def link(info: zipfile.ZipInfo) -> None:
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16


def bzip(info: zipfile.ZipInfo) -> None:
    info.compress_type = zipfile.ZIP_BZIP2


HARMFUL = {
    "leads out": zipped({"../../etc/passwd": GOOD}),
    "leads out of the archive": zipped({"/etc/cron.d/a": GOOD}),
    "C:\\a.txt leads out": zipped({"C:\\a.txt": GOOD}),
    "a\\..\\b leads out": zipped({"a\\..\\b": GOOD}),
    "is a link": made(link),
    "is encrypted": encrypted(),
    "packed in an unusual way": made(bzip),
    "archive in an archive": zipped({"deep/inner.zip": zipped({"a": GOOD})}),
    "more than 200 times its size": zipped({"a.txt": b" " * 3_000_000 + b"\n"}),
    "at most 2000 files": zipped({f"{at}.txt": b"" for at in range(2_001)}),
    "cannot be read as a ZIP": zipped({"a.txt": GOOD})[:-30],
}


@pytest.mark.parametrize("sentence", HARMFUL)
def test_what_could_do_harm_is_refused_with_a_sentence(sentence: str) -> None:
    with pytest.raises(RefusedFileError, match=sentence.replace("\\", ".").split(" leads")[0]):
        read(HARMFUL[sentence])


def test_an_archive_that_unpacks_to_too_much_in_all_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(archives, "MOST_UNPACKED", 2 * len(GOOD))
    files = {f"{at}.txt": GOOD for at in range(2)}

    assert len(read(zipped(files))) == 2
    with pytest.raises(RefusedFileError, match="Unpacked, it is larger than"):
        read(zipped(files | {"one more": b"x"}))


def test_a_size_that_lies_does_not_help() -> None:
    found = bytearray(zipped({"a.txt": b"\n" * 5_000_000}))
    place = found.index(b"PK\x01\x02") + 24
    found[place : place + 4] = (10).to_bytes(4, "little")

    with pytest.raises(RefusedFileError):
        read(bytes(found))


def test_a_damaged_file_is_refused() -> None:
    found = bytearray(zipped({"a.txt": GOOD * 50}))
    found[60:70] = b"\xff" * 10

    with pytest.raises(RefusedFileError, match=r"a\.txt is damaged"):
        read(bytes(found))


def test_what_systems_leave_in_archives_is_passed_over() -> None:
    files = {"__MACOSX/._a.txt": b"\0", "x/.DS_Store": b"\0", "x/a.txt": GOOD, "empty/": b""}

    assert len(read(zipped(files))) == 1


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{}".encode("utf-16"), "Expected UTF-8 or GBK, got UTF-16."),
        (b'{"a": "\xff\xfe"}', "Expected UTF-8 or GBK, got byte 0xff at byte 7."),
    ],
)
def test_a_line_in_no_known_writing_is_told(content: bytes, problem: str) -> None:
    assert [one.problem for one in text_lines.of_file(io.BytesIO(content))] == [problem]

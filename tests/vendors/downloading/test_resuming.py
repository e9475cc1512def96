"""What was cut off is completed, and never out of two different recordings."""

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import pytest

from tests.vendors.downloading.servers import Asked, always, head, serving, stored, whole
from vendors.downloading.download import download
from vendors.downloading.errors import (
    BrokenOffError,
    NotThereError,
    TooLargeError,
    TryLaterError,
    WrongAnswerError,
)

SOUND = bytes(range(256)) * 40
HALF = len(SOUND) // 2


def test_the_rest_is_asked_for_and_appended() -> None:
    with serving(stored(SOUND)) as server:
        file = io.BytesIO(SOUND[:HALF])

        fetched = download(server.url, hosts=server.hosts, file=file, offset=HALF, validator='"v1"')

        assert file.getvalue() == SOUND
        assert (fetched.total_bytes, fetched.validator) == (len(SOUND), '"v1"')
        assert server.asked[0].header("Range") == f"bytes={HALF}-"
        assert server.asked[0].header("If-Range") == '"v1"'


@pytest.mark.parametrize("mode", ["r+b", "ab"])
def test_what_the_file_holds_beyond_the_offset_is_cut_off_first(
    tmp_path: Path, mode: Literal["r+b", "ab"]
) -> None:
    path = tmp_path / "part"
    path.write_bytes(SOUND[:HALF] + b"written but not told")
    with serving(stored(SOUND)) as server, path.open(mode) as file:
        download(server.url, hosts=server.hosts, file=file, offset=HALF, validator='"v1"')

    assert path.read_bytes() == SOUND


def test_a_changed_recording_is_written_anew() -> None:
    with serving(stored(SOUND, etag='"v2"')) as server:
        file = io.BytesIO(b"x" * HALF)

        fetched = download(server.url, hosts=server.hosts, file=file, offset=HALF, validator='"v1"')

        assert file.getvalue() == SOUND
        assert fetched.validator == '"v2"'
        assert len(server.asked) == 1


def test_a_shorter_answer_to_a_resume_leaves_nothing_of_the_first() -> None:
    with serving(always(whole(b""))) as server:
        file = io.BytesIO(SOUND)

        fetched = download(server.url, hosts=server.hosts, file=file, offset=HALF, validator='"v"')

        assert fetched.total_bytes == 0
        assert file.getvalue() == b""


@pytest.mark.parametrize("validator", ["", 'W/"v1"', '"v1"\r\nX: y', "é", "v" * 300, ' "v1"'])
def test_without_a_usable_validator_the_whole_is_asked_for(validator: str) -> None:
    with serving(stored(SOUND)) as server:
        file = io.BytesIO(b"x" * HALF)

        download(server.url, hosts=server.hosts, file=file, offset=HALF, validator=validator)

        assert file.getvalue() == SOUND
        assert server.asked[0].header("Range") == ""


def test_a_file_that_holds_less_than_was_told_is_written_anew() -> None:
    with serving(stored(SOUND)) as server:
        file = io.BytesIO(SOUND[:10])

        download(server.url, hosts=server.hosts, file=file, offset=HALF, validator='"v1"')

        assert file.getvalue() == SOUND


def test_nothing_is_missing() -> None:
    with serving(stored(SOUND)) as server:
        file = io.BytesIO(SOUND)

        fetched = download(
            server.url, hosts=server.hosts, file=file, offset=len(SOUND), validator='"v1"'
        )

        assert file.getvalue() == SOUND
        assert (fetched.total_bytes, fetched.content_type) == (len(SOUND), "")
        assert fetched.validator == '"v1"'


@pytest.mark.parametrize("told", [f"bytes */{HALF}", "bytes */*", "", "bytes 0-1/2", "bytes */9x"])
def test_a_recording_that_became_shorter_is_written_anew(told: str) -> None:
    def answer(asked: Asked) -> Iterable[bytes]:
        if asked.header("Range"):
            return [head(416, Content_Range=told, Content_Length=5), b"sorry"]
        return [whole(SOUND[:HALF])]

    with serving(answer) as server:
        file = io.BytesIO(SOUND)

        download(server.url, hosts=server.hosts, file=file, offset=len(SOUND), validator='"v1"')

        assert file.getvalue() == SOUND[:HALF]


@pytest.mark.parametrize("status", [206, 416])
def test_a_server_that_does_not_look_at_if_range_is_found_out(status: int) -> None:
    def answer(asked: Asked) -> Iterable[bytes]:
        if asked.header("Range"):
            told = f"bytes {HALF}-{len(SOUND) - 1}/{len(SOUND)}"
            length = len(SOUND) - HALF
            return [head(status, Content_Range=told, ETag='"v2"', Content_Length=length), b"x"]
        return [whole(SOUND, ETag='"v2"')]

    with serving(answer) as server:
        file = io.BytesIO(b"x" * HALF)

        fetched = download(server.url, hosts=server.hosts, file=file, offset=HALF, validator='"v1"')

        assert file.getvalue() == SOUND
        assert fetched.validator == '"v2"'


def test_a_recording_that_is_cut_again_and_again_becomes_whole() -> None:
    """Each connection dies after some bytes, and the caller carries on with what the error says."""
    rangewise = stored(SOUND)

    def answer(asked: Asked) -> Iterable[bytes]:
        said = b"".join(rangewise(asked))
        start = said.index(b"\r\n\r\n") + 4
        return [said[: start + 3000]]

    with serving(answer) as server:
        file, held, validator, cuts = io.BytesIO(), 0, "", 0
        while True:
            try:
                fetched = download(
                    server.url, hosts=server.hosts, file=file, offset=held, validator=validator
                )
                break
            except BrokenOffError as error:
                cuts += 1
                held, validator = error.bytes_so_far, error.validator
                assert file.getvalue() == SOUND[:held]

        assert file.getvalue() == SOUND
        assert fetched.total_bytes == len(SOUND)
        assert cuts == 3


@pytest.mark.parametrize(
    ("status", "error"), [(503, TryLaterError), (404, NotThereError), (400, WrongAnswerError)]
)
def test_a_refused_resume_leaves_what_there_is(status: int, error: type[Exception]) -> None:
    with serving(always(head(status, Content_Length=0))) as server:
        file = io.BytesIO(SOUND[:HALF])

        with pytest.raises(error):
            download(server.url, hosts=server.hosts, file=file, offset=HALF, validator='"v1"')

        assert file.getvalue() == SOUND[:HALF]


def test_the_limit_counts_what_there_was() -> None:
    with serving(stored(SOUND)) as server:
        for offset in (HALF, len(SOUND)):
            file = io.BytesIO(SOUND)
            with pytest.raises(TooLargeError):
                download(
                    server.url,
                    hosts=server.hosts,
                    file=file,
                    offset=offset,
                    validator='"v1"',
                    most_bytes=len(SOUND) - 1,
                )


@pytest.mark.parametrize(
    ("etag", "changed", "validator"),
    [
        ('"v1"', "Wed, 21 Oct 2015 07:28:00 GMT", '"v1"'),
        ('W/"v1"', "Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:28:00 GMT"),
        ("", "Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:28:00 GMT"),
        ('W/"v1"', "", ""),
        ('"é"', "", ""),
        ('"' + "v" * 300 + '"', "", ""),
    ],
)
def test_the_validator_is_one_that_a_resume_can_use(
    etag: str, changed: str, validator: str
) -> None:
    answer = head(200, ETag=etag, Last_Modified=changed, Content_Length=9) + b"cut"
    with serving(always(answer)) as server, pytest.raises(BrokenOffError) as caught:
        download(server.url, hosts=server.hosts, file=io.BytesIO())

    assert (caught.value.bytes_so_far, caught.value.validator) == (3, validator)

"""Whatever a server answers is a recording or one of our errors, with nothing secret in it."""

import io
from collections.abc import Iterable
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.vendors.downloading.servers import Asked, always, chunks, head, serving, whole
from vendors.downloading.download import download
from vendors.downloading.errors import (
    BrokenOffError,
    DownloadError,
    ForbiddenAddressError,
    TryLaterError,
    WrongAnswerError,
)


@pytest.mark.parametrize(
    "answer",
    [
        head(200, Content_Length=10, ETag='"v1"') + b"12345",
        head(200, Transfer_Encoding="chunked", ETag='"v1"') + chunks(b"12345"),
        head(200, Transfer_Encoding="chunked", ETag='"v1"') + chunks(b"12345") + b"zz\r\n",
        head(200, Transfer_Encoding="chunked", Content_Length=3, ETag='"v1"') + chunks(b"12345"),
    ],
)
def test_a_recording_that_ends_early_can_be_resumed(answer: bytes) -> None:
    with serving(always(answer)) as server:
        file = io.BytesIO()

        with pytest.raises(BrokenOffError) as caught:
            download(server.url, hosts=server.hosts, file=file)

        assert (caught.value.bytes_so_far, caught.value.validator) == (5, '"v1"')
        assert file.getvalue() == b"12345"


def test_what_follows_the_length_is_not_read() -> None:
    with serving(always(head(200, Content_Length=5) + b"12345678")) as server:
        file = io.BytesIO()

        download(server.url, hosts=server.hosts, file=file)

        assert file.getvalue() == b"12345"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity, gzip", "GZIP", "é"])
def test_a_packed_recording_is_a_wrong_answer(encoding: str) -> None:
    answer = whole(b"sound", Content_Encoding=encoding)
    with (
        serving(always(answer)) as server,
        pytest.raises(WrongAnswerError, match="expected no Content-Encoding"),
    ):
        download(server.url, hosts=server.hosts, file=io.BytesIO())


@pytest.mark.parametrize(
    "answer",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"<html>signature=secret</html>\r\n\r\n",
        b"HTTP/1.1 999999 Said\r\n\r\n",
        b"HTTP/1.1 -1 Said\r\n\r\n",
        b"ICY 200 OK\r\n\r\n",
        head(200, X="y" * 200_000),
        head(200, **{f"X-{n}": "y" * 90 for n in range(2000)}),
        head(200, Content_Length="five"),
        head(200, Content_Length="-5"),
        head(200, Content_Length="+5"),
        head(200, Content_Length="5 5"),
        head(200, Content_Length="٥"),
        head(200, Content_Length="0x5"),
        head(200, Content_Length="9" * 5000),
        head(200, Content_Length="5\r\nContent-Length: 6"),
        head(200, Content_Length="5, 6"),
        head(200, Transfer_Encoding="gzip"),
        head(200, Transfer_Encoding="gzip, chunked"),
        head(302, Location="http://a.example/?signature=secret\x00"),
        head(302, Location=""),
        head(302),
        b"HTTP/1.1 200 Said\r\nno colon, signature=secret\r\n\r\n",
        b"HTTP/1.1 200 Said\r\n: no name\r\n\r\n",
    ],
    ids=range(24),
)
def test_what_is_not_http_is_a_wrong_answer(answer: bytes) -> None:
    with serving(always(answer + b"12345")) as server:
        file = io.BytesIO(b"what was there")

        with pytest.raises(WrongAnswerError) as caught:
            download(server.url, hosts=server.hosts, file=file)

        assert server.place in str(caught.value)
        assert "secret" not in str(caught.value)
        assert file.getvalue() == b"what was there"


@pytest.mark.parametrize("length", ["5", "5, 5", "5\r\nContent-Length: 5", "0005", " 5 "])
def test_a_length_said_twice_the_same_is_one(length: str) -> None:
    with serving(always(head(200, Content_Length=length) + b"12345678")) as server:
        file = io.BytesIO()

        download(server.url, hosts=server.hosts, file=file)

        assert file.getvalue() == b"12345"


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200", head(200)[:-2]])
def test_a_server_that_hangs_up_is_worth_another_try(answer: bytes) -> None:
    with serving(always(answer)) as server, pytest.raises(TryLaterError, match="an early end"):
        download(server.url, hosts=server.hosts, file=io.BytesIO())


@pytest.mark.parametrize(
    "link",
    [
        b"/\xff\xfe",
        b"http://\xff.example/",
        b"http://a.example/ b",
        b"http://a.example/\r\nLocation: http://b.example/",
        b"//",
        b"http://",
        b"https:a",
        b"javascript:alert(1)",
        b"/#secret",
        b"http://a.example/\x01?signature=secret",
        b"/" + b"secret" * 2000,
    ],
)
def test_a_redirect_that_cannot_be_read_is_not_followed(link: bytes) -> None:
    answer = head(302, Location="LINK", Content_Length=0).replace(b"LINK", link)
    with serving(always(answer)) as server:
        with pytest.raises(ForbiddenAddressError, match="the address it redirects to") as caught:
            download(server.url, hosts=server.hosts, file=io.BytesIO())

        assert "secret" not in str(caught.value)
        assert len(server.asked) == 1


def test_a_redirect_in_chinese_is_followed() -> None:
    def answer(asked: Asked) -> Iterable[bytes]:
        if asked.target == "/%E5%BD%95%E9%9F%B3?a":
            return [whole(b"sound")]
        return [head(302, Location="/录音?a", Content_Length=0)]

    with serving(answer) as server:
        assert download(server.url, hosts=server.hosts, file=io.BytesIO()).total_bytes == 5


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("audio/wav; codecs=1", "audio/wav; codecs=1"),
        ("", ""),
        ("é", ""),
        ("a/" + "b" * 1000, "a/" + "b" * 253),
    ],
)
def test_a_content_type_is_kept_as_plain_short_text(said: str, kept: str) -> None:
    with serving(always(whole(b"sound", Content_Type=said))) as server:
        fetched = download(server.url, hosts=server.hosts, file=io.BytesIO())

        assert fetched.content_type == kept


def test_what_the_disk_says_is_not_taken_for_the_servers_fault() -> None:
    class Full(io.BytesIO):
        def write(self, chunk: object) -> int:
            raise OSError(28, "No space left on device")

    with serving(always(whole(b"sound"))) as server, pytest.raises(OSError, match="No space left"):
        download(server.url, hosts=server.hosts, file=Full())


_LINES = st.sampled_from(
    [
        b"HTTP/1.1 200 OK",
        b"HTTP/1.0 206 Partial",
        b"HTTP/1.1 416 No",
        b"HTTP/1.1 302 Found",
        b"HTTP/1.1 503 Busy",
        b"Content-Length: 5",
        b"Content-Length: 500",
        b"Transfer-Encoding: chunked",
        b"Content-Range: bytes 3-7/8",
        b"Content-Range: bytes */3",
        b"Location: /x",
        b"Retry-After: Mon, 1 Jan 0000 00:00:00 +9999",
        b'ETag: "v"',
        b"",
        b"5",
        b"12345",
        b"0",
    ]
)


@settings(deadline=None, max_examples=150)
@given(
    lines=st.lists(_LINES | st.binary(max_size=20), max_size=8),
    offset=st.sampled_from([0, 3]),
)
@example(
    lines=[b"HTTP/1.1 503 Busy", b"Retry-After: Mon, 1 Jan 0001 00:00:00 +2359", b""], offset=0
)
def test_any_bytes_end_in_a_recording_or_in_one_of_our_errors(
    lines: list[bytes], offset: int
) -> None:
    with serving(always(b"\r\n".join(lines) + b"\r\n")) as server:
        file = io.BytesIO(b"123")
        with suppress(DownloadError):
            fetched = download(
                server.url, hosts=server.hosts, file=file, offset=offset, validator='"v"'
            )
            assert fetched.total_bytes == len(file.getvalue())

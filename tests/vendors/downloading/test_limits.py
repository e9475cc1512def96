"""No server costs more bytes, time or memory than it was given."""

import io
import tracemalloc
from collections.abc import Iterable
from typing import BinaryIO, cast

import pytest

from tests.vendors.downloading.servers import Asked, always, chunks, head, serving, silent, whole
from vendors.downloading.door import Patience
from vendors.downloading.download import download
from vendors.downloading.errors import BrokenOffError, TooLargeError, TryLaterError

LIMIT = 1000


def test_a_recording_that_says_it_is_too_large_is_not_read() -> None:
    with serving(always(head(200, Content_Length=LIMIT + 1))) as server:
        file = io.BytesIO(b"what was there")

        with pytest.raises(TooLargeError) as caught:
            download(server.url, hosts=server.hosts, file=file, most_bytes=LIMIT)

        assert caught.value.limit == LIMIT
        assert file.getvalue() == b"what was there"


def test_a_recording_that_does_not_say_is_counted() -> None:
    answer = head(200, Transfer_Encoding="chunked") + chunks(*[b"x" * 100] * 11)
    with serving(always(answer)) as server:
        file = io.BytesIO()

        with pytest.raises(TooLargeError):
            download(server.url, hosts=server.hosts, file=file, most_bytes=LIMIT)

        assert len(file.getvalue()) <= LIMIT


def test_an_endless_recording_is_left() -> None:
    def answer(asked: Asked) -> Iterable[bytes]:
        yield head(200)
        while True:
            yield b"x" * 65536

    with serving(answer) as server, pytest.raises(TooLargeError):
        download(server.url, hosts=server.hosts, file=io.BytesIO(), most_bytes=10 * 65536)


def test_a_recording_of_just_the_limit_is_kept() -> None:
    with serving(always(whole(b"x" * LIMIT))) as server:
        fetched = download(server.url, hosts=server.hosts, file=io.BytesIO(), most_bytes=LIMIT)

        assert fetched.total_bytes == LIMIT


# Which of the two clocks says so first is the system's affair.
OVER = "timed out|the time for the whole download is over"


def test_a_server_that_says_nothing_is_left() -> None:
    with serving(silent()) as server, pytest.raises(TryLaterError, match="timed out"):
        download(server.url, hosts=server.hosts, file=io.BytesIO(), patience=Patience(read=0.05))


def test_a_server_may_be_silent_no_longer_than_everything_may_take() -> None:
    with serving(silent(head(200))) as server, pytest.raises(BrokenOffError, match=OVER):
        download(server.url, hosts=server.hosts, file=io.BytesIO(), patience=Patience(whole=0.1))


def test_a_recording_that_stalls_can_be_resumed() -> None:
    with serving(silent(head(200, Content_Length=10, ETag='"v1"') + b"12345")) as server:
        with pytest.raises(BrokenOffError, match="got 5 and then timed out") as caught:
            download(
                server.url, hosts=server.hosts, file=io.BytesIO(), patience=Patience(read=0.05)
            )

        assert (caught.value.bytes_so_far, caught.value.validator) == (5, '"v1"')


def _forever(start: bytes, piece: bytes) -> Iterable[bytes]:
    yield start
    while True:
        yield piece


@pytest.mark.parametrize(
    ("start", "piece", "error"),
    [
        (head(200), b"x", BrokenOffError),
        (head(200, Transfer_Encoding="chunked"), b"1\r\nx\r\n", BrokenOffError),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n", TryLaterError),
    ],
)
def test_an_answer_that_never_ends_meets_the_time_for_everything(
    start: bytes, piece: bytes, error: type[Exception]
) -> None:
    def answer(asked: Asked) -> Iterable[bytes]:
        return _forever(start, piece)

    with serving(answer) as server, pytest.raises(error, match=OVER):
        download(
            server.url,
            hosts=server.hosts,
            file=io.BytesIO(),
            most_bytes=1 << 40,
            patience=Patience(whole=0.2),
        )


def test_redirects_share_the_time_for_everything() -> None:
    with (
        serving(always(head(302, Location="/again", Content_Length=0))) as server,
        pytest.raises(TryLaterError, match="the time for the whole download is over"),
    ):
        download(server.url, hosts=server.hosts, file=io.BytesIO(), patience=Patience(whole=0.0))


class Sink:
    """A file that forgets what is written to it."""

    def __init__(self) -> None:
        self.length = 0
        self.largest = 0

    def seek(self, offset: int, whence: int = 0) -> int:
        return offset

    def truncate(self) -> int:
        return 0

    def write(self, chunk: bytes) -> int:
        self.length += len(chunk)
        self.largest = max(self.largest, len(chunk))
        return len(chunk)


def test_fifty_megabytes_take_little_memory() -> None:
    size, piece = 50 * 1024 * 1024, bytes(1024 * 1024)
    pieces = [head(200, Content_Length=size), *[piece] * 50]
    with serving(always(*pieces)) as server:
        sink = Sink()
        tracemalloc.start()
        try:
            download(server.url, hosts=server.hosts, file=cast(BinaryIO, sink))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert sink.length == size
    assert sink.largest <= 64 * 1024
    assert peak < 5 * 1024 * 1024

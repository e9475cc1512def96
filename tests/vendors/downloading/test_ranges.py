"""A range that comes must be the one that was asked for."""

import io
from collections.abc import Iterable

import pytest

from tests.vendors.downloading.servers import Asked, always, chunks, head, serving
from vendors.downloading.download import download
from vendors.downloading.errors import BrokenOffError, WrongAnswerError

SOUND = bytes(range(256)) * 40
HALF = len(SOUND) // 2


@pytest.mark.parametrize(
    "told",
    [
        "",
        "bytes",
        f"bytes 0-{HALF - 1}/{len(SOUND)}",
        f"bytes {HALF + 1}-{len(SOUND) - 1}/{len(SOUND)}",
        f"bytes {HALF}-{HALF - 1}/{len(SOUND)}",
        f"bytes {HALF}-{len(SOUND)}/{len(SOUND)}",
        f"bytes {HALF}-/{len(SOUND)}",
        f"lines {HALF}-{len(SOUND) - 1}/{len(SOUND)}",
        f"bytes {HALF}-{'9' * 5000}/*",
        f"bytes {HALF}-{len(SOUND) - 1}/{len(SOUND)}\r\nContent-Range: bytes 0-1/2",
        f"bytes ٣-{len(SOUND) - 1}/{len(SOUND)}",
    ],
)
def test_a_range_that_was_not_asked_for_is_a_wrong_answer(told: str) -> None:
    answer = head(206, Content_Range=told, Transfer_Encoding="chunked")
    with serving(always(answer, chunks(SOUND[HALF:]), b"0\r\n\r\n")) as server:
        file = io.BytesIO(SOUND[:HALF])

        with pytest.raises(WrongAnswerError, match="expected"):
            download(server.url, hosts=server.hosts, file=file, offset=HALF, validator='"v1"')

        assert file.getvalue() == SOUND[:HALF]


@pytest.mark.parametrize("length", [HALF - 1, HALF + 1, 0])
def test_a_range_and_a_length_that_differ_are_a_wrong_answer(length: int) -> None:
    told = f"bytes {HALF}-{len(SOUND) - 1}/{len(SOUND)}"
    answer = head(206, Content_Range=told, Content_Length=length) + SOUND[HALF:]
    with serving(always(answer)) as server:
        file = io.BytesIO(SOUND[:HALF])

        with pytest.raises(WrongAnswerError, match=f"got {length} by its length"):
            download(server.url, hosts=server.hosts, file=file, offset=HALF, validator='"v1"')

        assert file.getvalue() == SOUND[:HALF]


def test_more_than_the_range_holds_is_a_wrong_answer() -> None:
    told = f"bytes {HALF}-{len(SOUND) - 1}/{len(SOUND)}"
    answer = head(206, Content_Range=told, Transfer_Encoding="chunked") + chunks(SOUND)
    file = io.BytesIO(SOUND[:HALF])
    with serving(always(answer)) as server, pytest.raises(WrongAnswerError, match="got more"):
        download(server.url, hosts=server.hosts, file=file, offset=HALF, validator='"v1"')


def test_a_part_of_the_rest_can_be_resumed_in_turn() -> None:
    def answer(asked: Asked) -> Iterable[bytes]:
        start = int(asked.header("Range").removeprefix("bytes=").removesuffix("-"))
        end = min(start + 3000, len(SOUND))
        told = f"bytes {start}-{end - 1}/{len(SOUND)}"
        return [head(206, Content_Range=told, Content_Length=end - start), SOUND[start:end]]

    with serving(answer) as server:
        file, held = io.BytesIO(SOUND[:HALF]), HALF

        with pytest.raises(BrokenOffError) as caught:
            download(server.url, hosts=server.hosts, file=file, offset=held, validator='"v1"')
        held = caught.value.bytes_so_far
        download(server.url, hosts=server.hosts, file=file, offset=held, validator='"v1"')

        assert held == HALF + 3000
        assert file.getvalue() == SOUND

"""Bytes of a file over HTTP: ranges, heads, and how many long answers there are at a time."""

import io
from collections.abc import Iterator
from contextlib import suppress

import pytest
from django.test import Client, RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from calls import ranges
from tests.calls.hearing.conftest import BYTES, MakeSound, addresses, body

request_of = RequestFactory()


def sent(content: bytes, header: str, *, cut: bool = False) -> tuple[int, bytes, str]:
    """What an answer to such a Range consists of: status, bytes, Content-Range."""
    request = request_of.get("/", headers={"Range": header})
    try:
        part = ranges.asked(request, len(content), cut=cut)
    except ranges.OutsideError:
        refused = ranges.outside(len(content))
        return refused.status_code, b"", refused["Content-Range"]
    response = ranges.answer(request, io.BytesIO(content), len(content), part)
    with_range = response.get("Content-Range", "")
    taken = b"".join(response)
    assert response["Content-Length"] == str(len(taken))
    return response.status_code, taken, with_range


@given(st.binary(max_size=300), st.integers(0, 400), st.integers(0, 400))
def test_a_closed_range_is_those_bytes(content: bytes, first: int, last: int) -> None:
    status, taken, header = sent(content, f"bytes={first}-{last}")

    if first > last:
        assert (status, taken) == (200, content)
    elif first >= len(content):
        assert (status, header) == (416, f"bytes */{len(content)}")
    else:
        end = min(last, len(content) - 1)
        assert (status, taken) == (206, content[first : last + 1])
        assert header == f"bytes {first}-{end}/{len(content)}"


@given(st.binary(max_size=300), st.integers(0, 400))
def test_an_open_range_is_the_rest(content: bytes, first: int) -> None:
    status, taken, _header = sent(content, f"bytes={first}-")

    assert (status, taken) == ((206, content[first:]) if content[first:] else (416, b""))


@given(st.binary(max_size=300), st.integers(0, 400))
def test_a_suffix_range_is_the_end(content: bytes, count: int) -> None:
    status, taken, _header = sent(content, f"bytes=-{count}")

    end = content[max(0, len(content) - count) :] if count else b""
    assert (status, taken) == ((206, end) if end else (416, b""))


@given(st.text(st.characters(codec="latin-1", categories=["L", "N", "P", "Z"])))
def test_anything_that_is_no_range_asks_for_all(text: str) -> None:
    status, taken, _header = sent(b"abc", f"bytes={text.strip()}x")

    assert (status, taken) == (200, b"abc")


@pytest.mark.parametrize("header", ["bytes=0-0,2-2", "bytes=-", "bytes=", "seconds=0-1", "0-1"])
def test_several_ranges_and_odd_ones_are_answered_with_all(header: str) -> None:
    assert sent(b"abc", header)[:2] == (200, b"abc")


def test_a_range_of_endless_digits_is_beyond_the_end() -> None:
    assert sent(b"abc", f"bytes={'9' * 99}-")[0] == 416
    assert sent(b"abc", f"bytes={'9' * 5000}-")[0] == 200


def test_an_open_range_of_a_player_is_cut_and_goes_on_where_it_ended() -> None:
    content = bytes(ranges.LONG) + b"the rest"

    status, first, header = sent(content, "bytes=0-", cut=True)
    _status, second, _header = sent(content, f"bytes={len(first)}-", cut=True)

    assert (status, len(first)) == (206, ranges.LONG)
    assert header == f"bytes 0-{ranges.LONG - 1}/{len(content)}"
    assert first + second == content


def test_a_range_under_a_condition_asks_for_all() -> None:
    request = request_of.get("/", headers={"Range": "bytes=0-1", "If-Range": '"tag"'})

    assert ranges.asked(request, 10) is None


class Counted(io.BytesIO):
    """A file that knows how much of it was asked for at once."""

    most = 0

    def read(self, size: int | None = -1, /) -> bytes:
        assert size is not None
        self.most = max(self.most, size)
        return super().read(size)


def test_a_file_is_read_in_pieces() -> None:
    file = Counted(bytes(5 * ranges.PIECE))
    pieces = ranges.Pieces(file, range(10, 4 * ranges.PIECE))

    count = sum(len(piece) for piece in pieces)
    pieces.close()

    assert count == 4 * ranges.PIECE - 10
    assert file.most == ranges.PIECE
    assert file.closed


@pytest.fixture
def long_answers() -> Iterator[list[ranges.Pieces]]:
    """As many long answers as there may be at a time."""
    made: list[ranges.Pieces] = []
    with suppress(ranges.BusyError):
        while True:
            made.append(ranges.Pieces(io.BytesIO(), range(ranges.LONG + 1)))
    yield made
    for one in made:
        one.close()


def test_long_answers_leave_threads_for_pushes(long_answers: list[ranges.Pieces]) -> None:
    assert len(long_answers) == 2


def test_an_answer_that_was_broken_off_makes_room(long_answers: list[ranges.Pieces]) -> None:
    long_answers[0].close()
    long_answers[0].close()

    ranges.Pieces(io.BytesIO(), range(ranges.LONG + 1)).close()


def test_short_answers_need_no_room(long_answers: list[ranges.Pieces]) -> None:
    assert sent(b"abc", "bytes=0-1")[:2] == (206, b"ab")


@pytest.mark.django_db
def test_who_comes_when_all_is_busy_is_asked_to_come_again(
    listener: Client, make_sound: MakeSound, long_answers: list[ranges.Pieces]
) -> None:
    given = addresses(listener, make_sound(content=bytes(ranges.LONG + 1)))

    response = listener.get(given.download)

    assert response.status_code == 503
    assert response["Retry-After"] == "10"


@pytest.mark.django_db
def test_a_player_gets_a_range(listener: Client, make_sound: MakeSound) -> None:
    given = addresses(listener, make_sound())

    response = listener.get(given.audio, headers={"Range": "bytes=100-199"})

    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes 100-199/{len(BYTES)}"
    assert body(response) == BYTES[100:200]


@pytest.mark.django_db
def test_a_range_beyond_the_end_is_refused_with_the_size(
    listener: Client, make_sound: MakeSound
) -> None:
    given = addresses(listener, make_sound())

    response = listener.get(given.audio, headers={"Range": f"bytes={len(BYTES)}-"})

    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{len(BYTES)}"


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["audio", "download"])
def test_a_head_has_the_size_and_no_bytes(
    listener: Client, make_sound: MakeSound, name: str
) -> None:
    given = addresses(listener, make_sound())

    response = listener.head(getattr(given, name), headers={"Range": "bytes=0-1"})

    assert (response.status_code, response.content) == (200, b"")
    assert response["Content-Length"] == str(len(BYTES))
    assert response["Accept-Ranges"] == "bytes"

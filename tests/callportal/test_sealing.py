"""Sealed files: any range opens by itself, and nothing opens that was not sealed so."""

import io
import random
from base64 import urlsafe_b64encode

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given, settings
from hypothesis import strategies as st

from callportal.sealing import CHUNK, HEADER, TAG, UnsealedReader, UnsealError, plain_size, seal

KEY = urlsafe_b64encode(bytes(range(32))).decode()
OTHER = urlsafe_b64encode(bytes(range(32, 64))).decode()
FULL = CHUNK + TAG

SIZES = st.one_of(
    st.builds(
        lambda chunks, more: max(0, chunks * CHUNK + more), st.integers(0, 3), st.integers(-2, 2)
    ),
    st.integers(0, 3 * CHUNK),
)


def plain(size: int) -> bytes:
    return random.Random(size).randbytes(size)  # noqa: S311


def sealed(content: bytes, key: str = KEY, *, pieces: int = CHUNK) -> bytes:
    cut = (content[start : start + pieces] for start in range(0, len(content), pieces))
    return b"".join(seal(cut, key))


class Watched(io.BytesIO):
    """A file that counts what is read of it."""

    count = 0

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        self.count += len(found)
        return found


def reader(stored: bytes, *keys: str) -> UnsealedReader:
    return UnsealedReader(Watched(stored), keys or (KEY,), "a.wav")


def unsealed(stored: bytes, *keys: str) -> bytes:
    return reader(stored, *keys).readall()


@settings(max_examples=60, deadline=None)
@given(size=SIZES, pieces=st.integers(1, 3 * CHUNK).filter(lambda pieces: pieces > 500))
def test_what_is_sealed_comes_back(size: int, pieces: int) -> None:
    stored = sealed(plain(size), pieces=pieces)

    assert unsealed(stored) == plain(size)
    assert plain_size(len(stored), "a.wav") == size


@settings(max_examples=100, deadline=None)
@given(size=SIZES, start=SIZES, length=SIZES)
def test_any_range_is_that_of_the_plain_bytes(size: int, start: int, length: int) -> None:
    file = io.BufferedReader(reader(sealed(plain(size))), CHUNK)

    file.seek(start)

    assert file.read(length) == plain(size)[start : start + length]


@given(jumps=st.lists(st.tuples(st.integers(0, 3 * CHUNK), st.integers(0, 200)), max_size=8))
@settings(max_examples=30, deadline=None)
def test_a_file_may_be_sought_to_and_fro(jumps: list[tuple[int, int]]) -> None:
    content = plain(2 * CHUNK + 99)
    ours, theirs = io.BufferedReader(reader(sealed(content))), io.BytesIO(content)

    for place, length in jumps:
        assert ours.seek(place) == theirs.seek(place)
        assert ours.read(length) == theirs.read(length)
        assert ours.tell() == theirs.tell()
        assert ours.seek(-1, io.SEEK_END) == theirs.seek(-1, io.SEEK_END)


def test_a_range_reads_the_header_and_its_own_chunks_alone() -> None:
    source = Watched(sealed(plain(20 * CHUNK)))
    file = UnsealedReader(source, [KEY], "a.wav")

    file.seek(7 * CHUNK - 10)
    assert file.read(10) + file.read(10) == plain(20 * CHUNK)[7 * CHUNK - 10 : 7 * CHUNK + 10]

    assert source.count == HEADER.size + 2 * FULL


def test_the_format_is_the_one_that_is_written_down() -> None:
    content = plain(CHUNK + 5)
    stored = sealed(content)

    magic, version, _, chunk, salt = HEADER.unpack(stored[:36])
    key = HKDF(SHA256(), length=32, salt=salt, info=b"callportal sealed file 1").derive(
        bytes(range(32))
    )
    second = AESGCM(key).decrypt(
        b"\0" * 11 + b"\1", stored[36 + FULL :], stored[:36] + b"\0" * 7 + b"\1" + b"\1"
    )

    assert (magic, version, chunk) == (b"cpseal\n", 1, 65536)
    assert stored[8:16].hex() == "630dcd2966c43366"
    assert second == content[CHUNK:]


def test_two_files_with_one_content_have_nothing_in_common() -> None:
    first, second = sealed(plain(100)), sealed(plain(100))

    assert first[20:36] != second[20:36]
    assert first[36:] != second[36:]


@pytest.mark.parametrize("size", [0, 1, 100])
def test_no_byte_can_be_altered(size: int) -> None:
    stored = sealed(plain(size))

    for place in range(len(stored)):
        altered = bytearray(stored)
        altered[place] ^= 1
        with pytest.raises(UnsealError, match=r"^a\.wav: "):
            unsealed(bytes(altered))


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_no_byte_of_a_long_file_can_be_altered(data: st.DataObject) -> None:
    stored = bytearray(sealed(plain(2 * CHUNK + 99)))
    stored[data.draw(st.integers(0, len(stored) - 1))] ^= data.draw(st.integers(1, 255))

    with pytest.raises(UnsealError):
        unsealed(bytes(stored))


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_file_can_be_cut_short(data: st.DataObject) -> None:
    stored = sealed(plain(2 * CHUNK + 99))

    with pytest.raises(UnsealError):
        unsealed(stored[: data.draw(st.integers(0, len(stored) - 1))])


@pytest.mark.parametrize("size", [3 * CHUNK, 3 * CHUNK - 5])
@pytest.mark.parametrize("chunks", [0, 1, 2])
def test_no_file_can_be_cut_between_two_chunks(size: int, chunks: int) -> None:
    cut = sealed(plain(size))[: HEADER.size + chunks * FULL]

    with pytest.raises(UnsealError, match="cut short"):
        unsealed(cut)


def test_nothing_can_be_added_to_a_file() -> None:
    stored = sealed(plain(CHUNK))

    for more in (b"x", b"x" * TAG, b"x" * 100, stored[HEADER.size :]):
        with pytest.raises(UnsealError):
            unsealed(stored + more)


def test_no_chunk_can_be_moved() -> None:
    stored = sealed(plain(3 * CHUNK))
    header, chunks = stored[: HEADER.size], stored[HEADER.size :]
    first, second, third = (chunks[start : start + FULL] for start in range(0, 3 * FULL, FULL))

    for order in ([second, first, third], [first, first, third], [first, third], [third]):
        with pytest.raises(UnsealError, match="is not what was sealed"):
            unsealed(header + b"".join(order))


def test_no_chunk_can_come_from_another_file() -> None:
    one, two = sealed(plain(100)), sealed(plain(100))

    with pytest.raises(UnsealError, match="chunk 1 of 1 is not what was sealed"):
        unsealed(one[: HEADER.size] + two[HEADER.size :])


def test_another_key_is_named_and_whose_move_it_is() -> None:
    with pytest.raises(UnsealError) as raised:
        reader(sealed(plain(100)), OTHER)

    assert str(raised.value) == (
        "a.wav: was sealed with key 630dcd2966c43366, which RECORDINGS_KEY does not list. "
        "Put back the key that sealed it."
    )


def test_every_listed_key_opens() -> None:
    stored = sealed(plain(100))

    assert unsealed(stored, OTHER, KEY) == plain(100)


@pytest.mark.parametrize("stored", [b"", b"RIFF", b"RIFF" * 500])
def test_what_was_never_sealed_is_not_read(stored: bytes) -> None:
    with pytest.raises(UnsealError, match=r"a\.wav: is not sealed"):
        reader(stored)


def test_a_reader_closes_what_it_reads() -> None:
    source = io.BytesIO(sealed(plain(100)))

    with UnsealedReader(source, [KEY], "a.wav"):
        pass

    assert source.closed

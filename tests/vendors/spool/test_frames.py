"""The format of a spool file: what was written before a tear is read, and nothing else ever is."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vendors.spool import frames
from vendors.spool.frames import Damage, Frame

MOMENTS = st.integers(0, 2**63)
PAYLOADS = st.one_of(st.binary(max_size=60), st.just(frames.MARKER), st.just(frames.pack(7, b"in")))
WRITTEN = st.lists(st.builds(Frame, MOMENTS, PAYLOADS), max_size=6)

# A busy machine is slow, and no reason to fail.
patient = settings(
    deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60
)


def packed(written: list[Frame]) -> bytes:
    return b"".join(frames.pack(one.moment, one.payload) for one in written)


@patient
@given(WRITTEN)
def test_what_is_written_is_read_in_its_order(written: list[Frame]) -> None:
    data = packed(written)

    assert list(frames.read(data)) == written
    assert list(frames.glance(data)) == [one.moment for one in written]


@patient
@given(WRITTEN, st.data())
def test_any_truncation_gives_the_beginning_of_what_was_written(
    written: list[Frame], choose: st.DataObject
) -> None:
    data = packed(written)
    cut = choose.draw(st.integers(0, len(data)))

    found = list(frames.read(data[:cut]))

    whole = [one for one in found if isinstance(one, Frame)]
    assert whole == written[: len(whole)]
    rest = found[len(whole) :]
    assert len(packed(whole)) + sum(one.size for one in rest if isinstance(one, Damage)) == cut
    assert all(isinstance(one, Damage) and one.is_torn_end for one in rest)
    assert len(rest) <= 1


@patient
@given(st.lists(st.builds(Frame, MOMENTS, st.binary(max_size=60)), min_size=1), st.data())
def test_a_damaged_byte_costs_one_frame_at_most(
    written: list[Frame], choose: st.DataObject
) -> None:
    data = bytearray(packed(written))
    at = choose.draw(st.integers(0, len(data) - 1))
    data[at] ^= choose.draw(st.integers(1, 255))

    whole = [one for one in frames.read(bytes(data)) if isinstance(one, Frame)]

    hit = next(place for place in range(len(written)) if at < len(packed(written[: place + 1])))
    assert whole == written[:hit] + written[hit + 1 :]


@patient
@given(st.binary(max_size=200))
def test_bytes_that_nobody_wrote_are_never_an_error(data: bytes) -> None:
    found = list(frames.read(data))

    taken = sum(len(frames.pack(0, one.payload)) for one in found if isinstance(one, Frame))
    assert taken + sum(one.size for one in found if isinstance(one, Damage)) == len(data)

"""The drawing of a call: where things stand, whatever is missing and however long it took."""

from datetime import UTC, datetime, timedelta

import pytest

from calls import timeline
from calls.timeline import DIALLING, RINGING, TALKING, Drawing, Lane, draw

NOON = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def lane(
    started: float | None = None,
    rang: float | None = None,
    answered: float | None = None,
    ended: float | None = None,
) -> Lane:
    at = [None if one is None else after(one) for one in (started, rang, answered, ended)]
    return Lane(label="x", started_at=at[0], rang_at=at[1], answered_at=at[2], ended_at=at[3])


def drawn(*lanes: Lane, happened: tuple[float, ...] = (), now: float | None = None) -> Drawing:
    moments = [after(one) for one in happened]
    drawing = draw(lanes, moments, (), None if now is None else after(now))
    assert drawing is not None
    return drawing


def shares(drawing: Drawing, row: int = 0) -> list[tuple[str, float, float]]:
    return [(one.phase, one.x, one.width) for one in drawing.rows[row].stretches]


def test_each_phase_is_as_wide_as_it_was_long() -> None:
    drawing = drawn(lane(0, 10, 20, 100))

    assert shares(drawing) == [(DIALLING, 0, 10), (RINGING, 10, 10), (TALKING, 20, 80)]
    assert [one.seconds for one in drawing.rows[0].stretches] == [10, 10, 80]


def test_legs_stand_below_one_another_on_one_scale() -> None:
    drawing = drawn(lane(0, None, None, 100), lane(50, None, None, 100))

    assert shares(drawing, 1) == [(DIALLING, 50, 50)]
    assert drawing.rows[1].y - drawing.rows[0].y == timeline.LANE_HEIGHT


def test_a_call_without_any_moment_is_not_drawn() -> None:
    assert draw([lane()]) is None


def test_a_call_of_which_one_moment_is_known_is_drawn() -> None:
    drawing = drawn(lane(ended=0), happened=(0,))

    assert [(dot.x, dot.label) for dot in drawing.dots] == [(0, "1")]
    assert [tick.seconds for tick in drawing.ticks] == [0]


def test_a_call_that_took_no_time_is_seen() -> None:
    drawing = drawn(lane(0, 0, 0, 0))

    assert all(width >= timeline.LEAST_WIDTH for _, _, width in shares(drawing))


def test_a_short_ring_before_an_hour_of_talk_is_seen_and_stays_within() -> None:
    drawing = drawn(lane(0, 1, 2, 3600), lane(3599, None, None, 3600))

    for row in (0, 1):
        for _, x, width in shares(drawing, row):
            assert width >= timeline.LEAST_WIDTH
            assert x + width <= 100.01


def test_an_hour_of_ringing_has_few_and_round_ticks() -> None:
    drawing = drawn(lane(0, 0, None, 3600))

    assert [tick.seconds for tick in drawing.ticks] == [0, 900, 1800, 2700, 3600]
    assert [tick.anchor for tick in drawing.ticks][:: len(drawing.ticks) - 1] == ["start", "end"]


@pytest.mark.parametrize("seconds", [1, 7, 59, 61, 3601, 90_000, 10**7])
def test_there_are_few_ticks_however_long_it_takes(seconds: int) -> None:
    drawing = drawn(lane(0, None, None, seconds))

    assert 2 <= len(drawing.ticks) <= timeline.MOST_TICKS + 1
    assert drawing.ticks[-1].x <= 100


def test_a_phase_whose_end_nobody_said_reaches_to_the_end_and_is_open() -> None:
    drawing = drawn(lane(0, None, 50, None), happened=(100,))

    talking = drawing.rows[0].stretches[-1]
    assert talking.is_open
    assert talking.x + talking.width == pytest.approx(100)


def test_a_phase_that_nobody_spoke_of_is_left_out() -> None:
    drawing = drawn(lane(None, None, 10, 20), happened=(0,))

    assert shares(drawing) == [(TALKING, 50, 50)]


def test_a_call_in_progress_reaches_to_now() -> None:
    drawing = drawn(lane(0, 10, 20), now=100)

    talking = drawing.rows[0].stretches[-1]
    assert talking.is_open
    assert drawing.ticks[-1].seconds == 90


def test_a_call_that_just_began_has_room_for_what_comes() -> None:
    drawing = drawn(lane(0), now=0)

    assert shares(drawing) == [(DIALLING, 0, 100)]


def test_a_clock_that_went_backwards_breaks_nothing() -> None:
    drawing = drawn(lane(started=100, rang=50, answered=20, ended=60))

    assert [one.seconds for one in drawing.rows[0].stretches] == [0, 10, 40]
    assert all(0 <= x <= 100 for _, x, _ in shares(drawing))


def test_the_last_moment_of_the_calendar_is_a_moment() -> None:
    last = datetime.max.replace(tzinfo=UTC)

    assert draw([Lane(label="x", started_at=last)]) is not None


def test_what_happens_in_one_second_is_one_dot_with_all_its_numbers() -> None:
    drawing = drawn(lane(0, None, None, 100), happened=(0, 50, 50, 50.4, 100))

    assert [dot.label for dot in drawing.dots] == ["1", "2–4", "5"]


def test_dots_never_cover_one_another_on_the_narrowest_screen() -> None:
    drawing = drawn(lane(0, None, None, 1000), happened=tuple(range(0, 1000, 7)))

    for left, right in zip(drawing.dots, drawing.dots[1:], strict=False):
        assert left.x * 3 + left.left + left.width < right.x * 3 + right.left
        assert left.last + 1 == right.first
    last = drawing.dots[-1]
    assert (drawing.dots[0].first, last.last) == (1, 143)
    assert last.x * 3 + last.left + last.width <= 320


def test_those_who_speak_stand_one_above_the_other() -> None:
    drawing = draw([lane(0, None, None, 10)], (), [("robot", NOON), ("customer", after(5))])

    assert drawing is not None
    robot, customer = drawing.words
    assert (robot.x, customer.x) == (0, 50)
    assert robot.y < customer.y


def test_a_duration_is_written_only_where_there_is_room() -> None:
    drawing = drawn(lane(0, 10, 20, 100), lane(95, None, 96, 100))

    long, short = drawing.rows[0].stretches[-1], drawing.rows[1].stretches[-1]
    assert long.is_roomy
    assert not short.is_roomy

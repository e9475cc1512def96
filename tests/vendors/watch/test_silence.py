"""What is usual is learned, and a silence beyond it is found: weeks of made-up traffic, and what
the judges say of them. No database, and no clock but the one that is passed in."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest

from vendors.simulator.plan import HOURS, WEEKDAYS
from vendors.watch import silence
from vendors.watch.silence import Habit, Hour

BEIJING = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 9, 7, tzinfo=BEIJING).astimezone(ZoneInfo("UTC"))
HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)
BUSIEST = timedelta(hours=10)  # of a Monday


def traffic(seed: int, weeks: int, busiest: float) -> list[datetime]:
    """Arrivals by chance: so many in the busiest hour, fewer in others, at night nearly none."""
    dice = Random(seed)  # noqa: S311 - traffic, not secrets
    came = []
    for number in range(weeks * 168):
        begin = MONDAY + number * HOUR
        local = begin.astimezone(BEIJING)
        rate = busiest * (HOURS[local.hour] / 100 * WEEKDAYS[local.weekday()] + 0.0001)
        second = dice.expovariate(rate / 3600)
        while second < 3600:
            came.append(begin + timedelta(seconds=second))
            second += dice.expovariate(rate / 3600)
    return came


def hours_of(came: Sequence[datetime]) -> list[Hour]:
    minutes: dict[datetime, int] = {}
    for at in came:
        begin = at.replace(minute=0, second=0, microsecond=0)
        minutes[begin] = minutes.get(begin, 0) | 1 << at.minute
    return [Hour(at, bits) for at, bits in minutes.items()]


def alarms(came: Sequence[datetime], judged_from: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Silences that would have been told of, each judged by what was known when it ended."""
    hours = hours_of(came)
    learned: dict[datetime, Habit] = {}
    for last, following in pairwise(came):
        if following - last < silence.FLOOR or following < judged_from:
            continue
        day = following.replace(hour=0, minute=0, second=0, microsecond=0)
        if day not in learned:
            learned[day] = silence.learn(hours, day, BEIJING)
        due = silence.due_at(learned[day], last)
        if due is not None and due <= following:
            yield last, following


@pytest.mark.parametrize(("seed", "busiest"), [(1, 2), (2, 12), (3, 60), (4, 150), (5, 400)])
def test_four_weeks_with_nights_and_weekends_give_no_false_alarm(seed: int, busiest: int) -> None:
    came = traffic(seed, 6, busiest)

    assert list(alarms(came, MONDAY + 2 * WEEK)) == []


@pytest.mark.parametrize("weeks", [2, 4])
@pytest.mark.parametrize("seed", range(4))
def test_a_cut_at_the_busiest_hour_is_found_within_15_minutes(seed: int, weeks: int) -> None:
    cut = MONDAY + weeks * WEEK + BUSIEST + timedelta(minutes=10)
    came = [at for at in traffic(seed, weeks + 1, 120) if at <= cut]

    due = silence.due_at(silence.learn(hours_of(came), cut, BEIJING), came[-1])

    assert due is not None
    assert due - cut <= timedelta(minutes=15)


def every(minutes: int, weeks: int, from_hour: int = 0, to_hour: int = 24) -> list[datetime]:
    """One push every so many minutes, within these hours of each day in Beijing."""
    count = weeks * 7 * 24 * 60 // minutes
    moments = (MONDAY + number * timedelta(minutes=minutes) for number in range(count))
    return [at for at in moments if from_hour <= at.astimezone(BEIJING).hour < to_hour]


def test_a_silence_over_night_begins_to_count_in_the_morning() -> None:
    came = every(2, 3, from_hour=9, to_hour=18)
    habit = silence.learn(hours_of(came), MONDAY + 3 * WEEK, BEIJING)

    due = silence.due_at(habit, came[-1])

    opens = MONDAY + 3 * WEEK + timedelta(hours=9)
    assert due is not None
    assert opens + silence.FLOOR <= due <= opens + timedelta(minutes=30)


def test_a_weekend_without_a_push_is_usual_where_weekends_are() -> None:
    came = [at for at in every(2, 4, 9, 18) if at.astimezone(BEIJING).weekday() < 5]
    habit = silence.learn(hours_of(came), MONDAY + 4 * WEEK, BEIJING)

    due = silence.due_at(habit, came[-1])

    assert due is not None
    assert due >= MONDAY + 4 * WEEK + timedelta(hours=9)


def test_sixty_calls_in_one_second_are_one_arrival() -> None:
    """A campaign each hour is an hour's gap, and not one of a minute."""
    came = [at + timedelta(milliseconds=n) for at in every(60, 3) for n in range(60)]
    habit = silence.learn(hours_of(came), MONDAY + 3 * WEEK, BEIJING)

    due = silence.due_at(habit, came[-1])

    assert due is None or due - came[-1] > timedelta(hours=3)


def test_what_never_was_usual_is_never_missed() -> None:
    now = MONDAY + 3 * WEEK

    assert silence.due_at(silence.learn([], now, BEIJING), now) is None
    once = hours_of([MONDAY + timedelta(days=3, minutes=7)])
    assert silence.due_at(silence.learn(once, now, BEIJING), now) is None


def test_a_first_week_is_nothing_usual_yet() -> None:
    came = every(1, 1)

    assert not silence.learn(hours_of(came), MONDAY + WEEK, BEIJING).is_any


def test_one_week_of_a_campaign_is_not_missed_in_the_next() -> None:
    campaign = [at for at in every(1, 2) if at >= MONDAY + WEEK]
    came = sorted({*every(60, 3), *campaign})
    habit = silence.learn(hours_of(came), MONDAY + 3 * WEEK, BEIJING)

    due = silence.due_at(habit, came[-1])

    assert due is None or due - came[-1] > timedelta(hours=3)


def test_rests_between_bursts_are_learned() -> None:
    """A minute-by-minute line that rests for an hour, each day at another time."""
    came = []
    for at in every(1, 5):
        day, minute = divmod((at - MONDAY) // timedelta(minutes=1), 24 * 60)
        rest = 60 + day * 97 % (21 * 60)
        if not rest <= minute < rest + 60:
            came.append(at)
    hours = hours_of(came)
    judged = [at for at in came if at >= MONDAY + 4 * WEEK]
    habit = silence.learn(hours, MONDAY + 4 * WEEK, BEIJING)

    rests = [
        (last, following)
        for last, following in pairwise(judged)
        if following - last > silence.FLOOR
    ]
    told = [
        due
        for last, following in rests
        if (due := silence.due_at(habit, last)) and due <= following
    ]
    assert len(rests) == 7
    assert told == []


def test_no_silence_is_shorter_than_the_floor() -> None:
    came = every(1, 5)
    habit = silence.learn(hours_of(came), MONDAY + 5 * WEEK, BEIJING)

    due = silence.due_at(habit, came[-1])

    assert due is not None
    assert due - came[-1] >= silence.FLOOR


def test_what_comes_seldom_is_missed_after_the_ceiling() -> None:
    came = every(180, 6)
    habit = silence.learn(hours_of(came), MONDAY + 6 * WEEK, BEIJING)

    due = silence.due_at(habit, came[-1])

    assert due is not None
    assert timedelta(days=3) <= due - came[-1] <= timedelta(days=4)


def test_the_usual_gap_lies_between_floor_and_ceiling() -> None:
    came = every(2, 3, 9, 18)
    habit = silence.learn(hours_of(came), MONDAY + 3 * WEEK, BEIJING)

    assert habit.usual_gap(MONDAY + timedelta(hours=10)) == silence.FLOOR
    assert habit.usual_gap(MONDAY + timedelta(hours=3)) == timedelta(hours=15)
    never = silence.learn([], MONDAY, BEIJING)
    assert never.usual_gap(MONDAY) == silence.CEILING

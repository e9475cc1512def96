"""Whether it is quieter than usual: what each hour of the week is like, and how long a silence may
last before it means something.

Plain Python, without a database and without a clock.

A silence means something when it would hardly come about by chance. For each minute of the week it
is learned how likely a push is to come in it. The chance that none comes in a row of minutes is the
product of the chances that none comes in each; a silence is beyond the usual once that product is
smaller than ``CHANCE``. So a night counts for little and the busiest hour for much, and one rule
serves both.

Traffic is not all chance: dialling goes in bursts, with rests between. So that product must also be
smaller, by a margin, than it was at the worst of the silences that ended by themselves in the weeks
before. The worst week of all does not count there: it may have had an outage.

What is learned is careful where little is known: the likelihood is taken as low as it may be by
luck, and no higher than in a middling week, nor in that quarter of the hour. Minutes are counted,
not pushes, so that a campaign whose sixty calls end in one second is one arrival.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import cached_property
from itertools import accumulate
from statistics import median_low

WEEKS = 6  # that are looked back
LEAST_WEEKS = 2  # an hour of the week is not known before it was seen so often
CHANCE = 6e-6
MOST_LIKELY = 0.75  # of a push in a minute: no line is so busy that a rest is out of the question
FLOOR = timedelta(minutes=5)  # no silence is shorter
CEILING = timedelta(days=3)  # what is usual, but seldom, is missed after that
FACTOR = 1.5  # how much longer than the usual gap, or worse than before, a silence must be
FARTHEST = timedelta(days=14)
_ENOUGH = -math.log(CHANCE)
_ENOUGH_AT_CEILING = 8.0  # arrivals that a middling week would have had meanwhile
_LUCK = 1.5  # standard deviations
_HOUR = timedelta(hours=1)
_QUARTERS = 4
_MINUTES = 60
_ALL = (1 << 15) - 1
_GAP = re.compile("0+")


@dataclass(frozen=True, slots=True)
class Hour:
    """What came in an hour: ``minutes`` has bit n set where something came in minute n."""

    at: datetime
    minutes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Slot:
    """What an hour of the week is like. ``likely`` says for each quarter how likely a push is in
    one of its minutes, ``mean`` how many minutes of the hour have one in a middling way."""

    likely: tuple[float, ...] = (0.0,) * _QUARTERS
    mean: float = 0.0
    gap: timedelta | None = None  # the longest without a push that is usual; None: nothing is

    @property
    def rates(self) -> list[float]:
        """How surprising a minute without a push is, in each quarter."""
        return [-math.log1p(-likely) for likely in self.likely]


EMPTY = Slot()


@dataclass(frozen=True)
class Habit:
    """What each hour of the week is like, Monday 0:00 first."""

    slots: tuple[Slot, ...]
    zone: tzinfo
    enough: float = _ENOUGH  # how surprising a silence must be, as a negative logarithm

    @cached_property
    def is_any(self) -> bool:
        """Whether anything is usual at all."""
        return any(slot.mean for slot in self.slots)

    def slot(self, at: datetime) -> Slot:
        return self.slots[place(at, self.zone)]

    def usual_gap(self, at: datetime) -> timedelta:
        """The longest gap that is usual at this hour: from the floor up to the ceiling. Where
        nothing is usual, the hours until something is again."""
        here = self.slot(at).gap
        if here is not None:
            return max(here, FLOOR)
        gap = _HOUR
        for step in (-_HOUR, _HOUR):
            there = at + step
            while self.slot(there).gap is None and gap < CEILING:
                gap += _HOUR
                there += step
        return min(gap, CEILING)


def place(at: datetime, zone: tzinfo) -> int:
    """Which hour of the week a moment lies in."""
    local = at.astimezone(zone)
    return local.weekday() * 24 + local.hour


def learn(hours: Iterable[Hour], now: datetime, zone: tzinfo) -> Habit:
    """What is usual, from the hours in which something came. Hours that are missing were silent,
    back to the first one; the hour that is not over says nothing yet."""
    over = now.replace(minute=0, second=0, microsecond=0)
    first = over - timedelta(weeks=WEEKS)
    came = {hour.at: hour.minutes for hour in hours if first <= hour.at < over and hour.minutes}
    if not came:
        return Habit((EMPTY,) * 168, zone)
    seen: dict[int, list[int]] = defaultdict(list)
    at = min(came)
    while at < over:
        seen[place(at, zone)].append(came.get(at, 0))
        at += _HOUR
    slots = tuple(_slot(seen.get(one, [])) for one in range(168))
    worst = sorted(_worst_by_week(slots, came, over, zone))[:-1]
    return Habit(slots, zone, max(_ENOUGH, FACTOR * max(worst, default=0.0)))


def _worst_by_week(
    slots: Sequence[Slot], came: Mapping[datetime, int], over: datetime, zone: tzinfo
) -> list[float]:
    """How surprising the worst silence was that ended in each week."""
    first = min(came)
    worst = [0.0] * ((over - first) // timedelta(weeks=1) + 1)
    until = [_up_to_each_minute(slot) for slot in slots]
    at, surprise = first, 0.0
    while at < over:
        minutes, sums = came.get(at, 0), until[place(at, zone)]
        week = (at - first) // timedelta(weeks=1)
        if minutes & 1:
            worst[week], surprise = max(worst[week], surprise), 0.0
        for gap in _GAP.finditer(format(minutes, f"0{_MINUTES}b")[::-1]):
            surprise += sums[gap.end()] - sums[gap.start()]
            if gap.end() < _MINUTES:
                worst[week], surprise = max(worst[week], surprise), 0.0
        at += _HOUR
    return worst


def _up_to_each_minute(slot: Slot) -> list[float]:
    """How surprising it is that nothing came from the hour's begin up to each minute."""
    return [0.0, *accumulate(rate for rate in slot.rates for _ in range(15))]


def _slot(weeks: list[int]) -> Slot:
    if len(weeks) < LEAST_WEEKS:
        return EMPTY
    busy = [minutes.bit_count() for minutes in weeks]
    total = sum(busy)
    by_luck = max(0.0, total - _LUCK * math.sqrt(total)) / (_MINUTES * len(weeks) + 1)
    most = min(by_luck, median_low(busy) / (_MINUTES + 1), MOST_LIKELY)
    quarters = [
        sum((minutes >> 15 * quarter & _ALL).bit_count() for minutes in weeks)
        for quarter in range(_QUARTERS)
    ]
    return Slot(
        likely=tuple(min(most, quarter / (15 * len(weeks) + 1)) for quarter in quarters),
        mean=median_low(busy),
        gap=timedelta(minutes=median_low([_longest_gap(minutes) for minutes in weeks]))
        if median_low(busy)
        else None,
    )


def _longest_gap(minutes: int) -> int:
    """How many minutes in a row have nothing."""
    text = format(minutes, f"0{_MINUTES}b")
    return max(len(gap) for gap in text.split("1"))


def due_at(habit: Habit, last_at: datetime) -> datetime | None:
    """When a silence that began at this moment is beyond the usual; None where it never is."""
    if not habit.is_any:
        return None
    at, surprise, missed = last_at, 0.0, 0.0
    end = last_at + FARTHEST
    while at < end:
        step = timedelta(minutes=15) - timedelta(
            minutes=at.minute % 15, seconds=at.second, microseconds=at.microsecond
        )
        slot = habit.slot(at)
        minutes = step / timedelta(minutes=1)
        a_minute = slot.rates[at.minute // 15]
        if surprise + a_minute * minutes >= habit.enough:
            enough = at + timedelta(minutes=(habit.enough - surprise) / a_minute)
            return max(enough, last_at + max(FLOOR, FACTOR * (slot.gap or timedelta())))
        surprise += a_minute * minutes
        missed += slot.mean / _MINUTES * minutes
        at += step
        if missed >= _ENOUGH_AT_CEILING and at - last_at >= CEILING:
            return at
    return None

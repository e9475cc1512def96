"""Ranges of days in the portal's zone, and the months, weeks and days that they consist of."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

DAY = timedelta(days=1)
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(8999, 12, 31)


class Step(models.TextChoices):
    """How long a period is. Weeks are those of ISO 8601: they begin on Monday."""

    MONTH = "month", _("Month")
    WEEK = "week", pgettext_lazy("seven days", "Week")
    DAY = "day", pgettext_lazy("24 hours", "Day")


# How many periods a report may have, and how many where it is by numbers or tasks: these have a
# tally for each of their months, but by weeks and days all tallies of days are read.
MOST = {Step.MONTH: 60, Step.WEEK: 106, Step.DAY: 62}
MOST_OF_SUBJECTS = {Step.MONTH: 24, Step.WEEK: 6, Step.DAY: 31}


@dataclass(frozen=True, slots=True)
class Days:
    """Whole days: the first, and the day after the last."""

    first: date
    end: date

    @property
    def last(self) -> date:
        return self.end - DAY

    @property
    def since(self) -> datetime:
        return beginning(self.first)

    @property
    def until(self) -> datetime:
        return beginning(self.end)

    def __len__(self) -> int:
        return (self.end - self.first).days


def zone() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)


def beginning(day: date) -> datetime:
    """When a day of the portal's zone begins."""
    return datetime.combine(day, time(), zone()).astimezone(UTC)


def today() -> date:
    return timezone.localdate(timezone=zone())


def begins(day: date, step: str) -> date:
    """The first day of the period in which a day is."""
    if step == Step.MONTH:
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if step == Step.WEEK else day


def after(first: date, step: str) -> date:
    """The first day of the period after the one that begins here."""
    if step == Step.MONTH:
        return (first + timedelta(days=32)).replace(day=1)
    return first + timedelta(days=7 if step == Step.WEEK else 1)


def periods(days: Days, step: str) -> list[Days]:
    """The periods of a range. The first and the last are cut where it begins and ends."""
    return list(_periods(days, step))


def _periods(days: Days, step: str) -> Iterator[Days]:
    first = days.first
    while first < days.end:
        end = min(after(begins(first, step), step), days.end)
        yield Days(first, end)
        first = end


def label(days: Days, step: str) -> str:
    """What a period is called: 2026-11, 2026-W45, 2026-11-02."""
    if step == Step.MONTH:
        return f"{days.first:%Y-%m}"
    if step == Step.WEEK:
        year, week, _weekday = days.first.isocalendar()
        return f"{year}-W{week:02}"
    return f"{days.first:%Y-%m-%d}"


def is_whole(days: Days, step: str) -> bool:
    """Whether a period is not cut off by the range in which it is."""
    first = begins(days.first, step)
    return days.first == first and days.end == after(first, step)


def _month_before(now: date) -> Days:
    first = now.replace(day=1)
    return Days((first - DAY).replace(day=1), first)


def _twelve_months(now: date) -> Days:
    """This month, and the eleven before it."""
    this = _this(now, Step.MONTH)
    first = this.first
    for _month in range(11):
        first = (first - DAY).replace(day=1)
    return Days(first, this.end)


def _this(now: date, step: str) -> Days:
    """All of it: what has not come yet has no calls."""
    first = begins(now, step)
    return Days(first, after(first, step))


def _last_week(now: date) -> Days:
    monday = begins(now, Step.WEEK)
    return Days(monday - 7 * DAY, monday)


RANGES: Mapping[str, Callable[[date], Days]] = {
    "last-month": _month_before,
    "this-month": lambda now: _this(now, Step.MONTH),
    "last-week": _last_week,
    "this-week": lambda now: _this(now, Step.WEEK),
    "last-12-months": _twelve_months,
}
RANGE_LABELS: Mapping[str, str | Promise] = {
    "last-month": _("Last month"),
    "this-month": _("This month"),
    "last-week": _("Last week"),
    "this-week": _("This week"),
    "last-12-months": _("Last 12 months"),
}

"""When mails are due: at a full hour of a Monday, or of a month's first, in the portal's zone."""

from datetime import UTC, date, datetime, time, timedelta

from calls.models import Mailing
from calls.reports import periods
from calls.reports.periods import Days, Step

STEPS = {Mailing.Every.WEEK.value: Step.WEEK.value, Mailing.Every.MONTH.value: Step.MONTH.value}


def last_due(every: str, hour: int, now: datetime) -> datetime:
    """When a mail was due last."""
    step = STEPS[every]
    day = periods.begins(now.astimezone(periods.zone()).date(), step)
    due = _at(day, hour)
    return due if due <= now else _at(periods.begins(day - periods.DAY, step), hour)


def next_due(every: str, hour: int, now: datetime) -> datetime:
    """When the next mail will be due."""
    step = STEPS[every]
    day = periods.begins(now.astimezone(periods.zone()).date(), step)
    due = _at(day, hour)
    return due if due > now else _at(periods.after(day, step), hour)


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), periods.zone()).astimezone(UTC)


def day_of(due: datetime) -> date:
    """The day of the portal that a mail is of: what ranges with a name are about."""
    return due.astimezone(periods.zone()).date()


def days_before(every: str, due: datetime) -> Days:
    """The week or the month before the one in which a mail is due."""
    step = STEPS[every]
    end = periods.begins(day_of(due), step)
    return Days(periods.begins(end - timedelta(days=1), step), end)

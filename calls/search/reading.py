"""What the values of filters may be, and what they mean: each reader takes a text as typed, and
raises ComplaintError with what was expected and what was found."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

# Telephone calls happen between these; beyond them a day more or a zone overflows.
FIRST_MOMENT = datetime(1900, 1, 1, tzinfo=UTC)
LAST_MOMENT = datetime(9000, 1, 1, tzinfo=UTC)
MOST_SECONDS = 2**31 - 1
_SPAN = re.compile(
    r"(?P<sign>>=|<=|>|<|=)?\s*(?P<low>\d{1,9})(?P<low_unit>[smh]?)"
    r"(?:\s*(?:-|\.\.)\s*(?P<high>\d{1,9})(?P<high_unit>[smh]?))?"
)
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}
_HOURS = re.compile(r"([0-9]{1,2})(?:-([0-9]{1,2}))?")
_DAY = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")


class ComplaintError(ValueError):
    """A value that cannot be meant; the sentence says what was expected and what was found."""


@dataclass(frozen=True, slots=True)
class Span:
    """Whole seconds from ``low`` to ``high``, both included; None is open. Or: nobody said."""

    low: int | None = None
    high: int | None = None
    is_unsaid: bool = False


def span(text: str) -> Span:
    """``30``, ``>30``, ``>=1m``, ``<2m``, ``30-60``, ``none``."""
    if text.lower() in {"none", "unknown"}:
        return Span(is_unsaid=True)
    found = _SPAN.fullmatch(text.strip())
    if found is None or (found["sign"] and found["high"]):
        raise ComplaintError(
            _('Expected seconds such as 30, >30, <=2m, 30-60 or none; found "%(text)s".')
            % {"text": _short(text)}
        )
    low = min(int(found["low"]) * _UNITS[found["low_unit"]], MOST_SECONDS)
    if found["high"] is not None:
        high = min(int(found["high"]) * _UNITS[found["high_unit"]], MOST_SECONDS)
        if high < low:
            raise ComplaintError(_("The range ends before it begins."))
        return Span(low, high)
    return {
        ">": Span(low + 1, None),
        ">=": Span(low, None),
        "<": Span(None, low - 1),
        "<=": Span(None, low),
    }.get(found["sign"] or "=", Span(low, low))


def hours(text: str) -> range:
    """Hours of the day: ``9``, or ``9-17``, of which both are meant."""
    found = _HOURS.fullmatch(text.strip())
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (24, 24)
    if not first <= last < 24:
        raise ComplaintError(
            _('Expected an hour from 0 to 23, or several such as 9-17; found "%(text)s".')
            % {"text": _short(text)}
        )
    return range(first, last + 1)


def moment(text: str) -> datetime:
    """ISO 8601, or a day, which means its beginning; without a zone in the reader's zone."""
    at = _moment(text.strip())
    if at is None:
        raise ComplaintError(
            _(
                "Expected a date and time such as 2026-11-01T08:30 or 2026-11-01T08:30:00Z;"
                ' found "%(text)s".'
            )
            % {"text": _short(text)}
        )
    return at


def end(text: str) -> datetime:
    """The end of a range, not included; a day alone means the end of that day."""
    at = moment(text)
    return at + timedelta(days=1) if _DAY.fullmatch(text.strip()) else at


def _moment(text: str) -> datetime | None:
    try:
        at = parse_datetime(text)
        if at is None:
            day = parse_date(text)
            at = datetime.combine(day, time()) if day else None
        if at is None:
            return None
        if timezone.is_naive(at):
            at = timezone.make_aware(at)
        is_possible = FIRST_MOMENT < at < LAST_MOMENT
    except (ValueError, OverflowError):
        return None
    return at if is_possible else None


def presets() -> dict[str, Callable[[date], tuple[date, date]]]:
    """Ranges of days that have a name: the first day, and the day after the last."""
    day = timedelta(days=1)

    def month_before(today: date) -> tuple[date, date]:
        first = today.replace(day=1)
        return (first - day).replace(day=1), first

    def monday(today: date) -> date:
        return today - timedelta(days=today.weekday())

    return {
        "today": lambda today: (today, today + day),
        "yesterday": lambda today: (today - day, today),
        "last-7-days": lambda today: (today - 6 * day, today + day),
        "last-30-days": lambda today: (today - 29 * day, today + day),
        "this-week": lambda today: (monday(today), today + day),
        "last-week": lambda today: (monday(today) - 7 * day, monday(today)),
        "this-month": lambda today: (today.replace(day=1), today + day),
        "last-month": month_before,
    }


def preset(name: str) -> tuple[datetime, datetime]:
    """The moments between which a named range lies, in the reader's zone."""
    days = presets()[name](timezone.localdate())
    first, last = (timezone.make_aware(datetime.combine(one, time())) for one in days)
    return first, last


def choice(text: str, known: Sequence[str]) -> str:
    """One of a few words, whatever its case."""
    for one in known:
        if one.lower() == text.lower():
            return one
    raise ComplaintError(
        _('Expected one of %(known)s; found "%(text)s".')
        % {"known": ", ".join(known), "text": _short(text)}
    )


def whole(text: str) -> int:
    """The id of a row."""
    if text.isascii() and text.isdecimal() and len(text) < 19:
        return int(text)
    raise ComplaintError(_('Expected a whole number; found "%(text)s".') % {"text": _short(text)})


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"

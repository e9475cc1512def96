"""Tallies counted anew from the rows of calls, and held against what is kept.

The counting is the database's own, by other means than ``calls.tallies`` uses: where both agree,
both are right. A stretch of time is counted in one transaction that sees one moment, so that it
may be done while pushes come in.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection, models, transaction
from django.db.models import Count, F, Q, QuerySet, Sum, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Concat, TruncDate, TruncHour
from django.utils import timezone

from calls.models import Account, Call, CallCode, Grain, Reference, Subject, SubjectTally, Tally
from calls.numbers import masked
from calls.outcomes import Outcome, State
from calls.snapshot import one_moment
from calls.tallies import SUMS, Key, key_of

log = logging.getLogger("callportal.tallies")

LATELY = timedelta(days=7)
Rows = dict[Key, tuple[int, ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """A row that says something else than the calls do. ``kept`` and ``counted`` are its sums."""

    model: type[models.Model]
    key: Key
    kept: tuple[int, ...]
    counted: tuple[int, ...]

    def __str__(self) -> str:
        names = (*SUMS, "answered")
        said = [
            f"{name} {kept:,} instead of {counted:,}"
            for name, kept, counted in zip(names, self.kept, self.counted, strict=False)
            if kept != counted
        ]
        is_number = self.key[0] == Subject.SHOWN.value
        words = [str(one) for one in self.key]
        key = " ".join([*words[:-1], masked(words[-1])] if is_number else words)
        return f"{self.model._meta.verbose_name}, {key}: {', '.join(said)}"


def days(first: date | None = None, last: date | None = None) -> list[date]:
    """The days of which there are calls or tallies, from the first to the last, both included."""
    zone = timezone.get_default_timezone()
    calls = Call.objects.order_by().annotate(day=TruncDate("occurred_at", tzinfo=zone))
    kept = Tally.objects.order_by().annotate(day=TruncDate("at", tzinfo=zone))
    of_subjects = SubjectTally.objects.order_by().annotate(day=TruncDate("at", tzinfo=zone))
    found: set[date] = set()
    since = _beginning(first) if first else None
    until = _beginning(last + timedelta(days=1)) if last else None
    for rows, column in (
        (calls, "occurred_at"),
        (kept, "at"),
        (of_subjects.filter(grain=Grain.DAY), "at"),
    ):
        some = rows.filter(**{f"{column}__gte": since}) if since else rows
        some = some.filter(**{f"{column}__lt": until}) if until else some
        found.update(some.values_list("day", flat=True).distinct())
    return sorted(found)


def check(day: date) -> list[Difference]:
    """What the tallies of a day of the portal's zone get wrong; nothing is changed."""
    with one_moment():
        return [one for span in _spans(day) for one in span.differences()]


def check_month(month: date) -> list[Difference]:
    """Likewise the tallies of a month, held against those of its days."""
    with one_moment():
        return _month(month).differences()


def check_lately() -> None:
    """Hold the last days against their calls, and say so where they differ."""
    today = timezone.localdate(timezone=timezone.get_default_timezone())
    found = [one for day in days(today - LATELY, today) for one in check(day)]
    if found:
        log.error("tallies differ", extra={"rows": len(found), "first": str(found[0])})
    else:
        log.info("tallies checked", extra={"days": LATELY.days + 1})


def repair(day: date) -> list[Difference]:
    """Write down what is right, and tell what was wrong. Workers wait meanwhile."""
    with _alone():
        return [one for span in _spans(day) for one in span.repaired()]


def repair_month(month: date) -> list[Difference]:
    with _alone():
        return _month(month).repaired()


@contextmanager
def _alone() -> Iterator[None]:
    """Nobody else adds to tallies. SQLite's transactions are alone by themselves."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            tables = ", ".join(one._meta.db_table for one in (Tally, SubjectTally))
            with connection.cursor() as cursor:
                cursor.execute(f"LOCK TABLE {tables} IN EXCLUSIVE MODE")
        yield


@dataclass(frozen=True, kw_only=True, slots=True)
class _Span:
    """Some rows of a table of tallies, and what they should say."""

    model: type[models.Model]
    kept: QuerySet[Any]
    counted: Rows

    def differences(self) -> list[Difference]:
        keys = key_of(self.model)
        names = _sums_of(self.model)
        kept = {row[: len(keys)]: row[len(keys) :] for row in self.kept.values_list(*keys, *names)}
        nothing = (0,) * len(names)
        return [
            Difference(model=self.model, key=key, kept=said, counted=right)
            for key in sorted(kept.keys() | self.counted.keys())
            if (said := kept.get(key, nothing)) != (right := self.counted.get(key, nothing))
        ]

    def repaired(self) -> list[Difference]:
        if found := self.differences():
            self.kept.delete()
            keys, names = key_of(self.model), _sums_of(self.model)
            self.model._default_manager.bulk_create(
                [
                    self.model(**dict(zip((*keys, *names), (*key, *sums), strict=True)))
                    for key, sums in self.counted.items()
                ],
                batch_size=1_000,
            )
        return found


def _sums_of(model: type[models.Model]) -> tuple[str, ...]:
    return SUMS if model is Tally else (*SUMS, "answered")


def _spans(day: date) -> Iterator[_Span]:
    """A day of the portal's zone, and the hours of UTC that begin on it."""
    at, end = _beginning(day), _beginning(day + timedelta(days=1))
    first, last = (one.replace(minute=0) for one in (at, end))
    closed = _closed(day)
    # Where a zone is half an hour apart, the first hour began on the day before.
    closed_hours = closed if first == at else _closed(day - timedelta(days=1))
    hours = Tally.objects.filter(grain=Grain.HOUR, at__gte=first, at__lt=last)
    hours = hours.exclude(account__in=closed_hours)
    calls = _calls(first, last, closed_hours).annotate(at=TruncHour("occurred_at", tzinfo=UTC))
    yield _Span(model=Tally, kept=hours, counted=_kinds(Grain.HOUR, calls))
    of_day = _calls(at, end, closed).annotate(at=Value(at, models.DateTimeField()))
    same = {"grain": Grain.DAY, "at__gte": at, "at__lt": end}
    kinds, subjects = (
        one.objects.filter(**same).exclude(account__in=closed) for one in (Tally, SubjectTally)
    )
    yield _Span(model=Tally, kept=kinds, counted=_kinds(Grain.DAY, of_day))
    yield _Span(model=SubjectTally, kept=subjects, counted=_subjects(at, end, closed))


def _closed(day: date) -> list[int]:
    """The accounts whose calls of that day were deleted, when their time was over: their figures
    stay as they are, and nothing can be held against them."""
    rows = Account.objects.filter(figures_only_before__gt=day)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _beginning(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_default_timezone()).astimezone(UTC)


def _calls(since: datetime, until: datetime, closed: Sequence[int]) -> QuerySet[Call]:
    during = Call.objects.order_by().filter(occurred_at__gte=since, occurred_at__lt=until)
    return during.exclude(account__in=closed)


def _summed(prefix: str = "") -> dict[str, Any]:
    """Every sum, of calls that stand under ``prefix`` of a row."""
    answered = Q(**{f"{prefix}outcome": Outcome.ANSWERED.value})
    in_progress = Q(**{f"{prefix}state": State.IN_PROGRESS.value})
    return {
        "calls": Count("*"),
        "in_progress": Count(f"{prefix}state", filter=in_progress),
        "talk_calls": Count(f"{prefix}talk_seconds", filter=answered),
        "talk_seconds": Sum(f"{prefix}talk_seconds", filter=answered, default=0),
        "ring_calls": Count(f"{prefix}ring_seconds", filter=answered),
        "ring_seconds": Sum(f"{prefix}ring_seconds", filter=answered, default=0),
        "billed_calls": Count(f"{prefix}billed_seconds"),
        "billed_seconds": Sum(f"{prefix}billed_seconds", default=0),
        "answered": Count(f"{prefix}outcome", filter=answered),
    }


def _kinds(grain: Grain, calls: QuerySet[Any]) -> Rows:
    kind = ("at", "account_id", "service", "direction", "outcome")
    sums = {f"sum_{name}": one for name, one in _summed().items() if name in SUMS}
    rows = calls.values(*kind).annotate(**sums).values_list(*kind, *sums)
    return {(grain.value, *row[:5]): row[5:] for row in rows}


def _subjects(at: datetime, end: datetime, closed: Sequence[int]) -> Rows:
    names = (*SUMS, "answered")
    sums = {f"sum_{name}": one for name, one in _summed().items()}
    shown = _calls(at, end, closed).exclude(display_key="").annotate(value=F("display_key"))
    found = _by_value(Subject.SHOWN, at, shown, "", [f"sum_{name}" for name in names], sums)
    during = {"call__occurred_at__gte": at, "call__occurred_at__lt": end}
    sums = {f"sum_{name}": one for name, one in _summed("call__").items()}
    task = Cast(KeyTextTransform("task_id", "call__details"), models.CharField())
    tasks = Reference.objects.filter(name="task", value=task, **during).order_by()
    tasks = tasks.exclude(call__account__in=closed)
    found |= _by_value(Subject.TASK, at, tasks, "call__", [f"sum_{name}" for name in names], sums)
    return found | _codes(at, during, closed)


def _by_value(
    subject: Subject,
    at: datetime,
    rows: QuerySet[Any],
    prefix: str,
    names: Sequence[str],
    sums: dict[str, Any],
) -> Rows:
    kind = (f"{prefix}account_id", f"{prefix}service", "value")
    grouped = rows.values(*kind).annotate(**sums).values_list(*kind, *names)
    return {(subject.value, Grain.DAY.value, at, *row[:3]): row[3:] for row in grouped}


def _codes(at: datetime, during: dict[str, datetime], closed: Sequence[int]) -> Rows:
    """Of calls that were not answered. A call that has a code in two places counts once."""
    missed = CallCode.objects.filter(**during).exclude(call__outcome=Outcome.ANSWERED.value)
    missed = missed.exclude(call__account__in=closed)
    kind = ("call__account_id", "call__service", "code")
    each = missed.order_by().annotate(code=Concat("scheme", Value("/"), "value"))
    columns = ("state", "billed_seconds")
    rows = each.values_list(*kind, "call_id", *(f"call__{one}" for one in columns)).distinct()
    found: dict[Key, list[int]] = defaultdict(lambda: [0] * (len(SUMS) + 1))
    for account, service, code, _call, state, billed in rows.iterator():
        row = found[Subject.CODE.value, Grain.DAY.value, at, account, service, code]
        row[SUMS.index("calls")] += 1
        row[SUMS.index("in_progress")] += state == State.IN_PROGRESS.value
        row[SUMS.index("billed_calls")] += billed is not None
        row[SUMS.index("billed_seconds")] += billed or 0
    return {key: tuple(sums) for key, sums in found.items()}


def _month(month: date) -> _Span:
    """A month adds up its days."""
    first = month.replace(day=1)
    at, end = _beginning(first), _beginning((first + timedelta(days=31)).replace(day=1))
    of_days = SubjectTally.objects.filter(grain=Grain.DAY, at__gte=at, at__lt=end).order_by()
    kind = ("subject", "account_id", "service", "value")
    sums = {f"sum_{name}": Sum(name) for name in (*SUMS, "answered")}
    rows = of_days.values(*kind).annotate(**sums).values_list(*kind, *sums)
    counted = {(row[0], Grain.MONTH.value, at, *row[1:4]): row[4:] for row in rows}
    kept = SubjectTally.objects.filter(grain=Grain.MONTH, at__gte=at, at__lt=end)
    return _Span(model=SubjectTally, kept=kept, counted=counted)

"""Calls added up, exactly: the only writer of tallies.

A call counts in a few rows: its hour, its day, its shown number, its task, its codes. What it adds
to them is a function of the call, so a change of a call is a difference between what it added
before and what it adds now, written in the transaction that changes the call. Late, repeated and
corrected pushes come out right without anybody thinking of them.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from django.db import connection
from django.db.models import CompositePrimaryKey, Model
from django.utils import timezone

from calls.models import Call, CallCode, Grain, Subject, SubjectTally, Sums, Tally
from calls.outcomes import Outcome, State

Key = tuple[str | int | datetime, ...]  # the primary key of a row, in its order
Added = tuple[int, ...]  # in the order of SUMS

SUMS: tuple[str, ...] = tuple(one.name for one in Sums._meta.get_fields())
ROWS_AT_ONCE = 1_000  # of a statement: a database takes only so many values
_NOTHING: Added = (0,) * (len(SUMS) + 1)


@dataclass(frozen=True, slots=True)
class Contribution:
    """What a call adds to which rows. ``added`` ends with whether it was answered."""

    added: Added = _NOTHING
    tallies: frozenset[Key] = frozenset()
    subjects: frozenset[Key] = frozenset()


NOTHING = Contribution()


def of(
    call: Call, codes: Iterable[CallCode], references: Container[tuple[str, str]]
) -> Contribution:
    """``references`` are names and values, as ``calls.handles`` gives them."""
    hour = call.occurred_at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    day, month = days_of(call.occurred_at)
    account, service = call.account_id, call.service
    kind = (account, service, call.direction, call.outcome)
    is_answered = call.outcome == Outcome.ANSWERED
    subjects = [(Subject.SHOWN.value, call.display_key)] if call.display_key else []
    task = str(call.details.get("task_id"))  # not the id of a call's own entry in a task
    if ("task", task) in references:
        subjects.append((Subject.TASK.value, task))
    if not is_answered:
        subjects += [(Subject.CODE.value, f"{code.scheme}/{code.value}") for code in codes]
    return Contribution(
        added=(*_sums(call, is_answered=is_answered), int(is_answered)),
        tallies=frozenset({(Grain.HOUR.value, hour, *kind), (Grain.DAY.value, day, *kind)}),
        subjects=frozenset(
            (subject, grain, at, account, service, value)
            for subject, value in subjects
            for grain, at in ((Grain.DAY.value, day), (Grain.MONTH.value, month))
        ),
    )


def _sums(call: Call, *, is_answered: bool) -> Added:
    talk = call.talk_seconds if is_answered else None
    ring = call.ring_seconds if is_answered else None
    billed = call.billed_seconds
    return (
        1,
        int(call.state == State.IN_PROGRESS),
        int(talk is not None),
        talk or 0,
        int(ring is not None),
        ring or 0,
        int(billed is not None),
        billed or 0,
    )


def days_of(at: datetime) -> tuple[datetime, datetime]:
    """When the day and the month of a moment begin, in the portal's zone."""
    zone = timezone.get_default_timezone()
    local = at.astimezone(zone)
    return _beginnings(local.year, local.month, local.day, zone)


@lru_cache
def _beginnings(year: int, month: int, day: int, zone: tzinfo) -> tuple[datetime, datetime]:
    first, begins = (datetime(year, month, one, tzinfo=zone) for one in (1, day))
    return begins.astimezone(UTC), first.astimezone(UTC)


@dataclass(slots=True)
class Difference:
    """What is to be added to which rows, of many calls."""

    tallies: dict[Key, list[int]] = field(default_factory=lambda: defaultdict(_zeros))
    subjects: dict[Key, list[int]] = field(default_factory=lambda: defaultdict(_zeros))

    def add(self, before: Contribution, after: Contribution) -> None:
        if before == after:
            return
        for sign, one in ((-1, before), (1, after)):
            for rows, keys in ((self.tallies, one.tallies), (self.subjects, one.subjects)):
                for key in keys:
                    row = rows[key]
                    for place, amount in enumerate(one.added):
                        row[place] += sign * amount

    def write(self) -> None:
        """Best done last in a transaction: every call of an hour waits for the same row."""
        _put(Tally, SUMS, self.tallies)
        _put(SubjectTally, (*SUMS, "answered"), self.subjects)


def _zeros() -> list[int]:
    return [0] * len(_NOTHING)


def _put(model: type[Model], names: Sequence[str], rows: dict[Key, list[int]]) -> None:
    """Add to rows, or make them."""
    # Sorted, so that two workers never wait for each other's rows.
    changed = sorted((key, row) for key, row in rows.items() if any(row))
    table = model._meta.db_table
    keys = key_of(model)
    columns = ", ".join((*keys, *names))
    hole = f"({', '.join(['%s'] * (len(keys) + len(names)))})"
    sums = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in names)
    for first in range(0, len(changed), ROWS_AT_ONCE):
        some = changed[first : first + ROWS_AT_ONCE]
        values = [_stored(value) for key, row in some for value in (*key, *row[: len(names)])]
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} ({columns}) VALUES {', '.join([hole] * len(some))} "  # noqa: S608
                f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {sums}",
                values,
            )


def key_of(model: type[Model]) -> tuple[str, ...]:
    """The columns of a tally's primary key."""
    key = model._meta.pk
    if not isinstance(key, CompositePrimaryKey):
        raise TypeError(f"{model.__name__} is no tally.")
    return tuple(key.field_names)


def _stored(value: str | int | datetime) -> str | int | None:
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value

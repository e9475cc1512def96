"""Adds up tallies for a report: one statement, and for numbers and tasks a second for the totals.

Whole days alone are asked for, so that rows of days hold everything; of numbers and tasks, rows of
months are read instead wherever a whole month is asked for by months.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from calls.models import SERVICE_LABELS, Grain, SubjectTally, Tally
from calls.outcomes import Outcome
from calls.reports import periods
from calls.reports.asking import SUBJECTS, UNSAID, Asked, By
from calls.reports.periods import Days, Step

CHUNK = 2_000  # rows of a file
_DAY = 86_400  # seconds
_SUMS = ("calls", "answered", "talk_calls", "talk_seconds", "billed_calls", "billed_seconds")
_COLUMNS = ", ".join(_SUMS)
_NO_KEY = ("grain", "''")  # one grain alone is read of what has no key


@dataclass(frozen=True, slots=True)
class Sums:
    """What is added up of some calls; seconds of talk are those of answered calls."""

    calls: int = 0
    answered: int = 0
    talk_calls: int = 0
    talk_seconds: int = 0
    billed_calls: int = 0
    billed_seconds: int = 0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(*(getattr(self, name) + getattr(other, name) for name in _SUMS))

    def __sub__(self, other: "Sums") -> "Sums":
        return Sums(*(getattr(self, name) - getattr(other, name) for name in _SUMS))

    @property
    def answer_rate(self) -> float | None:
        """In per cent of all calls; None where there are none."""
        return 100 * self.answered / self.calls if self.calls else None

    @property
    def mean_talk(self) -> float | None:
        """In seconds, of the answered calls whose talk time is known."""
        return self.talk_seconds / self.talk_calls if self.talk_calls else None


NOTHING = Sums()


@dataclass(frozen=True, slots=True)
class Counted:
    """Sums of a period (its place in the range) and of what its calls have in common.

    ``key`` is None for the rest: ``rows`` numbers or tasks that have fewer calls than the others.
    """

    period: int
    key: str | None
    rows: int
    sums: Sums


def totals(asked: Asked) -> list[Counted]:
    """Of each period, all of its calls."""
    statement = _grouped(asked, Tally, *_NO_KEY)
    text = f"SELECT period, '', 1, {_COLUMNS} FROM ({statement.text}) g"  # noqa: S608
    return _read(text, statement)


def rows(asked: Asked) -> list[Counted]:
    """Of each period, those with most calls first; at once, where there are few."""
    statement = _in_order(asked)
    return _read(statement.text, statement)


def every_row(asked: Asked) -> Iterator[Counted]:
    """The same, one by one: there may be more than should be held."""
    statement = _in_order(asked)
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement.text, statement.values)
        while some := cursor.fetchmany(CHUNK):
            yield from map(_counted, some)


def _in_order(asked: Asked) -> "_Statement":
    grouped = _grouped(asked, _model(asked), *_key(asked))
    text = f"SELECT period, key, 1, {_COLUMNS} FROM ({grouped.text}) g"  # noqa: S608
    return _Statement(f"{text} ORDER BY period, calls DESC, key", grouped.values)


def top_rows(asked: Asked, most: int) -> list[Counted]:
    """Of each period, those with most calls. Where there are more than ``most``, the rest is one
    row."""
    statement = _grouped(asked, _model(asked), *_key(asked))
    order = "PARTITION BY period ORDER BY calls DESC, key"
    ranked = f"SELECT g.*, row_number() OVER ({order}) AS place FROM ({statement.text}) g"  # noqa: S608
    shown = f"CASE WHEN place <= {most:d} THEN key END"
    summed = ", ".join(f"SUM({name})" for name in _SUMS)
    return _read(
        f"SELECT period, {shown} AS shown, COUNT(*), {summed} FROM ({ranked}) r"  # noqa: S608
        " GROUP BY period, shown ORDER BY period, MIN(place)",
        statement,
    )


@dataclass(frozen=True, slots=True)
class _Statement:
    text: str
    values: Sequence[Any]


def _model(asked: Asked) -> type[Tally] | type[SubjectTally]:
    return SubjectTally if asked.by in SUBJECTS else Tally


def _key(asked: Asked) -> tuple[str, str]:
    """What rows are grouped by: a column, and what is made of it."""
    if asked.by in SUBJECTS:
        return "value", "key"
    if asked.by == By.SERVICE:
        known = ", ".join(f"'{one}'" for one in SERVICE_LABELS)
        return "service", f"CASE WHEN key IN ({known}) THEN key ELSE '{UNSAID}' END"
    # Vendors are put together of their accounts, of which there are few.
    is_by_account = asked.by in {By.ACCOUNT, By.VENDOR}
    return ("account_id", "key") if is_by_account else _NO_KEY


def _grouped(
    asked: Asked, model: type[Tally] | type[SubjectTally], column: str, key: str
) -> _Statement:
    """Tallies by period and key. ``column`` and ``key`` are text of ours.

    They are added up by their own moments first, of which there are few, and then by periods.
    """
    is_subject = model is SubjectTally
    by_outcome = f"CASE outcome WHEN '{Outcome.ANSWERED.value}' THEN calls ELSE 0 END"
    answered = "answered" if is_subject else by_outcome
    summed = ["SUM(calls) AS calls", f"SUM({answered}) AS answered"]
    summed += [f"SUM({name}) AS {name}" for name in _SUMS[2:]]
    again = ", ".join(f"SUM({name}) AS {name}" for name in _SUMS)
    where, values = _where(asked, is_subject=is_subject)
    return _Statement(
        f"SELECT {_period(asked)} AS period, {key} AS key, {again} FROM ("  # noqa: S608
        f"SELECT at, {column} AS key, {', '.join(summed)} FROM {model._meta.db_table}"
        f" WHERE {where} GROUP BY at, {column}) t GROUP BY 1, 2 HAVING SUM(calls) > 0",
        values,
    )


def _where(asked: Asked, *, is_subject: bool) -> tuple[str, list[Any]]:
    stretches, values = [], []
    for grain, days in _stretches(asked, is_subject=is_subject):
        stretches.append("(grain = %s AND at >= %s AND at < %s)")
        values += [grain.value, _stored(days.since), _stored(days.until)]
    where = [f"({' OR '.join(stretches)})"]
    if is_subject:
        where.insert(0, "subject = %s")
        values.insert(0, asked.by)
    if (chosen := asked.chosen) is not None:
        where.append(f"account_id IN ({', '.join(map(str, chosen)) or 'NULL'})")
    if asked.services:
        where.append(_of_services(asked.services))
    return " AND ".join(where), values


def _of_services(chosen: Sequence[str]) -> str:
    """All words are ours: ``asking`` lets no other pass."""
    named = ", ".join(f"'{one}'" for one in chosen if one != UNSAID)
    known = ", ".join(f"'{one}'" for one in SERVICE_LABELS)
    parts = [f"service IN ({named})"] if named else []
    parts += [f"service NOT IN ({known})"] if UNSAID in chosen else []
    return f"({' OR '.join(parts)})"


def _stretches(asked: Asked, *, is_subject: bool) -> list[tuple[Grain, Days]]:
    """Which rows hold the range, each call once."""
    if not is_subject or asked.step != Step.MONTH:
        return [(Grain.DAY, asked.days)]
    found: list[tuple[Grain, Days]] = []
    for one in periods.periods(asked.days, asked.step):
        grain = Grain.MONTH if periods.is_whole(one, asked.step) else Grain.DAY
        if found and found[-1][0] == grain:
            found[-1] = (grain, Days(found[-1][1].first, one.end))
        else:
            found.append((grain, one))
    return found


def _period(asked: Asked) -> str:
    """The place of a row's period in the range, as SQL. Days begin at other hours where clocks
    change, so that they are counted to the nearest."""
    first = int(asked.days.since.timestamp())
    if connection.vendor == "postgresql":
        day = f"CAST(floor((date_part('epoch', at) - {first}) / {_DAY} + 0.5) AS integer)"
    else:
        # The sign is doubled for Django's placeholders.
        day = f"CAST((strftime('%%s', at) - {first}) / {_DAY}.0 + 0.5 AS integer)"
    if asked.step == Step.DAY:
        return day
    if asked.step == Step.WEEK:
        return f"(({day} + {asked.days.first.weekday()}) / 7)"
    found = periods.periods(asked.days, asked.step)
    cases = [
        f"WHEN at < '{_stored(one.until)}' THEN {place}" for place, one in enumerate(found[:-1])
    ]
    return f"CASE {' '.join(cases)} ELSE {len(found) - 1} END" if cases else "0"


def _stored(at: Any) -> str:
    """A moment as the database holds it."""
    return str(connection.ops.adapt_datetimefield_value(at))


def _read(text: str, statement: _Statement) -> list[Counted]:
    with connection.cursor() as cursor:
        cursor.execute(text, statement.values)
        return [_counted(row) for row in cursor.fetchall()]


def _counted(row: Sequence[Any]) -> Counted:
    period, key, count, *sums = row
    word = None if key is None else str(key)
    return Counted(int(period), word, int(count), Sums(*map(int, sums)))

"""The parts of the front page, each of which may take its time: what their templates show."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from calls import codes, masking
from calls.figures import tallied
from calls.figures.reading import Reader
from calls.figures.sums import NOTHING, Grouped, Key, Sums
from calls.figures.table import FIGURES, SUMMED
from calls.models import OUTCOME_LABELS
from calls.numbers import search_key
from calls.overview.asking import Asked
from calls.overview.shown import Behind, Cell, Leads, cell
from calls.search import FILTERS, parties

TOP = 10  # codes and numbers
SHADES = 9  # of the heat map, beside the one for nothing
SHORT = timedelta(hours=25)  # so few calls are read at once
LONG = timedelta(days=93)  # hours of more days come after the rest of the page

WEEKDAYS = tuple(FILTERS["weekday"].choices())


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A line of a table of figures."""

    name: str
    cells: Sequence[Cell]


def of_vendors(asked: Asked, reader: Reader) -> dict[str, Any]:
    """Every summed figure, of all calls and of each vendor."""
    now = reader.sums(asked.scope, "vendor")
    was = reader.sums(asked.before, "vendor") if asked.before else None
    vendors = sorted({*now.rows, *(was.rows if was else ())})
    leads = Leads(asked.scope)
    earlier = Leads(asked.before) if asked.before else None

    def cells(key: Key | None) -> list[Cell]:
        before = None
        if earlier is not None and was is not None:
            before = (earlier, _of(was, key))
        said = [("vendor", False, str(key[0]))] if key else []
        return [cell(one, leads, _of(now, key), before, *said) for one in SUMMED]

    return {
        "total": cells(None),
        "rows": [Row(name=str(key[0]), cells=cells(key)) for key in vendors],
        "figures": {key: FIGURES[key] for key in SUMMED},
    }


def _of(grouped: Grouped, key: Key | None) -> Sums:
    return grouped.total if key is None else grouped.rows.get(key, NOTHING)


@dataclass(frozen=True, kw_only=True, slots=True)
class Hour:
    """Calls of an hour of the day: all, and those of each outcome that there is."""

    hour: int
    calls: Behind
    outcomes: Sequence[Behind]


@dataclass(frozen=True, kw_only=True, slots=True)
class Shade:
    """A cell of the heat map; ``heat`` is 0 for nothing and up to 9 for the busiest."""

    calls: Behind
    heat: int


def of_hours(asked: Asked, reader: Reader) -> dict[str, Any]:
    """Outcomes by hour of the day, and calls by hour and weekday."""
    found = reader.sums(asked.scope, "weekday", "hour", "outcome")
    by_outcome = found.by("outcome")
    outcomes = [one for one in OUTCOME_LABELS if (one,) in by_outcome]
    leads = Leads(asked.scope)
    return {
        "outcomes": [(one, OUTCOME_LABELS[one]) for one in outcomes],
        "hours": _hours(leads, found, outcomes),
        "heat": _heat(leads, found),
        "total": found.total.calls,
    }


def _hours(leads: Leads, found: Grouped, outcomes: Sequence[str]) -> list[Hour]:
    hours, split = found.by("hour"), found.by("hour", "outcome")
    return [
        Hour(
            hour=hour,
            calls=leads.count(hours.get((hour,), NOTHING).calls, ("hour", False, str(hour))),
            outcomes=[
                leads.count(
                    split.get((hour, one), NOTHING).calls,
                    ("hour", False, str(hour)),
                    ("outcome", False, one),
                )
                for one in outcomes
            ],
        )
        for hour in range(24)
    ]


def _heat(leads: Leads, found: Grouped) -> list[tuple[str, list[Shade]]]:
    """A line for each weekday, with a cell for each hour."""
    split = found.by("weekday", "hour")
    busiest = max((sums.calls for sums in split.values()), default=0)
    labels = FILTERS["weekday"].choices()
    lines = []
    for number, day in enumerate(WEEKDAYS, start=1):
        shades = []
        for hour in range(24):
            calls = split.get((number, hour), NOTHING).calls
            said = (("weekday", False, day), ("hour", False, str(hour)))
            heat = -(-SHADES * calls // busiest) if calls else 0
            shades.append(Shade(calls=leads.count(calls, *said), heat=heat))
        lines.append((str(labels[day]), shades))
    return lines


@dataclass(frozen=True, kw_only=True, slots=True)
class Failing:
    scheme: str
    value: str
    meaning: str
    calls: Behind


def of_codes(asked: Asked, reader: Reader) -> dict[str, Any]:
    """The codes that most calls had that were not answered."""
    rows, leads = [], Leads(asked.scope)
    for text, sums in reader.codes(asked.scope, TOP).items():
        scheme, value = split_code(text)
        row = codes.explain(scheme, value)
        said = (("code", False, text), *FIGURES["codes"].behind)
        is_named = (scheme, "/", value) == text.rpartition("/")  # as the filter reads it
        calls = leads.count(sums.calls, *said)
        rows.append(
            Failing(
                scheme=scheme,
                value=value,
                meaning=codes.meaning(row) if row else "",
                calls=calls if is_named else Behind(text=calls.text, calls=calls.calls),
            )
        )
    return {"rows": rows}


def split_code(text: str) -> tuple[str, str]:
    """Scheme and value of what a tally counts; no scheme has a slash, while a value may."""
    scheme, _slash, value = text.partition("/")
    return scheme, value


@dataclass(frozen=True, kw_only=True, slots=True)
class Number:
    key: str
    calls: Behind
    answered: Behind


def of_numbers(asked: Asked, reader: Reader) -> dict[str, Any]:
    """The numbers that most calls showed. An address would tell a number to who sees it masked."""
    rows, leads, regions = [], Leads(asked.scope), parties.regions()
    for key, sums in reader.shown(asked.scope, TOP).items():
        said = _number_said(key, regions)
        calls = leads.count(sums.calls, ("shown", False, said))
        answered = leads.count(sums.answered, ("shown", False, said), *FIGURES["answered"].behind)
        if not said:
            calls, answered = _unlinked(calls), _unlinked(answered)
        rows.append(Number(key=key, calls=calls, answered=answered))
    return {"rows": rows, "is_masked": not masking.sees_numbers()}


def _unlinked(one: Behind) -> Behind:
    return Behind(text=one.text, calls=one.calls)


def _number_said(key: str, regions: Iterable[str]) -> str:
    """What finds exactly the calls that showed this number; empty where nothing does, or where the
    reader may not see it."""
    said = f"+{key}"  # so that no account's country is put before it
    is_exact = not said.endswith(parties.ANY) and {search_key(said, one) for one in regions} == {
        key
    }
    return said if is_exact and masking.opens_numbers() else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """``names`` are what its sums are grouped by; ``known`` the filters that its tallies have."""

    template: str
    read: Callable[[Asked, Reader], dict[str, Any]]
    names: Sequence[str] = ()
    known: frozenset[str] = field(default=tallied.KNOWN)

    def is_quick(self, asked: Asked, reader: Reader) -> bool:
        """Whether it costs little enough to stand in the page at once."""
        span = (
            asked.scope.span
            if asked.scope.span.has_ends
            else reader.extent.closed(asked.scope.span)
        )
        if span is None or span.since is None or span.until is None:
            return True
        length = span.until - span.since
        if length <= SHORT:
            return True
        if self.names and tallied.needs_hours((), self.names) and length > LONG:
            return False
        is_told = tallied.can_tell(asked.scope.clauses, self.known)
        return is_told and reader.is_quick(asked.scope, self.names)


PARTS: Mapping[str, Part] = {
    "vendors": Part(template="calls/_overview_vendors.html", read=of_vendors, names=("vendor",)),
    "hours": Part(
        template="calls/_overview_hours.html",
        read=of_hours,
        names=("weekday", "hour", "outcome"),
    ),
    "codes": Part(
        template="calls/_overview_codes.html", read=of_codes, known=tallied.KNOWN_OF_SUBJECTS
    ),
    "numbers": Part(
        template="calls/_overview_numbers.html", read=of_numbers, known=tallied.KNOWN_OF_SUBJECTS
    ),
}

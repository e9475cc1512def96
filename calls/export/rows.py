"""Calls read for a file: chunk by chunk, column by column, as of one moment.

Five million calls have twenty million moments; as ``datetime`` objects they would cost more than
all the rest. The database gives them as seconds since 1970, and here they become seconds of the
reader's wall clock, which both formats are written from.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from calls import masking
from calls.columns import Column, Kind
from calls.epoch import Epoch
from calls.gathering import Gatherer
from calls.models import STATE_LABELS, Account, Call
from calls.outcomes import State

CHUNK = 2_000  # calls
QUARTER = 900  # seconds: no zone changes its offset in between

_GATHERED = {Kind.GATHERED, Kind.GATHERED_WORDS}

Cells = list[Any]  # of one column: texts, whole seconds, or None
Chunk = list[Cells]  # as many cells in each column as calls


def chunks(
    calls: QuerySet[Call], columns: Sequence[Column], zone: ZoneInfo, *, is_masked: bool
) -> Generator[Chunk]:
    """The cells of these columns, in the order of the calls and in the language in force.

    To be closed by who does not read to the end: what is being read holds the database's snapshot.
    """
    reading = _Reading.of(columns, zone, is_masked)
    values = calls.values_list(
        "pk", *(Epoch(name) if name.endswith("_at") else name for name in reading.names)
    )
    found = cast("Generator[tuple[Any, ...]]", values.iterator(chunk_size=CHUNK))
    with closing(found):
        while rows := list(islice(found, CHUNK)):
            yield reading.cells(rows)


@dataclass(frozen=True, slots=True)
class _Reading:
    """How rows of the database become columns of cells."""

    columns: Sequence[Column]
    names: list[str]  # of the fields of a row, after its key
    converted: Sequence[Callable[..., Cells]]
    gatherer: Gatherer | None

    @classmethod
    def of(cls, columns: Sequence[Column], zone: ZoneInfo, is_masked: bool) -> "_Reading":
        named = (name for column in columns for name in column.fields)
        conversions = _Conversions(zone, is_masked)
        gathered = [column.key for column in columns if column.kind in _GATHERED]
        return cls(
            columns,
            list(dict.fromkeys(["outcome", "state", *named])),
            [conversions.of(column) for column in columns],
            Gatherer(gathered) if gathered else None,
        )

    def cells(self, rows: Sequence[tuple[Any, ...]]) -> Chunk:
        keys, *read = zip(*rows, strict=True)
        fields = dict(zip(self.names, read, strict=True))
        ends = zip(fields["outcome"], fields["state"], strict=True)
        texts = self.gatherer.gather(dict(zip(keys, ends, strict=True))) if self.gatherer else {}
        cells = []
        for column, converted in zip(self.columns, self.converted, strict=True):
            if column.key in texts:
                found = texts[column.key]
                cells.append(converted([found.get(key, "") for key in keys]))
            else:
                cells.append(converted(*(fields[name] for name in column.fields)))
        return cells


class _Conversions:
    """What is done with the values of a column, for each kind."""

    def __init__(self, zone: ZoneInfo, is_masked: bool) -> None:
        self._offsets = _Offsets(zone)
        self._is_masked = is_masked

    def of(self, column: Column) -> Callable[..., Cells]:
        match column.kind:
            case Kind.MOMENT:
                return self._wall_clock
            case Kind.NUMBER if self._is_masked:
                return lambda values: list(map(masking.hidden, values))
            case Kind.WORDS | Kind.GATHERED_WORDS if self._is_masked:
                return lambda values: list(map(masking.hidden_in, values))
            case Kind.LABEL:
                return _labelled({key: str(label) for key, label in column.labels.items()})
            case Kind.OUTCOME:
                return _outcomes({key: str(label) for key, label in column.labels.items()})
            case Kind.FLAG:
                return _labelled({True: _("Yes"), False: _("No")})
            case Kind.ACCOUNT:
                return _labelled(dict(Account.objects.values_list("pk", "name")))
        return list

    def _wall_clock(self, values: Sequence[int | None]) -> Cells:
        offsets = self._offsets
        return [None if at is None else at + offsets[at // QUARTER] for at in values]


def _labelled(labels: dict[Any, str]) -> Callable[[Sequence[Any]], Cells]:
    return lambda values: [labels.get(value, value) for value in values]


def _outcomes(labels: dict[str, str]) -> Callable[[Sequence[str], Sequence[str]], Cells]:
    ongoing = State.IN_PROGRESS.value
    in_progress = str(STATE_LABELS[ongoing])
    return lambda outcomes, states: [
        in_progress if state == ongoing else labels.get(outcome, outcome)
        for outcome, state in zip(outcomes, states, strict=True)
    ]


class _Offsets(dict[int, int]):
    """How many seconds a zone is ahead of UTC, by quarters of an hour since 1970."""

    MOST = 100_000

    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__()
        self._zone = zone

    def __missing__(self, quarter: int) -> int:
        if len(self) >= self.MOST:
            self.clear()
        ahead = datetime.fromtimestamp(quarter * QUARTER, UTC).astimezone(self._zone).utcoffset()
        self[quarter] = found = int(ahead.total_seconds()) if ahead else 0
        return found

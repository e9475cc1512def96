"""Choosing which columns of a bill say what: what is guessed or remembered, and what is chosen."""

from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from calls import masking, preferences
from calls.bills import asking, cells, heads, mapping
from calls.bills.cells import CellError, text
from calls.bills.files import Row, has_content
from calls.bills.mapping import Mapping
from calls.bills.moments import Moments
from calls.models import Bill, BillColumns

FIELD_LABELS = {
    mapping.ID: gettext_lazy("Call id"),
    mapping.CALLER: gettext_lazy("Caller"),
    mapping.CALLEE: gettext_lazy("Called party"),
    mapping.START: gettext_lazy("Start"),
    mapping.CLOCK: gettext_lazy("Time of day, where it has a column of its own"),
    mapping.SECONDS: pgettext_lazy("how long people talked", "Real duration"),
    mapping.BILLED: gettext_lazy("Billed duration"),
    mapping.CHARGE: gettext_lazy("Charge"),
    mapping.CURRENCY: gettext_lazy("Currency"),
}
UNITS = [
    (cells.SECONDS, gettext_lazy("seconds")),
    (cells.MINUTES, gettext_lazy("minutes")),
    (cells.CLOCK, gettext_lazy("hours:minutes:seconds")),
]
ORDERS = [
    (cells.YMD, gettext_lazy("year, month, day; or day, month, year")),
    (cells.DMY, gettext_lazy("day, month, year")),
    (cells.MDY, gettext_lazy("month, day, year")),
]
MOST_TOLERANCE, MOST_SLACK = 86_400, 3_600
SHOWN_ROWS = 8
SAMPLES = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """How a sheet of a bill begins: its heads, the rows below, and what its columns seem to be.
    ``sheets`` are the names of all."""

    sheet: str
    sheets: Sequence[str]
    heads: Sequence[str]
    rows: Sequence[Row]
    guess: Mapping
    known: BillColumns | None


def look(
    bill: Bill, sheets: AnyMapping[str, Sequence[Row]], sheet: str = "", head_row: int | None = None
) -> Look:
    """The sheet of this name, or the one whose heads are remembered or best understood."""
    names = list(sheets)
    chosen = {sheet: sheets[sheet]} if sheets.get(sheet) else sheets
    looks = [_look(bill, names, name, rows, head_row) for name, rows in chosen.items() if rows]
    return max(looks, key=lambda one: (one.known is not None, len(one.guess.fields)))


def _look(
    bill: Bill, sheets: Sequence[str], name: str, rows: Sequence[Row], head_row: int | None
) -> Look:
    at = min(head_row or heads.head_row(rows), len(rows))
    names = [text(cell) for cell in rows[at - 1].cells or ()]
    below = [row for row in rows[at:] if has_content(row.cells)]
    known = asking.remembered(bill, names)
    if known:
        guess = Mapping.of(known.columns | {"sheet": name, "head_row": at})
    else:
        guess = _guess(name, at, names, below)
    return Look(sheet=name, sheets=sheets, heads=names, rows=below, guess=guess, known=known)


def _guess(name: str, at: int, names: Sequence[str], below: Sequence[Row]) -> Mapping:
    found = heads.fields(names)

    def samples(field: str) -> list[str]:
        place = found.get(field)
        if place is None:
            return []
        rows = [row.cells or () for row in below[:SAMPLES]]
        return [text(row[place]) for row in rows if place < len(row)]

    def unit(field: str) -> str:
        head = names[found[field]] if field in found else ""
        return heads.unit(head, samples(field))

    return Mapping(
        sheet=name,
        head_row=at,
        fields=found,
        seconds_unit=unit(mapping.SECONDS),
        billed_unit=unit(mapping.BILLED),
        order=heads.order(samples(mapping.START)),
        zone=settings.TIME_ZONE,
    )


def letter(place: int) -> str:
    """What a spreadsheet calls a column: A to Z, AA, AB and so on."""
    before, last = divmod(place, 26)
    return (letter(before - 1) if before else "") + chr(ord("A") + last)


class ColumnsForm(forms.Form):
    """``cleaned`` columns are a Mapping; ``between`` the range, None for what the rows span."""

    order = forms.ChoiceField(label=gettext_lazy("Dates are written"), choices=ORDERS)
    zone = forms.ChoiceField(
        label=gettext_lazy("Time zone of the bill"),
        choices=lambda: [(zone, zone) for zone in _zones()],
    )
    seconds_unit = forms.ChoiceField(label=gettext_lazy("Real duration is in"), choices=UNITS)
    billed_unit = forms.ChoiceField(label=gettext_lazy("Billed duration is in"), choices=UNITS)
    first_day = forms.DateField(label=gettext_lazy("From day"), required=False)
    last_day = forms.DateField(label=gettext_lazy("To day, included"), required=False)
    tolerance = forms.IntegerField(
        label=gettext_lazy("Starts may differ by (seconds)"), min_value=0, max_value=MOST_TOLERANCE
    )
    slack = forms.IntegerField(
        label=gettext_lazy("Durations may differ by (seconds)"), min_value=0, max_value=MOST_SLACK
    )

    def __init__(self, look: Look, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._look = look
        columns = [
            (str(place), f"{letter(place)}: {head}"[:80]) for place, head in enumerate(look.heads)
        ]
        for name in mapping.FIELDS:
            self.fields[f"column_{name}"] = forms.ChoiceField(
                label=FIELD_LABELS[name], choices=[("", ""), *columns], required=False
            )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        chosen = self._mapping(given)
        places = list(chosen.fields.values())
        if len(places) != len(set(places)):
            self.add_error(None, _("A column can say one thing only: two fields have the same."))
        elif not (chosen.finds_by_id or chosen.finds_by_number):
            self.add_error(
                None,
                _("Choose the column of the call id, or those of the start and of a number."),
            )
        elif not self.errors:
            self._check_cells(chosen)
        given["mapping"] = chosen
        given["between"] = self._between(given, chosen)
        return given

    def _mapping(self, given: AnyMapping[str, Any]) -> Mapping:
        fields = {
            name: int(place) for name in mapping.FIELDS if (place := given.get(f"column_{name}"))
        }
        return Mapping(
            sheet=self._look.sheet,
            head_row=self._look.guess.head_row,
            fields=fields,
            seconds_unit=given.get("seconds_unit", cells.SECONDS),
            billed_unit=given.get("billed_unit", cells.SECONDS),
            order=given.get("order", cells.YMD),
            zone=given.get("zone", settings.TIME_ZONE),
        )

    def _check_cells(self, chosen: Mapping) -> None:
        """A column of which the first rows say nothing that it should is another one."""
        moments = Moments(chosen.order, chosen.zone)
        readers: dict[str, Any] = {
            mapping.SECONDS: lambda cell: cells.duration(cell, chosen.seconds_unit),
            mapping.BILLED: lambda cell: cells.duration(cell, chosen.billed_unit),
            mapping.CHARGE: cells.money,
        }
        if mapping.CLOCK not in chosen.fields:
            readers[mapping.START] = moments.read
        for name, reader in readers.items():
            place = chosen.place(name)
            if place is not None and (problem := self._problem(place, reader)):
                self.add_error(f"column_{name}", problem)

    def _problem(self, place: int, read: Any) -> str:
        """What is wrong, where no row in sight can be read."""
        first: tuple[int, CellError] | None = None
        for row in self._look.rows:
            cell = row.cells[place] if row.cells and place < len(row.cells) else None
            try:
                if read(cell) is not None:
                    return ""
            except CellError as error:
                first = first or (row.number, error)
        return in_words(first[0], place, first[1].expected, first[1].found) if first else ""

    def _between(
        self, given: AnyMapping[str, Any], chosen: Mapping
    ) -> tuple[datetime, datetime] | None:
        first, last = given.get("first_day"), given.get("last_day")
        if not first and not last:
            if mapping.START not in chosen.fields:
                self.add_error(
                    "first_day", _("Without a column for the start, say which days it is about.")
                )
            return None
        if not first or not last or last < first:
            self.add_error("last_day", _("Give both days, the first one first."))
            return None
        return days(first, last, chosen.zone)


EXPECTED = {
    "moment": gettext_lazy("a date with a time"),
    "duration": gettext_lazy("a duration"),
    "clock": gettext_lazy("a duration as hours:minutes:seconds"),
    "money": gettext_lazy("an amount of money"),
    "number": gettext_lazy("a telephone number with all its digits"),
    "id": gettext_lazy("an id with all its characters"),
    "row": gettext_lazy("a row whose quotes are closed"),
}


def in_words(row: int, place: int | None, expected: str, found: str) -> str:
    """What is wrong with a cell: where it stands, what was expected, and what was found, as the
    reader may see it."""
    given = {
        "row": row,
        "column": letter(place) if place is not None else "–",
        "expected": EXPECTED.get(expected, expected),
        "found": masking.text(found),
    }
    if not found:
        return _("Row %(row)d, column %(column)s: expected %(expected)s, found nothing.") % given
    return _('Row %(row)d, column %(column)s: expected %(expected)s, found "%(found)s".') % given


def days(first: date, last: date, zone: str) -> tuple[datetime, datetime]:
    """From the beginning of the first day to the end of the last, on the clocks of a zone."""
    clocks = ZoneInfo(zone)
    return (
        datetime.combine(first, time(), clocks),
        datetime.combine(last + timedelta(days=1), time(), clocks),
    )


def _zones() -> list[str]:
    return list(dict.fromkeys([settings.TIME_ZONE, "UTC", *preferences.zones()]))

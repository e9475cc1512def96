"""Choosing which columns of a table say what of calls."""

from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from calls import preferences
from calls.bills import choosing, files, heads
from calls.bills.cells import text
from calls.bills.choosing import ORDERS, SAMPLES, SHOWN_ROWS, UNITS, letter
from calls.bills.files import Row, UnreadableFileError, has_content
from vendors.adapters.parsing import UnreadablePushError
from vendors.imports import acts, asking, keeping, mapping, pages, tables
from vendors.imports.mapping import Mapping
from vendors.models import Import, ImportColumns


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """How a sheet begins: its heads, the rows below, and what its columns seem to be."""

    sheet: str
    sheets: Sequence[str]
    heads: Sequence[str]
    rows: Sequence[Row]
    guess: Mapping
    known: ImportColumns | None


class ColumnsForm(forms.Form):
    """``cleaned_data`` holds the chosen columns as a Mapping."""

    unit = forms.ChoiceField(label=gettext_lazy("Durations are in"), choices=UNITS)
    order = forms.ChoiceField(label=gettext_lazy("Dates are written"), choices=ORDERS)
    zone = forms.ChoiceField(
        label=gettext_lazy("Time zone of the table"),
        choices=lambda: [
            (zone, zone)
            for zone in dict.fromkeys([settings.TIME_ZONE, "UTC", *preferences.zones()])
        ],
    )

    def __init__(self, look: Look, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._look = look
        columns = [
            (str(place), f"{letter(place)}: {head}"[:80]) for place, head in enumerate(look.heads)
        ]
        for name, label in mapping.LABELS.items():
            self.fields[f"column_{name}"] = forms.ChoiceField(
                label=label, choices=[("", ""), *columns], required=False
            )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        fields = {
            name: int(place) for name in mapping.LABELS if (place := given.get(f"column_{name}"))
        }
        if len(fields) != len(set(fields.values())):
            self.add_error(None, _("A column can say one thing only: two fields have the same."))
        if mapping.ID not in fields:
            self.add_error(
                f"column_{mapping.ID}", _("A row without its call's id cannot be imported.")
            )
        given["mapping"] = Mapping(
            sheet=self._look.sheet,
            head_row=self._look.guess.head_row,
            fields=fields,
            **{name: given[name] for name in ("unit", "order", "zone") if name in given},
        )
        if not self.errors and (problem := self._first_problem(given["mapping"])):
            self.add_error(None, problem)
        return given

    def _first_problem(self, chosen: Mapping) -> str:
        """What is wrong, where none of the rows in sight can be read."""
        reader, first = tables.Reader(chosen), ""
        for row in self._look.rows[:SAMPLES]:
            try:
                if reader.line(row) is not None:
                    return ""
            except UnreadablePushError as error:
                first = first or str(error)
        return first


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(acts.ADDING, raise_exception=True)
def columns(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose which columns say what; then the table is looked through."""
    job = pages.one_of(pk)
    if not job.is_table or job.state not in {Import.State.NEW, Import.State.READY}:
        return HttpResponseRedirect(job.get_absolute_url())
    try:
        look = _look(request, job)
    except (UnreadableFileError, FileNotFoundError) as error:
        why = _("its file is gone.") if isinstance(error, FileNotFoundError) else str(error)
        messages.error(request, _("The table cannot be read: %(why)s") % {"why": why})
        return HttpResponseRedirect(reverse("imports"))
    if request.method != "POST":
        return _page(request, job, look, ColumnsForm(look, initial=_initial(look)))
    form = ColumnsForm(look, request.POST)
    if not form.is_valid():
        return _page(request, job, look, form, 400)
    asking.choose(job, form.cleaned_data["mapping"], look.heads, request.user.get_username())
    return HttpResponseRedirect(job.get_absolute_url())


def _look(request: HttpRequest, job: Import) -> Look:
    """How the table begins: in the sheet and with the heads that somebody chose, if they did."""
    with keeping.opened(job) as file:
        sheets = files.first_rows(file, job.format)
    row = request.GET.get("head_row", "")
    is_row = row.isdecimal() and row.isascii() and len(row) < 3 and int(row) > 0
    return look_at(job, sheets, request.GET.get("sheet", ""), int(row) if is_row else None)


def look_at(
    job: Import,
    sheets: AnyMapping[str, Sequence[Row]],
    sheet: str = "",
    head_row: int | None = None,
) -> Look:
    """The sheet of this name, or the one whose columns are remembered or best understood."""
    chosen = {sheet: sheets[sheet]} if sheets.get(sheet) else sheets
    looks = [_of_sheet(job, list(sheets), name, rows, head_row) for name, rows in chosen.items()]
    return max(looks, key=lambda one: (one.known is not None, len(one.guess.fields)))


def _of_sheet(
    job: Import, sheets: Sequence[str], name: str, rows: Sequence[Row], head_row: int | None
) -> Look:
    at = max(1, min(head_row or heads.head_row(rows), len(rows)))
    names = [text(cell) for cell in (rows[at - 1].cells or ())] if rows else []
    below = [row for row in rows[at:] if has_content(row.cells)]
    known = asking.remembered(job.account, names)
    if known:
        guess = Mapping.of(known.columns | {"sheet": name, "head_row": at})
    else:
        fields = mapping.guess(names)
        guess = Mapping(
            sheet=name,
            head_row=at,
            fields=fields,
            order=heads.order(_samples(below, fields.get(mapping.STARTED))),
            zone=settings.TIME_ZONE,
        )
    return Look(sheet=name, sheets=sheets, heads=names, rows=below, guess=guess, known=known)


def _samples(rows: Sequence[Row], place: int | None) -> list[str]:
    cells = [row.cells or () for row in rows[:SAMPLES]] if place is not None else []
    return [text(row[place]) for row in cells if place is not None and place < len(row)]


def _initial(look: Look) -> dict[str, Any]:
    guess = look.guess
    places = {f"column_{name}": str(place) for name, place in guess.fields.items()}
    return {**places, "unit": guess.unit, "order": guess.order, "zone": guess.zone}


def _page(
    request: HttpRequest, job: Import, look: Look, form: ColumnsForm, status: int = 200
) -> HttpResponse:
    context = {
        "job": job,
        "look": look,
        "form": form,
        "columns": [form[f"column_{name}"] for name in mapping.LABELS],
        "hows": [form[name] for name in ("order", "zone", "unit")],
        "letters": [choosing.letter(place) for place in range(len(look.heads))],
        "rows": look.rows[:SHOWN_ROWS],
    }
    return render(request, "vendors/import_columns.html", context, status=status)

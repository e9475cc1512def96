"""The front page. What costs little stands in it at once, the rest is asked for by the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from calls import reach
from calls.figures.reading import Reader
from calls.figures.scopes import TIMES, WHEN
from calls.figures.table import FIGURES
from calls.list_page import Chip, address_of, chips
from calls.overview.asking import (
    AGAINST,
    ALL,
    BEFORE,
    BESIDE,
    NOTHING,
    NOW,
    SPAN,
    WEEK,
    Asked,
)
from calls.overview.parts import PARTS
from calls.permissions import READ_CALLS
from calls.search import Search, form, patience
from calls.search.clauses import Clauses
from calls.search.patience import TooSlowError
from calls.search.table import PRESET_LABELS


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A part of the page: what its template shows, or where it is to be had, or what went wrong."""

    name: str
    address: str
    template: str
    found: dict[str, Any] | None = None
    complaint: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """Another range, or something else to hold it against."""

    label: str
    address: str
    is_here: bool


@require_safe
@permission_required(READ_CALLS, raise_exception=True)
def overview(request: HttpRequest) -> HttpResponse:
    asked = Asked.of(request.GET, timezone.now())
    if address := _canonical(request.GET, asked):
        return HttpResponseRedirect(address)
    reader = Reader()
    is_empty = reader.extent.oldest is None
    shown = [] if is_empty or asked.search.problems else _parts(asked, reader)
    context = _context(asked) | {"parts": shown, "is_empty": is_empty}
    return render(request, "calls/overview.html", context)


@require_safe
@permission_required(READ_CALLS, raise_exception=True)
def part(request: HttpRequest, name: str) -> HttpResponse:
    """One part of the page, however long it takes. htmx asks for the part alone."""
    if name not in PARTS:
        raise Http404
    asked = Asked.of(request.GET, timezone.now())
    if asked.search.problems:
        return HttpResponseRedirect(_address(asked, asked.search))
    shown = _read(name, asked, Reader())
    template = "calls/_overview_part.html" if request.htmx else "calls/overview_part.html"  # type: ignore[attr-defined]
    response = render(request, template, _context(asked) | {"part": shown})
    response["Vary"] = "HX-Request"
    return response


def _parts(asked: Asked, reader: Reader) -> list[Shown]:
    return [
        _read(name, asked, reader)
        if one.is_quick(asked, reader)
        else Shown(name=name, address=_part_address(asked, name), template=one.template)
        for name, one in PARTS.items()
    ]


def _read(name: str, asked: Asked, reader: Reader) -> Shown:
    template, address = PARTS[name].template, _part_address(asked, name)
    try:
        with patience.within(patience.PAGE_SECONDS):
            found = PARTS[name].read(asked, reader)
    except TooSlowError:
        sentence = _("Adding this up takes too long. A shorter range of days helps.")
        return Shown(name=name, address=address, template=template, complaint=sentence)
    return Shown(name=name, address=address, template=template, found=found)


def _part_address(asked: Asked, name: str) -> str:
    query = _query(asked, asked.search)
    query[NOW] = asked.now.isoformat()
    return f"{reverse('overview-part', args=[name])}?{query.urlencode()}"


def _canonical(given: QueryDict, asked: Asked) -> str | None:
    """The one address of a page, where this is another: with empty fields of a form."""
    said = {key: values for key, values in given.lists() if key not in BESIDE}
    is_plain = said == dict(QueryDict(asked.search.query).lists())
    return None if is_plain else _address(asked, asked.search)


def _query(asked: Asked, search: Search) -> QueryDict:
    query = QueryDict(search.query, mutable=True)
    if asked.against != WEEK:
        query[AGAINST] = asked.against
    if asked.is_all:
        query[SPAN] = ALL
    return query


def _address(asked: Asked, search: Search) -> str:
    query = _query(asked, search)
    return f"{reverse('overview')}?{query.urlencode()}" if query else reverse("overview")


def _context(asked: Asked) -> dict[str, Any]:
    """The variables of the page's frame."""
    times = [one for one in asked.search.clauses.clauses if one.name in TIMES]
    rest = Search(Clauses(tuple(one for one in asked.search.clauses.clauses if one not in times)))
    return {
        "asked": asked,
        "search": asked.search,
        "complaints": [problem.text for problem in asked.search.problems],
        "chips": _chips(asked),
        "groups": form.groups(asked.search),
        "unshown": form.unshown(asked.search),
        "kept": [(one.key, value) for one in rest.clauses.clauses for value in one.values],
        "ranges": [] if asked.search.problems else _ranges(asked, rest),
        "against": [] if asked.search.problems else _against(asked),
        "list_address": "" if asked.search.problems else address_of(asked.scope.search),
        "figures_only": [] if asked.search.problems else reach.figures_only(asked.scope.span.since),
        "definitions": FIGURES,
        "is_home": asked.is_default and asked.search.is_empty,
    }


def _chips(asked: Asked) -> Sequence[Chip]:
    return chips(asked.search, lambda rest: _address(asked, rest))


def _ranges(asked: Asked, rest: Search) -> list[Way]:
    """The ranges that have a name, each of the same calls."""
    ways = []
    for name, label in [*PRESET_LABELS.items(), (ALL, _("All"))]:
        query = _query(asked, rest)
        query.pop(SPAN, None)
        query[SPAN if name == ALL else WHEN] = name
        address = f"{reverse('overview')}?{query.urlencode()}"
        ways.append(Way(label=str(label), address=address, is_here=asked.preset == name))
    return ways


def _against(asked: Asked) -> list[Way]:
    """What the range can be held against."""
    same = _("the same days last week")
    if asked.weeks > 1:
        same = _("the same days %(count)d weeks before") % {"count": asked.weeks}
    labels = {
        WEEK: same,
        BEFORE: _("the range just before"),
        NOTHING: _("nothing"),
    }
    ways = []
    for name, label in labels.items():
        query = _query(asked, asked.search)
        query[AGAINST] = name
        address = f"{reverse('overview')}?{query.urlencode()}"
        ways.append(Way(label=label, address=address, is_here=asked.against == name))
    return ways

"""The list of calls: what was searched for, in the columns that its reader chose."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from calls import cells, columns, elsewhere, paging, preferences, reach, saved
from calls.columns import Chosen, Column
from calls.figures import counting
from calls.figures.scopes import TIMES, Scope
from calls.models import Account, Preferences, SavedView
from calls.paging import BadCursorError, Page, Rows
from calls.permissions import READ_CALLS
from calls.search import FILTERS, Search, box, form, patience, read_query, read_text
from calls.search.patience import TooSlowError

CURSOR, LIMIT, TYPED, VIEW, WHOLE = "cursor", "limit", "typed", "view", "whole"
PLACE = (CURSOR, LIMIT)  # where in the list, as opposed to what is in it
BESIDE = (*PLACE, TYPED, VIEW)  # parameters that are no filters
EXPORT, REPROCESS = "calls.export_call", "vendors.change_push"


@require_safe
@permission_required(READ_CALLS, raise_exception=True)
def call_list(request: HttpRequest) -> HttpResponse:
    """The calls of a search. htmx asks for the results alone."""
    search = read_query(request.GET, BESIDE)
    if address := _canonical(request.GET, search):
        return HttpResponseRedirect(address)
    view = saved.opened(request.user, request.GET.get(VIEW, ""))
    context = results(request, search, view)
    if request.htmx:  # type: ignore[attr-defined]
        response = render(request, "calls/_call_results.html", context)
    else:
        response = render(request, "calls/call_list.html", context)
    response["Vary"] = "HX-Request"
    return response


def _canonical(given: QueryDict, search: Search) -> str | None:
    """The one address of a search, where this is another: empty fields, lists in one field."""
    said = {key: values for key, values in given.lists() if key not in BESIDE}
    if said == dict(QueryDict(search.query).lists()):
        return None
    return address_of(search, _beside(given, *BESIDE))


def _beside(given: Mapping[str, Any], *names: str) -> dict[str, str]:
    """Those of these parameters that say something."""
    return {name: text for name in names if (text := given.get(name, ""))}


def address_of(search: Search, beside: dict[str, str] | None = None) -> str:
    """Where the list of a search stands."""
    query = QueryDict(search.query, mutable=True)
    query.update(beside or {})
    return f"{reverse('calls')}?{query.urlencode()}" if query else reverse("calls")


def results(request: HttpRequest, search: Search, view: SavedView | None) -> dict[str, Any]:
    """The variables of the list's templates."""
    chosen = _columns(request.user, view)
    complaints = [problem.text for problem in search.problems]
    page = Page([], None, None)
    if not complaints:
        try:
            with patience.within(patience.PAGE_SECONDS):
                page = paging.turn(
                    search, request.GET.get(CURSOR), _limit(request.GET), _dressed(chosen)
                )
        except BadCursorError:
            complaints = [_("This page of the list no longer exists. Begin at the newest.")]
        except TooSlowError:
            complaints = [_("The search takes too long. Narrow it: a shorter range of days helps.")]
    preferences.remember_search(request.user, search.text if not complaints else "")
    typed = request.GET.get(TYPED, "")
    beside = _beside(request.GET, TYPED, VIEW)
    return {
        "rows": cells.rows(page.rows, chosen.columns),
        "search": search,
        "columns": chosen,
        "headings": _headings(search, chosen.columns, beside),
        "all_columns": _choosable(chosen),
        "complaints": complaints,
        "groups": form.groups(search),
        "unshown": form.unshown(search),
        "is_open": bool(search.problems),
        "chips": chips(search, lambda rest: address_of(rest, _beside(beside, VIEW))),
        "figures": _figures_of(search),
        "figures_only": [] if complaints else _figures_only(search),
        "view": view,
        "typed": typed,
        "is_home": search.is_empty and not typed,
        "others": box.find(typed).others if typed and not request.GET.get(CURSOR) else (),
        "elsewhere": [] if page.rows or complaints else _elsewhere(request, search, typed),
        "newer": _neighbour(request.GET, search, page.newer),
        "older": _neighbour(request.GET, search, page.older),
        "last_search": _last_search(request.user) if search.is_empty else None,
        "density": getattr(preferences.of(request.user), "density", ""),
        "densities": Preferences.Density.choices,
        "sharable": saved.sharable(request.user),
        "may_pick": request.user.has_perms([EXPORT]) or request.user.has_perm(REPROCESS),
    }


def _figures_of(search: Search) -> str:
    """Where the figures of a search stand; without a range they would be those of today."""
    has_range = any(one.name in TIMES for one in search.clauses.clauses)
    return f"{reverse('overview')}?{search.query}{'' if has_range else '&span=all'}"


def _figures_only(search: Search) -> list[Account]:
    """The accounts of which a range reaches back to days whose calls were deleted."""
    span = Scope.of(search).span
    return reach.figures_only(span.since) if (span.since or span.until) else []


def _last_search(user: Any) -> dict[str, str] | None:
    text = preferences.last_search(user)
    search = read_text(text)
    if not text or search.problems:
        return None
    return {"text": text, "address": address_of(search)}


def _limit(given: QueryDict) -> int:
    text = given.get(LIMIT, "")
    wanted = int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0
    return min(wanted, paging.LARGEST_PAGE) or paging.PAGE_SIZE


def _columns(user: Any, view: SavedView | None) -> Chosen:
    keys: list[str] = list(view.columns) if view else []
    found = preferences.of(user)
    return columns.chosen(keys or (found.columns if found else []))


def _dressed(chosen: Chosen) -> Any:
    """What a page of the list needs beside the calls' own columns, in one query each."""

    def dress(rows: Rows) -> Rows:
        rows = rows.select_related("account").defer("said", "details", "extra")
        return rows.prefetch_related(*cells.needs(chosen.columns))

    return dress


def _neighbour(given: QueryDict, search: Search, cursor: str | None) -> str | None:
    """The query of the page beside this one."""
    if cursor is None:
        return None
    beside = _beside(given, LIMIT, TYPED, VIEW) | {CURSOR: cursor}
    return "?" + address_of(search, beside).partition("?")[2]


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's head, and where it leads: the same list, sorted by it."""

    column: Column
    address: str
    sorted: str  # as aria-sort has it; empty where the list is not sorted by it


def _headings(search: Search, shown: Iterable[Column], beside: dict[str, str]) -> list[Heading]:
    current = search.clauses.sort or "-time"
    headings = []
    for column in shown:
        if not column.sort:
            headings.append(Heading(column, "", ""))
            continue
        is_current = current.removeprefix("-") == column.sort
        is_down = current.startswith("-")
        turned = column.sort if is_current and is_down else f"-{column.sort}"
        clauses = search.clauses.sorted_by("" if turned == "-time" else turned)
        state = ("descending" if is_down else "ascending") if is_current else ""
        headings.append(Heading(column, address_of(Search(clauses), beside), state))
    return headings


@dataclass(frozen=True, slots=True)
class Choosable:
    """A column in the chooser."""

    column: Column
    is_chosen: bool


def _choosable(chosen: Chosen) -> list[Choosable]:
    rest = [column for column in columns.ALL if column not in chosen.columns]
    return [
        *(Choosable(column, is_chosen=True) for column in chosen.columns),
        *(Choosable(column, is_chosen=False) for column in rest),
    ]


@dataclass(frozen=True, slots=True)
class Chip:
    """One value of an active filter, and the address that remains without it."""

    label: str
    value: str
    is_negated: bool
    without: str


def chips(search: Search, address: Callable[[Search], str]) -> list[Chip]:
    """Its filters one by one; ``address`` is where the page stands that has them."""
    found = []
    for clause in search.clauses.clauses:
        filter_ = FILTERS.get(clause.name)
        choices = filter_.choices() if filter_ else {}
        label = str(filter_.label) if filter_ else clause.name
        for value in clause.values:
            rest = Search(search.clauses.without(clause.name, clause.is_negated, value))
            shown = str(choices.get(value, value))
            found.append(Chip(label, shown, clause.is_negated, address(rest)))
    return found


def _elsewhere(request: HttpRequest, search: Search, typed: str) -> list[elsewhere.Found]:
    """What else mentions that which no call was found by."""
    if typed:
        return elsewhere.find(request, typed)
    ids = [
        value
        for clause in search.clauses.clauses
        if clause.name in {"id", "call_id", "number", "task", "session"} and not clause.is_negated
        for value in clause.values
    ]
    return elsewhere.find(request, ids[0]) if len(ids) == 1 else []


@require_safe
@permission_required(READ_CALLS, raise_exception=True)
def call_count(request: HttpRequest) -> HttpResponse:
    """How many calls a search finds, beside the list and not before it.

    Figures lead to lists of a range of time that has two ends: those are counted to the last call.
    """
    search = read_query(request.GET, (*BESIDE, WHOLE))
    counted = _counted(search, is_whole=WHOLE in request.GET)
    is_more = counted is not None and counted.is_more
    context = {
        "count": counted.calls if counted else None,
        "most": patience.MOST_COUNTED,
        "is_more": is_more,
        "whole": f"{request.path}?{search.query}&{WHOLE}=1" if is_more else "",
        "is_bounded": is_more and Scope.of(search).span.has_ends,
    }
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "calls/_count.html", context)
    return render(request, "calls/call_count.html", context | {"back": address_of(search)})


@dataclass(frozen=True, slots=True)
class Counted:
    """How many calls there are; with ``is_more``, there are more than that."""

    calls: int
    is_more: bool = False


def _counted(search: Search, *, is_whole: bool) -> Counted | None:
    """None where the search has problems, or counting takes too long."""
    if search.problems:
        return None
    if (told := counting.count(search)) is not None:
        return Counted(told)
    calls = patience.count_all(search) if is_whole else patience.count(search)
    if calls is None:
        return None
    return Counted(calls, is_more=not is_whole and calls > patience.MOST_COUNTED)

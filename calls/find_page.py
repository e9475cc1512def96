"""The one search box."""

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from calls.list_page import TYPED, address_of, results
from calls.permissions import READ_CALLS
from calls.search import FILTERS, box
from calls.search.order import ORDERS

LONGEST_REMEMBERED = 200  # characters of what was typed that an address carries on


@permission_required(READ_CALLS, raise_exception=True)
def find(request: HttpRequest) -> HttpResponse:
    """What was typed into the box. Exactly one call found is opened; more are listed.

    The box posts, since a pasted list of numbers is longer than an address may be.
    """
    given = request.POST if request.method == "POST" else request.GET
    typed = given.get("q", "").strip()
    if not typed:
        return HttpResponseRedirect(reverse("calls"))
    found = box.find(typed)
    if found.problems:
        context = results(request, found.search, None)
        context |= {
            "complaints": [problem.text for problem in found.problems],
            "typed": found.typed,
            "pieces": _pieces(found),
            "is_open": False,  # the mistake stands in the box
            "others": (),
        }
        return render(request, "calls/call_list.html", context, status=400)
    first = found.search.some(2)
    if len(first) == 1 and not found.others:
        return HttpResponseRedirect(reverse("call", args=first))
    is_named = found.search.text == typed
    beside = {} if is_named or len(typed) > LONGEST_REMEMBERED else {TYPED: typed}
    return HttpResponseRedirect(address_of(found.search, beside))


def _pieces(found: box.Found) -> list[tuple[str, bool]]:
    """The text that was typed, cut where it is wrong: pieces, and whether each is a mistake."""
    places = sorted(
        (one.start, one.end)
        for one in found.problems
        if one.start is not None and one.end is not None
    )
    pieces, at = [], 0
    for start, end in places:
        if start < at:
            continue
        pieces += [(found.typed[at:start], False), (found.typed[start:end], True)]
        at = end
    return [piece for piece in [*pieces, (found.typed[at:], False)] if piece[0]]


@require_safe
@permission_required(READ_CALLS, raise_exception=True)
def help_page(request: HttpRequest) -> HttpResponse:
    """What the box takes: every filter by its name, with what its values may be."""
    filters = [
        (name, one.label, one.hint, list(one.choices().items()))
        for name, one in FILTERS.items()
        if name != "pick"
    ]
    context = {"filters": filters, "orders": list(ORDERS)}
    return render(request, "calls/find_help.html", context)

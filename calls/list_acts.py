"""What people do on the list of calls: choose columns, keep to the calls that they picked."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.views.decorators.http import require_POST

from calls import columns, preferences
from calls.list_page import BESIDE, address_of
from calls.models import Preferences
from calls.permissions import READ_CALLS
from calls.search import Clauses, Search, read_query


@require_POST
@permission_required(READ_CALLS, raise_exception=True)
def choose_columns(request: HttpRequest) -> HttpResponse:
    """Keep which columns this person sees, in which order, and how high the rows are."""
    keys = [key for key in request.POST.getlist("column") if key in columns.BY_KEY]
    if moved := request.POST.get("move"):
        keys = _moved(keys, *moved.partition(":")[::2])
    if "reset" in request.POST:
        keys = []
    chosen: dict[str, Any] = {"columns": keys}
    if request.POST.get("density") in Preferences.Density.values:
        chosen["density"] = request.POST["density"]
    preferences.store(request.user, **chosen)
    search = read_query(QueryDict(request.POST.get("query", "")), BESIDE)
    return HttpResponseRedirect(
        address_of(Search(Clauses(search.clauses.clauses, search.clauses.sort)))
    )


def _moved(keys: list[str], key: str, way: str) -> list[str]:
    if key not in keys:
        return [*keys, key]
    at = keys.index(key)
    to = at - 1 if way == "up" else at + 1
    if 0 <= to < len(keys):
        keys[at], keys[to] = keys[to], keys[at]
    return keys


@require_POST
@permission_required(READ_CALLS, raise_exception=True)
def show_picked(request: HttpRequest) -> HttpResponse:
    """The list of the calls that were picked: to export them, or to send the address on."""
    said = [("pick", False, one) for one in request.POST.getlist("pick")]
    return HttpResponseRedirect(address_of(Search(Clauses.gathered(said))))

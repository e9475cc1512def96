"""Pages: the list of outbound requests, and one request."""

import hashlib
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from calls import lists
from vendors import lines, offers, stories
from vendors.filters import RequestFilter
from vendors.models import OutboundRequest, VendorAccount
from vendors.paging import RequestPagination
from vendors.permissions import ASK, SEE_REQUESTS


@require_safe
@permission_required(SEE_REQUESTS, raise_exception=True)
def request_list(request: HttpRequest) -> HttpResponse:
    """Requests, newest first. htmx asks for the table alone."""
    if lists.has_empty_fields(request.GET):
        return HttpResponseRedirect(request.path + lists.as_query(lists.spoken(request.GET)))
    rows = OutboundRequest.objects.select_related("account").defer("parameters", "sealed_secrets")
    filtered = RequestFilter(request.GET, queryset=rows)
    turned = lists.turn(request, filtered, RequestPagination())
    context = {
        "requests": turned.rows,
        "filter": filtered,
        "complaints": turned.complaints,
        "is_filtered": bool(set(request.GET) - lists.PLACE),
        "newer": turned.newer,
        "older": turned.older,
        "operations": offers.dialling() if request.user.has_perm(ASK) else [],
    }
    if not turned.rows and not turned.complaints:
        context |= {"is_ready": bool(offers.takers().ready), "vendors": offers.vendors()}
    if request.htmx:  # type: ignore[attr-defined]
        response = render(request, "vendors/_request_table.html", context)
    else:
        response = render(request, "vendors/request_list.html", context | _choices(request.GET))
    response["Vary"] = "HX-Request"
    return response


def _choices(given: QueryDict) -> dict[str, list[tuple[str, str]]]:
    """What to choose from, with whatever else was asked for, so that it stays."""
    able = [vendor.key for vendor in offers.vendors()]
    rows = VendorAccount.objects.filter(vendor__in=able)
    names = {str(account.pk): str(account) for account in rows}
    operations = stories.operations()
    for known, name in ((names, "account"), (operations, "operation")):
        if asked := given.get(name):
            known.setdefault(asked, asked)
    return {"accounts": list(names.items()), "operation_names": list(operations.items())}


@require_safe
@permission_required(SEE_REQUESTS, raise_exception=True)
def request_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One request, from the asking to the end of its call. htmx asks for its news alone, and is
    told nothing while there are none."""
    row = get_object_or_404(
        OutboundRequest.objects.select_related("account", "from_call", "again_of"), pk=pk
    )
    story = stories.tell(row)
    seen = _fingerprint(story)
    if request.htmx and request.GET.get("seen") == seen:  # type: ignore[attr-defined]
        response = HttpResponse(status=204)
    else:
        context = {
            "row": row,
            "story": story,
            "seen": seen,
            "lines": lines.lines(story.operation, story.parameters),
        }
        name = "_request_story" if request.htmx else "request_detail"  # type: ignore[attr-defined]
        response = render(request, f"vendors/{name}.html", context)
    response["Vary"] = "HX-Request"
    return response


def _fingerprint(story: stories.Story) -> str:
    """What tells two states of a story apart: another one wherever the page would be another."""
    row, call = story.request, story.call
    told: list[Any] = [
        (row.state, row.why, row.tries, row.next_try_at, row.call_id, row.heard_at, row.ended_at),
        [(one.attempt.pk, one.attempt.written_at, one.attempt.ended_at) for one in story.tries],
        [(one.pk, one.state) for one in story.related],
        (call.pk, call.updated_at) if call else None,
        (story.can_cancel, story.can_end, story.can_repeat, story.needs_a_person),
        (story.is_silent, story.is_moving),
    ]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]

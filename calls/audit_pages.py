"""Pages: who did what, when and from where; and the same as a file."""

import tempfile
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from calls import audit_finding, lists
from calls.audit import Action, record, watching
from calls.audit_finding import SEE_AUDIT, AuditFilter
from calls.export import as_csv, making
from calls.models import AuditEntry

LONGEST_KEY = 18  # digits, so that it is a number to every database
IN_MEMORY = 1024 * 1024  # bytes of a small file


class NewestFirst(CursorPagination):
    ordering = ("-id",)
    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 500

    def decode_cursor(self, request: Request) -> Any:
        """The place in the list that an address names. Raises NotFound where it names none."""
        cursor = super().decode_cursor(request)
        place = "" if cursor is None or cursor.position is None else str(cursor.position)
        if place and not (place.isdecimal() and len(place) <= LONGEST_KEY):
            raise NotFound(self.invalid_cursor_message)
        return cursor


@require_safe
@permission_required(SEE_AUDIT, raise_exception=True)
def audit(request: HttpRequest) -> HttpResponse:
    """What was done, newest first. htmx asks for the table alone."""
    if lists.has_empty_fields(request.GET):
        return HttpResponseRedirect(request.path + lists.as_query(lists.spoken(request.GET)))
    filtered = AuditFilter(request.GET, queryset=AuditEntry.objects.all())
    turned = lists.turn(request, filtered, NewestFirst())
    opens_admin = bool(getattr(request.user, "is_staff", False))
    context = {
        "rows": [audit_finding.shown(row, opens_admin=opens_admin) for row in turned.rows],
        "filter": filtered,
        "complaints": turned.complaints,
        "is_filtered": bool(set(request.GET) - lists.PLACE),
        "newer": turned.newer,
        "older": turned.older,
        "which": _without_place(request),
    }
    if request.htmx:  # type: ignore[attr-defined]
        response = render(request, "calls/_audit_table.html", context)
    else:
        context["standing"] = watching.standing()
        response = render(request, "calls/audit.html", context)
    response["Vary"] = "HX-Request"
    return response


def _without_place(request: HttpRequest) -> str:
    rest = request.GET.copy()
    for name in lists.PLACE:
        rest.pop(name, None)
    return rest.urlencode()


@require_POST
@permission_required(SEE_AUDIT, raise_exception=True)
def audit_file(request: HttpRequest) -> HttpResponseBase:
    """All entries that a filter finds, as CSV. It is whole before its first byte leaves."""
    filtered = AuditFilter(request.GET, queryset=AuditEntry.objects.all())
    which = _without_place(request)
    if lists.complaints(request.GET, filtered):
        return HttpResponseRedirect(reverse("audit") + lists.as_query(request.GET))
    asked = {name: ", ".join(values) for name, values in request.GET.lists()}
    rows = filtered.qs
    record(Action.AUDIT_DOWNLOADED, by=request.user, request=request, details={"which": which})
    kept = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the answer closes it
    for piece in as_csv.pieces(audit_finding.sheet(rows, [*asked.items()])):
        kept.write(piece)
    kept.seek(0)
    response = FileResponse(
        kept, as_attachment=True, filename="audit.csv", content_type=making.TYPES["csv"]
    )
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response

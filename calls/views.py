"""Pages: the list of calls, and one call."""

from typing import Any

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe
from rest_framework.request import Request

from calls import codes, panels
from calls.filters import CallFilter, check_names
from calls.models import Account, Call, CallCode
from calls.paging import CallPagination
from calls.permissions import READ_CALLS


@require_safe
@permission_required(READ_CALLS, raise_exception=True)
def call_list(request: HttpRequest) -> HttpResponse:
    """Calls, newest first. htmx asks for the table alone."""
    rows = Call.objects.select_related("account").defer("said", "details", "extra", "user_data")
    filtered = CallFilter(request.GET, queryset=rows)
    complaints = _complaints(request, filtered)
    paginator = CallPagination()
    calls = (
        []
        if complaints
        else paginator.paginate_queryset(filtered.qs, Request(request)) or []
    )
    context = {
        "calls": calls,
        "filter": filtered,
        "complaints": complaints,
        "is_filtered": any(value for name, value in request.GET.items() if name != "cursor"),
        "newer": None if complaints else paginator.get_previous_link(),
        "older": None if complaints else paginator.get_next_link(),
        "vendors": list(Account.objects.order_by("vendor").values_list("vendor", flat=True).distinct()),
        "accounts": list(Account.objects.all()),
    }
    template = "calls/_call_table.html" if request.htmx else "calls/call_list.html"  # type: ignore[attr-defined]
    response = render(request, template, context)
    response["Vary"] = "HX-Request"
    return response


def _complaints(request: HttpRequest, filtered: CallFilter) -> list[str]:
    """What is wrong with the filter, one sentence each."""
    found = []
    try:
        check_names(set(request.GET), {"limit", "cursor"})
    except ValidationError as error:
        found += [f"{name}: {text}" for name, texts in error.message_dict.items() for text in texts]
    if not filtered.is_valid():
        found += [f"{name}: {text}" for name, texts in filtered.errors.items() for text in texts]
    return found


@require_safe
@permission_required(READ_CALLS, raise_exception=True)
def call_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One call: its times, legs, events, dialog, codes, and what else is known."""
    call = get_object_or_404(
        Call.objects.select_related("account", "dialog").prefetch_related(
            Prefetch("codes", CallCode.objects.order_by("place", "id")),
            "legs",
            "events",
            "recordings",
            "dialog__turns",
        ),
        pk=pk,
    )
    context: dict[str, Any] = {
        "call": call,
        "codes": [(code, codes.explain(code.scheme, code.value)) for code in call.codes.all()],
        "legs": list(call.legs.all()),
        "events": list(call.events.all()),
        "timeline": _timeline(call),
        "dialog": getattr(call, "dialog", None),
        "recordings": list(call.recordings.all()),
        "panels": panels.of(request, call),
    }
    return render(request, "calls/call_detail.html", context)


def _timeline(call: Call) -> list[tuple[str, Any]]:
    """The call's moments in order, as (name, time)."""
    moments = [
        (name, getattr(call, f"{name}_at")) for name in ("started", "rang", "answered", "ended")
    ]
    return [(name, at) for name, at in moments if at is not None]

"""Pages: refused pushes, one of them, and letting it in."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from calls import lists
from calls.audit import Action, record
from calls.permissions import READ_CALLS
from vendors import answers, push_filters, push_stories, refusals
from vendors.doorbell import doorbell
from vendors.models import RefusedPush
from vendors.paging import PushPagination
from vendors.permissions import RELEASE, SEE_PUSHES
from vendors.push_filters import RefusalFilter


@require_safe
@permission_required(SEE_PUSHES, raise_exception=True)
def refusal_list(request: HttpRequest) -> HttpResponse:
    """Refused pushes, newest first. htmx asks for the table alone."""
    if lists.has_empty_fields(request.GET):
        return HttpResponseRedirect(request.path + lists.as_query(lists.spoken(request.GET)))
    rows = RefusedPush.objects.select_related("account").defer("body", "headers", "query")
    filtered = RefusalFilter(request.GET, queryset=rows)
    turned = lists.turn(request, filtered, PushPagination())
    context = {
        "refusals": turned.rows,
        "filter": filtered,
        "complaints": turned.complaints,
        "is_filtered": bool(set(request.GET) - lists.PLACE),
        "newer": turned.newer,
        "older": turned.older,
    }
    if request.htmx:  # type: ignore[attr-defined]
        response = render(request, "vendors/_refusal_table.html", context)
    else:
        context |= {"accounts": push_filters.account_choices(request.GET)}
        response = render(request, "vendors/refusal_list.html", context)
    response["Vary"] = "HX-Request"
    return response


@require_safe
@permission_required(SEE_PUSHES, raise_exception=True)
def refusal_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One refused push: why, what we answered, what to look at first, whose move it is."""
    trace = get_object_or_404(RefusedPush.objects.select_related("account"), pk=pk)
    context = {
        "trace": trace,
        "story": push_stories.tell(trace, whole="whole" in request.GET),
        "advice": answers.advice(trace),
        "may_release": trace.body is not None and request.user.has_perm(RELEASE),
        "may_read_calls": request.user.has_perm(READ_CALLS),
    }
    return render(request, "vendors/refusal_detail.html", context)


@require_POST
@permission_required(RELEASE, raise_exception=True)
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a refused push into the inbox."""
    trace = get_object_or_404(RefusedPush, pk=pk)
    with transaction.atomic():
        is_released = refusals.release(trace, request.user.get_username())
        if is_released:
            subject = f"refused push {pk}"
            record(Action.REFUSAL_RELEASED, by=request.user, request=request, subject=subject)
    if is_released:
        doorbell.ring()
        messages.success(request, _("The push was released. It is in the inbox now."))
    else:
        messages.warning(request, _("There is no body to release, or somebody released it before."))
    may_see = request.user.has_perm(SEE_PUSHES)
    return HttpResponseRedirect(reverse("refusal", args=[pk]) if may_see else reverse("home"))

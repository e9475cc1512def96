"""Pages: the inbox, one push, and the pushes behind a call."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.decorators import permission_required
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from calls import lists
from calls.models import Call, CallCode
from calls.permissions import READ_CALLS
from vendors import answers, bodies, provenance, push_filters, push_stories, readings
from vendors.models import Push, State
from vendors.paging import PushPagination
from vendors.permissions import REPROCESS, SEE_PUSHES
from vendors.push_filters import PushFilter

MOST_CALLS = 50  # of one push
MOST_COUNTED = 999
SHORT_BODY = 4_000  # characters, where many bodies stand on one page


@require_safe
@permission_required(SEE_PUSHES, raise_exception=True)
def push_list(request: HttpRequest) -> HttpResponse:
    """Pushes, newest first. htmx asks for the table alone."""
    if lists.has_empty_fields(request.GET):
        return HttpResponseRedirect(request.path + lists.as_query(lists.spoken(request.GET)))
    filtered = PushFilter(request.GET, queryset=_rows())
    turned = lists.turn(request, filtered, PushPagination())
    context = {
        "pushes": turned.rows,
        "filter": filtered,
        "reach": filtered.reach,
        "complaints": turned.complaints,
        "is_filtered": bool(set(request.GET) - lists.PLACE),
        "may_reprocess": request.user.has_perm(REPROCESS),
        "here": request.GET.urlencode(),
        "which": push_filters.without_place(request.GET).urlencode(),
        "newer": turned.newer,
        "older": turned.older,
    }
    if request.htmx:  # type: ignore[attr-defined]
        response = render(request, "vendors/_push_table.html", context)
    else:
        context |= {"accounts": push_filters.account_choices(request.GET), "piles": _piles()}
        response = render(request, "vendors/push_list.html", context)
    response["Vary"] = "HX-Request"
    return response


def _rows() -> QuerySet[Push]:
    """Pushes without what only the page of one shows."""
    return Push.objects.select_related("account").defer("body", "headers", "query", "digest")


def _piles() -> list[tuple[State, str]]:
    """How many pushes are in each state that asks for somebody, where any are."""
    piles = []
    for state in (State.FAILED, State.UNREADABLE, State.WAITING):
        count = Push.objects.filter(state=state).order_by()[: MOST_COUNTED + 1].count()
        if count:
            piles.append((state, f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count)))
    return piles


@require_safe
@permission_required(SEE_PUSHES, raise_exception=True)
def push_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One push: what came, what we answered, what its adapter reads in it, what came of it."""
    push = get_object_or_404(Push.objects.select_related("account"), pk=pk)
    context = {
        "push": push,
        "story": push_stories.tell(push, whole="whole" in request.GET),
        "calls": list(
            Call.objects.only("call_id").filter(pk__in=push.call_ids.split()[:MOST_CALLS])
        ),
        "may_reprocess": request.user.has_perm(REPROCESS),
        "may_read_calls": request.user.has_perm(READ_CALLS),
    }
    return render(request, "vendors/push_detail.html", context)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A push among those behind a call."""

    push: Push
    source: str
    answer: str
    body: bodies.Body


@require_safe
@permission_required([READ_CALLS, SEE_PUSHES], raise_exception=True)
def call_pushes(request: HttpRequest, pk: int) -> HttpResponse:
    """What each push said about a call. The call's page asks for the middle of it alone."""
    codes = Prefetch("codes", CallCode.objects.order_by("place", "id"))
    call = get_object_or_404(Call.objects.prefetch_related("legs", codes), pk=pk)
    pushes = provenance.pushes_of(call)
    context = {
        "call": call,
        "lines": provenance.lines(call, pushes),
        "pushes": _shown(call, pushes),
        "more": max(0, len(call.said) - len(pushes)),
        "may_reprocess": request.user.has_perm(REPROCESS),
    }
    name = "_push_of_call" if request.htmx else "push_of_call"  # type: ignore[attr-defined]
    response = render(request, f"vendors/{name}.html", context)
    response["Vary"] = "HX-Request"
    return response


def _shown(call: Call, pushes: Sequence[Push]) -> list[Shown]:
    refused = answers.refused_first(pushes)
    return [
        Shown(
            push=push,
            source=readings.source_name(call.said[str(push.pk)][0]),
            answer=answers.to_push(push, refused.get(push.pk)),
            body=bodies.show(bytes(push.body), SHORT_BODY, f"push-{push.pk}"),
        )
        for push in pushes
    ]

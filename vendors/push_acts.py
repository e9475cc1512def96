"""Having pushes processed again: one, those that are ticked, all that match, those behind calls.

Processing twice changes nothing, so one push is put back at once. Many are counted first.
"""

import logging
from collections.abc import Sequence

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from calls import lists
from calls.audit import Action, record
from calls.models import Call
from calls.permissions import READ_CALLS
from vendors import inbox, push_filters
from vendors.doorbell import doorbell
from vendors.models import Push
from vendors.permissions import REPROCESS, SEE_PUSHES
from vendors.push_filters import PushFilter, is_key

log = logging.getLogger("callportal.inbox")

MOST_AT_ONCE = 10_000  # more are the reprocess command's
MOST_PICKED = 500
CHUNK = 500


@require_POST
@permission_required(REPROCESS, raise_exception=True)
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Have one push processed again."""
    push = get_object_or_404(Push.objects.only("pk"), pk=pk)
    _put_back(request, [push.pk])
    may_see = request.user.has_perm(SEE_PUSHES)
    return HttpResponseRedirect(reverse("push", args=[pk]) if may_see else reverse("home"))


@require_POST
@permission_required(REPROCESS, raise_exception=True)
def ticked_again(request: HttpRequest) -> HttpResponse:
    """Have the ticked pushes processed again, once it is confirmed."""
    keys = _picked(request, "push")
    back = _inbox(request, QueryDict(request.POST.get("back", "")))
    if not keys:
        messages.warning(request, _("Nothing is ticked. Tick the pushes to process again."))
    elif "sure" not in request.POST:
        hidden = [("push", str(key)) for key in keys] + [("back", request.POST.get("back", ""))]
        return _ask(request, keys, hidden, back)
    else:
        _put_back(request, keys)
    return HttpResponseRedirect(back)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(REPROCESS, raise_exception=True)
def all_again(request: HttpRequest) -> HttpResponse:
    """Have all pushes processed again that a filter finds; says how many before it does."""
    filtered = PushFilter(request.GET, queryset=Push.objects.all())
    back = _inbox(request, push_filters.without_place(request.GET))
    if lists.complaints(request.GET, filtered):
        return HttpResponseRedirect(_inbox(request, request.GET))
    newest = filtered.qs.order_by("-received_at", "-id")
    keys = list(newest.values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
    if request.method == "POST":
        _put_back(request, keys[:MOST_AT_ONCE])
        return HttpResponseRedirect(back)
    return _ask(request, keys, [], back)


@require_POST
@permission_required([READ_CALLS, REPROCESS], raise_exception=True)
def calls_again(request: HttpRequest) -> HttpResponse:
    """Have the pushes behind the picked calls processed again, once it is confirmed."""
    picked = _picked(request, "pick")
    back = reverse("calls") + lists.as_query(QueryDict(request.POST.get("back", "")))
    calls = Call.objects.filter(pk__in=picked).only("said")
    keys = sorted(push_filters.behind(calls))
    if not keys:
        messages.warning(request, _("No call is ticked. Tick the calls to process again."))
    elif "sure" not in request.POST:
        hidden = [("pick", str(key)) for key in picked] + [("back", request.POST.get("back", ""))]
        return _ask(request, keys, hidden, back, calls=len(calls))
    else:
        _put_back(request, keys)
    return HttpResponseRedirect(back)


def _picked(request: HttpRequest, name: str) -> list[int]:
    """The rows that are ticked; a word that can name none is left out, and what is too much."""
    return sorted({int(word) for word in request.POST.getlist(name) if is_key(word)})[:MOST_PICKED]


def _ask(
    request: HttpRequest,
    keys: Sequence[int],
    hidden: Sequence[tuple[str, str]],
    back: str,
    calls: int | None = None,
) -> HttpResponse:
    """Say what would be done, and ask whether it shall be."""
    chosen = keys[:MOST_AT_ONCE]
    context = {
        "count": len(chosen),
        "calls": calls,
        "most": MOST_AT_ONCE if len(keys) > MOST_AT_ONCE else 0,
        "hidden": hidden,
        "back": back,
    }
    return render(request, "vendors/push_confirm.html", context)


def _put_back(request: HttpRequest, keys: Sequence[int]) -> None:
    count = 0
    for start in range(0, min(len(keys), MOST_AT_ONCE), CHUNK):
        count += inbox.put_back(Push.objects.filter(pk__in=keys[start : start + CHUNK]))
    if not count:
        messages.warning(
            request, _("Nothing was put back: these pushes wait to be processed already.")
        )
        return
    doorbell.ring()
    subject = f"push {keys[0]}" if len(keys) == 1 else ""
    details = {"pushes": count}
    record(
        Action.PUSHES_REPROCESSED,
        by=request.user,
        request=request,
        subject=subject,
        details=details,
    )
    log.info("pushes put back", extra={"pushes": count, "by": request.user.get_username()})
    said = ngettext(
        "%(count)d push is processed again.", "%(count)d pushes are processed again.", count
    )
    messages.success(request, said % {"count": count})


def _inbox(request: HttpRequest, query: QueryDict) -> str:
    """The list as it was, for those who may see it."""
    if not request.user.has_perm(SEE_PUSHES):
        return reverse("home")
    return reverse("pushes") + lists.as_query(query)

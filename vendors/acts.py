"""What a person does to requests and calls that are there: each a POST that ends in a page."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from calls.audit import Action, record
from calls.models import Call
from calls.permissions import READ_CALLS
from vendors import outbox, pacing, stories, who_asked
from vendors.doorbell import outbox_bell
from vendors.models import OutboundRequest, RequestState, VendorAccount
from vendors.permissions import ASK, SEE_REQUESTS, SETTLE


@require_POST
@permission_required(ASK, raise_exception=True)
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a request back while it waits."""
    row = get_object_or_404(OutboundRequest, pk=pk)
    if outbox.cancel(row, request.user.get_username()):
        who_asked.note(request, Action.OUTBOUND_CANCELLED, row)
        messages.success(request, _("It was cancelled. Nobody is called."))
    else:
        row.refresh_from_db()
        messages.warning(
            request, _("It is no longer waiting: %(why)s") % {"why": row.get_why_display()}
        )
    return _to(request, row)


@require_POST
@permission_required(ASK, raise_exception=True)
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End the call that came of a request."""
    row = get_object_or_404(OutboundRequest.objects.select_related("account"), pk=pk)
    if stories.can_end(row, stories.call_of(row)):
        return _end(request, row.account, row.call_id, row.get_absolute_url())
    if row.ended_at is None and not row.call_id:
        messages.warning(request, _("The vendor has not named the call yet. Try again soon."))
    else:
        messages.warning(request, _("There is no call to end any more."))
    return _to(request, row)


@require_POST
@permission_required(ASK, raise_exception=True)
def end_call(request: HttpRequest, pk: int) -> HttpResponse:
    """End a call that is up, whoever placed it."""
    call = get_object_or_404(Call, pk=pk)
    account = get_object_or_404(VendorAccount, pk=call.account_id)
    return _end(request, account, call.call_id, call.get_absolute_url())


def _end(request: HttpRequest, account: VendorAccount, call_id: str, back: str) -> HttpResponse:
    try:
        with transaction.atomic():
            asked = outbox.end_call(account, call_id, request.user)
            if asked.is_new:
                who_asked.note(request, Action.CALL_TERMINATED, asked.request)
    except outbox.NotAllowedError as error:
        messages.error(request, _("The call was not ended. %(why)s") % {"why": stories.said(error)})
        return HttpResponseRedirect(back)
    outbox_bell.ring()
    if asked.is_new:
        messages.success(request, _("The vendor is asked to end the call."))
    else:
        messages.info(request, _("The vendor was asked to end the call already."))
    return _to(request, asked.request, back)


@require_POST
@permission_required(SETTLE, raise_exception=True)
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Settle an uncertain request as a person found it to be."""
    row = get_object_or_404(OutboundRequest.objects.select_related("account"), pk=pk)
    placed = request.POST.get("placed")
    if placed not in {"yes", "no"}:
        messages.error(request, _("Say whether it was placed or not."))
    elif outbox.decide(row, was_placed=placed == "yes", by=request.user.get_username()):
        who_asked.note(request, Action.OUTBOUND_SETTLED, row, placed=placed)
        messages.success(request, _("Your decision was written down."))
    else:
        row.refresh_from_db()
        messages.warning(request, _too_soon_or_late(row))
    return _to(request, row)


def _too_soon_or_late(row: OutboundRequest) -> str:
    if row.state != RequestState.UNCERTAIN or row.settled_at is None:
        return _("It was settled already: %(why)s") % {"why": row.get_why_display()}
    due = timezone.localtime(row.settled_at + pacing.push_wait(row.account))
    return _("The portal still waits for a push, until %(time)s.") % {
        "time": date_format(due, "H:i")
    }


@require_POST
@permission_required(SETTLE, raise_exception=True)
def resume(request: HttpRequest, account_id: int) -> HttpResponse:
    """Let an account's queue go on."""
    account = get_object_or_404(VendorAccount, pk=account_id)
    if pacing.resume(account, request.user.get_username()):
        subject = f"account {account.pk}"
        record(Action.QUEUE_RESUMED, by=request.user, request=request, subject=subject)
        outbox_bell.ring()
        messages.success(request, _("The queue of %(name)s goes on.") % {"name": account.name})
    else:
        messages.info(
            request, _("The queue of %(name)s does not stand still.") % {"name": account.name}
        )
    may_see = request.user.has_perm(SEE_REQUESTS)
    return HttpResponseRedirect(reverse("outbound" if may_see else "home"))


def _to(request: HttpRequest, row: OutboundRequest, otherwise: str = "") -> HttpResponse:
    """The page of a request, for those who may see it."""
    if request.user.has_perm(SEE_REQUESTS):
        return HttpResponseRedirect(row.get_absolute_url())
    may_read = otherwise and request.user.has_perm(READ_CALLS)
    return HttpResponseRedirect(otherwise if may_read else reverse("home"))

"""Pages: what is e-mailed to whom and when, and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from calls import saved
from calls.audit import Action, record
from calls.export.asking import EXPORT
from calls.mailings import due, sending
from calls.mailings.forms import MailingForm
from calls.models import Mail, Mailing
from calls.permissions import READ_REPORTS
from calls.reports import periods

ADD = "calls.add_mailing"
NEEDED = [READ_REPORTS, ADD]
SHOWN_MAILS = 5

TONES = {
    Mail.State.WAITING: "quiet",
    Mail.State.MAKING: "live",
    Mail.State.SENDING: "live",
    Mail.State.SENT: "good",
    Mail.State.FAILED: "bad",
    Mail.State.UNCERTAIN: "warn",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A mailing in the list. ``what`` leads to the report or view that it is."""

    mailing: Mailing
    what: str
    to: str
    next_at: datetime | None
    mails: list[tuple[Mail, str]]


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(NEEDED, raise_exception=True)
def mailings(request: HttpRequest) -> HttpResponse:
    """One's own mailings; a POST makes one."""
    form = MailingForm(request.POST or None, owner=_reader(request))
    if request.method == "POST" and form.is_valid() and _made(request, form):
        messages.success(
            request, _("It will be e-mailed. “Send one now” shows what it looks like.")
        )
        return HttpResponseRedirect(reverse("mailings"))
    status = 400 if form.errors else 200
    return render(request, "calls/mailings/list.html", _context(request, form), status=status)


def _made(request: HttpRequest, form: MailingForm) -> bool:
    try:
        with transaction.atomic():
            mailing = form.mailing()
            mailing.save()
            _note_down(request, Action.MAILING_MADE, mailing, to=len(mailing.addresses))
    except IntegrityError:
        form.add_error("name", _("You have a mailing of this name already. Choose another."))
        return False
    return True


def _context(request: HttpRequest, form: MailingForm) -> dict[str, Any]:
    now = timezone.now()
    newest = Prefetch("mails", Mail.objects.order_by("-due_at", "-id"))
    rows = _own(request).select_related("view", "owner").prefetch_related(newest)
    return {
        "form": form,
        "mailings": [_shown(mailing, now) for mailing in rows],
        "is_set_up": settings.EMAIL_IS_SENT,
        "zone": periods.zone().key,
        "may_mail_views": request.user.has_perm(EXPORT),
        "views": list(saved.visible(request.user)),
    }


def _shown(mailing: Mailing, now: datetime) -> Shown:
    mails = list(mailing.mails.all())[:SHOWN_MAILS]
    path = reverse("view", args=[mailing.view_id]) if mailing.view_id else reverse("reports")
    return Shown(
        mailing=mailing,
        what=path if mailing.view_id else f"{path}?{mailing.report}",
        to=", ".join(mailing.addresses) or mailing.owner.email,
        next_at=None if mailing.is_paused else due.next_due(mailing.every, mailing.hour, now),
        mails=[(mail, TONES[Mail.State(mail.state)]) for mail in mails],
    )


@require_POST
@permission_required(NEEDED, raise_exception=True)
def pause(request: HttpRequest, pk: int) -> HttpResponse:
    """Pause a mailing, or let a paused one go on. What was due meanwhile is not sent."""
    mailing = _one(request, pk)
    _note_down(request, Action.MAILING_CHANGED, mailing, paused=not mailing.is_paused)
    if mailing.is_paused:
        _own(request).filter(pk=pk).update(is_paused=False, since=timezone.now())
        messages.success(request, _("It is e-mailed again from now on."))
    else:
        _own(request).filter(pk=pk).update(is_paused=True)
        messages.success(request, _("It is paused."))
    return HttpResponseRedirect(reverse("mailings"))


@require_POST
@permission_required(NEEDED, raise_exception=True)
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    mailing = _one(request, pk)
    _note_down(request, Action.MAILING_DELETED, mailing)
    mailing.delete()
    messages.success(request, _("The mailing is deleted."))
    return HttpResponseRedirect(reverse("mailings"))


@require_POST
@permission_required(NEEDED, raise_exception=True)
def send(request: HttpRequest, pk: int) -> HttpResponse:
    """One now, to see what it looks like and whether it arrives."""
    mailing = _one(request, pk)
    sending.ask(mailing)
    _note_down(request, Action.MAILING_ASKED, mailing)
    messages.success(request, _("It is sent within a minute. What became of it stands below."))
    return HttpResponseRedirect(reverse("mailings"))


def _note_down(request: HttpRequest, action: Action, mailing: Mailing, **details: int) -> None:
    subject = f"mailing {mailing.pk}"
    record(action, by=request.user, request=request, subject=subject, details=details)


def _reader(request: HttpRequest) -> User:
    return cast(User, request.user)  # nobody who is not signed in comes here


def _own(request: HttpRequest) -> QuerySet[Mailing]:
    return Mailing.objects.filter(owner_id=request.user.pk or 0)


def _one(request: HttpRequest, pk: int) -> Mailing:
    return get_object_or_404(_own(request), pk=pk)

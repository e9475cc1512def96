"""Pages: asking for a call. First a form, then what it comes to, then the request."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from calls import masking
from calls.audit import Action
from calls.models import Call
from calls.permissions import READ_CALLS
from vendors import forms, lines, offers, outbox, stories, who_asked
from vendors.adapters.outbound import Complaint, Operation, WrongParametersError
from vendors.doorbell import outbox_bell
from vendors.models import OutboundRequest, RequestState, VendorAccount
from vendors.permissions import ASK, SEE_REQUESTS

LONGEST_KEY = 128


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """What somebody is about to ask for, and whom."""

    operation: Operation
    takers: offers.Takers
    account: VendorAccount | None
    typed: dict[str, Any] = field(default_factory=dict)
    waits_for_hours: bool = False
    from_call: Call | None = None
    like: OutboundRequest | None = None

    def wish(self, key: str = "") -> outbox.Wish:
        return outbox.Wish(
            operation=self.operation.key,
            parameters=self.typed,
            key=key,
            waits_for_hours=self.waits_for_hours,
            from_call=self.from_call,
            again_of=self.like,
        )


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(ASK, raise_exception=True)
def new_request(request: HttpRequest, operation: str) -> HttpResponse:
    """The form of an operation; posted, what it comes to; confirmed, the request."""
    if operation not in {one.key for one in offers.dialling()}:
        raise Http404
    if request.method != "POST":
        draft = _begun(request, operation)
        return _complete(request, draft) or _form(request, draft)
    draft = _posted(request, operation)
    step = request.POST.get("do", "check")
    if step == "account":
        return _form(request, _with_own_numbers(draft))
    if step not in {"check", "ask"}:  # another block, or something to change
        return _form(request, draft, grown=step.removeprefix("add:"))
    if draft.account is None:
        return _form(request, draft, refusal=_("Choose an account that takes requests."))
    key = request.POST.get("key", "")
    try:
        if step == "ask" and 0 < len(key) <= LONGEST_KEY and key.isprintable():
            return _ask(request, draft, draft.account, key)
        return _confirmation(request, draft, outbox.rehearse(draft.account, draft.wish()))
    except WrongParametersError as error:
        return _form(request, draft, complaints=error.complaints)
    except outbox.NotAllowedError as error:
        return _form(request, draft, refusal=stories.said(error))


def _complete(request: HttpRequest, draft: Draft) -> HttpResponse | None:
    """What a call back comes to, where the call says all that is needed; None where a form is."""
    if draft.from_call is None or draft.account is None:
        return None
    try:
        return _confirmation(request, draft, outbox.rehearse(draft.account, draft.wish()))
    except (WrongParametersError, outbox.NotAllowedError):
        return None


def _draft(request: HttpRequest, key: str, given: QueryDict) -> Draft:
    """Whom an operation is asked of, and what it is made from, as far as this person may see it."""
    takers = offers.takers(key)
    account = takers.account(given.get("account", ""))
    outbound = outbox.outbound_of(account) if account else None
    operation = (outbound and outbound.operation(key)) or next(
        one for one in offers.dialling() if one.key == key
    )
    call = given.get("from_call", "") if request.user.has_perm(READ_CALLS) else ""
    like = given.get("like", "") if request.user.has_perm(SEE_REQUESTS) else ""
    return Draft(
        operation=operation,
        takers=takers,
        account=account,
        waits_for_hours="wait_for_hours" in given,
        from_call=Call.objects.filter(pk=int(call)).first() if _is_id(call) else None,
        like=OutboundRequest.objects.filter(pk=int(like), operation=key).first()
        if _is_id(like)
        else None,
    )


def _is_id(text: str) -> bool:
    return text.isdecimal() and len(text) < 19


def _begun(request: HttpRequest, key: str) -> Draft:
    """A form as it is first shown: the address says most, then the request or call it is made
    from, then what is usual. Who sees numbers masked types them: a field would show them."""
    given = request.GET.copy()
    draft = _draft(request, key, given)
    if draft.like and "account" not in given:
        given["account"] = str(draft.like.account_id)
        draft = _draft(request, key, given)
    operation = draft.operation
    named = forms.read(operation, given)
    is_whole = masking.sees_numbers()
    typed = {
        **offers.beginning(operation, draft.account),
        **(offers.to_call_back(operation, draft.from_call) if draft.from_call and is_whole else {}),
        **(offers.again(operation, draft.like) if draft.like and is_whole else {}),
        **{one: value for one, value in named.items() if one not in operation.secret_keys},
    }
    waits = draft.waits_for_hours or bool(draft.like and draft.like.waits_for_hours)
    return replace(draft, typed=typed, waits_for_hours=waits)


def _posted(request: HttpRequest, key: str) -> Draft:
    draft = _draft(request, key, request.POST)
    return replace(draft, typed=forms.read(draft.operation, request.POST))


def _with_own_numbers(draft: Draft) -> Draft:
    """The draft for another account, with that one's numbers where one of its own is shown."""
    numbers = offers.beginning(draft.operation, draft.account)
    own = offers.numbers_of(draft.operation, draft.account)
    return replace(draft, typed={**draft.typed, **{key: numbers.get(key, "") for key in own}})


def _form(
    request: HttpRequest,
    draft: Draft,
    *,
    complaints: Sequence[Complaint] = (),
    refusal: str = "",
    grown: str = "",
) -> HttpResponse:
    form = forms.draw(
        draft.operation,
        draft.typed,
        complaints,
        offers.numbers_of(draft.operation, draft.account),
        grown,
    )
    context = {
        "draft": draft,
        "form": form,
        "refusal": refusal,
        "is_posted": request.method == "POST",
        "tabs": _tabs(draft),
        "vendors": offers.vendors(),
        "is_uncertain": draft.like is not None and draft.like.state == RequestState.UNCERTAIN,
    }
    return render(request, "vendors/request_form.html", context)


def _tabs(draft: Draft) -> list[tuple[str, str, bool]]:
    """The operations: name, address, and whether it is this one."""
    kept = QueryDict(mutable=True)
    if draft.account and len(draft.takers.ready) > 1:
        kept["account"] = str(draft.account.pk)
    if draft.from_call:
        kept["from_call"] = str(draft.from_call.pk)
    query = f"?{kept.urlencode()}" if kept else ""
    return [
        (
            stories.label(one),
            reverse("outbound-new", args=[one.key]) + query,
            one.key == draft.operation.key,
        )
        for one in offers.dialling()
    ]


def _confirmation(request: HttpRequest, draft: Draft, rehearsal: OutboundRequest) -> HttpResponse:
    """What will happen, before it does. Its key makes however many clicks one request."""
    operation = draft.operation
    hidden = dict.fromkeys(sorted(operation.secret_keys & draft.typed.keys()), stories.HIDDEN)
    numbers = offers.own_numbers(rehearsal.account)
    shown = [str(rehearsal.parameters.get(key, "")) for key in operation.shown_keys]
    context = {
        "draft": draft,
        "rehearsal": rehearsal,
        "lines": lines.telling(operation, {**rehearsal.parameters, **hidden}),
        "strangers": sorted(
            {one for one in shown if one and one not in numbers} if numbers else ()
        ),
        "pairs": list(forms.pairs(draft.typed)),
        "key": secrets.token_urlsafe(24),
    }
    response = render(request, "vendors/request_confirm.html", context)
    add_never_cache_headers(response)  # a secret may stand in its fields
    return response


def _ask(request: HttpRequest, draft: Draft, account: VendorAccount, key: str) -> HttpResponse:
    try:
        with transaction.atomic():
            asked = outbox.ask(account, draft.wish(key), request.user)
            if asked.is_new:
                who_asked.note(request, Action.OUTBOUND_ASKED, asked.request)
    except outbox.KeyReusedError as error:
        messages.warning(
            request,
            _("This confirmation was used already, for the request below. Nothing else was asked."),
        )
        return _to(request, error.request)
    outbox_bell.ring()
    return _to(request, asked.request)


def _to(request: HttpRequest, row: OutboundRequest) -> HttpResponse:
    """The page of a request; the form again for those who may ask but not see."""
    if request.user.has_perm(SEE_REQUESTS):
        return HttpResponseRedirect(row.get_absolute_url())
    messages.success(request, _("The call was asked for, as request %(id)s.") % {"id": row.pk})
    return HttpResponseRedirect(reverse("outbound-new", args=[row.operation]))

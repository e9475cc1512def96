"""What a call's page shows of the pushes that made the call, and of what was asked about it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.utils.translation import gettext_lazy as _

from calls.facts import Source
from calls.models import Call
from vendors import offers, stories
from vendors.models import OutboundRequest, Push, VendorAccount
from vendors.permissions import ASK, SEE_REQUESTS
from vendors.registry import VENDORS

READ_PUSHES = "vendors.view_push"
MOST_PUSHES = 50
MOST_REQUESTS = 20
LONGEST_BODY = 20_000  # characters; the page stays light, the admin has the whole

SOURCE_NAMES = {
    Source.RECORD.value: _("Call record"),
    Source.SUMMARY.value: _("Short call record"),
    Source.STATUS.value: _("Status"),
    Source.DIALOG.value: _("Dialog"),
    Source.RECORDING.value: _("Recording"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """A push, what its word stands for, and its body as people read it."""

    push: Push
    source: str
    fields: Sequence[str]
    guesses: Sequence[str]
    body: str
    is_cut: bool


def pushes(request: HttpRequest, call: Call) -> tuple[str, dict[str, Any]] | None:
    """The pushes behind a call, oldest first, for those who may see pushes."""
    if not request.user.has_perm(READ_PUSHES):
        return None
    keys = sorted(int(key) for key in call.said)
    rows = Push.objects.filter(pk__in=keys[:MOST_PUSHES]).defer("headers", "query", "digest")
    said = [_said(push, *call.said[str(push.pk)]) for push in rows.order_by("received_at", "id")]
    context = {
        "pushes": said,
        "more": max(0, len(keys) - MOST_PUSHES),
        "is_staff": getattr(request.user, "is_staff", False),
    }
    return "vendors/_pushes_panel.html", context


def calling(request: HttpRequest, call: Call) -> tuple[str, dict[str, Any]] | None:
    """What was asked about a call, and what may be: to call back, or to end it."""
    may_ask, may_see = request.user.has_perm(ASK), request.user.has_perm(SEE_REQUESTS)
    vendor = VENDORS.get(call.vendor)
    takes = vendor is not None and vendor.outbound is not None
    back = offers.calling_back() if may_ask and any(offers.sides(call)) else None
    if back is not None and not _is_taken(back.key):
        back = None
    may_end = may_ask and takes and call.is_in_progress
    rows = list(_requests_about(call)) if may_see else []
    if not (rows or back or may_end or (may_see and takes)):
        return None
    context = {
        "call": call,
        "requests": rows,
        "may_see": may_see,
        "back": back,
        "may_end": may_end,
        "pressed": stories.pressed_in(call),
        "csrf_token": get_token(request) if may_end else "",
    }
    return "vendors/_calling_panel.html", context


def _is_taken(operation: str) -> bool:
    """Whether an account's vendor takes this. Whether it lacks settings is seen when it is used."""
    able = [
        one.key for one in offers.vendors() if one.outbound and one.outbound.operation(operation)
    ]
    return VendorAccount.objects.filter(vendor__in=able, is_enabled=True).exists()


def _requests_about(call: Call) -> Any:
    """The requests that placed or were to end a call, and those that were made from its page."""
    about = Q(account_id=call.account_id, call_id=call.call_id) | Q(from_call=call)
    rows = OutboundRequest.objects.filter(about).select_related("account")
    return rows.defer("parameters", "sealed_secrets")[:MOST_REQUESTS]


def _said(push: Push, source: str, stated_at: str, paths: Sequence[str]) -> Said:
    text = _readable(push)
    return Said(
        push=push,
        source=str(SOURCE_NAMES.get(source, source)),
        fields=[path for path in paths if not path.startswith("?")],
        guesses=[path.removeprefix("?") for path in paths if path.startswith("?")],
        body=text[:LONGEST_BODY],
        is_cut=len(text) > LONGEST_BODY,
    )


def _readable(push: Push) -> str:
    """The body with line breaks, or as it came where writing it anew would change what it says."""
    try:
        read = json.loads(bytes(push.body), object_pairs_hook=_without_repeats)
        text = json.dumps(read, ensure_ascii=False, indent=2)
        text.encode()  # a lone surrogate could not be sent to a browser
    except (ValueError, RecursionError):
        return push.text()
    return text


def _without_repeats(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found

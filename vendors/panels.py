"""What a call's page shows of the pushes that made the call, and of what was asked about it."""

from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.middleware.csrf import get_token

from calls import codes
from calls.models import Call
from vendors import offers, stories
from vendors.models import OutboundRequest, VendorAccount
from vendors.permissions import ASK, IMPORT, SEE_PUSHES, SEE_REQUESTS
from vendors.registry import VENDORS

MOST_REQUESTS = 20


def pushes(request: HttpRequest, call: Call) -> tuple[str, dict[str, Any]] | None:
    """A fold that fetches the pushes behind a call when opened, for those who may see them."""
    if not request.user.has_perm(SEE_PUSHES):
        return None
    return "vendors/_pushes_panel.html", {"call": call, "count": len(call.said)}


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


def record(request: HttpRequest, call: Call) -> tuple[str, dict[str, Any]] | None:
    """That a call's record should have come by now, and whose move it is."""
    vendor = VENDORS.get(call.vendor)
    if vendor is None or vendor.imports.record_within is None or not call.is_record_missing:
        return None
    offer = vendor.imports
    context = {
        "call": call,
        "vendor": vendor.name,
        "within": int(vendor.imports.record_within.total_seconds()),
        "schedule": offer.schedule_zh if codes.reads_chinese() else offer.schedule_en,
        "asks": offer.missed is not None,
        "may_import": request.user.has_perm(IMPORT),
    }
    return "vendors/_record_panel.html", context


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

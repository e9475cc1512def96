"""The edge: where vendors push. Keeps the bytes, thanks the vendor, reads nothing.

Everything that a vendor hears is an ``Answer`` of its adapter. No answer but an acknowledgement
may contain the word success, so nothing here is rendered by a framework's error page.
"""

import logging
import re
from contextlib import nullcontext
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.views import APIView

from vendors import inbox, refusals, signatures
from vendors.accounts import Door, find_door, note_use
from vendors.adapters.base import PLAIN_ANSWERS, Answer, Outcome, Trust, Vendor, Verdict
from vendors.doorbell import doorbell
from vendors.evidence import Evidence, clean, masked_path, safe_headers, safe_query
from vendors.models import Reason
from vendors.registry import VENDORS
from vendors.requests import TooLargeError, client_address, headers_of, read_body

log = logging.getLogger("callportal.edge")

_ADDRESS = re.compile(r"([a-z0-9]{1,32})/([a-z0-9]{32})/([A-Za-z-]{1,32})")


class RefusedError(Exception):
    """The push was turned away: say so, in the vendor's words."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.value)
        self.outcome = outcome


class PushView(APIView):
    """Takes pushes of every vendor. Nobody signs in here: the address itself is the secret."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Negotiates nothing: any content type is taken, and the answer's is the vendor's."""

    def finalize_response(
        self, request: Request, response: HttpResponse, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        return response

    def http_method_not_allowed(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        response = _response(PLAIN_ANSWERS[Outcome.WRONG_METHOD])
        response["Allow"] = "POST"
        return response

    def options(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.http_method_not_allowed(request)

    def post(self, request: Request, address: str) -> HttpResponse:
        vendor = None
        try:
            match = _ADDRESS.fullmatch(address)
            if match is None:
                raise RefusedError(Outcome.UNKNOWN_ADDRESS)
            vendor = VENDORS.get(match[1])
            return _response(_once_more(vendor, match[2], match[3], request))
        except RefusedError as refused:
            return _refusal(vendor, refused.outcome)
        except TooLargeError:
            return _refusal(vendor, Outcome.TOO_LARGE)

    def handle_exception(self, exc: Exception) -> HttpResponse:
        """Nothing could keep it: the vendor is to try again."""
        log.error("push could not be kept", exc_info=exc)
        return _response(PLAIN_ANSWERS[Outcome.UNAVAILABLE])


receive = PushView.as_view()


def _response(answer: Answer) -> HttpResponse:
    headers = {"Content-Length": str(len(answer.body))}
    return HttpResponse(answer.body, answer.content_type, answer.status, headers=headers)


def _refusal(vendor: Vendor | None, outcome: Outcome) -> HttpResponse:
    return _response(vendor.answer(outcome) if vendor else PLAIN_ANSWERS[outcome])


def _once_more(vendor: Vendor | None, token: str, kind: str, request: Request) -> Answer:
    """Take the push; when the connection to the database turns out to be dead, on a new one."""
    if vendor is None or kind not in {one.key for one in vendor.kinds}:
        raise RefusedError(Outcome.UNKNOWN_ADDRESS)
    body: list[bytes] = []
    try:
        return _take(vendor, token, kind, request, body)
    except (OperationalError, InterfaceError):
        connection.close()
        return _take(vendor, token, kind, request, body)
    except DatabaseError as error:
        raise OperationalError(str(error)) from error


def _take(
    vendor: Vendor, token: str, kind: str, request: Request, already_read: list[bytes]
) -> Answer:
    door = find_door(vendor.key, token)
    if door is None:
        raise RefusedError(Outcome.UNKNOWN_ADDRESS)
    if not already_read:
        already_read.append(read_body(request._request, settings.PUSH_LARGEST))
    body = already_read[0]
    headers, query = headers_of(request._request), request._request.GET.dict()
    sender = client_address(request._request, settings.TRUSTED_PROXIES)

    def evidence(verdict: Verdict) -> Evidence:
        return Evidence(
            kind=kind,
            received_at=timezone.now(),
            path=masked_path(vendor.key, token, kind),
            query=safe_query(query),
            headers=safe_headers(headers),
            remote_address=clean(sender)[:64],
            verdict=verdict,
        )

    _admit(door, sender, evidence, body)
    # One statement commits by itself; a transaction is for the nonce that goes with it.
    with transaction.atomic() if door.secrets else nullcontext():
        verdict = signatures.check(door, kind, headers, query, body)
        is_acceptable = signatures.is_acceptable(door, verdict)
        if is_acceptable:
            inbox.keep(door.account, evidence(verdict), body)
    if not is_acceptable:
        refusals.record(door, Reason.SIGNATURE, evidence(verdict), body)
        raise RefusedError(Outcome.UNAUTHORIZED)
    is_valid = verdict.trust is Trust.VALID
    note_use(door, door.secrets[verdict.secret][0] if is_valid else None)
    doorbell.ring()
    return vendor.answer(Outcome.KEPT)


def _admit(door: Door, sender: str, evidence: Any, body: bytes) -> None:
    reason = None
    if not door.account.is_enabled:
        reason = Reason.DISABLED
    elif not door.admits(sender):
        reason = Reason.ADDRESS
    if reason is not None:
        refusals.record(door, reason, evidence(Verdict(trust=Trust.NOT_CHECKED)), body)
        raise RefusedError(Outcome.FORBIDDEN)

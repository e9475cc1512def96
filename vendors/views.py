"""The edge: where vendors push. Keeps the bytes, thanks the vendor, reads nothing.

While the database cannot keep a push, the spool does.

Everything that a vendor hears is an ``Answer`` of its adapter. No answer but an acknowledgement
may contain the word success, so nothing here is rendered by a framework's error page.
"""

import logging
import re
import time
from contextlib import nullcontext, suppress
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.views import APIView

from calls.requests import client_address
from vendors import inbox, refusals, signatures
from vendors.accounts import Door, find_door, fresh_door, note_use
from vendors.adapters.base import (
    PLAIN_ANSWERS,
    RETRY_AFTER,
    Answer,
    Outcome,
    Trust,
    Vendor,
    Verdict,
)
from vendors.doorbell import doorbell
from vendors.evidence import Evidence, clean, masked_path, safe_headers, safe_query
from vendors.models import Reason
from vendors.registry import VENDORS
from vendors.requests import TooLargeError, headers_of, read_body
from vendors.spool import doors, reach, records
from vendors.spool.files import SpoolFullError, writer
from vendors.spool.keeper import keeper
from vendors.turnstiles import turnstiles
from vendors.watch import counting

log = logging.getLogger("callportal.edge")

_ADDRESS = re.compile(r"([a-z0-9]{1,32})/([a-z0-9]{32})/([A-Za-z-]{1,32})")

UNCHECKED = Verdict(trust=Trust.NOT_CHECKED)
REFUSED_MAY_TAKE = 0.25  # of the spool's room


class PushView(APIView):
    """Takes pushes of every vendor. Nobody signs in here: the address itself is the secret."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Negotiates nothing: any content type is taken, and the answer's is the vendor's."""

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """An answer is bytes already: there is nothing to render."""
        return response

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        response = _response(PLAIN_ANSWERS[Outcome.WRONG_METHOD])
        response["Allow"] = "POST"
        if request.method == "HEAD":
            response.content = b""
        return response

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self.http_method_not_allowed(request)

    def post(self, request: Request, address: str) -> HttpResponse:
        match = _ADDRESS.fullmatch(address)
        vendor = VENDORS.get(match[1]) if match else None
        if match is None or vendor is None or match[3] not in vendor.kind_keys:
            return _response(PLAIN_ANSWERS[Outcome.UNKNOWN_ADDRESS])
        try:
            outcome = _keep(vendor, match[2], match[3], request)
        except TooLargeError:
            outcome = Outcome.TOO_LARGE
        return _response(vendor.answer(outcome))

    def handle_exception(self, exc: Exception) -> Any:
        """Nothing could keep it: the vendor is to try again."""
        log.error("push could not be kept", exc_info=exc)
        return _response(PLAIN_ANSWERS[Outcome.UNAVAILABLE])


receive = PushView.as_view()


def _response(answer: Answer) -> HttpResponse:
    headers = {"Content-Length": str(len(answer.body))}
    if answer.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(RETRY_AFTER)
    return HttpResponse(answer.body, answer.content_type, answer.status, headers=headers)


def _keep(vendor: Vendor, token: str, kind: str, request: Request) -> Outcome:
    """Keep the push; when the connection to the database turns out to be dead, over a new one; when
    the database is away, in the spool."""
    visit = _Visit(vendor, token, kind, request._request)
    if reach.database.is_away:
        return visit.spool()
    # No "SELECT 1" for each push: a dead connection shows itself, and costs one push a retry.
    connection.health_check_done = True  # type: ignore[attr-defined]  # the stubs miss it
    for is_last in (False, True):
        try:
            return visit.keep()
        except Exception as error:
            if not reach.is_trouble(error):
                raise
            connection.close()
            if is_last or visit.waited > reach.TRIED_TWICE_WITHIN:
                reach.database.went_away(error)
                keeper.wake()
                break
    return visit.spool()


class _Visit:
    """One request at a push address: its body is read once, however often keeping is tried."""

    def __init__(self, vendor: Vendor, token: str, kind: str, request: HttpRequest) -> None:
        self.began = time.perf_counter()
        self.at = timezone.now()
        self.vendor = vendor
        self.token = token
        self.kind = kind
        self.request = request
        self.headers = headers_of(request)
        self.query = request.GET.dict()
        self.sender = clean(client_address(request, settings.TRUSTED_PROXIES))[:64]
        self._body: bytes | None = None
        self._is_let_in = False

    @property
    def waited(self) -> float:
        return time.perf_counter() - self.began

    @property
    def body(self) -> bytes:
        if self._body is None:
            self._body = read_body(self.request, settings.PUSH_LARGEST)
        return self._body

    def keep(self) -> Outcome:
        """What became of the push; KEPT is said after the commit."""
        door = fresh_door(self.vendor.key, self.token)
        if door is None:
            with reach.bounded():
                door = find_door(self.vendor.key, self.token)
        if door is None:
            return Outcome.UNKNOWN_ADDRESS
        body = self.body  # however slowly it comes, the database is not waited for meanwhile
        with reach.bounded():
            outcome = self._settle(door, body)
        if reach.database.is_doubted:
            reach.database.came_back()
        return outcome

    def _settle(self, door: Door, body: bytes) -> Outcome:
        reason = self._objection(door)
        if reason is not None:
            return self._refuse(door, reason, UNCHECKED)
        # One statement commits by itself; a transaction is for the nonce that goes with it.
        with transaction.atomic() if door.secrets else nullcontext():
            verdict = signatures.check(door, self.kind, self.headers, self.query, body)
            is_acceptable = signatures.is_acceptable(door, verdict)
            if is_acceptable:
                kept = inbox.keep(door.account, self._evidence(verdict), body)
        if not is_acceptable:
            return self._refuse(door, Reason.SIGNATURE, verdict)
        is_valid = verdict.trust is Trust.VALID
        note_use(door, door.secrets[verdict.secret][0] if is_valid else None)
        doorbell.ring()
        account_id = door.account.pk
        counting.edge.kept(account_id, self.kind, self.at, self.waited, is_repeat=kept.is_repeat)
        return Outcome.KEPT

    def spool(self) -> Outcome:
        """The same without the database; KEPT is said when it is on the disk."""
        door = doors.last_known(self.vendor.key, self.token)
        if door is None:
            log.warning("push at an address not known yet", extra={"vendor": self.vendor.key})
            return Outcome.UNAVAILABLE
        body, verdict = self.body, UNCHECKED
        reason = self._objection(door)
        if reason is None:
            verdict = signatures.judge(door, self.kind, self.headers, self.query, body)
            reason = None if signatures.is_acceptable(door, verdict) else Reason.SIGNATURE
        record = records.Record(
            account_id=door.account.pk,
            evidence=self._evidence(verdict),
            body=body,
            reason=reason,
            seconds=self.waited,
        )
        if reason is None:
            writer.append(records.pack(record))
        else:
            counting.edge.refused(door.account.pk, self.kind, self.at)
            with suppress(SpoolFullError, OSError):  # its trace is worth less than a push
                if reason is not Reason.RATE:
                    writer.append(records.pack(record), REFUSED_MAY_TAKE)
        keeper.wake()
        return Outcome.KEPT if reason is None else refusals.OUTCOMES[reason]

    def _objection(self, door: Door) -> Reason | None:
        """Why a push is turned away whatever it says."""
        if not door.account.is_enabled:
            return Reason.DISABLED
        if not door.admits(self.sender):
            return Reason.ADDRESS
        most = door.account.pushes_per_second
        if most is not None and not self._is_let_in:
            self._is_let_in = turnstiles.lets_in(door.account.pk, most)
            return None if self._is_let_in else Reason.RATE
        return None

    def _refuse(self, door: Door, reason: Reason, verdict: Verdict) -> Outcome:
        if reason is not Reason.RATE or turnstiles.is_to_be_told(door.account.pk):
            refusals.record(door.account, reason, self._evidence(verdict), self.body)
        counting.edge.refused(door.account.pk, self.kind, self.at)
        return refusals.OUTCOMES[reason]

    def _evidence(self, verdict: Verdict) -> Evidence:
        return Evidence(
            kind=self.kind,
            received_at=self.at,
            path=masked_path(self.vendor.key, self.token, self.kind),
            query=safe_query(self.query),
            headers=safe_headers(self.headers),
            remote_address=self.sender,
            verdict=verdict,
        )

"""Sends what the outbox holds. At most one dial a request, whatever dies and whenever.

An attempt goes through two commits. The first claims the request (``sending``). The second stands
directly before the first byte is written, only succeeds while the claim is still this worker's, and
is doubled by a file outside the database. Without it, nothing went out, and the request may wait
for another try. After it, only an answer or a push tells; without either the request is uncertain.
"""

import json
import logging
import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Min, Q
from django.utils import timezone

from vendors import accounts, ledger, outbox, pacing, vault
from vendors.adapters.outbound import Fault, NoAnswerError, NotSentError, Outbound, Result
from vendors.downloading.transport import Guarded
from vendors.hours import USUAL, QuietHours
from vendors.models import (
    Attempt,
    OutboundQueue,
    OutboundRequest,
    RequestState,
    VendorAccount,
    Why,
)
from vendors.registry import VENDORS

log = logging.getLogger("callportal.outbox")

MOST_TRIES = 5
FIRST_WAIT = 5  # seconds, after the vendor's server was not reached; each further one is doubled
WAIT_AFTER_ACCOUNT_FAULT = 60
LONGEST_WAIT = 600
LONGEST_SLEEP = 1.0
MOST_LOOKED_AT = 50
# Longer than a connection and its answer may take: whoever has not settled by then is dead.
ABANDONED_AFTER = timedelta(seconds=60)
_UNCERTAIN = {
    Fault.TIMED_OUT: Why.TIMED_OUT,
    Fault.CUT: Why.CUT,
    Fault.MALFORMED: Why.MALFORMED,
}


class OvertakenError(Exception):
    """Somebody else settled this attempt meanwhile: nothing may be written."""


def send_due(seconds: float, ring: Callable[[], object]) -> int:
    """Send what is due until nothing is, or the time is up; how many attempts were made.

    Rings for another worker where more is due than this one can send at once.
    """
    end = time.monotonic() + seconds
    made = 0
    while time.monotonic() < end:
        claimed = claim()
        if claimed is None:
            break
        if isinstance(claimed, datetime):
            until = (claimed - timezone.now()).total_seconds()
            time.sleep(min(LONGEST_SLEEP, max(0.0, until)))
            continue
        if _due(timezone.now()).exists():
            ring()
        send(claimed)
        made += 1
    return made


def _due(now: datetime) -> Any:
    return OutboundRequest.objects.filter(state=RequestState.WAITING, next_try_at__lte=now)


def claim() -> Attempt | datetime | None:
    """The next attempt to make; or when there may be one; or None where nothing is due."""
    now = timezone.now()
    turns = []
    waiting = _due(now).values("account_id").annotate(first=Min("next_try_at")).order_by("first")
    for row in waiting:
        claimed = _claim_from(row["account_id"], now)
        if isinstance(claimed, Attempt):
            return claimed
        if claimed is not None:
            turns.append(claimed)
    return min(turns, default=None)


def _claim_from(account_id: int, now: datetime) -> Attempt | datetime | None:
    with transaction.atomic():
        if pacing.is_stopped(pacing.lock(account_id), now):
            return None
    due = _due(now).filter(account_id=account_id)
    first = due.order_by("dials", "next_try_at", "id")  # ending a call goes first
    for request_id in list(first.values_list("pk", flat=True)[:MOST_LOOKED_AT]):
        with transaction.atomic():
            claimed = _claim_one(account_id, request_id, now)
        if claimed is not None:
            return claimed
    return None


def _claim_one(account_id: int, request_id: int, now: datetime) -> Attempt | datetime | None:
    queue = pacing.lock(account_id)
    if pacing.is_stopped(queue, now):
        return None
    request = _due(now).filter(pk=request_id).select_for_update().first()
    if request is None:
        return None  # another worker has it
    account = request.account = VendorAccount.objects.get(pk=account_id)
    if not _is_wanted(request, account, now):
        return None
    turn = pacing.turn(queue, account, now) if request.dials else now
    return turn if turn > now else _begin(request, queue, account, now)


def _is_wanted(request: OutboundRequest, account: VendorAccount, now: datetime) -> bool:
    """Whether the request may still be sent; settled or put off where it may not."""
    if now >= request.expires_at:
        outbox.settle(request, RequestState.GIVEN_UP, Why.TOO_LATE)
        return False
    before = request.next_try_at
    try:
        outbox.check_rules(request, account, now)
    except outbox.NotAllowedError as error:
        outbox.settle(request, RequestState.REFUSED, error.why)
        return False
    if request.next_try_at == before:
        return True
    request.save(update_fields=["why", "next_try_at", "expires_at"])
    return False


def _begin(
    request: OutboundRequest, queue: OutboundQueue, account: VendorAccount, now: datetime
) -> Attempt:
    request.tries += 1
    request.state = RequestState.SENDING
    request.save(update_fields=["tries", "state"])
    if request.dials:
        pacing.take_turn(queue, account, now)
    return Attempt.objects.create(request=request, number=request.tries, began_at=now)


def send(attempt: Attempt) -> None:
    """Make a claimed attempt, and settle what comes of it."""
    request = attempt.request
    outbound = VENDORS[request.account.vendor].outbound
    assert outbound is not None  # noqa: S101 - asking for it was possible
    try:
        given = accounts.settings_of(request.account)
        result = outbound.send(
            given,
            request.operation,
            _body(request, outbound),
            transport=Guarded.to(given.get("base_url", "")),
            before_write=lambda: _about_to_write(attempt),
        )
    except OvertakenError:
        _settle_overtaken(attempt)
    except ledger.SentBeforeError:
        _settle_sent_before(attempt)
    except NotSentError as error:
        _settle_not_sent(attempt, error)
    except NoAnswerError as error:
        _settle_no_answer(attempt, error)
    except Exception as error:
        log.exception("attempt failed", extra={"outbound": request.pk, "attempt": attempt.number})
        _settle_broken(attempt, error)
    else:
        _settle_result(attempt, outbound, result)


def _body(request: OutboundRequest, outbound: Outbound) -> dict[str, Any]:
    hidden = json.loads(vault.unseal(request.sealed_secrets)) if request.sealed_secrets else {}
    body = {**request.parameters, **hidden}
    if not request.dials:
        return body
    return outbound.addresses(
        outbound.mark(body, request.token), accounts.webhooks(request.account)
    )


@transaction.atomic
def _about_to_write(attempt: Attempt) -> None:
    """The point of no return, committed before the first byte. Raises where it is not ours."""
    if attempt.request.dials:
        ledger.note(attempt.request.token, attempt.number)
    # Whoever changes an attempt locks its request first.
    request = OutboundRequest.objects.select_for_update().get(pk=attempt.request_id)
    if not _is_ours(request, attempt):
        raise OvertakenError
    attempt.written_at = timezone.now()
    attempt.save(update_fields=["written_at"])


def _end(attempt: Attempt, **values: Any) -> OutboundRequest:
    """Write down how an attempt ended; its request, locked."""
    request = (
        OutboundRequest.objects.select_for_update(of=("self",))
        .select_related("account")
        .get(pk=attempt.request_id)
    )
    attempt.ended_at = timezone.now()
    for name, value in values.items():
        setattr(attempt, name, value)
    attempt.save(update_fields=["ended_at", *values])
    log.info(
        "attempt made",
        extra={
            "outbound": request.pk,
            "attempt": attempt.number,
            "status": attempt.http_status,
            "code": attempt.code,
            "fault": attempt.fault,
            "ms": attempt.milliseconds,
        },
    )
    return request


def _is_ours(request: OutboundRequest, attempt: Attempt) -> bool:
    """Whether this attempt may still say what becomes of its request: no push has settled it, and
    nobody has taken it over."""
    return request.state == RequestState.SENDING and request.tries == attempt.number


@transaction.atomic
def _settle_not_sent(attempt: Attempt, error: NotSentError) -> None:
    request = _end(attempt, fault=error.fault.value, detail=error.detail)
    if not _is_ours(request, attempt):
        return
    if error.fault is Fault.SETTING_MISSING:
        outbox.settle(request, RequestState.REFUSED, Why.SETTING_MISSING)
    else:
        _try_later(request, Why.NOT_REACHED, FIRST_WAIT)


@transaction.atomic
def _settle_no_answer(attempt: Attempt, error: NoAnswerError) -> None:
    request = _end(
        attempt,
        fault=error.fault.value,
        detail=error.detail,
        http_status=error.http_status,
        raw=error.raw,
    )
    if not _is_ours(request, attempt):
        return
    if request.dials:
        outbox.settle(request, RequestState.UNCERTAIN, _UNCERTAIN[error.fault])
    else:
        _try_later(request, _UNCERTAIN[error.fault], FIRST_WAIT)


@transaction.atomic
def _settle_overtaken(attempt: Attempt) -> None:
    """Nothing was written. Whoever overtook it has settled the request, and perhaps the attempt."""
    log.warning(
        "attempt overtaken", extra={"outbound": attempt.request_id, "attempt": attempt.number}
    )
    attempt.refresh_from_db(fields=["ended_at"])
    if attempt.ended_at is None:
        _end(attempt, fault="overtaken")


@transaction.atomic
def _settle_sent_before(attempt: Attempt) -> None:
    request = _end(attempt, fault="sent before")
    if _is_ours(request, attempt):
        outbox.settle(request, RequestState.UNCERTAIN, Why.SENT_BEFORE)


@transaction.atomic
def _settle_broken(attempt: Attempt, error: Exception) -> None:
    """Our own mistake, or a full disk. Without the second commit nothing went out."""
    attempt.refresh_from_db(fields=["written_at"])
    request = _end(attempt, fault="broken", detail=f"{type(error).__name__}: {error}"[:500])
    if _is_ours(request, attempt):
        _settle_unfinished(request, attempt)


def _settle_unfinished(request: OutboundRequest, attempt: Attempt) -> None:
    """An attempt ended with neither an answer nor the knowledge that there is none."""
    if attempt.written_at is not None and request.dials:
        outbox.settle(request, RequestState.UNCERTAIN, Why.INTERRUPTED)
    else:
        _try_later(request, Why.NOT_REACHED, FIRST_WAIT)


@transaction.atomic
def _settle_result(attempt: Attempt, outbound: Outbound, result: Result) -> None:
    queue = pacing.lock(attempt.request.account_id)
    request = _end(
        attempt,
        http_status=result.http_status,
        code=result.code,
        description=result.description,
        raw=result.raw,
    )
    if result.is_accepted:
        pacing.note_answer(queue)
        request.call_id = request.call_id or result.call_id
        if _is_ours(request, attempt) or request.state == RequestState.UNCERTAIN:
            outbox.settle(request, RequestState.ACCEPTED, Why.ANSWERED)
        else:
            request.save(update_fields=["call_id"])
        return
    if request.state == RequestState.UNCERTAIN and request.tries == attempt.number:
        # Taken for dead, and yet its answer came: nobody was called.
        outbox.settle(request, RequestState.REFUSED, Why.REFUSED)
    elif _is_ours(request, attempt):
        _follow_advice(request, queue, outbound, result)


def _follow_advice(
    request: OutboundRequest, queue: OutboundQueue, outbound: Outbound, result: Result
) -> None:
    """Do what the vendor's table says about a refusal: its column ``retry_after``."""
    if not result.code:
        outbox.settle(request, RequestState.REFUSED, Why.WRONG_ADDRESS)
        return
    word = pacing.note_refusal(queue, outbound.scheme, str(result.http_status), result.code)
    if word in pacing.FAULTS:
        _try_later(request, Why.ACCOUNT_FAULT, WAIT_AFTER_ACCOUNT_FAULT)
    elif word.isdecimal():
        _try_later(request, Why.TRY_LATER, int(word))
    elif word == "hours" and request.waits_for_hours:
        hours = pacing.quiet_hours(request.account) or QuietHours.of(USUAL)
        assert hours is not None  # noqa: S101 - USUAL is one
        outbox.put_off(request, hours.end_after(timezone.now()))
        _wait(request)
    else:
        outbox.settle(request, RequestState.REFUSED, Why.REFUSED)


def _try_later(request: OutboundRequest, why: Why, seconds: int) -> None:
    """Wait, longer each time and never in step with others; give up after a few tries."""
    if request.tries >= MOST_TRIES:
        outbox.settle(request, RequestState.GIVEN_UP, Why.TRIED_ENOUGH)
        return
    wait = min(seconds * 2 ** (request.tries - 1), max(seconds, LONGEST_WAIT))
    request.why = why
    request.next_try_at = timezone.now() + timedelta(seconds=wait * random.uniform(1, 1.3))  # noqa: S311 - only spreads load
    _wait(request)


def _wait(request: OutboundRequest) -> None:
    request.state = RequestState.WAITING
    request.save(update_fields=["state", "why", "next_try_at", "expires_at", "call_id"])


def give_up_late() -> int:
    """Settle what is no longer wanted, also where a queue stands still; how much it was."""
    now = timezone.now()
    late = OutboundRequest.objects.filter(state=RequestState.WAITING, expires_at__lte=now)
    return sum(_give_up(request_id) for request_id in late.values_list("pk", flat=True))


@transaction.atomic
def _give_up(request_id: int) -> bool:
    waiting = OutboundRequest.objects.select_for_update().filter(state=RequestState.WAITING)
    request = waiting.filter(pk=request_id).first()
    if request is not None:
        outbox.settle(request, RequestState.GIVEN_UP, Why.TOO_LATE)
    return request is not None


def take_back() -> int:
    """Settle attempts whose worker died; how many. What was not written waits for another try."""
    long_ago = timezone.now() - ABANDONED_AFTER
    dead = Attempt.objects.filter(
        Q(ended_at=None), request__state=RequestState.SENDING, began_at__lt=long_ago
    )
    taken = 0
    for attempt in dead.select_related("request__account"):
        taken += _take_back(attempt)
    return taken


@transaction.atomic
def _take_back(found: Attempt) -> bool:
    OutboundRequest.objects.select_for_update().get(pk=found.request_id)
    attempt = Attempt.objects.select_related("request").get(pk=found.pk)
    if attempt.ended_at is not None:
        return False
    request = _end(attempt, fault="interrupted")
    if not _is_ours(request, attempt):
        return False
    _settle_unfinished(request, attempt)
    return True

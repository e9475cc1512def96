"""The outbox: what vendors are asked to do, and what pushes tell about it.

Asking makes a row, and nothing else; ``vendors.sending`` sends it. A request that may have reached
the vendor without an answer is uncertain and is never sent again by itself: a push that echoes its
token settles it, or a person does.
"""

import json
import logging
import secrets
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from calls.models import Call
from calls.numbers import search_key
from vendors import accounts, erased, pacing, vault
from vendors.adapters.outbound import Operation, Outbound
from vendors.models import (
    NeverCall,
    OutboundRequest,
    RequestState,
    VendorAccount,
    Why,
)
from vendors.registry import VENDORS

log = logging.getLogger("callportal.outbox")

SEND_WITHIN = timedelta(minutes=15)
ENDING_TAKES = timedelta(seconds=30)
TOKEN_LENGTH = 20
_ALPHABET = string.ascii_lowercase + string.digits
_SALT = "callportal.outbox"

Person = AbstractBaseUser | AnonymousUser | str  # a program of ours is known by a word


class NotAllowedError(Exception):
    """Nothing was asked: a rule of the portal forbids it."""

    def __init__(self, why: Why, detail: str = "") -> None:
        super().__init__(f"{why.value}: {detail}")
        self.why = why
        self.detail = detail


class KeyReusedError(Exception):
    """The idempotency key belongs to a request with other parameters."""

    def __init__(self, request: OutboundRequest) -> None:
        super().__init__(f"request {request.pk} has this key")
        self.request = request


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What somebody wants a vendor to do. With a ``key``, asking again changes nothing.

    ``waits_for_hours`` lets it wait for the end of quiet hours, ours or the vendor's, instead of
    being refused.
    """

    operation: str
    parameters: Mapping[str, Any]
    key: str = ""
    waits_for_hours: bool = False
    from_call: Call | None = None
    again_of: OutboundRequest | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    request: OutboundRequest
    is_new: bool


def ask(account: VendorAccount, wish: Wish, by: Person = "") -> Asked:
    """Put a request into the outbox. Raises WrongParametersError, NotAllowedError (nothing is
    asked then) or KeyReusedError. The caller rings."""
    operation = _operation(account, wish.operation)
    checked = operation.check(wish.parameters)
    digest = _digest(operation.key, checked)
    if wish.key and (known := _known(account, wish.key)):
        return _same(known, digest)
    now = timezone.now()
    request = _row(account, operation, checked, wish, now)
    request.digest = digest
    if isinstance(by, str):
        request.asked_by_name = by
    else:
        request.asked_by_name, request.asked_by_id = by.get_username(), by.pk
    check_rules(request, account, now)
    try:
        with transaction.atomic():
            request.save(force_insert=True)
    except IntegrityError:
        known = _known(account, wish.key)
        if known is None:
            raise
        return _same(known, digest)
    log.info(
        "request asked",
        extra={"outbound": request.pk, "account": account.pk, "operation": operation.key},
    )
    return Asked(request=request, is_new=True)


def rehearse(account: VendorAccount, wish: Wish) -> OutboundRequest:
    """The request that asking now would make, unsaved. Raises WrongParametersError or
    NotAllowedError."""
    operation = _operation(account, wish.operation)
    now = timezone.now()
    request = _row(account, operation, operation.check(wish.parameters), wish, now)
    check_rules(request, account, now)
    return request


def end_call(account: VendorAccount, call_id: str, by: Person = "") -> Asked:
    """Ask the vendor to end a call. Asking again while an answer is awaited, or just came, is the
    same request. Raises NotAllowedError."""
    outbound = outbound_of(account)
    if outbound is None:
        raise NotAllowedError(Why.NOT_OFFERED)
    call = Call.objects.filter(account_id=account.pk, call_id=call_id).first()
    if call is not None and not call.is_in_progress:
        raise NotAllowedError(Why.CALL_OVER)
    operation, parameters = outbound.end_call(call_id)
    asked = OutboundRequest.objects.filter(account=account, operation=operation, call_id=call_id)
    same = asked.filter(
        Q(state__in=[RequestState.WAITING, RequestState.SENDING])
        | Q(state=RequestState.ACCEPTED, settled_at__gt=timezone.now() - ENDING_TAKES)
    ).first()
    if same is not None:
        return Asked(request=same, is_new=False)
    return ask(account, Wish(operation=operation, parameters=parameters, from_call=call), by)


def outbound_of(account: VendorAccount) -> Outbound | None:
    """What the account's vendor can be asked to do; None where it takes no requests."""
    vendor = VENDORS.get(account.vendor)
    return vendor.outbound if vendor else None


def _operation(account: VendorAccount, key: str) -> Operation:
    outbound = outbound_of(account)
    operation = outbound.operation(key) if outbound else None
    if operation is None:
        raise NotAllowedError(Why.NOT_OFFERED, key)
    return operation


def _known(account: VendorAccount, key: str) -> OutboundRequest | None:
    return OutboundRequest.objects.filter(account=account, idempotency_key=key).first()


def _same(known: OutboundRequest, digest: str) -> Asked:
    if known.digest != digest:
        raise KeyReusedError(known)
    return Asked(request=known, is_new=False)


def _digest(operation: str, checked: Mapping[str, Any]) -> str:
    """Keyed, since a verification code of eight digits could be guessed from a plain one."""
    text = json.dumps([operation, checked], sort_keys=True)
    return salted_hmac(_SALT, text, algorithm="sha256").hexdigest()


def _row(
    account: VendorAccount,
    operation: Operation,
    checked: Mapping[str, Any],
    wish: Wish,
    now: datetime,
) -> OutboundRequest:
    hidden = {key: checked[key] for key in sorted(operation.secret_keys) if key in checked}
    caller = str(checked.get(operation.caller_key, "")) if operation.caller_key else ""
    callee = str(checked.get(operation.callee_key, "")) if operation.callee_key else ""
    return OutboundRequest(
        account=account,
        operation=operation.key,
        dials=operation.dials,
        parameters={key: value for key, value in checked.items() if key not in hidden},
        sealed_secrets=vault.seal(json.dumps(hidden)) if hidden else "",
        caller=caller,
        callee=callee,
        caller_key=search_key(caller, account.default_region),
        callee_key=search_key(callee, account.default_region),
        token=_token(account, wish.key),
        idempotency_key=wish.key or None,
        asked_at=now,
        from_call=wish.from_call,
        again_of=wish.again_of,
        waits_for_hours=wish.waits_for_hours,
        next_try_at=now,
        expires_at=now + SEND_WITHIN,
        call_id=str(checked.get(operation.call_id_key, "")) if operation.call_id_key else "",
    )


def _token(account: VendorAccount, key: str) -> str:
    """What the vendor echoes. A key always has the same one, so that a request which a restored
    backup has forgotten is recognised when it is asked for again."""
    if not key:
        return "".join(secrets.choice(_ALPHABET) for _ in range(TOKEN_LENGTH))
    digest = salted_hmac(_SALT, f"{account.pk}:{key}", algorithm="sha256").hexdigest()
    return digest[:TOKEN_LENGTH]


def check_rules(request: OutboundRequest, account: VendorAccount, now: datetime) -> None:
    """Whether the portal's own rules let a request be sent. Raises NotAllowedError; a request that
    may wait for working hours is put off to them instead."""
    if not account.is_enabled:
        raise NotAllowedError(Why.DISABLED)
    if missing := _missing_setting(account):
        raise NotAllowedError(Why.SETTING_MISSING, missing)
    if not request.dials:
        return
    if listed := forbidden_number(account, request):
        raise NotAllowedError(Why.NEVER_CALL, listed)
    hours = pacing.quiet_hours(account)
    if hours is None or not hours.cover(now):
        return
    if not request.waits_for_hours:
        raise NotAllowedError(Why.QUIET_HOURS, str(account.options.get("quiet_hours", "")))
    put_off(request, hours.end_after(now))


def _missing_setting(account: VendorAccount) -> str:
    outbound = outbound_of(account)
    given = accounts.settings_of(account)
    return next((key for key in outbound.needs if not given.get(key)), "") if outbound else ""


def put_off(request: OutboundRequest, until: datetime) -> None:
    """Let a request wait for working hours. Not saved."""
    request.why = Why.WORKING_HOURS
    request.next_try_at = until
    request.expires_at = max(request.expires_at, until + SEND_WITHIN)


def forbidden_number(account: VendorAccount, request: OutboundRequest) -> str:
    """The number of a request that is never called; empty where there is none."""
    numbers = {request.caller_key: request.caller, request.callee_key: request.callee}
    numbers |= {other: numbers[key] for other, key in erased.aliases(list(numbers)).items()}
    keys = [key for key in numbers if key]
    rows = NeverCall.objects.filter(Q(account=account) | Q(account=None), key__in=keys)
    found = rows.values_list("key", flat=True).first()
    return numbers[found] if found else ""


@transaction.atomic
def cancel(request: OutboundRequest, by: str) -> bool:
    """Take a waiting request back; whether it was still waiting."""
    row = OutboundRequest.objects.select_for_update().get(pk=request.pk)
    if row.state != RequestState.WAITING:
        return False
    settle(row, RequestState.CANCELLED, Why.CANCELLED, by=by)
    return True


@transaction.atomic
def decide(request: OutboundRequest, *, was_placed: bool, by: str) -> bool:
    """Settle an uncertain request as a person found it to be; whether it needed that."""
    row = OutboundRequest.objects.select_for_update().get(pk=request.pk)
    if not needs_a_person(row):
        return False
    if was_placed:
        row.ended_at = timezone.now()
        settle(row, RequestState.ACCEPTED, Why.SAID_PLACED, by=by)
    else:
        settle(row, RequestState.GIVEN_UP, Why.SAID_NOT_PLACED, by=by)
    return True


def needs_a_person(request: OutboundRequest, now: datetime | None = None) -> bool:
    """Whether pushes have had their time to settle an uncertain request."""
    return request.state == RequestState.UNCERTAIN and is_overdue(request, now)


def is_overdue(request: OutboundRequest, now: datetime | None = None) -> bool:
    """Whether all the time has passed that a push may take after a request was settled."""
    if request.settled_at is None:
        return False
    return (now or timezone.now()) >= request.settled_at + pacing.push_wait(request.account)


@transaction.atomic
def hold_all(by: str) -> int:
    """Make everything that could still be sent uncertain: for after a backup was restored."""
    held = 0
    rows = OutboundRequest.objects.select_for_update().select_related("account")
    for row in rows.filter(state__in=[RequestState.WAITING, RequestState.SENDING]).order_by("id"):
        settle(row, RequestState.UNCERTAIN, Why.HELD, by=by)
        held += 1
    return held


def forget_secrets() -> int:
    """Clear the secrets of calls whose end will never be heard of; of how many."""
    old = OutboundRequest.objects.exclude(sealed_secrets="").filter(
        state__in=[RequestState.ACCEPTED, RequestState.UNCERTAIN],
        settled_at__lt=timezone.now() - pacing.LONGEST_CALL,
    )
    return old.update(sealed_secrets="")


def settle(request: OutboundRequest, state: RequestState, why: Why, by: str = "") -> None:
    """Write the state that a request comes to. Its secrets go when they can no longer be needed;
    those of a call that is up, or may be, stay until its end."""
    request.state, request.why = state, why
    request.settled_at = timezone.now()
    request.decided_by = by or request.decided_by
    is_up = state in {RequestState.ACCEPTED, RequestState.UNCERTAIN} and request.ended_at is None
    if not is_up:
        request.sealed_secrets = ""
    request.save(
        update_fields=[
            "state",
            "why",
            "settled_at",
            "decided_by",
            "sealed_secrets",
            "call_id",
            "ended_at",
            "heard_at",
        ]
    )
    said = {
        "outbound": request.pk,
        "state": state.value,
        "why": why.value,
        "by": by or "portal",
    }
    # Not before it holds: what a push settles may be taken back with it.
    transaction.on_commit(lambda: log.info("request settled", extra=said))


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """That a push spoke of a call: perhaps with a token of ours, perhaps of its end."""

    account_id: int
    call_id: str
    token: str
    is_final: bool


def hear(pushes: Iterable[Heard]) -> None:
    """Settle the requests that pushes speak of. Runs in the transaction that applies the pushes.

    A push with a request's token is proof that it was placed, whatever the request's state: before
    the answer, after the answer was lost, or in a database that has forgotten sending it.
    """
    heard = list(pushes)
    by_token = {one.token: one for one in heard if one.token}
    ids = {(one.account_id, one.call_id) for one in heard}
    ended = {(one.account_id, one.call_id) for one in heard if one.is_final}
    wanted = Q(token__in=list(by_token)) | Q(
        account_id__in={account for account, _ in ids},
        call_id__in={call_id for _, call_id in ids},
        ended_at=None,
    )
    rows = OutboundRequest.objects.select_for_update().filter(wanted, dials=True).order_by("id")
    for row in rows if heard else ():
        proof = by_token.get(row.token)
        is_proven = proof is not None and proof.account_id == row.account_id
        if proof is not None and is_proven:
            row.call_id = row.call_id or proof.call_id
        elif (row.account_id, row.call_id) not in ids:
            continue  # another account's call with the same id
        _note(row, is_proven=is_proven, is_over=(row.account_id, row.call_id) in ended)


def _note(row: OutboundRequest, *, is_proven: bool, is_over: bool) -> None:
    now = timezone.now()
    before = (row.state, row.heard_at, row.ended_at)
    row.heard_at = row.heard_at or now
    if is_over:
        row.ended_at = row.ended_at or now
    if is_proven and row.state != RequestState.ACCEPTED:
        settle(row, RequestState.ACCEPTED, Why.HEARD)
    elif (row.state, row.heard_at, row.ended_at) != before:
        if row.ended_at is not None:
            row.sealed_secrets = ""
        row.save(update_fields=["call_id", "heard_at", "ended_at", "sealed_secrets"])

"""A request as people and programs see it: its attempts, what the vendor said, the call."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from calls import codes
from calls.models import Call, CodeMeaning, Event
from vendors import outbox, pacing
from vendors.adapters.outbound import Choice, Complaint, Operation, Parameter
from vendors.models import (
    SAFE_TO_REPEAT,
    Attempt,
    OutboundQueue,
    OutboundRequest,
    RequestState,
    VendorAccount,
    Why,
)
from vendors.registry import VENDORS

HIDDEN = "••••"


@dataclass(frozen=True, kw_only=True, slots=True)
class Try:
    """An attempt, and what its answer means."""

    attempt: Attempt
    meaning: CodeMeaning | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """A request from the asking to the call that came of it.

    ``call`` is None until a push spoke of it. ``pressed`` are the keys that were pressed in it.
    The booleans say what a person may do with the request now.
    """

    request: OutboundRequest
    operation: Operation | None
    tries: Sequence[Try]
    parameters: dict[str, Any]
    call: Call | None
    events: Sequence[Event]
    pressed: Sequence[str]
    related: Sequence[OutboundRequest]
    can_cancel: bool
    can_end: bool
    can_repeat: bool
    needs_a_person: bool
    is_silent: bool
    decides_at: datetime | None

    @property
    def is_moving(self) -> bool:
        """Whether something may still change by itself."""
        request = self.request
        if request.is_open:
            return True
        is_up = request.dials and request.ended_at is None and not self.is_silent
        return is_up and request.state in {RequestState.ACCEPTED, RequestState.UNCERTAIN}

    @property
    def last_refusal(self) -> Try | None:
        """The last answer that was not an acceptance, where the vendor gave one."""
        refused = [one for one in self.tries if one.attempt.code not in {"", "0"}]
        return refused[-1] if refused else None


def tell(request: OutboundRequest) -> Story:
    """The story of one request."""
    call = call_of(request)
    events = list(call.events.all()) if call else []
    due = request.settled_at + pacing.push_wait(request.account) if request.settled_at else None
    return Story(
        request=request,
        operation=_operation_of(request),
        tries=[
            Try(attempt=one, meaning=meaning_of(one))
            for one in request.attempts.select_related("request__account")
        ],
        parameters=shown_parameters(request),
        call=call,
        events=events,
        pressed=pressed_in(call) if call else [],
        related=list(_related(request)),
        can_cancel=request.state == RequestState.WAITING,
        can_end=can_end(request, call),
        can_repeat=request.dials and request.state in SAFE_TO_REPEAT,
        needs_a_person=outbox.needs_a_person(request),
        is_silent=_is_silent(request),
        decides_at=due if request.state == RequestState.UNCERTAIN else None,
    )


def _operation_of(request: OutboundRequest) -> Operation | None:
    outbound = outbox.outbound_of(request.account)
    return outbound.operation(request.operation) if outbound else None


def call_of(request: OutboundRequest) -> Call | None:
    """The call that a request is about; None until a push has spoken of it."""
    if not request.call_id:
        return None
    calls = Call.objects.filter(account_id=request.account_id, call_id=request.call_id)
    return calls.select_related("account").prefetch_related("events").first()


def can_end(request: OutboundRequest, call: Call | None) -> bool:
    """Whether the call of a request is up, as far as is known, and can be named to the vendor."""
    if not request.dials or not request.call_id or request.state != RequestState.ACCEPTED:
        return False
    return request.ended_at is None and (call is None or call.is_in_progress)


def pressed_in(call: Call) -> list[str]:
    """The keys that were pressed in a call, in order."""
    return [event.digits for event in call.events.all() if event.digits]


def meaning_of(attempt: Attempt) -> CodeMeaning | None:
    """What the vendor's answer to an attempt means; None where there was none, or nobody knows."""
    outbound = outbox.outbound_of(attempt.request.account)
    if outbound is None or not attempt.code:
        return None
    return codes.explain(outbound.scheme, attempt.code, str(attempt.http_status or ""))


def _related(request: OutboundRequest) -> Any:
    """Requests about the same call, and those that were made in this one's place."""
    others = OutboundRequest.objects.exclude(pk=request.pk).filter(account_id=request.account_id)
    again = others.filter(again_of=request)
    if not request.call_id:
        return again
    return (again | others.filter(call_id=request.call_id)).order_by("asked_at", "id")


def _is_silent(request: OutboundRequest) -> bool:
    """Whether a call was accepted and no push has come of it in all the time that one may take."""
    if request.state != RequestState.ACCEPTED or request.heard_at or not request.dials:
        return False
    return request.why == Why.ANSWERED and outbox.is_overdue(request)


def shown_parameters(request: OutboundRequest) -> dict[str, Any]:
    """The parameters as they may be shown: a secret one is masked, or said to be gone."""
    operation = _operation_of(request)
    secret = sorted(operation.secret_keys) if operation else []
    hidden = HIDDEN if request.sealed_secrets else _("no longer kept")
    return {**request.parameters, **dict.fromkeys(secret, hidden)}


def sentence(complaint: Complaint) -> str:
    """What is wrong with a parameter: the rule and what was found, in the reader's language."""
    rule = complaint.rule_zh if codes.reads_chinese() else complaint.rule_en
    if not complaint.found:
        return rule
    return _("%(rule)s; got %(found)s") % {"rule": rule, "found": complaint.found}


def label(one: Operation | Parameter | Choice) -> str:
    return one.label_zh if codes.reads_chinese() else one.label_en


def help_of(parameter: Parameter) -> str:
    return parameter.help_zh if codes.reads_chinese() else parameter.help_en


def said(error: outbox.NotAllowedError) -> str:
    """The rule that forbids something, and what broke it."""
    return f"{error.why.label} ({error.detail})" if error.detail else str(error.why.label)


def operations() -> dict[str, str]:
    """All operations of all vendors, by key, in the reader's language."""
    offers = [vendor.outbound for vendor in VENDORS.values() if vendor.outbound]
    return {one.key: label(one) for offer in offers for one in offer.operations}


def operation_label(request: OutboundRequest) -> str:
    operation = _operation_of(request)
    return label(operation) if operation else request.operation


@dataclass(frozen=True, kw_only=True, slots=True)
class Stop:
    """A queue that stands still, and the answer that stopped it."""

    queue: OutboundQueue
    account: VendorAccount
    meaning: CodeMeaning | None
    waiting: int


def stops() -> list[Stop]:
    """The queues that stand still."""
    queues = OutboundQueue.objects.exclude(stopped_at=None).select_related("account")
    return [
        Stop(
            queue=queue,
            account=queue.account,
            meaning=codes.explain(
                outbound.scheme if (outbound := outbox.outbound_of(queue.account)) else "",
                queue.stopped_code,
                queue.stopped_status,
            ),
            waiting=OutboundRequest.objects.filter(
                account=queue.account, state=RequestState.WAITING
            ).count(),
        )
        for queue in queues
    ]

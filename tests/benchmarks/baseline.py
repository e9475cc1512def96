"""What batches are measured against: one Celery task per push, one save per object.

The same adapters read the pushes and the same tables take the rows. Each push is one transaction,
each row of it is looked for, made or changed, and saved by itself. There is no merging by
precedence: whoever comes last overwrites, which costs less than what the portal does.
"""

from collections.abc import Callable
from dataclasses import fields
from enum import Enum
from typing import Any

from celery import shared_task
from django.db import models, transaction
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from calls import codes, outcomes
from calls.draft import CALL_FIELDS, LEG_FIELDS
from calls.facts import CallFacts, DialogFacts, EventFacts, LegFacts, RecordingFacts, TurnFacts
from calls.models import Call, CallCode, Dialog, Event, Leg, Recording, Turn
from calls.numbers import search_key
from vendors import inbox
from vendors.doorbell import doorbell
from vendors.models import Push, State
from vendors.registry import VENDORS

Respond = Callable[[HttpRequest], HttpResponseBase]
_TURN_FIELDS = [f.name for f in fields(TurnFacts) if f.name not in {"key", "hits", "extra"}]
_RECORDING_FIELDS = [f.name for f in fields(RecordingFacts) if f.name != "track"]


def one_task_per_push(get_response: Respond) -> Respond:
    """Middleware only in its place: when the web server starts, it rewires the edge, once."""
    keep = inbox.keep

    def keep_and_send(*args: Any) -> inbox.Kept:
        kept = keep(*args)
        process_one.delay(kept.push_id)
        return kept

    vars(inbox)["keep"] = keep_and_send
    vars(doorbell)["ring"] = lambda: None
    return get_response


@shared_task
@transaction.atomic
def process_one(push_id: int) -> None:
    push = Push.objects.select_related("account").get(pk=push_id)
    reading = VENDORS[push.account.vendor].read(push.kind, bytes(push.body))
    ids = [_write(push, facts).pk for facts in reading.facts]
    push.state = State.UNREADABLE if reading.problems else State.DONE
    push.problem = "\n".join(reading.problems)
    push.call_ids = " ".join(map(str, ids))
    push.settled_at = timezone.now()
    push.save()


def _write(push: Push, said: CallFacts) -> Call:
    now = timezone.now()
    call, _ = Call.objects.get_or_create(
        account=push.account,
        call_id=said.call_id,
        defaults={
            "vendor": push.account.vendor,
            "state": outcomes.State.IN_PROGRESS.value,
            "outcome": outcomes.Outcome.UNKNOWN.value,
            "occurred_at": push.received_at,
            "first_received_at": push.received_at,
            "updated_at": now,
        },
    )
    for leg in said.legs:
        _write_leg(call, push, leg)
    for event in said.events:
        _write_event(call, push, event)
    for code in said.codes:
        CallCode.objects.get_or_create(
            call=call,
            scheme=code.scheme,
            value=code.value,
            place=code.place,
            defaults={"push_id": push.pk},
        )
    for recording in said.recordings:
        _write_recording(call, push, recording)
    if said.dialog:
        _write_dialog(call, said.dialog)
    _write_call(call, said)
    return call


def _write_call(call: Call, said: CallFacts) -> None:
    region = call.account.default_region
    _set(call, said, CALL_FIELDS)
    call.details |= dict(said.details)
    call.extra |= dict(said.extra)
    call.caller_key = search_key(call.caller, region)
    call.callee_key = search_key(call.callee, region)
    call.display_key = search_key(call.display_number, region)
    call.occurred_at = call.started_at or call.occurred_at
    call.has_dialog = call.has_dialog or said.dialog is not None
    call.has_recording = call.has_recording or bool(said.recordings)
    is_ended = bool(said.is_final) or call.state == outcomes.State.ENDED.value
    call.state = (outcomes.State.ENDED if is_ended else outcomes.State.IN_PROGRESS).value
    call.outcome = outcomes.judge(
        is_answered=call.answered_at is not None,
        is_ended=is_ended,
        has_legs=call.legs.exists(),
        said_by_codes=codes.outcomes_of(call.codes.values_list("scheme", "value")),
        ended_by=call.ended_by,
    ).value
    call.updated_at = timezone.now()
    call.save()


def _write_leg(call: Call, push: Push, said: LegFacts) -> None:
    key = search_key(said.number, push.account.default_region)
    leg, _ = Leg.objects.get_or_create(call=call, key=key, defaults={"number": said.number})
    _set(leg, said, LEG_FIELDS)
    leg.save()
    for code in said.codes:
        CallCode.objects.get_or_create(
            call=call,
            scheme=code.scheme,
            value=code.value,
            place=code.place,
            defaults={"push_id": push.pk, "leg_key": key},
        )


def _write_event(call: Call, push: Push, said: EventFacts) -> None:
    Event.objects.get_or_create(
        call=call,
        key=f"{said.kind} {said.at.isoformat()} {said.number or ''}"[:64],
        defaults={
            "kind": said.kind,
            "at": said.at,
            "number": said.number or "",
            "party": said.party.value if said.party else "",
            "digits": said.digits or "",
            "note": said.note or "",
            "push_id": push.pk,
        },
    )


def _write_recording(call: Call, push: Push, said: RecordingFacts) -> None:
    recording, _ = Recording.objects.get_or_create(
        call=call,
        key=said.track.value,
        defaults={"track": said.track.value, "push_id": push.pk},
    )
    _set(recording, said, _RECORDING_FIELDS)
    recording.save()


def _write_dialog(call: Call, said: DialogFacts) -> None:
    dialog, _ = Dialog.objects.get_or_create(call=call)
    dialog.began_at, dialog.ended_at = said.began_at, said.ended_at
    dialog.save()
    for place, one in enumerate(said.turns):
        turn, _ = Turn.objects.get_or_create(
            dialog=dialog, key=one.key, defaults={"position": place}
        )
        _set(turn, one, _TURN_FIELDS)
        turn.hits = [{"text": hit.text, "picked": hit.picked} for hit in one.hits]
        turn.save()


def _set(row: models.Model, said: object, names: "list[str] | tuple[str, ...]") -> None:
    """Overwrite what this push says; what it does not say stays."""
    for name in names:
        value = getattr(said, name)
        if value is not None:
            setattr(row, name, value.value if isinstance(value, Enum) else value)

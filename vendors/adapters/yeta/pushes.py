"""Yeta's pushes: call record, recording, dialog; told apart by ``dialog`` and ``url``.

An outbound call may have two records, in any order: a basic one and a fuller one, which has
``task_row_index``. Both merge; the fuller one counts. ``unix_time`` is milliseconds. Ids pass
through as text: some are longer than what a JavaScript number holds.
"""

from dataclasses import replace

from calls.facts import (
    CallFacts,
    DialogFacts,
    Direction,
    HitFacts,
    RecordingFacts,
    Role,
    Service,
    Source,
    TurnFacts,
)
from vendors.adapters.base import Reading, code, read_each, read_push
from vendors.adapters.reader import Reader, unique

TASK_RESULT = "yeta.task-result"

_DIRECTIONS = {"1": Direction.INBOUND, "2": Direction.OUTBOUND}
_ROLES = {"robot": Role.ROBOT, "customer": Role.CUSTOMER}

_IDS = {
    "business_id": "business_id",
    "app_id": "app_id",
    "robot_id": "robot_id",
    "call_relation_id": "call_relation_id",
    "task_id": "task_id",
    "task_data_id": "task_data_id",
}
_TASK = {
    "task_result_desc": "task_result_desc",
    "task_tries": "task_tries",
    "task_row_index": "task_row_index",
    "task_row_head": "task_row_head",
    "task_row_value": "task_row_value",
}


def read(kind: str, body: bytes) -> Reading:
    """Read a push of any kind, whichever address it came to."""
    return read_push(_parse, body)


def _parse(r: Reader) -> Reading:
    if r.has("dialog"):
        return _dialog(r)
    if r.has("url"):
        return Reading(facts=[_voice(r)])
    return Reading(facts=[_record(r)])


def _record(r: Reader) -> CallFacts:
    source = Source.RECORD if r.has("task_row_index") else Source.SUMMARY
    return CallFacts(
        call_id=r.need("call_uuid"),
        source=source,
        is_final=True,
        service=Service.VOICE_ROBOT,
        caller=r.number("caller"),
        callee=r.number("callee"),
        direction=r.pick("direction", _DIRECTIONS),
        started_at=r.epoch("time_dial"),
        rang_at=r.epoch("time_ring"),
        answered_at=r.epoch("time_answer"),
        ended_at=r.epoch("time_hangup"),
        ring_seconds=r.seconds("duration_ring"),
        talk_seconds=r.seconds("duration_call"),
        codes=code(r, "task_result", TASK_RESULT),
        details=r.words(_IDS) | r.words(_TASK),
        extra=r.rest(),
    )


def _voice(r: Reader) -> CallFacts:
    recording = RecordingFacts(
        address=r.long_text("url"), size_bytes=r.size("size"), seconds=r.seconds("duration")
    )
    return CallFacts(
        call_id=r.need("call_uuid"),
        source=Source.RECORDING,
        is_final=True,
        service=Service.VOICE_ROBOT,
        recordings=(recording,),
        details=r.words(_IDS),
        extra=r.rest(),
    )


def _dialog(r: Reader) -> Reading:
    """A dialog, without those of its turns that cannot be read."""
    turns, problems = read_each(r, "dialog", _turn)
    keys = unique(turn.key for turn in turns)
    facts = CallFacts(
        call_id=r.need("call_uuid"),
        source=Source.DIALOG,
        is_final=True,
        service=Service.VOICE_ROBOT,
        dialog=DialogFacts(
            began_at=r.epoch("time_begin"),
            ended_at=r.epoch("time_end"),
            turns=tuple(replace(turn, key=key) for key, turn in zip(keys, turns, strict=True)),
        ),
        details=r.words(_IDS),
        extra=r.rest(),
    )
    return Reading(facts=[facts], problems=problems)


def _turn(t: Reader) -> TurnFacts:
    return TurnFacts(
        key=t.text("seq", 32) or f"#{t.position}",
        role=t.pick("role", _ROLES),
        node_id=t.text("node_id"),
        node_name=t.text("node_name"),
        node_type=t.text("node_type", 64),
        content_id=t.text("content_id"),
        label=t.text("label"),
        tag_name=t.text("tag_name"),
        tag_desc=t.long_text("tag_desc"),
        text_robot=t.long_text("text_robot"),
        text_customer=t.long_text("text_man"),
        question_id=t.text("question_id"),
        started_at=t.epoch("time_start"),
        spoke_at=t.epoch("time_speaking"),
        hits=tuple(_hit(hit) for hit in t.each("hits")),
        extra=t.rest(),
    )


def _hit(h: Reader) -> HitFacts:
    return HitFacts(
        text=h.long_text("hit"),
        picked=h.flag("pick"),
        answer_id=h.text("answer_id"),
        extra=h.rest(),
    )

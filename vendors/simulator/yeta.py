"""Plays the Yeta voice-robot platform: call records, recordings, dialogs of robot calls.

An outbound call may have two records in either order: a basic one, which tells only whether it was
answered, and a fuller one with the task's fields. Unanswered calls have a ``time_answer`` that is
missing, null or 0. Times are milliseconds. ``hits`` stand only at the customer's turns.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from random import Random
from uuid import UUID

from calls.outcomes import Outcome
from vendors.simulator.scenario import (
    Delivery,
    Fields,
    Player,
    Scenario,
    Sort,
    Word,
    after,
    as_json,
    digits,
    hexadecimal,
    milliseconds,
    mobile,
)
from vendors.simulator.scripts import Reply, Script
from vendors.simulator.scripts_more import HOTLINE, OUTBOUND

RESULTS: Mapping[Outcome, Sequence[tuple[int, str]]] = {
    Outcome.ANSWERED: [
        (0, "成功"),
        (0, "成功"),
        (15, "客户接听后并主动挂机"),
        (18, "接通"),
        (19, "转人工"),
    ],
    Outcome.BUSY: [(2, "正在通话中"), (5, "用户正忙")],
    Outcome.UNREACHABLE: [(3, "无法接通")],
    Outcome.POWERED_OFF: [(4, "关机")],
    Outcome.INVALID_NUMBER: [(6, "空号"), (7, "号码错误")],
    Outcome.REJECTED: [(8, "用户拒接")],
    Outcome.SUSPENDED: [(9, "停机")],
    Outcome.NO_ANSWER: [(20, "用户未接"), (20, "用户未接"), (22, "来电提醒")],
    Outcome.BLOCKED: [(23, "呼入限制"), (27, "呼出受限")],
    Outcome.FAILED: [(25, "呼叫转移"), (26, "网络故障"), (28, "线路故障")],
    Outcome.UNKNOWN: [(-1, "超时")],
}
BYTES_A_SECOND = 32_600
OTHER_HITS = ("未识别", "转人工", "重复一遍")
HEADERS = {"Content-Type": "application/json;charset=UTF-8"}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Call:
    scenario: Scenario
    call_uuid: str
    script: Script
    row: list[str]
    ids: Fields
    task: Fields

    @property
    def is_outbound(self) -> bool:
        return bool(self.task)


def pushes(scenarios: Sequence[Scenario], dice: Random) -> list[Delivery]:
    return [
        push
        for scenario in scenarios
        for call in [_call(scenario, dice)]
        for push in [*_records(call, dice), *_talk(call, dice)]
    ]


def _call(s: Scenario, dice: Random) -> _Call:
    """Who calls in gets through or is heard of no more; all other outcomes are outbound."""
    is_inbound = s.is_inbound and s.outcome in {Outcome.ANSWERED, Outcome.UNKNOWN}
    script = HOTLINE if is_inbound else dice.choice(OUTBOUND)
    relation: Fields = {"call_relation_id": f"demo-{digits(dice, 10)}"} if is_inbound else {}
    task: Fields = {"task_id": _task_id(script, s), "task_data_id": digits(dice, 18)}
    return _Call(
        scenario=s,
        call_uuid=_call_uuid(dice),
        script=script,
        row=script.draw_row(mobile(s.customer_line), dice),
        ids={"business_id": "2745", "app_id": "demo", "robot_id": script.robot_id, **relation},
        task={} if is_inbound else task,
    )


def _task_id(script: Script, s: Scenario) -> str:
    """A script has one task a week."""
    return f"34579864{script.robot_id}{s.started_at:%V}"


def _call_uuid(dice: Random) -> str:
    """Mostly a UUID, sometimes 32 capitals and digits."""
    if dice.random() < 0.8:
        return str(UUID(int=dice.getrandbits(128), version=4))
    return "01" + "".join(dice.choices("0123456789ABCDEFGHJKMNPQRSTVWXYZ", k=30))


def _records(call: _Call, dice: Random) -> Iterator[Delivery]:
    s = call.scenario
    at = after(s.ended_at, dice.uniform(3, 4))
    answered = Outcome.ANSWERED if s.answered_at else None
    basic = call.ids | {"call_uuid": call.call_uuid} | _basics(call, dice)
    if not call.is_outbound:
        yield _push(call, "receiveCallRecord", Sort.RECORD, basic, at, answered)
        return
    tells = None if s.outcome is Outcome.UNKNOWN else s.outcome
    full = basic | call.task | _task_fields(call, dice)
    yield _push(call, "receiveCallRecord", Sort.RECORD, full, at, tells)
    if dice.random() < 0.7:
        at = after(at, dice.uniform(-1, 1))
        yield _push(call, "receiveCallRecord", Sort.RECORD, basic, at, answered)


def _basics(call: _Call, dice: Random) -> Fields:
    s = call.scenario
    own, customer = mobile(s.own_line), mobile(s.customer_line)
    unanswered: Fields = dice.choice([{}, {"time_answer": None}, {"time_answer": 0}])
    ringing = ((s.answered_at or s.ended_at) - s.started_at) // timedelta(seconds=1)
    return {
        "caller": own if call.is_outbound else customer,
        "callee": customer if call.is_outbound else own,
        "direction": 2 if call.is_outbound else 1,
        **({"time_answer": milliseconds(s.answered_at)} if s.answered_at else unanswered),
        "time_hangup": milliseconds(s.ended_at),
        "duration_ring": ringing,
        "duration_call": s.talk_seconds,
    }


def _task_fields(call: _Call, dice: Random) -> Fields:
    s = call.scenario
    result, description = dice.choice(RESULTS[s.outcome])
    return {
        "time_dial": milliseconds(s.started_at),
        **({"time_ring": milliseconds(s.rang_at)} if s.rang_at else {}),
        "task_result": str(result),
        "task_result_desc": description,
        "task_tries": dice.choice([0, 0, 0, 1, 2]),
        "task_row_index": int(digits(dice, 8)),
        "task_row_head": list(call.script.columns),
        "task_row_value": call.row,
    }


def _talk(call: _Call, dice: Random) -> Iterator[Delivery]:
    """What was said, and its recording, in either order."""
    s = call.scenario
    if s.answered_at is None:
        return
    ids = call.ids | call.task | {"call_uuid": call.call_uuid}
    dialog = {
        "time_begin": milliseconds(s.answered_at),
        "time_end": milliseconds(s.ended_at),
        "dialog": _turns(call, s.answered_at, dice),
    }
    at = after(s.ended_at, dice.uniform(4, 30))
    yield _push(call, "receiveDialog", Sort.DIALOG, ids | dialog, at, None)
    file = f"{digits(dice, 8)}-{hexadecimal(dice, 32)}.wav"
    voice: Fields = {
        "url": f"demo/8/ivr/0/{s.ended_at:%Y/%m/%d}/0/{file}",
        "size": 44 + BYTES_A_SECOND * s.talk_seconds,
        "duration": s.talk_seconds,
    }
    at = after(s.ended_at, dice.uniform(4, 60))
    yield _push(call, "receiveVoice", Sort.RECORDING, ids | voice, at, None)


def _turns(call: _Call, answered_at: datetime, dice: Random) -> list[Fields]:
    """The dialog's turns, spread over the time that was talked."""
    steps = call.script.walk(call.row, dice)
    slot = (call.scenario.ended_at - answered_at) / len(steps)
    turns: list[Fields] = []
    for place, (node, says, reply) in enumerate(steps):
        at = answered_at + slot * place
        name = f"{zlib.crc32(f'{call.script.robot_id}/{node.name}'.encode()):08x}"
        turn: Fields = {
            "seq": str(place + 1),
            "role": "customer" if reply else "robot",
            "node_id": f"words_node_{name}-{len(node.name)}",
            "node_name": node.name,
            "node_type": node.kind,
            "content_id": f"c{name}{call.script.robot_id}",
            "label": call.script.name,
            "tag_name": node.tag,
            "tag_desc": node.tag_meaning,
            "time_start": milliseconds(at),
            "text_robot": says,
            "text_man": reply.text if reply else "",
            "question_id": "",
        }
        if reply:
            turn |= {"time_speaking": milliseconds(at + slot * 0.6), "hits": _hits(reply, dice)}
        turns.append(turn)
    return turns


def _hits(reply: Reply, dice: Random) -> list[Fields]:
    picked: Fields = {"hit": reply.hit, "pick": True, "answer_id": ""}
    if dice.random() < 0.8:
        return [picked]
    return [picked, {"hit": dice.choice(OTHER_HITS), "pick": False, "answer_id": ""}]


def _push(
    call: _Call, kind: str, sort: Sort, fields: Fields, at: datetime, tells: Outcome | None
) -> Delivery:
    return Delivery(
        vendor="yeta",
        kind=kind,
        sort=sort,
        body=as_json(fields),
        at=at,
        words=(Word(call_id=call.call_uuid, tells=tells),),
        headers=HEADERS,
    )


def is_thanked(status: int, body: bytes) -> bool:
    """The word success, anywhere in the body."""
    return status == HTTPStatus.OK and b"success" in body


PLAYER = Player(
    vendor="yeta",
    share=0.25,
    mix={
        Outcome.ANSWERED: 55,
        Outcome.NO_ANSWER: 15,
        Outcome.BUSY: 7,
        Outcome.REJECTED: 6,
        Outcome.POWERED_OFF: 4,
        Outcome.UNREACHABLE: 4,
        Outcome.INVALID_NUMBER: 3,
        Outcome.SUSPENDED: 2,
        Outcome.BLOCKED: 1.5,
        Outcome.FAILED: 1.5,
        Outcome.UNKNOWN: 1,
    },
    pushes=pushes,
    is_thanked=is_thanked,
    inbound_share=0.15,
    mean_talk_seconds=45,
    settings={"recording_base_url": "http://voice.kxjl.example:9000/"},
)

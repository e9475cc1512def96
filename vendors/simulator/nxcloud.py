"""Plays NXCLOUD PNS: one push a call, after its end; a second webhook for calls without binding.

Ids are longer than what a JavaScript number holds. A normal call has no cause and code 0; times
that never came are 0, and so is ``hangup`` when the caller hung up. No cause of this vendor says
that a phone is off or a line suspended.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from random import Random
from uuid import UUID

from calls.outcomes import Outcome
from vendors.simulator.scenario import (
    BEIJING,
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
    seconds,
)

# The name and the number of each cause; the number above 127 is FreeSWITCH's own.
CAUSES: Mapping[Outcome, Sequence[tuple[str, int]]] = {
    Outcome.BUSY: [("USER_BUSY", 17)],
    Outcome.NO_ANSWER: [("NO_ANSWER", 19), ("NO_USER_RESPONSE", 18)],
    Outcome.REJECTED: [("CALL_REJECTED", 21)],
    Outcome.UNREACHABLE: [("SUBSCRIBER_ABSENT", 20)],
    Outcome.INVALID_NUMBER: [
        ("UNALLOCATED_NUMBER", 1),
        ("NUMBER_CHANGED", 22),
        ("INVALID_NUMBER_FORMAT", 28),
    ],
    Outcome.CANCELLED: [("ORIGINATOR_CANCEL", 487)],
    Outcome.BLOCKED: [("OUTGOING_CALL_BARRED", 52), ("INCOMING_CALL_BARRED", 54)],
    Outcome.FAILED: [
        ("NORMAL_CIRCUIT_CONGESTION", 34),
        ("NETWORK_OUT_OF_ORDER", 38),
        ("NORMAL_TEMPORARY_FAILURE", 41),
        ("RECOVERY_ON_TIMER_EXPIRE", 102),
    ],
    Outcome.UNKNOWN: [("", 0)],
}
NORMAL, ABNORMAL, UNKNOWN = 1, 2, 0
SNOWFLAKES_BEGAN = datetime(2010, 11, 4, 1, 42, 54, 657_000, tzinfo=UTC)
HEADERS = {"Content-Type": "application/json"}
BINDINGS = 40


def pushes(scenarios: Sequence[Scenario], dice: Random) -> list[Delivery]:
    return [_push(scenario, dice) for scenario in scenarios]


def _push(s: Scenario, dice: Random) -> Delivery:
    has_binding = s.outcome is not Outcome.FAILED or dice.random() < 0.5
    call_id = _snowflake(dice, s.ended_at if has_binding else s.started_at)
    fields = _result(s, call_id, dice) if has_binding else _no_binding(s, call_id)
    tells = None if s.outcome is Outcome.UNKNOWN else s.outcome
    return Delivery(
        vendor="nxcloud",
        kind="call-result",
        sort=Sort.RECORD,
        body=as_json(fields),
        at=after(s.ended_at, dice.uniform(5, 9)),
        words=(Word(call_id=call_id, tells=tells),),
        headers=HEADERS,
    )


def _result(s: Scenario, call_id: str, dice: Random) -> Fields:
    cause, number = ("", 0) if s.answered_at else dice.choice(CAUSES[s.outcome])
    binding = s.shown_line % BINDINGS
    return {
        "id": int(digits(dice, 8)),
        "businessId": "demo",
        "customerBindId": str(binding),
        "bindId": f"{binding:032x}",
        "callId": call_id,
        "did": _number(s.shown_line),
        "caller": _number(s.own_line),
        "callee": _number(s.customer_line),
        "callStatus": _status(s),
        "callStatusMsg": cause,
        "duration": seconds(s.ended_at) - seconds(s.answered_at) if s.answered_at else 0,
        "startAt": seconds(s.started_at),
        "answerAt": seconds(s.answered_at),
        "hangupAt": seconds(s.ended_at),
        "hangupCause": cause,
        "hangupCode": number,
        # Unanswered and hung up by the caller would be cancelled, not unknown.
        "hangup": int(s.customer_hung_up or s.outcome is Outcome.UNKNOWN),
        "recordFile": _recording(s, dice),
    }


def _status(s: Scenario) -> int:
    if s.answered_at:
        return NORMAL
    return UNKNOWN if s.outcome is Outcome.UNKNOWN else ABNORMAL


def _recording(s: Scenario, dice: Random) -> str:
    """Where the recording is; now and then there is none."""
    if not s.answered_at or dice.random() < 0.05:
        return ""
    name = UUID(int=dice.getrandbits(128), version=4)
    return f"https://record.nxcloud.example/pns/{s.ended_at:%Y%m%d}/{name}.mp3"


def _no_binding(s: Scenario, request_id: str) -> Fields:
    """The second webhook: nobody was bound to the number that was dialled. Beijing time."""
    return {
        "code": 10013,
        "msg": "binding not exist",
        "requestId": request_id,
        "data": {
            "action": "queryAXB",
            "requestParams": {"caller": _number(s.own_line), "did": _number(s.shown_line)},
            "occurrenceTime": f"{s.started_at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}",
        },
    }


def _number(line: int) -> str:
    return f"8520000{line:04d}"


def _snowflake(dice: Random, at: datetime) -> str:
    milliseconds = (at - SNOWFLAKES_BEGAN) // timedelta(milliseconds=1)
    return str(milliseconds << 22 | int(hexadecimal(dice, 5), 16))


def is_thanked(status: int, body: bytes) -> bool:
    """Exactly 200 counts."""
    return status == HTTPStatus.OK


PLAYER = Player(
    vendor="nxcloud",
    share=0.15,
    mix={
        Outcome.ANSWERED: 62,
        Outcome.NO_ANSWER: 12,
        Outcome.BUSY: 6,
        Outcome.REJECTED: 5,
        Outcome.CANCELLED: 5,
        Outcome.UNREACHABLE: 3,
        Outcome.INVALID_NUMBER: 2,
        Outcome.FAILED: 3,
        Outcome.BLOCKED: 1.5,
        Outcome.UNKNOWN: 1,
    },
    pushes=pushes,
    is_thanked=is_thanked,
    mean_talk_seconds=95,
)

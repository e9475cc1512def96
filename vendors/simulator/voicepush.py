"""Plays the Voice Service Push carrier: live status, call record, recording.

Its records leave nothing out: what is unset arrives as "" or 0. A record's times are milliseconds,
a status's are seconds as text. ``allEventType`` grows with the call, and every record carries
``messageType`` 1, which means status. Only its status pushes come while a call lasts.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random

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
    hexadecimal,
    milliseconds,
    mobile,
    seconds,
)

RESULTS: Mapping[Outcome, Sequence[int]] = {
    Outcome.ANSWERED: [1],
    Outcome.POWERED_OFF: [2],
    Outcome.SUSPENDED: [3],
    Outcome.INVALID_NUMBER: [4, 4, 37],
    Outcome.CANCELLED: [5],
    Outcome.UNREACHABLE: [6, 10],
    Outcome.NO_ANSWER: [7, 22, 28],
    Outcome.BUSY: [8],
    Outcome.REJECTED: [9],
    Outcome.BLOCKED: [12, 17, 18, 29, 30],
    Outcome.FAILED: [11, 14, 15, 19, 20, 31, 36],
    Outcome.UNKNOWN: [21, -1],
}
PRIVACY_RESULTS: Mapping[Outcome, Sequence[int]] = {
    Outcome.BLOCKED: [23, 24, 26, 27],
    Outcome.FAILED: [13, 16],
}
SIP, NOTIFICATION, TWO_WAY, AXB = 101, 102, 103, 201
SUB_SERVICES = {SIP: 45, NOTIFICATION: 15, TWO_WAY: 15, AXB: 25}
STARTED, RINGING, ANSWERED, ENDED = 1, 2, 3, 4
ACCOUNT = "10001"
PLACES = [("GD", "SZ"), ("BJ", "BJ"), ("SH", "SH"), ("ZJ", "HZ"), ("SC", "CD"), ("HB", "WH")]
HEADERS = {"Content-Type": "application/json"}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Call:
    scenario: Scenario
    call_id: str
    sub_service: int
    result: int
    user_data: str
    caller: str
    callee: str
    x: str

    @property
    def is_privacy(self) -> bool:
        return self.sub_service == AXB

    @property
    def common(self) -> Fields:
        service = 200 if self.is_privacy else 100
        return {"accountId": ACCOUNT, "callId": self.call_id, "serviceType": service}


def pushes(scenarios: Sequence[Scenario], dice: Random) -> list[Delivery]:
    return [
        push
        for scenario in scenarios
        for call in [_call(scenario, dice)]
        for push in [*_statuses(call, dice), _record(call, dice), *_recordings(call, dice)]
    ]


def _call(s: Scenario, dice: Random) -> _Call:
    [sub_service] = dice.choices(list(SUB_SERVICES), list(SUB_SERVICES.values()))
    results = PRIVACY_RESULTS.get(s.outcome) if sub_service == AXB else None
    is_inbound = s.is_inbound and sub_service == SIP
    ends = (s.customer_line, s.own_line) if is_inbound else (s.own_line, s.customer_line)
    order = json.dumps({"orderId": str(dice.randrange(100_000, 999_999))})
    return _Call(
        scenario=replace(s, is_inbound=is_inbound),
        call_id=f"NM{s.started_at.astimezone(BEIJING):%y%m%d%H%M%S}1150001{hexadecimal(dice, 12)}",
        sub_service=sub_service,
        result=dice.choice(results or RESULTS[s.outcome]),
        user_data=order if dice.random() < 0.4 else "",
        caller=mobile(ends[0]),
        callee=mobile(ends[1]),
        x=mobile(s.shown_line),
    )


def _statuses(call: _Call, dice: Random) -> Iterator[Delivery]:
    """A push for each thing that happened; each lists the events so far."""
    s = call.scenario
    times = {STARTED: s.started_at, RINGING: s.rang_at, ANSWERED: s.answered_at, ENDED: s.ended_at}
    so_far: list[int] = []
    for event, at in times.items():
        if at is None:
            continue
        so_far.append(event)
        fields = call.common | {
            "caller": call.caller,
            "callee": call.callee,
            "eventTime": str(seconds(at)),
            "allEventType": list(so_far),
            "eventType": event,
            "messageType": 1,
            **_privacy_numbers(call),
            "party": (1 if event == STARTED else 2) if call.sub_service == TWO_WAY else 0,
            "subscriptionId": _subscription(call),
            "userData": call.user_data,
        }
        tells = Outcome.ANSWERED if event == ANSWERED else None
        yield _push(call, "status", Sort.STATUS, fields, after(at, dice.uniform(0.2, 1)), tells)


def _privacy_numbers(call: _Call) -> Fields:
    """Left out of status pushes where they are empty."""
    numbers = {"phoneNoX": call.x, "phoneNoA": call.caller, "phoneNoB": call.callee}
    return dict(numbers) if call.is_privacy else {}


def _subscription(call: _Call) -> str:
    return f"sub{call.scenario.shown_line:06d}" if call.is_privacy else ""


def _record(call: _Call, dice: Random) -> Delivery:
    s = call.scenario
    created_at = after(s.ended_at, dice.uniform(0.5, 3))
    places = dice.choice(PLACES), dice.choice(PLACES)
    numbers = {"phoneNoX": call.x, "phoneNoA": call.caller, "phoneNoB": call.callee}
    fields = call.common | {
        "subServiceType": call.sub_service,
        "numberPoolNo": "NP160102116501911493" if call.is_privacy else "",
        "caller": call.caller,
        "callerCountryIsoCode": "CN",
        "callerProvinceCode": places[0][0],
        "callerCityCode": places[0][1],
        "callee": call.callee,
        "calleeCountryIsoCode": "CN",
        "calleeProvinceCode": places[1][0],
        "calleeCityCode": places[1][1],
        "beginCallTime": milliseconds(s.started_at),
        "ringTime": milliseconds(s.rang_at),
        "startTime": milliseconds(s.answered_at),
        "endTime": milliseconds(s.ended_at),
        "releaseType": 1,
        "callDuration": s.talk_seconds,
        "callResult": call.result,
        "audioRecordFlag": int(s.answered_at is not None),
        "cdrCreateTime": milliseconds(created_at),
        "subscriptionId": _subscription(call),
        **{name: number if call.is_privacy else "" for name, number in numbers.items()},
        "secretCallType": 11 if call.is_privacy else 0,
        "messageType": 1,
        "callDisplayType": 1 if call.is_privacy else 0,
        "cdrType": 1,
        "userData": call.user_data,
        **_extras(call, dice),
    }
    tells = None if s.outcome is Outcome.UNKNOWN else s.outcome
    at = after(created_at, dice.uniform(0.2, 1))
    return _push(call, "cdr", Sort.RECORD, fields, at, tells)


def _extras(call: _Call, dice: Random) -> Fields:
    """What the record of a sub-service has beside the common fields."""
    s = call.scenario
    if call.sub_service == SIP:
        return {"callType": 0 if s.is_inbound else 1}
    if call.sub_service == NOTIFICATION:
        pressed = [str(dice.randrange(1, 4))] if s.answered_at and dice.random() < 0.6 else []
        return {"taskOpenId": "notice-demo", "singleOpenId": call.call_id[-8:], "digits": pressed}
    if call.sub_service == TWO_WAY:
        return {
            "callType": 1,
            "callerShowNumber": call.x,
            "calleeShowNumber": call.x,
            "callerCallingTime": milliseconds(s.started_at),
            "callerRingingTime": milliseconds(after(s.started_at, 0.5)),
            "callerDuration": s.talk_seconds,
        }
    return {}


def _recordings(call: _Call, dice: Random) -> Iterator[Delivery]:
    s = call.scenario
    if s.answered_at is None or dice.random() < 0.25:
        return
    base = f"https://records.voicepush.example/{call.call_id}"
    fields = call.common | {
        "audioRecordUrl": f"{base}.mp3",
        "audioRecordLeftUrl": f"{base}-left.wav",
        "audioRecordRightUrl": f"{base}-right.wav",
        "messageType": 3,
        "audioRecordModel": 1,
        "userData": call.user_data,
    }
    at = after(s.ended_at, dice.uniform(3, 90))
    yield _push(call, "recording", Sort.RECORDING, fields, at, None)


def _push(
    call: _Call, kind: str, sort: Sort, fields: Fields, at: datetime, tells: Outcome | None
) -> Delivery:
    return Delivery(
        vendor="voicepush",
        kind=kind,
        sort=sort,
        body=as_json(fields),
        at=at,
        words=(Word(call_id=call.call_id, tells=tells),),
        headers=HEADERS,
    )


def sign(push: Delivery, address: str, token: str, now: datetime) -> Delivery:
    """``authCode`` in the query, over the moment, the bytes of the body and the token."""
    timestamp = str(seconds(now))
    body = hashlib.sha256(push.body).hexdigest()
    code = hashlib.sha256(f"{timestamp}{body}{token}".encode()).hexdigest()
    return replace(push, query={"timestamp": timestamp, "authCode": code})


def is_thanked(status: int, body: bytes) -> bool:
    """Any 2xx counts."""
    return 200 <= status < 300


PLAYER = Player(
    vendor="voicepush",
    share=0.3,
    mix={
        Outcome.ANSWERED: 58,
        Outcome.NO_ANSWER: 13,
        Outcome.BUSY: 6,
        Outcome.REJECTED: 5,
        Outcome.CANCELLED: 4,
        Outcome.POWERED_OFF: 3,
        Outcome.UNREACHABLE: 3,
        Outcome.SUSPENDED: 1.5,
        Outcome.INVALID_NUMBER: 2,
        Outcome.BLOCKED: 2,
        Outcome.FAILED: 2,
        Outcome.UNKNOWN: 1,
    },
    pushes=pushes,
    is_thanked=is_thanked,
    inbound_share=0.3,
    pushes_live=True,
    mean_talk_seconds=110,
    settings={"push_signature": "enforce"},
    secret="auth_token",  # noqa: S106 - the name of the setting
    sign=sign,
)

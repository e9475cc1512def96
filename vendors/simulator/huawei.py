"""Plays Huawei Cloud VoiceCall: callback, notification, verification code.

Call status is pushed as it happens, one push an event: callout, alerting and answer of each leg,
collectInfo for keys pressed in a notification, and one disconnect, of whoever hung up first. A
callback rings A, then B, under one sessionId. Fees follow; those of calls that ended in the same
second share a push, fifty at most. All times are UTC. Both sorts are signed over the push address
(4.4, 4.5: X-AKSK).
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from random import Random

from calls.outcomes import Outcome
from vendors.simulator.huawei_calls import HOST, HuaweiCall, Leg, Service, clock, make_call
from vendors.simulator.huawei_causes import HANGUP
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
)

APP_KEY = "DemoAppKey4callportal0000001"
MOST_FEES = 50
HEADERS = {
    "Content-Type": "application/json;charset=UTF-8",
    "Authorization": 'AKSK realm="SDP",profile="UsernameToken",type="Appkey"',
}


def pushes(scenarios: Sequence[Scenario], dice: Random) -> list[Delivery]:
    calls = [make_call(scenario, dice) for scenario in scenarios]
    statuses = [push for call in calls for push in _statuses(call, dice)]
    return statuses + list(_fees(calls, dice))


def _statuses(call: HuaweiCall, dice: Random) -> Iterator[Delivery]:
    for place, leg in enumerate(call.legs):
        ends = {"caller": leg.shown, "called": leg.number}
        times = {"callout": leg.started_at, "alerting": leg.rang_at, "answer": leg.answered_at}
        for event, at in times.items():
            # B's answer makes the call; A's does not.
            connects = event == "answer" and place == len(call.legs) - 1
            if at is not None:
                tells = Outcome.ANSWERED if connects else None
                yield _status(call, event, at, call.user_data | ends, tells, dice)
    if call.pressed:
        at = after(call.ended_at, -1)
        yield _status(call, "collectInfo", at, {"digitInfo": call.pressed}, None, dice)
    yield _disconnect(call, dice)


def _disconnect(call: HuaweiCall, dice: Random) -> Delivery:
    is_answered = call.cause is HANGUP
    leg = call.legs[call.first_to_hang_up if is_answered else -1]
    fields: Fields = {"caller": leg.shown, "called": leg.number}
    if is_answered and call.service is Service.CALLBACK:
        fields["partyType"] = "callee" if call.first_to_hang_up else "caller"
    fields |= {"stateCode": call.cause.state, "stateDesc": call.cause.description}
    told = Outcome.FAILED if call.cause.state_is_general else call.tells
    tells = None if is_answered else told
    return _status(call, "disconnect", call.ended_at, call.user_data | fields, tells, dice)


def _status(
    call: HuaweiCall, event: str, at: datetime, fields: Fields, tells: Outcome | None, dice: Random
) -> Delivery:
    status: Fields = {"sessionId": call.session_id, "timestamp": clock(at), **fields}
    return Delivery(
        vendor="huawei",
        kind="status",
        sort=Sort.STATUS,
        body=as_json({"eventType": event, "statusInfo": status}),
        at=after(at, dice.uniform(0.2, 0.9)),
        words=(Word(call_id=call.session_id, tells=tells),),
        headers=HEADERS,
    )


def _fees(calls: Sequence[HuaweiCall], dice: Random) -> Iterator[Delivery]:
    """One push for all calls that ended in one second, and a second one from the 51st on."""
    together: Mapping[str, list[HuaweiCall]] = defaultdict(list)
    for call in calls:
        together[clock(call.ended_at)].append(call)
    for group in together.values():
        for first in range(0, len(group), MOST_FEES):
            yield _fee_push(group[first : first + MOST_FEES], dice)


def _fee_push(calls: Sequence[HuaweiCall], dice: Random) -> Delivery:
    """Public examples show one fee twice in one push, so that happens here as well."""
    fees = [_fee(call, dice) for call in calls]
    if 1 < len(fees) < MOST_FEES and dice.random() < 0.2:
        fees.append(fees[0])
    return Delivery(
        vendor="huawei",
        kind="fee",
        sort=Sort.RECORD,
        body=as_json({"eventType": "fee", "feeLst": fees}),
        at=after(calls[0].ended_at, dice.uniform(3, 8)),
        words=tuple(Word(call_id=call.session_id, tells=call.tells) for call in calls),
        headers=HEADERS,
    )


def _fee(call: HuaweiCall, dice: Random) -> Fields:
    first, cause = call.legs[0], call.cause
    is_forwarded = len(call.legs) > 1
    at = f"{call.ended_at.astimezone(BEIJING):%Y%m%d%H%M%S}"
    failed_at = None if cause is HANGUP else call.ended_at
    fields = {
        "direction": 0,
        "spId": "CaaS_Demo_01",
        "appKey": APP_KEY,
        "icid": f"CAE-{at}-{digits(dice, 8)}",
        "bindNum": first.shown,
        "sessionId": call.session_id,
        "callerNum": first.shown,
        "calleeNum": first.number,
        **(_forwarded(call.legs[1]) if is_forwarded else {}),
        "callEndTime": clock(call.ended_at),
        "fwdUnaswRsn": cause.q850 if is_forwarded else 0,
        "failTime": clock(failed_at),
        "ulFailReason": cause.point,
        "sipStatusCode": cause.sip,
        "callOutStartTime": clock(first.started_at),
        "callOutAlertingTime": clock(first.rang_at),
        "callOutAnswerTime": clock(first.answered_at),
        "callOutUnaswRsn": 0 if is_forwarded else cause.q850,
        **call.fee_extras,
        "ttsPlayTimes": int(call.service is Service.NOTIFICATION),
        "ttsTransDuration": int(call.service is Service.NOTIFICATION),
        "serviceType": "002" if call.service is Service.CALLBACK else "001",
        "hostName": HOST,
        **call.user_data,
    }
    leaves_out_empty = dice.random() < 0.7
    return {name: value for name, value in fields.items() if value != "" or not leaves_out_empty}


def _forwarded(second: Leg) -> Fields:
    return {
        "fwdDisplayNum": second.shown,
        "fwdDstNum": second.number,
        "fwdStartTime": clock(second.started_at),
        "fwdAlertingTime": clock(second.rang_at),
        "fwdAnswerTime": clock(second.answered_at),
    }


def sign(push: Delivery, address: str, app_secret: str, now: datetime) -> Delivery:
    """``created`` is Beijing time labelled Z, as the document in force has it."""
    nonce = secrets.token_hex(16).upper()
    created = f"{now.astimezone(BEIJING):%Y-%m-%dT%H:%M:%SZ}"
    text = f"{address}\n{nonce}\n{created}".encode()
    digest = base64.b64encode(hmac.new(app_secret.encode(), text, hashlib.sha256).digest()).decode()
    words = {"Username": APP_KEY, "PasswordDigest": digest, "Nonce": nonce, "Created": created}
    header = "UsernameToken " + ", ".join(f'{name}="{word}"' for name, word in words.items())
    return replace(push, headers={**push.headers, "X-AKSK": header})


def is_thanked(status: int, body: bytes) -> bool:
    """200, with an empty body or a resultcode of "0"."""
    if status != HTTPStatus.OK or not body:
        return status == HTTPStatus.OK
    try:
        return bool(json.loads(body)["resultcode"] == "0")
    except (ValueError, KeyError, TypeError):
        return False


PLAYER = Player(
    vendor="huawei",
    share=0.3,
    mix={
        Outcome.ANSWERED: 62,
        Outcome.NO_ANSWER: 13,
        Outcome.BUSY: 6,
        Outcome.REJECTED: 4,
        Outcome.CANCELLED: 3,
        Outcome.POWERED_OFF: 3,
        Outcome.UNREACHABLE: 3,
        Outcome.INVALID_NUMBER: 2,
        Outcome.BLOCKED: 2,
        Outcome.FAILED: 2,
        Outcome.SUSPENDED: 1,
        Outcome.UNKNOWN: 1,
    },
    pushes=pushes,
    is_thanked=is_thanked,
    campaign_share=0.2,
    mean_talk_seconds=70,
    settings={
        "app_key": APP_KEY,
        "push_signature": "enforce",
    },
    secret="app_secret",  # noqa: S106 - the name of the setting
    sign=sign,
)

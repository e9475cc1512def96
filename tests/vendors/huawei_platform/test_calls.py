"""A call's life, and its recording."""

import base64
import struct
import threading
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from tests.vendors.huawei_platform.conftest import (
    CALLBACK,
    CALLEE,
    CALLER,
    DISPLAY,
    KEY,
    NOTIFICATION,
    SECRET,
    STOP,
    VERIFICATION,
    Ask,
    Make,
    Receiver,
    asker,
    callback,
    code,
    headers,
    location,
    notification,
    row,
    token,
    verification,
    without,
)
from vendors.adapters.base import Signed, Trust
from vendors.adapters.huawei.signing import check
from vendors.simulator.huawei_platform.platform import Platform
from vendors.simulator.huawei_platform.sound import A_LAW, RATE, recording


def test_a_callback_rings_a_then_b_and_is_paid_for(
    platform: Platform, ask: Ask, receiver: Receiver
) -> None:
    session_id = ask(
        CALLBACK, callback(userData="order-1", displayCalleeNbr="+8675500000002")
    ).json()["sessionId"]
    assert platform.wait_idle()

    *statuses, fee = receiver.came
    told = [(push.event, push.info["caller"], push.info["called"]) for push in statuses]
    a, b = (DISPLAY, CALLER), ("+8675500000002", CALLEE)
    assert told == [
        ("callout", *a),
        ("alerting", *a),
        ("answer", *a),
        ("callout", *b),
        ("alerting", *b),
        ("answer", *b),
        ("disconnect", *b),
    ]
    assert {push.info["sessionId"] for push in statuses} == {session_id}
    assert {push.info["userData"] for push in statuses} == {"order-1"}
    assert {push.path for push in statuses} == {"/status"}
    assert statuses[-1].info["stateCode"] == 0
    assert "partyType" not in statuses[-1].info
    assert fee.path == "/fee"
    wanted = {
        "appKey": KEY,
        "sessionId": session_id,
        "callerNum": DISPLAY,
        "calleeNum": CALLER,
        "fwdDisplayNum": "+8675500000002",
        "fwdDstNum": CALLEE,
        "serviceType": "002",
        "ulFailReason": 0,
        "recordFlag": 0,
        "userData": "order-1",
    }
    assert {key: fee.fee[key] for key in wanted} == wanted
    assert fee.fee["fwdAnswerTime"] <= fee.fee["callEndTime"]
    assert "failTime" not in fee.fee


def test_pushes_are_signed_over_their_address(
    platform: Platform, ask: Ask, receiver: Receiver
) -> None:
    ask(CALLBACK, callback())
    assert platform.wait_idle()

    for push in receiver.came:
        verdict = check(
            Signed(
                headers=push.headers,
                query={},
                body=push.body,
                addresses=[receiver.url + push.path],
                secrets=[SECRET],
                now=datetime.now(UTC),
            )
        )
        assert (verdict.trust, verdict.form) == (Trust.VALID, "HMAC url\\n nonce\\n created")
        assert f'Username="{KEY}"' in push.headers["x-aksk"]


def test_pushes_go_where_the_request_says(platform: Platform, ask: Ask, receiver: Receiver) -> None:
    urls = {
        key: base64.b64encode(f"{receiver.url}/of/{key}".encode()).decode()
        for key in ("statusUrl", "feeUrl")
    }
    ask(VERIFICATION, verification(**urls))
    assert platform.wait_idle()

    assert {push.path for push in receiver.came} == {"/of/statusUrl", "/of/feeUrl"}


def test_nothing_is_pushed_where_no_address_is_known(web: httpx2.Client, make: Make) -> None:
    platform = make(status_url="", fee_url="")
    asker(web, platform)(CALLBACK, callback())

    assert platform.wait_idle()
    assert not platform.pushes


def test_the_party_that_hangs_up_is_told_to_who_asked_for_it(
    platform: Platform, ask: Ask, receiver: Receiver
) -> None:
    for callee in (row("00"), row("03"), row("04")):
        ask(CALLBACK, callback(callee, partyTypeRequiredInDisconnect="true"))
        assert platform.wait_idle()

    ends = [push.info["partyType"] for push in receiver.came if push.event == "disconnect"]
    assert ends == ["callee", "callee", "platform"]


def test_a_status_is_pushed_once_and_a_fee_until_it_is_thanked_for(
    web: httpx2.Client, make: Make, receiver: Receiver
) -> None:
    platform = make(fee_waits=[0.0] * 6)
    receiver.answers = [(500, b"")] * 4 + [(500, b""), (200, b'{"resultcode":"1"}')]

    asker(web, platform)(NOTIFICATION, notification())
    assert platform.wait_idle()

    events = ["callout", "alerting", "answer", "disconnect", "fee", "fee", "fee"]
    assert receiver.events == events
    assert [push.is_thanked for push in platform.pushes] == [False] * 6 + [True]
    assert len({push.body for push in receiver.came if push.event == "fee"}) == 1


def test_a_fee_is_given_up_after_six_repetitions(
    web: httpx2.Client, make: Make, receiver: Receiver
) -> None:
    platform = make(fee_waits=[0.0] * 6)
    receiver.answers = [(500, b"")] * 20

    asker(web, platform)(NOTIFICATION, notification())
    assert platform.wait_idle()

    assert receiver.events.count("fee") == 7


def test_keys_are_pushed_only_where_they_were_asked_for(
    platform: Platform, ask: Ask, receiver: Receiver
) -> None:
    asking = [{"notifyVoice": "a.wav"}, {"notifyVoice": "b.wav", "collectInd": 1}]
    ask(NOTIFICATION, notification(row("09"), playInfoList=asking))
    assert platform.wait_idle()
    ask(NOTIFICATION, notification(row("09")))
    assert platform.wait_idle()

    events = ["callout", "alerting", "answer", "disconnect", "fee"]
    assert receiver.events == [*events[:3], "collectInfo", *events[3:], *events]
    assert without(receiver.came[3].info, "timestamp") == {
        "sessionId": receiver.came[0].info["sessionId"],
        "digitInfo": "1",
    }
    assert receiver.last_fee["serviceType"] == "001"


def test_a_verification_rings_one_party(platform: Platform, ask: Ask, receiver: Receiver) -> None:
    session_id = ask(VERIFICATION, verification()).json()["sessionId"]
    assert platform.wait_idle()

    assert session_id.startswith("1200_")
    assert receiver.events == ["callout", "alerting", "answer", "disconnect", "fee"]
    assert receiver.last_fee["calleeNum"] == CALLEE
    assert "fwdDstNum" not in receiver.last_fee


def test_a_call_that_stays_up_is_ended_by_call_stop(
    platform: Platform, ask: Ask, receiver: Receiver
) -> None:
    body = callback(row("08"), partyTypeRequiredInDisconnect="true")
    session_id = ask(CALLBACK, body).json()["sessionId"]
    receiver.wait_for("answer", 2)
    assert platform.wait_idle()
    assert "disconnect" not in receiver.events
    stop = {"sessionid": session_id, "signal": "call_stop"}

    stopped, again = ask(STOP, stop), ask(STOP, stop)

    assert stopped.json() == {"resultcode": "0", "resultdesc": "Success"}
    assert code(again) == (500, "1020152")
    assert platform.wait_idle()
    assert receiver.events[-2:] == ["disconnect", "fee"]
    end = receiver.came[-2].info
    assert (end["stateCode"], end["partyType"]) == (8017, "platform")


def test_a_call_that_stays_up_is_ended_by_its_longest_duration(
    web: httpx2.Client, make: Make, receiver: Receiver
) -> None:
    platform = make(minute=0.01)
    asker(web, platform)(CALLBACK, callback(row("08"), maxDuration=2))

    assert platform.wait_idle()
    assert receiver.came[-2].info["stateCode"] == 8010


def test_a_call_that_has_ended_cannot_be_ended(platform: Platform, ask: Ask) -> None:
    session_id = ask(CALLBACK, callback()).json()["sessionId"]
    assert platform.wait_idle()

    assert code(ask(STOP, {"sessionid": session_id, "signal": "call_stop"})) == (500, "1020152")


def test_a_call_of_another_app_cannot_be_ended(web: httpx2.Client, make: Make) -> None:
    ask = asker(web, make(apps={KEY: SECRET, "Another": SECRET}))
    session_id = ask(CALLBACK, callback(row("08"))).json()["sessionId"]
    stop = {"sessionid": session_id, "signal": "call_stop"}

    assert code(ask(STOP, stop, headers(token(username="Another")))) == (500, "1020152")
    assert code(ask(STOP, stop)) == (200, "0")


def test_calls_on_the_line_do_not_keep_the_platform_from_stopping(
    web: httpx2.Client, make: Make, receiver: Receiver
) -> None:
    platform = make()
    asker(web, platform)(CALLBACK, callback(row("08")))
    receiver.wait_for("answer", 2)

    platform.stop()

    assert "disconnect" not in receiver.events
    assert not [one for one in threading.enumerate() if one.name.startswith("call ")]


# Recordings


def test_a_recorded_callback_leads_to_a_sound_file(
    web: httpx2.Client, platform: Platform, ask: Ask, receiver: Receiver
) -> None:
    ask(CALLBACK, callback(recordFlag="true"))
    assert platform.wait_idle()
    fee = receiver.last_fee
    assert (fee["recordFlag"], fee["recordStartTime"]) == (1, fee["fwdAnswerTime"])

    answer = location(
        web, platform, fileName=fee["recordObjectName"], recordDomain=fee["recordDomain"]
    )

    assert (answer.status_code, answer.content) == (301, b"")
    assert answer.headers["Connection"] == "close"
    sound = web.get(answer.headers["Location"])
    assert sound.status_code == 200
    form, channels, rate = struct.unpack_from("<HHI", sound.content, 20)
    assert (sound.content[:4], form, channels, rate) == (b"RIFF", A_LAW, 2, RATE)
    assert len(sound.content) == 8 + struct.unpack_from("<I", sound.content, 4)[0]


def test_a_call_that_was_missed_has_no_recording(
    platform: Platform, ask: Ask, receiver: Receiver
) -> None:
    ask(CALLBACK, callback(row("02"), recordFlag="true"))
    assert platform.wait_idle()

    assert receiver.last_fee["recordFlag"] == 0


@pytest.mark.parametrize(
    ("asked", "status", "place", "part"),
    [
        ("bytes=0-3", 206, "bytes 0-3/", recording()[:4]),
        ("bytes=8-", 206, "bytes 8-", recording()[8:]),
        ("bytes=-2", 206, "bytes ", recording()[-2:]),
        ("bytes=9999999-", 416, "bytes */", b""),
    ],
)
def test_a_part_of_a_recording_can_be_had(
    web: httpx2.Client, platform: Platform, asked: str, status: int, place: str, part: bytes
) -> None:
    platform.keep_recording("a.wav", "x.example")
    url = location(web, platform, fileName="a.wav", recordDomain="x.example").headers["Location"]

    answer = web.get(url, headers={"Range": asked})

    assert (answer.status_code, answer.content) == (status, part)
    assert answer.headers["Content-Range"].startswith(place)


def test_the_address_of_a_recording_lives_seven_days_and_wants_no_credentials(
    web: httpx2.Client, make: Make
) -> None:
    now = [datetime.now(UTC)]
    platform = make(now=lambda: now[0])
    platform.keep_recording("a.wav", "x.example")
    url = location(web, platform, fileName="a.wav", recordDomain="x.example").headers["Location"]

    assert web.get(url, headers=headers(token())).status_code == 400
    assert web.get(url.replace("a.wav", "b.wav")).status_code == 403
    assert web.get(url).status_code == 200
    now[0] += timedelta(days=7, seconds=1)
    assert web.get(url).status_code == 403

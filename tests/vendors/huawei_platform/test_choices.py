"""What numbers and scripts choose."""

import json
from collections.abc import Callable, Mapping

import httpx2
import pytest

from calls.models import Call
from calls.outcomes import Outcome
from tests.conftest import problems
from tests.vendors.huawei_platform.conftest import (
    CALLBACK,
    CALLEE,
    CALLER,
    PATIENCE,
    STOP,
    VERIFICATION,
    Ask,
    Make,
    Receiver,
    asker,
    callback,
    code,
    headers,
    row,
    token,
    verification,
)
from vendors.models import VendorAccount
from vendors.simulator.huawei_platform.parameters import Operation
from vendors.simulator.huawei_platform.platform import Platform
from vendors.simulator.huawei_platform.results import (
    ACCEPTED,
    NUMBERS,
    RESULTS,
    Line,
    by_number,
    refusal,
    statuses_of,
)


@pytest.mark.parametrize(
    ("number", "events", "state", "point"),
    [
        ("01", ["callout", "disconnect"], 8102, 8102),
        ("02", ["callout", "alerting", "disconnect"], 8101, 8101),
        ("03", ["callout", "alerting", "disconnect"], 8004, 515),
        ("04", ["callout", "disconnect"], 8104, 8104),
        ("05", ["callout", "disconnect"], 8103, 8103),
        ("06", ["callout", "disconnect"], 8100, 8100),
    ],
)
def test_a_number_chooses_how_b_is_missed(
    platform: Platform,
    ask: Ask,
    receiver: Receiver,
    number: str,
    events: list[str],
    state: int,
    point: int,
) -> None:
    ask(CALLBACK, callback(row(number)))
    assert platform.wait_idle()

    assert receiver.events == ["callout", "alerting", "answer", *events, "fee"]
    assert receiver.came[-2].info["stateCode"] == state
    assert receiver.last_fee["ulFailReason"] == point
    assert receiver.last_fee["failTime"] == receiver.last_fee["callEndTime"]
    assert "fwdAnswerTime" not in receiver.last_fee


@pytest.mark.parametrize(
    ("number", "outcome"),
    [
        ("00", Outcome.ANSWERED),
        ("01", Outcome.BUSY),
        ("02", Outcome.NO_ANSWER),
        ("03", Outcome.REJECTED),
        ("04", Outcome.POWERED_OFF),
        ("05", Outcome.UNREACHABLE),
        ("06", Outcome.INVALID_NUMBER),
        ("07", Outcome.NO_ANSWER),
    ],
)
def test_the_portal_shows_what_the_number_chose(
    platform: Platform,
    ask: Ask,
    make_account: Callable[..., VendorAccount],
    deliver: Callable[..., list[Call]],
    number: str,
    outcome: Outcome,
) -> None:
    account = make_account("huawei")
    ask(CALLBACK, callback(row(number)))
    assert platform.wait_idle()

    for push in platform.pushes:
        deliver(account, push.kind, push.body)

    (call,) = Call.objects.all()
    assert (call.call_id, call.outcome) == (platform.dialled[0].session_id, outcome)
    assert problems() == []


def test_b_is_not_rung_where_a_does_not_pick_up(
    platform: Platform, ask: Ask, receiver: Receiver
) -> None:
    ask(CALLBACK, callback(row("07")))
    assert platform.wait_idle()

    assert receiver.events == ["callout", "alerting", "disconnect", "fee"]
    assert receiver.came[-2].info["called"] == CALLER
    assert receiver.last_fee["ulFailReason"] == 8107
    assert "fwdDstNum" not in receiver.last_fee
    assert platform.dials == {row("07"): 1}


@pytest.mark.parametrize(
    ("number", "is_dialled"),
    [("20", True), ("21", False), ("22", True)],
)
def test_a_number_chooses_that_no_answer_comes(
    web: httpx2.Client, platform: Platform, number: str, is_dialled: bool
) -> None:
    with pytest.raises(httpx2.ReadTimeout if number == "20" else httpx2.RemoteProtocolError):
        web.post(
            platform.url + CALLBACK,
            content=json.dumps(callback(row(number))).encode(),
            headers=headers(token()),
            timeout=httpx2.Timeout(PATIENCE, read=0.2),
        )

    assert platform.dials[row(number)] == int(is_dialled)
    assert platform.wait_idle()
    (request,) = platform.requests
    assert request.is_acted_upon is is_dialled


@pytest.mark.parametrize(
    ("number", "status", "kind", "is_dialled"),
    [
        ("23", 500, "text/html;charset=UTF-8", False),
        ("24", 500, "text/html;charset=UTF-8", True),
        ("25", 200, "text/plain", True),
    ],
)
def test_a_number_chooses_an_answer_that_is_not_json(
    platform: Platform, ask: Ask, number: str, status: int, kind: str, is_dialled: bool
) -> None:
    answer = ask(CALLBACK, callback(row(number)))

    assert (answer.status_code, answer.headers["Content-Type"]) == (status, kind)
    with pytest.raises(ValueError, match="Expecting value"):
        answer.json()
    assert platform.dials[row(number)] == int(is_dialled)


def test_a_number_chooses_that_nothing_is_pushed(platform: Platform, ask: Ask) -> None:
    assert code(ask(CALLBACK, callback(row("26")))) == (200, "0")
    assert platform.wait_idle()

    assert platform.dials == {row("26"): 1}
    assert not platform.pushes


def test_a_number_chooses_that_events_come_before_the_answer(
    platform: Platform, ask: Ask, receiver: Receiver
) -> None:
    ask(CALLBACK, callback(row("27")))
    assert platform.wait_idle()

    (request,) = platform.requests
    assert [push.event for push in platform.pushes if push.at <= request.at] == [
        *("callout", "alerting", "answer") * 2,
        "disconnect",
    ]
    assert receiver.events[-1] == "fee"


def test_a_number_chooses_an_empty_session_id(
    platform: Platform, ask: Ask, receiver: Receiver
) -> None:
    answer = ask(CALLBACK, callback(row("28"))).json()
    assert platform.wait_idle()

    assert (answer["resultcode"], answer["sessionId"]) == ("0", "")
    assert receiver.last_fee["sessionId"] == platform.dialled[0].session_id


def test_a_number_chooses_flow_control_before_it_is_called(platform: Platform, ask: Ask) -> None:
    answers = [code(ask(CALLBACK, callback(row("29")))) for _ in range(3)]

    assert answers == [(403, "1010010"), (403, "1010010"), (200, "0")]
    assert platform.dials == {row("29"): 1}


def test_every_number_in_the_table_is_tested_here() -> None:
    tested = {"00", "08", "09", *(f"0{one}" for one in range(1, 8))}

    assert set(NUMBERS) == tested | {str(one) for one in range(20, 30)}


def test_the_table_of_result_codes_is_whole() -> None:
    assert len(RESULTS) >= 60
    assert statuses_of("1010010") == [401, 403]
    assert {code for _, code in RESULTS if len(statuses_of(code)) > 1} == {"1010010"}


def test_every_result_code_can_be_answered_by_a_number(platform: Platform, ask: Ask) -> None:
    for status, wanted in RESULTS:
        if wanted != ACCEPTED:
            last = {401: 1, 403: 3}.get(status, 0)

            answer = ask(CALLBACK, callback(f"+86139{wanted}{last}"))

            assert code(answer) == (status, wanted)
            assert "%" not in answer.json()["resultdesc"]
    assert not platform.dials


def test_a_code_that_no_table_lists_refuses_nothing() -> None:
    assert by_number("+8613999999990") is NUMBERS["00"]
    assert by_number("+8613910130040") == refusal(403, "1013004")


# What a script chooses


def test_a_script_by_callee_is_used_line_by_line(web: httpx2.Client, make: Make) -> None:
    script = {CALLEE: ["1013004", "401/1010010", None], "stop": ["500/1020002"]}
    platform = make(script=script)
    ask = asker(web, platform)

    answers = [code(ask(CALLBACK, callback())) for _ in range(4)]

    assert answers == [(403, "1013004"), (401, "1010010"), (200, "0"), (200, "0")]
    stop = {"sessionid": platform.dialled[0].session_id, "signal": "call_stop"}
    assert code(ask(STOP, stop)) == (500, "1020002")


def test_a_script_may_be_a_function(web: httpx2.Client, make: Make) -> None:
    def script(operation: str, parameters: Mapping[str, object]) -> Line:
        return "24" if operation == Operation.VERIFICATION else None

    platform = make(script=script)
    ask = asker(web, platform)

    assert ask(VERIFICATION, verification()).status_code == 500
    assert ask(CALLBACK, callback()).status_code == 200
    assert platform.dials == {CALLEE: 2}


def test_a_line_that_means_nothing_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match='got "99"'):
        Platform(apps={}, script={CALLEE: ["99"]})

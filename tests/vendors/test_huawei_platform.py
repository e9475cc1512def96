"""The simulated Huawei platform, asked over real HTTP, does what Huawei's document says."""

import base64
import hashlib
import hmac
import json
import socket
import struct
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from typing import Any

import httpx2
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from calls.models import Call
from calls.outcomes import Outcome
from tests.conftest import problems
from vendors import accounts
from vendors.adapters.base import Signed, Trust
from vendors.adapters.huawei.signing import check
from vendors.management.commands import simulate_huawei
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
from vendors.simulator.huawei_platform.sound import A_LAW, RATE, recording

KEY, SECRET = "App0000000000000000000000001", "a secret of the app"
DISPLAY, CALLER, CALLEE = "+8675500000001", "+8613100000001", "+8613100000002"
CALLBACK = "/rest/httpsessions/click2Call/v2.0"
STOP = "/rest/httpsessions/callStop/v2.0"
NOTIFICATION = "/rest/httpsessions/callnotify/v2.0"
VERIFICATION = "/rest/httpsessions/callVerify/v1.0"
RECORDING = "/rest/provision/voice/record/v1.0"
AUTHORIZATION = 'AKSK realm="SDP",profile="UsernameToken",type="Appkey"'
BEIJING = timedelta(hours=8)
PATIENCE = 10.0

Ask = Callable[..., httpx2.Response]
Make = Callable[..., Platform]


def token(
    *,
    username: str = KEY,
    secret: str = SECRET,
    nonce: str = "",
    zone: timedelta = BEIJING,
    off: timedelta = timedelta(0),
    now: datetime | None = None,
) -> dict[str, str]:
    """The parts of X-AKSK, signed by hand as 4.2 describes."""
    nonce = nonce or uuid.uuid4().hex
    created = f"{(now or datetime.now(UTC)) + zone + off:%Y-%m-%dT%H:%M:%SZ}"
    digest = hmac.new(secret.encode(), f"{nonce}{created}".encode(), hashlib.sha256).digest()
    return {
        "Username": username,
        "PasswordDigest": base64.b64encode(digest).decode(),
        "Nonce": nonce,
        "Created": created,
    }


def headers(parts: Mapping[str, str]) -> dict[str, str]:
    told = ", ".join(f'{name}="{value}"' for name, value in parts.items())
    return {
        "Content-Type": "application/json;charset=UTF-8",
        "Authorization": AUTHORIZATION,
        "X-AKSK": f"UsernameToken {told}",
    }


def without(given: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name != key}


def callback(callee: str = CALLEE, **more: object) -> dict[str, object]:
    return {
        "displayNbr": DISPLAY,
        "callerNbr": CALLER,
        "displayCalleeNbr": DISPLAY,
        "calleeNbr": callee,
        **more,
    }


def notification(callee: str = CALLEE, **more: object) -> dict[str, object]:
    parts = [{"notifyVoice": "welcome.wav"}]
    return {"displayNbr": DISPLAY, "calleeNbr": callee, "playInfoList": parts, **more}


def verification(callee: str = CALLEE, **more: object) -> dict[str, object]:
    return {
        "displayNbr": DISPLAY,
        "calleeNbr": callee,
        "languageType": 2,
        "preTone": "pretone.wav",
        "verifyCode": "1234",
        **more,
    }


def row(number: str) -> str:
    return f"+86138000000{number}"


@dataclass(slots=True)
class Came:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def read(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(self.body)
        return loaded

    @property
    def event(self) -> str:
        event: str = self.read["eventType"]
        return event

    @property
    def info(self) -> dict[str, Any]:
        info: dict[str, Any] = self.read["statusInfo"]
        return info

    @property
    def fee(self) -> dict[str, Any]:
        (fee,) = self.read["feeLst"]
        assert isinstance(fee, dict)
        return fee


@dataclass
class Receiver:
    """Takes pushes, as the provider's server would; ``answers`` are used up first."""

    url: str = ""
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    came: list[Came] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def take(self, push: Came) -> tuple[int, bytes]:
        with self.changed:
            self.came.append(push)
            self.changed.notify_all()
            return self.answers.pop(0) if self.answers else (200, b"")

    def wait_for(self, event: str, times: int = 1) -> None:
        def has_come() -> bool:
            return self.events.count(event) >= times

        with self.changed:
            assert self.changed.wait_for(has_come, PATIENCE), self.events

    @property
    def events(self) -> list[str]:
        return [push.event for push in self.came]

    @property
    def last_fee(self) -> dict[str, Any]:
        return [push for push in self.came if push.event == "fee"][-1].fee


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            given = {name.lower(): value for name, value in self.headers.items()}
            status, content = made.take(Came(path=self.path, headers=given, body=body))
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def make(receiver: Receiver) -> Iterator[Make]:
    """Makes and starts platforms that push to the receiver; stops them at the end."""
    made: list[Platform] = []

    def start(**given: Any) -> Platform:
        defaults: dict[str, Any] = {
            "apps": {KEY: SECRET},
            "status_url": f"{receiver.url}/status",
            "fee_url": f"{receiver.url}/fee",
            "slow_answer": 60.0,
        }
        platform = Platform(**(defaults | given)).start()
        made.append(platform)
        return platform

    yield start
    for platform in made:
        platform.stop()


@pytest.fixture
def platform(make: Make) -> Platform:
    return make()


@pytest.fixture(scope="module")
def web() -> Iterator[httpx2.Client]:
    with httpx2.Client(trust_env=False, timeout=PATIENCE) as client:
        yield client


@pytest.fixture
def ask(web: httpx2.Client, platform: Platform) -> Ask:
    return asker(web, platform)


def asker(web: httpx2.Client, platform: Platform) -> Ask:
    """Posts parameters, properly signed unless headers are given."""

    def send(path: str, body: object, given: Mapping[str, str] | None = None) -> httpx2.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = headers(token()) if given is None else dict(given)
        return web.post(platform.url + path, content=content, headers=sent)

    return send


def code(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["resultcode"]


def location(web: httpx2.Client, platform: Platform, **query: str) -> httpx2.Response:
    given = headers(token(zone=timedelta(0)))
    return web.get(platform.url + RECORDING, params=query, headers=given)


# What every answer is like


def test_an_accepted_call_is_answered_a_session_id_as_the_documents_have_it(ask: Ask) -> None:
    answer = ask(CALLBACK, callback())

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
    told = answer.json()
    assert without(told, "sessionId") == {"resultcode": "0", "resultdesc": "Success"}
    service, digits, constant, rest = told["sessionId"].split("_")
    at, _, host = rest.partition("@")
    assert (service, constant, host) == (
        "1201",
        "4294967295",
        "callenabler245.huaweicaas.example",
    )
    assert digits.isdecimal()
    assert abs(datetime.strptime(f"{at}Z", "%Y%m%d%H%M%S%z") - datetime.now(UTC)) < timedelta(
        minutes=1
    )


def test_a_refusal_has_an_empty_session_id(ask: Ask) -> None:
    assert ask(CALLBACK, b"[]").json() == {
        "resultcode": "1010002",
        "resultdesc": "Invalid request.",
        "sessionId": "",
    }


def test_idle_ports_are_told_to_who_asks(ask: Ask) -> None:
    assert ask(CALLBACK, callback(returnIdlePort="true")).json()["idlePort"] > 0
    assert "idlePort" not in ask(CALLBACK, callback(returnIdlePort="false")).json()


@pytest.mark.parametrize("path", [CALLBACK, "/nowhere"])
def test_the_platform_closes_every_connection_itself(platform: Platform, path: str) -> None:
    with socket.create_connection(("127.0.0.1", httpx2.URL(platform.url).port or 0), 10) as line:
        line.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n[]".encode())

        received = b"".join(iter(lambda: line.recv(4096), b""))

    assert b"\r\nConnection: close\r\n" in received


def test_an_unknown_path_is_a_page_and_no_result(ask: Ask) -> None:
    answer = ask("/rest/httpsessions/click2Call/v1.0", callback())

    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


def test_another_method_is_an_invalid_api(web: httpx2.Client, platform: Platform) -> None:
    assert code(web.get(platform.url + CALLBACK, headers=headers(token()))) == (403, "1010006")


# Who asks


@pytest.mark.parametrize(
    ("authorization", "expected"),
    [
        (None, "1023006"),
        ('WSSE realm="SDP",profile="UsernameToken",type="Appkey"', "1023006"),
        ('AKSK profile="UsernameToken",type="Appkey"', "1023007"),
        ('AKSK realm="SDP",type="Appkey"', "1023008"),
        ('AKSK realm="sdp",profile="UsernameToken",type="Appkey"', "1023009"),
        ('AKSK realm="SDP",profile="Username",type="Appkey"', "1023010"),
        ('AKSK realm="SDP",profile="UsernameToken",type="App"', "1023011"),
        ('AKSK realm="SDP",profile="UsernameToken"', "1023012"),
    ],
)
def test_each_fault_of_the_authorization_header_has_its_code(
    platform: Platform, ask: Ask, authorization: str | None, expected: str
) -> None:
    given = without(headers(token()), "Authorization")

    if authorization is not None:
        given["Authorization"] = authorization

    assert code(ask(CALLBACK, callback(), given)) == (400, expected)
    assert not platform.dials


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ("Username", "1023034"),
        ("Nonce", "1023035"),
        ("Created", "1023036"),
        ("PasswordDigest", "1023037"),
    ],
)
def test_each_part_missing_from_the_token_has_its_code(
    ask: Ask, missing: str, expected: str
) -> None:
    given = headers(without(token(), missing))

    assert code(ask(CALLBACK, callback(), given)) == (400, expected)


def test_a_missing_token_and_one_of_another_sort_have_their_codes(ask: Ask) -> None:
    given = headers(token())
    other = {**given, "X-AKSK": given["X-AKSK"].removeprefix("UsernameToken ")}

    assert code(ask(CALLBACK, callback(), without(given, "X-AKSK"))) == (400, "1023033")
    assert code(ask(CALLBACK, callback(), other)) == (400, "1023038")


def test_an_app_that_is_not_known_is_refused(ask: Ask) -> None:
    given = headers(token(username="Somebody"))

    assert code(ask(CALLBACK, callback(), given)) == (403, "1010003")


def test_a_digest_made_with_another_secret_is_refused(platform: Platform, ask: Ask) -> None:
    assert code(ask(CALLBACK, callback(), headers(token(secret="other")))) == (401, "1010010")
    assert not platform.dials


def test_a_nonce_serves_once(platform: Platform, ask: Ask) -> None:
    given = headers(token())

    assert code(ask(CALLBACK, callback(), given)) == (200, "0")
    assert code(ask(CALLBACK, callback(), given)) == (401, "1010010")
    assert platform.dials == {CALLEE: 1}


def test_a_nonce_of_other_than_letters_and_digits_is_refused(ask: Ask) -> None:
    assert code(ask(CALLBACK, callback(), headers(token(nonce="a-b")))) == (401, "1010010")


def test_another_content_type_is_an_invalid_request(ask: Ask) -> None:
    given = {**headers(token()), "Content-Type": "application/json"}

    assert code(ask(CALLBACK, callback(), given)) == (403, "1010002")


@pytest.mark.parametrize(
    ("path", "body"),
    [(CALLBACK, callback()), (NOTIFICATION, notification()), (VERIFICATION, verification())],
)
def test_created_is_beijing_time_where_calls_are_concerned(
    ask: Ask, path: str, body: dict[str, object]
) -> None:
    in_utc = headers(token(zone=timedelta(0)))

    assert code(ask(path, body)) == (200, "0")
    assert code(ask(path, body, in_utc)) == (401, "1010013")


def test_created_is_beijing_time_where_a_call_is_ended(ask: Ask) -> None:
    body = {"sessionid": "1201_1_1_1@x", "signal": "call_stop"}

    assert code(ask(STOP, body)) == (500, "1020152")
    assert code(ask(STOP, body, headers(token(zone=timedelta(0))))) == (401, "1010013")


def test_created_is_utc_where_a_recording_is_asked_for(
    web: httpx2.Client, platform: Platform
) -> None:
    query = {"fileName": "none.wav", "recordDomain": "x"}
    in_beijing = web.get(platform.url + RECORDING, params=query, headers=headers(token()))

    assert code(location(web, platform, **query)) == (403, "1012007")
    assert code(in_beijing) == (401, "1010013")


@pytest.mark.parametrize("minutes", [-16, 16])
def test_created_may_be_off_by_a_quarter_of_an_hour(ask: Ask, minutes: int) -> None:
    nearly = timedelta(minutes=minutes) * 14 / 16

    assert code(ask(CALLBACK, callback(), headers(token(off=nearly)))) == (200, "0")
    far = headers(token(off=timedelta(minutes=minutes)))
    assert code(ask(CALLBACK, callback(), far)) == (401, "1010013")


def test_repeated_failures_shut_an_address_out_for_a_while(web: httpx2.Client, make: Make) -> None:
    now = [datetime.now(UTC)]
    platform = make(now=lambda: now[0], auth_failures=3, shut_out_for=60)
    ask = asker(web, platform)

    def wrong() -> tuple[int, str]:
        return code(ask(CALLBACK, callback(), headers(token(secret="other"))))

    assert [wrong() for _ in range(3)] == [(401, "1010010")] * 3
    assert code(ask(CALLBACK, callback())) == (403, "1020176")
    now[0] += timedelta(seconds=61)
    assert code(ask(CALLBACK, callback(), headers(token(now=now[0])))) == (200, "0")


def test_a_success_forgets_the_failures_before_it(web: httpx2.Client, make: Make) -> None:
    ask = asker(web, make(auth_failures=2))
    wrong = {"path": CALLBACK, "body": callback()}

    for _ in range(3):
        assert code(ask(**wrong, given=headers(token(secret="other")))) == (401, "1010010")
        assert code(ask(CALLBACK, callback())) == (200, "0")


# What is asked


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        (CALLBACK, b"{", (403, "1010002")),
        (CALLBACK, without(callback(), "calleeNbr"), (403, "1010002")),
        (CALLBACK, callback(displayNbr="075500000001"), (403, "1010023")),
        (CALLBACK, callback(displayCalleeNbr="+0"), (403, "1010023")),
        (CALLBACK, callback(callerNbr="13100000001"), (403, "1010024")),
        (CALLBACK, callback("13100000002"), (500, "1020001")),
        (CALLBACK, callback(maxDuration=1441), (500, "1020001")),
        (CALLBACK, callback(maxDuration="5"), (500, "1020001")),
        (CALLBACK, callback(recordFlag=True), (500, "1020001")),
        (CALLBACK, callback(userData="{}"), (500, "1020001")),
        (CALLBACK, callback(userData="客户"), (500, "1020001")),
        (CALLBACK, callback(statusUrl="https://sp.example/status"), (500, "1020001")),
        (
            CALLBACK,
            callback(feeUrl=base64.b64encode(b"https://sp.example/fee?a=b").decode()),
            (500, "1020001"),
        ),
        (NOTIFICATION, notification(playInfoList=[]), (500, "1020001")),
        (NOTIFICATION, notification(playInfoList=["welcome.wav"]), (500, "1020001")),
        (NOTIFICATION, notification(playInfoList=[{"collectInd": 1}]), (403, "1010002")),
        (NOTIFICATION, notification(playInfoList=[{"templateId": "a"}]), (403, "1010002")),
        (VERIFICATION, verification(verifyCode="12a4"), (500, "1020001")),
        (VERIFICATION, verification(languageType=1), (500, "1020001")),
        (VERIFICATION, verification(times=10), (500, "1020001")),
        (STOP, {"sessionId": "x", "signal": "call_stop"}, (403, "1010002")),
        (STOP, {"sessionid": "x", "signal": "stop"}, (500, "1020001")),
    ],
)
def test_wrong_parameters_are_refused_and_no_call_is_placed(
    platform: Platform, ask: Ask, path: str, body: object, expected: tuple[int, str]
) -> None:
    assert code(ask(path, body)) == expected
    assert not platform.dials


def test_only_numbers_that_were_ordered_are_displayed(web: httpx2.Client, make: Make) -> None:
    ask = asker(web, make(displays=[DISPLAY]))

    assert code(ask(CALLBACK, callback())) == (200, "0")
    other = callback(displayCalleeNbr="+8675500000009")
    assert code(ask(CALLBACK, other)) == (403, "1010023")


def test_an_app_without_recording_refuses_to_record(web: httpx2.Client, make: Make) -> None:
    ask = asker(web, make(records=False))

    assert code(ask(CALLBACK, callback(recordFlag="true"))) == (403, "1012012")
    assert code(ask(CALLBACK, callback(recordFlag="false"))) == (200, "0")


@pytest.mark.parametrize(
    ("values", "is_right"),
    [
        (["3", "人民公园正门"], True),
        (["3"], False),
        (["300", "人民公园正门"], False),
        (["x", "人民公园正门"], False),
        (["3", "$"], False),
    ],
)
def test_a_template_takes_the_values_that_its_variables_allow(
    web: httpx2.Client, make: Make, values: list[str], is_right: bool
) -> None:
    ask = asker(web, make(templates={"parcels": ["NUM_2", "TXT_32"]}))
    parts = [{"templateId": "parcels", "templateParas": values}]

    answer = code(ask(NOTIFICATION, notification(playInfoList=parts)))

    assert answer == ((200, "0") if is_right else (403, "1012005"))


def test_names_that_no_table_lists_are_noted_and_passed_over(platform: Platform, ask: Ask) -> None:
    parts = [{"notifyVoice": "a.wav", "collectContentTriggerReplacing": "1"}]

    assert code(ask(VERIFICATION, verification(postOne="bye.wav"))) == (200, "0")
    assert code(ask(NOTIFICATION, notification(playInfoList=parts))) == (200, "0")

    noted = [request.unknown for request in platform.requests]
    assert noted == [("postOne",), ("playInfoList[0].collectContentTriggerReplacing",)]


# A call's life


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


# What the numbers choose


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


# The command


def simulate(**options: object) -> str:
    """The command, stopped as soon as it has started; what it printed."""
    command = simulate_huawei.Command()
    command.stop.set()
    printed = StringIO()
    call_command(command, stdout=printed, **options)
    return printed.getvalue()


def test_the_command_has_the_account_call_it(db: None) -> None:
    printed = simulate(port=0)

    account = VendorAccount.objects.get(vendor="huawei", name="Demo")
    settings = accounts.settings_of(account)
    assert f"simulated: {settings['base_url']}\n" in printed
    assert "+8613800000029  flow control" in printed
    assert settings["app_key"]
    assert settings["app_secret"] not in printed


def test_the_command_keeps_the_credentials_of_an_account(
    make_account: Callable[..., VendorAccount],
) -> None:
    given = {"app_key": KEY, "app_secret": SECRET}
    account = make_account("huawei", "Ours", **given)

    simulate(port=0, account="Ours")

    settings = accounts.settings_of(account)
    assert {key: settings[key] for key in given} == given


def test_the_command_does_not_take_a_real_platforms_place(
    make_account: Callable[..., VendorAccount],
) -> None:
    address = "https://rtccall.cn-north-1.myhuaweicloud.cn:443"
    account = make_account("huawei", "Demo", base_url=address)

    with pytest.raises(CommandError, match=r"calls rtccall.*--account"):
        simulate(port=0)

    account.refresh_from_db()
    assert account.options["base_url"] == address


def test_the_command_says_that_an_account_is_disabled(
    make_account: Callable[..., VendorAccount],
) -> None:
    account = make_account("huawei", "Demo")
    account.is_enabled = False
    account.save(update_fields=["is_enabled"])

    with pytest.raises(CommandError, match="disabled"):
        simulate(port=0)


def test_the_command_says_that_its_port_is_taken(db: None, receiver: Receiver) -> None:
    with pytest.raises(CommandError, match="cannot be listened on"):
        simulate(port=httpx2.URL(receiver.url).port)

"""The simulated Huawei platform, asked over real HTTP, does what Huawei's document says."""

import base64
import hashlib
import hmac
import json
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2
import pytest

from vendors.simulator.huawei_platform.platform import Platform

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

"""Huawei's client: what it writes to the byte, what it makes of answers, and what it knows when
there is none."""

import gzip
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.servers import free_port
from vendors.adapters.huawei.client import Client
from vendors.adapters.huawei.exchange import MOST_BYTES, MOST_RAW, Patience
from vendors.adapters.huawei.outbound import OUTBOUND
from vendors.adapters.outbound import Fault, NoAnswerError, NotSentError, Result
from vendors.downloading.transport import Guarded

Json = dict[str, Any]
Ask = Callable[..., Result]

NONCE = "66C92B11FF8A425FB8D4CCFE0ED9ED1F"
NOW = datetime(2018, 2, 12, 7, 30, 20, tzinfo=UTC)
BEIJING, GREENWICH, BETWEEN = (
    "2018-02-12T15:30:20Z",
    "2018-02-12T07:30:20Z",
    "2018-02-12T13:00:20Z",
)
# printf %s "$nonce$created" | openssl dgst -sha256 -hmac example-app-secret -binary | base64
DIGESTS = {
    BEIJING: "cT2yQosKRfqTn/r/6vaPrhHiH2eGlJKoAacxJiLVwwc=",
    GREENWICH: "jJMid6z9AljvI/8GZTb0sJQKmMINJ2NoCBAPHnruQ/Y=",
    BETWEEN: "o3PB1pKcockqB9QXMua8+CiRuM0Wgjwytq8D+O0+PaI=",
}
SESSION = "1200_366_0_20161228102743@callenabler.home1.com"
ACCEPTED: Json = {"resultcode": "0", "resultdesc": "Success", "sessionId": SESSION}
PLAYED: Json = {"playInfoList": [{"templateId": "t", "templateParas": ["人民公园正门"]}]}

OPERATIONS: dict[str, Ask] = {
    "callback": lambda client, **more: client.create_voice_callback({"a": "b"}, **more),
    "notification": lambda client, **more: client.create_voice_notification(PLAYED, **more),
    "verification": lambda client, **more: client.create_voice_verification({"a": 2}, **more),
    "termination": lambda client, **more: client.terminate_call(SESSION, **more),
    "recording": lambda client, **more: client.recording_address("a b.wav", "huawei", **more),
}
PATHS = {
    "callback": "/rest/httpsessions/click2Call/v2.0",
    "notification": "/rest/httpsessions/callnotify/v2.0",
    "verification": "/rest/httpsessions/callVerify/v1.0",
    "termination": "/rest/httpsessions/callStop/v2.0",
    "recording": "/rest/provision/voice/record/v1.0",
}
EACH = pytest.mark.parametrize("name", OPERATIONS)
CALLS = pytest.mark.parametrize("name", [one for one in OPERATIONS if one != "recording"])


def client_of(transport: httpx2.BaseTransport, **more: Any) -> Client:
    given: Json = {
        "base_url": "https://rtccall.example:443",
        "app_key": "example-app-key",
        "app_secret": "example-app-secret",
        "transport": transport,
        "now": lambda: NOW,
        "nonce": lambda: NONCE,
    }
    return Client(**given | more)


def answering(answer: httpx2.Response | Exception, asked: list[httpx2.Request]) -> Any:
    def handle(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return httpx2.MockTransport(handle)


def result_of(name: str, answer: httpx2.Response | Exception) -> Result:
    return OPERATIONS[name](client_of(answering(answer, [])))


def request_of(name: str, **more: Any) -> httpx2.Request:
    asked: list[httpx2.Request] = []
    answer = httpx2.Response(200, json=ACCEPTED)
    if name == "recording":
        answer = httpx2.Response(301, headers={"Location": "https://files.example/a"})

    OPERATIONS[name](client_of(answering(answer, asked), **more))

    [request] = asked
    return request


def no_answer(name: str, answer: httpx2.Response | Exception) -> NoAnswerError:
    with pytest.raises(NoAnswerError) as raised:
        result_of(name, answer)
    return raised.value


# What is written.


@EACH
def test_a_request_goes_to_its_documented_address(name: str) -> None:
    request = request_of(name)

    assert request.method == ("GET" if name == "recording" else "POST")
    assert (request.url.scheme, request.url.host) == ("https", "rtccall.example")
    assert request.url.path == PATHS[name]


@EACH
@pytest.mark.parametrize(
    ("base", "before"),
    [
        ("https://rtccall.example/", ""),
        ("http://127.0.0.1:8080/sandbox", "/sandbox"),
        ("https://rtccall.example:10443/a/b/?old=1#top", "/a/b"),
    ],
)
def test_the_access_address_may_have_a_path(name: str, base: str, before: str) -> None:
    assert request_of(name, base_url=base).url.path == before + PATHS[name]


@EACH
def test_a_request_is_signed_as_documented(name: str) -> None:
    created = GREENWICH if name == "recording" else BEIJING

    headers = request_of(name).headers

    assert headers["Authorization"] == 'AKSK realm="SDP",profile="UsernameToken",type="Appkey"'
    assert headers["X-AKSK"] == (
        'UsernameToken Username="example-app-key",'
        f'PasswordDigest="{DIGESTS[created]}",Nonce="{NONCE}",Created="{created}"'
    )


@EACH
def test_an_accounts_own_offset_counts_for_every_operation(name: str) -> None:
    header = request_of(name, created_utc_offset=5.5).headers["X-AKSK"]

    assert f'PasswordDigest="{DIGESTS[BETWEEN]}"' in header
    assert f'Created="{BETWEEN}"' in header


def test_an_offset_of_nought_is_an_offset() -> None:
    assert GREENWICH in request_of("callback", created_utc_offset=0.0).headers["X-AKSK"]


@EACH
def test_the_content_type_is_given_on_every_request(name: str) -> None:
    assert request_of(name).headers["Content-Type"] == "application/json;charset=UTF-8"


@EACH
def test_a_request_asks_for_a_short_connection_and_a_plain_body(name: str) -> None:
    headers = request_of(name).headers

    assert (headers["Connection"], headers["Accept-Encoding"]) == ("close", "identity")


@CALLS
def test_the_query_of_a_call_is_empty(name: str) -> None:
    assert request_of(name, base_url="https://rtccall.example/?app_key=1").url.query == b""


def test_a_recording_is_asked_for_by_name_and_domain() -> None:
    request = request_of("recording")

    assert request.url.query == b"fileName=a%20b.wav&recordDomain=huawei"
    assert request.content == b""


def test_chinese_is_sent_as_it_is() -> None:
    assert "人民公园正门".encode() in request_of("notification").content


def test_ending_a_call_writes_its_session_in_lower_case() -> None:
    sent = json.loads(request_of("termination").content)

    assert sent == {"sessionid": SESSION, "signal": "call_stop"}


def test_each_request_has_a_nonce_of_its_own() -> None:
    asked: list[httpx2.Request] = []
    client = Client(
        base_url="https://rtccall.example",
        app_key="k",
        app_secret="s",
        transport=answering(httpx2.Response(200, json=ACCEPTED), asked),
    )

    client.terminate_call("1")
    client.terminate_call("1")

    nonces = {one.headers["X-AKSK"].partition('Nonce="')[2].partition('"')[0] for one in asked}
    assert len(nonces) == 2
    assert all(one.isalnum() and one.isascii() and 1 <= len(one) <= 128 for one in nonces)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("base_url", "rtccall.example"),
        ("base_url", "ftp://rtccall.example"),
        ("base_url", "https://"),
        ("base_url", "https://rtccall.example:port"),
        ("app_key", 'quo"ted'),
        ("app_key", "two\nlines"),
        ("app_key", "钥匙"),
    ],
)
def test_a_setting_that_cannot_be_used_sends_nothing(setting: str, value: str) -> None:
    asked: list[httpx2.Request] = []
    client = client_of(answering(httpx2.Response(200), asked), **{setting: value})

    with pytest.raises(NotSentError) as raised:
        client.terminate_call("1")

    assert (raised.value.fault, raised.value.detail) == (Fault.SETTING_MISSING, setting)
    assert asked == []


# What answers mean.


@CALLS
def test_result_code_0_is_accepted(name: str) -> None:
    result = result_of(name, httpx2.Response(200, json=ACCEPTED))

    assert result.is_accepted
    assert (result.code, result.description) == ("0", "Success")
    assert (result.call_id, result.http_status) == (SESSION, 200)
    assert json.loads(result.raw) == ACCEPTED


@pytest.mark.parametrize("code", ["0", 0, 0.0, " 0 "])
def test_the_code_may_come_as_text_or_number(code: Any) -> None:
    assert result_of("callback", httpx2.Response(200, json={"resultcode": code})).is_accepted


def test_an_accepted_call_may_have_no_session() -> None:
    result = result_of("callback", httpx2.Response(200, json=ACCEPTED | {"sessionId": ""}))

    assert (result.is_accepted, result.call_id) == (True, "")


def test_what_else_an_answer_says_is_kept() -> None:
    answer = ACCEPTED | {"idlePort": 17, "new": ["x"]}

    result = result_of("callback", httpx2.Response(200, json=answer))

    assert result.extra == {"idlePort": 17, "new": ["x"]}


@EACH
@pytest.mark.parametrize(("status", "code"), [(403, "1010010"), (500, 1020001), (200, "1013121")])
def test_any_other_result_code_is_a_refusal(name: str, status: int, code: str | int) -> None:
    answer = httpx2.Response(status, json={"resultcode": code, "resultdesc": "No."})

    result = result_of(name, answer)

    assert not result.is_accepted
    assert (result.http_status, result.code, result.description) == (status, str(code), "No.")


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_recording_is_answered_with_a_redirect_that_is_not_followed(status: int) -> None:
    answer = httpx2.Response(status, headers={"Location": "https://files.example/a.wav?sign=1"})

    result = result_of("recording", answer)

    assert (result.is_accepted, result.http_status) == (True, status)
    assert result.location == "https://files.example/a.wav?sign=1"


@pytest.mark.parametrize("status", [301, 304, 400, 401, 404, 405, 429])
@EACH
def test_a_refusal_by_somebody_else_has_no_code(name: str, status: int) -> None:
    result = result_of(name, httpx2.Response(status, text="<html>no such address</html>"))

    assert (result.is_accepted, result.code, result.http_status) == (False, "", status)


@pytest.mark.parametrize("status", [200, 204, 408, 500, 502, 504])
@EACH
def test_an_answer_that_leaves_open_what_was_done_is_none(name: str, status: int) -> None:
    error = no_answer(name, httpx2.Response(status, text="upstream?"))

    assert (error.fault, error.http_status, error.raw) == (Fault.MALFORMED, status, "upstream?")


@EACH
@pytest.mark.parametrize("status", [201, 403, 500])
def test_success_with_another_status_is_no_answer(name: str, status: int) -> None:
    error = no_answer(name, httpx2.Response(status, json=ACCEPTED))

    assert (error.fault, error.http_status) == (Fault.MALFORMED, status)


def test_success_without_a_location_is_no_answer_about_a_recording() -> None:
    assert no_answer("recording", httpx2.Response(200, json=ACCEPTED)).fault is Fault.MALFORMED


HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "a list": b"[]",
    "null": b"null",
    "deep lists": b"[" * 60_000,
    "deep objects": b'{"a":' * 10_000,
    "no code": b'{"resultdesc":"Success"}',
    "an empty code": b'{"resultcode":""}',
    "a code that is a list": b'{"resultcode":["0"]}',
    "a code that is true": b'{"resultcode":true}',
    "an endless code": b'{"resultcode":"' + b"0" * 40 + b'"}',
    "two codes": b'{"resultcode":"0","resultcode":"1010002"}',
    "not a number": b'{"resultcode":',
    "gzip": gzip.compress(b'{"resultcode":"0"}'),
    "UTF-16": '{"resultcode":"0"}'.encode("utf-16"),
    "a NUL": b"\x00",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=list(HOSTILE))
def test_a_hostile_answer_is_no_answer(body: bytes) -> None:
    error = no_answer("callback", httpx2.Response(200, content=body))

    assert error.fault is Fault.MALFORMED
    assert "\x00" not in error.raw


def test_an_answer_that_claims_to_be_packed_is_read_as_it_is() -> None:
    stream = httpx2.ByteStream(json.dumps(ACCEPTED).encode())
    answer = httpx2.Response(200, headers={"Content-Encoding": "gzip"}, stream=stream)

    assert result_of("callback", answer).is_accepted


ODD: dict[str, bytes] = {
    "a number without end": b'{"resultcode":"1010002","n":' + b"9" * 5000 + b"}",
    "infinity": b'{"resultcode":"1010002","n":1e999,"m":-Infinity,"o":NaN}',
    "a lone surrogate": b'{"resultcode":"1010002","resultdesc":"\\ud800","\\udfff":"\\ud800"}',
    "a deep corner": b'{"resultcode":"1010002","n":' + b"[" * 500 + b"]" * 500 + b"}",
    "a description that is no text": b'{"resultcode":"1010002","resultdesc":{"a":[1]}}',
    "a session without end": b'{"resultcode":"1010002","sessionId":"' + b"s" * 9000 + b'"}',
    "another character set": '{"resultcode":"1010002","resultdesc":"非法请求。"}'.encode("gb18030"),
    "broken UTF-8": b'{"resultcode":"1010002","resultdesc":"\xff\xfe\xc3"}',
    "a byte order mark": b'\xef\xbb\xbf{"resultcode":"1010002"}',
}


@pytest.mark.parametrize("body", ODD.values(), ids=list(ODD))
def test_the_code_is_read_from_an_odd_answer(body: bytes) -> None:
    result = result_of("callback", httpx2.Response(403, content=body))

    assert (result.is_accepted, result.code) == (False, "1010002")
    assert json.dumps([result.raw, result.description, result.extra], ensure_ascii=False).encode()


@settings(deadline=None, database=None)
@given(st.integers(200, 599), st.binary(max_size=200))
def test_no_bytes_raise_anything_but_no_answer(status: int, body: bytes) -> None:
    with suppress(NoAnswerError):
        result = result_of("callback", httpx2.Response(status, content=body))
        assert result.is_accepted == (status == 200 and result.code == "0")


def test_only_the_beginning_of_an_endless_answer_is_read() -> None:
    read: list[int] = []

    class Endless(httpx2.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                read.append(1024)
                yield b"x" * 1024

    error = no_answer("callback", httpx2.Response(200, stream=Endless()))

    assert MOST_BYTES < sum(read) <= MOST_BYTES + 1024
    assert len(error.raw) == MOST_RAW


# Errors of the transport, by their sort where nothing tells whether anything was written.


def behind(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (behind(httpx2.ConnectError("x"), socket.gaierror(-2, "unknown")), Fault.NO_ADDRESS),
        (behind(httpx2.ConnectError("x"), ssl.SSLCertVerificationError()), Fault.NO_TLS),
        (httpx2.ConnectError("refused"), Fault.NOT_CONNECTED),
        (httpx2.ConnectTimeout("slow"), Fault.CONNECT_TIMED_OUT),
        (httpx2.PoolTimeout("full"), Fault.CONNECT_TIMED_OUT),
        (httpx2.UnsupportedProtocol("x"), Fault.NOT_CONNECTED),
    ],
)
def test_an_error_before_writing_sent_nothing(error: Exception, fault: Fault) -> None:
    with pytest.raises(NotSentError) as raised:
        result_of("callback", error)

    assert raised.value.fault is fault


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (httpx2.ReadTimeout("slow"), Fault.TIMED_OUT),
        (httpx2.WriteTimeout("slow"), Fault.TIMED_OUT),
        (httpx2.ReadError("reset"), Fault.CUT),
        (httpx2.WriteError("reset"), Fault.CUT),
        (httpx2.RemoteProtocolError("gone"), Fault.CUT),
    ],
)
def test_an_error_after_writing_leaves_open_what_happened(error: Exception, fault: Fault) -> None:
    assert no_answer("callback", error).fault is fault


# A real connection.

QUICK = Patience(connect=5, write=5, read=5, whole=5, closing=5)
BODY = json.dumps(ACCEPTED).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY)


class Platform:
    """A server of one connection: ``play`` says what it does with it."""

    def __init__(self, play: Callable[["Platform"], None]) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._play = play
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.connection: socket.socket
        self.is_connected = threading.Event()
        self.is_released = threading.Event()
        self.heard = b""
        self.failed: BaseException | None = None

    def _run(self) -> None:
        try:
            self.connection, _ = self._listener.accept()
            self.connection.settimeout(10)
            self.is_connected.set()
            with self.connection:
                self._play(self)
        except BaseException as error:
            self.failed = error

    def hear(self) -> None:
        """Read a whole request, or until the client closes."""
        while b"\r\n\r\n" not in self.heard or not self.heard.endswith(b"}"):
            part = self.connection.recv(65536)
            if not part:
                return
            self.heard += part

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """See it done, or fail as it failed."""
        self.is_released.set()
        self._thread.join(10)
        self._listener.close()
        if self.failed is not None:
            raise self.failed


@contextmanager
def platform(play: Callable[[Platform], None]) -> Iterator[Platform]:
    server = Platform(play)
    server.start()
    yield server
    server.end()


class ToWhomIsAsked(Guarded):
    """The portal's own transport, as if each address asked were the account's."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return Guarded.to(str(request.url)).handle_request(request)


@pytest.fixture
def transport() -> Guarded:
    return ToWhomIsAsked()


def answer(server: Platform) -> None:
    server.hear()
    server.connection.sendall(HEAD + BODY)


def ask(
    url: str,
    transport: httpx2.BaseTransport,
    before_write: Callable[[], None] = lambda: None,
    patience: Patience = QUICK,
) -> Result:
    client = client_of(transport, base_url=url, patience=patience)
    return client.create_voice_callback({"a": "b"}, before_write=before_write)


def test_a_request_is_written_and_its_answer_read(transport: Guarded) -> None:
    with platform(answer) as server:
        result = ask(server.url, transport)

    assert result.call_id == SESSION
    assert server.heard.startswith(b"POST /rest/httpsessions/click2Call/v2.0 HTTP/1.1\r\n")
    assert server.heard.endswith(b'\r\n\r\n{"a":"b"}')


def test_nothing_is_written_of_whom_we_are(transport: Guarded) -> None:
    with platform(answer) as server:
        ask(server.url, transport)

    lines = server.heard.partition(b"\r\n\r\n")[0].splitlines()[1:]
    names = {line.partition(b":")[0].lower().decode() for line in lines}
    assert names == {
        "host",
        "authorization",
        "x-aksk",
        "content-type",
        "content-length",
        "accept-encoding",
        "connection",
    }


def test_leave_is_asked_once_before_the_first_byte(transport: Guarded) -> None:
    arrived: list[bytes | None] = []

    def peek() -> None:
        assert server.is_connected.wait(10)
        server.connection.setblocking(False)
        try:
            arrived.append(server.connection.recv(1))
        except BlockingIOError:
            arrived.append(None)
        server.connection.settimeout(10)
        server.is_released.set()

    def wait_and_answer(server: Platform) -> None:
        assert server.is_released.wait(10)
        answer(server)

    with platform(wait_and_answer) as server:
        ask(server.url, transport, before_write=peek)

    assert arrived == [None]


class NoLeaveError(Exception):
    pass


@pytest.mark.parametrize("refusal", [NoLeaveError("no"), OSError("disk"), KeyboardInterrupt()])
def test_without_leave_nothing_is_written(transport: Guarded, refusal: BaseException) -> None:
    def refuse() -> None:
        raise refusal

    with platform(Platform.hear) as server, pytest.raises(type(refusal)) as raised:
        ask(server.url, transport, before_write=refuse)

    assert raised.value is refusal
    assert server.heard == b""


def test_the_platform_closes_first(transport: Guarded) -> None:
    def answer_and_listen(server: Platform) -> None:
        answer(server)
        server.connection.settimeout(0.2)
        with pytest.raises(TimeoutError):  # an early close would be read as b""
            server.connection.recv(1)

    with platform(answer_and_listen) as server:
        result = ask(server.url, transport)

    assert result.is_accepted


def test_a_platform_that_does_not_close_is_left_with_its_answer(
    transport: Guarded,
) -> None:
    def answer_and_wait(server: Platform) -> None:
        answer(server)
        assert server.connection.recv(1) == b""

    patience = Patience(closing=0.1)

    with platform(answer_and_wait) as server:
        result = ask(server.url, transport, patience=patience)

    assert result.is_accepted


def test_a_connection_that_ends_after_the_request_is_cut(
    transport: Guarded,
) -> None:
    with platform(Platform.hear) as server, pytest.raises(NoAnswerError) as raised:
        ask(server.url, transport)

    assert (raised.value.fault, raised.value.http_status) == (Fault.CUT, None)


def test_what_came_of_a_cut_answer_is_kept(transport: Guarded) -> None:
    def half(server: Platform) -> None:
        server.hear()
        server.connection.sendall(HEAD + BODY[:17])

    with platform(half) as server, pytest.raises(NoAnswerError) as raised:
        ask(server.url, transport)

    assert (raised.value.fault, raised.value.http_status) == (Fault.CUT, 200)
    assert raised.value.raw == BODY[:17].decode()


def test_an_answer_that_does_not_come_in_time_is_none(transport: Guarded) -> None:
    def wait(server: Platform) -> None:
        server.hear()
        server.is_released.wait(10)

    with platform(wait) as server, pytest.raises(NoAnswerError) as raised:
        ask(server.url, transport, patience=Patience(read=0.1))

    assert raised.value.fault is Fault.TIMED_OUT


@pytest.mark.parametrize("beginning", [HEAD[:12], HEAD + BODY[:17]])
def test_an_answer_that_trickles_is_cut_off(transport: Guarded, beginning: bytes) -> None:
    def begin(server: Platform) -> None:
        server.hear()
        server.connection.sendall(beginning)
        server.is_released.wait(10)

    with platform(begin) as server, pytest.raises(NoAnswerError) as raised:
        ask(server.url, transport, patience=Patience(read=60, whole=0.2))

    assert raised.value.fault is Fault.TIMED_OUT


def test_a_connection_that_is_refused_sent_nothing(transport: Guarded) -> None:
    asked: list[None] = []

    with pytest.raises(NotSentError) as raised:
        ask(f"http://127.0.0.1:{free_port()}", transport, lambda: asked.append(None))

    assert raised.value.fault is Fault.NOT_CONNECTED
    assert asked == []


def test_a_server_without_tls_is_sent_nothing(transport: Guarded) -> None:
    def speak_plainly(server: Platform) -> None:
        server.connection.recv(1)
        server.connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with platform(speak_plainly) as server, pytest.raises(NotSentError) as raised:
        ask(server.url.replace("http:", "https:"), transport)

    assert raised.value.fault is Fault.NO_TLS


def test_a_host_that_cannot_exist_has_no_address(transport: Guarded) -> None:
    with pytest.raises(NotSentError) as raised:
        ask(f"https://{'a' * 64}.invalid", transport)

    assert raised.value.fault is Fault.NO_ADDRESS


@EACH
def test_asking_writes_no_log(name: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        request_of(name)

    assert caplog.records == []


# As the portal calls it.

SETTINGS = {
    "app_key": "example-app-key",
    "app_secret": "example-app-secret",
    "base_url": "https://rtccall.example",
}


def send(settings: dict[str, str], operation: str, parameters: Json) -> list[httpx2.Request]:
    asked: list[httpx2.Request] = []
    OUTBOUND.send(
        settings,
        operation,
        parameters,
        transport=answering(httpx2.Response(200, json=ACCEPTED), asked),
        before_write=lambda: None,
    )
    return asked


@pytest.mark.parametrize(
    ("operation", "name"),
    [
        ("voice_callback", "callback"),
        ("voice_notification", "notification"),
        ("voice_verification", "verification"),
    ],
)
def test_an_operation_sends_its_parameters_as_they_are(operation: str, name: str) -> None:
    [request] = send(SETTINGS, operation, PLAYED)

    assert request.url.path == PATHS[name]
    assert json.loads(request.content) == PLAYED


def test_ending_a_call_sends_its_session() -> None:
    [request] = send(SETTINGS, *OUTBOUND.end_call(SESSION))

    assert request.url.path == PATHS["termination"]
    assert json.loads(request.content)["sessionid"] == SESSION


def test_the_accounts_offset_is_obeyed() -> None:
    [request] = send(SETTINGS | {"created_utc_offset": "-12"}, "voice_callback", {})

    created = request.headers["X-AKSK"].partition('Created="')[2].rstrip('"')
    behind = datetime.now(UTC) - datetime.fromisoformat(created)
    assert round(behind.total_seconds() / 3600) == 12


@pytest.mark.parametrize("missing", SETTINGS)
def test_without_a_setting_nothing_is_sent(missing: str) -> None:
    with pytest.raises(NotSentError) as raised:
        send(SETTINGS | {missing: " "}, "voice_callback", {})

    assert (raised.value.fault, raised.value.detail) == (Fault.SETTING_MISSING, missing)

"""What a vendor hears at its push address, to the byte, and what is kept before it hears it."""

import hashlib
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.db import OperationalError, connection
from django.test import Client

from callportal.middleware import PushesFirst
from vendors import accounts, inbox
from vendors.adapters.base import Outcome
from vendors.doorbell import Doorbell
from vendors.models import Push, RefusedPush, VendorAccount
from vendors.registry import VENDORS
from vendors.tasks import process_pushes

pytestmark = pytest.mark.django_db

JSON = "application/json;charset=UTF-8"
TEXT = "text/plain; charset=utf-8"
OK_JSON = (200, JSON, b'{"code":0,"message":"success"}')
KEPT = {
    "voicepush": OK_JSON,
    "nxcloud": OK_JSON,
    "yeta": (200, TEXT, b"success"),
    "huawei": (200, JSON, b'{"resultcode":"0","resultdesc":"Success"}'),
}
REFUSED_TEXT = {401: (401, TEXT, b"unauthorized"), 403: (403, TEXT, b"forbidden")}
REFUSED = {
    "voicepush": REFUSED_TEXT,
    "nxcloud": REFUSED_TEXT,
    "yeta": REFUSED_TEXT,
    "huawei": {
        401: (401, JSON, b'{"resultcode":"401","resultdesc":"Unauthorized"}'),
        403: (403, JSON, b'{"resultcode":"403","resultdesc":"Forbidden"}'),
    },
}
EVERYBODY = {
    404: (404, TEXT, b"unknown address"),
    405: (405, TEXT, b"method not allowed"),
    413: (413, TEXT, b"too large"),
    503: (503, TEXT, b"unavailable"),
}
BODY = b'{"callId":"c1","call_uuid":"c1"}'

MakeAccount = Callable[..., VendorAccount]
Send = Callable[..., Any]


def heard(response: Any) -> tuple[int, str, bytes]:
    return response.status_code, response["Content-Type"], response.content


@pytest.fixture(params=VENDORS)
def vendor(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def account(vendor: str, make_account: MakeAccount) -> VendorAccount:
    return make_account(vendor)


@pytest.fixture
def kind(vendor: str) -> str:
    return VENDORS[vendor].kinds[0].key


def path_of(account: VendorAccount, kind: str) -> str:
    return accounts.webhooks(account)[kind].removeprefix("http://calls.example")


class Unreachable:
    """A database that does not answer any statement."""

    def __enter__(self) -> None:
        self._wrapper = connection.execute_wrapper(self._refuse)
        self._wrapper.__enter__()

    def __exit__(self, *args: Any) -> None:
        self._wrapper.__exit__(*args)

    @staticmethod
    def _refuse(*args: Any) -> None:
        raise OperationalError("the connection was lost")


@pytest.mark.parametrize(
    "body",
    [BODY, b"", b"not json", b"\xff\xfe\x00", b"a" * 1024 * 1024],
    ids=["readable", "empty", "text", "bytes", "1 MiB"],
)
def test_any_body_is_kept_and_thanked(
    vendor: str, account: VendorAccount, kind: str, push: Send, body: bytes
) -> None:
    response = push(account, kind, body)

    assert heard(response) == KEPT[vendor]
    assert bytes(Push.objects.get().body) == body


def test_a_repeat_is_thanked_and_counted(
    vendor: str, account: VendorAccount, kind: str, push: Send
) -> None:
    answers = [heard(push(account, kind, BODY)) for _ in range(3)]

    assert answers == [KEPT[vendor]] * 3
    assert Push.objects.get().repeats == 2


def test_a_repeat_to_another_kind_is_the_same_push(make_account: MakeAccount, push: Send) -> None:
    account = make_account("yeta")

    push(account, "receiveVoice", BODY)
    push(account, "receiveDialog", BODY)

    assert Push.objects.get().repeats == 1


def test_the_same_bytes_to_two_accounts_are_two_pushes(
    make_account: MakeAccount, push: Send
) -> None:
    for name in ("One", "Two"):
        push(make_account("yeta", name), "receiveVoice", BODY)

    assert Push.objects.count() == 2


def test_one_byte_more_than_a_mebibyte_is_too_large(
    account: VendorAccount, kind: str, push: Send
) -> None:
    response = push(account, kind, b"a" * (1024 * 1024 + 1))

    assert heard(response) == EVERYBODY[413]
    assert not Push.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.replace(path.split("/")[3], "a" * 32),
        lambda path: path.rsplit("/", 1)[0] + "/nothing",
        lambda path: path + "/",
        lambda path: path.replace("/hooks/", "/hooks//"),
        lambda path: path.replace("/hooks/", "/hooks/nobody-"),
        lambda path: path.upper().replace("/HOOKS/", "/hooks/"),
        lambda path: "/hooks/",
    ],
    ids=["token", "kind", "slash after", "slash between", "vendor", "capitals", "nothing"],
)
def test_an_unknown_address_is_404_and_never_a_redirect(
    account: VendorAccount, kind: str, client: Client, change: Callable[[str], str]
) -> None:
    response = client.post(change(path_of(account, kind)), BODY, content_type="text/plain")

    assert heard(response) == EVERYBODY[404]
    assert not Push.objects.exists()


def test_the_address_of_another_vendor_is_unknown(
    make_account: MakeAccount, client: Client
) -> None:
    path = path_of(make_account("nxcloud"), "call-result")
    make_account("voicepush")

    response = client.post(
        path.replace("nxcloud", "voicepush").replace("call-result", "cdr"), BODY, "x/y"
    )

    assert response.status_code == 404


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options", "trace"])
def test_anything_but_post_is_405_whether_the_address_exists_or_not(
    account: VendorAccount, kind: str, client: Client, method: str
) -> None:
    exists = getattr(client, method)(path_of(account, kind))
    does_not = getattr(client, method)("/hooks/nobody/here")

    for response in (exists, does_not):
        assert response.status_code == 405
        assert response["Allow"] == "POST"
    if method != "head":
        assert heard(exists) == heard(does_not) == EVERYBODY[405]


def test_a_sender_who_is_not_on_the_list_is_refused(
    vendor: str, make_account: MakeAccount, kind: str, push: Send
) -> None:
    account = make_account(vendor, allowed_ips="203.0.113.0/24")

    response = push(account, kind, BODY)

    assert heard(response) == REFUSED[vendor][403]
    assert not Push.objects.exists()
    trace = RefusedPush.objects.get()
    assert (trace.reason, trace.remote_address, trace.body) == ("address", "127.0.0.1", None)


def test_a_sender_on_the_list_is_welcome(
    vendor: str, make_account: MakeAccount, kind: str, push: Send
) -> None:
    account = make_account(vendor, allowed_ips="203.0.113.0/24 2001:db8::/32")

    answers = [
        heard(push(account, kind, BODY, REMOTE_ADDR=sender))
        for sender in ("203.0.113.9", "2001:db8::1", "::ffff:203.0.113.9")
    ]

    assert answers == [KEPT[vendor]] * 3


def test_a_disabled_account_refuses(
    vendor: str, account: VendorAccount, kind: str, push: Send
) -> None:
    account.is_enabled = False
    account.save(update_fields=["is_enabled"])

    assert heard(push(account, kind, BODY)) == REFUSED[vendor][403]
    assert RefusedPush.objects.get().reason == "disabled"


@pytest.mark.parametrize("vendor", ["huawei", "voicepush"])
def test_an_unsigned_push_is_refused_where_signatures_are_enforced(
    vendor: str, make_account: MakeAccount, kind: str, push: Send
) -> None:
    secret = {VENDORS[vendor].signed_with: "a secret of ours"}
    account = make_account(vendor, push_signature="enforce", **secret)

    response = push(account, kind, BODY)

    assert heard(response) == REFUSED[vendor][401]
    assert not Push.objects.exists()
    assert bytes(RefusedPush.objects.get().body or b"") == BODY


def test_when_nothing_can_keep_it_the_vendor_is_told_to_come_again(
    account: VendorAccount,
    kind: str,
    push: Send,
    caplog: pytest.LogCaptureFixture,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.SPOOL_MEGABYTES = 0
    monkeypatch.setattr(accounts, "DOOR_IS_TRUSTED_FOR", 0)
    path = path_of(account, kind)
    push(account, kind, BODY)  # the address is known

    with Unreachable():
        response = Client(raise_request_exception=False).post(path, BODY, "text/plain")

    assert heard(response) == EVERYBODY[503]
    assert "push could not be kept" in caplog.text
    assert path.split("/")[3] not in caplog.text


def test_a_dead_broker_does_not_cost_us_the_push(
    vendor: str,
    account: VendorAccount,
    kind: str,
    push: Send,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def dead(*args: Any, **options: Any) -> None:
        raise ConnectionError("no broker")

    monkeypatch.setattr(process_pushes, "apply_async", dead)
    monkeypatch.setattr("vendors.views.doorbell", Doorbell(process_pushes))

    assert heard(push(account, kind, BODY)) == KEPT[vendor]
    assert Push.objects.count() == 1


def test_a_connection_that_died_between_pushes_is_replaced(
    vendor: str, account: VendorAccount, kind: str, push: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    died: list[None] = []
    keep = inbox.keep

    def dies_once(*args: Any) -> Any:
        if not died:
            died.append(None)
            raise OperationalError("server closed the connection unexpectedly")
        return keep(*args)

    monkeypatch.setattr(inbox, "keep", dies_once)
    monkeypatch.setattr(connection, "close", lambda: None)  # the test's transaction lives in it

    assert heard(push(account, kind, BODY)) == KEPT[vendor]
    assert Push.objects.count() == 1


def test_no_answer_but_an_acknowledgement_says_success(vendor: str) -> None:
    for outcome in Outcome:
        answer = VENDORS[vendor].answer(outcome)
        assert (b"success" in answer.body.lower()) == (outcome is Outcome.KEPT)


def test_a_fault_of_ours_is_not_taken_for_thanks(
    account: VendorAccount, kind: str, push: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any) -> None:
        raise RuntimeError("success")

    monkeypatch.setattr(inbox, "keep", broken)

    assert heard(push(account, kind, BODY)) == EVERYBODY[503]


def test_the_edge_sets_no_cookie_and_wants_no_token(account: VendorAccount, kind: str) -> None:
    strict = Client(enforce_csrf_checks=True)

    response = strict.post(path_of(account, kind), BODY, content_type="text/plain")

    assert response.status_code == 200
    assert response.cookies == {}
    assert "Vary" not in response


@pytest.mark.parametrize(
    "content_type", ["application/json", "text/xml", "multipart/form-data", ""]
)
def test_any_content_type_is_taken(
    vendor: str, account: VendorAccount, kind: str, client: Client, content_type: str
) -> None:
    response = client.generic("POST", path_of(account, kind), BODY, content_type=content_type)

    assert heard(response) == KEPT[vendor]
    assert bytes(Push.objects.get().body) == BODY


def test_secrets_are_taken_out_before_a_push_is_kept(
    account: VendorAccount, kind: str, client: Client
) -> None:
    path = path_of(account, kind)
    digest = 'UsernameToken Username="k", PasswordDigest="c2VjcmV0", Nonce="n", Created="t"'

    client.post(
        f"{path}?timestamp=1&authCode=abcdef",
        BODY,
        content_type="text/plain",
        headers={"Authorization": "Basic c2VjcmV0", "Cookie": "a=secret", "X-AKSK": digest},
    )

    push = Push.objects.get()
    token = path.split("/")[3]
    kept = json.dumps(push.headers) + push.query + push.path
    for secret in ("c2VjcmV0", "a=secret", "abcdef", token):
        assert secret not in kept
    assert "timestamp=1" in push.query
    assert push.path.startswith(f"/hooks/{account.vendor}/****{token[-4:]}")
    assert bytes(push.digest) == hashlib.sha256(BODY).digest()


@pytest.mark.parametrize(
    ("hops", "sent", "seen"),
    [
        (0, "203.0.113.1", "127.0.0.1"),
        (1, "203.0.113.1", "203.0.113.1"),
        (1, "198.51.100.7, 203.0.113.1", "203.0.113.1"),
        (2, "198.51.100.7, 203.0.113.1, 10.0.0.1", "203.0.113.1"),
        (2, "203.0.113.1", "127.0.0.1"),
        (1, "203.0.113.1:5061", "203.0.113.1"),
        (1, "[2001:db8::1]:5061", "2001:db8::1"),
        (1, "", "127.0.0.1"),
    ],
)
def test_the_sender_is_counted_from_our_proxies_side(
    make_account: MakeAccount, push: Send, settings: Any, hops: int, sent: str, seen: str
) -> None:
    settings.TRUSTED_PROXIES = hops

    push(make_account("yeta"), "receiveVoice", BODY, headers={"X-Forwarded-For": sent})

    assert Push.objects.get().remote_address == seen


class Chunks(io.RawIOBase):
    """A request body without a length, as a server hands over a chunked one."""

    def __init__(self, size: int) -> None:
        self.left = size

    def read(self, most: int = -1) -> bytes:
        part = min(most, self.left)
        self.left -= part
        return b"a" * part


@pytest.mark.parametrize(("size", "status"), [(700_000, 200), (50_000_000, 413)])
def test_a_body_without_a_length_is_counted_as_it_is_read(
    make_account: MakeAccount, size: int, status: int
) -> None:
    stream = Chunks(size)
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path_of(make_account("yeta"), "receiveVoice"),
        "wsgi.input": stream,
        "wsgi.input_terminated": True,
        "SERVER_NAME": "calls.example",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": "127.0.0.1",
    }

    response = PushesFirst(lambda request: None)(WSGIRequest(environ))  # type: ignore[arg-type,return-value]

    assert response.status_code == status
    assert [push.size for push in Push.objects.all()] == ([size] if status == 200 else [])
    assert status == 200 or stream.left > 40_000_000

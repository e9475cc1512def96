"""Signed pushes: which are taken, which are turned away, and what is remembered of them."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from vendors import accounts, refusals
from vendors.adapters.base import Signed, Trust
from vendors.adapters.voicepush import signing as voicepush_signing
from vendors.models import Push, RefusedPush, SeenNonce, VendorAccount
from vendors.tasks import forget_old_nonces

pytestmark = pytest.mark.django_db

SECRET = "huawei secret"
TOKEN = "8D202AC288"
BODY = b'{"eventType":"fee","feeLst":[]}'
BEIJING = timedelta(hours=8)
NOW = datetime(2026, 11, 2, 3, 4, 5, tzinfo=UTC)

MakeAccount = Callable[..., VendorAccount]
Send = Callable[..., Any]


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def hmac_of(text: str, secret: str = SECRET) -> str:
    return b64(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())


def aksk(digest: str, nonce: str, created: str) -> dict[str, str]:
    words = f'Username="key", PasswordDigest="{digest}", Nonce="{nonce}", Created="{created}"'
    return {"X-AKSK": f"UsernameToken {words}"}


def created(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture
def huawei(make_account: MakeAccount) -> VendorAccount:
    return make_account("huawei", app_secret=SECRET, push_signature="enforce")


def signed_as_documented(
    account: VendorAccount, kind: str = "fee", nonce: str = "n1", at: datetime = NOW + BEIJING
) -> dict[str, str]:
    url = accounts.webhooks(account)[kind]
    return aksk(hmac_of(f"{url}\n{nonce}\n{created(at)}"), nonce, created(at))


@time_machine.travel(NOW, tick=False)
def test_the_documented_formula_is_recognised(huawei: VendorAccount, push: Send) -> None:
    response = push(huawei, "fee", BODY, headers=signed_as_documented(huawei))

    assert response.status_code == 200
    kept = Push.objects.get()
    assert (kept.trust, kept.trust_form) == ("valid", "HMAC url\\n nonce\\n created")


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize(
    ("form", "digest"),
    [
        ("HMAC url nonce created", lambda url, n, c: hmac_of(f"{url}{n}{c}")),
        (
            "HMAC base64 url\\n nonce\\n created",
            lambda url, n, c: hmac_of(f"{b64(url.encode())}\n{n}\n{c}"),
        ),
        ("HMAC nonce created", lambda url, n, c: hmac_of(f"{n}{c}")),
        (
            "WSSE SHA-256",
            lambda url, n, c: b64(hashlib.sha256(f"{n}{c}{SECRET}".encode()).digest()),
        ),
        (
            "WSSE SHA-256 hex",
            lambda url, n, c: b64(hashlib.sha256(f"{n}{c}{SECRET}".encode()).hexdigest().encode()),
        ),
    ],
)
def test_other_documented_formulas_are_recognised_and_named(
    huawei: VendorAccount, push: Send, form: str, digest: Callable[[str, str, str], str]
) -> None:
    url, at = accounts.webhooks(huawei)["fee"], created(NOW)

    response = push(huawei, "fee", BODY, headers=aksk(digest(url, "n1", at), "n1", at))

    assert response.status_code == 200
    assert Push.objects.get().trust_form == form


@time_machine.travel(NOW, tick=False)
def test_a_status_signed_with_the_fee_address_is_recognised(
    huawei: VendorAccount, push: Send
) -> None:
    response = push(huawei, "status", BODY, headers=signed_as_documented(huawei, "fee"))

    assert response.status_code == 200


@time_machine.travel(NOW, tick=False)
def test_the_address_that_counts_is_the_one_handed_out(huawei: VendorAccount, push: Send) -> None:
    response = push(
        huawei,
        "fee",
        BODY,
        headers=signed_as_documented(huawei) | {"Host": "127.0.0.1", "X-Forwarded-Host": "x"},
    )

    assert response.status_code == 200


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize("hours", [0, 8])
def test_created_is_taken_as_utc_and_as_beijing_time(
    huawei: VendorAccount, push: Send, hours: int
) -> None:
    at = NOW + timedelta(hours=hours, minutes=14)

    assert push(huawei, "fee", BODY, headers=signed_as_documented(huawei, at=at)).status_code == 200


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize("hours", [-8, -1, 4, 9])
def test_a_signature_outside_the_window_is_stale(
    huawei: VendorAccount, push: Send, hours: int
) -> None:
    at = NOW + timedelta(hours=hours)

    assert push(huawei, "fee", BODY, headers=signed_as_documented(huawei, at=at)).status_code == 401
    assert RefusedPush.objects.get().trust == "stale"


@time_machine.travel(NOW, tick=False)
def test_a_nonce_seen_twice_is_a_replay(huawei: VendorAccount, push: Send) -> None:
    first = push(huawei, "fee", BODY, headers=signed_as_documented(huawei))
    second = push(huawei, "fee", BODY + b" ", headers=signed_as_documented(huawei))

    assert (first.status_code, second.status_code) == (200, 401)
    assert RefusedPush.objects.get().trust == "replayed"
    assert Push.objects.count() == 1


@time_machine.travel(NOW, tick=False)
def test_a_refused_push_does_not_use_up_its_nonce(
    make_account: MakeAccount, push: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = make_account("huawei", app_secret=SECRET, push_signature="enforce")
    wrong = signed_as_documented(account)["X-AKSK"].replace('PasswordDigest="', 'PasswordDigest="x')

    push(account, "fee", BODY, headers={"X-AKSK": wrong})

    assert push(account, "fee", BODY, headers=signed_as_documented(account)).status_code == 200


def test_nonces_are_forgotten_when_their_signatures_no_longer_count(
    huawei: VendorAccount, push: Send
) -> None:
    with time_machine.travel(NOW, tick=False):
        push(huawei, "fee", BODY, headers=signed_as_documented(huawei))
    assert SeenNonce.objects.count() == 1

    with time_machine.travel(NOW + timedelta(hours=10), tick=False):
        forget_old_nonces()

    assert not SeenNonce.objects.exists()


@pytest.mark.parametrize(
    ("headers", "trust"),
    [
        ({}, "absent"),
        ({"X-AKSK": "nonsense"}, "malformed"),
        (aksk("", "n", "2026-11-02T03:04:05Z"), "malformed"),
        (aksk("abc", "n" * 129, "2026-11-02T03:04:05Z"), "malformed"),
        (aksk("abc", "n", "yesterday"), "malformed"),
        (aksk("日本", "n", "2026-11-02T03:04:05Z"), "wrong"),
        (aksk("abc", "n", "2026-11-02T03:04:05Z"), "wrong"),
    ],
)
def test_observing_keeps_every_push_and_says_what_was_wrong(
    make_account: MakeAccount, push: Send, headers: dict[str, str], trust: str
) -> None:
    account = make_account("huawei", app_secret=SECRET)

    assert push(account, "fee", BODY, headers=headers).status_code == 200
    assert Push.objects.get().trust == trust


def test_observing_is_the_default_and_off_looks_at_nothing(
    make_account: MakeAccount, push: Send
) -> None:
    watched = make_account("huawei", "Watched", app_secret=SECRET)
    ignored = make_account("huawei", "Ignored", app_secret=SECRET, push_signature="off")

    for account in (watched, ignored):
        push(account, "fee", BODY, headers=aksk("abc", "n", "2026-11-02T03:04:05Z"))

    assert watched.options["push_signature"] == "observe"
    assert [one.trust for one in Push.objects.order_by("id")] == ["wrong", "not checked"]


def test_enforcing_without_a_secret_lets_nothing_in(make_account: MakeAccount, push: Send) -> None:
    account = make_account("huawei", push_signature="enforce")

    assert push(account, "fee", BODY).status_code == 401


@time_machine.travel(NOW, tick=False)
def test_both_secrets_count_during_a_rotation(huawei: VendorAccount, push: Send) -> None:
    accounts.rotate_secret(huawei, "app_secret", "the next secret")
    at = created(NOW)
    digests = [hmac_of(f"n{i}{at}", secret) for i, secret in enumerate((SECRET, "the next secret"))]

    answers = [
        push(huawei, "fee", BODY + b" " * i, headers=aksk(digest, f"n{i}", at)).status_code
        for i, digest in enumerate(digests)
    ]

    assert answers == [200, 200]
    assert all(one.last_used_at == NOW for one in huawei.credentials.all())


def test_the_old_secret_ends_a_day_after_a_rotation(huawei: VendorAccount, push: Send) -> None:
    with time_machine.travel(NOW, tick=False):
        accounts.rotate_secret(huawei, "app_secret", "the next secret")

    later = NOW + timedelta(hours=25)
    with time_machine.travel(later, tick=False):
        accounts.forget_doors()
        response = push(huawei, "fee", BODY, headers=signed_as_documented(huawei, at=later))

    assert response.status_code == 401


def test_the_carriers_own_example_verifies() -> None:
    body = b'{"callId":"abcdefg","accountId":"123456789"}'
    at = 1622539884
    hashed = hashlib.sha256(body).hexdigest()
    code = hashlib.sha256(f"{at}{hashed}{TOKEN}".encode()).hexdigest()
    assert code.startswith("8090de7b")
    assert code.endswith("c2264")

    verdict = voicepush_signing.check(
        Signed(
            headers={},
            query={"timestamp": str(at), "authCode": code},
            body=body,
            addresses=[],
            secrets=["another", TOKEN],
            now=datetime.fromtimestamp(at, UTC),
        )
    )

    assert (verdict.trust, verdict.secret) == (Trust.VALID, 1)


def auth_code(body: bytes, at: int) -> str:
    hashed = hashlib.sha256(body).hexdigest()
    return hashlib.sha256(f"{at}{hashed}{TOKEN}".encode()).hexdigest()


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize(
    ("seconds", "body", "status", "trust"),
    [
        (0, BODY, 200, "valid"),
        (-800, BODY, 200, "valid"),
        (-1000, BODY, 401, "stale"),
        (0, BODY + b" ", 401, "wrong"),
    ],
)
def test_the_carriers_signature_covers_the_bytes_and_the_time(
    make_account: MakeAccount, client: Any, seconds: int, body: bytes, status: int, trust: str
) -> None:
    account = make_account("voicepush", auth_token=TOKEN, push_signature="enforce")
    at = int(NOW.timestamp()) + seconds
    path = accounts.webhooks(account)["cdr"].removeprefix("http://calls.example")

    response = client.post(
        f"{path}?timestamp={at}&authCode={auth_code(BODY, at)}", body, content_type="x/y"
    )

    assert response.status_code == status
    row = Push.objects.first() or RefusedPush.objects.get()
    assert row.trust == trust


@pytest.mark.parametrize("timestamp", ["", "soon", "²", "9" * 40, "-1", "1.5"])
def test_a_senseless_timestamp_is_malformed(
    make_account: MakeAccount, client: Any, timestamp: str
) -> None:
    account = make_account("voicepush", auth_token=TOKEN)
    path = accounts.webhooks(account)["cdr"].removeprefix("http://calls.example")

    response = client.post(
        path, BODY, content_type="x/y", query_params={"timestamp": timestamp, "authCode": "ab"}
    )

    assert response.status_code == 200
    assert Push.objects.get().trust == "malformed"


def test_a_refused_push_can_be_released_into_the_inbox(huawei: VendorAccount, push: Send) -> None:
    push(huawei, "fee", BODY)
    trace = RefusedPush.objects.get()

    assert refusals.release(trace, by="ann") is True
    assert refusals.release(trace, by="ben") is False

    kept = Push.objects.get()
    assert (bytes(kept.body), kept.trust, kept.state) == (BODY, "absent", "waiting")
    trace.refresh_from_db()
    assert (trace.released_by, trace.body) == ("ann", None)


def test_a_flood_of_refused_pushes_leaves_a_bounded_trace(
    huawei: VendorAccount, push: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "MOST_PER_SENDER", 5)
    monkeypatch.setattr(refusals, "MOST_PER_ACCOUNT", 12)
    monkeypatch.setattr(refusals, "MOST_BODY_BYTES", 4 * len(BODY))

    for sender in range(4):
        for _ in range(8):
            push(huawei, "fee", BODY, REMOTE_ADDR=f"203.0.113.{sender}")

    traces = list(RefusedPush.objects.order_by("id"))
    per_sender = [sum(t.remote_address == f"203.0.113.{n}" for t in traces) for n in range(4)]
    assert per_sender == [0, 2, 5, 5]
    assert sum(trace.size for trace in traces if trace.body is not None) <= 4 * len(BODY)

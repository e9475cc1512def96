"""Secrets are compared in constant time, and tokens are not kept."""

import ast
import hmac
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from callportal.models import ApiToken
from vendors import accounts
from vendors.models import VendorAccount

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[2]


def test_tokens_of_the_api_are_not_kept_at_all() -> None:
    row = ApiToken(user=User.objects.create_user("a reader"), name="reader")
    token = row.renew()
    row.save()

    assert token.encode() not in str(vars(ApiToken.objects.get(pk=row.pk))).encode()
    assert row.digest != token


# Comparing


@pytest.mark.parametrize(
    ("module", "check"),
    [
        ("callportal.metrics.hmac", lambda _: _metrics("wrong")),
        (
            "vendors.adapters.voicepush.signing.hmac",
            lambda make: _signed(make("voicepush", auth_token="right")),
        ),
        (
            "vendors.adapters.huawei.signing.hmac",
            lambda make: _signed(make("huawei", app_secret="right")),
        ),
    ],
)
def test_a_secret_that_comes_from_outside_is_compared_in_constant_time(
    make_account: Callable[..., VendorAccount],
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    check: Callable[[Callable[..., VendorAccount]], None],
) -> None:
    compared: list[tuple[Any, Any]] = []
    right = hmac.compare_digest

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return right(one, other)

    monkeypatch.setattr(f"{module}.compare_digest", compare)
    settings.METRICS_TOKEN = "right"
    check(make_account)

    assert compared


def _metrics(token: str) -> None:
    Client().get("/metrics", headers={"authorization": f"Bearer {token}"})


def _signed(account: VendorAccount) -> None:
    path = next(iter(accounts.webhooks(account).values())).removeprefix("http://calls.example")
    now = timezone.now()
    Client().post(
        path,
        b"{}",
        content_type="application/json",
        headers={
            "x-aksk": f'UsernameToken Username="a",PasswordDigest="b",Nonce="c",'
            f'Created="{now:%Y-%m-%dT%H:%M:%SZ}"',
            "authorization": 'WSSE realm="SDP",profile="UsernameToken",type="Appkey"',
            "x-wsse": f'UsernameToken Username="a",PasswordDigest="b",Nonce="c",'
            f'Created="{now:%Y-%m-%dT%H:%M:%SZ}"',
        },
        query_params={"authCode": "0" * 64, "timestamp": str(int(now.timestamp()))},
    )


# Names of what must not be compared by ``==``, which ends at the first difference.
SECRET = re.compile(r"(secret|token|digest|signature|password|mac)$")
# A name that ends so, and is of nothing secret.
HARMLESS = {("vendors/outbox.py", "digest")}  # of a request's own parameters


def compared_by_equals(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq):
            for side in (node.left, *node.comparators):
                name = getattr(side, "attr", getattr(side, "id", ""))
                if SECRET.search(name):  # what is in capitals is a word of ours
                    found.add(name)
    return found


def test_no_secret_is_compared_by_an_equals_sign() -> None:
    found = set()
    for folder in ("callportal", "calls", "vendors"):
        for path in (ROOT / folder).rglob("*.py"):
            if "simulator" not in path.parts:
                where = path.relative_to(ROOT).as_posix()
                found |= {(where, name) for name in compared_by_equals(path)}

    assert found - HARMLESS == set()

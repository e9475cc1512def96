"""Signatures are checked while the database is away, by the secrets that were last known; nonces
are compared afterwards."""

from collections.abc import Callable
from typing import Any

import pytest
import time_machine

from tests.vendors.spool.conftest import Away
from tests.vendors.test_signatures import BODY, NOW, SECRET, signed_as_documented
from vendors.models import Push, RefusedPush, SeenNonce, VendorAccount
from vendors.spool import files

pytestmark = pytest.mark.django_db

Known = Callable[..., VendorAccount]
Send = Callable[..., Any]
Drain = Callable[[], int]


@pytest.fixture
def huawei(known: Known) -> VendorAccount:
    return known("huawei", app_secret=SECRET, push_signature="enforce")


@time_machine.travel(NOW, tick=False)
def test_a_signed_push_is_kept_with_its_verdict_and_its_nonce(
    huawei: VendorAccount, push: Send, away: Away, drain: Drain
) -> None:
    headers = signed_as_documented(huawei)

    with away():
        kept = push(huawei, "fee", BODY, headers=headers)
        refused = push(huawei, "fee", b"{}", headers={"X-AKSK": "nonsense"})
    drain()

    assert (kept.status_code, refused.status_code) == (200, 401)
    assert Push.objects.get().trust == "valid"
    assert SeenNonce.objects.count() == 1
    trace = RefusedPush.objects.get()
    assert (trace.reason, bytes(trace.body or b"")) == ("signature", b"{}")


@time_machine.travel(NOW, tick=False)
def test_a_nonce_that_was_used_before_puts_other_bytes_into_quarantine(
    huawei: VendorAccount, push: Send, away: Away, drain: Drain
) -> None:
    headers = signed_as_documented(huawei)

    with away():
        push(huawei, "fee", BODY, headers=headers)
        push(huawei, "fee", b'{"forged":true}', headers=headers)
    drain()

    assert bytes(Push.objects.get().body) == BODY
    trace = RefusedPush.objects.get()
    assert (trace.trust, bytes(trace.body or b"")) == ("replayed", b'{"forged":true}')


@time_machine.travel(NOW, tick=True)
def test_the_same_push_again_is_a_repeat(
    huawei: VendorAccount, push: Send, away: Away, drain: Drain
) -> None:
    headers = signed_as_documented(huawei)

    with away():
        push(huawei, "fee", BODY, headers=headers)
        push(huawei, "fee", BODY, headers=headers)
    drain()

    assert Push.objects.get().repeats == 1
    assert not RefusedPush.objects.exists()


def test_a_refused_push_takes_no_room_of_others(
    huawei: VendorAccount, push: Send, away: Away, settings: Any
) -> None:
    settings.SPOOL_MEGABYTES = 1

    with away():
        answers = [push(huawei, "fee", b"a" * 200_000).status_code for _ in range(4)]

    assert answers == [401] * 4
    assert files.size() < 256 * 1024

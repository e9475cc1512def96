"""Calls whose record should have come by now: found, told, and forgotten once it comes."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from calls import records
from calls.models import Account, Call
from calls.search import read_text
from tests.conftest import sample
from tests.vendors.imports.conftest import Drop, lines, record
from vendors.models import VendorAccount
from vendors.registry import VENDORS

pytestmark = pytest.mark.django_db

Deliver = Callable[..., list[Call]]
ENDED = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
STATED = {
    "voicepush": timedelta(minutes=40),
    "nxcloud": timedelta(minutes=65),
    "yeta": timedelta(hours=1),
    "huawei": timedelta(hours=7),
}


@pytest.fixture
def carrier(make_account: Callable[..., VendorAccount]) -> VendorAccount:
    return make_account("voicepush")


def status(event: int, call: str = "a", at: datetime = ENDED) -> dict[str, Any]:
    told = {"callId": call, "eventType": event, "eventTime": str(int(at.timestamp()))}
    return sample("voicepush", "status__document") | told


def cdr(call: str = "a") -> dict[str, Any]:
    return sample("voicepush", "cdr__document") | {"callId": call}


def missing(at: datetime) -> list[str]:
    with time_machine.travel(at, tick=False):
        return [call.call_id for call in read_text("quality:no-record").rows()]


@pytest.mark.parametrize("vendor", VENDORS)
def test_each_vendor_says_how_long_its_record_may_take(vendor: str) -> None:
    assert VENDORS[vendor].imports.record_within == STATED[vendor] == records.wait_of(vendor)
    assert VENDORS[vendor].imports.schedule_en
    assert VENDORS[vendor].imports.schedule_zh


def test_a_call_without_its_record_is_missed_after_the_vendor_s_time(
    carrier: VendorAccount, deliver: Deliver
) -> None:
    deliver(carrier, "status", status(1), status(4))

    assert missing(ENDED + timedelta(minutes=39)) == []
    assert missing(ENDED + timedelta(minutes=41)) == ["a"]


def test_a_call_that_goes_on_misses_nothing(carrier: VendorAccount, deliver: Deliver) -> None:
    deliver(carrier, "status", status(1))

    assert missing(ENDED + timedelta(days=1)) == []


@pytest.mark.parametrize("order", [(1, 4, "cdr"), ("cdr", 1, 4), (4, "cdr", 1)])
def test_the_record_ends_it_whenever_it_comes(
    order: tuple[Any, ...], carrier: VendorAccount, deliver: Deliver
) -> None:
    for one in order:
        deliver(carrier, "cdr", cdr() if one == "cdr" else status(one))

    assert missing(ENDED + timedelta(days=1)) == []
    assert Call.objects.get().record_due_at is None


def test_a_dialog_alone_is_missed_and_an_import_ends_it(
    account: VendorAccount, deliver: Deliver, take: Drop
) -> None:
    dialog = sample("yeta", "receiveDialog__document") | {"call_uuid": "a"}
    deliver(account, "receiveDialog", dialog)
    assert missing(timezone.now() + timedelta(hours=2)) == ["a"]

    take(lines(json.dumps(record("a"))), "x.txt")

    assert missing(timezone.now() + timedelta(hours=2)) == []
    assert [call.call_id for call in read_text("quality:imported").rows()] == ["a"]


def test_a_vendor_nobody_knows_owes_no_record(db: None) -> None:
    account = Account.objects.create(vendor="other", name="Other")

    assert records.due_at(Call(account=account, vendor="other", occurred_at=ENDED), []) is None


def test_pages_and_api_lead_to_what_is_missed(
    carrier: VendorAccount, deliver: Deliver, admin_client: Client
) -> None:
    (call,) = deliver(carrier, "status", status(1), status(4))
    admin_client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"

    health = admin_client.get("/health/").content.decode()
    link = f"/calls/?quality=no-record&amp;account={carrier.pk}"
    page = admin_client.get(call.get_absolute_url()).content.decode()
    api = admin_client.get("/api/v1/calls/?quality=no-record").json()

    assert f'href="{link}">1</a>' in health
    assert call.call_id in admin_client.get(link.replace("&amp;", "&")).content.decode()
    assert "Its record is missing" in page
    assert "ask the vendor for a file with this record" in page
    assert f"/imports/?account={carrier.pk}" in page
    assert [one["id"] for one in api["results"]] == [call.pk]

    deliver(carrier, "cdr", cdr())

    assert "Its record is missing" not in admin_client.get(call.get_absolute_url()).content.decode()
    assert admin_client.get("/api/v1/calls/?quality=no-record").json()["results"] == []

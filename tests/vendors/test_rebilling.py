"""An account's own rule, and what it does to the calls that are there already."""

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from calls import ingest, rebilling, recounting
from calls.facts import CallFacts, LegFacts, Party, Service, Source
from calls.models import Account, Call, Grain, Rebilling, Tally
from vendors import accounts
from vendors.models import VendorAccount

pytestmark = pytest.mark.django_db

ANSWERED = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
CHANGED = datetime(2026, 11, 3, 4, 0, tzinfo=UTC)


def callback(account: Account, call_id: str, talk: int) -> None:
    """A callback of Huawei: both legs are billed."""
    ends = ANSWERED + timedelta(seconds=talk)
    legs = tuple(
        LegFacts(number=f"1310000000{side}", side=party, answered_at=ANSWERED)
        for side, party in enumerate((Party.CALLER, Party.CALLEE))
    )
    facts = CallFacts(
        call_id=call_id,
        source=Source.RECORD,
        is_final=True,
        service=Service.VOICE_CALLBACK,
        ended_at=ends,
        legs=legs,
    )
    said = ingest.Statement(push_id=1, received_at=ends, account=account, facts=facts)
    ingest.apply([said])


@pytest.fixture
def account(make_account: Callable[..., VendorAccount]) -> VendorAccount:
    made = make_account("huawei")
    for number, talk in enumerate((30, 61, 90)):
        callback(made, f"call-{number}", talk)
    return made


def billed() -> list[int | None]:
    return list(Call.objects.order_by("call_id").values_list("billed_seconds", flat=True))


def tallied() -> int:
    return Tally.objects.get(grain=Grain.DAY).billed_seconds


def change(account: VendorAccount, at: datetime = CHANGED, **keys: str) -> None:
    with time_machine.travel(at, tick=False):
        accounts.configure(account, keys)


def work() -> None:
    with time_machine.travel(CHANGED + timedelta(seconds=30), tick=False):
        rebilling.work(60)


def test_calls_and_tallies_follow_the_rule_of_their_account(account: VendorAccount) -> None:
    assert (billed(), tallied()) == ([120, 240, 240], 600)

    change(account, billing_legs="call", billing_unit_seconds="6")
    assert tallied() == 600
    work()

    assert (billed(), tallied()) == ([30, 66, 90], 186)
    assert Rebilling.objects.get().calls_done == 3
    assert not recounting.check(ANSWERED.date())


def test_the_vendors_rule_comes_back(account: VendorAccount) -> None:
    change(account, billing_legs="call", billing_minimum_seconds="600")
    work()
    change(account, billing_legs="", billing_minimum_seconds="")
    work()

    assert (billed(), tallied()) == ([120, 240, 240], 600)


def test_a_change_on_the_way_begins_anew(
    account: VendorAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebilling, "CHUNK", 1)
    change(account, billing_legs="call")
    with time_machine.travel(CHANGED + timedelta(seconds=30), tick=False):
        row = rebilling._claim()
        assert row is not None
        assert rebilling._step(row)
    change(account, CHANGED + timedelta(seconds=1), billing_unit_seconds="1")
    assert not rebilling._step(row)
    rebilling._release(row, is_over=True)
    work()

    assert (billed(), tallied()) == ([30, 61, 90], 181)
    assert Rebilling.objects.get().ended_at


def test_what_broke_off_goes_on_where_it_was(
    account: VendorAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebilling, "CHUNK", 1)
    change(account, billing_legs="call")
    with time_machine.travel(CHANGED + timedelta(seconds=30), tick=False):
        row = rebilling._claim()
        assert row is not None
        assert rebilling._step(row)
    work()
    assert billed() == [60, 240, 240]  # somebody seems to be at it

    with time_machine.travel(CHANGED + timedelta(minutes=5), tick=False):
        rebilling.work(60)

    assert billed() == [60, 120, 120]
    assert Rebilling.objects.get().calls_done == 3


def test_a_rule_is_left_to_settle_before_calls_follow(account: VendorAccount) -> None:
    change(account, billing_legs="call")
    with time_machine.travel(CHANGED + timedelta(seconds=5), tick=False):
        rebilling.work(60)

    assert tallied() == 600


def test_other_settings_change_no_bills(account: VendorAccount) -> None:
    change(account, recording_days="30")

    assert not Rebilling.objects.exists()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("billing_legs", "both"),
        ("billing_unit_seconds", "0"),
        ("billing_unit_seconds", "3601"),
        ("billing_unit_seconds", "minute"),
        ("billing_minimum_seconds", "-1"),
    ],
)
def test_a_rule_that_is_none_is_refused(account: VendorAccount, key: str, value: str) -> None:
    with pytest.raises(ValidationError, match=f"{key}: "):
        accounts.configure(account, {key: value})


def test_an_administrator_changes_it_in_the_admin(account: VendorAccount, client: Client) -> None:
    client.force_login(User.objects.create_superuser("administrator"))
    address = reverse("admin:vendors_vendoraccount_change", args=[account.pk])
    form = client.get(address).context["adminform"].form
    given: dict[str, Any] = {
        name: form[name].value() or "" for name in form.fields if name != "is_enabled"
    }
    answer = client.post(address, given | {"is_enabled": "on", "billing_unit_seconds": "6"})

    assert answer.status_code == 302, answer.context["adminform"].form.errors
    account.refresh_from_db()
    assert account.billing_unit_seconds == 6
    assert Rebilling.objects.get().account_id == account.pk


def test_a_command_has_all_accounts_worked_out_anew(account: VendorAccount) -> None:
    Call.objects.update(billed_seconds=None)
    out = io.StringIO()
    with time_machine.travel(CHANGED, tick=False):
        call_command("rebill", stdout=out)
    work()

    assert billed() == [120, 240, 240]
    assert "1 account" in out.getvalue()
    with pytest.raises(CommandError, match='There is no account "nobody"'):
        call_command("rebill", "nobody")

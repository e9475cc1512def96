"""What is deleted when its time is over, and what stays."""

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.utils import timezone

from calls import facts, ingest, recounting
from calls.models import (
    Account,
    AuditEntry,
    Call,
    Dialog,
    Event,
    Hearing,
    Hold,
    Leg,
    Note,
    Party,
    Recording,
    Reference,
    Sound,
    SoundState,
    Spoken,
    SubjectTally,
    Tag,
    Tally,
    Turn,
)
from vendors import accounts, inbox, retention
from vendors.models import Kept, LedgerDay, Pruning, Push, RefusedPush, State, VendorAccount
from vendors.watch import balance

pytestmark = pytest.mark.django_db

MakeAccount = Callable[..., VendorAccount]


@pytest.fixture
def account(make_account: MakeAccount) -> VendorAccount:
    return make_account("voicepush")


def keep(account: VendorAccount, **days: int) -> VendorAccount:
    VendorAccount.objects.filter(pk=account.pk).update(**{f"{k}_days": v for k, v in days.items()})
    return VendorAccount.objects.get(pk=account.pk)


def ago(days: float) -> datetime:
    return timezone.now() - timedelta(days=days)


def push(account: VendorAccount, call_id: str, at: datetime, **more: Any) -> Push:
    """A call record of that moment, which came a minute after, processed."""
    began = int(at.timestamp() * 1000)
    body = {
        "callId": call_id,
        "caller": "13100001111",
        "callee": "13100002222",
        "phoneNoX": "02100003333",
        "beginCallTime": began,
        "startTime": began + 5000,
        "endTime": began + 65_000,
        "callDuration": 60,
        "callResult": 1,
    } | more
    return send(account, json.dumps(body).encode(), at + timedelta(minutes=2))


def send(account: VendorAccount, body: bytes, at: datetime) -> Push:
    path = accounts.webhooks(account)["cdr"].removeprefix("http://calls.example")
    before = set(Push.objects.values_list("pk", flat=True))
    Client().post(path, body, content_type="application/json")
    new = Push.objects.exclude(pk__in=before)
    key = new.values_list("pk", flat=True).first()
    new.update(received_at=at)
    inbox.process()
    return Push.objects.get(pk=key) if key else Push.objects.latest("pk")


def call_of(account: VendorAccount, call_id: str = "old", days: float = 40) -> Call:
    push(account, call_id, ago(days))
    return Call.objects.get(call_id=call_id)


def talk(call: Call) -> None:
    turn = facts.TurnFacts(
        key="1",
        text_robot="Are you there?",
        text_customer="yes indeed",
        node_name="greeting",
        hits=(facts.HitFacts(text="agrees"),),
        started_at=call.occurred_at,
    )
    said = facts.CallFacts(
        call_id=call.call_id,
        source=facts.Source.DIALOG,
        legs=(facts.LegFacts(number="13100002222", started_at=call.occurred_at),),
        events=(facts.EventFacts(kind="keys", at=call.occurred_at, digits="1"),),
        dialog=facts.DialogFacts(began_at=call.occurred_at, turns=(turn,)),
        codes=(facts.CodeFact(scheme="q850", value="17", place="cause"),),
        details={"task_id": "t1"},
    )
    one = ingest.Statement(
        push_id=Push.objects.latest("pk").pk,
        received_at=call.occurred_at,
        account=call.account,
        facts=said,
    )
    ingest.apply([one])


def record(call: Call) -> Sound:
    announced = Recording.objects.create(call=call, key="1", track="mixed", push_id=1)
    sound = Sound.objects.create(
        call=call,
        recording=announced,
        state=SoundState.STORED,
        name=storages["recordings"].save("old.mp3", ContentFile(b"sound")),
        size_bytes=5,
        stored_at=call.occurred_at,
    )
    Hearing.objects.create(
        sound=sound, call=call, user_name="ann", act=Hearing.PLAYED, address="::1", view="v"
    )
    return sound


def figures() -> list[Any]:
    return [
        sorted(model.objects.values_list(*[f.attname for f in model._meta.concrete_fields][1:]))
        for model in (Tally, SubjectTally)
    ]


def differences() -> list[str]:
    days = recounting.days()
    found = [one for day in days for one in recounting.check(day)]
    found += [
        one for day in {day.replace(day=1) for day in days} for one in recounting.check_month(day)
    ]
    return [str(one) for one in found]


# Calls


def test_a_call_goes_with_all_that_hangs_on_it_and_its_figures_stay(account: VendorAccount) -> None:
    old, young = call_of(account), call_of(account, "young", days=10)
    talk(old)
    sound = record(old)
    Note.objects.create(call=old, by_name="ann", text="a word")
    Tag.objects.create(call=old, name="urgent")
    before = figures()
    keep(account, call=30)

    assert retention.prune()

    assert list(Call.objects.all()) == [young]
    rows = (Leg, Event, Dialog, Turn, Spoken, Recording, Sound, Hearing, Note, Tag)
    assert [model for model in rows if model.objects.exists()] == []
    assert set(Party.objects.values_list("call_id", flat=True)) == {young.pk}
    assert not Reference.objects.exists()
    assert not storages["recordings"].exists(sound.name)
    assert figures() == before
    assert differences() == []


def test_recount_still_finds_what_is_wrong_with_younger_days(account: VendorAccount) -> None:
    call_of(account)
    young = call_of(account, "young", days=10)
    keep(account, call=30)
    retention.prune()

    Tally.objects.filter(at__gte=young.occurred_at - timedelta(days=2)).update(calls=7)

    assert len(differences()) == 2


def test_a_late_push_about_a_call_that_is_gone_counts_for_nothing(account: VendorAccount) -> None:
    old = call_of(account)
    keep(account, call=30)
    retention.prune()
    before = figures()

    late = push(account, "old", old.occurred_at, numberPoolNo="another")

    assert not Call.objects.exists()
    assert (late.state, late.call_ids) == (State.DONE, "")
    assert figures() == before


def test_a_call_that_is_held_keeps_everything(account: VendorAccount) -> None:
    old = call_of(account)
    talk(old)
    sound = record(old)
    Hold.objects.create(call=old, by="ann")
    keep(account, call=30, dialog=20, push=20, recording=20)

    retention.prune()

    assert Call.objects.filter(pk=old.pk).exists()
    assert Turn.objects.get().text_customer == "yes indeed"
    assert bytes(Push.objects.get().body)
    assert storages["recordings"].exists(sound.name)
    assert not Pruning.objects.exists()


def test_a_file_that_cannot_be_deleted_keeps_its_call_until_it_can(
    account: VendorAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = call_of(account)
    record(old)
    keep(account, call=30)

    def refuse(name: str) -> None:
        raise PermissionError(name)

    with monkeypatch.context() as patched:
        patched.setattr(storages["recordings"], "delete", refuse)
        retention.prune()
    is_kept = Call.objects.filter(pk=old.pk).exists()
    retention.prune()

    assert is_kept
    assert not Call.objects.exists()


# Words of dialogs


def test_the_words_of_a_dialog_go_and_its_steps_stay(account: VendorAccount) -> None:
    old = call_of(account)
    talk(old)
    keep(account, dialog=30)

    retention.prune()

    turn = Turn.objects.get()
    assert (turn.text_robot, turn.text_customer, turn.hits) == ("", "", [])
    assert turn.node_name == "greeting"
    assert Dialog.objects.get().emptied_at is not None
    assert not Spoken.objects.exists()
    assert Call.objects.get().has_dialog


# Bodies of pushes


def test_a_push_loses_its_words_and_a_repeat_is_still_a_repeat(account: VendorAccount) -> None:
    old = push(account, "old", ago(40))
    body = bytes(old.body)
    keep(account, push=30)

    retention.prune()
    send(account, body, timezone.now())

    row = Push.objects.get()
    assert (bytes(row.body), row.headers, row.repeats) == (b"", {}, 1)
    assert (row.digest, row.size, row.state) == (old.digest, len(body), State.DONE)
    assert Call.objects.get().caller == "13100001111"


def test_bodies_outlive_neither_calls_nor_dialogs(account: VendorAccount) -> None:
    push(account, "old", ago(40))
    keep(account, push=300, dialog=30)

    assert {old.kind for old in retention.plan()} >= {Kept.PUSHES}


def test_a_push_without_a_body_is_not_processed_again(account: VendorAccount) -> None:
    push(account, "old", ago(40))
    keep(account, push=30)
    retention.prune()

    assert inbox.put_back(Push.objects.all()) == 0


@pytest.mark.django_db(transaction=True)
def test_the_ledger_balances_after_bodies_and_calls_went(account: VendorAccount) -> None:
    old = push(account, "old", ago(40))
    send(account, bytes(old.body), timezone.now())
    send(account, b"no record", ago(40))
    assert balance.catch_up()
    days = list(LedgerDay.objects.values_list("day", flat=True))
    balance.recount(days)
    before = balance.Total.of(LedgerDay.objects.all())
    keep(account, call=30)

    retention.prune()
    balance.recount(days)

    after = balance.Total.of(LedgerDay.objects.all())
    assert after == before
    assert (after.received, after.balances) == (3, True)


def test_traces_of_refused_pushes_go_with_the_bodies(account: VendorAccount) -> None:
    for days in (40, 10):
        RefusedPush.objects.create(
            account=account,
            kind="cdr",
            reason="address",
            trust="absent",
            received_at=ago(days),
            path="/hooks/…",
            remote_address="203.0.113.1",
            size=3,
        )
    keep(account, push=30)

    retention.prune()

    assert RefusedPush.objects.get().received_at > ago(11)


# How it is done and told


def test_what_went_and_why_is_written_down_once_a_night(
    account: VendorAccount, caplog: pytest.LogCaptureFixture
) -> None:
    for place in range(3):
        push(account, f"old{place}", ago(40 + place))
    keep(account, call=30)

    with caplog.at_level("INFO", "callportal.retention"):
        retention.prune()
        retention.prune()

    entry = AuditEntry.objects.get(action="data.pruned", details__kind="calls")
    assert (entry.details["count"], entry.details["days"]) == (3, 30)
    assert [one.getMessage() for one in caplog.records].count("old data deleted") == 2
    assert "1310000" not in caplog.text


def test_a_night_that_is_cut_short_goes_on_where_it_was(account: VendorAccount) -> None:
    for place in range(3):
        push(account, f"old{place}", ago(40 + place))
    keep(account, call=30)

    turns = 0
    while not retention.prune(seconds=0):
        turns += 1

    assert turns == 2  # bodies, calls
    assert not Call.objects.exists()
    assert Pruning.objects.get(kind=Kept.CALLS).count == 3
    assert not Pruning.objects.filter(ended_at=None).exists()


def test_the_command_says_what_would_go_and_what_went(account: VendorAccount) -> None:
    push(account, "old", ago(40))
    keep(account, call=30)

    would, is_there = said("--dry-run"), Call.objects.exists()
    went, again = said("--account", "Main"), said()

    day = timezone.localdate(ago(40)).isoformat()
    assert f"1 Calls would go, older than 30 days: {day} to {day}" in would
    assert is_there
    assert "1 Calls deleted, older than 30 days" in went
    assert again == "Nothing is older than its account keeps it.\n"


def test_an_account_that_does_not_exist_is_told(account: VendorAccount) -> None:
    with pytest.raises(CommandError, match="There is no account"):
        said("--account", "Nobody")


@pytest.mark.parametrize("key", ["call_days", "dialog_days"])
def test_calls_are_kept_for_as_long_as_vendors_repeat(account: VendorAccount, key: str) -> None:
    with pytest.raises(Exception, match="from 8 on"):
        accounts.configure(account, {key: "7"})
    accounts.configure(account, {key: "8"})

    assert getattr(account, key) == 8


def test_the_admin_sets_the_days_and_shows_what_the_next_night_deletes(
    account: VendorAccount, admin_client: Client
) -> None:
    push(account, "old", ago(40))
    keep(account, call=30)
    shown = admin_client.get(f"/admin/vendors/vendoraccount/{account.pk}/change/").content.decode()
    told = admin_client.post(
        "/admin/vendors/vendoraccount/",
        {"action": "foretell_pruning", "_selected_action": [account.pk]},
        follow=True,
    ).content.decode()

    assert 'name="call_days"' in shown
    assert "Calls: 1, older than 30 days" in told
    assert Call.objects.exists()


def said(*words: str) -> str:
    out = StringIO()
    call_command("prune", *words, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("address", "is_told"),
    [
        ("/overview/?span=all", True),
        ("/overview/", False),
        ("/calls/?from=2020-04-01", True),
        ("/calls/?from=2020-06-01", False),
        ("/reports/?period=month&from=2020-04-01&to=2020-06-30&by=vendor", True),
    ],
)
def test_pages_say_of_which_days_there_are_figures_alone(
    account: VendorAccount, admin_client: Client, address: str, is_told: bool
) -> None:
    call_of(account, "young", days=10)
    Account.objects.filter(pk=account.pk).update(figures_only_before=date(2020, 5, 1))

    shown = admin_client.get(address, follow=True).content.decode()

    assert ("Of days before 2020-05-01, voicepush: Main has figures alone" in shown) is is_told


def test_pages_say_that_words_were_deleted(account: VendorAccount, admin_client: Client) -> None:
    old = call_of(account)
    talk(old)
    keep(account, dialog=30)
    retention.prune()

    call = admin_client.get(old.get_absolute_url()).content.decode()
    push_page = admin_client.get(f"/pushes/{Push.objects.get().pk}/").content.decode()

    assert "Its words were deleted" in call
    assert "What it said was deleted" in push_page
    assert "Process again" not in push_page

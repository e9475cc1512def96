"""What went wrong with pushes, grouped: how many, since when, an example, whose move it is."""

import importlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from calls import ingest
from tests.conftest import sample
from tests.vendors.push_pages.conftest import SignIn, sign_in
from vendors import fingerprint, inbox
from vendors.models import Push, State, VendorAccount
from vendors.trouble import groups

__all__ = ["sign_in"]

pytestmark = pytest.mark.django_db

SEE, NUMBERS = "vendors.view_push", "calls.see_numbers"
NUMBER = "13100001111"

MakeAccount = Callable[..., VendorAccount]
Send = Callable[..., Any]


def fee(end: str, **more: Any) -> dict[str, Any]:
    body = sample("huawei", "fee__callback")
    body["feeLst"][0] |= {"callEndTime": end} | more
    return body


def page(client: Client, query: str = "") -> str:
    response = client.get("/trouble/" + query, headers={"Accept-Language": "en"})
    assert response.status_code == 200
    return unescape(response.content.decode())


@pytest.fixture
def huawei(make_account: MakeAccount) -> VendorAccount:
    return make_account("huawei")


@pytest.mark.parametrize(
    ("problem", "what"),
    [
        (
            'feeLst[3].callEndTime: expected "YYYY-MM-DD HH:MM:SS", got "yesterday"',
            'feeLst[*].callEndTime: expected "YYYY-MM-DD HH:MM:SS", got …',
        ),
        ("body: expected JSON, got nothing at line 1 column 1", "body: expected JSON, got nothing"),
        ('body: expected JSON, got "no" at line 1 column 1', "body: expected JSON, got …"),
        ("callId: expected text, got nothing", "callId: expected text, got nothing"),
        (
            "feeLst: expected at most 500 records, got 612",
            "feeLst: expected at most 500 records, got …",
        ),
        (
            "a.b: expected once, got two different values",
            "a.b: expected once, got two different values",
        ),
        (f"extra.{NUMBER}: expected a list, got 5", "extra.…: expected a list, got …"),
        ('x: expected text, got ["a, got b"]', "x: expected text, got …"),
    ],
)
def test_what_a_vendor_sent_wrong_is_named_without_the_particulars(problem: str, what: str) -> None:
    assert fingerprint.of_problems([problem]) == what


@pytest.mark.parametrize(
    ("problem", "what"),
    [
        ("KeyError: 'talk_seconds'", "KeyError: 'talk_seconds'"),
        (
            "ValueError: could not convert string to float: 'abc'",
            "ValueError: could not convert string to float: …",
        ),
        (
            'IntegrityError: violates "one_row_per_call"\nDETAIL: Key (call_id)=(13100001111)',
            'IntegrityError: violates "one_row_per_call"',
        ),
        (f"ValueError: no {NUMBER}, 0x7f3a or 17", "ValueError: no …, … or …"),
    ],
)
def test_what_went_wrong_in_our_code_is_named_without_the_particulars(
    problem: str, what: str
) -> None:
    assert fingerprint.of_error(problem) == what


def test_several_wrongs_of_one_push_are_one_name_in_any_order() -> None:
    one, other = "b[1].x: expected text, got 1", "a[2].y: expected text, got 2"

    named = fingerprint.of_problems([one, other, one.replace("1", "7")])

    assert named == "a[*].y: expected text, got …; b[*].x: expected text, got …"
    assert named == fingerprint.of_problems([other, one])
    assert fingerprint.of_problems([]) == ""
    assert len(fingerprint.of_problems([f"{'k' * 300}: expected text, got 1"])) == 200


def test_pushes_with_the_same_wrong_are_one_group(huawei: VendorAccount, deliver: Send) -> None:
    deliver(huawei, "fee", fee("yesterday"), fee("tomorrow"), fee("2026-13-01 00:00:00"))
    deliver(huawei, "fee", b"nonsense")

    found = groups.count()

    assert [(one.count, one.trouble.what) for one in found.largest] == [
        (2, 'feeLst[*].callEndTime: expected "YYYY-MM-DD HH:MM:SS", got …'),
        (1, "body: expected JSON, got …"),
        (1, 'feeLst[*].callEndTime: expected a date that exists, "YYYY-MM-DD HH:MM:SS", got …'),
    ]
    assert (found.groups, found.pushes) == (3, 4)


def test_accounts_of_one_vendor_share_a_group(make_account: MakeAccount, deliver: Send) -> None:
    deliver(make_account("yeta", "One"), "receiveCallRecord", b"no")
    deliver(make_account("yeta", "Two"), "receiveCallRecord", b"nor this")

    [group] = groups.count().largest

    assert (group.count, group.newest) == (2, Push.objects.latest("id").pk)


def test_a_group_says_when_it_was_first_and_last_seen(huawei: VendorAccount, deliver: Send) -> None:
    deliver(huawei, "fee", fee("yesterday"), fee("tomorrow"))
    for number, push in enumerate(Push.objects.order_by("id")):
        push.received_at = datetime(2026, 11, 1 + number, tzinfo=UTC)
        push.save(update_fields=["received_at"])

    [group] = groups.count().largest

    assert (group.first_at.day, group.last_at.day) == (1, 2)


def test_a_push_that_fails_is_named_when_it_fails_and_done_when_it_is_done(
    huawei: VendorAccount, push: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any) -> Any:
        raise ValueError(f"no leg for {NUMBER}")

    push(huawei, "fee", sample("huawei", "fee__callback"))
    with monkeypatch.context() as patch:
        patch.setattr(ingest, "apply", broken)
        for _ in range(inbox.MOST_ATTEMPTS):
            Push.objects.update(next_try_at=datetime(2026, 1, 1, tzinfo=UTC))
            inbox.process()
    [group] = groups.count().largest

    inbox.put_back(Push.objects.all())
    inbox.process()

    assert group.trouble.what == "ValueError: no leg for …"
    assert (group.trouble.state, group.trouble.is_failure) == ("failed", True)
    assert (Push.objects.get().state, Push.objects.get().trouble) == (State.DONE, "")
    assert groups.count().groups == 0


def test_what_went_wrong_before_is_named_by_the_migration(
    huawei: VendorAccount, deliver: Send
) -> None:
    deliver(huawei, "fee", fee("yesterday"), sample("huawei", "fee__callback"))
    Push.objects.update(trouble="")
    migration = importlib.import_module("vendors.migrations.0007_known_troubles")

    migration.name_troubles(apps, None)

    assert sorted(Push.objects.values_list("state", "trouble")) == [
        ("done", ""),
        ("unreadable", 'feeLst[*].callEndTime: expected "YYYY-MM-DD HH:MM:SS", got …'),
    ]


def test_the_page_shows_each_group_with_an_example_and_whose_move_it_is(
    huawei: VendorAccount, deliver: Send, sign_in: SignIn
) -> None:
    deliver(huawei, "fee", fee("yesterday"), fee("tomorrow"))
    newest = Push.objects.latest("id")

    text = page(sign_in(SEE, NUMBERS))

    assert "2 pushes went wrong." in text
    assert 'got "tomorrow"' in text
    assert '"callEndTime": "tomorrow"' in text
    assert f'href="/pushes/{newest.pk}/"' in text
    assert "The vendor's surprise" in text
    assert "Process again…" not in text


def test_the_link_to_its_pushes_lists_exactly_them(
    huawei: VendorAccount, deliver: Send, sign_in: SignIn
) -> None:
    deliver(
        huawei, "fee", fee("yesterday"), fee("tomorrow"), b"no", sample("huawei", "fee__callback")
    )
    Push.objects.update(received_at=datetime(2020, 1, 1, tzinfo=UTC))
    client = sign_in(SEE)
    [address] = re.findall(r'href="(/pushes/\?[^"]*)"[^>]*>2 pushes<', page(client))

    listed = client.get(address)

    assert [push.pk for push in listed.context["pushes"]] == list(
        Push.objects.filter(problem__contains="callEndTime")
        .order_by("-id")
        .values_list("pk", flat=True)
    )
    assert 'name="trouble"' in listed.content.decode()


def test_bodies_and_sentences_are_masked_for_those_who_see_numbers_so(
    huawei: VendorAccount, deliver: Send, sign_in: SignIn
) -> None:
    deliver(huawei, "fee", fee(NUMBER, callerNum=f"+86{NUMBER}"))

    masked, whole = page(sign_in(SEE)), page(sign_in(SEE, NUMBERS))

    assert NUMBER not in masked
    assert NUMBER in whole


def test_hostile_words_are_shown_as_text(
    huawei: VendorAccount, deliver: Send, sign_in: SignIn
) -> None:
    deliver(huawei, "fee", {"<script>alert(1)</script>": {"a": 1}, "feeLst": "<b>"})

    raw = sign_in(SEE).get("/trouble/").content.decode()

    assert "<script>alert" not in raw
    assert "<b>" not in raw


def test_one_state_can_be_shown_alone(
    huawei: VendorAccount, deliver: Send, sign_in: SignIn
) -> None:
    deliver(huawei, "fee", b"no")
    client = sign_in(SEE)

    assert "1 push went wrong." in page(client, "?state=unreadable")
    assert "No push is in this state." in page(client, "?state=failed")
    assert "There is no such state here" in page(client, "?state=<b>")
    assert "There is no such state here" in page(client, "?state=done")


def test_where_nothing_went_wrong_a_sentence_says_what_would_stand_there(sign_in: SignIn) -> None:
    assert "A push stands here when it says" in page(sign_in(SEE))


def test_the_most_frequent_are_shown_and_the_others_counted(
    huawei: VendorAccount, deliver: Send, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "MOST_SHOWN", 1)
    deliver(huawei, "fee", fee("yesterday"), fee("tomorrow"), b"no")

    text = page(sign_in(SEE))

    assert "3 pushes went wrong." in text
    assert "The 1 most frequent of 2 sorts are shown." in text
    assert "callEndTime" in text
    assert "which were not counted" not in text

    monkeypatch.setattr(groups, "_MOST_COUNTED", 1)
    assert "which were not counted" in page(sign_in(SEE))


def test_the_page_asks_as_much_for_one_group_as_for_many(
    huawei: VendorAccount, deliver: Send, sign_in: SignIn
) -> None:
    deliver(huawei, "fee", b"no")
    client = sign_in(SEE)
    page(client)
    with CaptureQueriesContext(connection) as one:
        page(client)
    deliver(huawei, "fee", fee("yesterday"), b"", {"feeLst": 1}, {"feeLst": [1]})

    with CaptureQueriesContext(connection) as many:
        page(client)

    assert len(many) == len(one)


def test_it_is_for_those_who_may_see_pushes(sign_in: SignIn, client: Client) -> None:
    assert sign_in("calls.view_call").get("/trouble/").status_code == 403
    assert client.get("/trouble/").status_code == 302
    assert 'href="/trouble/"' in sign_in(SEE).get("/pushes/").content.decode()

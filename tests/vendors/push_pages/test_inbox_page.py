"""The inbox as a page: what it lists, how it is searched, who may open it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.vendors.push_pages.conftest import (
    AGAIN,
    CALLS,
    HOSTILE,
    NUMBERS,
    SEE,
    Keep,
    MakeAccount,
    Send,
    SignIn,
    page,
    record,
    shown,
)
from vendors import push_filters
from vendors.models import Push, State, VendorAccount

pytestmark = pytest.mark.django_db


def test_the_list_says_what_came_and_what_came_of_it(sign_in: SignIn, keep: Keep) -> None:
    keep(record())
    keep(b"not json")

    text = page(sign_in(SEE), "/pushes/")

    for words in ("receiveCallRecord", "Done", "1 call", "Unreadable", "body: expected JSON"):
        assert words in text
    assert "Unreadable: 1" in text


@pytest.mark.parametrize("address", ["/pushes/", "/refusals/"])
def test_a_list_is_for_those_who_may_see_pushes(sign_in: SignIn, address: str) -> None:
    assert sign_in(CALLS, NUMBERS, AGAIN).get(address).status_code == 403
    assert sign_in(SEE).get(address).status_code == 200


def test_the_navigation_leads_there_for_those_alone(sign_in: SignIn) -> None:
    link = 'href="/pushes/"'

    assert link in page(sign_in(CALLS, SEE), "/calls/")
    assert link not in page(sign_in(CALLS), "/calls/")


def test_each_filter_finds_its_pushes(
    sign_in: SignIn, keep: Keep, make_account: MakeAccount
) -> None:
    other = make_account("nxcloud", "Other")
    done = keep(record())
    bad = keep(b"no", of=other, kind="call-result")
    old = keep(b"old")
    Push.objects.filter(pk=old.pk).update(received_at=timezone.now() - timedelta(days=40))
    client = sign_in(SEE)

    assert shown(client) == [bad, done, old]
    assert shown(client, "?state=unreadable") == [bad, old]
    assert shown(client, "?state=done&state=unreadable&vendor=nxcloud") == [bad]
    assert shown(client, "?account=Other") == shown(client, f"?account={other.pk}") == [bad]
    assert shown(client, "?kind=call-result") == [bad]
    day = (timezone.localtime() - timedelta(days=2)).date().isoformat()
    assert shown(client, f"?from={day}") == [bad, done]
    assert shown(client, f"?to={day}") == [old]


def test_text_finds_what_a_body_holds_however_json_wrote_it(sign_in: SignIn, keep: Keep) -> None:
    escaped = keep(b'{"note": "\\u4f18\\u60e0\\u5238"}')
    plain = keep('{"note": "优惠券 2"}'.encode())
    keep(b"{}")

    assert shown(sign_in(SEE), "?text=优惠券") == [plain, escaped]


def test_a_number_is_found_however_it_is_typed(sign_in: SignIn, keep: Keep) -> None:
    found = keep(b'{"caller": "13100001111"}')
    client = sign_in(SEE)

    for typed in ("13100001111", "%2B86 131-0000-1111", "0086 13100001111"):
        assert shown(client, f"?text={typed}") == [found]


def test_a_part_of_a_number_is_not_looked_for_by_who_sees_numbers_masked(
    sign_in: SignIn, keep: Keep
) -> None:
    found = keep(b'{"caller": "13100001111"}')
    masked, whole = sign_in(SEE), sign_in(SEE, NUMBERS)

    assert shown(masked, "?text=100001") == []
    assert "Bodies were not looked through" in page(masked, "/pushes/?text=100001")
    assert shown(whole, "?text=100001") == [found]


def test_bodies_are_looked_through_for_a_day_unless_told_otherwise(
    sign_in: SignIn, keep: Keep
) -> None:
    old = keep(b"needle")
    Push.objects.update(received_at=timezone.now() - timedelta(days=3))
    client = sign_in(SEE)

    assert shown(client, "?text=needle") == []
    assert "were looked through" in page(client, "/pushes/?text=needle")
    day = (timezone.localtime() - timedelta(days=4)).date().isoformat()
    assert shown(client, f"?text=needle&from={day}") == [old]


def test_a_kind_is_looked_for_in_the_last_days_unless_told_otherwise(
    sign_in: SignIn, keep: Keep
) -> None:
    old = keep(b"needle")
    Push.objects.update(received_at=timezone.now() - timedelta(days=8))
    client = sign_in(SEE)

    assert shown(client, "?kind=receiveCallRecord") == []
    assert "were looked through" in page(client, "/pushes/?kind=receiveCallRecord")
    day = (timezone.localtime() - timedelta(days=9)).date().isoformat()
    assert shown(client, f"?kind=receiveCallRecord&from={day}") == [old]


def test_no_search_reads_more_than_so_many_bodies(
    sign_in: SignIn, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_filters.search, "__defaults__", (2,))
    for number in range(4):
        keep(f"needle {number}".encode())
    newest = list(Push.objects.order_by("-received_at")[:2])

    assert shown(sign_in(SEE), "?text=needle") == newest


def test_an_id_of_a_call_finds_the_pushes_behind_it_however_old(
    sign_in: SignIn, keep: Keep
) -> None:
    by_id = keep(record("c-77"))
    keep(record("other", task_id="9"))
    Push.objects.update(received_at=timezone.now() - timedelta(days=300))

    assert shown(sign_in(SEE), "?text=c-77") == [by_id]
    assert shown(sign_in(SEE), f"?text={by_id.pk}") == [by_id]


def test_pages_turn_by_key(sign_in: SignIn, keep: Keep) -> None:
    pushes = [keep(str(number).encode()) for number in range(3)]
    client = sign_in(SEE)

    first = client.get("/pushes/?limit=2")
    second = client.get("/pushes/" + first.context["older"])

    assert [*first.context["pushes"], *second.context["pushes"]] == pushes[::-1]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?colour=red", "colour: There is no such filter"),
        ("?state=green", "State: Select a valid choice"),
        ("?from=yesterday", "From: Expected a date and time"),
        ("?text=%00", "Null characters are not allowed"),
        ("?cursor=nonsense", "no longer exists"),
    ],
)
def test_nonsense_is_a_sentence(sign_in: SignIn, query: str, words: str) -> None:
    client = sign_in(SEE)

    for address in ("/pushes/", "/refusals/"):
        if "state" not in query or address == "/pushes/":
            assert words in page(client, address + query)


def test_what_strangers_wrote_is_escaped(sign_in: SignIn, keep: Keep) -> None:
    keep(record(call_id=HOSTILE, time_dial=HOSTILE))

    body = sign_in(SEE).get(f"/pushes/?text={HOSTILE}").content.decode()

    assert "alert" in body
    assert "<script>alert" not in body


def test_the_list_costs_the_same_number_of_queries_however_long(
    sign_in: SignIn, keep: Keep
) -> None:
    client = sign_in(SEE, CALLS)
    keep(record())
    client.get("/pushes/")
    with CaptureQueriesContext(
        connection,
    ) as one:
        client.get("/pushes/")
    for number in range(3):
        keep(record(f"c-{number}"))

    with CaptureQueriesContext(connection) as four:
        client.get("/pushes/")

    assert len(four) == len(one)


def test_htmx_gets_the_table_alone(sign_in: SignIn, keep: Keep) -> None:
    keep(record())

    text = page(sign_in(SEE), "/pushes/", **{"HX-Request": "true"})

    assert "<table" in text
    assert "<html" not in text


def test_a_push_of_a_state_is_one_click_away(
    sign_in: SignIn, account: VendorAccount, push: Send
) -> None:
    push(account, "receiveVoice", b"{}")
    Push.objects.update(state=State.FAILED)

    assert 'href="/pushes/?state=failed"' in page(sign_in(SEE), "/pushes/")

"""The pages: what people see of calls, and what they are told where there is nothing to see."""

import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import translation

from calls import facts, ingest, outcomes
from calls.facts import CallFacts, CodeFact, Source
from calls.models import Account, Call
from calls.templatetags import display
from tests.conftest import sample

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)  # in Shanghai
HOSTILE = "<script>alert('x')</script>"


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Requests leave their language behind; each test begins with English."""
    with translation.override("en"):
        yield


@pytest.fixture
def make_user() -> Callable[..., User]:
    def make(name: str, *permissions: str) -> User:
        user = User.objects.create_user(name)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        return user

    return make


@pytest.fixture
def agent(client: Client, make_user: Callable[..., User]) -> Client:
    """A signed-in person who may see calls and nothing else."""
    client.force_login(make_user("agent", "view_call"))
    return client


@pytest.fixture
def administrator(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("administrator"))
    return client


@pytest.fixture
def say() -> Callable[..., Call]:
    """Let a vendor say something about a call; the call."""
    account = Account.objects.create(vendor="voicepush", name="Main")

    def say(call_id: str, **said: Any) -> Call:
        given: dict[str, Any] = {
            "source": Source.RECORD,
            "is_final": True,
            "started_at": NOON,
        } | said
        statement = ingest.Statement(
            push_id=1,
            received_at=NOON,
            account=account,
            facts=CallFacts(call_id=call_id, **(given | said)),
        )
        ingest.apply([statement])
        return Call.objects.get(call_id=call_id)

    return say


def call_ids(response: Any) -> list[str]:
    return [call.call_id for call in response.context["calls"]]


def page(client: Client, query: str = "", **headers: str) -> str:
    response = client.get(reverse("calls") + query, headers=headers or None)
    assert response.status_code == 200
    return unescape(response.content.decode())


# The list


def test_the_list_shows_who_called_whom_and_what_became_of_it(
    agent: Client, say: Callable[..., Call]
) -> None:
    say("a", caller="13100001111", callee="13100002222", answered_at=NOON, talk_seconds=65)

    shown = page(agent)

    for words in ("13100001111", "13100002222", "Answered", "1:05", "2026-11-01 12:00:00"):
        assert words in shown


def test_a_number_finds_its_calls_however_it_is_written(
    agent: Client, say: Callable[..., Call]
) -> None:
    say("wanted", caller="13100001111")
    say("other", caller="13100002222")

    response = agent.get(reverse("calls"), {"number": "+86 131-0000-1111"})

    assert call_ids(response) == ["wanted"]


def test_several_outcomes_are_either_of_them(agent: Client, say: Callable[..., Call]) -> None:
    say("busy", codes=(CodeFact(scheme="q850", value="17", place="cause"),))
    say("rejected", codes=(CodeFact(scheme="q850", value="21", place="cause"),))
    say("answered", answered_at=NOON)

    response = agent.get(reverse("calls"), {"outcome": ["busy", "rejected"]})

    assert set(call_ids(response)) == {"busy", "rejected"}


def test_a_call_is_found_by_the_vendors_id(agent: Client, say: Callable[..., Call]) -> None:
    say("123425c-6483-11e8")
    say("other")

    response = agent.get(reverse("calls"), {"call_id": " 123425c-6483-11e8 "})

    assert call_ids(response) == ["123425c-6483-11e8"]


def test_a_time_without_a_zone_is_meant_in_the_portals(
    agent: Client, say: Callable[..., Call]
) -> None:
    say("before", started_at=NOON - timedelta(minutes=1))
    say("within", started_at=NOON)
    say("after", started_at=NOON + timedelta(hours=1))

    response = agent.get(reverse("calls"), {"from": "2026-11-01T12:00", "to": "2026-11-01T13:00"})

    assert call_ids(response) == ["within"]


def test_a_filter_that_cannot_be_read_is_a_sentence_and_keeps_what_was_typed(
    agent: Client, say: Callable[..., Call]
) -> None:
    say("a", caller="13100001111")

    shown = page(agent, "?from=yesterday&number=13100001111")

    assert "From: Expected a date and time" in shown
    assert 'value="yesterday"' in shown
    assert 'value="13100001111"' in shown
    assert "<table" not in shown


def test_a_filter_that_does_not_exist_is_not_ignored(
    agent: Client, say: Callable[..., Call]
) -> None:
    say("a")

    shown = page(agent, "?colour=red")

    assert "colour: There is no such filter" in shown
    assert "<table" not in shown


def test_a_day_in_a_shared_address_stays_in_the_form(agent: Client) -> None:
    shown = page(agent, "?from=2026-11-01")

    assert 'value="2026-11-01T00:00"' in shown


def test_every_active_filter_can_be_taken_away_alone(agent: Client) -> None:
    response = agent.get(reverse("calls"), {"outcome": ["busy", "failed"], "number": "10086"})

    chips = {(chip.value, chip.without) for chip in response.context["chips"]}
    assert chips == {
        ("Busy", "?outcome=failed&number=10086"),
        ("Failed", "?outcome=busy&number=10086"),
        ("10086", "?outcome=busy&outcome=failed"),
    }


def test_fields_left_empty_do_not_stay_in_the_address(agent: Client) -> None:
    response = agent.get(reverse("calls") + "?number=10086&vendor=&outcome=busy&outcome=")

    assert response.status_code == 302
    assert response["Location"] == reverse("calls") + "?number=10086&outcome=busy"


def test_an_empty_portal_says_what_would_fill_it(agent: Client) -> None:
    shown = page(agent)

    assert "No calls yet" in shown
    assert "push addresses" in shown
    assert "Add a vendor account" not in shown


def test_an_empty_portal_leads_an_administrator_to_the_admin(administrator: Client) -> None:
    assert "Add a vendor account" in page(administrator)


def test_a_filter_that_matches_nothing_can_be_cleared(
    agent: Client, say: Callable[..., Call]
) -> None:
    say("a")

    shown = page(agent, "?number=10086")

    assert "No call matches" in shown
    assert "Show all calls" in shown


def test_pages_lead_through_all_calls_and_lose_none(
    agent: Client, say: Callable[..., Call]
) -> None:
    said = [say(f"c{n}", started_at=NOON + timedelta(seconds=n // 3)).call_id for n in range(20)]

    seen, query = [], "?limit=7"
    while query:
        response = agent.get(reverse("calls") + query)
        seen += call_ids(response)
        query = response.context["older"]

    assert seen == said[::-1]


@pytest.mark.parametrize("position", [b"o=never", b"p=never", b"o=-1", "\u5348".encode()])
def test_a_page_that_nobody_gave_out_is_a_sentence_or_the_newest(
    agent: Client, say: Callable[..., Call], position: bytes
) -> None:
    say("a")

    shown = page(agent, f"?cursor={b64encode(position).decode()}")

    assert "no longer exists" in shown or "<table" in shown


def test_htmx_gets_the_table_alone(agent: Client, say: Callable[..., Call]) -> None:
    say("a")

    shown = page(agent, HX_Request="true")

    assert "<table" in shown
    assert "<html" not in shown


def test_the_list_costs_no_more_queries_when_it_is_longer(
    agent: Client, say: Callable[..., Call], django_assert_max_num_queries: Any
) -> None:
    for n in range(50):
        say(f"c{n}", caller="13100001111", codes=(CodeFact(scheme="q850", value="17", place="x"),))

    with django_assert_max_num_queries(6):
        page(agent)


# One call


@pytest.fixture
def yeta_call(make_account: Callable[..., Any], deliver: Callable[..., list[Call]]) -> Call:
    """A call with everything: record, dialog in which somebody writes a script, recording."""
    record, dialog = (
        sample("yeta", "receiveCallRecord__document"),
        sample("yeta", "receiveDialog__document"),
    )
    voice = sample("yeta", "receiveVoice__document")
    dialog["dialog"][0]["text_man"] = HOSTILE
    dialog["dialog"][0]["hits"][0]["hit"] = HOSTILE
    record["task_row_value"][0] = HOSTILE
    record[HOSTILE] = {"deep": [HOSTILE]}
    dialog["call_uuid"] = voice["call_uuid"] = record["call_uuid"]
    return deliver(make_account("yeta"), "receiveDialog", record, dialog, voice)[0]


def detail(client: Client, call: Call, **headers: str) -> str:
    response = client.get(call.get_absolute_url(), headers=headers or None)
    assert response.status_code == 200
    return response.content.decode()


def test_what_customers_and_vendors_write_is_never_run(
    yeta_call: Call, administrator: Client
) -> None:
    shown = detail(administrator, yeta_call)

    assert shown.count("&lt;script&gt;alert") >= 4
    assert "<script>" not in shown


def test_a_dialog_reads_as_a_conversation(yeta_call: Call, agent: Client) -> None:
    shown = detail(agent, yeta_call)

    robot, customer = shown.index("bubble--robot"), shown.index("bubble--customer")
    assert robot < customer
    assert "优惠券介绍" in shown
    assert "picked" in shown


def test_a_rows_headings_and_values_are_shown_as_pairs(yeta_call: Call, agent: Client) -> None:
    shown = re.sub(r"\s+", " ", detail(agent, yeta_call))

    assert "<dt>装货时间</dt> <dd>3月13日</dd>" in shown


def test_a_recording_is_announced_but_its_address_is_not_shown(
    yeta_call: Call, agent: Client
) -> None:
    shown = detail(agent, yeta_call)

    assert "1018.8 KiB" in shown
    assert ".wav" not in shown


def test_an_unanswered_call_says_first_whose_move_it_is(
    agent: Client, say: Callable[..., Call]
) -> None:
    call = say("a", codes=(CodeFact(scheme="q850", value="1", place="cause"),))

    shown = unescape(detail(agent, call))

    assert shown.index("Why it was not answered") < shown.index("Times")
    assert "The customer's move" in shown


def test_an_unknown_code_is_shown_as_it_came(agent: Client, say: Callable[..., Call]) -> None:
    call = say("a", codes=(CodeFact(scheme="q850", value="9999", place="cause"),))

    shown = detail(agent, call)

    assert "9999" in shown
    assert "no explanation" in shown


def test_a_call_of_which_nothing_is_known_has_a_page(
    agent: Client, say: Callable[..., Call]
) -> None:
    call = say("a", started_at=None, is_final=None)

    shown = detail(agent, call)

    assert "an unknown number is calling an unknown number" in shown
    assert "no times" in shown


def test_pushes_are_shown_to_those_who_may_see_them(yeta_call: Call, administrator: Client) -> None:
    shown = detail(administrator, yeta_call)

    assert "receiveDialog" in shown
    assert "task_row_index" in shown


def test_pushes_are_hidden_from_those_who_may_see_calls_only(
    yeta_call: Call, agent: Client
) -> None:
    assert "What the vendor sent" not in detail(agent, yeta_call)


def test_a_body_that_cannot_be_laid_out_is_shown_as_it_came(
    make_account: Callable[..., Any], deliver: Callable[..., list[Call]], administrator: Client
) -> None:
    body = rb'{"call_uuid": "a", "note": "\ud800", "twice": 1, "twice": 1}'
    call = deliver(make_account("yeta"), "receiveCallRecord", body)[0]

    shown = unescape(detail(administrator, call))

    assert body.decode() in shown


def test_a_call_costs_a_fixed_number_of_queries(
    yeta_call: Call, administrator: Client, django_assert_max_num_queries: Any
) -> None:
    # What was pushed costs 12; what became of recordings, who heard them, and the number in the
    # header of those that are lost soon cost one each.
    with django_assert_max_num_queries(15):
        detail(administrator, yeta_call)


# Who may see pages, and in which language


@pytest.mark.parametrize("address", ["/calls/", "/calls/1/"])
def test_whoever_is_not_signed_in_is_asked_to(client: Client, address: str) -> None:
    response = client.get(address)

    assert response.status_code == 302
    assert response["Location"] == f"{reverse('login')}?next={address}"


@pytest.mark.parametrize("address", ["/calls/", "/calls/1/"])
def test_calls_need_the_permission(
    client: Client, make_user: Callable[..., User], address: str
) -> None:
    client.force_login(make_user("stranger"))

    response = client.get(address)

    assert response.status_code == 403
    assert "may not see this page" in response.content.decode()
    assert reverse("logout") in response.content.decode()


@pytest.mark.parametrize(("language", "words"), [("en", "Called party"), ("zh-hans", "被叫")])
def test_pages_speak_the_readers_language(
    agent: Client, say: Callable[..., Call], language: str, words: str
) -> None:
    call = say("a")

    shown = page(agent, Accept_Language=language), detail(agent, call, Accept_Language=language)

    assert all(words in text for text in shown)


def test_the_language_can_be_switched(agent: Client) -> None:
    agent.post(reverse("set_language"), {"language": "zh-hans"})

    assert "通话记录" in page(agent)


def test_signing_in_leads_to_the_page_that_was_asked_for(client: Client) -> None:
    User.objects.create_user("agent", password="a long enough password")
    given = {"username": "agent", "password": "a long enough password", "next": "/calls/7/"}

    response = client.post(reverse("login"), given)

    assert response["Location"] == "/calls/7/"


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "500"])
def test_error_pages_need_nothing_and_never_acknowledge_anything(name: str) -> None:
    shown = render_to_string(f"{name}.html")

    assert "<h1>" in shown
    assert "success" not in shown.lower()


# How things are put


@pytest.mark.parametrize(
    ("seconds", "digits", "words"),
    [(None, "", ""), (0, "0:00", "0 s"), (65, "1:05", "1 min 5 s"), (3600, "1:00:00", "1 h")],
)
def test_durations_are_digits_in_lists_and_words_in_text(
    seconds: int | None, digits: str, words: str
) -> None:
    assert (display.clock(seconds), display.spelled(seconds)) == (digits, words)


@pytest.mark.parametrize(
    ("count", "words"),
    [(None, ""), (1, "1 byte"), (1023, "1023 bytes"), (1536, "1.5 KiB"), (5 * 1024**3, "5.0 GiB")],
)
def test_sizes_stand_in_the_unit_that_suits_them(count: int | None, words: str) -> None:
    assert display.size(count) == words


def test_pairs_of_unequal_length_lose_nothing() -> None:
    kept = {"row_head": ["a", "b"], "row_value": ["1", "2", "3"]}

    assert display.words(kept)[0].pairs == (("a", "1"), ("b", "2"), ("", "3"))


def test_values_are_shown_in_the_form_that_suits_them() -> None:
    text, items, block = display.words({"a": "x", "b": [1, None], "c": {"d": True}})

    assert text.text == "x"
    assert items.items == ("1", "null")
    assert block.block == '{\n  "d": true\n}'


def test_every_outcome_and_every_ending_has_its_sentence() -> None:
    assert set(display.OUTCOME_SENTENCES) == {one.value for one in outcomes.Outcome}
    assert set(display.ENDING_SENTENCES) == {one.value for one in facts.Party}

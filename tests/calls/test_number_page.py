"""The page of a number: its calls over all vendors, and what is counted of them."""

from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from calls import number_story
from calls.facts import CodeFact, DialogFacts, TurnFacts
from calls.models import Party
from tests.calls.conftest import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

KEY = "8613100001111"
ONE, TWO, THREE = "13100001111", "13100002222", "13100003333"
BUSY = (CodeFact(scheme="q850", value="17", place="cause"),)


def page(client: Client, key: str = KEY) -> str:
    response = client.get(reverse("number", args=[key]))
    assert response.status_code == 200
    return unescape(response.content.decode())


@pytest.mark.parametrize("spelling", ["13100001111", "+86 131-0000-1111", "0086/13100001111"])
def test_any_spelling_leads_to_one_page(agent: Client, spelling: str) -> None:
    response = agent.get(reverse("number", args=[spelling]))

    assert response["Location"] == f"/numbers/{KEY}/"


@pytest.mark.parametrize("key", ["138*0021", "10086", "sip:alice@example", "\u202e<b>", "x" * 900])
def test_no_number_is_too_odd_for_a_page(agent: Client, key: str) -> None:
    response = agent.get(reverse("number", args=[key]), follow=True)

    assert response.status_code == 200
    assert "No call of this number is known" in response.content.decode()
    assert "<b>" not in response.content.decode().partition("<main")[2]


def test_a_form_that_calls_are_found_by_is_not_led_elsewhere(agent: Client, say: Any) -> None:
    call = say("dialled from Hong Kong")
    Party.objects.create(call=call, key=ONE, mirror=ONE[::-1], occurred_at=NOON)

    assert call.get_absolute_url() in page(agent, ONE)


def test_all_calls_of_a_number_are_listed_newest_first(agent: Client, say: Any) -> None:
    say("made", caller=ONE, callee=TWO)
    say("taken", caller=TWO, callee="+86" + ONE, started_at=NOON + timedelta(hours=1))
    say("shown", caller=TWO, callee=THREE, display_number=ONE)
    say("other", caller=TWO, callee=THREE)

    story = agent.get(reverse("number", args=[KEY])).context["story"]

    assert [call.call_id for call in story.calls] == ["taken", "shown", "made"]
    assert (story.total, story.is_more, story.is_shown) == (3, False, True)
    assert (story.first_at, story.last_at) == (NOON, NOON + timedelta(hours=1))


def test_the_answer_rate_is_told_by_hour_of_the_readers_day(agent: Client, say: Any) -> None:
    say("a", callee=ONE, answered_at=NOON)
    say("b", callee=ONE, codes=BUSY, started_at=NOON + timedelta(minutes=30))
    at_three = NOON + timedelta(hours=3)
    say("c", callee=ONE, answered_at=at_three, started_at=at_three)
    say("d", caller=ONE, codes=BUSY)

    story = agent.get(reverse("number", args=[KEY])).context["story"]

    to_it = {hour.hour: (hour.calls, hour.rate) for hour in story.to_it if hour.calls}
    assert to_it == {12: (2, 50), 15: (1, 100)}
    assert {hour.hour: hour.rate for hour in story.from_it if hour.calls} == {12: 0}


def test_outcomes_dialogs_and_other_numbers_are_counted(agent: Client, say: Any) -> None:
    words = DialogFacts(turns=(TurnFacts(key="1", text_robot="Hi"),))
    say("a", caller=ONE, callee=TWO, answered_at=NOON, dialog=words, display_number="4008001234")
    say("b", caller=ONE, callee=TWO, codes=BUSY)
    say("c", caller=THREE, callee=ONE, codes=BUSY)

    story = agent.get(reverse("number", args=[KEY])).context["story"]

    assert [(one.outcome, one.calls) for one in story.outcomes] == [("busy", 2), ("answered", 1)]
    assert [call.call_id for call in story.with_dialog] == ["a"]
    assert [(one.number, one.calls) for one in story.partners] == [(TWO, 2), (THREE, 1)]
    assert [one.number for one in story.shown] == ["4008001234"]
    shown = page(agent)
    assert f"/calls/?number={KEY}&outcome=busy" in shown
    assert f"/calls/{story.with_dialog[0].pk}/#dialog" in shown


def test_what_is_counted_is_bounded_and_says_so(
    agent: Client, say: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(number_story, "MOST", 2)
    monkeypatch.setattr("calls.number_page.number_story.MOST", 2)
    for n in range(3):
        say(f"c{n}", caller=ONE, started_at=NOON + timedelta(hours=n))

    shown = page(agent)

    assert "more than 2" in shown
    assert "that of the newest 2 calls" in shown


def test_a_page_of_a_number_costs_a_fixed_number_of_queries(
    agent: Client, say: Any, django_assert_max_num_queries: Any
) -> None:
    words = DialogFacts(turns=(TurnFacts(key="1", text_robot="Hi"),))
    for n in range(25):
        say(f"c{n}", caller=ONE, callee=f"1310000{n:04}", dialog=words, codes=BUSY)
    page(agent)

    with django_assert_max_num_queries(12):
        page(agent)


def test_whoever_sees_numbers_masked_is_told_why_there_is_no_page(
    client: Client, say: Any, make_user: Callable[..., User]
) -> None:
    say("a", caller=ONE)
    client.force_login(make_user("viewer", "view_call"))

    response = client.get(reverse("number", args=[KEY]))

    assert response.status_code == 403
    assert "Numbers are masked for you" in response.content.decode()
    assert "13100001111" not in response.content.decode()


def test_a_number_needs_the_permission(client: Client, make_user: Callable[..., User]) -> None:
    client.force_login(make_user("stranger", "see_numbers"))

    assert client.get(reverse("number", args=[KEY])).status_code == 403

"""The page of what goes on at this moment."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from calls.facts import EventFacts, Source
from calls.live import board
from calls.models import Call

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

NOW = datetime(2026, 11, 1, 4, 5, tzinfo=UTC)
NUMBER = "13100000001"

Say = Callable[..., Call]


@pytest.fixture(autouse=True)
def at_five_past_noon() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ring(say: Say) -> Say:
    """A status push that tells of a call which goes on."""

    def ring(call_id: str, **said: Any) -> Call:
        return say(call_id, **{"source": Source.STATUS, "is_final": None, "caller": NUMBER} | said)

    return ring


def seen(client: Client, query: str = "", **headers: str) -> str:
    response = client.get("/live/" + query, headers=headers)
    assert response.status_code == 200
    return unescape(response.content.decode())


def order(text: str) -> list[int]:
    return [int(key) for key in re.findall(r'id="call-(\d+)"', text)]


def test_calls_that_go_on_stand_newest_first_with_age_and_last_event(
    agent: Client, ring: Say, say: Say
) -> None:
    first = ring("first")
    event = EventFacts(kind="alerting", at=NOW - timedelta(seconds=50))
    second = ring("second", started_at=NOW - timedelta(seconds=62), events=(event,))
    say("over", started_at=NOW)

    text = seen(agent)

    assert order(text) == [second.pk, first.pk]
    assert 'data-age="62">1:02<' in text
    assert 'data-age="300">5:00<' in text
    assert "Ringing" in text
    assert NUMBER in text
    assert f'href="{second.get_absolute_url()}"' in text


def test_nothing_going_on_is_a_sentence(agent: Client) -> None:
    assert "A call stands here from the first status push" in seen(agent)


def test_calls_of_which_no_word_came_for_long_stand_apart(agent: Client, ring: Say) -> None:
    with time_machine.travel(NOW - timedelta(minutes=61), tick=False):
        quiet = ring("quiet", started_at=NOW - timedelta(minutes=62))
    going = ring("going")

    text = seen(agent)

    head, _, rest = text.partition('aria-labelledby="quiet"')
    assert order(head) == [going.pk]
    assert order(rest) == [quiet.pk]
    assert "Unknown since" in rest
    assert "2026-11-01 11:04:00" in rest
    assert "over 60 minutes" in rest
    assert "After 6 hours of silence a call is given up" in rest


def test_numbers_are_masked_for_those_who_see_them_so(
    client: Client, make_user: Any, ring: Say
) -> None:
    ring("one")
    client.force_login(make_user("viewer", "view_call"))

    text = seen(client)

    assert NUMBER not in text
    assert NUMBER[-4:] in text


def test_htmx_is_told_of_news_alone(agent: Client, ring: Say) -> None:
    ring("one")
    part = seen(agent, **{"HX-Request": "true"})
    news = unescape(re.findall(r'hx-get="([^"]*)"', part)[0])

    same = agent.get("/live/" + news, headers={"HX-Request": "true"})
    ring("two")
    other = agent.get("/live/" + news, headers={"HX-Request": "true"})

    assert "<html" not in part
    assert "every 3s" in part
    assert (same.status_code, same.content) == (204, b"")
    assert len(order(other.content.decode())) == 2
    assert "HX-Request" in same["Vary"]


def test_a_call_that_falls_silent_is_news(agent: Client, ring: Say) -> None:
    ring("one")
    news = unescape(re.findall(r'hx-get="([^"]*)"', seen(agent))[0])

    with time_machine.travel(NOW + timedelta(minutes=61), tick=False):
        later = agent.get("/live/" + news, headers={"HX-Request": "true"})

    assert "Unknown since" in later.content.decode()


def test_more_calls_than_are_shown_are_counted(
    agent: Client, ring: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "MOST_SHOWN", 2)
    for number in range(3):
        ring(str(number))

    text = seen(agent)

    assert len(order(text)) == 2
    assert ">3</span>" in text
    assert "The newest 2 are shown." in text

    monkeypatch.setattr(board, "MOST_COUNTED", 2)
    assert ">2+</span>" in seen(agent)


def test_the_page_asks_as_much_for_one_call_as_for_many(agent: Client, ring: Say) -> None:
    ring("one", events=(EventFacts(kind="callout", at=NOW),))
    seen(agent)
    with CaptureQueriesContext(connection) as one:
        seen(agent)
    for number in range(20):
        ring(str(number), events=(EventFacts(kind="callout", at=NOW),))

    with CaptureQueriesContext(connection) as many:
        seen(agent)

    assert len(many) == len(one)


def test_a_vendors_clock_that_is_ahead_makes_no_negative_age(agent: Client, ring: Say) -> None:
    ring("ahead", started_at=NOW + timedelta(hours=1))

    assert 'data-age="0">0:00<' in seen(agent)


def test_the_navigation_leads_there(agent: Client, client: Client) -> None:
    assert 'href="/live/"' in agent.get("/calls/").content.decode()

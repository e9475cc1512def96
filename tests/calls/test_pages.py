"""The pages: what people see of calls, and what they are told where there is nothing to see."""

from collections.abc import Callable
from html import unescape

import pytest
from django.contrib.auth.models import User
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from calls import facts, outcomes
from calls.models import Call
from calls.templatetags import display
from tests.calls.conftest import detail

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


def page(client: Client, query: str = "", **headers: str) -> str:
    response = client.get(reverse("calls") + query, headers=headers or None)
    assert response.status_code == 200
    return unescape(response.content.decode())


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

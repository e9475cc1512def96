"""Numbers as a reader may see them, and showing those of one call, which is recorded."""

import io
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import translation

from calls import ingest, masking
from calls.facts import CallFacts, Source
from calls.models import Account, Call, Reveal

NOON = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)
NUMBER = "13100007301"
OTHER = "13100007302"


# What is masked


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (NUMBER, "****7301"),
        ("+86 131-0000-1111", "****1111"),
        ("(0755) 2800-0001", "****0001"),
        ("+86138****0021", "+86138****0021"),
        ("13100001111*", "****1111*"),
        ("sip:13100001111@host.example", "****mple"),
        ("alice@host.example", "****mple"),
        ("10086", "10086"),
        ("anonymous", "anonymous"),
        ("", ""),
    ],
)
def test_of_a_number_the_last_four_remain(number: str, shown: str) -> None:
    assert masking.number(number) == shown


@pytest.mark.parametrize(
    "spelling",
    [
        "13100001111",
        "+8613100001111",
        "+86 131 0000 1111",
        "131-0000-1111",
        "131.0000.1111",
        "(+86) 131 / 0000 / 1111",
        "131\u00a00000\u20111111",
        "131\u200b0000\u202c1111",
        "１３１００００１１１１",
        "幺三幺零零零零一一一一",
        "013.100.001.111",
        "13.100.001.111",
    ],
)
def test_a_number_in_a_text_is_found_however_it_is_written(spelling: str) -> None:
    text = masking.text(f"Call me at {spelling}, or “{spelling}” tomorrow; x{spelling}y")

    assert text.count("****") == 3
    assert sum(one.isdigit() for one in text) <= 12


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-01T08:30:00.123Z",
        "2026-11-01 08:30 until 2026/11/02 21:00:00",
        "1604763745256783872",
        "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "203.0.113.10:8000",
        "10086, extension 204, 65 s",
        '{"talk": 12.5, "codes": [1, 2, 3, 4, 5, 6, 7, 8]}',
    ],
)
def test_moments_ids_and_addresses_are_no_numbers(text: str) -> None:
    assert masking.text(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"{NUMBER} {OTHER}", "****7301 ****7302"),
        (f"{NUMBER},{OTHER}", "****7301,****7302"),
        (f"{NUMBER} 1604763745256783872", "****7301 1604763745256783872"),
        (f"2026-11-01 {NUMBER}", "2026-11-01 ****7301"),
        (f"2026-11-01 08:30:00 {NUMBER}", "2026-11-01 08:30:00 ****7301"),
        ("131 0000 1111 131 0000 2222", "**** **** **** **** **** ****"),
        (f'{{"a": "{NUMBER}", "b": {OTHER}}}', '{"a": "****7301", "b": ****7302}'),
    ],
)
def test_numbers_beside_something_else_are_masked_too(text: str, shown: str) -> None:
    assert masking.text(text) == shown


def test_a_json_value_keeps_its_form() -> None:
    value = {NUMBER: [1, int(NUMBER), True, None, 2.5, {"say": f"it is {OTHER}"}], "seconds": 65}

    assert masking.tree(value) == {
        "****7301": [1, "****7301", True, None, 2.5, {"say": "it is ****7302"}],
        "seconds": 65,
    }


# Who sees what


def test_whoever_may_see_numbers_sees_them_until_the_eyes_close() -> None:
    with masking.eyes(User(is_superuser=True, is_active=True)):
        assert masking.sees_numbers()
        seen = masking.number(NUMBER), masking.text(f"at {NUMBER}"), masking.tree([int(NUMBER)])

    assert seen == (NUMBER, f"at {NUMBER}", [int(NUMBER)])
    assert not masking.sees_numbers()


@pytest.mark.parametrize("user", [None, AnonymousUser()])
def test_nobody_sees_numbers(user: Any) -> None:
    with masking.eyes(user):
        assert not masking.sees_numbers()


def test_another_thread_has_eyes_of_its_own() -> None:
    seen: list[bool] = []

    with masking.eyes(User(is_superuser=True, is_active=True)):
        other = threading.Thread(target=lambda: seen.append(masking.sees_numbers()))
        other.start()
        other.join()

    assert seen == [False]


@pytest.mark.parametrize(
    "words", ["1310", "*0000730*", "131 0000", "at 一三一零", "730 1", '"caller":"131', "号码131"]
)
def test_a_part_of_a_number_is_not_looked_for_by_who_sees_masked_ones(words: str) -> None:
    assert masking.gives_away(words)
    with masking.eyes(User(is_superuser=True, is_active=True)):
        assert not masking.gives_away(words)


@pytest.mark.parametrize(
    "words",
    [
        *("优惠券", "in 24 hours", NUMBER, "1604763745256783872", ""),
        *("c-404", "NM2001011547", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "a_12345"),
    ],
)
def test_words_whole_numbers_and_ids_are_looked_for_by_anybody(words: str) -> None:
    assert not masking.gives_away(words)


# Over requests


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def sign_in(db: None) -> Callable[..., Client]:
    def sign_in(name: str, *codenames: str) -> Client:
        user = User.objects.create_user(name)
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client = Client()
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def call(db: None) -> Call:
    account = Account.objects.create(vendor="voicepush", name="Main")
    facts = CallFacts(
        call_id="a",
        source=Source.RECORD,
        is_final=True,
        started_at=NOON,
        caller=NUMBER,
        callee=OTHER,
        user_data=f"order of {OTHER}",
    )
    ingest.apply([ingest.Statement(push_id=1, received_at=NOON, account=account, facts=facts)])
    return Call.objects.get()


def page(client: Client, call: Call) -> str:
    response = client.get(call.get_absolute_url())
    assert response.status_code == 200
    return unescape(response.content.decode())


def test_one_request_leaves_no_eyes_to_the_next(sign_in: Callable[..., Client], call: Call) -> None:
    whole = sign_in("agent", "view_call", "see_numbers")
    masked = sign_in("viewer", "view_call")

    shown = [page(client, call) for client in (whole, masked, whole, masked)]

    assert [NUMBER in one for one in shown] == [True, False, True, False]
    assert "****7301" in shown[1]
    assert not masking.sees_numbers()


def test_an_error_leaves_no_eyes_either(sign_in: Callable[..., Client]) -> None:
    whole = sign_in("agent", "view_call", "see_numbers")

    whole.get("/nowhere/")

    assert not masking.sees_numbers()


def test_a_program_sees_what_its_token_allows(sign_in: Callable[..., Client], call: Call) -> None:
    def caller(*options: str) -> str:
        out = io.StringIO()
        call_command("token", "add", "-".join(["probe", *options]), *options, stdout=out)
        client = Client(headers={"Authorization": f"Token {out.getvalue().strip()}"})
        found: str = client.get(reverse("api-call", args=[call.pk])).json()["caller"]
        return found

    assert caller() == NUMBER
    assert caller("--masked") == "****7301"
    assert not masking.sees_numbers()


# Showing the numbers of one call


def reveal(client: Client, call: Call) -> Any:
    return client.post(reverse("call-reveal", args=[call.pk]))


def test_numbers_are_shown_to_whom_they_may_be_and_that_is_written_down(
    sign_in: Callable[..., Client], call: Call
) -> None:
    client = sign_in("clerk", "view_call", "reveal_numbers")
    assert "Show numbers" in page(client, call)
    assert NUMBER not in page(client, call)

    response = reveal(client, call)

    assert response["Location"] == call.get_absolute_url()
    row = Reveal.objects.get()
    assert (row.call, row.user_name, row.address) == (call, "clerk", "127.0.0.1")
    assert NUMBER in page(client, call)
    assert "Show numbers" not in page(client, call)
    assert f"order of {OTHER}" in page(client, call)


def test_they_are_shown_for_a_while_on_that_call_to_that_person(
    sign_in: Callable[..., Client], call: Call
) -> None:
    client, colleague = (
        sign_in(name, "view_call", "reveal_numbers") for name in ("clerk", "colleague")
    )
    with time_machine.travel(NOON, tick=False) as clock:
        reveal(client, call)
        clock.shift(timedelta(minutes=9))
        assert NUMBER in page(client, call)
        assert NUMBER not in page(colleague, call)
        assert NUMBER not in client.get(reverse("calls")).content.decode()
        clock.shift(timedelta(minutes=2))
        assert NUMBER not in page(client, call)


def test_showing_needs_the_permission_and_is_no_link(
    sign_in: Callable[..., Client], call: Call
) -> None:
    viewer = sign_in("viewer", "view_call")
    clerk = sign_in("clerk", "view_call", "reveal_numbers")

    assert "Show numbers" not in page(viewer, call)
    assert reveal(viewer, call).status_code == 403
    assert clerk.get(reverse("call-reveal", args=[call.pk])).status_code == 405
    assert clerk.post(reverse("call-reveal", args=[call.pk + 1])).status_code == 404
    assert not Reveal.objects.exists()


def test_nothing_is_recorded_of_who_sees_numbers_anyway(
    sign_in: Callable[..., Client], call: Call
) -> None:
    agent = sign_in("agent", "view_call", "see_numbers", "reveal_numbers")

    assert "Show numbers" not in page(agent, call)
    reveal(agent, call)

    assert not Reveal.objects.exists()


def test_who_had_numbers_shown_stands_on_the_call_for_who_may_know(
    sign_in: Callable[..., Client], call: Call
) -> None:
    reveal(sign_in("clerk", "view_call", "reveal_numbers"), call)

    known = page(sign_in("supervisor", "view_call", "view_reveal"), call)
    unknown = page(sign_in("viewer", "view_call"), call)

    assert "Who had the numbers shown (1)" in known
    assert "clerk" in known
    assert "Who had the numbers shown" not in unknown

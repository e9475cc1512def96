"""Who may what."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from calls.models import Call
from tests.vendors.outbound_pages.conftest import (
    CALLBACK,
    form_of,
    hidden,
    page,
    typed,
)
from vendors.models import (
    OutboundRequest,
    RequestState,
    VendorAccount,
)
from vendors.permissions import ASK, SEE_REQUESTS, SETTLE

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("method", "name", "needed"),
    [
        ("get", "outbound", SEE_REQUESTS),
        ("get", "outbound-request", SEE_REQUESTS),
        ("get", "outbound-new", ASK),
        ("post", "outbound-new", ASK),
        ("post", "outbound-cancel", ASK),
        ("post", "outbound-end", ASK),
        ("post", "outbound-decide", SETTLE),
        ("post", "outbound-resume", SETTLE),
        ("post", "call-end", ASK),
    ],
)
def test_every_page_needs_its_permission(
    sign_in: Callable[..., Client],
    ask: Callable[..., OutboundRequest],
    say: Callable[..., Call],
    method: str,
    name: str,
    needed: str,
) -> None:
    request, call = ask(), say("a")
    places: dict[str, list[Any]] = {
        "outbound": [],
        "outbound-new": ["voice_callback"],
        "outbound-resume": [request.account_id],
        "call-end": [call.pk],
    }
    address = reverse(name, args=places.get(name, [request.pk]))
    others = {"calls.view_call", SEE_REQUESTS, ASK, SETTLE} - {needed}

    refused = getattr(sign_in(*others), method)(address)
    allowed = getattr(sign_in(needed), method)(address)

    assert refused.status_code == 403
    assert allowed.status_code in {200, 302}
    assert OutboundRequest.objects.filter(operation="voice_callback").count() == 1


@pytest.mark.parametrize("name", ["cancel", "end", "decide"])
def test_nothing_is_done_by_following_a_link(
    agent: Client, ask: Callable[..., OutboundRequest], name: str
) -> None:
    assert agent.get(reverse(f"outbound-{name}", args=[ask().pk])).status_code == 405


def test_whoever_may_ask_but_not_see_is_told_that_it_was_asked(
    sign_in: Callable[..., Client], account: VendorAccount
) -> None:
    client = sign_in(ASK)
    confirmation = client.post(form_of("voice_callback"), typed(CALLBACK))

    response = client.post(
        form_of("voice_callback"), hidden(confirmation) | {"do": "ask"}, follow=True
    )

    assert response.status_code == 200
    assert f"as request {OutboundRequest.objects.get().pk}" in response.content.decode()


def test_buttons_stand_only_where_they_can_be_used(
    sign_in: Callable[..., Client], ask: Callable[..., OutboundRequest]
) -> None:
    waiting, settled = ask(), ask(state=RequestState.GIVEN_UP)
    seeing = sign_in(SEE_REQUESTS)
    seen = page(seeing, waiting.get_absolute_url()) + page(seeing, settled.get_absolute_url())

    asking = sign_in(SEE_REQUESTS, ASK)
    of_waiting = page(asking, waiting.get_absolute_url())
    of_settled = page(asking, settled.get_absolute_url())

    assert "Cancel</button>" not in seen
    assert "Try again" not in seen
    assert "Cancel</button>" in of_waiting
    assert "Try again" not in of_waiting
    assert "Try again" in of_settled


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Called party", "Waiting")),
        ("zh-hans", ("被叫", "语音回呼", "外呼请求", "等待发送")),
    ],
)
def test_pages_speak_the_readers_language(
    agent: Client, ask: Callable[..., OutboundRequest], language: str, words: tuple[str, ...]
) -> None:
    ask()

    shown = page(agent, reverse("outbound"), Accept_Language=language)

    assert all(word in shown for word in words)


def test_the_list_costs_no_more_queries_when_it_is_longer(
    agent: Client, ask: Callable[..., OutboundRequest], django_assert_max_num_queries: Any
) -> None:
    for _ in range(20):
        ask()

    with django_assert_max_num_queries(9):
        page(agent, reverse("outbound"))

"""One request."""

from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from calls.facts import EventFacts
from calls.models import Call
from tests.vendors.outbound_pages.conftest import (
    HOSTILE,
    page,
)
from vendors import outbox
from vendors.models import (
    Attempt,
    OutboundRequest,
    RequestState,
    Why,
)
from vendors.permissions import SEE_REQUESTS, SETTLE

pytestmark = pytest.mark.django_db


def test_a_refusal_says_what_the_vendor_answered_and_whose_move_it_is(
    agent: Client, ask: Callable[..., OutboundRequest]
) -> None:
    request = ask(state=RequestState.REFUSED, why=Why.REFUSED, settled_at=timezone.now())
    now = timezone.now()
    Attempt.objects.create(
        request=request,
        number=1,
        began_at=now,
        written_at=now,
        ended_at=now + timedelta(milliseconds=234),
        http_status=400,
        code="1023006",
        raw=HOSTILE,
    )

    response = agent.get(request.get_absolute_url())

    shown = response.content.decode()
    assert "could not be authenticated" in shown
    assert "Our move" in shown
    assert "234 ms" in shown
    assert HOSTILE not in shown
    assert f"?like={request.pk}" in shown


def test_the_calls_steps_and_pressed_keys_are_followed(
    agent: Client, ask: Callable[..., OutboundRequest], say: Callable[..., Call]
) -> None:
    now = timezone.now()
    request = ask(
        state=RequestState.ACCEPTED, why=Why.ANSWERED, call_id="a", heard_at=now, settled_at=now
    )
    ringing = EventFacts(kind="alerting", at=now, number="+8613100001111")
    pressed = EventFacts(kind="collectinfo", at=now, number="+8613100001111", digits="42#")
    call = say("a", events=(ringing, pressed))

    shown = page(agent, request.get_absolute_url())

    assert "Ringing" in shown
    assert "42#" in shown
    assert call.get_absolute_url() in shown
    assert "End the call" in shown


def test_a_page_asks_for_news_while_there_may_be_some_and_is_told_only_news(
    agent: Client, ask: Callable[..., OutboundRequest]
) -> None:
    request = ask()
    address = request.get_absolute_url()
    moving = agent.get(address)
    seen = moving.context["seen"]

    quiet = agent.get(f"{address}?seen={seen}", headers={"HX-Request": "true"})
    outbox.cancel(request, "Ann")
    news = agent.get(f"{address}?seen={seen}", headers={"HX-Request": "true"})

    assert 'hx-trigger="every 2s"' in moving.content.decode()
    assert quiet.status_code == 204
    assert "Cancelled" in news.content.decode()
    assert "hx-trigger" not in news.content.decode()
    assert "<html" not in news.content.decode()


def test_a_call_of_which_no_push_came_is_noticed(
    agent: Client, ask: Callable[..., OutboundRequest]
) -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    request = ask(state=RequestState.ACCEPTED, why=Why.ANSWERED, settled_at=long_ago)

    assert "no push has come" in page(agent, request.get_absolute_url())


def test_an_uncertain_request_is_decided_by_a_person_once_pushes_had_their_time(
    sign_in: Callable[..., Client], ask: Callable[..., OutboundRequest]
) -> None:
    request = ask(state=RequestState.UNCERTAIN, why=Why.CUT, settled_at=timezone.now())
    judge = sign_in(SEE_REQUESTS, SETTLE)
    address = reverse("outbound-decide", args=[request.pk])

    early = page(judge, request.get_absolute_url())
    too_soon = judge.post(address, {"placed": "no"}, follow=True).content.decode()
    OutboundRequest.objects.update(settled_at=timezone.now() - timedelta(hours=1))
    due = page(judge, request.get_absolute_url())
    neither = judge.post(address, {"placed": "perhaps"}, follow=True).content.decode()
    judge.post(address, {"placed": "no"})
    too_late = judge.post(address, {"placed": "yes"}, follow=True).content.decode()

    request.refresh_from_db()
    assert "After that a person decides" in early
    assert "It was not placed" not in early
    assert "still waits for a push" in too_soon
    assert "It was not placed" in due
    assert "Say whether it was placed" in neither
    assert (request.state, request.why) == (RequestState.GIVEN_UP, Why.SAID_NOT_PLACED)
    assert "It was settled already" in too_late


def test_a_waiting_request_is_cancelled_and_a_settled_one_is_not(
    agent: Client, ask: Callable[..., OutboundRequest]
) -> None:
    request = ask()
    address = reverse("outbound-cancel", args=[request.pk])

    first = agent.post(address, follow=True).content.decode()
    second = unescape(agent.post(address, follow=True).content.decode())

    assert "Nobody is called." in first
    assert "It is no longer waiting: It was cancelled" in second


def test_ending_a_call_leads_to_the_request_that_ends_it(
    agent: Client, ask: Callable[..., OutboundRequest], say: Callable[..., Call], rings: list[None]
) -> None:
    now = timezone.now()
    request = ask(state=RequestState.ACCEPTED, call_id="a", heard_at=now, settled_at=now)
    say("a")

    response = agent.post(reverse("outbound-end", args=[request.pk]))
    again = agent.post(reverse("outbound-end", args=[request.pk]), follow=True)

    ending = OutboundRequest.objects.get(operation="terminate_call")
    assert response["Location"] == ending.get_absolute_url()
    assert "asked to end the call already" in again.content.decode()
    assert len(rings) == 2


def test_a_call_that_is_over_is_not_ended(
    agent: Client, ask: Callable[..., OutboundRequest], say: Callable[..., Call]
) -> None:
    now = timezone.now()
    request = ask(state=RequestState.ACCEPTED, call_id="a", ended_at=now, settled_at=now)
    call = say("a", is_final=True)

    of_request = agent.post(reverse("outbound-end", args=[request.pk]), follow=True)
    of_call = agent.post(reverse("call-end", args=[call.pk]), follow=True)

    assert "no call to end any more" in of_request.content.decode()
    assert "The call is over already." in of_call.content.decode()
    assert OutboundRequest.objects.count() == 1

"""A call's page."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from calls.facts import Direction
from calls.models import Call
from tests.vendors.outbound_pages.conftest import (
    form_of,
    page,
)
from vendors import offers
from vendors.models import (
    OutboundRequest,
    RequestState,
)
from vendors.permissions import SEE_REQUESTS

pytestmark = pytest.mark.django_db


def test_a_calls_page_shows_what_was_asked_about_it_and_what_may_be(
    agent: Client, ask: Callable[..., OutboundRequest], say: Callable[..., Call]
) -> None:
    call = say("a", caller="+8613100001111", callee="+8613100002222")
    request = ask(state=RequestState.ACCEPTED, call_id="a", settled_at=timezone.now())

    shown = page(agent, call.get_absolute_url())

    assert request.get_absolute_url() in shown
    assert f"{form_of('voice_callback')}?from_call={call.pk}" in shown
    assert f'action="{reverse("call-end", args=[call.pk])}"' in shown
    assert "csrfmiddlewaretoken" in shown.partition(reverse("call-end", args=[call.pk]))[2]


def test_the_panel_offers_nothing_to_those_who_only_see(
    sign_in: Callable[..., Client], ask: Callable[..., OutboundRequest], say: Callable[..., Call]
) -> None:
    call, request = say("a", caller="+8613100001111"), ask(call_id="a")

    shown = page(sign_in("calls.view_call", SEE_REQUESTS), call.get_absolute_url())

    assert request.get_absolute_url() in shown
    assert "Call back" not in shown
    assert "End the call" not in shown


def test_the_panel_is_hidden_from_those_who_see_calls_only(
    sign_in: Callable[..., Client], ask: Callable[..., OutboundRequest], say: Callable[..., Call]
) -> None:
    call = say("a", caller="+8613100001111")
    ask(call_id="a")

    shown = page(sign_in("calls.view_call"), call.get_absolute_url())

    assert "/outbound/" not in shown
    assert 'id="calling"' not in shown


@pytest.mark.parametrize("number", ["", "10086", "+86138****0021", "anonymous"])
def test_a_number_that_is_not_whole_is_not_called_back(number: str) -> None:
    call = Call(caller_key=number.lstrip("+"), direction=Direction.INBOUND.value)

    assert offers.sides(call) == ("", "")

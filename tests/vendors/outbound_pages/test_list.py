"""The list."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.vendors.outbound_pages.conftest import (
    CALLBACK,
    form_of,
    page,
)
from vendors.models import (
    OutboundRequest,
    RequestState,
    VendorAccount,
    Why,
)

pytestmark = pytest.mark.django_db


def test_the_list_shows_who_asked_for_what_and_what_became_of_it(
    agent: Client, ask: Callable[..., OutboundRequest]
) -> None:
    ask(state=RequestState.REFUSED, why=Why.REFUSED, asked_by_name="Ann")

    shown = page(agent, reverse("outbound"))

    for words in (
        "+8613100001111",
        "+8613100002222",
        "Ann",
        "The vendor refused it: nothing was done.",
        "badge--bad",
    ):
        assert words in shown


def test_requests_are_found_by_state_and_number(
    agent: Client, ask: Callable[..., OutboundRequest]
) -> None:
    wanted = ask(state=RequestState.REFUSED)
    ask()
    ask(parameters=CALLBACK | {"calleeNbr": "+8613100009999"}, state=RequestState.REFUSED)

    query = {"state": "refused", "number": "131-0000-2222"}
    response = agent.get(reverse("outbound"), query)

    assert response.context["requests"] == [wanted]


def test_pages_lead_through_all_requests_and_lose_none(
    agent: Client, ask: Callable[..., OutboundRequest]
) -> None:
    now = timezone.now()
    asked = [ask(asked_at=now + timedelta(seconds=n // 3)).pk for n in range(10)]

    seen, query = [], "?limit=4"
    while query:
        response = agent.get(reverse("outbound") + query)
        seen += [row.pk for row in response.context["requests"]]
        query = response.context["older"]

    assert seen == asked[::-1]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?colour=red", "colour: There is no such filter"),
        ("?state=green", "State: Select a valid choice"),
        ("?cursor=cD1uZXZlcg==", "no longer exists"),
    ],
)
def test_a_filter_that_cannot_be_understood_shows_no_requests(
    agent: Client, ask: Callable[..., OutboundRequest], query: str, words: str
) -> None:
    ask()

    shown = page(agent, reverse("outbound") + query)

    assert words in shown
    assert "<table" not in shown


def test_fields_left_empty_do_not_stay_in_the_address(agent: Client) -> None:
    response = agent.get(reverse("outbound") + "?number=10086&operation=&account=")

    assert response["Location"] == reverse("outbound") + "?number=10086"


def test_htmx_gets_the_table_alone(agent: Client, ask: Callable[..., OutboundRequest]) -> None:
    ask()

    shown = page(agent, reverse("outbound"), HX_Request="true")

    assert "<table" in shown
    assert "<html" not in shown


def test_an_empty_list_leads_to_the_forms_or_says_what_an_administrator_does(
    agent: Client, make_account: Callable[..., VendorAccount]
) -> None:
    without = page(agent, reverse("outbound"))
    given = {"app_key": "k", "app_secret": "a secret", "base_url": "https://huawei.example"}
    make_account("huawei", **given)
    ready = page(agent, reverse("outbound"))

    assert "An administrator adds app_key, app_secret, base_url to an account of Huawei" in without
    assert "No requests yet" in ready
    assert form_of("voice_notification") in ready
    assert "No request matches" in page(agent, reverse("outbound") + "?number=1")

"""What a search that finds no call is told: where else its words stand."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import RequestFactory
from django.utils import timezone, translation

from calls import elsewhere, masking
from tests.vendors.push_pages.conftest import (
    CALLS,
    NUMBERS,
    SEE,
    Keep,
    Refuse,
    SignIn,
    page,
    record,
)
from vendors.models import Push, State

pytestmark = pytest.mark.django_db


@pytest.fixture
def find() -> Any:
    """What somebody who may see everything, or nothing, is told."""

    def find(text: str, *, may_see: bool = True) -> list[elsewhere.Found]:
        request = RequestFactory().get("/")
        name = f"person {User.objects.count()}"
        request.user = User.objects.create_user(name, is_superuser=may_see)
        with masking.eyes(request.user), translation.override("en"):
            return elsewhere.find(request, text)

    return find


def test_a_refused_request_and_unreadable_pushes_are_mentioned(
    find: Any, keep: Keep, refuse: Refuse
) -> None:
    trace = refuse(b'{"sessionId": "c-404"}')
    keep(b'{"call_uuid": "c-404"')
    keep(b'{"call_uuid": "c-404",')

    refused, unreadable = find(" c-404 ")

    assert (refused.label, refused.address) == ("1 refused request", f"/refusals/{trace.pk}/")
    assert (unreadable.label, unreadable.count) == ("2 unreadable pushes", 2)


def test_the_address_of_several_shows_exactly_them(find: Any, keep: Keep, sign_in: SignIn) -> None:
    rows = [keep(f"c-404 {number}".encode()) for number in range(2)]
    Push.objects.update(received_at=timezone.now() - timedelta(days=20))

    [found] = find("c-404")

    listed = sign_in(SEE, NUMBERS).get(found.address).context["pushes"]
    assert {row.pk for row in listed} == {row.pk for row in rows}


def test_a_push_that_failed_or_waits_is_mentioned_too(find: Any, keep: Keep) -> None:
    for state in (State.FAILED, State.WAITING):
        row = keep(f"c-404 {state}".encode())
        Push.objects.filter(pk=row.pk).update(state=state)

    assert [one.label for one in find("c-404")] == ["1 push that failed", "1 push that waits"]


def test_nobody_is_told_of_what_they_may_not_see(find: Any, keep: Keep, refuse: Refuse) -> None:
    refuse(b"c-404")
    keep(b"c-404")

    assert find("c-404", may_see=False) == []


def test_nothing_is_looked_for_where_nothing_is_said(find: Any, keep: Keep) -> None:
    keep(b" ")

    assert find("  ") == []


def test_what_became_a_call_is_not_mentioned(find: Any, keep: Keep) -> None:
    keep(record("c-1"))

    assert find("c-1") == []


def test_a_cdr_that_we_refused_is_told_in_three_steps(
    find: Any, refuse: Refuse, sign_in: SignIn
) -> None:
    """Paste the id, press Enter, follow the mention: the request and our exact answer."""
    body = b'{"eventType": "fee", "feeLst": [{"sessionId": "c-404"}]}'
    refuse(body)

    [found] = find("c-404")
    text = page(sign_in(SEE), found.address)

    assert "c-404" in text
    assert "401 Unauthorized" in text
    assert '{"resultcode":"401","resultdesc":"Unauthorized"}' in text


def test_a_cdr_that_we_took_is_told_in_four_steps(sign_in: SignIn, keep: Keep) -> None:
    """Paste the id and press Enter for the call, open its pushes, follow the push."""
    row = keep(record("c-1"))
    client = sign_in(CALLS, SEE)

    fold = page(client, f"/calls/{row.call_ids}/pushes/", **{"HX-Request": "true"})
    text = page(client, f"/pushes/{row.pk}/")

    assert f'href="/pushes/{row.pk}/"' in fold
    assert "200 OK" in text
    assert '"call_uuid": "c-1"' in text

"""The pages about outbound calls: asking, confirming, following, deciding."""

import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from calls import ingest
from calls.facts import CallFacts, Direction, Source
from calls.models import Call
from vendors import outbox
from vendors.models import (
    OutboundRequest,
    VendorAccount,
)
from vendors.permissions import ASK, SEE_REQUESTS

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert('x')</script>"
CODE = "047113"
CALLBACK = {
    "displayNbr": "+8675528000001",
    "callerNbr": "+8613100001111",
    "displayCalleeNbr": "+8675528000001",
    "calleeNbr": "+8613100002222",
}
VERIFICATION = {
    "displayNbr": "+8675528000001",
    "calleeNbr": "+8613100002222",
    "languageType": "2",
    "preTone": "before.wav",
    "verifyCode": CODE,
}


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Requests leave their language behind; each test begins with English."""
    with translation.override("en"):
        yield


@pytest.fixture
def account(make_account: Callable[..., VendorAccount]) -> VendorAccount:
    return make_account(
        "huawei",
        app_key="a key",
        app_secret="a very secret secret",
        base_url="https://huawei.example",
        display_numbers="+8675528000001,+8675528000002",
    )


@pytest.fixture
def sign_in(client: Client) -> Callable[..., Client]:
    """Sign somebody in who has exactly these permissions."""

    def sign_in(*permissions: str) -> Client:
        user = User.objects.create_user(f"agent {User.objects.count()}")
        names = [name.partition(".")[2] for name in permissions]
        user.user_permissions.set(Permission.objects.filter(codename__in=names))
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def agent(sign_in: Callable[..., Client]) -> Client:
    """Somebody who sees calls and requests and asks for calls, but settles nothing."""
    return sign_in("calls.view_call", "calls.see_numbers", SEE_REQUESTS, ASK)


@pytest.fixture
def ask(account: VendorAccount) -> Callable[..., OutboundRequest]:
    """Have something asked, and let it be in some state."""

    def ask(
        operation: str = "voice_callback",
        parameters: dict[str, Any] | None = None,
        **values: Any,
    ) -> OutboundRequest:
        wish = outbox.Wish(operation=operation, parameters=parameters or CALLBACK)
        request = outbox.ask(account, wish).request
        for name, value in values.items():
            setattr(request, name, value)
        request.save()
        return request

    return ask


@pytest.fixture
def say(account: VendorAccount) -> Callable[..., Call]:
    """Let the vendor say something about a call; the call."""

    def say(call_id: str, *, is_final: bool = False, **said: Any) -> Call:
        given: dict[str, Any] = {
            "started_at": timezone.now(),
            "direction": Direction.OUTBOUND,
        } | said
        told = CallFacts(call_id=call_id, source=Source.STATUS, is_final=is_final, **given)
        now = timezone.now()
        ingest.apply([ingest.Statement(push_id=1, received_at=now, account=account, facts=told)])
        return Call.objects.get(call_id=call_id)

    return say


def page(client: Client, address: str, **headers: str) -> str:
    response = client.get(address, headers=headers or None)
    assert response.status_code == 200
    return unescape(response.content.decode())


def form_of(operation: str) -> str:
    return reverse("outbound-new", args=[operation])


def typed(parameters: dict[str, str]) -> dict[str, str]:
    return {f"p.{key}": value for key, value in parameters.items()}


def hidden(response: Any) -> dict[str, str]:
    """The hidden fields of a confirmation, as a browser would send them back."""
    found = re.findall(
        r'<input type="hidden" name="([^"]+)" value="([^"]*)"', response.content.decode()
    )
    return {unescape(name): unescape(value) for name, value in found}


def value_of(text: str, name: str) -> str:
    found = re.search(rf'name="{re.escape(name)}"[^>]*? value="([^"]*)"', text)
    assert found is not None, name
    return found[1]

"""People who may do exactly so much, and pushes of every fate."""

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from tests.conftest import sample
from vendors import inbox
from vendors.models import Push, RefusedPush, VendorAccount

CALLS = "calls.view_call"
NUMBERS = "calls.see_numbers"
SEE = "vendors.view_push"
AGAIN = "vendors.change_push"
RELEASE = "vendors.change_refusedpush"
HOSTILE = "<script>alert('x')</script>"

SignIn = Callable[..., Client]
Send = Callable[..., Any]
Deliver = Callable[..., list[Any]]
MakeAccount = Callable[..., VendorAccount]
Keep = Callable[..., Push]
Refuse = Callable[..., RefusedPush]


@pytest.fixture
def sign_in() -> SignIn:
    """Sign somebody in who has exactly these permissions, each with a client of their own."""

    def sign_in(*permissions: str) -> Client:
        user = User.objects.create_user(f"person {User.objects.count()}")
        for name in permissions:
            app, _dot, codename = name.partition(".")
            user.user_permissions.add(
                Permission.objects.get(codename=codename, content_type__app_label=app)
            )
        client = Client(raise_request_exception=False)
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def account(make_account: MakeAccount) -> VendorAccount:
    return make_account("yeta")


@pytest.fixture
def keep(account: VendorAccount, push: Send) -> Keep:
    """Push bytes to an account's first address, and process them; the push."""

    def keep(body: Any, of: VendorAccount | None = None, kind: str = "receiveCallRecord") -> Push:
        assert push(of or account, kind, body).status_code == 200
        while inbox.process():
            pass
        return Push.objects.latest("id")

    return keep


@pytest.fixture
def refuse(make_account: MakeAccount, push: Send) -> Refuse:
    """A push that was refused for its signature, with its body in quarantine."""
    made: list[VendorAccount] = []

    def refuse(body: Any) -> RefusedPush:
        if not made:
            made.append(make_account("huawei", app_secret="secret", push_signature="enforce"))
        assert push(made[0], "fee", body).status_code == 401
        return RefusedPush.objects.latest("id")

    return refuse


def record(call_id: str = "c-1", **values: Any) -> dict[str, Any]:
    """The longer record of a robot call."""
    return sample("yeta", "receiveCallRecord__document") | {"call_uuid": call_id} | values


def page(client: Client, address: str, **headers: str) -> str:
    """What a page says, in English."""
    response = client.get(address, headers={"Accept-Language": "en"} | headers)
    assert response.status_code == 200, response.content[:500]
    return unescape(response.content.decode())


def shown(client: Client, query: str = "") -> list[Push]:
    found: list[Push] = client.get("/pushes/" + query).context["pushes"]
    return found

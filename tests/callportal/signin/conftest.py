"""People who come to the door."""

import time
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from calls.audit import Action
from calls.models import AuditEntry

PASSWORD = "correct horse battery staple"
WRONG = "incorrect zebra battery staple"


@pytest.fixture
def mei(db: None) -> User:
    return User.objects.create_user("mei", "mei@example.com", PASSWORD)


def try_password(client: Client, name: str = "mei", password: str = PASSWORD, **more: Any) -> Any:
    following = more.pop("next", "")
    posted = {"username": name, "password": password, "next": following}
    return client.post(reverse("login"), posted, **more)


def again(client: Client, password: str = PASSWORD, next: str = "/") -> Any:
    """Show again who one is."""
    return client.post(reverse("account_reauthenticate"), {"password": password, "next": next})


def code_of(secret: str, *, steps: int = 0) -> str:
    """What the app shows now, or so many steps of half a minute later."""
    counter = int(time.time()) // 30 + steps
    return str(format_hotp_value(hotp_value(secret, counter)))


def set_up_app(client: Client) -> tuple[str, list[str]]:
    """Set up codes from an app; the secret, and the recovery codes that were shown."""
    again(client)
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
    done = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)}, follow=True)
    return secret, list(done.context["unused_codes"])


def written(action: Action) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action=action).order_by("pk"))


def is_in(client: Client) -> bool:
    return client.get(reverse("settings")).status_code == 200

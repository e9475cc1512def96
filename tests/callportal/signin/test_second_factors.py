"""Second factors: codes from an app, recovery codes, and of whom one is demanded."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from calls.audit import Action
from tests.callportal.signin.conftest import (
    PASSWORD,
    WRONG,
    again,
    code_of,
    is_in,
    set_up_app,
    try_password,
    written,
)
from vendors import vault

pytestmark = pytest.mark.django_db


@pytest.fixture
def inside(mei: User, client: Client) -> Client:
    """Somebody who has signed in, and set nothing up."""
    try_password(client)
    return client


def second_step(client: Client, code: str) -> Any:
    return client.post(reverse("mfa_authenticate"), {"code": code})


def test_the_password_alone_lets_nobody_in_who_has_a_second_factor(inside: Client) -> None:
    secret, _ = set_up_app(inside)
    other = Client()

    asked = try_password(other, next="/calls/")
    assert asked["Location"] == reverse("mfa_authenticate")
    assert not is_in(other)
    done = second_step(other, code_of(secret, steps=1))

    assert done["Location"] == "/calls/"
    assert is_in(other)
    assert written(Action.SIGNED_IN)[-1].details == {"with": ["password", "totp"]}


def test_a_code_is_good_once(inside: Client) -> None:
    secret, _ = set_up_app(inside)
    code = code_of(secret, steps=1)
    first, second = Client(), Client()
    for client in (first, second):
        try_password(client)
        second_step(client, code)

    assert is_in(first)
    assert not is_in(second)


def test_codes_are_not_guessed(inside: Client, settings: Any) -> None:
    settings.SIGN_IN_TRIES = 3
    secret, _ = set_up_app(inside)
    other = Client()
    try_password(other)
    for guess in ("000000", "000001", "000002"):
        second_step(other, guess)

    locked = second_step(other, code_of(secret, steps=1))

    assert "Too many tries failed" in locked.content.decode()
    assert not is_in(other)
    assert written(Action.LOCKED_OUT)[-1].details["what"] == "code"
    assert {entry.subject for entry in written(Action.SIGN_IN_FAILED)} == {
        f"user {User.objects.get().pk}"
    }


def test_a_recovery_code_lets_in_once_and_is_written_down(inside: Client) -> None:
    _, codes = set_up_app(inside)
    heard = []
    for _ in range(2):
        other = Client()
        try_password(other)
        second_step(other, codes[0])
        heard.append(is_in(other))

    assert heard == [True, False]
    assert [entry.details for entry in written(Action.RECOVERY_CODE_USED)] == [{"left": 9}]


def test_recovery_codes_are_shown_once(inside: Client) -> None:
    _, codes = set_up_app(inside)

    second = inside.get(reverse("mfa_view_recovery_codes")).content.decode()

    assert len(codes) == 10
    assert not [code for code in codes if code in second]


def test_what_makes_the_codes_is_sealed_at_rest(inside: Client) -> None:
    secret, codes = set_up_app(inside)

    kept = {row.type: row.data for row in Authenticator.objects.all()}

    assert vault.unseal(kept["totp"]["secret"]) == secret
    assert secret not in str(kept)
    assert vault.unseal(kept["recovery_codes"]["seed"])
    assert not [code for code in codes if code in str(kept)]


@pytest.mark.parametrize(
    "name",
    ["mfa_activate_totp", "mfa_add_webauthn", "mfa_deactivate_totp", "mfa_view_recovery_codes"],
)
def test_a_screen_left_unlocked_changes_no_second_factor(mei: User, name: str) -> None:
    client = Client()
    client.force_login(mei)
    for kind in ("totp", "recovery_codes"):
        data = {"secret": vault.seal("A"), "seed": vault.seal("a"), "used_mask": 0}
        Authenticator.objects.create(user=mei, type=kind, data=data)
    if name != "mfa_deactivate_totp":
        Authenticator.objects.filter(type="totp").delete()

    response = client.post(reverse(name)) if "view" not in name else client.get(reverse(name))

    assert response.status_code == 302
    assert "/accounts/again/" in response["Location"]


def test_removing_asks_again_who_one_is_and_is_written_down(
    inside: Client, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        set_up_app(inside)
    assert again(inside, WRONG).status_code == 200
    again(inside)

    inside.post(reverse("mfa_deactivate_totp"))

    assert not Authenticator.objects.exists()
    assert [entry.details["factor"] for entry in written(Action.FACTOR_ADDED)] == [
        "totp",
        "recovery_codes",
    ]
    assert "totp" in [entry.details["factor"] for entry in written(Action.FACTOR_REMOVED)]


@pytest.mark.parametrize(
    ("demand", "is_staff", "is_stopped"),
    [
        ("none", True, False),
        ("staff", True, True),
        ("staff", False, False),
        ("all", False, True),
    ],
)
def test_a_second_factor_is_demanded_of_whom_the_setting_says(
    inside: Client, settings: Any, demand: str, is_staff: bool, is_stopped: bool
) -> None:
    settings.REQUIRE_SECOND_FACTOR = demand
    User.objects.update(is_staff=is_staff)

    response = inside.get(reverse("settings"))

    assert (response.status_code == 302) == is_stopped
    if is_stopped:
        assert response["Location"] == reverse("security")
        assert "demanded" in inside.get(reverse("security")).content.decode()
        assert inside.get("/api/v1/codes/").status_code == 302
        assert inside.get("/calls/", headers={"hx-request": "true"})["HX-Redirect"]


def test_who_set_one_up_goes_on_and_keeps_it(inside: Client, settings: Any) -> None:
    settings.REQUIRE_SECOND_FACTOR = "all"
    set_up_app(inside)

    assert is_in(inside)
    shown = inside.post(reverse("mfa_deactivate_totp"))

    assert "add another one before" in shown.content.decode()
    assert Authenticator.objects.filter(type="totp").exists()


@pytest.mark.parametrize("door", ["command", "admin"])
def test_an_administrator_takes_lost_factors_away(inside: Client, mei: User, door: str) -> None:
    set_up_app(inside)

    if door == "command":
        call_command("user", "reset-mfa", "mei")
    else:
        admin = Client()
        admin.force_login(User.objects.create_superuser("root"))
        posted = {"action": "reset_factors", "_selected_action": [mei.pk]}
        admin.post(reverse("admin:auth_user_changelist"), posted)

    assert not Authenticator.objects.exists()
    assert not is_in(inside)
    assert [entry.subject for entry in written(Action.FACTORS_RESET)] == [f"user {mei.pk}"]
    assert try_password(Client(), "mei", PASSWORD)["Location"] == reverse("home")

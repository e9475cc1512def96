"""The door: who comes in, where they go next, and who may try how often."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.urls import NoReverseMatch, reverse

from callportal.models import SignInTries
from calls.audit import Action
from tests.callportal.signin.conftest import PASSWORD, WRONG, is_in, try_password, written

pytestmark = pytest.mark.django_db


def words(response: Any) -> str:
    return " ".join(response.context["form"].non_field_errors())


def test_a_password_opens_the_door_and_the_audit_says_so(mei: User, client: Client) -> None:
    response = try_password(client)

    assert response["Location"] == reverse("home")
    assert is_in(client)
    [entry] = written(Action.SIGNED_IN)
    assert (entry.user_name, entry.details) == ("mei", {"with": ["password"]})


def test_signing_out_is_written_down(mei: User, client: Client) -> None:
    try_password(client)

    client.post(reverse("logout"))

    assert not is_in(client)
    assert [entry.user_name for entry in written(Action.SIGNED_OUT)] == ["mei"]


def test_a_session_that_was_there_before_is_not_the_one_after(mei: User, client: Client) -> None:
    client.get(reverse("mfa_login_webauthn"), headers={"accept": "application/json"})
    before = client.session.session_key

    try_password(client)

    assert before is not None
    assert client.session.session_key != before
    assert not client.session.__class__().exists(before)


@pytest.mark.parametrize(
    ("name", "password"), [("mei", WRONG), ("nobody", PASSWORD), ("mei", PASSWORD)]
)
def test_unknown_disabled_and_wrong_sound_alike(
    mei: User, client: Client, name: str, password: str
) -> None:
    User.objects.update(is_active=False)

    response = try_password(client, name, password)

    assert response.status_code == 200
    assert words(response) == "The user name or the password is wrong."


def test_an_unknown_name_costs_the_work_of_a_known_one(
    mei: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    plain = MD5PasswordHasher.encode

    def encode(self: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return plain(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", encode)

    try_password(client, "mei", WRONG)
    known = len(hashed)
    try_password(client, "nobody", WRONG)

    assert known == len(hashed) - known == 1


@pytest.mark.parametrize(
    "there",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "http:///evil.example",
        "javascript:alert(1)",
        "http://localhost/",  # allowed as a host, and yet another machine's for whoever reads this
    ],
)
def test_nobody_is_sent_elsewhere(mei: User, client: Client, there: str) -> None:
    shown = client.get(reverse("login"), {"next": there})

    response = try_password(client, next=there)

    assert there not in shown.content.decode()
    assert response["Location"] == reverse("home")


def test_the_way_back_is_kept(mei: User, client: Client) -> None:
    assert try_password(client, next="/calls/?outcome=busy")["Location"] == "/calls/?outcome=busy"


def test_one_name_is_locked_from_whatever_address(mei: User, client: Client, settings: Any) -> None:
    settings.SIGN_IN_TRIES = 3
    for last in range(3):
        try_password(client, password=WRONG, REMOTE_ADDR=f"10.0.{last}.1")

    response = try_password(client, REMOTE_ADDR="10.9.9.9")

    assert response.status_code == 429
    assert words(response) == "Too many tries failed. Try again in 15 minutes."
    assert response["Retry-After"] == "900"
    [entry] = written(Action.LOCKED_OUT)
    assert entry.details == {"what": "name", "whom": "mei", "tries": 3}


def test_one_address_is_locked_over_whatever_names(
    mei: User, client: Client, settings: Any
) -> None:
    settings.SIGN_IN_ADDRESS_TRIES = 3
    for n in range(3):
        try_password(client, f"name{n}", WRONG, REMOTE_ADDR="10.0.0.1")

    assert try_password(client, REMOTE_ADDR="10.0.0.1").status_code == 429
    assert try_password(client, REMOTE_ADDR="10.0.0.2").status_code == 302


def test_a_name_that_nobody_has_is_locked_like_any_other(
    mei: User, client: Client, settings: Any
) -> None:
    settings.SIGN_IN_TRIES = 3
    heard = [
        [
            (response.status_code, words(response))
            for response in (try_password(client, name, WRONG) for _ in range(5))
        ]
        for name in ("mei", "nobody")
    ]

    assert heard[0] == heard[1]
    assert heard[0][-1][0] == 429


def test_what_was_typed_as_an_unknown_name_is_kept_nowhere(client: Client) -> None:
    try_password(client, "my secret passphrase", WRONG)

    [entry] = written(Action.SIGN_IN_FAILED)
    assert entry.details["name"].startswith("unknown ")
    kept = [*SignInTries.objects.values_list("shown", "digest")]
    assert "secret" not in f"{entry.details} {kept}"


def test_a_proxy_of_ours_is_not_the_address(mei: User, client: Client, settings: Any) -> None:
    settings.TRUSTED_PROXIES, settings.SIGN_IN_ADDRESS_TRIES = 1, 3
    for n in range(3):
        try_password(client, f"name{n}", WRONG, headers={"x-forwarded-for": "1.1.1.1, 8.8.8.8"})

    locked = try_password(client, headers={"x-forwarded-for": "2.2.2.2, 8.8.8.8"})
    free = try_password(client, headers={"x-forwarded-for": "8.8.8.8, 9.9.9.9"})

    assert (locked.status_code, free.status_code) == (429, 302)


def test_ipv6_is_counted_by_what_one_customer_has(mei: User, client: Client, settings: Any) -> None:
    settings.SIGN_IN_ADDRESS_TRIES = 3
    for n in range(3):
        try_password(client, f"name{n}", WRONG, REMOTE_ADDR=f"2001:db8:1:2::{n}")

    assert try_password(client, REMOTE_ADDR="2001:db8:1:2:ffff::1").status_code == 429
    assert try_password(client, REMOTE_ADDR="2001:db8:1:3::1").status_code == 302


def test_the_right_password_forgets_the_wrong_ones(
    mei: User, client: Client, settings: Any
) -> None:
    settings.SIGN_IN_TRIES = 3
    for password in (WRONG, WRONG, PASSWORD, WRONG, WRONG):
        Client().post(reverse("login"), {"username": "mei", "password": password})

    assert try_password(client).status_code == 302


def test_who_knows_one_password_cannot_guess_at_others_without_end(
    mei: User, settings: Any
) -> None:
    settings.SIGN_IN_ADDRESS_TRIES = 3
    for n in range(3):
        try_password(Client(), f"name{n}", WRONG)
        heard = try_password(Client())

    assert heard.status_code == 429


def test_a_lock_ends_by_itself(mei: User, client: Client, settings: Any) -> None:
    settings.SIGN_IN_TRIES = 3
    with time_machine.travel(datetime(2026, 11, 20, 10, tzinfo=UTC), tick=False) as clock:
        for _ in range(3):
            try_password(client, password=WRONG)
        assert try_password(client).status_code == 429

        clock.shift(timedelta(minutes=15, seconds=1))

        assert try_password(client).status_code == 302


@pytest.mark.parametrize("door", ["command", "admin"])
def test_an_administrator_lets_somebody_in_again(
    mei: User, client: Client, settings: Any, door: str
) -> None:
    settings.SIGN_IN_TRIES = 3
    for _ in range(3):
        try_password(client, password=WRONG)

    if door == "command":
        call_command("user", "unlock", "mei")
    else:
        admin = Client()
        admin.force_login(User.objects.create_superuser("root"))
        posted = {"action": "unlock", "_selected_action": [mei.pk]}
        admin.post(reverse("admin:auth_user_changelist"), posted)

    assert try_password(client).status_code == 302
    assert [entry.subject for entry in written(Action.UNLOCKED)] == [f"user {mei.pk}"]


def test_the_admin_has_the_same_door(mei: User, client: Client) -> None:
    address = reverse("admin:login")

    response = client.get(address, {"next": "/admin/"})

    assert response["Location"].startswith(reverse("login"))
    assert client.post(address, {"username": "mei", "password": PASSWORD}).status_code == 302
    assert not is_in(client)


@pytest.mark.parametrize(
    "name", ["account_signup", "account_email", "account_reset_password", "socialaccount_signup"]
)
def test_what_the_package_brings_and_nobody_wants_does_not_exist(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_who_guesses_at_the_old_password_is_locked_out_too(
    mei: User, client: Client, settings: Any
) -> None:
    settings.SIGN_IN_TRIES = 3
    client.force_login(mei)
    new = "entirely other words here"
    for _ in range(3):
        posted = {"old_password": WRONG, "new_password1": new, "new_password2": new}
        client.post(reverse("password"), posted)

    posted = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    response = client.post(reverse("password"), posted)

    assert "Too many tries failed" in str(response.context["form"].errors)
    mei.refresh_from_db()
    assert mei.check_password(PASSWORD)


@pytest.mark.parametrize(
    "credential",
    [
        "",
        "x",
        "[]",
        "1",
        "null",
        "{}",
        '{"response": 1}',
        '{"id": 1, "rawId": "AA", "response": {}}',
    ],
)
def test_nonsense_for_a_passkey_is_a_sentence(client: Client, credential: str) -> None:
    client.get(reverse("mfa_login_webauthn"), headers={"accept": "application/json"})

    response = client.post(reverse("mfa_login_webauthn"), {"credential": credential})

    assert response["Location"] == reverse("login")


def test_cookies_are_for_the_portal_alone(mei: User, client: Client) -> None:
    try_password(client)
    cookie = client.cookies["sessionid"]

    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert not cookie["domain"]

"""Sessions: listed, and ended one by one or together."""

from datetime import datetime

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from callportal.signin import sessions
from calls.audit import Action
from tests.callportal.signin.conftest import PASSWORD, is_in, try_password, written

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/141.0 Safari/537.36 Edg/141.0"


@pytest.fixture
def here(mei: User) -> Client:
    client = Client(headers={"user-agent": FIREFOX})
    try_password(client)
    return client


@pytest.fixture
def there(mei: User) -> Client:
    client = Client(headers={"user-agent": EDGE})
    try_password(client, REMOTE_ADDR="10.1.2.3")
    return client


def test_sessions_are_listed_by_device_and_address(here: Client, there: Client) -> None:
    page = here.get(reverse("security")).content.decode()

    assert "Firefox on Linux" in page
    assert "Edge on Windows" in page
    assert "10.1.2.3" in page
    assert page.count("this one") == 1


def test_one_session_is_ended(here: Client, there: Client) -> None:
    other = UserSession.objects.get(session_key=there.session.session_key)

    here.post(reverse("session-end", args=[other.pk]))

    assert (is_in(here), is_in(there)) == (True, False)
    assert [entry.details for entry in written(Action.SESSIONS_ENDED)] == [{"sessions": 1}]


def test_nobody_ends_a_session_of_somebody_else(here: Client) -> None:
    User.objects.create_user("li", password=PASSWORD)
    li = Client()
    try_password(li, "li")
    other = UserSession.objects.get(user__username="li")

    response = here.post(reverse("session-end", args=[other.pk]))

    assert response.status_code == 404
    assert is_in(li)


def test_all_other_sessions_are_ended(here: Client, there: Client) -> None:
    here.post(reverse("sessions-end"))

    assert (is_in(here), is_in(there)) == (True, False)


@pytest.mark.parametrize("word", ["sign-out", "disable"])
def test_an_administrator_ends_all_sessions(here: Client, there: Client, word: str) -> None:
    call_command("user", word, "mei")

    assert (is_in(here), is_in(there)) == (False, False)
    assert not UserSession.objects.exists()


def test_a_new_password_ends_the_other_sessions(here: Client, there: Client) -> None:
    before, new = here.session.session_key, "entirely other words here"

    posted = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    here.post(reverse("password"), posted)

    assert (is_in(here), is_in(there)) == (True, False)
    assert here.session.session_key != before
    assert [entry.details for entry in written(Action.PASSWORD_CHANGED)] == [{"sessions ended": 1}]
    assert here.get(reverse("security")).content.decode().count("this one") == 1


def test_that_a_session_is_used_is_written_once_a_minute(
    here: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("callportal.signin.sessions.time.monotonic", lambda: now[0])
    sessions._noted.clear()
    row = UserSession.objects.get()

    def moved() -> bool:
        before: datetime = row.last_seen_at
        here.get(reverse("settings"), REMOTE_ADDR="10.7.7.7")
        row.refresh_from_db()
        return bool(row.last_seen_at > before)

    assert moved()
    assert not moved()
    now[0] += 61
    assert moved()
    assert row.ip == "10.7.7.7"


def test_a_session_that_began_before_sessions_were_listed_is_listed(here: Client) -> None:
    UserSession.objects.all().delete()
    sessions._noted.clear()

    here.get(reverse("settings"))

    assert UserSession.objects.get().session_key == here.session.session_key


@pytest.mark.parametrize(
    ("agent", "device"),
    [(FIREFOX, "Firefox on Linux"), (EDGE, "Edge on Windows"), ("", "Unknown device")],
)
def test_a_device_is_told_in_words(agent: str, device: str) -> None:
    assert sessions.device(agent) == device

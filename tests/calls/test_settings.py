"""What each person sets for themselves: language, zone, colours, row height, password."""

from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from calls import ingest
from calls.facts import CallFacts, Source
from calls.models import Account, Preferences

pytestmark = pytest.mark.django_db

ADDRESS = "/settings/"
CHOSEN = {"language": "zh-hans", "zone": "Europe/Berlin", "theme": "dark", "density": "compact"}
PASSWORD = "a long enough password"


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def ann() -> User:
    user = User.objects.create_user("ann", password=PASSWORD)
    user.user_permissions.add(Permission.objects.get(codename="view_call"))
    return user


@pytest.fixture
def client(ann: User) -> Client:
    client = Client()
    client.force_login(ann)
    return client


def page(client: Client, address: str = ADDRESS, **headers: str) -> str:
    response = client.get(address, headers=headers or None)
    assert response.status_code == 200
    return unescape(response.content.decode())


def set_to(client: Client, **chosen: str) -> Any:
    given = {"language": "", "zone": "", "theme": "", "density": "comfortable"} | chosen
    return client.post(ADDRESS, given, follow=True)


def test_what_is_stored_is_in_force_on_every_page(client: Client) -> None:
    account = Account.objects.create(vendor="voicepush", name="Main")
    noon = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
    facts = CallFacts(call_id="a", source=Source.RECORD, is_final=True, started_at=noon)
    ingest.apply([ingest.Statement(push_id=1, received_at=noon, account=account, facts=facts)])

    set_to(client, **CHOSEN)

    shown = page(client, reverse("calls"))
    assert '<html lang="zh-hans" data-theme="dark" data-density="compact">' in shown
    assert "2026-11-01 13:00:00" in shown
    assert "Europe/Berlin" in shown


def test_nothing_of_it_is_left_for_the_next_request(client: Client) -> None:
    set_to(client, **CHOSEN)
    page(client)

    shown = page(Client(), reverse("login"))

    assert '<html lang="en">' in shown
    assert timezone.get_current_timezone_name() == settings.TIME_ZONE


def test_who_sets_nothing_has_the_browsers_language_and_the_portals_zone(client: Client) -> None:
    shown = page(client, Accept_Language="zh-hans")

    assert '<html lang="zh-hans">' in shown
    assert settings.TIME_ZONE in shown
    assert not Preferences.objects.exists()


def test_the_page_shows_what_is_set(client: Client) -> None:
    set_to(client, **CHOSEN)
    form = client.get(ADDRESS).context["form"]

    assert {name: form[name].value() for name in CHOSEN} == CHOSEN


@pytest.mark.parametrize("name", sorted(CHOSEN))
def test_what_cannot_be_chosen_is_a_sentence_and_stores_nothing(client: Client, name: str) -> None:
    response = set_to(client, **CHOSEN | {name: "<script>"})

    shown = response.content.decode()
    assert response.status_code == 200
    assert "Nothing was stored" in shown
    assert "<script>" not in shown
    assert not Preferences.objects.exists()


def test_settings_of_others_stay(client: Client) -> None:
    other = User.objects.create_user("other")
    Preferences.objects.create(user=other, theme="light", columns=["time"])

    set_to(client, theme="dark")
    client.post(ADDRESS, CHOSEN)

    kept = Preferences.objects.get(user=other)
    assert (kept.theme, kept.columns) == ("light", ["time"])


def test_what_other_pages_store_stays(client: Client, ann: User) -> None:
    Preferences.objects.create(user=ann, columns=["time"], last_search="vendor:yeta")

    set_to(client, theme="dark")

    kept = Preferences.objects.get(user=ann)
    assert (kept.theme, kept.columns, kept.last_search) == ("dark", ["time"], "vendor:yeta")


@pytest.mark.parametrize(
    "chosen", [{"zone": "Asia/Atlantis"}, {"zone": "../etc/passwd"}, {"language": "xx"}]
)
def test_what_is_no_longer_known_is_passed_over(
    client: Client, ann: User, chosen: dict[str, str]
) -> None:
    Preferences.objects.create(user=ann, **chosen)

    assert '<html lang="en">' in page(client, Accept_Language="en")


def test_the_switch_in_the_header_is_kept_for_the_person(client: Client, ann: User) -> None:
    client.post(reverse("set_language"), {"language": "zh-hans"})

    elsewhere = Client()
    elsewhere.force_login(ann)
    assert '<html lang="zh-hans">' in page(elsewhere)


@pytest.mark.parametrize("language", ["", "xx", "de", "<b>"])
def test_the_switch_keeps_no_language_that_the_portal_does_not_speak(
    client: Client, language: str
) -> None:
    client.post(reverse("set_language"), {"language": language})
    client.get(reverse("set_language"), {"language": "zh-hans"})

    assert not Preferences.objects.exists()


def test_the_browser_decides_again_when_nothing_is_chosen(client: Client) -> None:
    client.post(reverse("set_language"), {"language": "zh-hans"})

    set_to(client)

    assert '<html lang="en">' in page(client, Accept_Language="en")


def test_the_language_stays_after_signing_out(client: Client) -> None:
    set_to(client, language="zh-hans")

    client.post(reverse("logout"))

    assert '<html lang="zh-hans">' in page(client, reverse("login"))


def test_a_password_is_changed_by_who_knows_it(client: Client, ann: User) -> None:
    given = {"new_password1": PASSWORD + " 2", "new_password2": PASSWORD + " 2"}

    wrong = client.post(reverse("password"), {"old_password": "wrong", **given})
    right = client.post(reverse("password"), {"old_password": PASSWORD, **given}, follow=True)

    assert wrong.status_code == 200
    assert "old password was entered incorrectly" in unescape(wrong.content.decode())
    assert "Your password was changed." in right.content.decode()
    ann.refresh_from_db()
    assert ann.check_password(PASSWORD + " 2")


def test_settings_are_for_who_is_signed_in() -> None:
    for name in ("settings", "password"):
        assert Client().get(reverse(name)).status_code == 302

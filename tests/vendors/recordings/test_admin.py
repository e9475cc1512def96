"""What an administrator sets about recordings."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from tests.vendors.recordings.conftest import HOSTILE, page
from vendors.models import VendorAccount

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("ann"))
    return client


def address(account: VendorAccount) -> str:
    return reverse("admin:vendors_vendoraccount_change", args=[account.pk])


def change(admin: Client, account: VendorAccount, **fields: str) -> Any:
    """Save the account's page with some fields changed; its form's errors, or the answer."""
    form = admin.get(address(account)).context["adminform"].form
    data = {name: form[name].value() or "" for name in form.fields}
    return admin.post(address(account), {**data, "is_enabled": "on", **fields})


def errors(response: Any, field: str) -> str:
    return str(response.context["adminform"].form.errors[field])


@pytest.mark.parametrize(("typed", "kept"), [("90", 90), ("", None)])
def test_the_days_that_recordings_are_kept_are_set_and_taken_back(
    admin: Client, account: VendorAccount, typed: str, kept: int | None
) -> None:
    account.recording_days = 5
    account.save()

    response = change(admin, account, recording_days=typed)

    account.refresh_from_db()
    assert response.status_code == 302
    assert account.recording_days == kept


@pytest.mark.parametrize("typed", ["0", "-1", "1.5", "many", "100000"])
def test_what_is_no_number_of_days_is_refused(
    admin: Client, account: VendorAccount, typed: str
) -> None:
    response = change(admin, account, recording_days=typed)

    account.refresh_from_db()
    assert errors(response, "recording_days")
    assert account.recording_days is None


def test_hosts_are_taken_in_every_form_and_count_at_once(
    admin: Client, account: VendorAccount
) -> None:
    words = "voice.example.com http://voice.example.com:9000\nhttps://*.example.org+private"

    change(admin, account, recording_hosts=words)

    account.refresh_from_db()
    shown = page(admin, address(account))
    assert account.recording_hosts == words.split()
    for host in ("voice.example.com", "http://voice.example.com:9000", "*.example.org+private"):
        assert f"<code>{host}</code>" in shown


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("ftp://voice.example.com", "expected http:// or https:// before the name"),
        ("voice.example.com+public", "expected nothing but"),
        ("*.com", "expected a name of at least two parts"),
    ],
)
def test_a_word_that_names_no_host_is_refused_with_a_sentence(
    admin: Client, account: VendorAccount, typed: str, sentence: str
) -> None:
    response = change(admin, account, recording_hosts=typed)

    account.refresh_from_db()
    assert sentence in errors(response, "recording_hosts")
    assert account.recording_hosts == []


def test_the_page_shows_the_vendors_own_hosts_and_those_of_its_settings(
    admin: Client, account: VendorAccount, make_account: Callable[..., VendorAccount]
) -> None:
    huawei, voicepush = make_account("huawei"), make_account("voicepush")

    assert "<code>*.myhuaweicloud.com</code>" in page(admin, address(huawei))
    assert "<code>http://voice.kxjlcc.com:9000</code>" in page(admin, address(account))
    assert "Recordings are fetched from" in page(admin, address(voicepush))


def test_a_host_that_was_kept_before_hosts_were_checked_does_not_break_the_page(
    admin: Client, account: VendorAccount
) -> None:
    account.recording_hosts = [f"ftp://{HOSTILE}"]
    account.save()

    body = admin.get(address(account)).content.decode()

    assert "expected http:// or https:// before the name" in body
    assert "<script>alert" not in body


def test_the_help_says_which_words_a_host_is_written_with(
    admin: Client, account: VendorAccount
) -> None:
    shown = page(admin, address(account))

    for word in ("voice.example.com", "http://voice.example.com:9000", "https://*.example.com"):
        assert word in shown
    assert "+private" in shown

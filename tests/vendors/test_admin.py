"""The admin, as an administrator uses it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from callportal.models import ApiToken
from tests.conftest import sample
from vendors import accounts, inbox
from vendors.models import Push, RefusedPush, State, VendorAccount
from vendors.registry import VENDORS

pytestmark = pytest.mark.django_db

MakeAccount = Callable[..., VendorAccount]
Send = Callable[..., Any]
ACCOUNTS = "admin:vendors_vendoraccount"


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("ann", password="x"))
    return client


@pytest.mark.parametrize("vendor", VENDORS)
def test_an_account_is_made_and_its_addresses_are_shown(admin: Client, vendor: str) -> None:
    response = admin.post(
        reverse(f"{ACCOUNTS}_add"), {"vendor": vendor, "name": "Main"}, follow=True
    )

    page = response.content.decode()
    account = VendorAccount.objects.get()
    for address in accounts.webhooks(account).values():
        assert address in page
    assert VENDORS[vendor].kinds[0].console_en.replace("'", "&#x27;") in page
    assert account.tokens.count() == 1


def change(admin: Client, account: VendorAccount, **fields: str) -> Any:
    url = reverse(f"{ACCOUNTS}_change", args=[account.pk])
    form = admin.get(url).context["adminform"].form
    data = {name: form[name].value() or "" for name in form.fields}
    data["is_enabled"] = "on"
    return admin.post(url, {**data, **fields}, follow=True)


def test_a_secret_is_set_and_never_shown_again(admin: Client, make_account: MakeAccount) -> None:
    account = make_account("huawei")

    page = change(admin, account, app_secret="a very secret secret").content.decode()
    shown = admin.get(reverse(f"{ACCOUNTS}_change", args=[account.pk])).content.decode()

    assert account.credentials.get().secret == "a very secret secret"
    assert "very secret" not in page + shown
    assert "····cret" in shown


def test_leaving_a_secret_empty_keeps_it(admin: Client, make_account: MakeAccount) -> None:
    account = make_account("huawei", app_secret="a very secret secret")

    change(admin, account, name="Renamed", push_signature="enforce")

    account.refresh_from_db()
    assert (account.name, account.options["push_signature"]) == ("Renamed", "enforce")
    assert account.credentials.get().secret == "a very secret secret"


def test_a_new_secret_leaves_the_old_one_alive_for_a_day(
    admin: Client, make_account: MakeAccount
) -> None:
    account = make_account("huawei", app_secret="a very secret secret")

    change(admin, account, app_secret="the next secret of all")

    assert account.credentials.filter(expires_at=None).get().secret == "the next secret of all"
    assert account.credentials.count() == 2


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("allowed_ips", "here", "expected an address or a network"),
        ("base_url", "huawei", "expected an address such as"),
        ("created_utc_offset", "99", "expected hours from -12 to 14"),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field(
    admin: Client, make_account: MakeAccount, field: str, value: str, sentence: str
) -> None:
    account = make_account("huawei")

    response = change(admin, account, **{field: value})

    assert sentence in str(response.context["adminform"].form.errors[field])


def test_addresses_are_rotated_and_accounts_disabled_but_never_deleted(
    admin: Client, make_account: MakeAccount
) -> None:
    account = make_account("yeta")
    url = reverse(f"{ACCOUNTS}_changelist")

    for action in ("rotate_tokens", "disable", "delete_selected"):
        admin.post(url, {"action": action, "_selected_action": [account.pk]})

    account.refresh_from_db()
    assert account.tokens.count() == 2
    assert account.is_enabled is False


def test_pushes_are_shown_by_state_with_the_readers_sentence(
    admin: Client, make_account: MakeAccount, push: Send
) -> None:
    account = make_account("yeta")
    push(account, "receiveVoice", b'{"call_uuid": "c", "url": "x", "size": "<b>large</b>"}')
    inbox.process()
    row = Push.objects.get()

    listed = admin.get(reverse("admin:vendors_push_changelist"), {"state": "unreadable"})
    page = admin.get(reverse("admin:vendors_push_change", args=[row.pk])).content.decode()

    assert "size: expected a size in bytes" in listed.content.decode()
    assert "size: expected a size in bytes" in page
    assert "<b>large" not in page


def test_a_push_cannot_be_changed_or_deleted(
    admin: Client, make_account: MakeAccount, push: Send
) -> None:
    push(make_account("yeta"), "receiveVoice", b"{}")
    row = Push.objects.get()
    before = Push.objects.values().get()

    answers = [
        admin.post(reverse(f"admin:vendors_push_{verb}", args=[row.pk]), {"state": "done"})
        for verb in ("change", "delete")
    ]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert Push.objects.values().get() == before


def test_pushes_are_processed_again(
    admin: Client, make_account: MakeAccount, deliver: Send, rings: list[None]
) -> None:
    deliver(
        make_account("yeta"), "receiveCallRecord", sample("yeta", "receiveCallRecord__document")
    )
    rings.clear()
    row = Push.objects.get()

    response = admin.post(
        reverse("admin:vendors_push_changelist"),
        {"action": "process_again", "_selected_action": [row.pk]},
        follow=True,
    )

    assert "1 push is processed again." in response.content.decode()
    row.refresh_from_db()
    assert row.state == State.WAITING
    assert len(rings) == 1


def test_a_refused_push_is_released_by_who_may(
    admin: Client, make_account: MakeAccount, push: Send
) -> None:
    account = make_account("huawei", app_secret="a very secret secret", push_signature="enforce")
    push(account, "fee", b'{"eventType":"fee"}')
    looker = Client()
    user = get_user_model().objects.create_user("ben", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_refusedpush"))
    looker.force_login(user)
    release = {"action": "release", "_selected_action": [RefusedPush.objects.get().pk]}
    url = reverse("admin:vendors_refusedpush_changelist")

    looker.post(url, release)
    assert not Push.objects.exists()

    admin.post(url, release)
    assert bytes(Push.objects.get().body) == b'{"eventType":"fee"}'
    assert RefusedPush.objects.get().released_by == "ann"


def test_an_api_token_is_shown_once(admin: Client) -> None:
    user = get_user_model().objects.get()
    url = reverse("admin:callportal_apitoken_add")

    form = {"name": "etl", "user": user.pk, "scopes": ["read"]}

    page = admin.post(url, form, follow=True).content.decode()

    assert "It is shown only this once." in page
    row = ApiToken.objects.get()
    assert f"{row.last_four}." in page
    assert (
        "cpt_"
        not in admin.get(
            reverse("admin:callportal_apitoken_change", args=[row.pk])
        ).content.decode()
    )


def test_every_page_of_the_admin_opens(
    admin: Client, make_account: MakeAccount, push: Send
) -> None:
    for vendor in VENDORS:
        push(make_account(vendor), VENDORS[vendor].kinds[0].key, b"\xff\x00")
    inbox.process()

    for name in ("vendors_push", "vendors_refusedpush", "vendors_vendoraccount"):
        assert admin.get(reverse(f"admin:{name}_changelist")).status_code == 200
    for name in ("calls_codemeaning", "callportal_apitoken", "auth_user"):
        assert admin.get(reverse(f"admin:{name}_changelist")).status_code == 200
    for row in Push.objects.all():
        assert admin.get(reverse("admin:vendors_push_change", args=[row.pk])).status_code == 200
    for account in VendorAccount.objects.all():
        assert admin.get(reverse(f"{ACCOUNTS}_change", args=[account.pk])).status_code == 200

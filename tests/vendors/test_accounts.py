"""Vendor accounts: made by hand and by script, their secrets, their rotation."""

import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from cryptography.fernet import Fernet
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command, execute_from_command_line
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from vendors import accounts, vault
from vendors.adapters.base import Vendor
from vendors.models import Credential, PushToken, VendorAccount
from vendors.registry import VENDORS

pytestmark = pytest.mark.django_db

MakeAccount = Callable[..., VendorAccount]
Send = Callable[..., Any]


def run(*words: str) -> Any:
    out = io.StringIO()
    call_command(*words, "--json", stdout=out, stderr=io.StringIO())
    return json.loads(out.getvalue())


@pytest.mark.parametrize("vendor", VENDORS)
def test_an_account_is_made_by_a_script(vendor: str) -> None:
    made = run("account", "add", vendor, "--name", "Main")

    kinds = [kind.key for kind in VENDORS[vendor].kinds]
    assert set(made) == {"id", "vendor", "name", "webhooks"}
    assert (made["vendor"], made["name"]) == (vendor, "Main")
    for kind in kinds:
        host, _, path = made["webhooks"][kind].partition("/hooks/")
        assert host == "http://calls.example"
        key, token, last = path.split("/")
        assert (key, last) == (vendor, kind)
        assert len(token) == 32
        assert set(token) <= set(accounts.TOKEN_ALPHABET)


def test_the_command_line_takes_set_more_than_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A command closes the database at its end, and this one is the test's.
    monkeypatch.setattr(connections, "close_all", lambda: None)
    add = ["manage.py", "account", "add", "huawei", "--name"]
    words = ["--set", "app_key=k", "--set", "app_secret=s", "push_signature=off", "--json"]

    execute_from_command_line([*add, "Main", *words])
    with pytest.raises(SystemExit):
        execute_from_command_line([*add, "Other", "--set", "colour=red"])

    said = capsys.readouterr()
    assert json.loads(said.out)["name"] == "Main"
    assert "colour is not a setting" in said.err
    assert "Traceback" not in said.err


def test_settings_are_given_on_the_command_line() -> None:
    words = ["app_key=k-1234567890", "app_secret=s-1234567890", "push_signature=enforce"]
    words += ["created_utc_offset=0", "allowed_ips=203.0.113.0/24,2001:db8::1", "default_region=HK"]

    run("account", "add", "huawei", "--name", "Main", "--set", *words)

    account = VendorAccount.objects.get()
    secrets = {one.key: one.secret for one in account.credentials.all()}
    assert secrets == {"app_key": "k-1234567890", "app_secret": "s-1234567890"}
    assert account.options["push_signature"] == "enforce"
    assert account.options["created_utc_offset"] == "0"
    assert account.allowed_ips == ["203.0.113.0/24", "2001:db8::1"]
    assert account.default_region == "HK"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["add", "nobody", "--name", "x"], "nobody is not a vendor; known are huawei,"),
        (["add", "yeta", "--name", ""], "cannot be blank"),
        (["add", "yeta", "--name", "x", "--set", "colour=red"], "colour is not a setting of Yeta"),
        (["add", "yeta", "--name", "x", "--set", "colour"], "--set: expected key=value"),
        (
            ["add", "huawei", "--name", "x", "--set", "push_signature=perhaps"],
            'push_signature: expected one of off, observe, enforce, got "perhaps"',
        ),
        (
            ["add", "huawei", "--name", "x", "--set", "allowed_ips=here"],
            'allowed_ips: expected an address or a network such as 203.0.113.0/24, got "here"',
        ),
        (
            ["add", "yeta", "--name", "x", "--set", "recording_base_url=voice"],
            'recording_base_url: expected an address such as https://example.com, got "voice"',
        ),
        (
            ["add", "yeta", "--name", "x", "--set", "default_region=China"],
            "default_region: expected two capital letters such as CN",
        ),
        (["rotate-token", "Missing"], 'There is no account "Missing".'),
        (["rotate-secret", "Main"], "Say which secret"),
        (["rotate-secret", "Main", "--set", "name=x"], "name is not a secret of this vendor"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    make_account: MakeAccount, words: list[str], sentence: str
) -> None:
    make_account("voicepush")

    with pytest.raises(CommandError) as error:
        run("account", *words)

    assert sentence in str(error.value)
    assert VendorAccount.objects.count() == 1


def test_two_accounts_of_a_vendor_cannot_have_one_name(make_account: MakeAccount) -> None:
    make_account("yeta")
    make_account("nxcloud")

    with pytest.raises(ValidationError):
        make_account("yeta")


def test_secrets_are_not_in_the_database_in_clear(make_account: MakeAccount) -> None:
    account = make_account("huawei", app_secret="a very secret secret")
    token = accounts.live_tokens(account)[0].token

    with connection.cursor() as cursor:
        stored = ""
        for model in (VendorAccount, Credential, PushToken):
            cursor.execute(f"SELECT * FROM {model._meta.db_table}")  # noqa: S608
            stored += str(cursor.fetchall())

    assert "very secret" not in stored
    assert token not in stored
    assert Credential.objects.get().last_four == "cret"


def test_a_short_secret_shows_nothing_of_itself(make_account: MakeAccount) -> None:
    make_account("voicepush", auth_token="12345678")

    assert Credential.objects.get().last_four == ""


def test_the_key_of_the_secrets_can_be_rotated(make_account: MakeAccount, settings: Any) -> None:
    account = make_account("huawei", app_secret="a very secret secret")
    old, new = settings.CREDENTIALS_KEYS[0], Fernet.generate_key().decode()

    settings.CREDENTIALS_KEYS = [new, old]
    call_command("reseal", stdout=io.StringIO())
    settings.CREDENTIALS_KEYS = [new]

    assert account.credentials.get().secret == "a very secret secret"
    assert len(accounts.live_tokens(account)[0].token) == 32

    settings.CREDENTIALS_KEYS = [old]
    with pytest.raises(vault.SealedWithAnotherKeyError, match="Put back the key"):
        _ = account.credentials.get().secret


def test_a_lost_key_costs_the_signatures_and_not_the_pushes(
    make_account: MakeAccount, push: Send, settings: Any
) -> None:
    account = make_account("huawei", app_secret="a very secret secret")
    send_to = accounts.webhooks(account)["fee"].removeprefix("http://calls.example")
    settings.CREDENTIALS_KEYS = [Fernet.generate_key().decode()]

    response = Client().post(send_to, b"{}", content_type="x/y")

    assert response.status_code == 200
    with pytest.raises(CommandError, match="Put back the key"):
        run("account", "list")


def test_old_push_addresses_work_for_a_day_after_a_rotation(
    make_account: MakeAccount, client: Any
) -> None:
    account = make_account("yeta")
    old = accounts.webhooks(account)["receiveVoice"].removeprefix("http://calls.example")
    made = run("account", "rotate-token", str(account.pk))
    new = made["webhooks"]["receiveVoice"].removeprefix("http://calls.example")

    def both() -> list[int]:
        accounts.forget_doors()
        return [client.post(path, b"{}", content_type="x/y").status_code for path in (old, new)]

    assert old != new
    assert both() == [200, 200]
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert both() == [404, 200]


def test_no_more_than_two_tokens_are_alive(make_account: MakeAccount) -> None:
    account = make_account("yeta")

    for _ in range(3):
        accounts.rotate_token(account)

    assert len(accounts.live_tokens(account)) == 2
    assert account.tokens.count() == 4


def test_the_use_of_a_token_is_noted(make_account: MakeAccount, push: Send) -> None:
    account = make_account("yeta")

    push(account, "receiveVoice", b"{}")

    assert accounts.live_tokens(account)[0].last_used_at is not None


def test_setting_a_key_twice_replaces_it(make_account: MakeAccount) -> None:
    account = make_account("huawei", app_secret="the first secret")

    run("account", "set", "Main", "--set", "app_secret=the second secret", "push_signature=off")

    account.refresh_from_db()
    assert account.credentials.get().secret == "the second secret"
    assert account.options["push_signature"] == "off"


def test_an_address_that_the_console_will_not_take_is_pointed_out() -> None:
    huawei: Vendor = VENDORS["huawei"]

    assert accounts.address_complaint(huawei, "https://calls.example.com/hooks/huawei/x/fee") == ""
    assert "up to 96 bytes" in accounts.address_complaint(huawei, "https://" + "a" * 90)
    assert "only letters" in accounts.address_complaint(huawei, "https://a_b.example/hooks")
    assert accounts.address_complaint(VENDORS["yeta"], "https://" + "a_" * 90) == ""


def test_accounts_are_listed(make_account: MakeAccount) -> None:
    for vendor in VENDORS:
        make_account(vendor)

    assert [one["vendor"] for one in run("account", "list")] == list(VENDORS)

"""The command that keeps the platform running."""

from collections.abc import Callable
from io import StringIO

import httpx2
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.vendors.huawei_platform.conftest import (
    KEY,
    SECRET,
    Receiver,
)
from vendors import accounts
from vendors.management.commands import simulate_huawei
from vendors.models import VendorAccount


def simulate(**options: object) -> str:
    """The command, stopped as soon as it has started; what it printed."""
    command = simulate_huawei.Command()
    command.stop.set()
    printed = StringIO()
    call_command(command, stdout=printed, **options)
    return printed.getvalue()


def test_the_command_has_the_account_call_it(db: None) -> None:
    printed = simulate(port=0)

    account = VendorAccount.objects.get(vendor="huawei", name="Demo")
    settings = accounts.settings_of(account)
    assert f"simulated: {settings['base_url']}\n" in printed
    assert "+8613800000029  flow control" in printed
    assert settings["app_key"]
    assert settings["app_secret"] not in printed


def test_the_command_keeps_the_credentials_of_an_account(
    make_account: Callable[..., VendorAccount],
) -> None:
    given = {"app_key": KEY, "app_secret": SECRET}
    account = make_account("huawei", "Ours", **given)

    simulate(port=0, account="Ours")

    settings = accounts.settings_of(account)
    assert {key: settings[key] for key in given} == given


def test_the_command_does_not_take_a_real_platforms_place(
    make_account: Callable[..., VendorAccount],
) -> None:
    address = "https://rtccall.cn-north-1.myhuaweicloud.cn:443"
    account = make_account("huawei", "Demo", base_url=address)

    with pytest.raises(CommandError, match=r"calls rtccall.*--account"):
        simulate(port=0)

    account.refresh_from_db()
    assert account.options["base_url"] == address


def test_the_command_says_that_an_account_is_disabled(
    make_account: Callable[..., VendorAccount],
) -> None:
    account = make_account("huawei", "Demo")
    account.is_enabled = False
    account.save(update_fields=["is_enabled"])

    with pytest.raises(CommandError, match="disabled"):
        simulate(port=0)


def test_the_command_says_that_its_port_is_taken(db: None, receiver: Receiver) -> None:
    with pytest.raises(CommandError, match="cannot be listened on"):
        simulate(port=httpx2.URL(receiver.url).port)

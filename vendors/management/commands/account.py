"""Vendor accounts from a script: add, list, set, rotate."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from calls.audit import COMMAND_LINE, Action, record
from vendors import accounts
from vendors.models import VendorAccount
from vendors.registry import VENDORS
from vendors.vault import SealedWithAnotherKeyError


class Command(BaseCommand):
    help = "Make and change vendor accounts. A secret given as key=- is read from standard input."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        add = actions.add_parser("add", help="make an account and print its push addresses")
        add.add_argument("vendor", help=", ".join(VENDORS))
        add.add_argument("--name", required=True)
        show = actions.add_parser("list", help="accounts with their push addresses")
        change = actions.add_parser("set", help="change settings of an account")
        token = actions.add_parser(
            "rotate-token", help="new push addresses; the old ones work for another 24 hours"
        )
        secret = actions.add_parser(
            "rotate-secret", help="set a new secret; the old one works for another 24 hours"
        )
        for action in (change, token, secret):
            action.add_argument("account", help="id or name")
        for action in (add, change, secret):
            action.add_argument(
                "--set", nargs="+", action="extend", default=[], metavar="KEY=VALUE", dest="pairs"
            )
        for action in (add, show, change, token, secret):
            action.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            shown = getattr(self, "_" + options["action"].replace("-", "_"))(options)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        except SealedWithAnotherKeyError as error:
            raise CommandError(str(error)) from None
        if options["json"]:
            self.stdout.write(json.dumps(shown, ensure_ascii=False, indent=2))
            return
        for one in shown if isinstance(shown, list) else [shown]:
            self._print(one)

    def _print(self, shown: dict[str, Any]) -> None:
        self.stdout.write(f"{shown['id']}  {shown['vendor']}  {shown['name']}")
        vendor = VENDORS[shown["vendor"]]
        labels = {kind.key: kind.console_en for kind in vendor.kinds}
        for kind, address in shown["webhooks"].items():
            self.stdout.write(f"    {labels[kind]}:\n        {address}")
            if complaint := accounts.address_complaint(vendor, address):
                self.stderr.write(self.style.WARNING(f"        {complaint}"))

    def _add(self, options: dict[str, Any]) -> dict[str, Any]:
        pairs = _pairs(options["pairs"])
        with transaction.atomic():
            account = accounts.create(options["vendor"], options["name"], pairs)
            _note_down(Action.ACCOUNT_MADE, account, fields=[*pairs])
        return _shown(account)

    def _list(self, options: dict[str, Any]) -> list[dict[str, Any]]:
        rows = VendorAccount.objects.order_by("id")
        shown = [_shown(account) for account in rows if account.vendor in VENDORS]
        if shown:
            details = {"accounts": [one["id"] for one in shown]}
            record(Action.ADDRESSES_SHOWN, by=COMMAND_LINE, details=details)
        return shown

    def _set(self, options: dict[str, Any]) -> dict[str, Any]:
        account = _find(options["account"])
        pairs = _pairs(options["pairs"])
        with transaction.atomic():
            accounts.configure(account, pairs)
            _note_down(Action.ACCOUNT_CHANGED, account, fields=[*pairs])
        return _shown(account)

    def _rotate_token(self, options: dict[str, Any]) -> dict[str, Any]:
        account = _find(options["account"])
        with transaction.atomic():
            accounts.rotate_token(account)
            _note_down(Action.ADDRESSES_ROTATED, account)
        return _shown(account)

    def _rotate_secret(self, options: dict[str, Any]) -> dict[str, Any]:
        account = _find(options["account"])
        pairs = _pairs(options["pairs"])
        if not pairs:
            raise CommandError("Say which secret, for example: --set app_secret=…")
        with transaction.atomic():
            for key, value in pairs.items():
                accounts.rotate_secret(account, key, value)
            _note_down(Action.SECRET_ROTATED, account, fields=[*pairs])
        return _shown(account)


def _note_down(action: Action, account: VendorAccount, **details: list[str]) -> None:
    """Write down which settings were given, never what to."""
    record(action, by=COMMAND_LINE, subject=f"account {account.pk}", details=details)


def _shown(account: VendorAccount) -> dict[str, Any]:
    return {
        "id": account.pk,
        "vendor": account.vendor,
        "name": account.name,
        "webhooks": accounts.webhooks(account),
    }


def _find(word: str) -> VendorAccount:
    by_id = VendorAccount.objects.filter(pk=int(word)) if word.isdecimal() else None
    found = list(by_id or VendorAccount.objects.filter(name=word))
    if len(found) != 1:
        raise CommandError(
            f'There is no account "{word}".'
            if not found
            else f'"{word}" is not one account; use its id.'
        )
    return found[0]


def _pairs(words: list[str]) -> dict[str, str]:
    pairs = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise CommandError(f'--set: expected key=value, got "{key}".')
        pairs[key] = sys.stdin.readline().strip() if value == "-" else value
    return pairs

"""Vendor accounts from a script: add, list, set, rotate."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

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
        return _shown(accounts.create(options["vendor"], options["name"], _pairs(options["pairs"])))

    def _list(self, options: dict[str, Any]) -> list[dict[str, Any]]:
        return [
            _shown(account)
            for account in VendorAccount.objects.order_by("id")
            if account.vendor in VENDORS
        ]

    def _set(self, options: dict[str, Any]) -> dict[str, Any]:
        account = _find(options["account"])
        accounts.configure(account, _pairs(options["pairs"]))
        return _shown(account)

    def _rotate_token(self, options: dict[str, Any]) -> dict[str, Any]:
        account = _find(options["account"])
        accounts.rotate_token(account)
        return _shown(account)

    def _rotate_secret(self, options: dict[str, Any]) -> dict[str, Any]:
        account = _find(options["account"])
        pairs = _pairs(options["pairs"])
        if not pairs:
            raise CommandError("Say which secret, for example: --set app_secret=…")
        for key, value in pairs.items():
            accounts.rotate_secret(account, key, value)
        return _shown(account)


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

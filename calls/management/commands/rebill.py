"""Has what calls are billed worked out anew."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from calls import rebilling
from calls.audit import COMMAND_LINE, Action, record
from calls.models import Account


class Command(BaseCommand):
    help = (
        "Have the portal work out anew what calls are billed, in the background: after an upgrade"
        " changed the rule of a vendor. Safe while the portal runs, and to run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("account", nargs="?", help="id or name; all accounts without it")

    def handle(self, *, account: str | None, **options: Any) -> None:
        rows = Account.objects.order_by("pk")
        if account is not None:
            rows = (
                rows.filter(pk=int(account)) if account.isdecimal() else rows.filter(name=account)
            )
            if not rows:
                raise CommandError(f'There is no account "{account}".')
        rebilling.ask(rows)
        count = len(rows)
        record(
            Action.CALLS_REBILLED, by=COMMAND_LINE, details={"accounts": [one.pk for one in rows]}
        )
        self.stdout.write(
            f"Asked for {count} account{'' if count == 1 else 's'}. How far it is stands on the"
            " page of reports."
        )

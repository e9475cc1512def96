"""Deletes what is older than its account keeps it, or says what would go."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from vendors import retention
from vendors.models import Kept, Pruning, VendorAccount


class Command(BaseCommand):
    help = (
        "Delete what is older than its account keeps it: recordings, words of dialogs, bodies of"
        " pushes, calls. The portal does so each night by itself."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--account", help="id or name; all of them without")
        parser.add_argument("--dry-run", action="store_true", help="delete nothing, say what would")

    def handle(self, *args: Any, **options: Any) -> None:
        accounts = _accounts(options["account"])
        if options["dry_run"]:
            self._foretell(accounts)
            return
        began = timezone.now()
        retention.prune(accounts)
        gone = Pruning.objects.filter(account__in=accounts, ended_at__gte=began)
        for row in gone.select_related("account").order_by("account", "kind"):
            self.stdout.write(
                f"{row.account}: {row.count:,} {Kept(row.kind).label} deleted,"
                f" older than {row.days} days"
            )
        if not gone:
            self.stdout.write("Nothing is older than its account keeps it.")

    def _foretell(self, accounts: list[VendorAccount]) -> None:
        found = False
        for old in retention.plan(accounts):
            found = True
            self.stdout.write(
                f"{old.account}: {old.count:,} {old.kind.label} would go,"
                f" older than {old.days} days:"
                f" {timezone.localtime(old.oldest_at):%Y-%m-%d}"
                f" to {timezone.localtime(old.newest_at):%Y-%m-%d}"
                + (f", {old.size_bytes / 1_000_000:,.1f} MB" if old.size_bytes else "")
            )
        if not found:
            self.stdout.write("Nothing is older than its account keeps it.")


def _accounts(word: str | None) -> list[VendorAccount]:
    rows = VendorAccount.objects.all()
    if not word:
        return list(rows)
    by_id = rows.filter(pk=int(word)) if word.isdecimal() else rows.none()
    found = list(by_id) or list(rows.filter(name=word))
    if len(found) != 1:
        raise CommandError(
            f'There is no account "{word}".'
            if not found
            else f'"{word}" is not one account; use its id.'
        )
    return found

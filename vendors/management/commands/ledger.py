"""Prove the ledger: what came is applied, repeated, unreadable, failed or waiting."""

import sys
from argparse import ArgumentParser, ArgumentTypeError
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Min
from django.utils import timezone
from django.utils.dateparse import parse_date
from tqdm import tqdm

from vendors.models import LedgerDay
from vendors.watch import balance
from vendors.watch.balance import Total

NAMES = ("received", "applied", "repeated", "unreadable", "failed", "waiting", "difference", "lost")


class Command(BaseCommand):
    help = "Count all pushes of a range of days anew and say whether the ledger balances."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", type=_day, dest="first", metavar="DAY", help="2026-11-01")
        parser.add_argument("--to", type=_day, dest="last", metavar="DAY", help="included")

    def handle(self, *args: Any, **options: Any) -> None:
        if not balance.catch_up():
            self.stderr.write("What came in the last moments is not counted yet.")
        today = timezone.localdate()
        begin = LedgerDay.objects.aggregate(day=Min("day"))["day"] or today
        first, last = options["first"] or begin, options["last"] or today
        if last < first:
            raise CommandError("--to lies before --from.")
        first, last = max(first, begin), min(last, today + timedelta(days=1))
        for day in tqdm(balance.days_between(first, last), unit=" days", disable=None):
            balance.recount([day])
        rows = LedgerDay.objects.filter(day__gte=first, day__lte=last).select_related("account")
        self._tell(list(rows.order_by("day", "account_id")))

    def _tell(self, rows: list[LedgerDay]) -> None:
        total = Total.of(rows)
        for name in NAMES:
            self.stdout.write(f"{name:<10} {getattr(total, name):>12}")
        wrong = [row for row in rows if not row.balances]
        for row in wrong:
            self.stdout.write(
                f"{row.day} {row.account}: difference {row.difference}, lost {row.lost}"
            )
        if wrong:
            self.stderr.write(f"{len(wrong)} days of accounts do not balance.")
            sys.exit(1)
        self.stdout.write(f"{len(rows)} days of accounts balance.")


def _day(word: str) -> date:
    try:
        day = parse_date(word)
    except ValueError:
        day = None
    if day is None:
        raise ArgumentTypeError(f'expected a day such as 2026-11-01, got "{word}"')
    return day

"""Counts the tallies anew from the rows of calls, and tells what differs."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from calls import recounting
from calls.audit import COMMAND_LINE, Action, record

MOST_SHOWN = 20


class Command(BaseCommand):
    help = (
        "Count again what pages and reports add up, from the calls themselves, and tell what"
        " differs. Safe while the portal runs."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="first", type=_day, metavar="DAY", help="2026-11-01")
        parser.add_argument("--to", dest="last", type=_day, metavar="DAY", help="included")
        parser.add_argument("--repair", action="store_true", help="write down what is right")

    def handle(self, **options: Any) -> None:
        first, last = options["first"], options["last"]
        if first and last and last < first:
            raise CommandError("--to: the range ends before it begins.")
        days = recounting.days(first, last)
        if not days:
            self.stdout.write("There is nothing to count: no calls.")
            return
        months = sorted({day.replace(day=1) for day in days})
        is_repair = options["repair"]
        found: list[recounting.Difference] = []
        for day in tqdm(days, unit=" days", disable=None):
            found += (recounting.repair if is_repair else recounting.check)(day)
        for month in months:
            found += (recounting.repair_month if is_repair else recounting.check_month)(month)
        for one in found[:MOST_SHOWN]:
            self.stdout.write(str(one))
        if len(found) > MOST_SHOWN:
            self.stdout.write(f"… and {len(found) - MOST_SHOWN:,} more.")
        counted = f"{len(days):,} days from {days[0]} to {days[-1]} were counted"
        if not found:
            self.stdout.write(f"{counted}: everything is right.")
        elif is_repair:
            record(
                Action.TALLIES_REPAIRED,
                by=COMMAND_LINE,
                details={"rows": len(found), "first": days[0], "last": days[-1]},
            )
            self.stdout.write(f"{counted}: {len(found):,} rows were wrong, and are right now.")
        else:
            raise CommandError(
                f"{counted}: {len(found):,} rows are wrong. Run it again with --repair, and tell"
                " the portal's makers: this must not happen."
            )


def _day(text: str) -> date:
    return date.fromisoformat(text)

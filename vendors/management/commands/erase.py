"""Takes one person's number out of everything that the portal keeps, and reports what was done."""

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from calls.audit import COMMAND_LINE, Action, record
from calls.numbers import MASK, masked, search_key
from vendors import erased, erasing
from vendors.erasing.running import Finding, Report
from vendors.models import Erasure
from vendors.spelled import FEWEST

BACKUPS = (
    "Backups that were made before still hold the number. After one is restored, run"
    " ./portal erase --again: it repeats every erasure that the restored list knows;"
    " erase again by hand whoever was erased after that backup was made."
)


class Command(BaseCommand):
    help = (
        "Erase one person's telephone number everywhere, with a report. The calls stay, without"
        " the person; what is pushed later comes in without the number."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", nargs="?", metavar="NUMBER", help="with its country code")
        parser.add_argument("--dry-run", action="store_true", help="say where it stands, no more")
        parser.add_argument("--yes", action="store_true", help="ask no question")
        parser.add_argument("--held", action="store_true", help="also in calls that are held")
        parser.add_argument(
            "--report", type=Path, metavar="FILE", help="write the report there too"
        )
        parser.add_argument("--region", default="CN", help="of a number without a country code")
        parser.add_argument("--again", action="store_true", help="repeat all erasures there were")
        parser.add_argument("--lift", action="store_true", help="let the number come in again")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["again"]:
            self._again(options)
            return
        number = _checked(options["number"], options["region"])
        if options["lift"]:
            self._lift(number, options["region"])
            return
        known = erased.only(number, options["region"])
        found = erasing.look(known)
        if options["dry_run"]:
            self._say(_foretold(found), options["report"])
            return
        if found.held and not options["held"]:
            raise CommandError(
                f"{found.held} of its calls are held. Release them, or add --held to erase the"
                " number there too."
            )
        if not options["yes"]:
            self._confirm(number, found)
        row = erased.enlist(number, options["region"], COMMAND_LINE.name())
        known = erased.only(number, options["region"])
        self._say(_reported(erasing.erase(known, [row.pk])), options["report"])

    def _again(self, options: dict[str, Any]) -> None:
        known = erased.read()
        if not known:
            self.stdout.write("No number was erased so far.")
            return
        keys = list(Erasure.objects.order_by("pk").values_list("pk", flat=True))
        done = erasing.erase(known, keys)
        self._say(_reported(done), options["report"])

    def _lift(self, number: str, region: str) -> None:
        pk = erased.lift(number, region)
        if pk is None:
            raise CommandError("This number was not erased.")
        record(Action.NUMBER_LIFTED, by=COMMAND_LINE, subject=f"erasure {pk}")
        self.stdout.write("It comes in again from now on. What was erased stays so.")

    def _confirm(self, number: str, found: Finding) -> None:
        self.stdout.write("\n".join(_foretold(found)))
        self.stdout.write(f"This cannot be undone. The number ends in {masked(number)[-4:]}.")
        try:
            typed = input("Type the whole number once more to erase it: ")
        except EOFError:
            typed = ""
        if search_key(typed) != search_key(number):
            raise CommandError("That is another number. Nothing was erased.")

    def _say(self, lines: Iterator[str], path: Path | None) -> None:
        text = "\n".join(lines)
        self.stdout.write(text)
        if path is not None:
            path.write_text(f"{text}\n", encoding="utf-8")


def _checked(number: str | None, region: str) -> str:
    if not number:
        raise CommandError("Say which number.")
    key = search_key(number, region)
    if MASK in number or not key.isdecimal() or len(key) < FEWEST:
        raise CommandError(
            "NUMBER: expected a whole telephone number, with its country code or the code of its"
            " area."
        )
    return number


def _foretold(found: Finding) -> Iterator[str]:
    yield "Where the number stands:"
    yield from _places(found)
    yield f"Calls: {len(found.named):,}, of which {found.held:,} are held."
    yield f"Calls whose recordings would be deleted: {len(found.spoke):,}"


def _places(found: Finding) -> Iterator[str]:
    for place, count in sorted(found.places.items()):
        yield f"  {place:<44} {count:>9,}"
    for label, rows in (
        ("files of exports (all of them)", found.exports),
        ("files of bills", found.bills),
        ("files of imports", found.imports),
    ):
        if rows:
            yield f"  {label:<44} {len(rows):>9,}"
    if not (found.places or found.bills or found.imports):
        yield "  nowhere"
    yield from _not_ours(found)


def _not_ours(found: Finding) -> Iterator[str]:
    for place, count in sorted(found.kept.items()):
        yield f"  {place:<44} {count:>9,}  is not changed: people of the house, or the audit"
    for name in found.others:
        yield f"  {name}: a file in DATA_DIR that is not changed"


def _reported(done: Report) -> Iterator[str]:
    which = ", ".join(map(str, done.erasures))
    yield f"Erasure {which}, {timezone.localtime():%Y-%m-%d %H:%M %Z}."
    yield "Where the number stood:"
    yield from _places(done.found)
    yield "Rows that were changed:"
    for table, count in sorted(done.changed.items()):
        yield f"  {table:<44} {count:>9,}"
    yield f"Calls: {len(done.found.named):,}. Their figures are what they were."
    yield f"Recordings deleted: {done.recordings:,}"
    yield f"Sessions ended: {len(done.found.sessions):,}"
    if done.left:
        yield "Where it still stands; run ./portal erase --again:"
        for place, count in sorted(done.left.items()):
            yield f"  {place:<44} {count:>9,}"
    else:
        yield "Looked through once more: it stands nowhere."
    yield "Pushes that wait in spool/ lose the number when they are processed."
    yield BACKUPS

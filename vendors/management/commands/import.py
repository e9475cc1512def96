"""Import a file of missed pushes, or a table of calls, from the command line."""

import json
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError

from calls.audit import COMMAND_LINE
from calls.bills import files
from calls.bills.files import UnreadableFileError
from vendors.doorbell import doorbell
from vendors.imports import asking, column_pages, keeping, mapping, working
from vendors.imports.archives import RefusedFileError
from vendors.imports.mapping import Mapping
from vendors.models import Import, VendorAccount

PAUSE = 0.2  # seconds
USER = "command line"
SORTS = ("new", "same_bytes", "same_call", "unreadable")
MEANINGS = {
    "new": "new",
    "same_bytes": "here already (the same push)",
    "same_call": "here already (another push told the same)",
    "unreadable": "not readable",
}


class Command(BaseCommand):
    help = (
        "Import a file of pushes that were missed (ZIP, lines of JSON), or a table of calls (CSV,"
        " XLSX). It is looked through first, and imported once you say yes; that cannot be undone."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--account", required=True, help="id or name")
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument("--dry-run", action="store_true", help="look through it, and no more")
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="FIELD=HEAD",
            help=f"of a table, which column says what: {', '.join(mapping.LABELS)}",
        )
        parser.add_argument("--zone", help="of a table's times; the portal's without it")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        job = self._take(options["file"], _account(options["account"]))
        if job.is_table:
            _choose(job, options["column"], options["zone"])
        job = _finished(job)
        self._tell(job, options)
        if job.state != Import.State.READY:
            raise CommandError(job.problem or f"It is {job.get_state_display().lower()}.")
        if options["dry_run"] or not job.counts.get("new"):
            asking.cancel(job, USER)
        elif options["yes"] or self._agrees():
            asking.confirm(job, COMMAND_LINE)
            job = _finished(job)
            self._tell(job, options, done=True)
            if job.state != Import.State.DONE:
                raise CommandError(job.problem or f"It is {job.get_state_display().lower()}.")
        else:
            asking.cancel(job, USER)
        keeping.tidy()

    def _take(self, path: Path, account: VendorAccount) -> Import:
        try:
            with path.open("rb") as file:
                if path.stat().st_size > keeping.LARGEST:
                    most = keeping.LARGEST // 1024**2
                    raise CommandError(f"{path}: larger than {most} MiB. Import it in parts.")
                return asking.take(account, File(file), path.name, None, user_name=USER)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from None
        except RefusedFileError as error:
            raise CommandError(f"{path}: {error}") from None

    def _tell(self, job: Import, options: dict[str, Any], *, done: bool = False) -> None:
        counts = {name: int(job.counts.get(name, 0)) for name in SORTS}
        if options["json"]:
            told = {"import": job.pk, "state": job.state, "sha256": job.sha256, **counts}
            self.stdout.write(json.dumps(told))
            return
        self.stdout.write(f"{'Imported' if done else 'Found'} (import {job.pk}):")
        for name, count in counts.items():
            self.stdout.write(f"  {count:>9,} {MEANINGS[name]}")
        if not done:
            for one in job.first_problems:
                place = f"{one['path']}:{one['line']}".lstrip(":")
                self.stderr.write(f"  {place}: {one['problem']}")

    def _agrees(self) -> bool:
        answer = input("Import what is new? This cannot be undone. [y/N] ")
        return answer.strip().lower() in {"y", "yes"}


def _account(word: str) -> VendorAccount:
    rows = VendorAccount.objects.filter(pk=int(word)) if word.isdecimal() else None
    found = list(rows if rows else VendorAccount.objects.filter(name=word))
    if len(found) != 1:
        raise CommandError(
            f'There is no account "{word}".' if not found else f'Several accounts are "{word}".'
        )
    return found[0]


def _choose(job: Import, pairs: list[str], zone: str | None) -> None:
    """Choose a table's columns: those that were named, otherwise as remembered or guessed."""
    try:
        with keeping.opened(job) as file:
            look = column_pages.look_at(job, files.first_rows(file, job.format))
    except UnreadableFileError as error:
        raise CommandError(str(error)) from None
    fields = dict(look.guess.fields)
    for pair in pairs:
        name, _is, head = pair.partition("=")
        if name not in mapping.LABELS or head not in look.heads:
            heads = ", ".join(filter(None, look.heads))
            raise CommandError(f"--column {pair}: expected FIELD=HEAD, the heads are {heads}")
        fields[name] = look.heads.index(head)
    if mapping.ID not in fields:
        raise CommandError("Say which column has the call's id: --column call_id=HEAD")
    kept = look.guess.kept() | {"fields": fields} | ({"zone": zone} if zone else {})
    asking.choose(job, Mapping.of(kept), look.heads, USER)


def _finished(job: Import) -> Import:
    """The import once nobody works on it: this process, or one that the courier started."""
    while True:
        job.refresh_from_db()
        if not job.is_moving:
            return job
        working.work(lambda: False, doorbell.ring)
        job.refresh_from_db()
        if job.is_moving:
            time.sleep(PAUSE)

"""Back up the database, the recordings and the bills, while the portal runs."""

import sys
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from callportal.backups import checking, folders, keys, making
from callportal.backups.making import Made
from callportal.backups.manifest import BackupError
from calls.audit import COMMAND_LINE, Action, record


class Command(BaseCommand):
    help = "Back up database, recordings and bills into a folder of backups; or verify one."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("target", type=Path, help="the folder of backups")
        parser.add_argument(
            "--keep", type=_at_least_one, metavar="N", help="then delete all but the newest N"
        )
        parser.add_argument(
            "--verify",
            action="store_true",
            help="make none: check every file of the newest one, or of the one that TARGET is",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        target: Path = options["target"].expanduser().absolute()
        try:
            if options["verify"]:
                self._verify(target)
            else:
                self._make(target, options["keep"])
        except BackupError as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"The backup failed: {error}") from None

    def _make(self, target: Path, keep: int | None) -> None:
        made = making.make(target, keep)
        record(
            Action.BACKUP_MADE,
            by=COMMAND_LINE,
            subject=f"backup {made.path.name}",
            details={"files": made.manifest.files, "bytes": made.manifest.bytes},
        )
        self._tell(made)

    def _tell(self, made: Made) -> None:
        found = made.manifest
        rows = sum(found.rows.values())
        self.stdout.write(
            f"{made.path}\n"
            f"{rows} rows, {found.files} files, {found.bytes / 1_000_000:.1f} MB; "
            f"{made.linked} files are links to the backup before"
        )
        if found.missing:
            self.stdout.write(f"{len(found.missing)} files are named by rows and were not there")
        if made.dropped:
            self.stdout.write(f"{made.dropped} older backups deleted")
        self.stdout.write("Keys are not part of it. To restore it, these are needed:")
        for name, ids in found.keys.items():
            for one in ids:
                self.stdout.write(f"  {name:<16} {one}")
        if not keys.listed(keys.BACKUP):
            self.stdout.write(
                "It holds telephone numbers in clear: nobody else may read it. BACKUP_KEY seals it."
            )

    def _verify(self, target: Path) -> None:
        folder = folders.meant_by(target)
        found, problems = checking.check(folder)
        for problem in problems:
            self.stderr.write(problem)
        if problems:
            sys.exit(1)
        self.stdout.write(f"{folder}: {found.files} files are what was written at {found.made_at}")
        for name, ids in keys.missing(found.keys).items():
            self.stdout.write(
                f"{name} does not list the key {', '.join(ids)}, which it is sealed with"
            )


def _at_least_one(word: str) -> int:
    if not word.isdecimal() or not int(word):
        raise ArgumentTypeError(f'expected a number from 1, got "{word}"')
    return int(word)

"""Restore a backup, or prove that it can be restored."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from callportal.backups import drilling, folders, restoring
from callportal.backups.manifest import BackupError
from callportal.backups.restoring import Restored

SURE = "replace"


class Command(BaseCommand):
    help = "Restore a backup into an empty portal, and hold all outbound calls; or drill it."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "source", type=Path, help="a backup, or the folder of backups: its newest"
        )
        parser.add_argument(
            "--drill",
            action="store_true",
            help="restore it into a place that is deleted afterwards, and remember what came of it",
        )
        parser.add_argument(
            "--replace", action="store_true", help="replace what the portal has; asks first"
        )
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument("--json", action="store_true", help="tell it to a program")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            folder = folders.meant_by(options["source"].expanduser().absolute())
            if options["drill"]:
                self._drill(folder, is_json=options["json"])
                return
            if options["replace"] and not options["yes"]:
                self._ask()
            restored = restoring.restore(folder, replace=options["replace"])
        except BackupError as error:
            raise CommandError(str(error), returncode=2) from None
        except OSError as error:
            raise CommandError(f"The restore failed: {error}", returncode=2) from None
        if options["json"]:
            self.stdout.write(json.dumps(restored.as_json()))
        else:
            self._tell(restored)
        if not restored.is_whole:
            sys.exit(1)

    def _ask(self) -> None:
        here = restoring.what_is_here()
        if not here:
            return
        self.stdout.write(f"This replaces {here}. Type {SURE} to go on: ", ending="")
        self.stdout.flush()
        if sys.stdin.readline().strip() != SURE:
            raise CommandError("Nothing was touched.", returncode=2)

    def _tell(self, restored: Restored) -> None:
        settled = restored.settled
        lines = [
            f"Restored the backup of {restored.made_at}: {restored.rows} rows in {restored.tables} "
            f"tables, {restored.files} files, in {restored.seconds} s.",
        ]
        if restored.files_there:
            lines.append(f"{restored.files_there} files were in the storage already.")
        if restored.missing:
            lines.append(f"{restored.missing} files were missing when the backup was made.")
        for table, (then, now) in restored.differing.items():
            lines.append(f"NOT WHOLE: {table} had {then} rows and has {now}.")
        if settled.unreadable:
            lines.append(f"NOT WHOLE: {settled.unreadable} secrets do not open.")
        lines += [
            f"{settled.secrets} secrets were read.",
            f"{settled.held} outbound requests are held, {settled.mails} mails are perhaps sent, "
            f"{settled.exports} exports have lost their file.",
            f"{settled.would_dial} requests would be dialled by themselves.",
            "",
            "Next:",
            "  1. Start the portal and sign in: everybody has to, sessions are not restored.",
            "  2. Settle the requests that are held, under Outbound, state Uncertain: compare them "
            "with the vendor's list of calls.",
            f"  3. Ask the vendors to push again what came after {restored.made_at}.",
            "  4. ./portal erase --again, and erase again whoever was erased after that.",
            "  5. ./portal ledger and ./portal recount say whether the figures hold.",
        ]
        if restored.aside:
            lines.append(f"  6. Delete {restored.aside}, the database that was replaced.")
        self.stdout.write("\n".join(lines))

    def _drill(self, folder: Path, *, is_json: bool) -> None:
        found = drilling.drill(folder)
        if is_json:
            self.stdout.write(json.dumps(found))
        else:
            settled = found["settled"]
            self.stdout.write(
                f"Restored {folder.name} into a place of its own in {found['seconds']} s: "
                f"{found['rows']} rows in {found['tables']} tables and {found['files']} files are "
                f"as they were, {settled['secrets']} secrets were read, {settled['held']} outbound "
                f"requests held, {settled['would_dial']} would be dialled. It is gone again."
            )
        if not found["is_whole"]:
            self.stderr.write(f"NOT WHOLE: {found['differing']}, {settled['unreadable']} secrets")
            sys.exit(1)

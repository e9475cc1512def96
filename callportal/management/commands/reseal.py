"""Seal everything anew, after a new key was put first."""

import logging
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from callportal.backups import keys
from callportal.resealing import files, rows
from callportal.resealing.found import Found
from calls.audit import COMMAND_LINE, Action, linking, record
from vendors.spool import files as spool

log = logging.getLogger("callportal.resealing")


class Command(BaseCommand):
    help = (
        "Seal all secrets with the first key of CREDENTIALS_KEY, and all files with that of "
        "RECORDINGS_KEY. Before: put a new key first and renew the portal. After: take the old out."
    )
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = {keys.CREDENTIALS: rows.reseal(), keys.RECORDINGS: files.reseal()}
        except OSError as error:
            raise CommandError(f"It broke off, and can be done again: {error}") from None
        counts = {name: one.resealed for name, one in found.items()}
        record(Action.CREDENTIALS_RESEALED, by=COMMAND_LINE, details=counts)
        linking.link()
        linking.sign_anew()  # the key that signed the chain's end will be gone
        said = {"secrets": counts[keys.CREDENTIALS], "files": counts[keys.RECORDINGS]}
        lost = sum(one.lost for one in found.values())
        log.info("resealed", extra=said | {"unreadable": lost})
        for name, one in found.items():
            self._tell(name, one)
        if lost:
            sys.exit(1)

    def _tell(self, name: str, found: Found) -> None:
        if not keys.listed(name):
            return
        first, *others = keys.ids(name)
        self.stdout.write(
            f"{name}: {found.resealed} sealed anew with {first}, {found.already} were already"
        )
        for what in found.unreadable:
            self.stderr.write(f"  no listed key opens {what}")
        if found.lost:
            self.stderr.write(f"{found.lost} do not open: put back the key that sealed them.")
            return
        if name == keys.CREDENTIALS and spool.waiting():
            self.stdout.write("  the spool holds pushes: keep the old key until they are stored")
        elif others:
            self.stdout.write(f"  {', '.join(others)}: needed no more, but for older backups")

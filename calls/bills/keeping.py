"""Files of bills: where they are kept, what becomes of work that broke off, and how bills go."""

import logging
from contextlib import suppress
from datetime import timedelta
from typing import IO, Any, cast

from django.core.files import File
from django.core.files.storage import storages
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from calls.bills import writing
from calls.models import Bill

log = logging.getLogger("callportal.bills")

STORAGE = "bills"  # which of Django's storages
LARGEST = 256 * 1024 * 1024  # bytes of a file
ABANDONED_AFTER = timedelta(seconds=60)  # whoever compares a bill gives a sign of life each second
MOST_ATTEMPTS = 3


def keep(bill: Bill, content: "File[bytes]") -> None:
    """Keep the file of a bill."""
    name = f"{bill.pk}/bill.{bill.format}"
    bill.name = storages[STORAGE].save(name, content)
    bill.save(update_fields=["name"])


def opened(bill: Bill) -> "IO[bytes]":
    """The file of a bill, to be closed by who asks for it."""
    return cast("IO[bytes]", storages[STORAGE].open(bill.name).file)


def take_back() -> None:
    """Let what broke off be compared again: its process died, or lost the database. Whatever breaks
    off each time fails."""
    before = timezone.now() - ABANDONED_AFTER
    for bill in Bill.objects.filter(claimed_at__lt=before):
        abandoned = Bill.objects.filter(pk=bill.pk, claimed_at=bill.claimed_at)
        if bill.state != Bill.State.RUNNING:  # cancelled, and nobody was left to notice
            abandoned.update(claimed_at=None)
        elif bill.attempts < MOST_ATTEMPTS:
            if abandoned.update(state=Bill.State.WAITING, claimed_at=None, rows_done=0):
                log.warning("bill taken back", extra={"bill": bill.pk})
        else:
            abandoned.update(**failure(bill, _given_up(bill)))
            log.error("bill given up", extra={"bill": bill.pk, "attempts": bill.attempts})


def failure(bill: Bill, problem: str) -> dict[str, Any]:
    """What is written down of a bill that could not be compared."""
    return {
        "state": Bill.State.FAILED,
        "problem": problem,
        "claimed_at": None,
        "finished_at": timezone.now(),
    }


def _given_up(bill: Bill) -> str:
    with translation.override(bill.language):
        return _("It broke off %(count)d times. Save the bill as CSV, or drop it in parts.") % {
            "count": bill.attempts
        }


def remove_deleted() -> None:
    """Do away with the bills that somebody deleted."""
    for bill in Bill.objects.filter(state=Bill.State.DELETED, claimed_at=None):
        try:
            remove(bill)
        except OSError:
            log.exception("bill could not be deleted", extra={"bill": bill.pk})


def remove(bill: Bill) -> None:
    """Do away with one: rows, file, and the bill itself."""
    writing.clear(bill)
    _delete_file(bill)
    bill.delete()


def _delete_file(bill: Bill) -> None:
    storage, folder = storages[STORAGE], str(bill.pk)
    if bill.name:
        storage.delete(bill.name)
    with suppress(FileNotFoundError, NotImplementedError):  # buckets keep nothing half written
        for name in storage.listdir(folder)[1]:
            storage.delete(f"{folder}/{name}")
        storage.delete(folder)

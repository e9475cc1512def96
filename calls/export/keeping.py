"""Files of exports: where they are kept, what becomes of those that broke off, and when they go."""

import logging
from contextlib import suppress
from datetime import timedelta

from django.core.files.storage import storages
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from calls.models import Export

log = logging.getLogger("callportal.exports")

STORAGE = "exports"  # which of Django's storages
KEPT_FOR = timedelta(hours=24)
ABANDONED_AFTER = timedelta(seconds=60)  # whoever makes a file gives a sign of life each second
MOST_ATTEMPTS = 3


def take_back() -> None:
    """Let what broke off be made again: its process died, or lost the database. Whatever breaks off
    each time fails."""
    before = timezone.now() - ABANDONED_AFTER
    for export in Export.objects.filter(claimed_at__lt=before).exclude(state=Export.State.DONE):
        abandoned = Export.objects.filter(pk=export.pk, claimed_at=export.claimed_at)
        clear(export)
        if export.state != Export.State.RUNNING:  # cancelled, and nobody was left to notice
            abandoned.update(claimed_at=None)
        elif export.attempts < MOST_ATTEMPTS:
            if abandoned.update(state=Export.State.WAITING, claimed_at=None, rows_done=0):
                log.warning("export taken back", extra={"export": export.pk})
        else:
            problem = _("It broke off %(count)d times. Ask for fewer calls, or for CSV.") % {
                "count": export.attempts
            }
            abandoned.update(
                state=Export.State.FAILED,
                problem=problem,
                claimed_at=None,
                finished_at=timezone.now(),
            )
            log.error("export given up", extra={"export": export.pk, "attempts": export.attempts})


def remove_expired() -> None:
    """Delete the files whose time is over. A row says so before its file goes; a file that could
    not be deleted is tried again the next time."""
    for export in Export.objects.filter(expires_at__lte=timezone.now()).exclude(name=""):
        if Export.objects.filter(pk=export.pk, state=Export.State.DONE).update(
            state=Export.State.EXPIRED
        ):
            log.info("export expired", extra={"export": export.pk})
        try:
            clear(export)
        except OSError:
            log.exception("export could not be deleted", extra={"export": export.pk})
            continue
        Export.objects.filter(pk=export.pk).update(name="")


def clear(export: Export) -> None:
    """Delete all that is kept of an export, also what a killed process left half written."""
    storage = storages[STORAGE]
    if export.name:
        storage.delete(export.name)
    folder = folder_of(export)
    with suppress(FileNotFoundError, NotImplementedError):  # buckets keep nothing half written
        for name in storage.listdir(folder)[1]:
            storage.delete(f"{folder}/{name}")
        storage.delete(folder)


def folder_of(export: Export) -> str:
    return str(export.pk)


def count_download(export: Export, who: str) -> None:
    """Write down that somebody takes a file away."""
    Export.objects.filter(pk=export.pk).update(downloads=F("downloads") + 1)
    log.info("export downloaded", extra={"export": export.pk, "user": who})

"""Files of imports: where they are kept and for how long, and work that broke off."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import IO, Any, cast

from django.core.files import File
from django.core.files.storage import storages
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from vendors.models import Import

log = logging.getLogger("callportal.imports")

STORAGE = "imports"  # which of Django's storages
LARGEST = 256 * 1024 * 1024  # bytes of a file
ABANDONED_AFTER = timedelta(seconds=60)  # whoever works gives a sign of life each second
MOST_BREAKS = 5
CONFIRMED_WITHIN = timedelta(days=7)
PROBLEMS_KEPT = timedelta(days=30)

State = Import.State


def keep(job: Import, content: "File[Any]") -> None:
    """Keep the file of an import."""
    job.name = storages[STORAGE].save(f"{job.pk}/file.{job.format}", content)
    job.save(update_fields=["name"])


@contextmanager
def opened(job: Import) -> Iterator[IO[bytes]]:
    """The file of an import. Raises FileNotFoundError."""
    if not job.name:
        raise FileNotFoundError
    file = cast("IO[bytes]", storages[STORAGE].open(job.name).file)
    try:
        yield file
    finally:
        file.close()


def keep_problems(job: Import, content: "File[Any]") -> None:
    """Keep what could not be read, a line of JSON each."""
    name = problems_name(job)
    storages[STORAGE].delete(name)
    storages[STORAGE].save(name, content)


def problems(job: Import) -> IO[bytes] | None:
    """What could not be read, where that is still known."""
    name = problems_name(job)
    if not storages[STORAGE].exists(name):
        return None
    return cast("IO[bytes]", storages[STORAGE].open(name).file)


def problems_name(job: Import) -> str:
    return f"{job.pk}/unreadable.jsonl"


def drop_file(job: Import) -> None:
    """Do away with the file: what was in it is in the inbox by now, or is not wanted."""
    if job.name:
        storages[STORAGE].delete(job.name)
        Import.objects.filter(pk=job.pk).update(name="", sample=[])


def take_back() -> None:
    """Let somebody else go on with what broke off; whatever breaks off each time fails."""
    before = timezone.now() - ABANDONED_AFTER
    for job in Import.objects.filter(state=State.RUNNING, claimed_at__lt=before):
        abandoned = Import.objects.filter(pk=job.pk, claimed_at=job.claimed_at, state=State.RUNNING)
        breaks = job.breaks + 1
        if breaks < MOST_BREAKS:
            if abandoned.update(state=State.WAITING, claimed_at=None, breaks=breaks):
                log.warning("import taken back", extra={"import": job.pk})
        else:
            with translation.override(job.language):
                problem = _("It broke off %(count)d times. Drop the file in parts.") % {
                    "count": breaks
                }
            abandoned.update(**failure(problem))
            log.error("import given up", extra={"import": job.pk, "breaks": breaks})


def failure(problem: str) -> dict[str, Any]:
    """What is written down of an import that cannot go on."""
    return {
        "state": State.FAILED,
        "problem": problem,
        "claimed_at": None,
        "finished_at": timezone.now(),
    }


def tidy() -> None:
    """Do away with the files of what is over, and with what nobody confirmed in time."""
    now = timezone.now()
    waiting = Q(state__in=[State.NEW, State.READY], asked_at__lt=now - CONFIRMED_WITHIN)
    if given_up := Import.objects.filter(waiting).update(state=State.CANCELLED, finished_at=now):
        log.info("imports not confirmed in time", extra={"imports": given_up})
    over = [State.DONE, State.FAILED, State.CANCELLED]
    for job in Import.objects.filter(state__in=over, claimed_at=None).exclude(name=""):
        drop_file(job)
    late = now - PROBLEMS_KEPT
    old = Import.objects.filter(finished_at__lt=late, finished_at__gte=late - timedelta(days=2))
    for job in old:
        storages[STORAGE].delete(problems_name(job))
        with suppress(FileNotFoundError, NotImplementedError, OSError):  # buckets have no folders
            storages[STORAGE].delete(str(job.pk))

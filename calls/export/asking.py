"""Takes an order for a file, and writes down who ordered what."""

import logging
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import get_language

from calls import masking
from calls.models import Export

log = logging.getLogger("callportal.exports")

MOST_AT_ONCE = 10_000  # calls in a file that is made while its asker waits
MOST_UNFINISHED = 3  # of one person
EXPORT = "calls.export_call"


class TooManyError(Exception):
    """As many files of this person are being made already as may be."""


def order(user: Any, address: str, search: str, file_format: str, keys: Sequence[str]) -> Export:
    """What is to be made, not written down yet: for the eyes, in the zone and in the language of
    the request that is being served."""
    return Export(
        user=user,
        user_name=user.get_username(),
        address=address,
        format=file_format,
        search=search,
        columns=list(keys),
        zone=timezone.get_current_timezone_name(),
        language=get_language() or "en",
        is_masked=not masking.sees_numbers(),
        asked_at=timezone.now(),
    )


def enqueue(export: Export) -> None:
    """Leave an order to the process that makes big files. Raises TooManyError."""
    if unfinished(export.user).count() >= MOST_UNFINISHED:
        raise TooManyError
    export.save()
    log.info("export asked", extra={"export": export.pk, "user": export.user_name})


def unfinished(user: Any) -> QuerySet[Export]:
    states = [Export.State.WAITING, Export.State.RUNNING]
    return Export.objects.filter(user=user, state__in=states)


def keep_record(export: Export, size: int) -> None:
    """Write down a file that was made while its asker waited; it is kept nowhere."""
    now = timezone.now()
    export.state = Export.State.DONE
    export.size_bytes, export.finished_at, export.downloads = size, now, 1
    export.save()
    log.info(
        "export made",
        extra={"export": export.pk, "user": export.user_name, "rows": export.rows_done},
    )


def cancel(export: Export) -> bool:
    """Take an order back; whether there was still something to take back. Whoever is making the
    file notices within a second or two."""
    wanted = Export.objects.filter(pk=export.pk, state__in=["waiting", "running"])
    is_cancelled = bool(wanted.update(state=Export.State.CANCELLED, finished_at=timezone.now()))
    if is_cancelled:
        log.info("export cancelled", extra={"export": export.pk, "user": export.user_name})
    return is_cancelled

"""Calls whose end nobody told. After a stated silence they are given up: they count as ended, and
say so. A push that tells the end after all makes of them what it would have made at once."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from calls import ingest
from calls.models import Call
from calls.outcomes import State

log = logging.getLogger("callportal.calls")

CHUNK = 200  # calls of one transaction: workers wait for no more
MOST_AT_ONCE = 10_000  # the next sweep goes on


def sweep() -> int:
    """Give up the calls of which nothing was heard for so many hours; how many."""
    now = timezone.now()
    silent_since = now - timedelta(hours=settings.LOST_CALL_HOURS)
    silent = Call.objects.filter(state=State.IN_PROGRESS.value, updated_at__lt=silent_since)
    ids = list(silent.order_by().values_list("pk", flat=True)[:MOST_AT_ONCE])
    given_up = 0
    for first in range(0, len(ids), CHUNK):
        given_up += give_up(ids[first : first + CHUNK], silent_since, now)
    if given_up:
        log.info("calls given up", extra={"calls": given_up, "hours": settings.LOST_CALL_HOURS})
    return given_up


@transaction.atomic
def give_up(ids: list[int], silent_since: datetime, now: datetime) -> int:
    """Give up those of these calls that are silent; how many.

    Whether they are is asked once more of the locked rows: a worker may have heard of one since.
    """
    given_up = 0

    def lose(call: Call) -> None:
        nonlocal given_up
        if call.is_in_progress and call.updated_at < silent_since:
            call.lost_at = now
            given_up += 1

    ingest.work_out_again(ids, lose)
    return given_up

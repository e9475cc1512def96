"""Works out anew what calls are billed, after the rule of their account changed.

It goes through an account's calls in the background, a little at a time, and writes down how far
it is. What a call is billed changes as everything of a call does, through ``calls.ingest``, so that
the tallies follow in the same transaction.
"""

import logging
import time
from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from calls import ingest
from calls.billing import billed_seconds
from calls.models import Account, Call, Rebilling

log = logging.getLogger("callportal.billing")

# Whoever read an account before its rule changed has written the calls of it by then.
BEGINS_AFTER = timedelta(seconds=10)
ABANDONED_AFTER = timedelta(seconds=60)
CHUNK = 500  # calls looked at in one step


def ask(accounts: Iterable[Account]) -> None:
    """Have what the calls of these accounts are billed worked out anew, from the first one on."""
    for account in accounts:
        began = {"asked_at": timezone.now(), "calls_done": 0, "last_call": 0, "claimed_at": None}
        Rebilling.objects.update_or_create(account_id=account.pk, ended_at=None, defaults=began)
        log.info("rebilling asked", extra={"account": account.pk})


def work(seconds: float) -> None:
    """Go on with what was asked for, for so long."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and (row := _claim()) is not None:
        is_over = False
        while not is_over and time.monotonic() < ends:
            is_over = not _step(row)
        _release(row, is_over=is_over)


def _claim() -> Rebilling | None:
    now = timezone.now()
    free = Q(claimed_at=None) | Q(claimed_at__lt=now - ABANDONED_AFTER)
    due = Rebilling.objects.filter(free, ended_at=None, asked_at__lte=now - BEGINS_AFTER)
    for row in due.select_related("account").order_by("asked_at", "id"):
        if due.filter(pk=row.pk).update(claimed_at=now):
            return row
    return None


def _step(row: Rebilling) -> bool:
    """Look at the next calls; whether there were any, and the rule was not changed once more."""
    calls = list(
        Call.objects.filter(account_id=row.account_id, pk__gt=row.last_call)
        .order_by("pk")
        .prefetch_related("legs")
        .defer("said", "extra", "user_data")[:CHUNK]
    )
    if not calls:
        return False
    with transaction.atomic():
        ingest.work_out_again(_differing(calls, row.account))
        row.last_call, row.calls_done = calls[-1].pk, row.calls_done + len(calls)
        return bool(
            _mine(row).update(
                last_call=row.last_call,
                calls_done=F("calls_done") + len(calls),
                claimed_at=timezone.now(),
            )
        )


def _differing(calls: Sequence[Call], account: Account) -> list[int]:
    """Which of them are billed otherwise now: reading those whole is what takes long."""
    found = []
    for call in calls:
        call.account = account
        if billed_seconds(call, call.legs.all()) != call.billed_seconds:
            found.append(call.pk)
    return found


def _release(row: Rebilling, *, is_over: bool) -> None:
    values = {"claimed_at": None} | ({"ended_at": timezone.now()} if is_over else {})
    if _mine(row).update(**values) and is_over:
        log.info("rebilling done", extra={"account": row.account_id, "calls": row.calls_done})


def _mine(row: Rebilling) -> QuerySet[Rebilling]:
    """The row, unless the rule was changed once more: then it begins anew."""
    return Rebilling.objects.filter(pk=row.pk, asked_at=row.asked_at, ended_at=None)

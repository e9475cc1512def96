"""Deletes what is too old, a few rows at a time, and writes down what went.

It may be killed at any moment: what is left is found again the next time, and what went stands in
the night's own row by then.
"""

import logging
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from calls.audit import Action, record
from calls.models import Account
from vendors.models import Kept, Pruning, VendorAccount
from vendors.retention.sorts import SORTS, Sort, beginning, first_day

log = logging.getLogger("callportal.retention")


def prune(accounts: "list[VendorAccount] | None" = None, seconds: float | None = None) -> bool:
    """Delete what is older than its account keeps it; whether that is done, or the time was up."""
    _tell_of_nights_before()
    end = time.monotonic() + seconds if seconds is not None else None
    for account in VendorAccount.objects.all() if accounts is None else accounts:
        for sort in SORTS:
            days = sort.days(account)
            if days is not None and not _prune(account, sort, days, end):
                return False
    return True


def _prune(account: VendorAccount, sort: Sort, days: int, end: float | None) -> bool:
    """Whether all of it was gone through; what is held, or cannot be deleted, stays."""
    first = first_day(days)
    for batch in _batches(sort, account, beginning(first)):
        if sort.kind == Kept.CALLS:
            _only_figures_before(account, first)
        keys = [key for key, _at in batch]
        count, size = sort.part(account, keys, days)
        _note(account, sort, days, count, size, batch[0][1], batch[-1][1])
        if end is not None and time.monotonic() >= end:
            return False
    for row in Pruning.objects.filter(account=account, kind=sort.kind, ended_at=None):
        _tell(row)
    return True


def _batches(
    sort: Sort, account: VendorAccount, before: datetime
) -> Iterator[list[tuple[int, datetime]]]:
    """The rows that are too old, oldest first, some at a time, each once."""
    rows = sort.old(account, before).order_by(sort.at, "pk").values_list("pk", sort.at)
    more = rows
    while batch := list(more[: sort.at_once]):
        yield batch
        last, at = batch[-1]
        more = rows.filter(Q(**{f"{sort.at}__gt": at}) | Q(**{sort.at: at, "pk__gt": last}))


def _only_figures_before(account: VendorAccount, first: Any) -> None:
    """Said before the first call goes, so that nobody takes figures without calls for wrong, and no
    late push brings back a call that was counted."""
    rows = Account.objects.filter(pk=account.pk)
    rows.filter(Q(figures_only_before=None) | Q(figures_only_before__lt=first)).update(
        figures_only_before=first
    )


def _note(
    account: VendorAccount,
    sort: Sort,
    days: int,
    count: int,
    size: int,
    oldest: datetime,
    newest: datetime,
) -> None:
    if not count:
        return
    row, _is_new = Pruning.objects.get_or_create(
        account=account,
        kind=sort.kind,
        night=timezone.localdate(),
        defaults={"days": days, "oldest_at": oldest},
    )
    Pruning.objects.filter(pk=row.pk).update(
        count=F("count") + count,
        size_bytes=F("size_bytes") + size,
        newest_at=newest,
        ended_at=None,
    )


def _tell_of_nights_before() -> None:
    """A night that was cut short tells what it came to all the same."""
    for row in Pruning.objects.filter(ended_at=None, night__lt=timezone.localdate()):
        _tell(row)


@transaction.atomic
def _tell(row: Pruning) -> None:
    if not Pruning.objects.filter(pk=row.pk, ended_at=None).update(ended_at=timezone.now()):
        return
    said = {
        "account": row.account_id,
        "kind": row.kind,
        "days": row.days,
        "count": row.count,
        "oldest": _day(row.oldest_at),
        "newest": _day(row.newest_at),
    }
    record(Action.DATA_PRUNED, by=None, subject=f"account {row.account_id}", details=said)
    log.info("old data deleted", extra=said)


def _day(at: datetime | None) -> str:
    return timezone.localdate(at, timezone.get_default_timezone()).isoformat() if at else ""

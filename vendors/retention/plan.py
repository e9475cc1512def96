"""What the next night would delete."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Min, Sum

from vendors.models import Kept, VendorAccount
from vendors.retention.sorts import SORTS, Sort, beginning, first_day


@dataclass(frozen=True, kw_only=True, slots=True)
class Old:
    """How much of one kind an account has that is older than it keeps it."""

    account: VendorAccount
    kind: Kept
    days: int
    count: int
    size_bytes: int
    oldest_at: datetime
    newest_at: datetime


def plan(accounts: Iterable[VendorAccount] | None = None) -> Iterator[Old]:
    for account in VendorAccount.objects.all() if accounts is None else accounts:
        for sort in SORTS:
            days = sort.days(account)
            if days is not None and (old := _old(account, sort, days)) is not None:
                yield old


def _old(account: VendorAccount, sort: Sort, days: int) -> Old | None:
    sums = {"count": Count("pk"), "oldest": Min(sort.at), "newest": Max(sort.at)}
    if sort.size:
        sums["size"] = Sum(sort.size)
    found = sort.old(account, beginning(first_day(days))).order_by().aggregate(**sums)
    if not found["count"]:
        return None
    return Old(
        account=account,
        kind=sort.kind,
        days=days,
        count=found["count"],
        size_bytes=found.get("size") or 0,
        oldest_at=found["oldest"],
        newest_at=found["newest"],
    )

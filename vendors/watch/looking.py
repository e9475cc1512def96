"""One look of the watch: reads the rows, has them judged, raises and resolves alarms.

Any number of workers may look at the same moment: one of them does, and no alarm is raised twice.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max
from django.utils import timezone

from vendors.models import (
    AlarmSort,
    Push,
    PushKind,
    QueueSample,
    RefusedPush,
    VendorAccount,
    Watch,
)
from vendors.watch import alarms, backlog, refusing
from vendors.watch.alarms import Found, Key
from vendors.watch.quiet import silences
from vendors.watch.sight import Sight, counted, newest

PAUSE = timedelta(seconds=15)  # at least, between two looks
WAS_AWAY = timedelta(minutes=5)  # so long without a look, and the watch listens anew
SAMPLES_ARE_KEPT = timedelta(days=1)
MOST_COUNTED = 10_000


def look(now: datetime | None = None) -> bool:
    """Look once, unless somebody just did; whether it was done."""
    now = now or timezone.now()
    since = _claim(now)
    if since is None:
        return False
    accounts = {one.pk: one for one in VendorAccount.objects.all()}
    kinds = counted()
    wrong: dict[Key, Mapping[str, Any]] = {}
    lasting: set[Key] = set()
    sight = Sight(accounts, kinds, now, since)
    for judge in (silences, _refusals, _queues):
        judge(sight, wrong, lasting)
    PushKind.objects.bulk_update([one for one in kinds if one.pk], _FOUND)
    alarms.settle(Found(wrong=wrong, lasting=lasting), now)
    QueueSample.objects.filter(at__lt=now - SAMPLES_ARE_KEPT).delete()
    return True


def _claim(now: datetime) -> datetime | None:
    """Since when somebody listens, for the one worker that looks now; None for the others."""
    last = Watch.objects.filter(pk=1).first()
    if last is None:
        Watch.objects.bulk_create(
            [Watch(pk=1, looked_at=now - WAS_AWAY, since=now)], ignore_conflicts=True
        )
        last = Watch.objects.get(pk=1)
    if now - last.looked_at < PAUSE:
        return None
    since = last.since if now - last.looked_at < WAS_AWAY else now
    mine = Watch.objects.filter(pk=1, looked_at=last.looked_at)
    return since if mine.update(looked_at=now, since=since) else None


_FOUND = [
    *("waiting", "waiting_since", "unreadable", "failed", "asking_since"),
    *("usual_gap", "silent_at"),
]


# Refusals.


def _refusals(sight: Sight, wrong: dict[Key, Mapping[str, Any]], lasting: set[Key]) -> None:
    kept_at = newest((one.account_id, one.last_at) for one in sight.kinds)
    lately = RefusedPush.objects.order_by().values_list("account_id").annotate(Max("received_at"))
    for account_id, last_at in lately:
        if sight.now - last_at >= refusing.FORGOTTEN_AFTER:
            continue
        seen, reasons = _turned_away(account_id, sight.now, last_at, kept_at.get(account_id))
        key = Key(account_id, AlarmSort.REFUSALS)
        if refusing.is_run(seen):
            wrong[key] = {"refused": seen.refused, "reasons": sorted(set(reasons))}
        elif not refusing.is_over(seen, sight.now):
            lasting.add(key)


def _turned_away(
    account_id: int, now: datetime, last_at: datetime, kept_at: datetime | None
) -> tuple[refusing.Seen, list[str]]:
    traces = RefusedPush.objects.filter(account=account_id, received_at__gt=now - refusing.WINDOW)
    found = list(traces.order_by().values_list("reason", "received_at"))
    kept = 0
    if len(found) >= refusing.LEAST:
        came = Push.objects.filter(account=account_id, received_at__gt=now - refusing.LATELY)
        kept = came.order_by("-received_at")[:MOST_COUNTED].count()
    seen = refusing.Seen(
        refused=len(found),
        refused_lately=sum(at > now - refusing.LATELY for _reason, at in found),
        kept_lately=kept,
        last_refused_at=last_at,
        last_kept_at=kept_at,
    )
    return seen, [reason for reason, _at in found]


# The queue.


def _queues(sight: Sight, wrong: dict[Key, Mapping[str, Any]], lasting: set[Key]) -> None:
    waiting: dict[int, int] = defaultdict(int)
    due: dict[int, datetime] = {}
    for one in sight.kinds:
        waiting[one.account_id] += one.waiting
        if one.waiting_since is not None:
            due[one.account_id] = min(due.get(one.account_id, one.waiting_since), one.waiting_since)
    samples: dict[int, list[backlog.Sample]] = defaultdict(list)
    begin = sight.now - backlog.WINDOW - timedelta(minutes=1)
    for row in QueueSample.objects.filter(at__gte=begin, at__lt=sight.now).order_by("at"):
        samples[row.account_id].append(backlog.Sample(row.at, row.waiting))
    QueueSample.objects.bulk_create(
        QueueSample(account_id=account_id, at=sight.now, waiting=count)
        for account_id, count in waiting.items()
    )
    for account_id, count in waiting.items():
        row_of_now = backlog.Sample(sight.now, count)
        queue = backlog.Queue(
            samples=[*samples[account_id], row_of_now], due_since=due.get(account_id)
        )
        key = Key(account_id, AlarmSort.QUEUE)
        if backlog.is_growing(queue, sight.now):
            since = due.get(account_id)
            wrong[key] = {"waiting": count, "since": since.isoformat() if since else ""}
        elif not backlog.is_over(queue, sight.now):
            lasting.add(key)

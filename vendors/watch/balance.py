"""The ledger: what came is what became of it, for each account and day.

    received = applied + repeated + unreadable + failed + waiting

The left side grows as pushes come: each is counted once, when it is first seen, by its id and
whatever its state. The right side is counted anew from the states that the rows have now. A push
that is gone, or in a state that is none of ours, leaves a difference. Beside that stands what the
edge thanked for, which it counts by itself: more than there is means that a push was lost after
somebody was thanked for it. A repeat is a number in its push's row, on the day of its first
arrival, and the same on both sides: nothing can be lost with one.
"""

import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Count, F, Max, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from vendors.models import LedgerDay, Push, PushHour, State, Watch

CHUNK = 20_000  # pushes that are counted in one transaction
TURNS = timedelta(days=60)  # days that are counted anew in turns, one a minute
_LATE = timedelta(minutes=5)  # from a push's beginning until it is counted on both sides
_SETTLES_IN = timedelta(seconds=2)
_PAUSE = 0.2  # seconds
_HOUR = timedelta(hours=1)
_COLUMNS = {
    State.DONE.value: "applied",
    State.UNREADABLE.value: "unreadable",
    State.FAILED.value: "failed",
    State.WAITING.value: "waiting",
}


def keep(seconds: float = 10.0) -> None:
    """What the task does each minute: takes in what came, and counts anew today and the day that
    was counted longest ago."""
    take_in(seconds)
    today = timezone.localdate()
    recount([today])
    stale = LedgerDay.objects.filter(day__gte=today - TURNS, day__lt=today)
    oldest = stale.order_by(F("counted_at").asc(nulls_first=True)).first()
    if oldest is not None:
        recount([oldest.day])


def catch_up(within: float = 15.0) -> bool:
    """Take in all that is committed by now; whether that was done in time."""
    began, end = timezone.now(), time.monotonic() + within
    while True:
        take_in(within)
        mark = Watch.objects.get(pk=1)
        if mark.counted_at is not None and mark.counted_at >= began:
            return True
        if time.monotonic() >= end:
            return False
        time.sleep(_PAUSE)


def take_in(seconds: float = 10.0) -> None:
    """Count the pushes that are new, each once.

    Where several write at once, an id may be committed after a higher one. So the highest id is
    noted first, and counted to once every transaction that was under way at that moment is over.
    """
    now = timezone.now()
    Watch.objects.bulk_create([Watch(pk=1, looked_at=now, since=now)], ignore_conflicts=True)
    end = time.monotonic() + seconds
    oldest, next_one = _under_way()
    mark = Watch.objects.get(pk=1)
    if mark.seen_at is None or mark.counted_to >= mark.seen_to:
        mark = _note_newest(now, next_one)
    is_over = mark.seen_at is not None and now - mark.seen_at >= _SETTLES_IN
    if connection.vendor == "postgresql" and not (is_over and oldest >= mark.seen_before):
        return
    while mark.counted_to < mark.seen_to and time.monotonic() < end:
        mark = _take_chunk()
    if mark.counted_to >= mark.seen_to:
        Watch.objects.filter(pk=1, seen_at=mark.seen_at).update(counted_at=mark.seen_at)


def _under_way() -> tuple[int, int]:
    """The oldest transaction that writes now, and the one that is next to begin. SQLite has one
    writer at a time, whose ids come in order."""
    if connection.vendor != "postgresql":
        return 0, 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_snapshot_xmin(s)::text::bigint, pg_snapshot_xmax(s)::text::bigint"
            " FROM pg_current_snapshot() AS s"
        )
        oldest, next_one = cursor.fetchone()
    return oldest, next_one


@transaction.atomic
def _note_newest(now: datetime, next_one: int) -> Watch:
    mark = Watch.objects.select_for_update().get(pk=1)
    mark.seen_to = max(Push.objects.aggregate(top=Max("pk"))["top"] or 0, mark.counted_to)
    mark.seen_at, mark.seen_before = now, next_one
    mark.save(update_fields=["seen_to", "seen_at", "seen_before"])
    return mark


@transaction.atomic
def _take_chunk() -> Watch:
    mark = Watch.objects.select_for_update().get(pk=1)
    upper = min(mark.counted_to + CHUNK, mark.seen_to)
    came = Push.objects.filter(pk__gt=mark.counted_to, pk__lte=upper).order_by()
    day = TruncDate("received_at", tzinfo=timezone.get_default_timezone())
    counts = came.annotate(day=day).values_list("account_id", "day").annotate(Count("pk"))
    for account_id, on, count in counts:
        row, _is_new = LedgerDay.objects.get_or_create(account_id=account_id, day=on)
        LedgerDay.objects.filter(pk=row.pk).update(kept=F("kept") + count)
    mark.counted_to = upper
    mark.save(update_fields=["counted_to"])
    return mark


def recount(days: Iterable[date]) -> None:
    """Count anew what became of the pushes of these days, as far as they were taken in."""
    for day in days:
        _recount(day)


@transaction.atomic
def _recount(day: date) -> None:
    mark = Watch.objects.select_for_update().get(pk=1)
    begin, end = bounds(day)
    rows = Push.objects.filter(received_at__gte=begin, received_at__lt=end, pk__lte=mark.counted_to)
    found = (
        rows.order_by()
        .values_list("account_id", "state")
        .annotate(Count("pk"), Sum("repeats"), Count("imported"))
    )
    figures: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for account_id, state, count, repeats, imported in found:
        figures[account_id]["repeated"] += repeats
        figures[account_id]["imported"] += imported
        if state in _COLUMNS:
            figures[account_id][_COLUMNS[state]] += count
    thanked = _thanked(begin, end, mark.counted_at)
    have = {row.account_id: row for row in LedgerDay.objects.filter(day=day)}
    for account_id in figures.keys() | thanked.keys() | have.keys():
        row = have.get(account_id) or LedgerDay(account_id=account_id, day=day)
        for column in (*_COLUMNS.values(), "repeated", "imported"):
            setattr(row, column, figures[account_id][column])
        if not _is_drained_just_now(mark):
            row.thanked = thanked.get(account_id, 0)
        row.counted_at = timezone.now()
        row.save()


def _is_drained_just_now(mark: Watch) -> bool:
    """Whether the edge may have counted pushes from its spool that the ledger has not seen yet:
    their hours are long over, and they were kept a moment ago."""
    if mark.drained_at is None or mark.counted_at is None:
        return False
    return mark.drained_at > mark.counted_at - _LATE


def _thanked(begin: datetime, end: datetime, counted_at: datetime | None) -> dict[int, int]:
    """What the edge thanked for in the hours that lie wholly in the day and are taken in."""
    if counted_at is None:
        return {}
    last = min(end, counted_at - _LATE) - _HOUR
    hours = PushHour.objects.filter(hour__gte=begin, hour__lte=last).order_by()
    return dict(hours.values_list("account_id").annotate(Sum("received")))


def bounds(day: date) -> tuple[datetime, datetime]:
    """A day of the portal's zone."""
    zone = timezone.get_default_timezone()
    begin = datetime(day.year, day.month, day.day, tzinfo=zone)
    after = day + timedelta(days=1)
    return begin, datetime(after.year, after.month, after.day, tzinfo=zone)


def days_between(first: date, last: date) -> list[date]:
    """Both included."""
    return [first + timedelta(days=count) for count in range((last - first).days + 1)]


@dataclass(slots=True)
class Total:
    """The sums of a range, or of one account in it."""

    received: int = 0
    applied: int = 0
    repeated: int = 0
    unreadable: int = 0
    failed: int = 0
    waiting: int = 0
    difference: int = 0
    lost: int = 0

    @classmethod
    def of(cls, rows: Iterable[LedgerDay]) -> "Total":
        total = cls()
        for row in rows:
            for name in cls.__slots__:
                setattr(total, name, getattr(total, name) + getattr(row, name))
        return total

    @property
    def balances(self) -> bool:
        return not self.difference and not self.lost

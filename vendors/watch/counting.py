"""What the edge counts: arrivals, refusals, and how long acknowledgements took.

The edge counts in memory, which costs a push some millionths of a second, and a thread of each web
process writes what was counted every few seconds. Counts of a killed process are lost up to its
last writing. Pushes never are: they are committed before they are thanked for and counted.
"""

import logging
import os
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import DatabaseError, IntegrityError, close_old_connections, connection, transaction
from django.db.models import F
from django.utils import timezone

from vendors.models import PushHour, PushKind, Watch
from vendors.watch.times import COLUMNS, bucket

log = logging.getLogger("callportal.watch")

PAUSE = 3.0  # seconds between writings
MOST_HELD = 100_000  # hours of kinds: a database that is away for days costs no memory without end
Key = tuple[int, str, int]  # account, kind, hours since 1970
_SUMS = ("received", "repeated", "refused", *COLUMNS, "seconds")


@dataclass(slots=True)
class Count:
    """What came of one kind in one hour, since it was last written."""

    received: int = 0
    repeated: int = 0
    refused: int = 0
    minutes: int = 0
    drained: int = 0  # of these, kept from the spool
    last_at: datetime | None = None
    buckets: list[int] = field(default_factory=lambda: [0] * len(COLUMNS))
    seconds: float = 0.0

    def add(self, other: "Count") -> None:
        self.received += other.received
        self.repeated += other.repeated
        self.refused += other.refused
        self.minutes |= other.minutes
        self.drained += other.drained
        self.last_at = max(filter(None, (self.last_at, other.last_at)), default=None)
        self.buckets = [a + b for a, b in zip(self.buckets, other.buckets, strict=True)]
        self.seconds += other.seconds


class Counter:
    """Counts of this process that are not written yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[Key, Count] = {}
        self._wanted = threading.Event()
        self._process_id = 0

    def kept(
        self,
        account_id: int,
        kind: str,
        at: datetime,
        seconds: float,
        *,
        is_repeat: bool,
        is_drained: bool = False,
    ) -> None:
        """A push that came at this moment was thanked for, after so long."""
        stamp = at.timestamp()
        with self._lock:
            count = self._of(account_id, kind, stamp)
            if is_repeat:
                count.repeated += 1
            else:
                count.received += 1
            count.drained += is_drained
            count.minutes |= 1 << int(stamp % 3600 // 60)
            if count.last_at is None or count.last_at < at:
                count.last_at = at
            count.buckets[bucket(seconds)] += 1
            count.seconds += seconds
        self.wake()

    def refused(self, account_id: int, kind: str, at: datetime) -> None:
        with self._lock:
            self._of(account_id, kind, at.timestamp()).refused += 1
        self.wake()

    def _of(self, account_id: int, kind: str, stamp: float) -> Count:
        key = account_id, kind, int(stamp // 3600)
        count = self._counts.get(key)
        if count is None:
            count = self._counts[key] = Count()
        return count

    def wake(self) -> None:
        """Have it written soon, by a thread that is started at the first count."""
        if self._process_id != os.getpid():
            with self._lock:
                if self._process_id != os.getpid():
                    self._wanted = threading.Event()
                    threading.Thread(target=self._run, name="counter", daemon=True).start()
                    self._process_id = os.getpid()
        self._wanted.set()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            time.sleep(PAUSE)
            self._wanted.clear()
            close_old_connections()
            try:
                self.write()
            except DatabaseError as error:
                log.warning("counts not written yet", extra={"error": type(error).__name__})
                connection.close()
                self._wanted.set()

    def write(self) -> None:
        """Add what was counted to the rows. What cannot be written now is kept for later."""
        with self._lock:
            taken, self._counts = self._counts, {}
        if not taken:
            return
        try:
            write(taken)
        except IntegrityError:  # of an account that is gone: it would stand in the way for ever
            log.exception("counts dropped")
        except DatabaseError:
            with self._lock:
                if len(self._counts) + len(taken) <= MOST_HELD:
                    for key, count in taken.items():
                        self._counts.setdefault(key, Count()).add(count)
            raise

    def forget(self) -> None:
        with self._lock:
            self._counts = {}


edge = Counter()


def write(counts: Mapping[Key, Count]) -> None:
    """Add counts to the rows of their hours and kinds, always in one order: two processes that
    write at once wait for one another instead of standing in each other's way."""
    kinds: dict[tuple[int, str], Count] = {}
    for (account_id, kind, _hour), count in counts.items():
        kinds.setdefault((account_id, kind), Count()).add(count)
    with transaction.atomic():
        _note_drained(sum(count.drained for count in counts.values()))
        _upsert(
            PushKind._meta.db_table,
            ("account_id", "kind"),
            ("waiting", "unreadable", "failed"),
            [(list(key), count, [0, 0, 0]) for key, count in sorted(kinds.items())],
        )
        _upsert(
            PushHour._meta.db_table,
            ("account_id", "kind", "hour"),
            ("minutes",),
            [
                ([account_id, kind, _moment(hour)], count, [count.minutes])
                for (account_id, kind, hour), count in sorted(counts.items())
            ],
        )


def _note_drained(count: int) -> None:
    """The ledger is told that these were thanked for in hours that it may have closed."""
    if count:
        now = timezone.now()
        Watch.objects.bulk_create([Watch(pk=1, looked_at=now, since=now)], ignore_conflicts=True)
        Watch.objects.filter(pk=1).update(drained=F("drained") + count, drained_at=now)


def _moment(hour: int) -> Any:
    at = datetime.fromtimestamp(hour * 3600, UTC)
    return connection.ops.adapt_datetimefield_value(at)


Row = tuple[list[Any], Count, list[int]]


def _upsert(table: str, keys: Sequence[str], others: Sequence[str], rows: Sequence[Row]) -> None:
    """``others`` are set in a new row; of them only ``minutes`` is added to one that is there."""
    columns = [*keys, *_SUMS, "last_at", *others]
    added = [f"{name} = {table}.{name} + excluded.{name}" for name in _SUMS]
    added += [f"{name} = {table}.{name} | excluded.{name}" for name in others if name == "minutes"]
    later = f"{table}.last_at IS NULL OR excluded.last_at > {table}.last_at"
    added.append(f"last_at = CASE WHEN {later} THEN excluded.last_at ELSE {table}.last_at END")
    if connection.vendor == "postgresql":  # a parameter alone has no type there
        added[-1] = f"last_at = GREATEST({table}.last_at, excluded.last_at)"
    marks = f"({', '.join(['%s'] * len(columns))})"
    statement = f"""
        INSERT INTO {table} ({", ".join(columns)}) VALUES {marks}
        ON CONFLICT ({", ".join(keys)}) DO UPDATE SET {", ".join(added)}
    """  # noqa: S608 - tables and columns are our own
    with connection.cursor() as cursor:
        cursor.executemany(statement, [_values(*row) for row in rows])


def _values(key: list[Any], count: Count, others: list[int]) -> list[Any]:
    last_at = count.last_at and connection.ops.adapt_datetimefield_value(count.last_at)
    sums = [count.received, count.repeated, count.refused, *count.buckets, count.seconds]
    return [*key, *sums, last_at, *others]

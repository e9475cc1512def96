"""Whether pushes wait too long, or pile up.

Plain Python, without a database and without a clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

TOO_OLD = timedelta(minutes=5)
FINE_AGAIN = timedelta(minutes=2)
WINDOW = timedelta(minutes=5)
LEAST = 1_000  # that wait, so that growth means something
GROWTH = 2.0  # times as many as at the window's begin


@dataclass(frozen=True, slots=True)
class Sample:
    at: datetime
    waiting: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Queue:
    """``samples`` oldest first, the last one of now; ``due_since``: when the oldest was due."""

    samples: Sequence[Sample]
    due_since: datetime | None


def is_growing(queue: Queue, now: datetime) -> bool:
    """Whether an alarm is to be raised: one waits too long, or ever more wait."""
    if queue.due_since is not None and now - queue.due_since >= TOO_OLD:
        return True
    return _is_piling_up(queue, now)


def is_over(queue: Queue, now: datetime) -> bool:
    """Whether an alarm that stands is over."""
    is_fresh = queue.due_since is None or now - queue.due_since < FINE_AGAIN
    return is_fresh and not _is_piling_up(queue, now)


def _is_piling_up(queue: Queue, now: datetime) -> bool:
    """Whether more and more wait, from sample to sample, over the whole window."""
    known = [one for one in queue.samples if one.at >= now - WINDOW - timedelta(seconds=45)]
    if len(known) < 3 or now - known[0].at < WINDOW - timedelta(seconds=45):
        return False
    counts = [one.waiting for one in known]
    is_rising = all(later >= earlier for earlier, later in pairwise(counts))
    return is_rising and counts[-1] >= max(LEAST, GROWTH * counts[0])

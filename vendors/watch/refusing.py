"""Whether a vendor is being turned away: a run of refusals, and when it is over.

Plain Python, without a database and without a clock.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=10)
LEAST = 5  # refusals in the window; fewer may be a scanner or a clock that jumped
LATELY = timedelta(minutes=2)
SHARE = 0.1  # of everything that came lately
MANY = 150  # so many in the window are a run, whatever else came
FORGOTTEN_AFTER = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """``refused`` in the window up to now; ``refused_lately`` and ``kept_lately`` of what came in
    the last minutes of it; when the last of each was, if ever."""

    refused: int
    refused_lately: int
    kept_lately: int
    last_refused_at: datetime | None
    last_kept_at: datetime | None


def is_run(seen: Seen) -> bool:
    """Whether an alarm is to be raised."""
    if seen.refused < LEAST:
        return False
    lately = seen.refused_lately + seen.kept_lately
    is_share = seen.refused_lately > 0 and seen.refused_lately >= SHARE * lately
    return is_share or seen.refused >= MANY


def is_over(seen: Seen, now: datetime) -> bool:
    """Whether an alarm that stands is over: nothing was refused for a while, and a push was kept
    since, so that a night without traffic is no all-clear. After a day it is over all the same."""
    if seen.last_refused_at is None:
        return True
    quiet = now - seen.last_refused_at
    if quiet >= FORGOTTEN_AFTER:
        return True
    is_kept_since = seen.last_kept_at is not None and seen.last_kept_at > seen.last_refused_at
    return quiet >= WINDOW and is_kept_since

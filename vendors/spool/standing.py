"""What stands in the spool now, over all processes of this machine."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from vendors.spool import doors, files, frames
from vendors.spool.records import moment


@dataclass(frozen=True, slots=True)
class Standing:
    """``aside`` are files that wait for a person."""

    pushes: int
    size: int
    oldest_at: datetime | None
    aside: int


def look() -> Standing:
    pushes, oldest = 0, None
    for path in files.waiting():
        with files.seen(path) as data:
            for at in frames.glance(data):
                pushes += 1
                oldest = at if oldest is None else min(oldest, at)
    oldest_at = None if oldest is None else moment(oldest)
    return Standing(pushes, files.size(), oldest_at, len(files.aside()))


def can_keep() -> bool:
    """Whether a push could be kept without the database: there is room, and an account is known."""
    return settings.SPOOL_MEGABYTES > 0 and files.has_room() and doors.is_any_known()

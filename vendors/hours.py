"""The hours in which an account makes no calls, written ``21:00-08:00`` in the portal's zone."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.utils import timezone

_FORM = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")

# When the vendor says that people rest and the account names no hours of its own.
USUAL = "21:00-09:00"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From ``begin`` until ``end``, over midnight where ``end`` is the smaller one."""

    begin: time
    end: time

    @classmethod
    def of(cls, text: str) -> "QuietHours | None":
        """The hours that a text means; None where it means none."""
        found = _FORM.fullmatch(text.strip())
        if found is None:
            return None
        numbers = [int(group) for group in found.groups()]
        hours = cls(time(numbers[0], numbers[1]), time(numbers[2], numbers[3]))
        return hours if hours.begin != hours.end else None

    def cover(self, moment: datetime) -> bool:
        at = timezone.localtime(moment).time()
        if self.begin < self.end:
            return self.begin <= at < self.end
        return at >= self.begin or at < self.end

    def end_after(self, moment: datetime) -> datetime:
        """The first end of quiet hours after a moment."""
        local = timezone.localtime(moment)
        end = local.replace(hour=self.end.hour, minute=self.end.minute, second=0, microsecond=0)
        return end if end > local else end + timedelta(days=1)

"""Where the calls behind a figure are listed: exactly those, whatever zone their reader has."""

from datetime import date, datetime, time
from urllib.parse import quote_plus, urlencode

from django.urls import reverse

from calls.models import SERVICE_LABELS
from calls.outcomes import Outcome
from calls.reports import periods
from calls.reports.asking import UNSAID, Asked, By
from calls.reports.periods import Days

ANSWERED = f"&outcome={Outcome.ANSWERED.value}"
BILLED = f"&billed={quote_plus('>=0')}"


class Links:
    """The addresses of the list for the figures of one report. A report has thousands, so that what
    they have in common is written once."""

    def __init__(self, asked: Asked) -> None:
        self._by = asked.by
        self._list = reverse("calls")
        self._said = {
            By.VENDOR.value: list(asked.vendors),
            By.ACCOUNT.value: [str(pk) for pk in asked.account_ids],
        }
        self._services = list(asked.services)
        self._times: dict[Days, str] = {}
        self._whole = self._filters()
        # What a key says takes the place of what was asked for under its name.
        self._rest = self._filters(but=asked.by)

    def address(self, days: Days, key: str | None = None) -> str:
        """The calls of these days; with its key, those of a row alone."""
        times = self._times.get(days)
        if times is None:
            ends = {"from": _moment(days.first), "to": _moment(days.end)}
            times = self._times[days] = f"{self._list}?{urlencode(ends, safe=':')}"
        if key is None or self._by == By.NOTHING:
            return f"{times}{self._whole}"
        if self._by == By.SERVICE:
            return f"{times}{self._rest}{_of_services([key])}"
        return f"{times}{self._rest}&{self._by}={quote_plus(key)}"

    def _filters(self, but: str = "") -> str:
        said = {name: values for name, values in self._said.items() if values and name != but}
        services = "" if but == By.SERVICE else _of_services(self._services)
        return f"&{urlencode(said, doseq=True)}{services}" if said else services


def _of_services(services: list[str]) -> str:
    """Service not said is whatever is none of those that we know."""
    if not services:
        return ""
    if UNSAID in services:
        others = [one for one in SERVICE_LABELS if one not in services]
        return f"&{urlencode({'-service': others}, doseq=True)}"
    return f"&{urlencode({'service': services}, doseq=True)}"


def _moment(day: date) -> str:
    return datetime.combine(day, time(), periods.zone()).isoformat()

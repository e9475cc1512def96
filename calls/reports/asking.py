"""What is asked of a report: its periods, its rows, its filters; read off an address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from django.db import models
from django.http import QueryDict
from django.utils.dateparse import parse_date
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from calls.models import SERVICE_LABELS, Account, Subject
from calls.reports import periods
from calls.reports.periods import RANGES, Days, Step

UNSAID = "none"  # the service of calls of which nobody said one that we know
NAMES = ("period", "by", "range", "from", "to", "vendor", "account", "service")
DEFAULT_RANGE = "last-12-months"


class By(models.TextChoices):
    """What the calls of a row have in common."""

    NOTHING = "total", gettext_lazy("Nothing: totals alone")
    VENDOR = "vendor", gettext_lazy("Vendor")
    ACCOUNT = "account", gettext_lazy("Account")
    SERVICE = "service", gettext_lazy("Service")
    SHOWN = Subject.SHOWN.value, gettext_lazy("Shown number")
    TASK = Subject.TASK.value, gettext_lazy("Task")


# Of these a report may have thousands: the page shows those with most calls.
SUBJECTS = frozenset({By.SHOWN.value, By.TASK.value})


def services() -> dict[str, str | Promise]:
    """What can be chosen from: our services, and that nobody said which."""
    return {**SERVICE_LABELS, UNSAID: gettext_lazy("Service not said")}


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """``accounts`` are those of the vendors and accounts that were asked for; None are all.

    ``problems`` are sentences: where there are any, there is no report.
    """

    step: str = Step.MONTH.value
    by: str = By.VENDOR.value
    range: str = DEFAULT_RANGE
    days: Days
    vendors: Sequence[str] = ()
    account_ids: Sequence[int] = ()
    services: Sequence[str] = ()
    accounts: Mapping[int, Account] = field(default_factory=dict)
    problems: Sequence[str] = ()

    @property
    def chosen(self) -> list[int] | None:
        """The accounts whose calls count; None where all do."""
        if not self.vendors and not self.account_ids:
            return None
        return [
            pk
            for pk, account in self.accounts.items()
            if (not self.vendors or account.vendor in self.vendors)
            and (not self.account_ids or pk in self.account_ids)
        ]

    @property
    def dated(self) -> "Asked":
        """The same, its range by its days: it stays what it was while time goes on."""
        return replace(self, range="")

    @property
    def query(self) -> str:
        """The one address of this report, as a query without a question mark."""
        said = QueryDict(mutable=True)
        said["period"], said["by"] = self.step, self.by
        if self.range:
            said["range"] = self.range
        else:
            said["from"], said["to"] = str(self.days.first), str(self.days.last)
        said.setlist("vendor", list(self.vendors))
        said.setlist("account", [str(pk) for pk in self.account_ids])
        said.setlist("service", list(self.services))
        return said.urlencode()


def read(given: QueryDict, now: date | None = None) -> Asked:
    """The report of an address. ``now`` is the day that ranges with a name are about."""
    problems = [
        _("There is no such filter: %(name)s; known are %(known)s.")
        % {"name": name[:40], "known": ", ".join(NAMES)}
        for name in sorted(set(given) - set(NAMES))
    ]
    accounts = {account.pk: account for account in Account.objects.order_by("vendor", "name")}
    vendors = {account.vendor for account in accounts.values()}
    step = _one(given, "period", Step.values, Step.MONTH.value, problems)
    by = _one(given, "by", By.values, By.VENDOR.value, problems)
    days, name = _days(given, now or periods.today(), problems)
    _check_length(days, step, by, problems)
    return Asked(
        step=step,
        by=by,
        range=name,
        days=days,
        vendors=_some(given, "vendor", sorted(vendors), problems),
        account_ids=[int(pk) for pk in _some(given, "account", [*map(str, accounts)], problems)],
        services=_some(given, "service", list(services()), problems),
        accounts=accounts,
        problems=problems,
    )


def _one(
    given: QueryDict, name: str, known: Sequence[str], default: str, problems: list[str]
) -> str:
    return next(iter(_some(given, name, known, problems)), default)


def _some(given: QueryDict, name: str, known: Sequence[str], problems: list[str]) -> list[str]:
    """The values under a name, each once, in the order in which they are known."""
    said = [value for value in given.getlist(name) if value]
    problems += [
        _('%(name)s: expected one of %(known)s; found "%(value)s".')
        % {"name": name, "known": ", ".join(known) or "–", "value": value[:60]}
        for value in said
        if value not in known
    ]
    return [value for value in known if value in said]


def _days(given: QueryDict, now: date, problems: list[str]) -> tuple[Days, str]:
    """The days, and the name of their range; no name where both ends were given."""
    first, last = (given.get(name, "").strip() for name in ("from", "to"))
    if not first and not last:
        name = _one(given, "range", list(RANGES), DEFAULT_RANGE, problems)
        return RANGES[name](now), name
    ends = [_day(given, name, problems) for name in ("from", "to")]
    if None in ends:
        return RANGES[DEFAULT_RANGE](now), ""
    begun, ended = ends
    if begun is None or ended is None or begun > ended:
        problems.append(_("The range ends before it begins."))
        return RANGES[DEFAULT_RANGE](now), ""
    return Days(begun, ended + periods.DAY), ""


def _day(given: QueryDict, name: str, problems: list[str]) -> date | None:
    text = given.get(name, "").strip()
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None or not periods.FIRST_DAY <= day <= periods.LAST_DAY:
        problems.append(
            _('%(name)s: expected a day such as 2026-11-01; found "%(text)s".')
            % {"name": name, "text": text[:60]}
        )
        return None
    return day


def _check_length(days: Days, step: str, by: str, problems: list[str]) -> None:
    limits = periods.MOST_OF_SUBJECTS if by in SUBJECTS else periods.MOST
    most = limits[Step(step)]
    shortest = {Step.MONTH: 28, Step.WEEK: 7, Step.DAY: 1}[Step(step)]
    if len(days) <= most * shortest or len(periods.periods(days, step)) <= most:
        return
    sentences = {
        Step.MONTH: _("This report takes at most %(most)d months: choose fewer days."),
        Step.WEEK: _("This report takes at most %(most)d weeks: choose fewer days, or months."),
        Step.DAY: _("This report takes at most %(most)d days: choose fewer, or weeks or months."),
    }
    problems.append(sentences[Step(step)] % {"most": most})

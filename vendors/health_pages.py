"""Pages: whether each vendor is pushing, and the ledger of what came and what became of it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.db.models import Count, Min, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from calls.audit import watching
from calls.models import Call
from vendors.models import LedgerDay, PushHour, PushKind, State, VendorAccount, Watch
from vendors.permissions import SEE_PUSHES
from vendors.registry import VENDORS
from vendors.spool.standing import look as look_at_spool
from vendors.watch import alarms
from vendors.watch.balance import Total, bounds
from vendors.watch.times import COLUMNS, quantile
from vendors.watch.wording import took

LOOK_BACK = timedelta(hours=24)
WATCH_IS_DEAD_AFTER = timedelta(minutes=5)
LEDGER_DAYS = 7
MOST_LINES = 120
MOST_ALARMS = 8  # the others are on their own page


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One kind of push of an account: its figures, and where the pushes behind each are."""

    kind: str
    seen: PushKind
    received: int
    refused: int
    half: str  # within which half of the last day's were acknowledged
    most: str  # ninety-nine of a hundred
    waits: int | None  # seconds that the oldest waits
    is_silent: bool
    links: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    account: VendorAccount
    vendor: str
    lines: Sequence[Line]
    without_record: int  # calls whose record is expected, but missing
    link: str


@require_safe
@permission_required(SEE_PUSHES, raise_exception=True)
def health(request: HttpRequest) -> HttpResponse:
    """Per account and kind: when it was last seen, what is usual, what asks for somebody."""
    now = timezone.now()
    watch = Watch.objects.filter(pk=1).first()
    looked_at = watch.looked_at if watch else None
    standing = list(alarms.standing().select_related("account"))
    context = {
        "sections": _sections(now),
        "alarms": standing[:MOST_ALARMS],
        "more": max(0, len(standing) - MOST_ALARMS),
        "looked_at": looked_at,
        "audit": watching.standing(),
        "is_watched": looked_at is not None and now - looked_at < WATCH_IS_DEAD_AFTER,
        "spool": look_at_spool(),
    }
    return render(request, "vendors/health.html", context)


def _sections(now: datetime) -> list[Section]:
    since = (now - LOOK_BACK).replace(minute=0, second=0, microsecond=0)
    seen: dict[int, dict[str, PushKind]] = defaultdict(dict)
    for row in PushKind.objects.all():
        seen[row.account_id][row.kind] = row
    lately = {(row["account_id"], row["kind"]): row for row in _sums(since)}
    missing = _without_record(now)
    return [
        Section(
            account=account,
            vendor=VENDORS[account.vendor].name if account.vendor in VENDORS else account.vendor,
            lines=[
                _line(account, kind, seen[account.pk], lately, since, now)
                for kind in _kinds(account, seen[account.pk])
            ],
            without_record=missing.get(account.pk, 0),
            link=f"{reverse('calls')}?{urlencode({'quality': 'no-record', 'account': account.pk})}",
        )
        for account in VendorAccount.objects.order_by("vendor", "name")
    ]


def _without_record(now: datetime) -> dict[int, int]:
    """By account: calls whose record should have come by now."""
    calls = Call.objects.filter(record_due_at__lt=now).order_by()
    return dict(calls.values_list("account_id").annotate(Count("pk")))


def _sums(since: datetime) -> Any:
    names = ("received", "repeated", "refused", *COLUMNS)
    rows = PushHour.objects.filter(hour__gte=since).order_by().values("account_id", "kind")
    return rows.annotate(**{f"sum_{name}": Sum(name) for name in names})


def _kinds(account: VendorAccount, seen: Mapping[str, PushKind]) -> list[str]:
    """The vendor's own kinds, whether they ever came or not; none where nothing ever did."""
    if not seen:
        return []
    vendor = VENDORS.get(account.vendor)
    own = [kind.key for kind in vendor.kinds] if vendor else []
    return [*own, *sorted(seen.keys() - set(own))]


def _line(
    account: VendorAccount,
    kind: str,
    seen: Mapping[str, PushKind],
    lately: Mapping[tuple[int, str], Any],
    since: datetime,
    now: datetime,
) -> Line:
    row = seen.get(kind) or PushKind(account=account, kind=kind)
    sums = lately.get((account.pk, kind), defaultdict(int))
    counts = [sums[f"sum_{name}"] for name in COLUMNS]
    waits = None
    if row.waiting and row.waiting_since is not None:
        waits = max(0, round((now - row.waiting_since).total_seconds()))
    return Line(
        kind=kind,
        seen=row,
        received=sums["sum_received"],
        refused=sums["sum_refused"],
        half=took(quantile(counts, 0.5)),
        most=took(quantile(counts, 0.99)),
        waits=waits,
        is_silent=account.is_enabled and row.silent_at is not None and row.silent_at <= now,
        links=_links(account.pk, kind, since, row.asking_since or account.created_at),
    )


def _links(account_id: int, kind: str, since: datetime, asking_since: datetime) -> dict[str, str]:
    of_kind = {"account": account_id, "kind": kind}
    lately = {**of_kind, "from": _stamp(since)}
    asking = {**of_kind, "from": _stamp(asking_since)}
    links = {"newest": to_pushes(of_kind), "lately": to_pushes(lately)}
    for state in (State.WAITING, State.UNREADABLE, State.FAILED):
        links[state.value] = to_pushes({**asking, "state": state.value})
    links["refused"] = f"{reverse('refusals')}?{urlencode(lately)}"
    return links


def _stamp(at: datetime) -> str:
    """A moment as a filter takes it, whatever the reader's zone is; not later than it is."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def to_pushes(asked: Mapping[str, Any]) -> str:
    return f"{reverse('pushes')}?{urlencode(asked)}"


# The ledger.


@require_safe
@permission_required(SEE_PUSHES, raise_exception=True)
def ledger(request: HttpRequest) -> HttpResponse:
    """What came and what became of it, for each account and day of a range; it must balance."""
    first, last, complaints = _range(request)
    rows = LedgerDay.objects.filter(day__gte=first, day__lte=last).select_related("account")
    lines = list(rows.order_by("-day", "account_id")[: MOST_LINES + 1])
    per_account = [_total(account_id, sums) for account_id, sums in _totals(first, last)]
    names = {one.pk: one for one in VendorAccount.objects.all()}
    watch = Watch.objects.filter(pk=1).first()
    context = {
        "first": first,
        "last": last,
        "complaints": complaints,
        "lines": [(row, _of_day(row)) for row in lines[:MOST_LINES]],
        "is_cut": len(lines) > MOST_LINES,
        "most": MOST_LINES,
        "accounts": [(names[account_id], total) for account_id, total in per_account],
        "total": _sum([total for _account, total in per_account]),
        "counted_at": watch.counted_at if watch else None,
        "recounted_at": rows.aggregate(oldest=Min("counted_at"))["oldest"],
    }
    return render(request, "vendors/ledger.html", context)


def _range(request: HttpRequest) -> tuple[date, date, list[str]]:
    """The days that the address names, both included; the last week where it names none."""
    today = timezone.localdate()
    found = {"from": today - timedelta(days=LEDGER_DAYS - 1), "to": today}
    complaints = []
    for name in found:
        if given := request.GET.get(name):
            day = _day(given)
            if day is None:
                complaints.append(
                    _('%(name)s: expected a day such as 2026-11-01, got "%(given)s".')
                    % {"name": name, "given": given[:40]}
                )
            else:
                found[name] = day
    if found["to"] < found["from"]:
        complaints.append(_("The range ends before it begins."))
    return found["from"], found["to"], complaints


def _day(text: str) -> date | None:
    try:
        return parse_date(text.strip())
    except ValueError:
        return None


_SUMMED = ("kept", "applied", "repeated", "unreadable", "failed", "waiting")


def _totals(first: date, last: date) -> list[tuple[int, Mapping[str, int]]]:
    """The sums of each account. What was lost on one day is not made up for on another."""
    rows = LedgerDay.objects.filter(day__gte=first, day__lte=last).order_by()
    sums = rows.values("account_id").annotate(**{f"sum_{name}": Sum(name) for name in _SUMMED})
    lost: dict[int, int] = defaultdict(int)
    for row in rows.exclude(thanked=0).only("account_id", "thanked", "kept", "imported"):
        lost[row.account_id] += row.lost
    found: list[tuple[int, Mapping[str, int]]] = []
    for account_id, *figures in sums.order_by("account_id").values_list(
        "account_id", *(f"sum_{name}" for name in _SUMMED)
    ):
        of_account = dict(zip(_SUMMED, figures, strict=True))
        found.append((account_id, of_account | {"lost": lost[account_id]}))
    return found


def _total(account_id: int, sums: Mapping[str, int]) -> tuple[int, Total]:
    figures = {name: sums[name] for name in _SUMMED if name != "kept"}
    received = sums["kept"] + figures["repeated"]
    return account_id, Total(
        received=received,
        **figures,
        difference=received - sum(figures.values()),
        lost=sums["lost"],
    )


def _sum(totals: Sequence[Total]) -> Total:
    return Total(**{name: sum(getattr(one, name) for one in totals) for name in Total.__slots__})


def _of_day(row: LedgerDay) -> dict[str, str]:
    """Where the pushes of an account's day are, by state."""
    begin, end = map(_stamp, bounds(row.day))
    asked = {"account": row.account_id, "from": begin, "to": end}
    links = {state.value: to_pushes({**asked, "state": state.value}) for state in State}
    return {**links, "all": to_pushes(asked)}

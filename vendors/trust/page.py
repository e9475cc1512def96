"""The page of what is promised: when each promise was last tried here, and how to try it again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.db.models import Max, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from calls.audit import watching
from vendors import trials
from vendors.models import LedgerDay, PushHour, Trial, TrialKind
from vendors.registry import VENDORS
from vendors.trust.matrix import CASES
from vendors.watch.times import COLUMNS, quantile
from vendors.watch.wording import took

SEE_TRIALS = "vendors.view_trial"
LOOK_BACK = timedelta(days=7)

# What the cases of the matrix are called, in the order of its columns.
CASE_NAMES = {
    "kept": _("kept"),
    "kept, a repeat": _("kept, a repeat"),
    "unreadable": _("kept, unreadable"),
    "unknown address": _("unknown address"),
    "address not allowed": _("sender not allowed"),
    "not signed": _("not signed"),
    "too large": _("too large"),
    "not POST": _("not POST"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """What a vendor heard, case by case; without a trial it was never asked."""

    vendor: str
    trial: Trial | None
    heard: Sequence[tuple[str, str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """A sort of trial: what it proves, the newest of each name, and how to try again."""

    key: str
    title: str
    about: str
    again: str
    trials: Sequence[Trial]


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """The ledger of the last days, and how quickly pushes were acknowledged."""

    received: int
    difference: int
    lost: int
    counted_at: datetime | None
    half: str
    most: str


@require_safe
@permission_required(SEE_TRIALS, raise_exception=True)
def trust(request: HttpRequest) -> HttpResponse:
    context = {
        "cases": [CASE_NAMES[case.name] for case in CASES],
        "lines": _lines(),
        "kept": _kept(),
        "days": LOOK_BACK.days,
        "audit": watching.standing(),
        "tried": _tried(),
    }
    return render(request, "vendors/trust/trust.html", context)


def _lines() -> list[Line]:
    newest = {trial.name: trial for trial in trials.newest(TrialKind.ANSWERS)}
    return [_line(key, vendor.name, newest.get(key)) for key, vendor in VENDORS.items()]


def _line(key: str, vendor: str, trial: Trial | None) -> Line:
    figures: dict[str, Any] = trial.figures if trial else {}
    heard = [(str(CASE_NAMES[case.name]), str(figures.get(case.name, ""))) for case in CASES]
    return Line(vendor=vendor, trial=trial, heard=heard)


def _kept() -> Kept:
    now = timezone.now()
    first = timezone.localdate() - LOOK_BACK
    rows = LedgerDay.objects.filter(day__gte=first)
    counted_at = rows.aggregate(at=Max("counted_at"))["at"]
    days = list(rows)
    hours = PushHour.objects.filter(hour__gte=now - LOOK_BACK)
    sums = hours.aggregate(**{name: Sum(name) for name in COLUMNS})
    counts = [sums[name] or 0 for name in COLUMNS]
    return Kept(
        received=sum(day.received for day in days),
        difference=sum(day.difference for day in days),
        lost=sum(day.lost for day in days),
        counted_at=counted_at,
        half=took(quantile(counts, 0.5)),
        most=took(quantile(counts, 0.99)),
    )


def _tried() -> list[Tried]:
    return [
        Tried(
            key="restore",
            title=str(_("Restore drill")),
            about=str(_("A backup is restored into a place of its own, counted and read.")),
            again="./portal restore FOLDER --drill",
            trials=trials.newest(TrialKind.RESTORE),
        ),
        Tried(
            key="faults",
            title=str(_("Faults")),
            about=str(_("Processes are killed and servers taken away while pushes arrive.")),
            again="./portal bench faults",
            trials=trials.newest(TrialKind.FAULT),
        ),
        Tried(
            key="load",
            title=str(_("Load and hostile input")),
            about=str(_("More than can be processed, and input made to break what reads it.")),
            again="./portal bench fuzz --seconds 60",
            trials=trials.newest(TrialKind.LOAD),
        ),
    ]

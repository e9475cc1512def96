"""Remembers what was tried, and finds the newest of each."""

import logging
from collections.abc import Mapping
from datetime import datetime

from django.db.models import Max
from django.utils import timezone

from vendors.models import Trial, TrialKind

log = logging.getLogger("callportal.trials")

Figure = int | float | str


def note(
    kind: TrialKind,
    name: str,
    *,
    has_passed: bool,
    figures: Mapping[str, Figure],
    began_at: datetime,
) -> Trial:
    """Remember what came of trying something. It ended now."""
    trial = Trial.objects.create(
        kind=kind,
        name=name,
        has_passed=has_passed,
        figures=dict(figures),
        began_at=began_at,
        ended_at=timezone.now(),
    )
    log.info("trial noted", extra={"kind": kind, "trial": name, "has_passed": has_passed})
    return trial


def newest(kind: TrialKind) -> list[Trial]:
    """The newest trial of each name of a kind, by name."""
    last = Trial.objects.filter(kind=kind).order_by().values("name").annotate(last=Max("pk"))
    return list(Trial.objects.filter(pk__in=last.values("last")).order_by("name"))

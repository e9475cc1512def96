"""How far back there are calls, and not figures alone."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from calls.models import Account

YOUNGEST = timedelta(days=8)  # no calls are deleted for their age before


def figures_only(since: datetime | None) -> list[Account]:
    """The accounts of which figures reach that far back and calls do not; None is for ever."""
    if since is not None and since > timezone.now() - YOUNGEST:
        return []
    deleted = Q(figures_only_before__isnull=False)
    if since is not None:
        deleted = Q(figures_only_before__gt=_day(since))
    return list(Account.objects.filter(deleted))


def among(accounts: Iterable[Account], first: date) -> list[Account]:
    """Those of these accounts of which that is so from a day on."""
    return [one for one in accounts if one.figures_only_before and one.figures_only_before > first]


def _day(at: datetime) -> date:
    return timezone.localdate(at, timezone.get_default_timezone())

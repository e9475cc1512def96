"""What every page tells those whom it concerns: stopped queues, open questions, recordings that
are lost soon."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from calls.models import Sound
from vendors import outbox, stories
from vendors.models import OutboundRequest, RequestState, VendorAccount
from vendors.permissions import SEE_PUSHES, SEE_RECORDINGS, SEE_REQUESTS, SETTLE
from vendors.recording_filters import lost_soon
from vendors.watch import alarms as watch_alarms

MOST_COUNTED = 99  # more are "99+", so that no page waits for a count of thousands
COUNT_IS_TRUSTED_FOR = 30.0  # seconds
CALLING_IS_TRUSTED_FOR = 5.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Alarms:
    """``undecided`` counts the uncertain requests that no push settled in time."""

    stops: Sequence[stories.Stop] = ()
    undecided: int = 0
    may_settle: bool = False


def alarms(request: HttpRequest) -> dict[str, Any]:
    """For base.html; nothing is asked of the database unless a page shows it."""
    return {
        "alarms": SimpleLazyObject(lambda: _alarms(request)),
        "lost_soon": partial(_lost_soon, request),
        "calling": partial(_calling, request),
    }


def _alarms(request: HttpRequest) -> Alarms:
    user = getattr(request, "user", None)
    if user is None or not user.has_perm(SEE_REQUESTS) or _is_calm():
        return Alarms()
    now = timezone.now()
    standing = [
        stop
        for stop in stories.stops()
        if stop.queue.stopped_until is None or stop.queue.stopped_until > now
    ]
    return Alarms(stops=standing, undecided=_undecided(), may_settle=user.has_perm(SETTLE))


def _is_calm() -> bool:
    """Whether nothing stands still and nothing is uncertain: one query, and mostly the only one."""
    uncertain = OutboundRequest.objects.filter(account=OuterRef("pk"), state=RequestState.UNCERTAIN)
    stirred = Q(queue__stopped_at__isnull=False) | Exists(uncertain)
    return not VendorAccount.objects.filter(stirred).exists()


def _undecided() -> int:
    uncertain = OutboundRequest.objects.filter(state=RequestState.UNCERTAIN)
    rows = uncertain.select_related("account").only("state", "settled_at", "account__options")
    return sum(outbox.needs_a_person(row) for row in rows)


_counted: tuple[float, str] | None = None  # when, and what was found


def _lost_soon(request: HttpRequest) -> str:
    """How many recordings are lost within two days; empty for none, and for those who see none."""
    global _counted
    user = getattr(request, "user", None)
    if user is None or not user.has_perm(SEE_RECORDINGS):
        return ""
    now = time.monotonic()
    if _counted is None or now - _counted[0] > COUNT_IS_TRUSTED_FOR:
        count = Sound.objects.filter(lost_soon()).order_by()[: MOST_COUNTED + 1].count()
        _counted = now, f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count or "")
    return _counted[1]


_called: tuple[float, int] | None = None  # when, and how many there were


def _calling(request: HttpRequest) -> int:
    """How many alarms ask for somebody; none for those who do not see them."""
    global _called
    user = getattr(request, "user", None)
    if user is None or not user.has_perm(SEE_PUSHES):
        return 0
    now = time.monotonic()
    if _called is None or now - _called[0] > CALLING_IS_TRUSTED_FOR:
        _called = now, watch_alarms.calling().count()
    return _called[1]


def forget_lost_soon() -> None:
    """Count anew from now on, in this process."""
    global _counted, _called
    _counted = _called = None

"""What every page tells those who see to outbound calls: stopped queues, open questions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from vendors import outbox, stories
from vendors.models import OutboundRequest, RequestState, VendorAccount
from vendors.permissions import SEE_REQUESTS, SETTLE


@dataclass(frozen=True, kw_only=True, slots=True)
class Alarms:
    """``undecided`` counts the uncertain requests that no push settled in time."""

    stops: Sequence[stories.Stop] = ()
    undecided: int = 0
    may_settle: bool = False


def alarms(request: HttpRequest) -> dict[str, Any]:
    """For base.html; nothing is asked of the database unless a page shows it."""
    return {"alarms": SimpleLazyObject(lambda: _alarms(request))}


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

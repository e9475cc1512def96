"""What a look of the watch sees: accounts, kinds of push, and how many ask for somebody now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from vendors.models import NOT_DONE, Push, PushKind, State, VendorAccount


@dataclass(slots=True)
class Sight:
    """What a look sees. Nothing is silent for longer than ``since``: before, nobody listened."""

    accounts: Mapping[int, VendorAccount]
    kinds: Sequence[PushKind]
    now: datetime
    since: datetime


def counted() -> list[PushKind]:
    """The kinds, with how many of their pushes ask for somebody now."""
    asking = (
        Push.objects.filter(NOT_DONE)
        .order_by()
        .values_list("account_id", "kind", "state")
        .annotate(Count("pk"), Min("next_try_at"), Min("received_at"))
    )
    found = {(account, kind, state): rest for account, kind, state, *rest in asking}
    PushKind.objects.bulk_create(
        [PushKind(account_id=account, kind=kind) for account, kind in {key[:2] for key in found}],
        ignore_conflicts=True,
    )
    kinds = list(PushKind.objects.order_by("account_id", "kind"))
    for one in kinds:
        came = []
        for state in (State.WAITING, State.UNREADABLE, State.FAILED):
            count, due_at, came_at = found.get((one.account_id, one.kind, state), (0, None, None))
            setattr(one, state.value, count)
            came.append(came_at)
            if state is State.WAITING:
                one.waiting_since = due_at
        one.asking_since = min(filter(None, came), default=None)
    return kinds


def newest(pairs: Iterable[tuple[int, datetime | None]]) -> dict[int, datetime]:
    """The last of the moments of each account."""
    found: dict[int, datetime] = {}
    for account_id, at in pairs:
        if at is not None and (account_id not in found or found[account_id] < at):
            found[account_id] = at
    return found

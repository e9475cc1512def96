"""Groups of unreadable and failed pushes: one vendor, one kind, one state, one thing that is wrong.

Counting them reads one index that holds nothing but troubled pushes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Min, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from vendors.models import TROUBLED, Push, State, VendorAccount

MOST_SHOWN = 30
_MOST_COUNTED = 2_000  # groups of one account each


@dataclass(frozen=True, slots=True)
class Trouble:
    """What names a group."""

    vendor: str
    kind: str
    state: str
    what: str

    @property
    def query(self) -> str:
        """What names it in an address. Every list of pushes understands the same words."""
        words = {"vendor": self.vendor, "kind": self.kind, "state": self.state}
        return urlencode(words | {"trouble": self.what})

    @property
    def list_address(self) -> str:
        return f"{reverse('pushes')}?{self.query}"

    @property
    def again_address(self) -> str:
        return f"{reverse('trouble-again')}?{self.query}"

    @property
    def is_failure(self) -> bool:
        """Whether it is ours: our code raised an error."""
        return self.state == State.FAILED.value

    def pushes(self) -> QuerySet[Push]:
        accounts = VendorAccount.objects.filter(vendor=self.vendor).values_list("pk", flat=True)
        return Push.objects.filter(
            TROUBLED,
            account__in=list(accounts),
            kind=self.kind,
            state=self.state,
            trouble=self.what,
            emptied_at=None,
        )


def read(given: QueryDict) -> Trouble | None:
    """The trouble that an address names; None where it names none."""
    vendor, kind, state, what = (
        given.get(name, "") for name in ("vendor", "kind", "state", "trouble")
    )
    if state not in {State.UNREADABLE.value, State.FAILED.value} or "\x00" in vendor + kind + what:
        return None
    return Trouble(vendor, kind, state, what)


@dataclass(kw_only=True, slots=True)
class Group:
    """``newest`` is the key of the newest push of it, its example."""

    trouble: Trouble
    count: int
    first_at: datetime
    last_at: datetime
    newest: int
    example: Push | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Groups:
    """The largest groups, and how many groups and pushes there are in all, unless it is cut: then
    the smallest groups were not counted."""

    largest: Sequence[Group]
    groups: int
    pushes: int
    is_cut: bool


def count(state: str = "") -> Groups:
    """All groups, or those of one state; the largest of them each with an example."""
    found: dict[Trouble, Group] = {}
    vendors = dict(VendorAccount.objects.values_list("pk", "vendor"))
    rows = list(_rows(state))
    for account, kind, of_state, what, pushes, first_at, last_at, newest in rows:
        trouble = Trouble(vendors[account], kind, of_state, what)
        group = found.setdefault(
            trouble,
            Group(trouble=trouble, count=0, first_at=first_at, last_at=last_at, newest=newest),
        )
        group.count += pushes
        group.first_at = min(group.first_at, first_at)
        group.last_at = max(group.last_at, last_at)
        group.newest = max(group.newest, newest)
    ordered = sorted(found.values(), key=lambda one: (-one.count, -one.newest))
    largest = ordered[:MOST_SHOWN]
    examples = Push.objects.select_related("account").defer("headers", "query", "digest")
    known = examples.in_bulk([one.newest for one in largest])
    for group in largest:
        group.example = known.get(group.newest)
    total = sum(one.count for one in ordered)
    return Groups(
        largest=largest,
        groups=len(ordered),
        pushes=total,
        is_cut=len(rows) == _MOST_COUNTED,
    )


def _rows(state: str) -> "QuerySet[Push, tuple[int, str, str, str, int, datetime, datetime, int]]":
    troubled = Push.objects.filter(TROUBLED)
    if state:
        troubled = troubled.filter(state=state)
    grouped = troubled.order_by().values_list("account_id", "kind", "state", "trouble")
    counted = grouped.annotate(
        pushes=Count("id"),
        first_at=Min("received_at"),
        last_at=Max("received_at"),
        newest=Max("id"),
    )
    return counted.order_by("-pushes")[:_MOST_COUNTED]

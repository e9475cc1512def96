"""Which pushes to show, kept ones and refused ones.

Words are looked for in bodies, which no index knows: so among the newest of a stretch of time, and
the page says how far it looked. Pushes behind a call whose id the words are, are found at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls import lists, masking
from calls.models import Account, Call, Reference
from calls.moments import EndFilter, MomentFilter
from vendors import bodies
from vendors.models import Import, Push, Reason, RefusedPush, State, VendorAccount
from vendors.registry import VENDORS

LOOK_BACK = timedelta(days=1)  # for words, where nobody says from when
LOOK_BACK_FOR_KINDS = timedelta(days=7)  # no index knows kinds, and some vendors never push one
MOST_READ = 20_000  # bodies, for one search
MOST_FOUND = 500
MOST_CALLS = 50
LONGEST_KEY = 18  # digits, so that it is a number to every database


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """How far was looked where no index helps. ``is_full``: more was found than is shown;
    ``is_blind``: nothing was looked through, as it would tell what stands behind a mask."""

    since: datetime
    until: datetime
    is_full: bool = False
    is_blind: bool = False


class _Filter(django_filters.FilterSet):
    vendor = django_filters.ChoiceFilter(
        label=_("Vendor"),
        choices=[(vendor.key, vendor.name) for vendor in VENDORS.values()],
        method="by_vendor",
    )
    account = django_filters.CharFilter(label=_("Account"), method="by_account")
    kind = django_filters.ChoiceFilter(
        label=_("Kind"),
        choices=[
            (key, key) for key in sorted({k for one in VENDORS.values() for k in one.kind_keys})
        ],
        method="by_kind",
    )
    reach: Reach | None = None

    def by_vendor(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(account__in=_keys(Account.objects.filter(vendor=value)))

    def by_kind(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(kind=value)

    def by_account(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """By the account's id or its name."""
        wanted = Q(name=value)
        if is_key(value):
            wanted |= Q(pk=int(value))
        return rows.filter(account__in=_keys(Account.objects.filter(wanted)))


def _keys(rows: QuerySet[Account]) -> list[int]:
    """Looked up first: an index leads from accounts to their newest pushes, a join does not."""
    return list(rows.values_list("pk", flat=True))


def is_key(word: str) -> bool:
    return word.isdecimal() and len(word) <= LONGEST_KEY


class PushFilter(_Filter):
    """Filters of pushes. ``from``, ``to`` and ``import`` are added below, since Python keeps those
    words for itself."""

    state = django_filters.MultipleChoiceFilter(label=_("State"), choices=State.choices)

    trouble = django_filters.CharFilter(label=_("What went wrong"), lookup_expr="exact")

    class Meta:
        model = Push
        fields: list[str] = []

    def by_kind(self, rows: QuerySet[Push], name: str, value: str) -> QuerySet[Push]:
        given = self.form.cleaned_data
        if not (given.get("from") or given.get("text") or given.get("trouble")):
            until = given.get("to") or timezone.now()
            self.reach = Reach(since=until - LOOK_BACK_FOR_KINDS, until=until)
            rows = rows.filter(received_at__gte=self.reach.since)
        return rows.filter(kind=value)

    def by_import(self, rows: QuerySet[Push], name: str, value: str) -> QuerySet[Push]:
        """Those that an import brought. No index knows them: so of its account and its time."""
        job = Import.objects.filter(pk=int(value)).first() if is_key(value) else None
        if job is None or job.began_at is None:
            return rows.none()
        until = job.finished_at or timezone.now()
        of_its_time = rows.filter(received_at__gte=job.began_at, received_at__lte=until)
        return of_its_time.filter(account=job.account_id, imported=job)

    def by_text(self, rows: QuerySet[Push], name: str, value: str) -> QuerySet[Push]:
        """By the push's own id, an id of a call that it is behind, or words in its body."""
        text = value.strip()
        known = behind(calls_known_as(text))
        if is_key(text):
            known.add(int(text))
        given = self.form.cleaned_data
        until = given.get("to") or timezone.now()
        since = given.get("from") or until - LOOK_BACK
        held, self.reach = search(rows, text, since, until)
        return rows.filter(pk__in=known | set(held))


class RefusalFilter(_Filter):
    """Filters of refused pushes, of which a bounded number is kept."""

    reason = django_filters.MultipleChoiceFilter(label=_("Reason"), choices=Reason.choices)

    class Meta:
        model = RefusedPush
        fields: list[str] = []

    def by_text(self, rows: QuerySet[RefusedPush], name: str, value: str) -> QuerySet[RefusedPush]:
        """By the trace's own id, its sender, or words in its body where that is kept."""
        text = value.strip()
        wanted = Q(pk__in=bodies.holding(rows, text).values("pk")) | Q(remote_address=text)
        if is_key(text):
            wanted |= Q(pk=int(text))
        return rows.filter(wanted)


for _filters in (PushFilter, RefusalFilter):
    _filters.base_filters["from"] = MomentFilter(
        label=_("From"), field_name="received_at", lookup_expr="gte"
    )
    _filters.base_filters["to"] = EndFilter(
        label=_("To"), field_name="received_at", lookup_expr="lt"
    )
    _filters.base_filters["text"] = django_filters.CharFilter(
        label=_("Text or id"), method="by_text"
    )

PushFilter.base_filters["import"] = django_filters.CharFilter(label=_("Import"), method="by_import")


def search(
    rows: QuerySet[Push], text: str, since: datetime, until: datetime, most: int = MOST_READ
) -> tuple[list[int], Reach]:
    """The newest pushes in whose body a text stands, and how far was looked."""
    newest = rows.filter(received_at__gte=since, received_at__lte=until)
    newest = newest.order_by("-received_at", "-id")
    beyond = newest.values_list("received_at", flat=True)[most : most + 1].first()
    if beyond is not None:
        newest = newest.filter(received_at__gt=beyond)
    found = list(bodies.holding(newest, text).values_list("pk", flat=True)[: MOST_FOUND + 1])
    reach = Reach(
        since=beyond or since,
        until=until,
        is_full=len(found) > MOST_FOUND,
        is_blind=masking.gives_away(text),
    )
    return found[:MOST_FOUND], reach


def calls_known_as(text: str) -> QuerySet[Call]:
    """The newest calls that have this for an id, or belong to something that has."""
    known = Reference.objects.filter(value=text).order_by("-occurred_at").values("call_id")
    keys = {row["call_id"] for row in known[:MOST_CALLS]}
    return Call.objects.filter(Q(call_id=text) | Q(pk__in=keys)).order_by()[:MOST_CALLS]


def behind(calls: Iterable[Call]) -> set[int]:
    """The pushes that spoke of these calls."""
    return {int(key) for call in calls for key in call.said}


def without_place(given: QueryDict) -> QueryDict:
    """What a list is filtered by, without where in it one is."""
    rest = given.copy()
    for name in lists.PLACE:
        rest.pop(name, None)
    return rest


def account_choices(given: QueryDict) -> list[tuple[str, str]]:
    """Accounts to choose from, with whatever else was asked for, so that it stays."""
    names = {str(account.pk): str(account) for account in VendorAccount.objects.all()}
    if asked := given.get("account"):
        names.setdefault(asked, asked)
    return list(names.items())

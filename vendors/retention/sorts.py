"""What is kept for a time: how old each sort is, which rows are too old, and how they go.

A day that is over stays whole: what goes is what came before a day of the portal's zone began. Of
a push only its words go. Its row stays, with its fingerprint, its state and its repeats: the same
bytes are a repeat for ever, and the ledger balances as before.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from calls.models import Bill, Call, Sound, SoundState, Spoken
from vendors.models import Kept, OutboundRequest, Push, RefusedPush, State, VendorAccount
from vendors.models.outbox import SAFE_TO_REPEAT, RequestState
from vendors.retention import parting

Taken = tuple[int, int]  # how many went, and their bytes
_OVER = (*SAFE_TO_REPEAT, RequestState.ACCEPTED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sort:
    """One sort of what is kept. ``old`` are the rows of an account from before a moment, which
    column ``at`` tells; ``part`` makes some of them, by key, go."""

    kind: Kept
    days: Callable[[VendorAccount], int | None]
    old: Callable[[VendorAccount, datetime], "QuerySet[Any]"]
    at: str
    part: Callable[[VendorAccount, Sequence[int], int], Taken]
    size: str = ""
    at_once: int = 200


def first_day(days: int) -> date:
    """The oldest day of which what is kept for so many days is still there."""
    return timezone.localdate(timezone=timezone.get_default_timezone()) - timedelta(days=days)


def beginning(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=timezone.get_default_timezone())


def push_days(account: VendorAccount) -> int | None:
    """The words of a push outlive neither the calls nor the dialogs that they tell of."""
    given = (account.push_days, account.call_days, account.dialog_days)
    return min((days for days in given if days), default=None)


def _old_sounds(account: VendorAccount, before: datetime) -> "QuerySet[Any]":
    rows = Sound.objects.filter(call__account_id=account.pk, call__hold=None)
    kept = Q(state=SoundState.STORED) | (Q(state=SoundState.PRUNED) & ~Q(name=""))
    return rows.filter(kept, stored_at__lt=before)


def _old_words(account: VendorAccount, before: datetime) -> "QuerySet[Any]":
    rows = Spoken.objects.filter(call__account_id=account.pk, call__hold=None)
    return rows.filter(occurred_at__lt=before)


def _old_pushes(account: VendorAccount, before: datetime) -> "QuerySet[Any]":
    held: set[int] = set()
    for said in Call.objects.filter(account_id=account.pk, hold__isnull=False).values_list("said"):
        held.update(map(int, said[0]))
    rows = Push.objects.filter(account=account, received_at__lt=before, emptied_at=None)
    return rows.exclude(state=State.WAITING).exclude(pk__in=held)


def _old_refusals(account: VendorAccount, before: datetime) -> "QuerySet[Any]":
    return RefusedPush.objects.filter(account=account, received_at__lt=before)


def _old_calls(account: VendorAccount, before: datetime) -> "QuerySet[Any]":
    rows = Call.objects.filter(account_id=account.pk, hold=None, occurred_at__lt=before)
    return rows.exclude(sounds__state=SoundState.FETCHING)


def _old_requests(account: VendorAccount, before: datetime) -> "QuerySet[Any]":
    held = Call.objects.filter(account_id=account.pk, hold__isnull=False).values("call_id")
    rows = OutboundRequest.objects.filter(account=account, asked_at__lt=before, state__in=_OVER)
    return rows.exclude(call_id__in=held)


def _old_bills(account: VendorAccount, before: datetime) -> "QuerySet[Any]":
    """Those of an account; with the account that keeps calls longest go those of its vendor."""
    same = VendorAccount.objects.filter(vendor=account.vendor).order_by("pk")
    longest = max(same, key=lambda one: one.call_days or 100_000)
    whose = Q(account_id=account.pk)
    if longest.pk == account.pk:
        whose |= Q(account=None, vendor=account.vendor)
    rows = Bill.objects.filter(whose, uploaded_at__lt=before)
    return rows.exclude(state__in=[Bill.State.WAITING, Bill.State.RUNNING, Bill.State.DELETED])


SORTS = (
    Sort(
        kind=Kept.RECORDINGS,
        days=lambda account: account.recording_days,
        old=_old_sounds,
        at="stored_at",
        part=parting.with_recordings,
        size="size_bytes",
    ),
    Sort(
        kind=Kept.DIALOGS,
        days=lambda account: account.dialog_days,
        old=_old_words,
        at="occurred_at",
        part=parting.with_words,
    ),
    Sort(
        kind=Kept.PUSHES,
        days=push_days,
        old=_old_pushes,
        at="received_at",
        part=parting.with_bodies,
        size="size",
        at_once=500,
    ),
    Sort(
        kind=Kept.REFUSALS,
        days=push_days,
        old=_old_refusals,
        at="received_at",
        part=parting.with_refusals,
    ),
    Sort(
        kind=Kept.CALLS,
        days=lambda account: account.call_days,
        old=_old_calls,
        at="occurred_at",
        part=parting.with_calls,
    ),
    Sort(
        kind=Kept.REQUESTS,
        days=lambda account: account.call_days,
        old=_old_requests,
        at="asked_at",
        part=parting.with_requests,
    ),
    Sort(
        kind=Kept.BILLS,
        days=lambda account: account.call_days,
        old=_old_bills,
        at="uploaded_at",
        part=parting.with_bills,
    ),
)

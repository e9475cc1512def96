"""The calls before and after a call between the same two parties, of any vendor.

One of the two may be a line with millions of calls, so the search walks through the calls of the
other one, newest to it first, and goes no further than ``MOST``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from calls.ids import these
from calls.models import Call, Party

SHOWN = 3
MOST = 1000  # calls of one number that are looked through, each way
_HEAVY = ("said", "details", "extra", "user_data")
_TOOK_PART = Q(is_caller=True) | Q(is_callee=True)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The calls between the parties of this one: before it, newest first, and after it, oldest
    first."""

    here: Call
    before: Sequence[Call] = ()
    after: Sequence[Call] = ()

    @property
    def around(self) -> list[Call]:
        """All of them with the call itself, newest first."""
        return [*reversed(self.after), self.here, *self.before]


def of(call: Call) -> Neighbours:
    """A call's neighbours; of a call with one known party, the calls of that one."""
    keys = [key for key in dict.fromkeys((call.caller_key, call.callee_key)) if key]
    if not keys:
        return Neighbours(call)
    keys.sort(key=_calls)
    is_earlier = Q(occurred_at__lt=call.occurred_at) | Q(call_id__lt=call.pk)
    is_later = Q(occurred_at__gt=call.occurred_at) | Q(call_id__gt=call.pk)
    rows = Party.objects.filter(_TOOK_PART, key=keys[0])
    before = rows.filter(is_earlier, occurred_at__lte=call.occurred_at)
    after = rows.filter(is_later, occurred_at__gte=call.occurred_at)
    return Neighbours(
        call,
        before=_nearest(before.order_by("-occurred_at", "-call_id"), keys),
        after=_nearest(after.order_by("occurred_at", "call_id"), keys),
    )


def _calls(key: str) -> int:
    """How many calls a number has, as far as we care to count."""
    return Party.objects.filter(key=key)[: MOST + 1].count()


def _nearest(rows: "QuerySet[Party]", keys: Sequence[str]) -> list[Call]:
    """The first calls of these in which the other party talks, too, and is not only shown.

    Ids are asked for on the way, so that no database must guess how few of them are left.
    """
    ids = list(rows.values_list("call_id", flat=True)[:MOST])
    if len(keys) > 1 and ids:
        shared = Party.objects.filter(_TOOK_PART, key=keys[1], call_id__in=these(ids))
        both = set(shared.values_list("call_id", flat=True))
        ids = [pk for pk in ids if pk in both]
    calls = Call.objects.select_related("account").defer(*_HEAVY).in_bulk(ids[:SHOWN])
    return [calls[pk] for pk in ids[:SHOWN] if pk in calls]

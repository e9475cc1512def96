"""The calls before and after a call between the same two parties, of any vendor.

One of the two may be a line with millions of calls, so the search walks through the calls of the
other one, newest to it first, and goes no further than ``MOST``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from calls.models import Call, Party

SHOWN = 3
MOST = 2000  # calls of one number that are looked through, each way
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
        before=_between(keys, before.order_by("-occurred_at", "-call_id"), "-"),
        after=_between(keys, after.order_by("occurred_at", "call_id"), ""),
    )


def _calls(key: str) -> int:
    """How many calls a number has, as far as we care to count."""
    return Party.objects.filter(key=key)[: MOST + 1].count()


def _between(keys: Sequence[str], near: "QuerySet[Party]", way: str) -> list[Call]:
    """The nearest calls in which all of these talk, and are not only shown.

    The ids are asked for first: no database must guess how few calls are left by then.
    """
    took_part = Party.objects.filter(_TOOK_PART, key=keys[-1])
    ids = took_part.filter(call_id__in=near.values("call_id")[:MOST])
    nearest = ids.order_by(f"{way}occurred_at", f"{way}call_id").values_list("call_id", flat=True)
    calls = Call.objects.filter(pk__in=list(nearest[:SHOWN])).select_related("account")
    rows: QuerySet[Call] = calls.defer("said", "details", "extra", "user_data")
    return list(rows.order_by(f"{way}occurred_at", f"{way}id"))

"""What a bill and our calls amount to, list by list."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, Sum
from django.db.models.functions import Coalesce

from calls.models import Bill, BillRow, Verdict
from calls.models.bills import MILLION

NOT_BILL_ROWS = {Verdict.NOT_BILLED}
NOT_CALLS = {Verdict.NOT_OURS, Verdict.DOUBLED, Verdict.UNREADABLE}
# Seconds of a bill and of ours; what a bill has but one duration for counts as both.
_SUMMED = {
    "seconds": Coalesce("seconds", "billed_seconds"),
    "billed": Coalesce("billed_seconds", "seconds"),
    "our_seconds": "our_seconds",
    "our_billed": "our_billed",
    "charge": "charge_millionths",
}


@dataclass(slots=True)
class Amount:
    """Of some rows: how many, how long, how much in each currency; of how many the charge is
    known."""

    rows: int = 0
    seconds: int = 0
    billed: int = 0
    our_seconds: int = 0
    our_billed: int = 0
    charges: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, other: Mapping[str, Any]) -> None:
        self.rows += other["rows"]
        self.seconds += other["seconds"]
        self.billed += other["billed"]
        self.our_seconds += other["our_seconds"]
        self.our_billed += other["our_billed"]
        if other["charge"] is not None:
            self.charges[other["currency"]] += other["charge"]

    @property
    def money(self) -> list[tuple[str, Decimal]]:
        """Currency and amount; a bill that names no currency has an empty one."""
        return [
            (currency, Decimal(charge) / MILLION)
            for currency, charge in sorted(self.charges.items())
        ]


@dataclass(frozen=True, kw_only=True, slots=True)
class Totals:
    """Of the whole bill, of all calls that it is about, and of each list."""

    theirs: Amount
    ours: Amount
    lists: Mapping[str, Amount]


def add_up(bill: Bill) -> list[dict[str, Any]]:
    """The sums of a bill's rows by list and currency, to be kept with it."""
    rows = BillRow.objects.filter(bill=bill).order_by().values("verdict", "currency")
    summed: Any = rows.annotate(rows=Count("place"), **{n: Sum(of) for n, of in _SUMS.items()})
    return [
        {
            "verdict": one["verdict"],
            "currency": one["currency"],
            "rows": one["rows"],
            "charge": one["sum_charge"],
            **{name: one[f"sum_{name}"] or 0 for name in _SUMMED if name != "charge"},
        }
        for one in summed
    ]


_SUMS = {f"sum_{name}": of for name, of in _SUMMED.items()}


def totals(kept: Iterable[Mapping[str, Any]]) -> Totals:
    """What was kept, added up. A doubled row counts for the bill, which charges it."""
    theirs, ours = Amount(), Amount()
    lists = {verdict: Amount() for verdict in Verdict.values}
    for one in kept:
        if one["verdict"] not in lists:
            continue
        lists[one["verdict"]].add(one)
        if one["verdict"] not in NOT_BILL_ROWS | {Verdict.UNREADABLE}:
            theirs.add(one)
        if one["verdict"] not in NOT_CALLS:
            ours.add(one)
    return Totals(theirs=theirs, ours=ours, lists=lists)

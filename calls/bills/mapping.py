"""Which column of a bill says what, and how it says it."""

import hashlib
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from calls.bills import cells
from calls.bills.heads import plain

ID, CALLER, CALLEE, START, CLOCK = "id", "caller", "callee", "start", "clock"
SECONDS, BILLED, CHARGE, CURRENCY = "seconds", "billed", "charge", "currency"
FIELDS = (ID, CALLER, CALLEE, START, CLOCK, SECONDS, BILLED, CHARGE, CURRENCY)


@dataclass(frozen=True, kw_only=True, slots=True)
class Mapping:
    """``fields`` gives the place of the column of each field that has one, from 0. ``head_row`` is
    the row in which the heads stand, from 1; rows up to it are no rows of the bill."""

    sheet: str = ""
    head_row: int = 1
    fields: AnyMapping[str, int] = field(default_factory=dict)
    seconds_unit: str = cells.SECONDS
    billed_unit: str = cells.SECONDS
    order: str = cells.YMD
    zone: str = "UTC"

    def place(self, name: str) -> int | None:
        return self.fields.get(name)

    @property
    def finds_by_id(self) -> bool:
        return ID in self.fields

    @property
    def finds_by_number(self) -> bool:
        return START in self.fields and (CALLER in self.fields or CALLEE in self.fields)

    def kept(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "sheet": self.sheet,
            "head_row": self.head_row,
            "fields": dict(self.fields),
            "seconds_unit": self.seconds_unit,
            "billed_unit": self.billed_unit,
            "order": self.order,
            "zone": self.zone,
        }

    @classmethod
    def of(cls, kept: AnyMapping[str, Any]) -> "Mapping":
        """What was kept; whatever is unknown by now is left out."""
        known = {name: kept[name] for name in cls.__dataclass_fields__ if name in kept}
        known["fields"] = {
            name: place for name, place in kept.get("fields", {}).items() if name in FIELDS
        }
        return cls(**known)


def signature(heads: Sequence[str]) -> str:
    """What tells bills of one form: their heads, however they are spaced."""
    return hashlib.sha256("\x1f".join(map(plain, heads)).encode()).hexdigest()

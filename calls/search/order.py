"""Orders of the list: each has an index, so that no page is sorted from scratch."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.db.models import F
from django.db.models.expressions import OrderBy


@dataclass(frozen=True, slots=True)
class Order:
    """By a column, then by the row's id the same way. Rows without a value come last."""

    column: str
    is_descending: bool
    is_nullable: bool = False

    def turned(self) -> "Order":
        """The same, from the other end. Rows without a value come first then."""
        return replace(self, is_descending=not self.is_descending)

    def by(self, column: str, pk: str) -> tuple[OrderBy, OrderBy]:
        """What to sort a whole list by, of the columns that hold the value and the id."""
        nulls_last = True if self.is_nullable else None
        if self.is_descending:
            return F(column).desc(nulls_last=nulls_last), F(pk).desc()
        return F(column).asc(nulls_last=nulls_last), F(pk).asc()


BY_TIME = "occurred_at"
DEFAULT = "-time"
ORDERS: Mapping[str, Order] = {
    "-time": Order(BY_TIME, is_descending=True),
    "time": Order(BY_TIME, is_descending=False),
    "-talk": Order("talk_seconds", is_descending=True, is_nullable=True),
    "talk": Order("talk_seconds", is_descending=False, is_nullable=True),
    "-ring": Order("ring_seconds", is_descending=True, is_nullable=True),
    "ring": Order("ring_seconds", is_descending=False, is_nullable=True),
}

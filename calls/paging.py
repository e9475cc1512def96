"""Paging by key: page 40,000 costs what page 1 does, and nothing is ever counted to draw a page.

A cursor names the row beside which a page begins: its value in the order of the list, its id, and
the way to go. It comes from outside, so it is read with care; whatever it says, it only chooses a
place in a list that its reader may see anyway.
"""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_datetime

from calls.models import Call
from calls.search import Search, plan
from calls.search.order import BY_TIME, Order
from calls.search.plan import Between, Part
from calls.search.reading import FIRST_MOMENT, LAST_MOMENT

OLDER, NEWER = "o", "n"
PAGE_SIZE, LARGEST_PAGE = 50, 500
_LARGEST_ID = 2**63 - 1
_LARGEST_SECONDS = 2**31 - 1
Value = datetime | int | None
Rows = QuerySet[Call]


class BadCursorError(ValueError):
    """A cursor that nobody gave out."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Beside which row to go on, and which way: further down the list, or up."""

    way: str
    value: Value
    pk: int

    def written(self) -> str:
        value = self.value.isoformat() if isinstance(self.value, datetime) else self.value
        text = json.dumps([self.way, value, self.pk], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str, order: Order) -> "Cursor":
        try:
            padded = text + "=" * (-len(text) % 4)
            way, value, pk = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
            is_moment = order.column == BY_TIME
            value = _moment(value) if is_moment else _seconds(value)
        except (ValueError, TypeError, binascii.Error, RecursionError):
            raise BadCursorError from None
        if way not in {OLDER, NEWER} or type(pk) is not int or not 0 < pk <= _LARGEST_ID:
            raise BadCursorError
        return cls(way, value, pk)


def _moment(value: object) -> datetime:
    at = parse_datetime(value) if isinstance(value, str) else None
    if at is None or at.tzinfo is None or not FIRST_MOMENT < at < LAST_MOMENT:
        raise BadCursorError
    return at


def _seconds(value: object) -> int | None:
    if value is None or (type(value) is int and 0 <= value <= _LARGEST_SECONDS):
        return value
    raise BadCursorError


@dataclass(frozen=True, slots=True)
class Page:
    """Calls, and the cursors of the pages beside it, where there are any."""

    rows: list[Call]
    newer: str | None
    older: str | None


def turn(
    search: Search,
    cursor: str | None,
    limit: int,
    dress: Callable[[Rows], Rows] = lambda rows: rows,
) -> Page:
    """The page of a search that a cursor names; the first without one. Raises BadCursorError.

    ``dress`` adds what a page shows beside the calls' own columns.
    """
    order = search.order
    at = Cursor.read(cursor, order) if cursor else None
    way = at.way if at else OLDER
    going = order if way == OLDER else order.turned()
    walk = _Walk(search, going, at, limit + 1, dress)
    found = walk.rows(values_first=way == OLDER)
    goes_on = len(found) > limit
    rows = found[:limit]
    if way == NEWER:
        rows.reverse()
    has_newer = goes_on if way == NEWER else at is not None
    has_older = goes_on if way == OLDER else True
    return Page(
        rows,
        _beside(NEWER, rows[0], order) if rows and has_newer else None,
        _beside(OLDER, rows[-1], order) if rows and has_older else None,
    )


def _beside(way: str, row: Call, order: Order) -> str:
    return Cursor(way, getattr(row, order.column), row.pk).written()


@dataclass(frozen=True, slots=True)
class _Walk:
    """On from a place in a list, in one direction."""

    search: Search
    order: Order  # as it is walked: turned round where the way is up
    at: Cursor | None
    limit: int
    dress: Callable[[Rows], Rows]

    def rows(self, *, values_first: bool) -> list[Call]:
        """Stretch by stretch: the rows that have a value, and those that have none."""
        if not self.order.is_nullable:
            return self._by_time() if self.order.column == BY_TIME else self._stretch(False)
        found: list[Call] = []
        for is_without in (False, True) if values_first else (True, False):
            if not self._is_passed(is_without, values_first=values_first):
                found += self._stretch(is_without)
        return found[: self.limit]

    def _is_passed(self, is_without: bool, *, values_first: bool) -> bool:
        """Whether a stretch lies behind the place."""
        if self.at is None:
            return False
        is_at_without = self.at.value is None
        return is_without != is_at_without and is_without != values_first

    def _stretch(self, is_without: bool) -> list[Call]:
        column = self.order.column
        part = self.search.parts()[0]
        rows = part.rows().filter(**{f"{column}__isnull": is_without})
        if self.at is not None and (self.at.value is None) is is_without:
            rows = rows.filter(self._beyond(self.at, column, "pk"))
        sign = "-" if self.order.is_descending else ""
        by = (f"{sign}pk",) if is_without else (f"{sign}{column}", f"{sign}pk")
        return list(self.dress(rows.order_by(*by))[: self.limit])

    def _beyond(self, at: Cursor, column: str, pk: str) -> Q:
        """The rows on the far side of the place."""
        following = "lt" if self.order.is_descending else "gt"
        beyond = Q(**{f"{pk}__{following}": at.pk})
        if at.value is None:
            return beyond
        tied = Q(**{column: at.value}) & beyond
        # The first condition says where an index is to begin, the second which ties are passed.
        return Q(**{f"{column}__{following}e": at.value}) & (
            Q(**{f"{column}__{following}": at.value}) | tied
        )

    def _by_time(self) -> list[Call]:
        near = self._near()
        if near is not None and len(near) >= self.limit:
            return near
        return self._merged(self.search.parts())

    def _near(self) -> list[Call] | None:
        """What a short stretch has, where reading it may spare asking an index for everything."""
        down = self.order.is_descending
        here = self.at.value if self.at and isinstance(self.at.value, datetime) else None
        place = Between(until=here) if down else Between(since=here)
        if self.search.near(place) is None:
            return None
        end = plan.edge(place, is_downward=down)
        stretch = replace(place, since=end) if down else replace(place, until=end)
        part = self.search.near(stretch)
        return self._merged([part]) if part else None

    def _merged(self, parts: Sequence[Part]) -> list[Call]:
        sign = "-" if self.order.is_descending else ""
        found: dict[int, Call] = {}
        for part in parts:
            rows = part.rows(self._beyond(self.at, part.at, part.pk) if self.at else None)
            ordered = self.dress(rows.order_by(f"{sign}{part.at}", f"{sign}{part.pk}"))
            found |= {row.pk: row for row in ordered[: self.limit]}
        rows_of_all = sorted(
            found.values(),
            key=lambda row: (row.occurred_at, row.pk),
            reverse=self.order.is_descending,
        )
        return rows_of_all[: self.limit]

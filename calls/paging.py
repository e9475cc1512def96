"""Paging by key: page 40,000 costs what page 1 does, and nothing is ever counted to draw a page.

A cursor names the row beside which a page begins: its value in the order of the list, its id, and
the way to go. It comes from outside, so it is read with care; whatever it says, it only chooses a
place in a list that its reader may see anyway.
"""

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_datetime

from calls.models import Call
from calls.search import Search
from calls.search.order import Order
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
            is_moment = order.column == "occurred_at"
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
    found = _walk(search, order, at, way, limit + 1, dress)
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


def _walk(
    search: Search,
    order: Order,
    at: Cursor | None,
    way: str,
    limit: int,
    dress: Callable[[Rows], Rows],
) -> list[Call]:
    """Rows from a place on, one stretch after the other: those with a value, those without."""
    going = order if way == OLDER else Order(order.column, not order.is_descending)
    without_value = [False, True] if order.is_nullable else [False]
    if way == NEWER:
        without_value.reverse()
    found: list[Call] = []
    for is_without in without_value:
        if at is not None and _is_passed(at, is_without, way):
            continue
        beside = at if at is not None and (at.value is None) is is_without else None
        rows = _stretch(search, going, beside, is_without, is_nullable=order.is_nullable)
        found += dress(rows)[: limit - len(found)]
        if len(found) == limit:
            break
    return found


def _is_passed(at: Cursor, is_without: bool, way: str) -> bool:
    """Whether a stretch lies behind: down the list values come first, up the list last."""
    is_at_without = at.value is None
    return is_at_without and not is_without if way == OLDER else not is_at_without and is_without


def _stretch(
    search: Search, order: Order, at: Cursor | None, is_without: bool, *, is_nullable: bool
) -> Rows:
    column, down = order.column, order.is_descending
    since = until = None
    if at is not None and isinstance(at.value, datetime):
        since, until = (None, at.value) if down else (at.value, None)
    rows = search.unordered(since, until)
    sign, following = ("-", "lt") if down else ("", "gt")
    if is_nullable:
        rows = rows.filter(**{f"{column}__isnull": is_without})
    if at is not None:
        beyond = Q(**{f"pk__{following}": at.pk})
        if at.value is not None:
            beyond = Q(**{f"{column}__{following}": at.value}) | Q(**{column: at.value}) & beyond
            rows = rows.filter(**{f"{column}__{following}e": at.value})
        rows = rows.filter(beyond)
    return (
        rows.order_by(f"{sign}pk") if is_without else rows.order_by(f"{sign}{column}", f"{sign}pk")
    )

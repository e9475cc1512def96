"""How often a code came. Nothing here costs more because a code stands in a million calls: counting
stops at ten thousand, and begins with the newest; the kinds of codes are found by hopping over an
index."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from calls import codes
from calls.codes import Key
from calls.models import CallCode

MOST = 10_000
DAYS = (1, 7, 30)
MOST_VALUES = 500  # of one table: a vendor that sends nonsense must not hide the others
MOST_UNKNOWN = 50
NEWEST = 500  # rows from which it is read where a code comes from

_SCHEMES = """
    WITH RECURSIVE seen(scheme) AS (
        SELECT (SELECT min(scheme) FROM calls_callcode)
        UNION ALL
        SELECT (SELECT min(scheme) FROM calls_callcode WHERE scheme > seen.scheme)
        FROM seen WHERE seen.scheme IS NOT NULL
    )
    SELECT scheme FROM seen WHERE scheme IS NOT NULL
"""
_VALUES = """
    WITH RECURSIVE seen(value, number) AS (
        SELECT (SELECT min(value) FROM calls_callcode WHERE scheme = %s), 1
        UNION ALL
        SELECT (
            SELECT min(value) FROM calls_callcode WHERE scheme = %s AND value > seen.value
        ), number + 1
        FROM seen WHERE seen.value IS NOT NULL AND number < %s
    )
    SELECT value FROM seen WHERE value IS NOT NULL
"""
# A call may have a code in several places, and counts once.
_NEWEST = """
    SELECT DISTINCT occurred_at, call_id FROM calls_callcode
    WHERE scheme = %s AND value = %s AND occurred_at >= %s
    ORDER BY occurred_at DESC, call_id DESC LIMIT %s
"""
_SINCE = f"""
    SELECT
        count(*) FILTER (WHERE occurred_at >= %s), count(*) FILTER (WHERE occurred_at >= %s),
        count(*) FILTER (WHERE occurred_at >= %s)
    FROM ({_NEWEST}) newest
"""  # noqa: S608 - no text of others


@dataclass(frozen=True, slots=True)
class Count:
    """The calls of the last days that had a code. With ``is_more`` there are more than that."""

    days: int
    since: datetime
    calls: int
    is_more: bool


@dataclass(frozen=True, slots=True)
class Unknown:
    """A code that came and stands in no table. ``times`` counts like a ``Count``."""

    scheme: str
    value: str
    times: int
    is_more: bool
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a code comes from, as far as the newest calls tell."""

    fields: tuple[tuple[str, str], ...] = ()  # vendor and field
    last_at: datetime | None = None


def seen() -> list[Key]:
    """The codes that ever came."""
    with connection.cursor() as cursor:
        cursor.execute(_SCHEMES)
        schemes = [scheme for (scheme,) in cursor.fetchall()]
        found: list[Key] = []
        for scheme in schemes:
            cursor.execute(_VALUES, [scheme, scheme, MOST_VALUES])
            found += [(scheme, value) for (value,) in cursor.fetchall()]
        return found


def unknown(came: Iterable[Key]) -> list[Unknown]:
    """Those of the codes that stand in no table, at most so many; the last seen come first."""
    keys = [key for key in came if not codes.meanings(*key)][:MOST_UNKNOWN]
    rows = []
    for scheme, value in keys:
        times = CallCode.objects.filter(scheme=scheme, value=value).order_by()[: MOST + 1].count()
        last_at = origin(scheme, value, newest=10).last_at
        rows.append(Unknown(scheme, value, min(times, MOST), times > MOST, last_at))
    return sorted(rows, key=lambda row: (row.last_at is None, row.last_at), reverse=True)


def recent(scheme: str, value: str, now: datetime) -> list[Count]:
    """How many calls had a code in the last day, week and month."""
    minute = now.replace(second=0, microsecond=0)
    moments = [minute - timedelta(days=days) for days in DAYS]
    stored = [connection.ops.adapt_datetimefield_value(moment) for moment in moments]
    with connection.cursor() as cursor:
        cursor.execute(_SINCE, [*stored, scheme, value, stored[-1], MOST + 1])
        counted = cursor.fetchone()
    return [
        Count(days, since, min(calls, MOST), calls > MOST)
        for days, since, calls in zip(DAYS, moments, counted, strict=True)
    ]


def origin(scheme: str, value: str, newest: int = NEWEST) -> Origin:
    """Which vendors sent a code in which fields, and when it came last."""
    rows = CallCode.objects.filter(scheme=scheme, value=value).order_by("-occurred_at", "-call")
    found = list(rows.values_list("call__vendor", "place", "occurred_at")[:newest])
    return Origin(
        fields=tuple(sorted({(vendor, place) for vendor, place, _at in found})),
        last_at=max((at for _vendor, _place, at in found), default=None),
    )

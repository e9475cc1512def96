"""How often a code came. Nothing here costs more because a code stands in a million calls: counting
stops at ten thousand, and begins with the newest; the kinds of codes are found by hopping over an
index."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Exists, OuterRef

from calls import codes
from calls.codes import Key
from calls.models import Call, CallCode

MOST = 10_000
DAYS = (1, 7, 30)
MOST_VALUES = 500  # of one table: a vendor that sends nonsense must not hide the others
MOST_UNKNOWN = 50
NEWEST = 500  # rows from which it is read where a code comes from
LOOKS = (1_000, 4_000, MOST + 1, 4 * (MOST + 1))  # rows that are looked at, as long as need be
ENOUGH = 100  # old rows that show that all older ones were reached

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
# Backwards over the index, rows of one code come as they were written, the last one first.
_NEWEST = """
    SELECT scheme, value, call_id, place FROM calls_callcode WHERE (scheme, value) <= (%s, %s)
    ORDER BY scheme DESC, value DESC LIMIT %s
"""
_SINCE = f"""
    SELECT
        count(DISTINCT newest.call_id) FILTER (WHERE occurred_at >= %s),
        count(*) FILTER (WHERE updated_at < %s),
        count(*)
    FROM ({_NEWEST}) newest JOIN calls_call ON calls_call.id = newest.call_id
    WHERE scheme = %s AND value = %s
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
    return [_count(scheme, value, days, minute - timedelta(days=days)) for days in DAYS]


def _count(scheme: str, value: str, days: int, since: datetime) -> Count:
    calls = _among_newest(scheme, value, since)
    if calls is None:
        with_code = CallCode.objects.filter(call_id=OuterRef("pk"), scheme=scheme, value=value)
        rows = Call.objects.filter(Exists(with_code), occurred_at__gte=since).order_by()
        calls = rows[: MOST + 1].count()
    return Count(days, since, min(calls, MOST), calls > MOST)


def _among_newest(scheme: str, value: str, since: datetime) -> int | None:
    """Count among the rows that were written last; None where that does not tell.

    It tells when they are all there are, when they are more than anybody reads, or when some of
    them were written before the time that is asked about: what was written before those is about
    older calls still. It does not tell after many old calls were imported.
    """
    moment = connection.ops.adapt_datetimefield_value(since)
    for most in LOOKS:
        with connection.cursor() as cursor:
            cursor.execute(_SINCE, [moment, moment, scheme, value, most, scheme, value])
            calls, older, rows = cursor.fetchone()
        if rows < most or older >= ENOUGH or calls > MOST:
            return int(calls)
    return None


def origin(scheme: str, value: str, newest: int = NEWEST) -> Origin:
    """Which vendors sent a code in which fields, and when it came last."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, [scheme, value, newest])
        places = {
            call_id: place
            for its_scheme, its_value, call_id, place in cursor.fetchall()
            if (its_scheme, its_value) == (scheme, value)
        }
    calls = list(Call.objects.filter(pk__in=places).values_list("pk", "vendor", "occurred_at"))
    return Origin(
        fields=tuple(sorted({(vendor, places[pk]) for pk, vendor, _at in calls})),
        last_at=max((at for _pk, _vendor, at in calls), default=None),
    )

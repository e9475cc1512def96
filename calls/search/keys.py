"""The numbers that there are under a beginning or an ending, found by hops along an index.

A table of parties has a row for every call of a number, and one number may have a million. Each hop
asks the index for the next other number, so that what is read grows with the numbers and not with
their calls.
"""

import json
from collections.abc import Sequence

from django.db import connection

from calls.models import Party
from calls.search.parties import Match, Pattern

MOST_KEYS = 1000  # numbers that are looked up one by one; more of them are dense in the list
HEAVY = 1000  # calls of a number from which on it is walked by itself
_LAST = "\U0010ffff"  # sorts after every character of a number

_HOPS = """
WITH RECURSIVE hop(value) AS (
    SELECT * FROM (
        SELECT {column} FROM calls_party WHERE {column} {ge} %s AND {column} {lt} %s
        ORDER BY {column} {order} LIMIT 1
    ) AS first
    UNION ALL
    SELECT (
        SELECT {column} FROM calls_party WHERE {column} {gt} hop.value AND {column} {lt} %s
        ORDER BY {column} {order} LIMIT 1
    ) FROM hop WHERE hop.value IS NOT NULL
)
SELECT value FROM hop WHERE value IS NOT NULL LIMIT %s
"""
_HAVE_MANY = """
SELECT value FROM {values} WHERE EXISTS (
    SELECT 1 FROM calls_party WHERE key = value LIMIT 1 OFFSET %s
)
"""
_PLAIN = {"ge": ">=", "lt": "<", "gt": ">", "order": ""}
# PostgreSQL's comparison by bytes, which is that of the index whatever the database's language is.
_BY_BYTES = {"ge": "~>=~", "lt": "~<~", "gt": "~>~", "order": "USING ~<~"}


def keys_of(pattern: Pattern) -> list[str] | None:
    """The numbers that a pattern stands for; None where they are too many to look up."""
    if pattern.match is Match.WHOLE:
        return list(pattern.keys)
    if pattern.match is Match.CONTAINS:
        return None
    found: list[str] = []
    for key in pattern.keys:
        if pattern.match is Match.BEGINS:
            found += _under("key", key)
        else:
            found += [mirror[::-1] for mirror in _under("mirror", key[::-1])]
    return found if len(found) <= MOST_KEYS else None


def _under(column: str, beginning: str) -> list[str]:
    words = _BY_BYTES if connection.vendor == "postgresql" else _PLAIN
    last = beginning + _LAST
    with connection.cursor() as cursor:
        cursor.execute(_HOPS.format(column=column, **words), [beginning, last, last, MOST_KEYS + 1])
        return [value for (value,) in cursor.fetchall()]


def grouped(keys: Sequence[str]) -> list[list[str]]:
    """Numbers that are to be walked together: those of many calls each by itself."""
    if len(keys) < 2:
        return [list(keys)]
    rows = Party.objects.filter(key__in=keys).order_by()
    if len(rows.values_list("call_id")[:HEAVY]) < HEAVY:
        return [list(keys)]
    heavy = _heavy(keys)
    light = [key for key in keys if key not in heavy]
    return [*([key] for key in keys if key in heavy), *([light] if light else [])]


def _heavy(keys: Sequence[str]) -> set[str]:
    """Those of the numbers that have many calls, asked for at once."""
    is_postgresql = connection.vendor == "postgresql"
    values = "unnest(%s::varchar[]) AS given(value)" if is_postgresql else "json_each(%s)"
    given = list(keys) if is_postgresql else json.dumps(list(keys))
    with connection.cursor() as cursor:
        cursor.execute(_HAVE_MANY.format(values=values), [given, HEAVY])
        return {value for (value,) in cursor.fetchall()}

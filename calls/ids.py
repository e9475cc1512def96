"""Many ids in one query."""

from collections.abc import Iterable

from django.db import connection
from django.db.models.expressions import RawSQL


def these(ids: Iterable[int]) -> RawSQL:
    """Ids as one parameter. As thousands of parameters they cost ten times as much, and as a query
    of their own a database may guess wrong how many they are."""
    listed = ",".join(map(str, ids))
    if connection.vendor == "postgresql":
        return RawSQL("SELECT unnest(%s::bigint[])", [f"{{{listed}}}"])
    return RawSQL("SELECT value FROM json_each(%s)", [f"[{listed}]"])

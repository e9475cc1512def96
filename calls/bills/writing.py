"""Writes down what each row of a bill comes to, and each call that has none.

Three durations are compared: how long people talked by both sides (real), and what the bill charges
with what the account's rule bills. A bill with one duration alone may mean either.
"""

from collections.abc import Callable

from django.db import transaction

from calls.bills import rounding, tables
from calls.models import Bill, BillRow, Verdict

# Rows in a transaction: SQLite lets nobody else write meanwhile, PostgreSQL joins anew for each.
FEW, MANY = 20_000, 200_000
Tell = Callable[[int], object]

_TALKED, _OURS = "coalesce(c.seconds, 0)", "coalesce(c.billed, 0)"
_THEIRS = "coalesce(l.billed, l.seconds)"
# A call that talked, and of which nobody knows what it should be billed.
_IS_OPEN = f"(c.billed IS NULL AND {_TALKED} > 0)"
_EXPLAINED = rounding.in_sql(_TALKED, _THEIRS)
_SAME_TALK = f"abs(l.seconds - {_TALKED}) <= %(slack)s"
_VERDICT = f"""
    CASE
        WHEN l.note <> '' THEN 'unreadable'
        WHEN t.line IS NOT NULL THEN 'doubled'
        WHEN p.line IS NULL THEN 'not_ours'
        WHEN {_THEIRS} IS NULL THEN 'alike'
        WHEN l.seconds IS NOT NULL AND l.billed IS NOT NULL THEN CASE
            WHEN NOT ({_SAME_TALK}) THEN 'duration'
            WHEN l.billed = {_OURS} OR ({_IS_OPEN} AND {_EXPLAINED}) THEN 'alike'
            ELSE 'rounding' END
        WHEN l.seconds IS NOT NULL AND ({_SAME_TALK}) THEN 'alike'
        WHEN {_THEIRS} = {_OURS} OR ({_IS_OPEN} AND {_EXPLAINED}) THEN 'alike'
        WHEN {_EXPLAINED} THEN 'rounding'
        ELSE 'duration'
    END
"""
_COLUMNS = (
    *("bill_id", "verdict", "place", "call_id", "by", "apart_seconds"),
    *("told_id", "caller", "callee", "started_at", "seconds", "billed_seconds"),
    *("charge_millionths", "currency", "our_seconds", "our_billed", "note"),
)
_NAMES = ", ".join(f'"{one}"' for one in _COLUMNS)
_INTO = f"INSERT INTO {BillRow._meta.db_table} ({_NAMES})"
_ROWS = """
    SELECT %(bill)s, {verdict}, l.line, p.call, coalesce(p.found_by, ''), p.apart,
        l.told_id, l.caller, l.callee, {starts}, l.seconds, l.billed,
        l.charge, l.currency, c.seconds, c.billed,
        CASE WHEN t.line IS NOT NULL THEN CAST(t.first_line AS {text}) ELSE l.note END
    FROM bill_line l
    LEFT JOIN bill_pair p ON p.line = l.line
    LEFT JOIN bill_call c ON c.call = p.call
    LEFT JOIN bill_twin t ON t.line = l.line
    WHERE l.line > %(after)s AND l.line <= %(upto)s
"""
_LEFT = """
    INSERT INTO bill_left
    SELECT row_number() OVER (ORDER BY c.starts, c.call), c.call FROM bill_call c
    WHERE c.starts >= %s AND c.starts < %s
        AND (c.billed > 0 OR (c.billed IS NULL AND c.seconds > 0))
        AND NOT EXISTS (SELECT 1 FROM bill_pair p WHERE p.call = c.call)
"""
_CALLS = """
    SELECT %(bill)s, 'not_billed', f.place, f.call, '', NULL,
        '', '', '', NULL, NULL, NULL, NULL, '', c.seconds, c.billed, ''
    FROM bill_left f JOIN bill_call c ON c.call = f.call
    WHERE f.place > %(after)s AND f.place <= %(upto)s
"""


def write(bill: Bill, begins: int, ends: int, tell: Callable[[int, int], object]) -> None:
    """All rows of a bill, in pieces, so that others can write meanwhile. ``begins`` and ``ends``
    bound the calls of which the bill should tell."""
    tables.run(_LEFT, [begins, ends])
    tables.index("bill_left", "place")
    lines = tables.ask("SELECT coalesce(max(line), 0) FROM bill_line")[0]
    left = tables.ask("SELECT count(*) FROM bill_left")[0]
    is_postgres = tables.is_postgres()
    starts = "to_timestamp(l.starts)" if is_postgres else "datetime(l.starts, 'unixepoch')"
    rows = _ROWS.format(verdict=_VERDICT, starts=starts, text="text")
    _in_pieces(bill, rows, lines, lambda done: tell(lines + left, done))
    _in_pieces(bill, _CALLS, left, lambda done: tell(lines + left, lines + done))


def _in_pieces(bill: Bill, rows: str, most: int, tell: Tell) -> None:
    chunk = MANY if tables.is_postgres() else FEW
    for after in range(0, most, chunk):
        given = {"bill": bill.pk, "slack": bill.slack_seconds, "after": after}
        with transaction.atomic():
            tables.run(f"{_INTO} {rows}", given | {"upto": after + chunk})
        tell(min(after + chunk, most))


def clear(bill: Bill) -> None:
    """Delete all rows of a bill, in pieces."""
    for verdict in Verdict.values:
        rows = BillRow.objects.filter(bill=bill, verdict=verdict)
        while (last := rows.order_by("-place").values_list("place", flat=True).first()) is not None:
            rows.filter(place__gt=last - FEW).delete()

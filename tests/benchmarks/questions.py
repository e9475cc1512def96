"""What people ask a year of calls, as an address of the portal and as SQL written by hand.

The SQL asks for the same calls and nothing else; where it is not plain which way is quickest, there
are several, and the quickest counts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from django.utils import timezone

from tests.benchmarks.known import Known

COLUMNS = (
    "c.id, c.account_id, c.vendor, c.call_id, c.service, c.direction, c.caller, c.callee, "
    "c.display_number, c.occurred_at, c.started_at, c.rang_at, c.answered_at, c.ended_at, "
    "c.ring_seconds, c.talk_seconds, c.outcome, c.ended_by, c.state, c.has_dialog, c.has_recording"
)
NEWEST = "ORDER BY c.occurred_at DESC, c.id DESC LIMIT 51"
PARTS = ("leg", "event", "callcode", "recording", "sound", "dialog", "reference", "party")


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """``sqls`` are ways to ask the database for the same; there may be none."""

    what: str
    address: str
    posted: Mapping[str, str] = field(default_factory=dict)
    sqls: Sequence[tuple[str, Sequence[Any]]] = ()


def everything(known: Known) -> Iterator[Question]:
    yield from _lists(known)
    yield from _words(known)
    yield from _deep(known)
    yield from _found(known)
    yield from _pages(known)
    yield from _overview(known)
    yield from _reports(known)


def _list(what: str, query: Mapping[str, str], *sqls: tuple[str, Sequence[Any]]) -> Question:
    address = f"/calls/?{urlencode(query)}" if query else "/calls/"
    return Question(what=what, address=address, sqls=sqls)


def _calls(where: str = "TRUE", values: Sequence[Any] = ()) -> tuple[str, Sequence[Any]]:
    return f"SELECT {COLUMNS} FROM calls_call c WHERE {where} {NEWEST}", values  # noqa: S608


def _of_parties(where: str, values: Sequence[Any]) -> tuple[str, Sequence[Any]]:
    """By the rows of numbers, in their own order."""
    return (
        f"SELECT {COLUMNS} FROM calls_party p JOIN calls_call c ON c.id = p.call_id "  # noqa: S608
        f"WHERE {where} ORDER BY p.occurred_at DESC, p.call_id DESC LIMIT 51",
        values,
    )


def _of_any_party(where: str, values: Sequence[Any]) -> tuple[tuple[str, Sequence[Any]], ...]:
    """By several numbers: a call may have two of them. All at once, or down the list."""
    return (
        _calls(f"c.id IN (SELECT p.call_id FROM calls_party p WHERE {where})", values),  # noqa: S608
        _calls(
            f"EXISTS (SELECT FROM calls_party p WHERE p.call_id = c.id AND {where} OFFSET 0)",
            values,
        ),
    )


def _lists(known: Known) -> Iterator[Question]:
    yield _list("list: first page", {}, _calls())
    for name, key in known.numbers.items():
        yield _list(f"number: {name}", {"number": key}, _of_parties("p.key = %s", [key]))
    busiest = known.numbers["busiest"]
    for digits in (7, 9):
        some = busiest[: digits + 2]  # the country's code comes first
        between = "p.key ~>=~ %s AND p.key ~<~ %s"
        sqls = _of_any_party(between, [some, some + "~"])
        yield _list(f"number: first {digits} digits", {"number": f"{some}*"}, *sqls)
    last = busiest[-4:]
    sqls = _of_any_party("p.mirror ~>=~ %s AND p.mirror ~<~ %s", [last[::-1], last[::-1] + "~"])
    yield _list("number: last 4 digits", {"number": f"*{last}"}, *sqls)
    month = {"from": f"{known.month[0]:%Y-%m-%d}", "to": f"{known.month[1]:%Y-%m-%d}"}
    within, days = "c.occurred_at >= %s AND c.occurred_at < %s", list(known.month_utc)
    yield _list(
        "vendor, a month",
        {"vendor": "huawei", **month},
        _calls(f"c.vendor = 'huawei' AND {within}", days),
    )
    yield _list(
        "outcome, a month",
        {"outcome": "busy", **month},
        _calls(f"c.outcome = 'busy' AND {within}", days),
    )
    by_party = within.replace("c.", "p.")
    for name in ("busiest", "retired"):
        key = known.numbers[name]
        yield _list(
            f"number ({name}), vendor, a month",
            {"number": key, "vendor": "huawei", **month},
            _of_parties(f"p.key = %s AND c.vendor = 'huawei' AND {by_party}", [key, *days]),
        )
    for name, (scheme, value) in known.codes.items():
        yield _list(f"code: {name}", {"code": f"{scheme}/{value}"}, *_of_code(scheme, value))
    yield _list(
        "task",
        {"task": known.task},
        (
            f"SELECT {COLUMNS} FROM calls_reference r JOIN calls_call c ON c.id = r.call_id "  # noqa: S608
            "WHERE r.name = 'task' AND r.value = %s "
            "ORDER BY r.occurred_at DESC, r.call_id DESC LIMIT 51",
            [known.task],
        ),
    )
    yield _list(
        "sorted by talk",
        {"sort": "-talk"},
        (
            f"SELECT {COLUMNS} FROM calls_call c WHERE c.talk_seconds IS NOT NULL "  # noqa: S608
            "ORDER BY c.talk_seconds DESC, c.id DESC LIMIT 51",
            [],
        ),
    )


def _of_code(scheme: str, value: str) -> tuple[tuple[str, Sequence[Any]], ...]:
    code = "SELECT k.call_id FROM calls_callcode k WHERE k.scheme = %s AND k.value = %s"
    return (
        _calls(f"c.id IN ({code})", [scheme, value]),
        _calls(f"EXISTS ({code} AND k.call_id = c.id OFFSET 0)", [scheme, value]),
        (
            f"SELECT {COLUMNS} FROM (SELECT DISTINCT k.occurred_at, k.call_id "  # noqa: S608
            "FROM calls_callcode k WHERE k.scheme = %s AND k.value = %s "
            "ORDER BY k.occurred_at DESC, k.call_id DESC LIMIT 51) k "
            "JOIN calls_call c ON c.id = k.call_id ORDER BY k.occurred_at DESC, k.call_id DESC",
            [scheme, value],
        ),
    )


def _words(known: Known) -> Iterator[Question]:
    for name, (text, pieces) in known.said.items():
        holds = "strpos(' ' || s.{side}, %s) > 0"
        either = " OR ".join(holds.format(side=side) for side in ("robot", "customer"))
        phrase = f" {' '.join(pieces)}"
        vector = "array_to_tsvector(string_to_array(s.{side}, ' ')) @@ %s::tsquery"
        wanted = " & ".join(f"'{one}'" for one in pieces) + ":*"
        indexed = " OR ".join(
            f"({vector.format(side=side)} AND {holds.format(side=side)})"
            for side in ("robot", "customer")
        )
        sqls = [(either, [phrase, phrase]), (indexed, [wanted, phrase, wanted, phrase])]
        yield _list(
            f"said: {name}",
            {"said": text},
            *(
                (
                    f"SELECT {COLUMNS} FROM calls_spoken s JOIN calls_call c ON c.id = s.call_id "  # noqa: S608
                    f"WHERE {where} ORDER BY s.occurred_at DESC, s.call_id DESC LIMIT 51",
                    values,
                )
                for where, values in sqls
            ),
        )


def _deep(known: Known) -> Iterator[Question]:
    for page, (at, pk, cursor) in known.cursors.items():
        yield _list(
            f"list: page {page:,}",
            {"cursor": cursor},
            _calls("(c.occurred_at, c.id) < (%s, %s)", [at, pk]),
        )


def _found(known: Known) -> Iterator[Question]:
    for name, typed in known.typed.items():
        yield Question(what=f"box: {name}", address="/find/", posted={"q": typed})
    counted = "SELECT count(*) FROM (SELECT FROM {rows} LIMIT 10001) some"
    key, (scheme, value) = known.numbers["busiest"], known.codes["common"]
    yield Question(
        what="count: all",
        address="/calls/count/",
        sqls=[(counted.format(rows="calls_call"), [])],
    )
    yield Question(
        what="count: number",
        address=f"/calls/count/?number={key}",
        sqls=[(counted.format(rows="calls_party WHERE key = %s"), [key])],
    )
    rows = "calls_callcode WHERE scheme = %s AND value = %s"
    yield Question(
        what="count: code",
        address=f"/calls/count/?code={quote(f'{scheme}/{value}')}",
        sqls=[(counted.format(rows=rows), [scheme, value])],
    )


def _gathered(name: str) -> str:
    return f"(SELECT json_agg(x) FROM calls_{name} x WHERE x.call_id = c.id)"  # noqa: S608


def _pages(known: Known) -> Iterator[Question]:
    parts = ", ".join(_gathered(name) for name in PARTS)
    turns = (
        "(SELECT json_agg(t) FROM calls_turn t JOIN calls_dialog d ON d.id = t.dialog_id"
        " WHERE d.call_id = c.id)"
    )
    whole = f"SELECT c.*, {turns}, {parts} FROM calls_call c WHERE c.id = %s"  # noqa: S608
    for name, pk in known.calls.items():
        yield Question(what=f"call: {name}", address=f"/calls/{pk}/", sqls=[(whole, [pk])])
    newest = (
        "SELECT c.id, c.vendor, c.occurred_at, c.outcome, c.caller_key, c.callee_key "
        "FROM calls_party p JOIN calls_call c ON c.id = p.call_id WHERE p.key = %s "
        "ORDER BY p.occurred_at DESC, p.call_id DESC LIMIT 2000"
    )
    for name, key in known.numbers.items():
        yield Question(
            what=f"number's page: {name}", address=f"/numbers/{key}/", sqls=[(newest, [key])]
        )
    yield Question(what="codes", address="/codes/")
    for name, (scheme, value) in known.codes.items():
        yield Question(what=f"code's page: {name}", address=f"/codes/{scheme}/{quote(value)}/")
    yield Question(what="API: list", address="/api/v1/calls/", sqls=[_calls()])
    pk = known.calls["with a dialog"]
    yield Question(what="API: call", address=f"/api/v1/calls/{pk}/", sqls=[(whole, [pk])])


# Every figure of the overview in one statement. The rows of the range may be read once for all that
# is asked of them, or anew for each.
_FIGURES = """
    WITH now AS {materialized} (
        SELECT c.id, c.vendor, c.outcome, c.state, c.talk_seconds, c.ring_seconds, c.display_key,
            extract(hour FROM c.occurred_at AT TIME ZONE %s) AS hour,
            extract(isodow FROM c.occurred_at AT TIME ZONE %s) AS day
        FROM calls_call c WHERE c.occurred_at >= %s AND c.occurred_at < %s {also}
    )
    SELECT
        (SELECT json_agg(f) FROM (
            SELECT vendor, hour, day, outcome, count(*), {sums} FROM now
            GROUP BY GROUPING SETS ((vendor), (hour, outcome), (day, hour))
        ) f),
        (SELECT json_agg(f) FROM (
            SELECT vendor, count(*), {sums} FROM calls_call c
            WHERE c.occurred_at >= %s AND c.occurred_at < %s {also} GROUP BY vendor
        ) f),
        (SELECT json_agg(f) FROM (
            SELECT k.scheme, k.value, count(DISTINCT k.call_id) FROM now
            JOIN calls_callcode k ON k.call_id = now.id WHERE now.outcome <> 'answered'
            GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 10
        ) f),
        (SELECT json_agg(f) FROM (
            SELECT display_key, count(*), count(*) FILTER (WHERE outcome = 'answered') FROM now
            WHERE display_key <> '' GROUP BY 1 ORDER BY 2 DESC LIMIT 10
        ) f)
"""
_FIGURE_SUMS = """
    count(*) FILTER (WHERE state = 'in_progress'), count(*) FILTER (WHERE outcome = 'answered'),
    avg(talk_seconds) FILTER (WHERE outcome = 'answered'),
    avg(ring_seconds) FILTER (WHERE outcome = 'answered')
"""


def _figures(
    since: datetime, until: datetime, days: int, also: str = ""
) -> list[tuple[str, Sequence[Any]]]:
    """The figures of a range, beside those of so many days before."""
    zone = timezone.get_current_timezone_name()
    earlier = [at - timedelta(days=days) for at in (since, until)]
    return [
        (
            _FIGURES.format(materialized=one, sums=_FIGURE_SUMS, also=also),
            [zone, zone, since, until, *earlier],
        )
        for one in ("MATERIALIZED", "NOT MATERIALIZED")
    ]


def _overview(known: Known) -> Iterator[Question]:
    now, midnight = timezone.now(), known.month_utc[1]
    day, month, year = (_days(known.month[1], count) for count in (1, 31, 365))
    ranges = {
        "today": ({}, _figures(midnight, now, 7)),
        "a day": (day, _figures(midnight - timedelta(days=1), midnight, 7)),
        "a month": (month, _figures(*known.month_utc, 35)),
        "a year": (year, _figures(midnight - timedelta(days=365), midnight, 371)),
    }
    for name, (query, sqls) in ranges.items():
        address = f"/overview/?{urlencode(query)}" if query else "/overview/"
        yield Question(what=f"overview: {name}", address=address, sqls=sqls)
    yield Question(
        what="overview: a year, by the hour",
        address=f"/overview/hours/?{urlencode(year)}",
        sqls=ranges["a year"][1],
    )
    yield Question(
        what="overview: a month of a vendor",
        address=f"/overview/?{urlencode({'vendor': 'huawei', **month})}",
        sqls=_figures(*known.month_utc, 35, "AND c.vendor = 'huawei'"),
    )
    yield Question(
        what="API: figures of a month",
        address=f"/api/v1/figures/?{urlencode(month)}",
        sqls=ranges["a month"][1],
    )
    # No tally tells of what was talked: these are added up from the calls, part by part.
    for part in ("vendors", "hours", "codes", "numbers"):
        yield Question(
            what=f"overview, cold: a month, {part}",
            address=f"/overview/{part}/?{urlencode({'talk': '>30', **month})}",
            sqls=_figures(*known.month_utc, 35, "AND c.talk_seconds > 30"),
        )


def _days(last: date, count: int) -> dict[str, str]:
    """So many whole days, up to this one, which is not among them."""
    return {"from": f"{last - timedelta(days=count)}", "to": f"{last - timedelta(days=1)}"}


# A report added up from the rows of calls: one statement, grouped by the zone's own periods.
_REPORT = """
    SELECT date_trunc(%s, c.occurred_at AT TIME ZONE %s) AS period, {key} AS key, count(*) AS calls,
        count(*) FILTER (WHERE c.outcome = 'answered'),
        sum(c.talk_seconds) FILTER (WHERE c.outcome = 'answered'),
        count(c.talk_seconds) FILTER (WHERE c.outcome = 'answered'),
        count(c.billed_seconds), sum(c.billed_seconds)
    FROM calls_call c {join} WHERE c.occurred_at >= %s AND c.occurred_at < %s GROUP BY 1, 2
"""
_REPORTED: dict[str, tuple[str, str]] = {
    "vendor": ("c.vendor", ""),
    "account": ("c.account_id", ""),
    "service": ("c.service", ""),
    "shown": ("c.display_key", ""),
    "task": ("r.value", "JOIN calls_reference r ON r.call_id = c.id AND r.name = 'task'"),
}


def _reports(known: Known) -> Iterator[Question]:
    today, midnight = known.month[1], known.month_utc[1]
    zone = timezone.get_current_timezone_name()
    for period, most, most_of_many in (("month", 365, 365), ("week", 365, 35), ("day", 62, 31)):
        for by, (key, join) in _REPORTED.items():
            days = most_of_many if by in {"shown", "task"} else most
            since = midnight - timedelta(days=days)
            query = {"period": period, "by": by, **_days(today, days)}
            yield Question(
                what=f"report: {days} days by {period}, {by}",
                address=f"/reports/?{urlencode(query)}",
                sqls=[(_REPORT.format(key=key, join=join), [period, zone, since, midnight])],
            )

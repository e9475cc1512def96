"""What people ask a year of calls, as an address of the portal and as SQL written by hand.

The SQL asks for the same calls and nothing else; where it is not plain which way is quickest, there
are several, and the quickest counts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

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

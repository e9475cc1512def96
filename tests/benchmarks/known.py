"""What the questions are about: numbers, codes, words and calls that a made-up year has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from calls import words
from calls.models import Call
from calls.numbers import search_key
from calls.paging import OLDER, Cursor
from tests.benchmarks import year

PAGES = (2, 100, 10_000)  # 50 calls each
MIDDLING = 0.005  # of the calls have such a code


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """``cursors`` has, for a page, the last row of the page before it, and its cursor."""

    numbers: Mapping[str, str]
    codes: Mapping[str, tuple[str, str]]
    said: Mapping[str, tuple[str, Sequence[str]]]
    task: str
    month: tuple[date, date]
    cursors: Mapping[int, tuple[datetime, int, str]]
    typed: Mapping[str, str]
    calls: Mapping[str, int]

    @property
    def month_utc(self) -> tuple[datetime, datetime]:
        zone = timezone.get_current_timezone()
        first, last = (datetime(at.year, at.month, at.day, tzinfo=zone) for at in self.month)
        return first, last


def know(count: int) -> Known:
    """Look around in the database that Django is connected to."""
    customer = _one(
        "SELECT callee_key, call_id, id FROM calls_call WHERE vendor = 'yeta' AND callee_key <> ''"
        " ORDER BY occurred_at DESC, id DESC LIMIT 1 OFFSET 77"
    )
    numbers = {
        "busiest": _line(year.BUSIEST),
        "retired": _line(year.RETIRED),
        "a customer's": str(customer[0]),
    }
    today = timezone.localdate()
    with_dialog = _one(
        "SELECT id FROM calls_call WHERE has_dialog AND has_recording"
        " ORDER BY occurred_at DESC, id DESC LIMIT 1 OFFSET 99"
    )
    task = _one("SELECT value FROM calls_reference WHERE name = 'task' ORDER BY call_id LIMIT 1")
    said = {"common": "优惠券", "two characters": "费用", "rare": _rare_name()}
    codes = _codes(count)
    return Known(
        numbers=numbers,
        codes=codes,
        said={name: (text, words.phrase(text)) for name, text in said.items()},
        task=str(task[0]),
        month=(today - timedelta(days=31), today),
        cursors={page: _cursor(page) for page in PAGES if page * 50 < count},
        typed={
            "a number": numbers["a customer's"],
            "the busiest number": numbers["busiest"],
            "four digits": numbers["busiest"][-4:],
            "a call's id": str(customer[1]),
            "a code": "/".join(codes["middling"]),
            "words": said["common"],
            "words that nobody said": "鑫鑫鑫鑫",
        },
        calls={
            "of the busiest number": _of_busiest(numbers["busiest"]),
            "with a dialog": int(with_dialog[0]),
        },
    )


def _one(statement: str, values: Sequence[Any] = ()) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found = cursor.fetchone()
    if found is None:
        raise LookupError(statement)
    return tuple(found)


def _line(place: int) -> str:
    return search_key(year.number(year.LINE, place, "yeta"), "CN")


def _rare_name() -> str:
    """Three characters that somebody said who is called so."""
    text = _one(
        "SELECT text_customer FROM calls_turn WHERE text_customer LIKE %s ORDER BY id LIMIT 1",
        ["上次___先生%"],
    )
    return str(text[0])[2:5]


def _codes(count: int) -> dict[str, tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT scheme, value, count(*) FROM calls_callcode GROUP BY 1, 2")
        found = sorted(cursor.fetchall(), key=lambda row: row[2])
    middling = min(found, key=lambda row: abs(row[2] - count * MIDDLING))
    return {
        "common": found[-1][:2],
        "middling": middling[:2],
        "rare": found[0][:2],
    }


def _cursor(page: int) -> tuple[datetime, int, str]:
    newest = Call.objects.order_by("-occurred_at", "-id").values_list("occurred_at", "pk")
    at, pk = newest[50 * (page - 1) - 1]
    return at, pk, Cursor(OLDER, at, pk).written()


def _of_busiest(key: str) -> int:
    found = _one(
        "SELECT call_id FROM calls_party WHERE key = %s"
        " ORDER BY occurred_at DESC, call_id DESC LIMIT 1 OFFSET 99",
        [key],
    )
    return int(found[0])

"""The storm of one account does not hold up another's pushes."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from vendors import inbox
from vendors.models import Push, State, VendorAccount

pytestmark = pytest.mark.django_db

MakeAccount = Callable[..., VendorAccount]
Send = Callable[..., Any]


def storm(account: VendorAccount, count: int, minutes_ago: float = 10) -> None:
    """So many waiting pushes of an account, all of some minutes ago."""
    at = timezone.now() - timedelta(minutes=minutes_ago)
    Push.objects.bulk_create(
        Push(
            account=account,
            kind="receiveCallRecord",
            received_at=at,
            next_try_at=at,
            path="/",
            remote_address="127.0.0.1",
            trust="not checked",
            body=b"%d" % number,
            digest=number.to_bytes(32, "big"),
            size=4,
        )
        for number in range(count)
    )


def claimed(limit: int) -> dict[str, int]:
    found: dict[str, int] = {}
    for push in inbox._claim(limit):
        found[push.account.name] = found.get(push.account.name, 0) + 1
    return found


def test_a_fresh_push_is_in_the_next_batch_however_many_wait(
    make_account: MakeAccount, push: Send, settings: Any
) -> None:
    settings.PUSH_BATCH = 10
    storm(make_account("yeta", "Storm"), 200)
    quiet = make_account("yeta", "Quiet")
    push(quiet, "receiveCallRecord", {"call_uuid": "c-1"})

    inbox.process()

    assert Push.objects.get(account=quiet).state == State.DONE
    assert Push.objects.filter(state=State.WAITING).count() == 191


def test_shares_are_equal_and_what_one_does_not_need_goes_to_the_others(
    make_account: MakeAccount,
) -> None:
    for name, count, age in (("A", 100, 30), ("B", 100, 20), ("C", 3, 10)):
        storm(make_account("yeta", name), count, age)

    assert claimed(60) == {"C": 3, "A": 28, "B": 29}


def test_an_account_alone_has_the_whole_batch(make_account: MakeAccount) -> None:
    storm(make_account("yeta", "Storm"), 50)
    make_account("yeta", "Quiet")

    assert claimed(30) == {"Storm": 30}


def test_the_oldest_of_a_batch_come_first(make_account: MakeAccount) -> None:
    storm(make_account("yeta", "Young"), 3, 1)
    storm(make_account("yeta", "Old"), 3, 5)

    assert [push.account.name for push in inbox._claim(10)] == ["Old"] * 3 + ["Young"] * 3


def test_one_busy_account_costs_two_queries(make_account: MakeAccount) -> None:
    for name in ("A", "B", "C"):
        storm(make_account("yeta", name), 3 if name == "A" else 0)

    with CaptureQueriesContext(connection) as asked:
        inbox._claim(10)

    assert len(asked) == 2


def test_both_queries_read_the_index_of_what_waits(make_account: MakeAccount) -> None:
    storm(make_account("yeta", "Storm"), 500)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE vendors_push")

    with CaptureQueriesContext(connection) as asked:
        inbox._claim(10)

    for query in asked.captured_queries:
        assert "push_waiting_for" in plan(query["sql"])


def plan(statement: str) -> str:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}")
            return json.dumps(cursor.fetchone())
        cursor.execute(f"EXPLAIN QUERY PLAN {statement}")
        return str(cursor.fetchall())

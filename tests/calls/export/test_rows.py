"""What is read of calls for a file: as the list shows them, as of one moment, in few queries."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from calls import codes, columns, search
from calls.export import making, rows
from calls.jobs.pulse import StoppedError
from calls.models import Call, CallCode, Export, Reference, Tag
from calls.snapshot import one_moment
from tests.calls.export.conftest import NOON, MakeCall

pytestmark = pytest.mark.django_db

Read = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def read() -> Read:
    def read(
        *keys: str, text: str = "", zone: str = "Asia/Shanghai", is_masked: bool = False
    ) -> list[dict[str, Any]]:
        chosen = columns.chosen(keys).columns
        found = search.read_text(text)
        assert not found.problems
        chunks = rows.chunks(found.rows(), chosen, ZoneInfo(zone), is_masked=is_masked)
        return [
            dict(zip(keys, cells, strict=True))
            for chunk in chunks
            for cells in zip(*chunk, strict=True)
        ]

    return read


def clock(seconds: int) -> str:
    return str(datetime(1970, 1, 1) + timedelta(seconds=seconds))  # noqa: DTZ001


def test_all_columns_can_be_read(read: Read, make_call: MakeCall) -> None:
    call = make_call("a", talk_seconds=5, has_dialog=True, user_data="campaign", service="odd one")
    code = {"scheme": "q850", "value": "17", "place": "cause", "push_id": 1}
    CallCode.objects.create(call=call, occurred_at=NOON, **code)
    Tag.objects.create(call=call, name="vip")
    Tag.objects.create(call=call, name="angry")
    for name, value in (("task", "t-1"), ("bind", "b-1"), ("session", "s-1"), ("related", "x")):
        Reference.objects.create(call=call, name=name, value=value, occurred_at=NOON)

    (found,) = read(*columns.BY_KEY)

    assert clock(found.pop("time")) == "2026-11-01 12:00:00"
    assert found == {
        "vendor": "yeta",
        "account": "Main",
        "call_id": "a",
        "service": "odd one",
        "direction": "",
        "caller": "+8613100001111",
        "callee": "13100002222",
        "shown": "",
        "started_at": None,
        "rang_at": None,
        "answered_at": None,
        "ended_at": None,
        "ring": None,
        "outcome": "Busy",
        "talk": 5,
        "billed": None,
        "ended_by": "",
        "state": "Ended",
        "codes": "q850/17",
        "why": codes.meaning(_row("q850", "17")),
        "dialog": "Yes",
        "recording": "No",
        "user_data": "campaign",
        "tags": "angry, vip",
        "task": "t-1",
        "bind": "b-1",
        "subscription": "",
        "session": "s-1",
        "intent": "",
        "keys": "",
    }


def _row(scheme: str, value: str) -> Any:
    row = codes.explain(scheme, value)
    assert row is not None
    return row


def test_words_of_ours_are_in_the_language_in_force(read: Read, make_call: MakeCall) -> None:
    make_call()

    with translation.override("zh-hans"):
        (found,) = read("outcome")

    assert found["outcome"] == "忙线"


def test_a_call_in_progress_has_no_outcome_yet(read: Read, make_call: MakeCall) -> None:
    make_call(outcome="unknown", state="in_progress")

    assert read("outcome", "why") == [{"outcome": "In progress", "why": ""}]


def test_moments_are_those_of_the_zone_on_either_side_of_a_change_of_clocks(
    read: Read, make_call: MakeCall
) -> None:
    change = datetime(2026, 10, 25, 1, 0, tzinfo=UTC)  # summer time ends in Berlin
    make_call(occurred_at=change, started_at=change - timedelta(seconds=1))

    (found,) = read("started_at", "time", zone="Europe/Berlin")

    assert clock(found["started_at"]) == "2026-10-25 02:59:59"
    assert clock(found["time"]) == "2026-10-25 02:00:00"


def test_parts_of_a_second_are_left_off(read: Read, make_call: MakeCall) -> None:
    make_call(occurred_at=NOON + timedelta(microseconds=999_999))
    make_call(occurred_at=datetime(1969, 12, 31, 23, 59, 58, 500_000, tzinfo=UTC))

    assert [clock(row["time"]) for row in read("time", zone="UTC")] == [
        "2026-11-01 04:00:00",
        "1969-12-31 23:59:58",
    ]


def test_numbers_are_masked_wherever_they_stand(read: Read, make_call: MakeCall) -> None:
    call = make_call(display_number="10086", user_data="call 13100003333 back")
    Tag.objects.create(call=call, name="13100004444")

    found = read("caller", "callee", "shown", "user_data", "tags", is_masked=True)

    assert found == [
        {
            "caller": "****1111",
            "callee": "****2222",
            "shown": "10086",
            "user_data": "call ****3333 back",
            "tags": "****4444",
        }
    ]


def test_calls_come_in_the_order_of_the_search_over_all_chunks(
    read: Read, make_call: MakeCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "CHUNK", 2)
    for number in range(5):
        make_call(str(number), talk_seconds=number * 7 % 5)

    assert [row["talk"] for row in read("talk", text="sort:talk")] == [0, 1, 2, 3, 4]
    assert [row["talk"] for row in read("talk", text="sort:-talk talk:>1")] == [4, 3, 2]


def test_codes_belong_to_their_calls_and_stand_in_their_order(
    read: Read, make_call: MakeCall
) -> None:
    for number in range(3):
        call = make_call(str(number), occurred_at=NOON + timedelta(minutes=number))
        for place, value in (("b", f"{number}"), ("a", f"1{number}")):
            code = {"scheme": "sip", "value": value, "place": place, "push_id": 1}
            CallCode.objects.create(call=call, occurred_at=call.occurred_at, **code)

    assert [row["codes"] for row in read("codes")] == [
        "sip/12, sip/2",
        "sip/11, sip/1",
        "sip/10, sip/0",
    ]


def test_a_chunk_costs_as_many_queries_however_many_calls_it_has(
    read: Read, make_call: MakeCall, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        make_call(str(number))
    read(*columns.BY_KEY)  # code tables and notes are remembered

    with django_assert_max_num_queries(5):  # calls, accounts, codes, tags, references
        assert len(read(*columns.BY_KEY)) == 20


@pytest.mark.django_db(transaction=True)
def test_what_others_write_meanwhile_is_not_in_the_file(
    make_call: MakeCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "CHUNK", 1)
    make_call("a")
    call = make_call("b")
    Tag.objects.create(call=call, name="before")

    with one_moment():
        chosen = columns.chosen(["call_id", "tags"]).columns
        found = search.read_text("sort:time").rows()
        chunks = rows.chunks(found, chosen, ZoneInfo("UTC"), is_masked=False)
        seen = [next(chunks)]
        elsewhere(lambda: Tag.objects.update(name="after"))
        elsewhere(lambda: make_call("c", occurred_at=NOON + timedelta(minutes=1)))
        seen += list(chunks)

    assert seen == [[["a"], [""]], [["b"], ["before"]]]
    assert Call.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_whoever_stops_in_the_middle_writes_at_once(
    make_call: MakeCall, order: Callable[..., Export], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "CHUNK", 1)
    for _ in range(3):
        make_call()
    export = order()

    def stop(_total: int, done: int) -> None:
        if done:
            elsewhere(lambda: Export.objects.update(rows_done=done))
            raise StoppedError

    try:
        list(making.pieces(export, stop))
    except StoppedError:
        Export.objects.update(state="cancelled")

    export.refresh_from_db()
    assert (export.state, export.rows_done) == ("cancelled", 1)


def elsewhere(write: Callable[[], object]) -> None:
    """Write through a connection of its own."""

    def run() -> None:
        try:
            write()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()

"""Bills that wait: compared by a process of their own, stopped, taken back, given up."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from calls import tasks
from calls.bills import comparing, keeping, launching, matching, tables, working
from calls.jobs.claiming import claim
from calls.jobs.pulse import Pulse
from calls.models import Bill, BillRow
from tests.calls.bills.conftest import MakeBill, MakeCall, as_csv, line, lists_of

pytestmark = pytest.mark.django_db

State = Bill.State


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The processes that were started: stand-ins that are at work until they have an end."""
    started: list[Any] = []

    class Process:
        end: int | None = None

        def poll(self) -> int | None:
            return self.end

    def start() -> Process:
        started.append(Process())
        return started[-1]  # type: ignore[no-any-return]  # one of ours

    monkeypatch.setattr(launching.launcher, "start", start)
    monkeypatch.setattr(launching.launcher, "processes", [])
    return started


def again(bill: Bill) -> Bill:
    bill.refresh_from_db()
    return bill


def while_reading(act: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let something happen while a file is read, and the pulse notice it."""
    fill_lines = tables.fill_lines

    def meanwhile(lines: Any) -> None:
        fill_lines(lines)
        act()

    monkeypatch.setattr(tables, "fill_lines", meanwhile)


def compare_with_a_beat(bill: Bill, monkeypatch: pytest.MonkeyPatch, act: Any) -> Bill:
    claimed = claim(Bill)
    assert claimed == bill
    pulse = Pulse(claimed)

    def happens() -> None:
        act()
        pulse.beat()

    while_reading(happens, monkeypatch)
    working.compare(claimed, pulse)
    return again(bill)


def test_one_process_is_started_at_a_time(starts: list[Any], make_bill: MakeBill) -> None:
    tasks.sweep_bills()
    assert starts == []

    make_bill(as_csv([line("a")]))
    tasks.sweep_bills()
    tasks.sweep_bills()
    assert len(starts) == 1

    starts[0].end = 0
    tasks.sweep_bills()
    assert len(starts) == 2


def test_a_bill_that_is_cancelled_meanwhile_leaves_no_rows(
    make_call: MakeCall, make_bill: MakeBill, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_call("a")
    bill = make_bill(as_csv([line("a")]))

    compare_with_a_beat(bill, monkeypatch, lambda: Bill.objects.update(state=State.CANCELLED))

    assert (bill.state, bill.claimed_at) == (State.CANCELLED, None)
    assert not BillRow.objects.exists()


def test_a_process_that_is_to_end_gives_its_bill_back(make_bill: MakeBill) -> None:
    bill = make_bill(as_csv([line("a")]))
    claimed = claim(Bill)
    assert claimed is not None

    Pulse(claimed, lambda: True).beat()

    assert (again(bill).state, bill.claimed_at) == (State.WAITING, None)


def test_what_a_dead_process_had_is_compared_again(
    make_call: MakeCall, make_bill: MakeBill
) -> None:
    make_call("a")
    bill = make_bill(as_csv([line("a")]))
    claimed = claim(Bill)
    assert claimed is not None
    comparing.compare(claimed, lambda _stage: None, lambda *_: None)  # and dies before it says so

    keeping.take_back()
    assert again(bill).state == State.RUNNING
    with time_machine.travel(timezone.now() + keeping.ABANDONED_AFTER + timedelta(seconds=1)):
        keeping.take_back()

    assert again(bill).state == State.WAITING
    assert list(lists_of(bill)) == ["alike"]


def test_a_bill_that_breaks_off_each_time_is_given_up(make_bill: MakeBill) -> None:
    bill = make_bill(as_csv([line("a")]))

    for attempt in range(keeping.MOST_ATTEMPTS):
        assert claim(Bill) == bill
        later = (attempt + 1) * (keeping.ABANDONED_AFTER + timedelta(seconds=1))
        with time_machine.travel(timezone.now() + later):
            keeping.take_back()

    assert again(bill).state == State.FAILED
    assert "broke off 3 times" in bill.problem


def test_an_error_of_ours_is_told_and_logged(
    make_bill: MakeBill, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("broken")

    bill = make_bill(as_csv([line("a")]))
    monkeypatch.setattr(matching, "match", broken)

    with caplog.at_level(logging.ERROR):
        working.work(lambda: False)

    assert (again(bill).state, bill.problem) == (State.FAILED, "RuntimeError: broken")
    assert "bill failed" in caplog.messages


def test_a_file_that_is_gone_is_told(make_bill: MakeBill) -> None:
    bill = make_bill(as_csv([line("a")]))
    Bill.objects.update(name=f"{bill.pk}/gone.csv")

    working.work(lambda: False)

    assert again(bill).state == State.FAILED
    assert "Drop the bill again" in bill.problem


def test_no_number_of_a_bill_is_logged(
    make_call: MakeCall, make_bill: MakeBill, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "callportal"):
        lists_of(make_bill(as_csv([line("a"), line("", seconds="x")])))

    assert "1310000" not in caplog.text

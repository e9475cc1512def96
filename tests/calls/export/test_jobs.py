"""Big exports: made by a process of their own, followed, cancelled, taken back, removed."""

import errno
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.utils import timezone

from calls import handles, tasks
from calls.export import keeping, launching, making, rows, working
from calls.jobs.claiming import claim
from calls.jobs.pulse import Pulse
from calls.models import Export
from tests.calls.export.conftest import MakeCall, lines, sheets

pytestmark = pytest.mark.django_db

State = Export.State
Order = Callable[..., Export]


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The processes that were started: stand-ins that are at work until they have an end."""
    started: list[Any] = []

    class Process:
        end: int | None = None

        def poll(self) -> int | None:
            return self.end

    def start() -> Process:
        process = Process()
        started.append(process)
        return process

    monkeypatch.setattr(launching.launcher, "start", start)
    monkeypatch.setattr(launching.launcher, "processes", [])
    return started


def make_all() -> None:
    working.work(lambda: False)


def content(export: Export) -> bytes:
    with storages[keeping.STORAGE].open(export.name) as file:
        return bytes(file.read())


def files() -> list[str]:
    """All that is kept, folders without files among it."""
    storage = storages[keeping.STORAGE]
    return [
        f"{folder}/{name}"
        for folder in storage.listdir("")[0]
        for name in storage.listdir(folder)[1] or [""]
    ]


def test_what_waits_is_made_as_it_was_asked_for(order: Order, make_call: MakeCall) -> None:
    make_call("busy")
    make_call("answered", outcome="answered")
    export = order("outcome:busy", format="xlsx", language="zh-hans", zone="Europe/Berlin")

    make_all()

    export.refresh_from_db()
    assert (export.state, export.rows_total, export.rows_done) == (State.DONE, 1, 1)
    assert export.claimed_at is None
    assert export.finished_at is not None
    assert export.expires_at == export.finished_at + keeping.KEPT_FOR
    found = content(export)
    assert export.size_bytes == len(found)
    calls, about = sheets(found).values()
    assert calls[0] == ["时间", "通话 ID"]
    assert calls[1][1] == "busy"
    assert {"outcome:busy", "1", export.user_name, "Europe/Berlin"} <= {row[1] for row in about}


def test_the_oldest_is_made_first_and_all_of_them(order: Order, make_call: MakeCall) -> None:
    make_call()
    first, second = order(), order()

    assert claim(Export) == first
    make_all()

    second.refresh_from_db()
    assert second.state == State.DONE


def test_an_export_of_no_calls_has_a_head_and_says_so(order: Order) -> None:
    export = order("outcome:busy")

    make_all()

    export.refresh_from_db()
    assert lines(content(export))[:4] == [
        ["Time", "Call id"],
        [],
        ["Filter", "outcome:busy"],
        ["Calls", "0"],
    ]


def test_whoever_may_no_longer_see_numbers_gets_none(order: Order, make_call: MakeCall) -> None:
    handles.rebuild([make_call()])
    export = order("caller:13100001111", columns=["caller"])
    Permission.objects.get(codename="see_numbers").user_set.clear()

    make_all()

    export.refresh_from_db()
    assert export.is_masked
    assert lines(content(export))[1] == ["****1111"]
    assert b"13100001111" not in content(export)


def test_the_file_of_somebody_who_is_gone_shows_no_numbers(
    order: Order, make_call: MakeCall
) -> None:
    make_call()
    export = order(columns=["caller"])
    User.objects.all().delete()

    make_all()

    export.refresh_from_db()
    assert lines(content(export))[1] == ["****1111"]


def test_progress_is_written_down_while_a_file_is_made(order: Order) -> None:
    order()
    export = claim(Export)
    assert export is not None
    pulse = Pulse(export)

    pulse.tell(5_000, 2_000)
    with time_machine.travel(timezone.now() + timedelta(seconds=30)):
        pulse.beat()

    export.refresh_from_db()
    assert (export.rows_total, export.rows_done) == (5_000, 2_000)
    assert export.claimed_at is not None
    assert export.claimed_at > timezone.now()
    assert pulse.is_wanted


def beating_at_each_chunk(monkeypatch: pytest.MonkeyPatch, act: Callable[[Pulse], object]) -> None:
    """Let something happen after the first call is written, and the pulse beat."""
    tell = Pulse.tell

    def told(self: Pulse, total: int, done: int) -> None:
        if done == 1:
            act(self)
            self.beat()
        tell(self, total, done)

    monkeypatch.setattr(rows, "CHUNK", 1)
    monkeypatch.setattr(Pulse, "tell", told)


def test_a_cancelled_export_ends_at_the_next_chunk_and_leaves_no_file(
    order: Order, make_call: MakeCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        make_call()
    export = order()
    cancelled = Export.objects.filter(pk=export.pk)
    beating_at_each_chunk(monkeypatch, lambda _: cancelled.update(state=State.CANCELLED))

    make_all()

    export.refresh_from_db()
    assert (export.state, export.name, export.claimed_at) == (State.CANCELLED, "", None)
    assert files() == []


def test_one_that_is_cancelled_with_its_last_byte_leaves_no_file(
    order: Order, make_call: MakeCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_call()
    export = order()
    finish = working._finish

    def finished(*given: Any) -> None:
        Export.objects.filter(pk=export.pk).update(state=State.CANCELLED)
        finish(*given)

    monkeypatch.setattr(working, "_finish", finished)

    make_all()

    export.refresh_from_db()
    assert (export.state, export.name) == (State.CANCELLED, "")
    assert files() == []


def test_a_process_that_is_to_end_leaves_the_rest_to_the_next(
    order: Order, make_call: MakeCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        make_call()
    export = order()
    over: list[bool] = []
    beating_at_each_chunk(monkeypatch, lambda _: over.append(True))

    working.work(lambda: bool(over))

    export.refresh_from_db()
    assert (export.state, export.claimed_at, files()) == (State.WAITING, None, [f"{export.pk}/"])
    monkeypatch.undo()
    make_all()
    export.refresh_from_db()
    assert (export.state, export.rows_done) == (State.DONE, 3)


def test_what_a_dead_process_left_is_made_again(order: Order, make_call: MakeCall) -> None:
    make_call()
    export = order()
    assert claim(Export) == export
    storages[keeping.STORAGE].save(f"{export.pk}/.half.part", ContentFile(b"half"))

    keeping.take_back()
    export.refresh_from_db()
    assert export.state == State.RUNNING  # its process may yet live

    with time_machine.travel(timezone.now() + keeping.ABANDONED_AFTER + timedelta(seconds=1)):
        keeping.take_back()
    assert files() == []
    make_all()

    export.refresh_from_db()
    assert (export.state, export.attempts) == (State.DONE, 2)
    assert files() == [export.name]


def test_a_process_that_was_taken_for_dead_changes_nothing_when_it_comes_back(
    order: Order, make_call: MakeCall
) -> None:
    make_call()
    export = order()
    mine = claim(Export)
    assert mine is not None
    Export.objects.update(state=State.WAITING, claimed_at=None)
    assert claim(Export) == export

    working.make(mine, Pulse(mine))

    export.refresh_from_db()
    assert (export.state, export.name) == (State.RUNNING, "")


def test_what_breaks_off_each_time_fails_with_a_sentence(order: Order) -> None:
    export = order()
    for _ in range(keeping.MOST_ATTEMPTS):
        assert claim(Export) == export
        Export.objects.update(claimed_at=timezone.now() - timedelta(hours=1))
        keeping.take_back()

    export.refresh_from_db()
    assert (export.state, export.claimed_at) == (State.FAILED, None)
    assert export.problem == "It broke off 3 times. Ask for fewer calls, or for CSV."


def test_a_full_disk_is_a_sentence(
    order: Order, make_call: MakeCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_call()
    export = order()

    def full(*_: Any, **__: Any) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(type(storages[keeping.STORAGE]), "_save", full)

    make_all()

    export.refresh_from_db()
    assert export.state == State.FAILED
    assert export.problem.startswith("There is no room left on the disk")


def test_a_bug_of_ours_is_failed_and_logged(
    order: Order, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    export = order()

    def broken(*_: Any) -> Iterator[bytes]:
        raise RuntimeError("no such thing")

    monkeypatch.setattr(making, "_pieces", broken)

    with caplog.at_level(logging.ERROR):
        make_all()

    export.refresh_from_db()
    assert (export.state, export.problem) == (State.FAILED, "RuntimeError: no such thing")
    assert "export failed" in caplog.messages


def test_a_search_that_is_none_any_more_fails_with_its_problem(order: Order) -> None:
    export = order("favourite:yes")

    make_all()

    export.refresh_from_db()
    assert export.state == State.FAILED
    assert "favourite" in export.problem


def test_a_file_goes_when_its_time_is_over(order: Order, make_call: MakeCall) -> None:
    make_call()
    export = order()
    make_all()

    keeping.remove_expired()
    assert len(files()) == 1
    with time_machine.travel(timezone.now() + keeping.KEPT_FOR + timedelta(seconds=1)):
        keeping.remove_expired()

    export.refresh_from_db()
    assert (export.state, export.name, files()) == (State.EXPIRED, "", [])


def test_a_file_that_cannot_be_deleted_is_tried_again(
    order: Order, make_call: MakeCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_call()
    export = order()
    make_all()
    Export.objects.update(expires_at=timezone.now())

    def stuck(*_: Any) -> None:
        raise OSError("not now")

    with monkeypatch.context() as patch:
        patch.setattr(type(storages[keeping.STORAGE]), "delete", stuck)
        keeping.remove_expired()
    export.refresh_from_db()
    assert (export.state, bool(export.name)) == (State.EXPIRED, True)
    keeping.remove_expired()

    assert files() == []


def test_one_process_makes_what_waits(order: Order, starts: list[Any]) -> None:
    tasks.sweep_exports()
    assert starts == []

    order()
    tasks.sweep_exports()
    tasks.sweep_exports()
    assert len(starts) == 1

    starts[0].end = 0
    tasks.sweep_exports()
    assert len(starts) == 2

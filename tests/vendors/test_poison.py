"""A push that does something to the worker is set aside, and its neighbours go on."""

import io
import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from calls import ingest
from calls.models import Call
from tests import poisons
from tests.conftest import sample
from vendors import inbox
from vendors.models import Push, ReprocessJob, State, VendorAccount
from vendors.poison import notes
from vendors.trouble import groups, jobs, rehearsal

MakeAccount = Callable[..., VendorAccount]
Send = Callable[..., Any]

IN_TIME = "TooLongError: Reading this push did not end in time."
TOO_MUCH = "TooLongError: Reading and merging took too much of the processor's time."
ENDED = "The worker ended while it read this push (try 3 of 3)."
MOST_TURNS = 8


@pytest.fixture(scope="module")
def worker(django_db_setup: None) -> Iterator[poisons.Worker]:
    with poisons.Worker() as one:
        yield one


@pytest.fixture
def poisoned() -> Iterator[None]:
    """This process is a poisoned worker."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inbox, "_read", inbox._read)
        patch.setattr(ingest, "apply", ingest.apply)
        for name in ("PUSH_READ_SECONDS", "PUSH_WORK_SECONDS", "PUSH_MEMORY"):
            patch.setattr(f"django.conf.settings.{name}", 1)
        poisons.poison()
        patch.setattr("django.conf.settings.PUSH_WORK_SECONDS", 30)
        yield


def push_five(push: Send, account: VendorAccount, poison: str) -> Push:
    """Five pushes, the third of which is poison; that one."""
    record = sample("yeta", "receiveCallRecord__document")
    for name in ("call-1", "call-2", poison, "call-4", "call-5"):
        assert push(account, "receiveCallRecord", record | {"call_uuid": name}).status_code == 200
    return Push.objects.order_by("id")[2]


def now_is_the_next_try() -> None:
    Push.objects.filter(state=State.WAITING).update(next_try_at=timezone.now())


def neighbours(bad: Push) -> list[tuple[str, int]]:
    return list(Push.objects.exclude(pk=bad.pk).values_list("state", "attempts"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("poison", "deaths", "problem"),
    [
        ("poison-raise", 0, "RuntimeError: this push is poison"),
        ("poison-hang", 0, IN_TIME),
        ("poison-sleep", 0, IN_TIME),
        ("poison-eat", 0, "MemoryError: Reading it took more than 64 MiB of memory."),
        ("poison-kill", 4, ENDED),
        ("merged-raise", 0, "RuntimeError: this push is poison"),
        ("merged-hang", 0, TOO_MUCH),
        ("merged-kill", 4, ENDED),
    ],
)
def test_a_push_that_is_poison_is_set_aside_after_three_tries(
    poison: str,
    deaths: int,
    problem: str,
    make_account: MakeAccount,
    push: Send,
    worker: poisons.Worker,
) -> None:
    bad = push_five(push, make_account("yeta"), poison)

    ends: list[int] = []
    while Push.objects.filter(state=State.WAITING).exists() and len(ends) < MOST_TURNS:
        ends.append(worker.turn())
        now_is_the_next_try()
    worker.turn()

    bad.refresh_from_db()
    assert (bad.state, bad.attempts, bad.problem) == (State.FAILED, 3, problem)
    assert neighbours(bad) == [(State.DONE, 1)] * 4
    assert Call.objects.count() == 4
    assert sum(end != 0 for end in ends) == deaths


@pytest.mark.django_db(transaction=True)
def test_its_neighbours_are_calls_before_its_second_try(
    make_account: MakeAccount, push: Send, worker: poisons.Worker
) -> None:
    bad = push_five(push, make_account("yeta"), "poison-kill")

    ends = [worker.turn() for _ in range(4)]

    bad.refresh_from_db()
    assert ends == [-signal.SIGKILL] * 3 + [0]
    assert neighbours(bad) == [(State.DONE, 1)] * 4
    assert (bad.state, bad.attempts) == (State.WAITING, 2)
    assert bad.next_try_at > timezone.now()


@pytest.mark.django_db(transaction=True)
def test_what_listens_to_no_exception_is_ended_by_the_kernel(
    make_account: MakeAccount, push: Send, worker: poisons.Worker
) -> None:
    account = make_account("yeta")
    push(account, "receiveCallRecord", b"poison-deaf")

    assert worker.turn() == -signal.SIGXCPU
    now_is_the_next_try()
    Push.objects.update(body=b"mended")
    worker.turn()

    assert Push.objects.get().attempts == 2
    assert Push.objects.get().state == State.UNREADABLE


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_between_two_pushes_costs_no_push_a_try(
    make_account: MakeAccount, push: Send
) -> None:
    account = make_account("yeta")
    push_five(push, account, "call-3")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        notes.write([], [])
        os.write(writing, b"noted")
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)

    inbox.process_all()

    assert os.read(reading, 5) == b"noted"
    assert set(Push.objects.values_list("state", "attempts")) == {(State.DONE, 1)}
    assert notes.take_over() is None


@pytest.mark.django_db
def test_having_it_processed_again_does_not_hang(
    make_account: MakeAccount, push: Send, poisoned: None
) -> None:
    bad = push_five(push, make_account("yeta"), "poison-hang")
    for _ in range(3):
        inbox.process_all()
        now_is_the_next_try()
    out = io.StringIO()

    call_command("reprocess", "--all", stdout=out)

    assert out.getvalue().strip() == "5 pushes processed again: 1 waiting, 4 done"
    bad.refresh_from_db()
    assert (bad.attempts, bad.problem) == (1, IN_TIME)


@pytest.mark.django_db
def test_a_group_of_it_is_tried_out_without_reading_it_and_ends(
    make_account: MakeAccount, push: Send, poisoned: None
) -> None:
    bad = push_five(push, make_account("yeta"), "poison-hang")
    for _ in range(3):
        inbox.process_all()
        now_is_the_next_try()
    trouble = groups.count("failed").largest[0].trouble

    tried = rehearsal.rehearse(rehearsal.sample(trouble.pushes()))
    asked = jobs.start(trouble, "somebody")
    while jobs.carry_on():
        inbox.process_all()

    assert [(one.push, one.problem) for one in tried.tried] == [(bad, IN_TIME)]
    assert asked is not None
    assert ReprocessJob.objects.get().progress == ReprocessJob.Progress.DONE
    assert ReprocessJob.objects.get().failed == 1


@pytest.mark.django_db
def test_large_pushes_are_not_all_in_memory_at_once(
    make_account: MakeAccount, push: Send, settings: Any
) -> None:
    push_five(push, make_account("yeta"), "call-3")
    settings.PUSH_BATCH_BYTES = 2 * Push.objects.order_by("id")[0].size

    assert [inbox.process() for _ in range(4)] == [2, 2, 1, 0]

"""The inbox: waiting pushes become calls once, whatever happens meanwhile."""

import io
import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from calls import ingest
from calls.models import Call, Event
from tests.conftest import sample
from vendors import accounts, inbox, tasks
from vendors.models import Push, State, VendorAccount

MakeAccount = Callable[..., VendorAccount]
Send = Callable[..., Any]


def record(number: int) -> dict[str, Any]:
    return {**sample("yeta", "receiveCallRecord__document"), "call_uuid": f"call-{number}"}


@pytest.mark.django_db
def test_the_bell_is_rung_once_a_push(
    make_account: MakeAccount, push: Send, rings: list[None]
) -> None:
    account = make_account("yeta")

    for number in range(3):
        push(account, "receiveCallRecord", record(number))

    assert len(rings) == 3


@pytest.mark.django_db
def test_one_ring_processes_all_that_waits(
    make_account: MakeAccount, push: Send, settings: Any
) -> None:
    settings.PUSH_BATCH = 4
    account = make_account("yeta")
    for number in range(11):
        push(account, "receiveCallRecord", record(number))

    tasks.process_pushes()

    assert Push.objects.filter(state=State.DONE).count() == 11
    assert Call.objects.count() == 11


@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_time_make_each_call_once(
    make_account: MakeAccount, push: Send, settings: Any
) -> None:
    settings.PUSH_BATCH = 5
    account = make_account("huawei")
    for number in range(40):
        for event in ("callout", "alerting", "answer", "disconnect"):
            body = sample("huawei", f"status__callback_{event}")
            body["statusInfo"]["sessionId"] = f"call-{number % 10}"
            body["statusInfo"]["called"] = f"+8613100000{number:03}"
            push(account, "status", body)

    def work() -> None:
        while inbox.process():
            pass
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert Push.objects.exclude(state=State.DONE).count() == 0
    assert Push.objects.aggregate(total=Sum("attempts"))["total"] == 160
    assert Call.objects.count() == 10
    assert Event.objects.count() == 160


@pytest.mark.django_db
def test_a_push_that_a_clock_ahead_of_ours_kept_is_processed_at_once(
    make_account: MakeAccount, push: Send
) -> None:
    account = make_account("yeta")
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        push(account, "receiveCallRecord", record(1))

    inbox.process_all()

    assert Push.objects.get().state == State.DONE


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_in_the_middle_leaves_everything_waiting(
    make_account: MakeAccount, push: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = make_account("yeta")
    push(account, "receiveCallRecord", record(1))

    def die(*args: Any) -> Any:
        ingest_apply(*args)
        raise KeyboardInterrupt

    ingest_apply = ingest.apply
    monkeypatch.setattr(ingest, "apply", die)
    with pytest.raises(KeyboardInterrupt):
        inbox.process()
    monkeypatch.setattr(ingest, "apply", ingest_apply)

    assert Push.objects.get().state == State.WAITING
    assert not Call.objects.exists()
    inbox.process()
    assert Call.objects.count() == 1


@pytest.mark.django_db
def test_pushes_are_processed_again_by_a_command(make_account: MakeAccount, push: Send) -> None:
    yeta, nxcloud = make_account("yeta"), make_account("nxcloud")
    push(yeta, "receiveCallRecord", record(1))
    push(yeta, "receiveCallRecord", b"nonsense")
    push(nxcloud, "call-result", sample("nxcloud", "call-result__document"))
    inbox.process()
    bad = Push.objects.get(state=State.UNREADABLE)

    def again(*words: str) -> str:
        out = io.StringIO()
        call_command("reprocess", *words, stdout=out)
        return out.getvalue().strip()

    assert again("--id", str(bad.pk)) == "1 pushes processed again: 1 unreadable"
    assert again("--vendor", "yeta") == "2 pushes processed again: 1 done, 1 unreadable"
    assert again("--state", "done") == "2 pushes processed again: 2 done"
    assert again("--since", "2999-01-01") == "0 pushes processed again: none"
    assert again("--since", "2020-01-01T00:00") == "3 pushes processed again: 2 done, 1 unreadable"
    assert again("--all").startswith("3 pushes processed again")
    with pytest.raises(CommandError, match="Say which"):
        again()
    with pytest.raises(CommandError, match="expected a day or a time"):
        again("--since", "soon")


@pytest.mark.django_db
def test_an_unreadable_push_says_where_and_why(make_account: MakeAccount, deliver: Send) -> None:
    body = sample("huawei", "fee__callback")
    body["feeLst"][0]["callEndTime"] = "yesterday"

    calls = deliver(make_account("huawei"), "fee", body)

    push = Push.objects.get()
    expected = 'feeLst[0].callEndTime: expected "YYYY-MM-DD HH:MM:SS", got "yesterday"'
    assert calls == []
    assert (push.state, push.problem) == (State.UNREADABLE, expected)


@pytest.mark.django_db
def test_a_push_knows_the_calls_that_came_of_it(make_account: MakeAccount, deliver: Send) -> None:
    body = sample("huawei", "fee__callback")
    second = json.loads(json.dumps(body["feeLst"][0])) | {"sessionId": "another"}
    body["feeLst"].append(second)

    calls = deliver(make_account("huawei"), "fee", body)

    assert sorted(map(int, Push.objects.get().call_ids.split())) == [call.pk for call in calls]
    assert len(calls) == 2


@pytest.mark.django_db
def test_the_newest_push_address_is_the_one_shown(make_account: MakeAccount) -> None:
    account = make_account("nxcloud")
    before = accounts.webhooks(account)

    accounts.rotate_token(account)

    assert accounts.webhooks(account) != before

"""Files of pushes: what is taken from them, and that taking them twice changes nothing."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from calls.models import Call
from tests.conftest import sample
from tests.vendors.imports.conftest import (
    Drop,
    State,
    again,
    envelope,
    finish,
    lines,
    record,
    zipped,
    zipped_by_windows,
)
from vendors import inbox
from vendors.imports import asking, keeping, taking, working
from vendors.models import Import, LedgerDay, Push, VendorAccount
from vendors.watch import balance

pytestmark = pytest.mark.django_db

Deliver = Callable[..., list[Call]]


def counts(job: Import) -> dict[str, int]:
    names = ("new", "same_bytes", "same_call", "unreadable")
    return {name: job.counts[name] for name in names if job.counts.get(name)}


def everything() -> list[Any]:
    """All that is known of calls and pushes."""
    pushes = Push.objects.order_by("id").values_list("id", "digest", "repeats", "state")
    names = ("id", "said", "caller", "outcome", "updated_at", "is_imported", "record_due_at")
    return [list(pushes), list(Call.objects.order_by("id").values_list(*names))]


def test_an_archive_with_folders_becomes_pushes_and_calls(take: Drop) -> None:
    inner = {
        "2018-12-04/record/a.txt": lines(envelope(record("a")), envelope(record("b"))),
        "2018-12-04/voice/b.txt": lines(
            envelope(sample("yeta", "receiveVoice__document") | {"call_uuid": "a"}, "receiveVoice")
        ),
    }

    job = take(zipped(inner))

    assert (job.state, counts(job)) == (State.DONE, {"new": 3})
    assert set(Call.objects.values_list("call_id", "is_imported")) == {("a", True), ("b", True)}
    push = Push.objects.get(kind="receiveVoice")
    assert push.headers == {
        "file": "failed.zip",
        "path": "2018-12-04/voice/b.txt",
        "line": "1",
        "module": "receiveVoice",
        "retryTimes": "4",
        "timestamp": "1543917600000",
    }
    assert (push.imported, push.path) == (job, f"/imports/{job.pk}/")


def test_names_and_lines_in_gbk_are_read(take: Drop) -> None:
    text = lines(envelope(record("a", task_result_desc="成功")), encoding="gbk")

    take(zipped_by_windows({"推送失败/话单.txt": text}))

    push = Push.objects.get()
    assert push.headers["path"] == "推送失败/话单.txt"
    assert "成功".encode() in bytes(push.body)
    assert Call.objects.get().details["task_result_desc"] == "成功"


def test_a_push_that_came_in_time_is_the_same_push(
    take: Drop, account: VendorAccount, deliver: Deliver
) -> None:
    body = json.dumps(record("a"), ensure_ascii=False, indent=1)
    deliver(account, "receiveCallRecord", body.encode())
    before = everything()

    job = take(f'{{"data": {body.replace(chr(10), " ")}, "module": "receiveVoice"}}'.encode())
    other = take(lines(envelope("placeholder").replace('"placeholder"', body.replace("\n", ""))))

    assert (counts(job), counts(other)) == ({"same_call": 1}, {"same_call": 1})
    assert everything() == before


def test_the_very_bytes_of_a_push_are_found_in_its_line(
    take: Drop, account: VendorAccount, deliver: Deliver
) -> None:
    body = '{"call_uuid":"a",  "duration_call":1.0, "direction":2, "caller":"\\u4e2d"}'
    deliver(account, "receiveCallRecord", body.encode())

    job = take(f'\ufeff{{"module":"receiveCallRecord","data":{body}}}\r\n'.encode(), "x.txt")

    assert counts(job) == {"same_bytes": 1}


def test_importing_twice_changes_nothing(take: Drop) -> None:
    content = zipped({"a.txt": lines(envelope(record("a")), envelope(record("b")), "{broken")})
    take(content)
    before = everything()

    job = take(content)

    assert counts(job) == {"same_bytes": 2, "unreadable": 1}
    assert everything() == before


def test_a_late_push_of_an_imported_line_is_a_repeat(
    take: Drop, account: VendorAccount, deliver: Deliver
) -> None:
    body = json.dumps(record("a"))
    take(f'{{"data":{body},"module":"receiveCallRecord"}}'.encode())

    calls = deliver(account, "receiveCallRecord", body.encode())

    assert [(push.repeats, push.state) for push in Push.objects.all()] == [(1, "done")]
    assert len(calls) == 1


def test_what_cannot_be_read_is_told_by_place(drop: Drop) -> None:
    job = drop(
        zipped(
            {
                "a/b.txt": lines(
                    envelope(record("a")), "", "no json", envelope({"caller": "1"}), "[1]"
                )
            }
        )
    )

    assert (job.state, counts(job)) == (State.READY, {"new": 1, "unreadable": 3})
    assert [(one["path"], one["line"], one["problem"]) for one in job.first_problems] == [
        ("a/b.txt", 3, 'body: expected JSON, got "no json" at line 1 column 1'),
        ("a/b.txt", 4, "call_uuid: expected text, got nothing"),
        ("a/b.txt", 5, "body: expected a JSON object, got [1]"),
    ]


def test_an_oversized_line_is_passed_over(drop: Drop, settings: Any) -> None:
    settings.PUSH_LARGEST = 4_000
    long = envelope(record("long", user_data="x" * 40_000))

    job = drop(lines(long, envelope(record("a"))), "x.txt")

    assert counts(job) == {"new": 1, "unreadable": 1}
    assert "Expected a line of at most 20384 bytes" in job.first_problems[0]["problem"]


def test_fee_records_by_themselves_become_fee_pushes(
    take: Drop, make_account: Callable[..., VendorAccount]
) -> None:
    huawei = make_account("huawei")
    fee = sample("huawei", "fee__callback")
    single = fee["feeLst"][0] | {"sessionId": "single", "icid": "single"}

    job = take(lines(json.dumps(fee), json.dumps(single)), "fees.txt", huawei)

    assert counts(job) == {"new": 2}
    assert (job.counts["as_push"], job.counts["as_record"]) == (1, 1)
    assert set(Push.objects.values_list("kind", "state")) == {("fee", "done")}
    assert Call.objects.filter(call_id="single").exists()


@pytest.mark.parametrize(
    ("vendor", "name", "kind"),
    [
        ("voicepush", "cdr__document", "cdr"),
        ("voicepush", "status__document", "status"),
        ("voicepush", "recording__three_tracks", "recording"),
        ("nxcloud", "call-result__document", "call-result"),
        ("huawei", "status__callback_answer", "status"),
        ("yeta", "receiveDialog__document", "receiveDialog"),
        ("yeta", "receiveVoice__document", "receiveVoice"),
    ],
)
def test_lines_may_be_pushes_by_themselves(
    vendor: str, name: str, kind: str, take: Drop, make_account: Callable[..., VendorAccount]
) -> None:
    of = make_account(vendor, "Other")

    job = take(json.dumps(sample(vendor, name)).encode(), "pushes.txt", of)

    assert counts(job) == {"new": 1}
    assert list(Push.objects.values_list("kind", "state")) == [(kind, "done")]


def test_statuses_are_known_by_what_happened_and_when(
    take: Drop, make_account: Callable[..., VendorAccount], deliver: Deliver
) -> None:
    of = make_account("voicepush")
    started = sample("voicepush", "status__document") | {"eventType": 1}
    ended = started | {"eventType": 4, "eventTime": str(int(started["eventTime"]) + 9)}
    deliver(of, "status", started)

    job = take(lines(json.dumps(started, indent=None, sort_keys=True), json.dumps(ended)), "x", of)

    assert counts(job) == {"same_call": 1, "new": 1}


def test_after_a_crash_it_goes_on_behind_the_last_portion(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "CHUNK", 2)
    job = drop(lines(*(envelope(record(f"c{at}")) for at in range(5))), "x.txt")
    asking.confirm(job, None)
    put = taking._put
    done: list[Any] = []

    def die_at_the_second(*args: Any) -> Any:
        if len(done) == 1:
            raise KeyboardInterrupt
        done.append(args)
        return put(*args)

    with monkeypatch.context() as patch:
        patch.setattr(taking, "_put", die_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            working.work(lambda: False)
    assert (again(job).lines_done, Push.objects.count()) == (2, 2)
    Import.objects.update(claimed_at="2026-01-01T00:00:00Z")
    keeping.take_back()
    working.work(lambda: False)

    assert (again(job).state, counts(again(job))) == (State.DONE, {"new": 5})
    assert Push.objects.count() == 5


def test_what_breaks_off_each_time_fails_in_the_end(drop: Drop) -> None:
    job = drop(envelope(record()).encode(), "x.txt")
    for _at in range(keeping.MOST_BREAKS):
        Import.objects.update(state=State.RUNNING, claimed_at="2026-01-01T00:00:00Z")
        keeping.take_back()

    assert (again(job).state, job.problem) == (
        State.FAILED,
        "It broke off 5 times. Drop the file in parts.",
    )


def test_cancelling_leaves_what_is_in_the_inbox(
    drop: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "CHUNK", 1)
    job = drop(lines(*(envelope(record(f"c{at}")) for at in range(3))), "x.txt")
    asking.confirm(job, None)
    put = taking._put

    def put_and_cancel(*args: Any) -> Any:
        found = put(*args)
        asking.cancel(job, "somebody")
        return found

    monkeypatch.setattr(taking, "_put", put_and_cancel)
    working.work(lambda: False)

    assert (again(job).state, Push.objects.count()) == (State.CANCELLED, 1)
    keeping.tidy()
    assert again(job).name == ""


def test_a_file_is_not_kept_once_it_is_imported(take: Drop) -> None:
    job = take(envelope(record()).encode(), "x.txt")

    assert (job.name, job.sample) == ("", [])
    assert len(job.sha256) == 64


def test_live_pushes_do_not_wait_behind_a_file(drop: Drop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "CHUNK", 1)
    monkeypatch.setattr(taking, "MOST_WAITING", 1)
    job = drop(lines(*(envelope(record(f"c{at}")) for at in range(3))), "x.txt")
    most = []

    def catch_up(_seconds: float) -> None:
        most.append(Push.objects.filter(state="waiting").count())
        inbox.process()

    monkeypatch.setattr("vendors.imports.taking.time.sleep", catch_up)
    finish(job)

    assert most == [1, 1]


def test_what_was_imported_does_not_stand_in_for_what_was_lost(
    take: Drop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(balance, "_SETTLES_IN", timedelta(0))
    monkeypatch.setattr(balance, "_under_way", lambda: (0, 0))  # nobody else writes
    take(envelope(record("a")).encode(), "x.txt")
    balance.take_in()
    today = timezone.localdate()
    balance.recount([today])
    row = LedgerDay.objects.get(day=today)
    assert (row.kept, row.imported, row.balances) == (1, 1, True)

    row.thanked = 1  # for a push that is nowhere

    assert row.lost == 1

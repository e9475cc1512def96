"""Tables of calls: their columns are chosen, and each row becomes a record of a call."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command

from calls.bills import files
from calls.models import Call
from tests.calls.bills.conftest import workbook
from tests.vendors.imports.conftest import State, again, envelope, finish, lines, record
from vendors import inbox
from vendors.adapters import rows
from vendors.imports import asking, column_pages, mapping, working
from vendors.imports.mapping import Mapping
from vendors.models import Import, Push, VendorAccount

pytestmark = pytest.mark.django_db

HEADS = (
    "通话ID",
    "主叫",
    "被叫",
    "开始时间",
    "接通时间",
    "结束时间",
    "通话时长",
    "呼叫结果",
    "方向",
)
NAMES = (
    *("call_id", "caller", "callee", "started_at", "answered_at", "ended_at"),
    *("talk_seconds", "result", "direction"),
)
FIELDS = {name: place for place, name in enumerate(NAMES)}
ROW = (
    *("a", "055196866001", "13100002222", "2026-11-20 12:00:00", "2026-11-20 12:00:08"),
    *("2026-11-20 12:01:08", "60", "0", "呼出"),
)


def as_csv(*table: Sequence[object], encoding: str = "utf-8") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([HEADS, *table])
    return text.getvalue().encode(encoding)


@pytest.fixture
def looked_at(account: VendorAccount) -> Callable[..., Import]:
    """A table whose columns are chosen as they are guessed, looked through."""

    def drop(content: bytes, name: str = "calls.csv", **more: Any) -> Import:
        job = asking.take(account, ContentFile(content, name), name, None)
        assert job.state == State.NEW
        kept = Mapping(fields=FIELDS, zone="Asia/Shanghai", sheet=more.get("sheet", ""))
        assert asking.choose(job, kept, HEADS, "somebody")
        working.work(lambda: False)
        return again(job)

    return drop


def test_heads_are_guessed() -> None:
    assert mapping.guess(HEADS) == FIELDS


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
def test_rows_become_records_of_calls(encoding: str, looked_at: Callable[..., Import]) -> None:
    job = finish(looked_at(as_csv(ROW, encoding=encoding)))

    call = Call.objects.get()
    assert (job.counts["new"], job.counts["as_row"]) == (1, 1)
    assert (call.call_id, call.caller, call.direction) == ("a", "055196866001", "outbound")
    assert call.started_at == datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
    assert (call.talk_seconds, call.outcome, call.is_imported) == (60, "answered", True)
    assert (call.record_due_at, call.codes.get().scheme) == (None, "yeta.task-result")
    assert Push.objects.get().kind == rows.KIND


def test_workbooks_are_read_too(looked_at: Callable[..., Import]) -> None:
    finish(looked_at(workbook([HEADS, ROW]), "calls.xlsx", sheet="Bill"))

    assert Call.objects.get().talk_seconds == 60


def test_the_same_table_twice_changes_nothing(looked_at: Callable[..., Import]) -> None:
    finish(looked_at(as_csv(ROW)))
    before = list(Call.objects.values())

    job = looked_at(as_csv(ROW, ("b", *ROW[1:])))

    assert {name: job.counts[name] for name in ("new", "same_bytes")} == {
        "new": 1,
        "same_bytes": 1,
    }
    assert list(Call.objects.values()) == before


def test_a_row_is_left_out_where_the_vendor_s_record_is(
    looked_at: Callable[..., Import],
    account: VendorAccount,
    deliver: Callable[..., list[Call]],
) -> None:
    deliver(account, "receiveCallRecord", record("a"))

    assert looked_at(as_csv(ROW)).counts == {"same_call": 1}


def test_the_vendor_s_record_counts_when_it_comes_after_a_row(
    looked_at: Callable[..., Import],
    account: VendorAccount,
    deliver: Callable[..., list[Call]],
) -> None:
    finish(looked_at(as_csv((*ROW[:6], "9999", *ROW[7:]))))
    assert Call.objects.get().talk_seconds == 9999

    (call,) = deliver(account, "receiveCallRecord", record("a"))

    assert call.talk_seconds == 28


@pytest.mark.parametrize(
    ("place", "cell", "problem"),
    [
        (0, "", "Row 2, column A: expected an id with all its characters, found nothing."),
        (3, "soon", 'Row 2, column D: expected a date with a time, found "soon".'),
        (6, "long", 'Row 2, column G: expected a duration, found "long".'),
        (
            8,
            "up",
            'Row 2, column I: expected a direction, such as inbound or outbound, found "up".',
        ),
    ],
)
def test_what_a_row_gets_wrong_is_told_by_cell(
    place: int, cell: str, problem: str, looked_at: Callable[..., Import]
) -> None:
    job = looked_at(as_csv((*ROW[:place], cell, *ROW[place + 1 :]), ROW))

    assert (job.counts["new"], job.counts["unreadable"]) == (1, 1)
    assert [one["problem"] for one in job.first_problems] == [problem]


def test_columns_are_remembered_for_the_account(
    account: VendorAccount, looked_at: Callable[..., Import]
) -> None:
    looked_at(as_csv(ROW))
    job = asking.take(account, ContentFile(as_csv(ROW), "next.csv"), "next.csv", None)

    look = column_pages.look_at(job, files.first_rows(io.BytesIO(as_csv(ROW)), "csv"))

    assert look.known is not None
    assert (look.known.by_name, look.guess.zone) == ("somebody", "Asia/Shanghai")


def run(*args: str) -> str:
    out = io.StringIO()
    call_command("import", *args, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def test_a_command_imports_a_file(account: VendorAccount, tmp_path: Path) -> None:
    path = tmp_path / "failed.txt"
    path.write_bytes(lines(envelope(record("a")), "{broken"))

    dry = json.loads(run(str(path), "--account", "Main", "--dry-run", "--json"))
    assert (dry["new"], dry["unreadable"], Push.objects.count()) == (1, 1, 0)
    told = run(str(path), "--account", str(account.pk), "--yes")
    inbox.process()

    assert "Imported" in told
    assert Call.objects.get().is_imported
    assert "1 here already (the same push)" in run(str(path), "--account", "Main", "--yes")


def test_a_command_imports_a_table(account: VendorAccount, tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    path.write_bytes(as_csv(ROW).replace("通话ID".encode(), b"Mark"))

    with pytest.raises(CommandError, match="--column call_id=HEAD"):
        run(str(path), "--account", "Main", "--yes")
    run(str(path), "--account", "Main", "--yes", "--column", "call_id=Mark", "--zone", "UTC")
    inbox.process()

    assert Call.objects.get().started_at == datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("content", "account", "problem"),
    [
        (b"", "Main", "The file is empty."),
        (b"{}", "Nobody", 'There is no account "Nobody".'),
        (b"\x1f\x8b\x08", "Main", "packed as GZIP"),
        (b"\x00\x01\x02", "Main", "neither ZIP nor XLSX"),
        (b"PK\x03\x04broken", "Main", "cannot be read as a ZIP"),
    ],
)
def test_a_command_says_what_is_wrong(
    content: bytes, account: str, problem: str, make_account: Any, tmp_path: Path
) -> None:
    make_account("yeta")
    path = tmp_path / "file"
    path.write_bytes(content)

    with pytest.raises(CommandError, match=problem):
        run(str(path), "--account", account, "--yes")

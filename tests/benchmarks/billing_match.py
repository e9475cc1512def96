"""Comparing a bill of as many rows as there are calls, with and without ids, as CSV and as XLSX.

One account has all calls, of a month. Of its bill each hundredth row is left out, doubled, longer,
rounded otherwise, of nobody here, or broken; the counts that are found are printed beside the time.
*Work* is what the processors did for it, here and in the database, in seconds: other programs on
the machine change that less.

python -m tests.benchmarks.billing_match make CALLS
python -m tests.benchmarks.billing_match compare CASE
"""

import csv
import json
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from tests.benchmarks.report import aligned, say
from tests.benchmarks.rooms import Room, room

CASES = {
    "ids, CSV": ("csv", True),
    "numbers and time, CSV": ("csv", False),
    "ids, XLSX": ("xlsx", True),
}
HEADS = ("通话ID", "主叫", "被叫", "开始时间", "时长(秒)", "计费时长(秒)", "费用", "币种")
BEGAN = datetime(2026, 10, 1, tzinfo=UTC)
MONTH = timedelta(days=30)
FULL = "billed"  # a file beside the data of a database: it is whole
CHUNK = 5_000

# As wide as calls are that came from pushes, in the order of time, as they come.
_CALLS = """
    INSERT INTO calls_call (account_id, vendor, call_id, service, direction, caller, callee,
        display_number, caller_key, callee_key, display_key, started_at, answered_at, ended_at,
        occurred_at, ring_seconds, talk_seconds, billed_seconds, outcome, ended_by, state,
        user_data, details, extra, said, has_dialog, has_recording, is_merged, is_conflicting,
        is_late, first_received_at, updated_at)
    SELECT {account}, 'yeta', md5(n::text), 'robot', 'outbound', '1310000' || lpad((n % 400)::text,
        4, '0'), callee, '', '861310000' || lpad((n % 400)::text, 4, '0'), '86' || callee, '', at,
        at + interval '8 s', at + interval '8 s' + talk * interval '1 s', at, 8, talk,
        (talk + 59) / 60 * 60, 'answered', 'callee', 'ended', '',
        jsonb_build_object('task_id', md5(n::text), 'robot_id', md5((n % 9)::text)),
        jsonb_build_object('a', md5((n + 1)::text), 'b', md5((n + 2)::text), 'c', md5(n::text)),
        jsonb_build_object(n::text, jsonb_build_array('record', at, jsonb_build_array('caller',
        'callee', 'started_at', 'answered_at', 'ended_at', 'talk_seconds', 'outcome'))),
        false, false, false, false, false, at, at
    FROM (SELECT n, '138' || lpad((n::bigint * 7919 % 100000000)::text, 8, '0') AS callee,
        '{began}'::timestamptz + n * ({month} / {count}) * interval '1 s' AS at,
        1 + n * 37 % 300 AS talk FROM generate_series(1, {count}) AS n) AS made
"""


def billing_match(
    counts: Sequence[int], keep: Path | None, rounds: int, *, is_embedded: bool
) -> None:
    """Bills of so many rows against as many calls, in a PostgreSQL each."""
    if is_embedded:
        say("bills: calls are made in PostgreSQL alone; --embedded is left aside")
    for count in counts:
        with room(f"billed{count}", keep, is_embedded=False) as it:
            mark = it.folder / f"{FULL}-{count}"
            if not mark.exists():
                say(it.run("-m", "tests.benchmarks.billing_match", "make", str(count)).strip())
                mark.touch()
            _compare(it, count, rounds)


def _compare(it: Room, count: int, rounds: int) -> None:
    table: list[tuple[str, ...]] = [
        ("bills", "rows/s", "seconds", "reading", "matching", "writing", "work", "MB grown")
    ]
    for case in CASES:
        for _number in range(rounds):
            words = ("-m", "tests.benchmarks.billing_match", "compare", case)
            found = json.loads(it.run(*words).splitlines()[-1])
            stages = [f"{found[name]:.1f}" for name in ("reading", "matching", "writing", "work")]
            rate, grown = f"{found['rows'] / found['seconds']:,.0f}", f"{found['grown']:.0f}"
            table.append((case, rate, f"{found['seconds']:.1f}", *stages, grown))
            say(f"bills: {case}: {found['rows']:,} rows, {found['lists']}")
    say(f"{count:,} calls")
    aligned(table)


# In the room.


def make(count: int) -> None:
    """The calls, and a bill of them in each format."""
    from django.db import connection

    from calls.models import Account

    began = time.perf_counter()
    account = Account.objects.create(vendor="yeta", name="billed")
    given = {"account": account.pk, "began": BEGAN, "month": MONTH.total_seconds()}
    with connection.cursor() as cursor:
        cursor.execute(_CALLS.format(count=count, **given))
        cursor.execute("ANALYZE calls_call")
    say(f"{count:,} calls were made in {time.perf_counter() - began:.0f} s")
    for name, (file_format, has_ids) in CASES.items():
        rows = _billed(has_ids=has_ids)
        (_write_csv if file_format == "csv" else _write_xlsx)(_file(name), rows)
    say(f"bills were written, {time.perf_counter() - began:.0f} s")


def _file(case: str) -> Path:
    from django.conf import settings

    return Path(settings.DATA_DIR) / f"{case.replace(' ', '-')}.{CASES[case][0]}"


def _billed(*, has_ids: bool) -> Iterator[list[str]]:
    """What the vendor bills, not always rightly."""
    from calls.models import Call

    names = ("call_id", "caller", "callee", "started_at", "talk_seconds")
    calls = Call.objects.order_by("pk").values_list(*names).iterator(CHUNK)
    for at, (call_id, caller, callee, started_at, talk) in enumerate(calls):
        begins = f"{started_at + timedelta(hours=8):%Y-%m-%d %H:%M:%S}"
        billed = -(-talk // 60) * 60
        told_id = call_id if has_ids else ""
        row = [
            told_id,
            caller,
            callee,
            begins,
            str(talk),
            str(billed),
            f"{billed / 400:.4f}",
            "CNY",
        ]
        match at % 100:
            case 0:
                continue
            case 1:
                yield row
            case 2:
                row[4] = str(talk + 5)
            case 3:
                row[5] = str(billed + 60)
            case 4:
                row[0], row[2] = f"strange-{at}" if has_ids else "", "13900000000"
            case 5:
                row[3] = "yesterday"
        yield row


def _write_csv(path: Path, rows: Iterator[list[str]]) -> None:
    with path.open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows(_with_heads(rows))


def _with_heads(rows: Iterator[list[str]]) -> Iterator[Sequence[str]]:
    yield HEADS
    yield from rows


def _write_xlsx(path: Path, rows: Iterator[list[str]]) -> None:

    from calls.columns import Kind
    from calls.export import as_xlsx
    from calls.export.sheet import Sheet

    def chunks() -> Iterator[list[list[Any]]]:
        while chunk := list(islice(rows, CHUNK)):
            yield [list(column) for column in zip(*chunk, strict=True)]

    sheet = Sheet(
        title="Bill",
        heads=HEADS,
        kinds=[Kind.TEXT] * len(HEADS),
        chunks=chunks(),
        about_title="About",
        about=list,
    )
    with path.open("wb") as file:
        for piece in as_xlsx.pieces(sheet):
            file.write(piece)


def compare(case: str) -> None:
    """Compare one bill; print how long each stage took, and what was found."""
    from django.core.files import File

    from calls.bills import choosing, comparing, files, keeping, sums
    from calls.models import Account, Bill
    from tests.benchmarks.asking import Meter

    path, account = _file(case), Account.objects.get(name="billed")
    with path.open("rb") as file:
        bill = Bill.objects.create(
            account=account,
            vendor="yeta",
            user_name="bench",
            file_name=path.name,
            format=path.suffix[1:],
            size_bytes=path.stat().st_size,
        )
        keeping.keep(bill, File(file))
        look = choosing.look(bill, files.first_rows(file, bill.format))
    bill.columns = look.guess.kept()
    stages: dict[str, float] = {}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    meter = Meter.new()
    began = time.perf_counter()
    with meter.run():
        comparing.compare(
            bill, lambda stage: stages.setdefault(stage, time.perf_counter()), lambda *_: None
        )
        bill.sums = sums.add_up(bill)
    ended = time.perf_counter()
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    marks = [*(stages[name] for name in ("reading", "matching", "writing")), ended]
    lasted = [later - earlier for earlier, later in pairwise(marks)]
    lists = {name: one.rows for name, one in sums.totals(bill.sums).lists.items() if one.rows}
    rows = sum(lists.values()) - lists.get("not_billed", 0)
    found: dict[str, Any] = {"rows": rows, "seconds": ended - began, "grown": grown}
    found["work"] = meter.work[0] / 1e3
    found |= dict(zip(("reading", "matching", "writing"), lasted, strict=True))
    keeping.remove(bill)
    sys.stdout.write(json.dumps(found | {"lists": lists}) + "\n")


def main(what: str, given: str) -> None:
    import django

    django.setup()
    if what == "make":
        make(int(given))
    else:
        compare(given)


if __name__ == "__main__":
    main(*sys.argv[1:])

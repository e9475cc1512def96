"""Compares a bill with our calls: its file is read, its rows are matched, and lists come of it."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import IO, Any

from calls.bills import files, keeping, lines, matching, tables, writing
from calls.bills.files import Row
from calls.bills.mapping import Mapping
from calls.bills.moments import moment_of
from calls.models import Account, Bill

AROUND = timedelta(days=1)  # beyond the range, calls are looked for but never missed
OFTEN = 2_000  # rows, after which it is told how far the reading is

Tell = Callable[[int, int], object]
Begin = Callable[[str], object]  # told which stage begins


@dataclass(frozen=True, kw_only=True, slots=True)
class Range:
    """The calls of which a bill should tell: from the first moment to before the last."""

    begins: datetime
    ends: datetime


def compare(bill: Bill, begin: Begin, tell: Tell) -> Range | None:
    """Write the rows of a bill anew; what range it was about, None where nothing tells.

    Raises ``files.UnreadableFileError``, and whatever ``tell`` raises to stop it.
    """
    found = Mapping.of(bill.columns)
    writing.clear(bill)
    with tables.made():
        begin(Bill.Stage.READING)
        _read(bill, found, tell)
        begin(Bill.Stage.MATCHING)
        tell(0, 0)
        about = _range(bill)
        if about:
            _match(bill, found, about, tell)
        begin(Bill.Stage.WRITING)
        first, last = _as_seconds(about) if about else (0, 0)
        writing.write(bill, first, last, tell)
    return about


def _read(bill: Bill, found: Mapping, tell: Tell) -> None:
    with closing(keeping.opened(bill)) as file:
        rows = files.rows(file, bill.format, found.sheet)
        tables.fill_lines(lines.read(_counted(rows, file, bill, tell), found))


def _counted(rows: Iterable[Row], file: IO[bytes], bill: Bill, tell: Tell) -> Iterator[Row]:
    """The rows as they come. How far they are is told in bytes, since nobody counted them; a
    workbook is unpacked first, and goes fast then."""
    tell(bill.size_bytes, 0)
    for row in rows:
        yield row
        if row.number % OFTEN == 0:
            tell(bill.size_bytes, file.tell() if bill.format == files.CSV else bill.size_bytes)


def _range(bill: Bill) -> Range | None:
    if bill.begins_at and bill.ends_at:
        return Range(begins=bill.begins_at, ends=bill.ends_at)
    first, last = _span()
    if first is None:
        return None
    return Range(begins=moment_of(first), ends=moment_of(last + 1))


def _span() -> tuple[Any, ...]:
    """The first and the last start of its rows, None where no row has one."""
    return tables.ask("SELECT min(starts), max(starts) FROM bill_line")


def _match(bill: Bill, found: Mapping, about: Range, tell: Tell) -> None:
    accounts = _accounts(bill)
    first, last = _span()
    begins = min(about.begins, moment_of(first) if first is not None else about.begins)
    ends = max(about.ends, moment_of(last) if last is not None else about.ends)
    around = max(AROUND, timedelta(seconds=bill.tolerance_seconds))
    tables.fill_calls([account.pk for account in accounts], begins - around, ends + around)
    tell(0, 0)
    region = accounts[0].default_region if accounts else "CN"
    matching.match(found, region, bill.tolerance_seconds, lambda: tell(0, 0))


def _accounts(bill: Bill) -> list[Account]:
    if bill.account_id:
        return list(Account.objects.filter(pk=bill.account_id))
    return list(Account.objects.filter(vendor=bill.vendor))


def _as_seconds(about: Range) -> tuple[int, int]:
    return int(about.begins.timestamp()), int(about.ends.timestamp())

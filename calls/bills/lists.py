"""The lists of a bill, on its page and in files: the same rows in the same words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from calls import masking
from calls.bills import rounding
from calls.bills.choosing import in_words
from calls.columns import Kind
from calls.export.rows import Chunk
from calls.export.sheet import Sheet
from calls.models import Bill, BillRow, Call, Verdict

PAGE_SIZE = 50
CHUNK = 2_000

MEANINGS = {
    Verdict.NOT_OURS: gettext_lazy("The bill has them, and the portal has no such call."),
    Verdict.NOT_BILLED: gettext_lazy(
        "The portal has these calls, which the vendor would bill, and the bill has not."
    ),
    Verdict.DURATION: gettext_lazy("Found here, but lasting longer or shorter."),
    Verdict.ROUNDING: gettext_lazy(
        "Found here with the same talk time, but billed by another rounding."
    ),
    Verdict.DOUBLED: gettext_lazy("Rows that repeat another row of the bill."),
    Verdict.UNREADABLE: gettext_lazy("Rows in which something could not be understood."),
    Verdict.ALIKE: gettext_lazy("Found here, and nothing differs."),
}
EMPTY = {
    Verdict.NOT_OURS: gettext_lazy("Every row of the bill has a call here."),
    Verdict.NOT_BILLED: gettext_lazy("The bill has every call that the vendor would bill."),
    Verdict.DURATION: gettext_lazy("No call lasted longer or shorter on the bill."),
    Verdict.ROUNDING: gettext_lazy("No call was billed by another rounding."),
    Verdict.DOUBLED: gettext_lazy("No row repeats another."),
    Verdict.UNREADABLE: gettext_lazy("Every row could be read."),
    Verdict.ALIKE: gettext_lazy("No row of the bill agrees with a call."),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A row of a list: both sides' values, and what is to be said about it."""

    row: BillRow
    call: Call | None
    more_seconds: int | None
    said: str

    @property
    def caller(self) -> str:
        return self.row.caller or (self.call.caller if self.call else "")

    @property
    def callee(self) -> str:
        return self.row.callee or (self.call.callee if self.call else "")

    @property
    def told_id(self) -> str:
        """The id of a call is no number. Another may be one, if the wrong column was chosen."""
        own = self.call.call_id if self.call else ""
        return masking.text(self.row.told_id) if self.row.told_id not in {"", own} else own

    @property
    def at(self) -> Any:
        return self.row.started_at or (self.call.occurred_at if self.call else None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Rows, and the places beside which the pages before and after begin, where there are any."""

    rows: Sequence[Shown]
    before: int | None
    after: int | None


def turn(bill: Bill, verdict: str, after: int | None, before: int | None) -> Page:
    """A page of a list: behind a place, or before one."""
    rows = _rows(bill, verdict)
    if before is not None:
        found = list(rows.filter(place__lt=before).order_by("-place")[: PAGE_SIZE + 1])
        is_more, found = len(found) > PAGE_SIZE, found[:PAGE_SIZE][::-1]
        return _page(found, has_before=is_more, has_after=True)
    found = list(rows.filter(place__gt=after or 0).order_by("place")[: PAGE_SIZE + 1])
    is_more = len(found) > PAGE_SIZE
    return _page(found[:PAGE_SIZE], has_before=bool(after), has_after=is_more)


def _page(found: Sequence[BillRow], *, has_before: bool, has_after: bool) -> Page:
    return Page(
        rows=[_shown(row) for row in found],
        before=found[0].place if found and has_before else None,
        after=found[-1].place if found and has_after else None,
    )


def _rows(bill: Bill, verdict: str) -> Any:
    rows = BillRow.objects.filter(bill=bill, verdict=verdict).select_related("call")
    return rows.defer("call__extra", "call__details", "call__said", "call__user_data")


def _shown(row: BillRow) -> Shown:
    return Shown(row=row, call=row.call, more_seconds=more_seconds(row), said=_said(row))


def more_seconds(row: BillRow) -> int | None:
    """By how much the bill's duration is longer than ours: the one in which they differ."""
    if row.verdict == Verdict.ROUNDING or (row.seconds is None and row.our_billed is not None):
        theirs = row.seconds if row.billed_seconds is None else row.billed_seconds
        return None if theirs is None else theirs - (row.our_billed or 0)
    if row.verdict != Verdict.DURATION:
        return None
    theirs = row.billed_seconds if row.seconds is None else row.seconds
    return None if theirs is None else theirs - (row.our_seconds or 0)


def _said(row: BillRow) -> str:
    """What is to be said about a row, in a sentence."""
    match row.verdict:
        case Verdict.UNREADABLE:
            _field, place, expected, found = row.told
            return in_words(row.place, place, expected, found)
        case Verdict.DOUBLED:
            return _("Repeats row %(row)d") % {"row": row.told}
        case Verdict.ROUNDING:
            return _explained(row)
    if row.by == "number":
        away = abs(row.apart_seconds or 0)
        said = ngettext(
            "Found by its numbers, %(count)d second away",
            "Found by its numbers, %(count)d seconds away",
            away,
        )
        return said % {"count": away}
    return _("Found by its id") if row.by else ""


def _explained(row: BillRow) -> str:
    """Which rounding makes the bill's duration of ours."""
    theirs = row.seconds if row.billed_seconds is None else row.billed_seconds
    found = rounding.roundings(row.our_seconds or 0, theirs or 0)
    if not found:
        return _("No usual rounding explains it")
    unit, legs = found[0]
    if unit == 1:
        said = _("Billed by the second")
    elif unit == 60:
        said = _("Billed by every started minute")
    else:
        said = _("Billed by every started %(unit)d seconds") % {"unit": unit}
    return _("%(rounding)s, for each of two legs") % {"rounding": said} if legs > 1 else said


# Files.


def sheet(bill: Bill, verdict: str, zone: ZoneInfo) -> Sheet:
    """A list as a file, in the language in force and for the eyes that read."""
    heads = [
        (_("Row of the bill"), Kind.SECONDS),
        (_("Call id"), Kind.TEXT),
        (_("Caller"), Kind.TEXT),
        (_("Called party"), Kind.TEXT),
        (_("Start on the bill"), Kind.MOMENT),
        (_("Start here"), Kind.MOMENT),
        (_("Real duration on the bill (seconds)"), Kind.SECONDS),
        (_("Talk time here (seconds)"), Kind.SECONDS),
        (_("Billed on the bill (seconds)"), Kind.SECONDS),
        (_("Billed here (seconds)"), Kind.SECONDS),
        (_("Difference (seconds)"), Kind.SECONDS),
        (_("Charge"), Kind.SECONDS),
        (_("Currency"), Kind.TEXT),
        (pgettext("about a row", "Remark"), Kind.TEXT),
    ]
    made = timezone.localtime(timezone.now(), zone)
    return Sheet(
        title=str(Verdict(verdict).label),
        heads=[head for head, _kind in heads],
        kinds=[kind for _head, kind in heads],
        chunks=_chunks(bill, verdict, zone),
        about_title=_("About this file"),
        about=lambda: [
            (_("Bill"), bill.file_name),
            (_("Of"), str(bill.account or bill.vendor)),
            (_("List"), str(Verdict(verdict).label)),
            (_("Starts may differ by (seconds)"), str(bill.tolerance_seconds)),
            (_("Durations may differ by (seconds)"), str(bill.slack_seconds)),
            (_("Made"), f"{made:%Y-%m-%d %H:%M:%S}"),
            (_("Time zone"), str(zone)),
            (_("Numbers"), _("Whole") if masking.sees_numbers() else _("Masked")),
        ],
    )


def _chunks(bill: Bill, verdict: str, zone: ZoneInfo) -> Iterator[Chunk]:
    last = 0
    while rows := list(_rows(bill, verdict).filter(place__gt=last).order_by("place")[:CHUNK]):
        last = rows[-1].place
        lines = [_cells(_shown(row), zone) for row in rows]
        yield [list(cells) for cells in zip(*lines, strict=True)]


def _cells(shown: Shown, zone: ZoneInfo) -> tuple[Any, ...]:
    row, call = shown.row, shown.call
    return (
        None if row.verdict == Verdict.NOT_BILLED else row.place,
        shown.told_id,
        masking.number(shown.caller),
        masking.number(shown.callee),
        _wall_clock(row.started_at, zone),
        _wall_clock(call.occurred_at if call else None, zone),
        row.seconds,
        row.our_seconds,
        row.billed_seconds,
        row.our_billed,
        shown.more_seconds,
        row.charge,
        row.currency,
        shown.said,
    )


def _wall_clock(at: Any, zone: ZoneInfo) -> int | None:
    """Seconds since 1970 as a clock on the wall would count them."""
    if at is None:
        return None
    offset = at.astimezone(zone).utcoffset()
    return int(at.timestamp()) + int(offset.total_seconds())

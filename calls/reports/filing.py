"""Reports as files: every row, then the total of each period and of all, then what they are about.

Numbers are numbers. Minutes are the seconds of all calls of a row added up, divided by 60 and then
rounded to two decimals, so that the minutes of rows may differ from a total by some hundredths.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from calls import masking
from calls.columns import Kind
from calls.export import as_csv, as_xlsx
from calls.export.asking import EXPORT as EXPORT
from calls.export.rows import Chunk
from calls.export.sheet import Sheet
from calls.models import Export
from calls.reports import building, periods
from calls.reports.asking import Asked, By, services
from calls.reports.building import Row
from calls.reports.counting import Sums
from calls.reports.periods import RANGE_LABELS, Step
from calls.snapshot import one_moment

log = logging.getLogger("callportal.exports")

CHUNK = 2_000  # rows

_WRITERS: dict[str, Callable[[Sheet], Iterator[bytes]]] = {
    Export.Format.CSV: as_csv.pieces,
    Export.Format.XLSX: as_xlsx.pieces,
}
_NUMBERS = 8  # columns of figures


@dataclass(slots=True)
class Made:
    """A file of a report, for whoever reads; ``rows`` are those written so far."""

    asked: Asked
    format: str
    by: str
    at: datetime
    rows: int = 0

    @classmethod
    def of(cls, asked: Asked, file_format: str, by: str) -> "Made":
        return cls(asked, file_format, by, timezone.now())

    @property
    def name(self) -> str:
        """What the file is called; it names nobody."""
        days = self.asked.days
        return f"report-{self.asked.by}-{days.first:%Y%m%d}-{days.last:%Y%m%d}.{self.format}"

    def pieces(self) -> Iterator[bytes]:
        """The file, piece by piece, as of one moment."""
        with one_moment():
            yield from _WRITERS[self.format](
                Sheet(
                    title=_("Report"),
                    heads=_heads(self.asked),
                    kinds=[*_kinds(self.asked), *[Kind.SECONDS] * _NUMBERS],
                    chunks=self._chunks(),
                    about_title=_("About this file"),
                    about=self._about,
                )
            )

    def _chunks(self) -> Iterator[Chunk]:
        rows = map(self._cells, chain(building.every_row(self.asked), self._totals()))
        while some := list(islice(rows, CHUNK)):
            self.rows += len(some)
            yield [list(column) for column in zip(*some, strict=True)]

    def _totals(self) -> Iterator[Row]:
        """Asked for once all rows are written."""
        yield from building.every_total(self.asked)

    def _cells(self, row: Row) -> list[Any]:
        label = row.label if row.is_whole else periods.label(row.period, self.asked.step)
        days = [str(row.period.first), str(row.period.last)]
        named = [] if self.asked.by == By.NOTHING else [row.label]
        return [label, *days, *named, *_figures(row.sums)]

    def _about(self) -> Sequence[tuple[str, str]]:
        asked, made = self.asked, timezone.localtime(self.at, periods.zone())
        known = {key: str(label) for key, label in services().items()}
        accounts = [str(asked.accounts[pk]) for pk in asked.account_ids]
        return [
            (_("Days"), f"{asked.days.first} – {asked.days.last}"),
            (_("Range"), str(RANGE_LABELS.get(asked.range, _("As chosen")))),
            (_("By"), f"{Step(asked.step).label}, {By(asked.by).label}"),
            (_("Vendors"), ", ".join(asked.vendors) or _("All")),
            (_("Accounts"), ", ".join(accounts) or _("All")),
            (_("Services"), ", ".join(known[one] for one in asked.services) or _("All")),
            (_("Time zone of days"), periods.zone().key),
            (_("Minutes"), _("Seconds added up, divided by 60, rounded to two decimals")),
            (_("Billed"), _("By the rules of each vendor and account: see the page of reports")),
            (_("Exported by"), self.by),
            (_("Made"), f"{made:%Y-%m-%d %H:%M:%S}"),
            (_("Numbers"), _("Whole") if masking.sees_numbers() else _("Masked")),
            (_("From"), settings.PUBLIC_URL),
        ]


def _heads(asked: Asked) -> list[str]:
    named = [] if asked.by == By.NOTHING else [str(By(asked.by).label)]
    return [
        str(Step(asked.step).label),
        _("First day"),
        pgettext("of a range", "Last day"),
        *named,
        _("Calls"),
        _("Answered"),
        _("Answered (%)"),
        _("Talk (minutes)"),
        _("Billed calls"),
        _("Billed (minutes)"),
        _("Billed (seconds)"),
        _("Mean talk (seconds)"),
    ]


def _kinds(asked: Asked) -> list[Kind]:
    named = [] if asked.by == By.NOTHING else [Kind.TEXT]
    return [Kind.TEXT] * 3 + named


def _figures(sums: Sums) -> list[float | int | None]:
    return [
        sums.calls,
        sums.answered,
        None if sums.answer_rate is None else round(sums.answer_rate, 2),
        round(sums.talk_seconds / 60, 2),
        sums.billed_calls,
        round(sums.billed_seconds / 60, 2),
        sums.billed_seconds,
        None if sums.mean_talk is None else round(sums.mean_talk, 1),
    ]


def keep_record(made: Made, user: Any, address: str, size: int) -> None:
    """Write down who took a report away; the file is kept nowhere."""
    now = timezone.now()
    export = Export.objects.create(
        user=user,
        user_name=user.get_username(),
        address=address,
        format=made.format,
        report=made.asked.dated.query,
        zone=periods.zone().key,
        language=get_language() or "en",
        is_masked=not masking.sees_numbers(),
        state=Export.State.DONE,
        rows_done=made.rows,
        rows_total=made.rows,
        size_bytes=size,
        finished_at=now,
        downloads=1,
    )
    log.info(
        "export made",
        extra={"export": export.pk, "user": export.user_name, "rows": made.rows},
    )

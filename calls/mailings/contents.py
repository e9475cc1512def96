"""What is e-mailed: a report, or the calls of a view, as its owner would see it at that moment."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import QueryDict
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from calls import columns, masking, saved
from calls.columns import Kind
from calls.export import making
from calls.export.asking import EXPORT
from calls.export.rows import chunks
from calls.export.sheet import date_of, time_of
from calls.mailings import due
from calls.models import Export, Mailing
from calls.permissions import READ_CALLS, READ_REPORTS
from calls.reports import asking, building, periods
from calls.reports.filing import Made
from calls.search import Search
from calls.search.clauses import Clause, Clauses

LARGEST = 5 * 1024 * 1024  # bytes of a file that is attached
SHOWN_CALLS = 20
SHOWN_LINES = 60  # of a report, in the mail itself
_TIMES = frozenset({"from", "to", "when"})


class NotPossibleError(Exception):
    """It cannot be made, now or later; the sentence says why and whose move it is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Content:
    """``data`` is None where the file is too large to be attached: ``address`` leads to it then."""

    subject: str
    text: str
    html: str
    file_name: str
    content_type: str
    data: bytes | None


def make(mailing: Mailing, at: datetime) -> Content:
    """For the eyes and in the language that are in force. Raises NotPossibleError."""
    needed = [READ_CALLS, EXPORT] if mailing.view_id else [READ_REPORTS]
    if not mailing.owner.has_perms(needed):
        raise NotPossibleError(
            _("%(name)s may no longer read this. An administrator can give the permission back.")
            % {"name": mailing.owner.get_username()}
        )
    return _of_view(mailing, at) if mailing.view_id else _of_report(mailing, at)


def _of_report(mailing: Mailing, at: datetime) -> Content:
    asked = asking.read(QueryDict(mailing.report), due.day_of(at))
    if asked.problems:
        raise NotPossibleError(" ".join(asked.problems))
    report = building.build(asked)
    file = Made.of(asked, mailing.format, mailing.owner.get_username())
    data = bounded(file.pieces(), LARGEST)
    context = {
        "report": report,
        "groups": _short(report.groups),
        "row_label": "" if asked.by == asking.By.NOTHING else asking.By(asked.by).label,
        "days": asked.days,
        "zone": periods.zone().key,
    }
    address = f"{reverse('reports')}?{asked.dated.query}"
    return _written(mailing, "report", context, address, file.name, data)


def _short(groups: Sequence[building.Group]) -> list[building.Group]:
    """Periods with as many of their rows as a mail has room for; totals are always there."""
    found, room = [], SHOWN_LINES
    for group in groups:
        lines = group.lines[: max(room, 0)]
        room -= len(lines)
        found.append(building.Group(group.label, lines, group.total))
    return found


def search_of(mailing: Mailing, at: datetime) -> Search:
    """The calls of a view: those of the week or month before, where it says no time of its own."""
    if mailing.view is None:
        raise NotPossibleError(_("The view was deleted."))
    found = saved.search_of(mailing.view)
    if any(one.name in _TIMES for one in found.clauses.clauses):
        return found
    days = due.days_before(mailing.every, at)
    times = [Clause("from", (days.since.isoformat(),)), Clause("to", (days.until.isoformat(),))]
    return Search(Clauses((*found.clauses.clauses, *times), found.clauses.sort))


def _of_view(mailing: Mailing, at: datetime) -> Content:
    view = saved.visible(mailing.owner).filter(mailings=mailing).first()
    if view is None:
        raise NotPossibleError(_("The view is no longer shared with you."))
    found = search_of(mailing, at)
    if found.problems:
        raise NotPossibleError(" ".join(one.text for one in found.problems))
    shown = columns.in_a_file(columns.chosen(view.columns))
    export = Export(
        user=mailing.owner,
        user_name=mailing.owner.get_username(),
        format=mailing.format,
        search=found.text,
        columns=shown.keys,
        zone=periods.zone().key,
        language=mailing.language,
        is_masked=not masking.sees_numbers(),
        asked_at=at,
    )
    data = bounded(making.pieces(export), LARGEST)
    context = {
        "view": view,
        "count": export.rows_total,
        "heads": [str(column.label) for column in shown.columns],
        "rows": _first_rows(found, shown.columns),
        "days": due.days_before(mailing.every, at),
        "zone": periods.zone().key,
    }
    address = f"{reverse('calls')}?{found.query}"
    return _written(mailing, "view", context, address, making.file_name(export), data)


def _first_rows(found: Search, shown: Sequence[columns.Column]) -> list[list[str]]:
    zone, is_masked = periods.zone(), not masking.sees_numbers()
    with closing(chunks(found.rows()[:SHOWN_CALLS], shown, zone, is_masked=is_masked)) as read:
        cells = next(read, [])
    moments = [column.kind is Kind.MOMENT for column in shown]
    written = [
        [_cell(value, is_moment=is_moment) for value in column]
        for is_moment, column in zip(moments, cells, strict=False)
    ]
    return [list(row) for row in zip(*written, strict=True)]


def _cell(value: Any, *, is_moment: bool) -> str:
    if value is None:
        return ""
    return f"{date_of(value)} {time_of(value)}" if is_moment else str(value)


def bounded(pieces: Generator[bytes] | Iterator[bytes], most: int) -> bytes | None:
    """What the pieces come to; None where that is more than so many bytes."""
    made = bytearray()
    try:
        for piece in pieces:
            made += piece
            if len(made) > most:
                return None
    finally:
        if isinstance(pieces, Generator):
            pieces.close()
    return bytes(made)


def _written(
    mailing: Mailing,
    what: str,
    context: dict[str, Any],
    path: str,
    file_name: str,
    data: bytes | None,
) -> Content:
    days = context["days"]
    context |= {
        "mailing": mailing,
        "address": f"{settings.PUBLIC_URL}{path}",
        "file_name": file_name,
        "is_attached": data is not None,
        "most_mib": LARGEST // 1024**2,
        "is_masked": not masking.sees_numbers(),
        "mailings_address": f"{settings.PUBLIC_URL}{reverse('mailings')}",
    }
    said = {"name": mailing.name, "first": days.first, "last": days.last}
    return Content(
        subject=_("%(name)s, %(first)s to %(last)s") % said,
        text=render_to_string(f"calls/mailings/{what}.txt", context).strip() + "\n",
        html=render_to_string(f"calls/mailings/{what}.html", context),
        file_name=file_name,
        content_type=making.TYPES[mailing.format],
        data=data,
    )

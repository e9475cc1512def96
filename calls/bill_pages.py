"""Bills: the list of those that were dropped, one of them, and its lists as files."""

import tempfile
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote

from django.contrib.auth.decorators import permission_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from calls.audit import Action, record
from calls.bills import asking, keeping, lists, sums
from calls.export import as_csv, as_xlsx, making
from calls.export import asking as exports
from calls.models import Account, Bill, Verdict
from calls.permissions import READ_CALLS

NEEDED = [READ_CALLS, asking.SEE]
LISTED = 50
MONTHS = 13
IN_MEMORY = 1024 * 1024  # bytes of a small file
WRITERS = {"csv": as_csv.pieces, "xlsx": as_xlsx.pieces}
MEGABYTE = 1024 * 1024

TONES = {
    Bill.State.NEW: "warn",
    Bill.State.WAITING: "quiet",
    Bill.State.RUNNING: "live",
    Bill.State.DONE: "good",
    Bill.State.CANCELLED: "quiet",
    Bill.State.FAILED: "bad",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A bill in the list; how many rows differ, None where it was not compared."""

    bill: Bill
    tone: str
    rows: int
    differing: int | None


@require_safe
@permission_required(NEEDED, raise_exception=True)
def bill_list(request: HttpRequest) -> HttpResponse:
    """Bills, the newest first, and where to drop another."""
    return bills(request)


def bills(request: HttpRequest, problem: str = "", status: int = 200) -> HttpResponse:
    """The list of bills, with a sentence where one could not be taken."""
    found = Bill.objects.exclude(state=Bill.State.DELETED).select_related("account")
    rows = [_shown(bill) for bill in found[:LISTED]]
    context = {
        "bills": rows,
        "is_moving": any(row.bill.is_moving for row in rows),
        "most": LISTED if len(rows) == LISTED else None,
        "may_add": request.user.has_perm(asking.ADD),
        "owners": owners(),
        "months": months(),
        "largest": keeping.LARGEST // MEGABYTE,
        "problem": problem,
    }
    is_partial = request.htmx and not problem  # type: ignore[attr-defined]
    template = "calls/_bill_table.html" if is_partial else "calls/bill_list.html"
    response = render(request, template, context, status=status)
    response["Vary"] = "HX-Request"
    return response


def _shown(bill: Bill) -> Shown:
    amounts = sums.totals(bill.sums).lists
    rows = sum(amount.rows for verdict, amount in amounts.items())
    is_done = bill.state == Bill.State.DONE
    return Shown(
        bill=bill,
        tone=TONES[Bill.State(bill.state)],
        rows=rows - amounts[Verdict.NOT_BILLED].rows,
        differing=rows - amounts[Verdict.ALIKE].rows if is_done else None,
    )


def owners() -> list[tuple[str, str]]:
    """Whose a bill may be: an account, or all accounts of a vendor."""
    accounts = list(Account.objects.order_by("vendor", "name"))
    found = [(f"account:{account.pk}", str(account)) for account in accounts]
    several = {one.vendor for one in accounts if sum(a.vendor == one.vendor for a in accounts) > 1}
    return found + [
        (f"vendor:{vendor}", _("%(vendor)s: all accounts") % {"vendor": vendor})
        for vendor in sorted(several)
    ]


def months() -> list[tuple[str, str]]:
    """The months that a bill may be about, the last one first."""
    first = timezone.localdate().replace(day=1)
    found = []
    for _at in range(MONTHS):
        found.append((f"{first:%Y-%m}", f"{first:%Y-%m}"))
        first = (first - timedelta(days=1)).replace(day=1)
    return found


def month_of(word: str) -> tuple[date, date] | None:
    """The first and the last day of a month, None where the word is none."""
    try:
        first = datetime.strptime(word, "%Y-%m").date()  # noqa: DTZ007 - a month has no zone
    except ValueError:
        return None
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


@require_safe
@permission_required(NEEDED, raise_exception=True)
def bill(request: HttpRequest, pk: int) -> HttpResponse:
    """What comparing a bill came to. htmx asks for the middle of it while it goes on."""
    found = one_of(pk)
    if found.state == Bill.State.NEW and request.user.has_perm(asking.ADD):
        return HttpResponseRedirect(reverse("bill-columns", args=[pk]))
    context: dict[str, Any] = {
        "bill": found,
        "tone": TONES[Bill.State(found.state)],
        "may_add": request.user.has_perm(asking.ADD),
        "may_delete": request.user.has_perm(asking.DELETE),
        "may_export": request.user.has_perm(exports.EXPORT),
        "percent": _percent(found),
    }
    if found.state == Bill.State.DONE:
        context |= _outcome(request, found)
    is_partial = request.htmx and found.is_moving  # type: ignore[attr-defined]
    template = "calls/_bill_progress.html" if is_partial else "calls/bill_detail.html"
    response = render(request, template, context)
    response["Vary"] = "HX-Request"
    if request.htmx and not found.is_moving:  # type: ignore[attr-defined]
        response["HX-Refresh"] = "true"
    return response


def one_of(pk: int) -> Bill:
    rows = Bill.objects.exclude(state=Bill.State.DELETED).select_related("account")
    return get_object_or_404(rows, pk=pk)


def _percent(found: Bill) -> int | None:
    return min(100, 100 * found.rows_done // found.rows_total) if found.rows_total else None


def _outcome(request: HttpRequest, found: Bill) -> dict[str, Any]:
    totals = sums.totals(found.sums)
    verdict = request.GET.get("list", "")
    if verdict not in Verdict.values:
        filled = [one for one in Verdict.values if totals.lists[one].rows]
        verdict = filled[0] if filled else Verdict.ALIKE.value
    page = lists.turn(found, verdict, _place(request, "after"), _place(request, "before"))
    return {
        "totals": totals,
        "sides": _sides(totals),
        "lists": [
            {
                "verdict": one.value,
                "label": one.label,
                "meaning": lists.MEANINGS[one],
                "amount": totals.lists[one],
                "is_billed": one not in {Verdict.NOT_BILLED, Verdict.UNREADABLE},
                "is_ours": one not in sums.NOT_CALLS,
            }
            for one in Verdict
        ],
        "verdict": verdict,
        "label": Verdict(verdict).label,
        "meaning": lists.MEANINGS[Verdict(verdict)],
        "empty": lists.EMPTY[Verdict(verdict)],
        "count": totals.lists[verdict].rows,
        "page": page,
    }


def _place(request: HttpRequest, name: str) -> int | None:
    """A place in a list; whatever else was written is none."""
    word = request.GET.get(name, "")
    return int(word) if word.isdecimal() and word.isascii() and len(word) < 10 else None


def _sides(totals: sums.Totals) -> list[tuple[str, int | None, int | None, str]]:
    """What is compared of the whole: a name, the bill's, ours, and how to write it."""
    theirs, ours = totals.theirs, totals.ours
    return [
        (_("Calls"), theirs.rows, ours.rows, "count"),
        (_("Talk time"), theirs.seconds, ours.our_seconds, "time"),
        (_("Billed time"), theirs.billed, ours.our_billed, "time"),
    ]


@require_safe
@permission_required([*NEEDED, exports.EXPORT], raise_exception=True)
def list_file(request: HttpRequest, pk: int, verdict: str, file_format: str) -> HttpResponseBase:
    """A list of a bill as a file. It is whole before its first byte leaves."""
    found = one_of(pk)
    write = WRITERS.get(file_format)
    if verdict not in Verdict.values or write is None or found.state != Bill.State.DONE:
        raise Http404
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the answer closes it
    for piece in write(lists.sheet(found, verdict, timezone.get_current_timezone())):
        file.write(piece)
    file.seek(0)
    response = FileResponse(file, content_type=making.TYPES[file_format])
    record(
        Action.BILL_DOWNLOADED,
        by=request.user,
        request=request,
        subject=f"bill {found.pk}",
        details={"list": verdict, "format": file_format},
    )
    name = f"bill-{found.pk}-{verdict}.{file_format}"
    response["Content-Disposition"] = (
        f"attachment; filename=\"{name}\"; filename*=UTF-8''{quote(name, safe='')}"
    )
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response

"""Dropping a bill, choosing its columns, comparing it again, taking it back, deleting it."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST

from calls import bill_pages
from calls.audit import Action, record
from calls.bills import asking, choosing, files, keeping, mapping
from calls.bills.asking import LimitedUpload
from calls.bills.choosing import ColumnsForm, Look
from calls.bills.files import UnreadableFileError
from calls.models import Account, Bill
from calls.permissions import READ_CALLS

ADDING = [READ_CALLS, asking.SEE, asking.ADD]
DELETING = [READ_CALLS, asking.SEE, asking.DELETE]
READ = ["GET", "HEAD", "POST"]


@csrf_exempt  # whoever checks the token reads the whole body, which must be bounded before
@require_POST
@permission_required(ADDING, raise_exception=True)
def drop(request: HttpRequest) -> HttpResponseBase:
    """Take a bill's file in, then ask for its columns."""
    limit = LimitedUpload(request)
    request.upload_handlers.insert(0, limit)
    response: HttpResponseBase = _drop(request, limit)
    return response


@csrf_protect
def _drop(request: HttpRequest, limit: LimitedUpload) -> HttpResponse:
    content = request.FILES.get("file")
    whose = _owner(request.POST.get("whose", ""))
    if limit.is_too_large:
        problem = _("The file is larger than %(most)d MiB. Drop the bill in parts.") % {
            "most": keeping.LARGEST // bill_pages.MEGABYTE
        }
        return bill_pages.bills(request, problem, 413)
    if not isinstance(content, UploadedFile):
        return bill_pages.bills(request, _("Choose a file: the bill, as CSV or XLSX."), 400)
    if whose is None:
        return bill_pages.bills(request, _("Choose whose bill it is."), 400)
    try:
        bill = asking.take(request.user, content, whose)
    except UnreadableFileError as error:
        problem = _("%(file)s cannot be taken: %(why)s") % {"file": content.name, "why": error}
        return bill_pages.bills(request, problem, 400)
    except OSError:
        problem = _("The file could not be kept: there is no room for it.")
        return bill_pages.bills(request, problem, 507)
    details = {"vendor": bill.vendor, "bytes": bill.size_bytes}
    record(
        Action.BILL_DROPPED,
        by=request.user,
        request=request,
        subject=f"bill {bill.pk}",
        details=details,
    )
    month = request.POST.get("month", "")
    query = f"?month={month}" if bill_pages.month_of(month) else ""
    return HttpResponseRedirect(reverse("bill-columns", args=[bill.pk]) + query)


def _owner(word: str) -> Account | str | None:
    kind, _colon, name = word.partition(":")
    if kind == "account" and name.isdecimal() and len(name) < 18:
        return Account.objects.filter(pk=int(name)).first()
    if kind == "vendor" and Account.objects.filter(vendor=name).exists():
        return name
    return None


@require_http_methods(READ)
@permission_required(ADDING, raise_exception=True)
def columns(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose which columns say what; then it is compared."""
    bill = bill_pages.one_of(pk)
    if bill.is_moving:
        return HttpResponseRedirect(bill.get_absolute_url())
    try:
        look = _look(request, bill)
    except (UnreadableFileError, FileNotFoundError) as error:
        why = _("its file is gone.") if isinstance(error, FileNotFoundError) else str(error)
        messages.error(request, _("The bill cannot be read: %(why)s") % {"why": why})
        return HttpResponseRedirect(reverse("bills"))
    if request.method != "POST":
        form = ColumnsForm(look, initial=_initial(request, bill, look))
        return _columns_page(request, bill, look, form)
    form = ColumnsForm(look, request.POST)
    if not form.is_valid():
        return _columns_page(request, bill, look, form, status=400)
    given = form.cleaned_data
    asking.remember(bill, look.heads, given["mapping"], request.user.get_username())
    asking.start(bill, given["mapping"], given["between"], given["tolerance"], given["slack"])
    return HttpResponseRedirect(bill.get_absolute_url())


def _look(request: HttpRequest, bill: Bill) -> Look:
    """How the bill begins: in the sheet and with the heads that somebody chose, if they did."""
    file = keeping.opened(bill)
    try:
        sheets = files.first_rows(file, bill.format)
    finally:
        file.close()
    row = request.GET.get("head_row", "")
    is_row = row.isdecimal() and row.isascii() and len(row) < 3 and int(row) > 0
    return choosing.look(bill, sheets, request.GET.get("sheet", ""), int(row) if is_row else None)


def _initial(request: HttpRequest, bill: Bill, look: Look) -> dict[str, Any]:
    guess = look.guess
    first, last = _days(request, bill, guess.zone)
    return {
        **{f"column_{name}": str(place) for name, place in guess.fields.items()},
        "order": guess.order,
        "zone": guess.zone,
        "seconds_unit": guess.seconds_unit,
        "billed_unit": guess.billed_unit,
        "first_day": first,
        "last_day": last,
        "tolerance": bill.tolerance_seconds,
        "slack": bill.slack_seconds,
    }


def _days(request: HttpRequest, bill: Bill, zone: str) -> tuple[date | None, date | None]:
    """The days that were chosen already: as a month when it was dropped, or before."""
    if month := bill_pages.month_of(request.GET.get("month", "")):
        return month
    if bill.begins_at and bill.ends_at:
        clocks = ZoneInfo(zone)
        last = bill.ends_at.astimezone(clocks) - timedelta(seconds=1)
        return bill.begins_at.astimezone(clocks).date(), last.date()
    return None, None


def _columns_page(
    request: HttpRequest, bill: Bill, look: Look, form: ColumnsForm, status: int = 200
) -> HttpResponse:
    durations = {mapping.SECONDS: "seconds_unit", mapping.BILLED: "billed_unit"}
    context = {
        "bill": bill,
        "look": look,
        "form": form,
        "columns": [form[f"column_{name}"] for name in mapping.FIELDS],
        "hows": [form[name] for name in ("order", "zone", *durations.values())],
        "letters": [choosing.letter(place) for place in range(len(look.heads))],
        "rows": look.rows[: choosing.SHOWN_ROWS],
    }
    return render(request, "calls/bill_columns.html", context, status=status)


@require_POST
@permission_required(ADDING, raise_exception=True)
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Compare a bill once more, with other tolerances."""
    bill = bill_pages.one_of(pk)
    tolerance = _whole(request, "tolerance", choosing.MOST_TOLERANCE)
    slack = _whole(request, "slack", choosing.MOST_SLACK)
    if tolerance is None or slack is None:
        messages.error(
            request,
            _("Give whole seconds: up to %(tolerance)d for starts, up to %(slack)d for durations.")
            % {"tolerance": choosing.MOST_TOLERANCE, "slack": choosing.MOST_SLACK},
        )
    elif not bill.columns:
        return HttpResponseRedirect(reverse("bill-columns", args=[pk]))
    elif not asking.again(bill, tolerance, slack):
        messages.info(request, _("The bill is being compared already."))
    return HttpResponseRedirect(bill.get_absolute_url())


def _whole(request: HttpRequest, name: str, most: int) -> int | None:
    word = request.POST.get(name, "").strip()
    is_whole = word.isdecimal() and word.isascii() and len(word) < 10
    return int(word) if is_whole and int(word) <= most else None


@require_POST
@permission_required(ADDING, raise_exception=True)
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop comparing a bill."""
    bill = bill_pages.one_of(pk)
    if asking.cancel(bill):
        messages.success(request, _("The comparison is cancelled."))
    else:
        messages.info(request, _("The comparison was over already."))
    return HttpResponseRedirect(bill.get_absolute_url())


@require_http_methods(READ)
@permission_required(DELETING, raise_exception=True)
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a bill with its file and its lists, once it is confirmed."""
    bill = bill_pages.one_of(pk)
    if request.method != "POST":
        return render(request, "calls/bill_confirm.html", {"bill": bill})
    asking.delete(bill, request.user.get_username())
    record(Action.BILL_DELETED, by=request.user, request=request, subject=f"bill {bill.pk}")
    messages.success(request, _("The bill is deleted."))
    return HttpResponseRedirect(reverse("bills"))

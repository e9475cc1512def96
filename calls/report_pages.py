"""Pages: a report, and its file."""

import tempfile
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from calls import billing, reach
from calls.audit import Action, record
from calls.export.making import TYPES
from calls.mailings.forms import MailingForm
from calls.models import Account, Export, Rebilling
from calls.permissions import READ_CALLS, READ_REPORTS
from calls.reports import asking, building, filing, periods
from calls.reports.asking import Asked, By
from calls.reports.periods import RANGE_LABELS, Step
from calls.requests import client_address

IN_MEMORY = 1024 * 1024  # bytes of a small file


def address_of(asked: Asked) -> str:
    return f"{reverse('reports')}?{asked.query}"


@require_safe
@permission_required(READ_REPORTS, raise_exception=True)
def report(request: HttpRequest) -> HttpResponse:
    """What calls amount to. htmx asks for the figures alone."""
    asked = asking.read(request.GET)
    if request.GET and not asked.problems and not _is_canonical(request.GET, asked):
        return HttpResponseRedirect(address_of(asked))
    context = _shown(request, asked)
    is_partial = request.htmx  # type: ignore[attr-defined]
    template = "calls/reports/_results.html" if is_partial else "calls/reports/report.html"
    response = render(request, template, context, status=400 if asked.problems else 200)
    response["Vary"] = "HX-Request"
    return response


def _is_canonical(given: QueryDict, asked: Asked) -> bool:
    return dict(given.lists()) == dict(QueryDict(asked.query).lists())


def _shown(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    rules = sorted({account.vendor for account in asked.accounts.values()})
    return {
        "asked": asked,
        "report": None if asked.problems else building.build(asked),
        "figures_only": [] if asked.problems else reach.among(_counted(asked), asked.days.first),
        "row_label": "" if asked.by == By.NOTHING else By(asked.by).label,
        "step_label": Step(asked.step).label,
        "steps": Step.choices,
        "bys": By.choices,
        "ranges": RANGE_LABELS.items(),
        "services": asking.services().items(),
        "vendors": rules,
        "accounts": [(pk, str(account)) for pk, account in asked.accounts.items()],
        "zone": periods.zone().key,
        "formats": Export.Format.choices,
        "most_lines": building.MOST_LINES,
        "rebillings": Rebilling.objects.filter(ended_at=None).select_related("account"),
        "rules": [(vendor, rule) for vendor in rules for rule in billing.tables().get(vendor, [])],
        "own_rules": [one for one in asked.accounts.values() if billing.is_changed(one)],
        "mailing_form": MailingForm(owner=cast(User, request.user)),
        "is_set_up": settings.EMAIL_IS_SENT,
        "may_open": request.user.has_perm(READ_CALLS),
    }


def _counted(asked: Asked) -> list[Account]:
    """The accounts whose calls count."""
    chosen = asked.chosen
    return [one for pk, one in asked.accounts.items() if chosen is None or pk in chosen]


@require_POST
@permission_required([READ_REPORTS, filing.EXPORT], raise_exception=True)
def file(request: HttpRequest) -> HttpResponseBase:
    """A report as a file: all of its rows, and totals. That it was taken is written down."""
    said = request.GET.copy()
    asked = asking.read(said)
    file_format = request.POST.get("format", "")
    if asked.problems or file_format not in Export.Format.values:
        problem = " ".join(asked.problems) or _("Choose a format: CSV or XLSX.")
        messages.error(request, problem)
        return HttpResponseRedirect(reverse("reports"))
    address = client_address(request, settings.TRUSTED_PROXIES)[:64]
    made = filing.Made.of(asked, file_format, request.user.get_username())
    kept = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the answer closes it
    try:
        for piece in made.pieces():
            kept.write(piece)
    except OSError:
        kept.close()
        messages.error(request, _("The file could not be made: there is no room for it."))
        return HttpResponseRedirect(address_of(asked))
    filing.keep_record(made, request.user, address, kept.tell())
    details = {"file": made.name, "rows": made.rows, "report": asked.query}
    record(Action.REPORT_DOWNLOADED, by=request.user, request=request, details=details)
    kept.seek(0)
    response = FileResponse(
        kept, as_attachment=True, filename=made.name, content_type=TYPES[file_format]
    )
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response

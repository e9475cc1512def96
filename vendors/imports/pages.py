"""Pages: imports by hand and at night, one of them, and what could not be read in it."""

import csv
import io
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from django.contrib.auth.decorators import permission_required
from django.db.models import Count
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from calls.export.as_csv import safe
from calls.permissions import READ_CALLS
from vendors import bodies
from vendors.imports import keeping, night, rehearsing
from vendors.models import Import, NightRound, Push, State, VendorAccount
from vendors.permissions import IMPORT, SEE_IMPORTS

NEEDED = [READ_CALLS, SEE_IMPORTS]
LISTED = 50
MEGABYTE = 1024 * 1024
IN_MEMORY = 1024 * 1024  # bytes of a small file
TONES = {
    Import.State.NEW: "warn",
    Import.State.WAITING: "quiet",
    Import.State.RUNNING: "live",
    Import.State.READY: "warn",
    Import.State.DONE: "good",
    Import.State.FAILED: "bad",
    Import.State.CANCELLED: "quiet",
}
SORTS = {
    "new": gettext_lazy("New"),
    "same_bytes": gettext_lazy("Here already: the same push"),
    "same_call": gettext_lazy("Here already: another push told the same"),
    "unreadable": gettext_lazy("Not readable"),
}
TAKEN_AS = {
    "as_envelope": gettext_lazy("pushes in a line of the vendor's file"),
    "as_push": gettext_lazy("pushes as they are"),
    "as_record": gettext_lazy("single fee records"),
    "as_row": gettext_lazy("rows of a table"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """An import in the list; ``sorts`` are how many lines are of which sort."""

    job: Import
    tone: str
    sorts: dict[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Night:
    """An account whose vendor can be asked, what it lacks for that, and how it went."""

    account: VendorAccount
    lacks: list[str]
    round: NightRound | None


@require_safe
@permission_required(NEEDED, raise_exception=True)
def import_list(request: HttpRequest) -> HttpResponse:
    """What was imported, the newest first, and where to drop a file."""
    return imports(request)


def imports(request: HttpRequest, problem: str = "", status: int = 200) -> HttpResponse:
    """The list of imports, with a sentence where a file could not be taken."""
    rows = [_shown(job) for job in Import.objects.select_related("account")[:LISTED]]
    accounts = VendorAccount.objects.order_by("vendor", "name")
    context = {
        "imports": rows,
        "is_moving": any(row.job.is_moving for row in rows),
        "most": LISTED if len(rows) == LISTED else None,
        "may_add": request.user.has_perm(IMPORT),
        "accounts": [(str(one.pk), str(one)) for one in accounts],
        "chosen": request.POST.get("account") or request.GET.get("account", ""),
        "largest": keeping.LARGEST // MEGABYTE,
        "nights": [_night(one) for one in night.askable()],
        "problem": problem,
    }
    is_partial = request.htmx and not problem  # type: ignore[attr-defined]
    template = "vendors/_import_table.html" if is_partial else "vendors/import_list.html"
    response = render(request, template, context, status=status)
    response["Vary"] = "HX-Request"
    return response


def _shown(job: Import) -> Shown:
    return Shown(
        job=job,
        tone=TONES[Import.State(job.state)],
        sorts={name: int(job.counts.get(name, 0)) for name in SORTS},
    )


def _night(account: VendorAccount) -> Night:
    return Night(
        account=account,
        lacks=night.lacking(account),
        round=getattr(account, "night_round", None),
    )


def one_of(pk: int) -> Import:
    return get_object_or_404(Import.objects.select_related("account"), pk=pk)


@require_safe
@permission_required(NEEDED, raise_exception=True)
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What a file holds, or what came of it. htmx asks for the middle of it while it goes on."""
    job = one_of(pk)
    context: dict[str, Any] = {
        "job": job,
        "tone": TONES[Import.State(job.state)],
        "may_add": request.user.has_perm(IMPORT),
        "percent": min(100, 100 * job.rows_done // job.rows_total) if job.rows_total else None,
        "sorts": [(label, job.counts.get(name, 0)) for name, label in SORTS.items()],
        "taken_as": [
            (label, job.counts[name]) for name, label in TAKEN_AS.items() if job.counts.get(name)
        ],
        "problems": [_problem(one) for one in job.first_problems],
        "has_problems": bool(job.first_problems) and _has_problems(job),
    }
    if job.state == Import.State.READY and context["may_add"]:
        context["tried"] = rehearsing.rehearse(job)
    if job.began_at is not None:
        context["states"] = _states(job)
    is_partial = request.htmx and job.is_moving  # type: ignore[attr-defined]
    template = "vendors/_import_progress.html" if is_partial else "vendors/import_detail.html"
    response = render(request, template, context)
    response["Vary"] = "HX-Request"
    if request.htmx and not job.is_moving:  # type: ignore[attr-defined]
        response["HX-Refresh"] = "true"
    return response


def _states(job: Import) -> list[tuple[State, int]]:
    """What became of the pushes of an import so far."""
    rows = pushes_of(job).order_by().values_list("state").annotate(Count("pk"))
    found = dict(rows)
    return [(state, found[state.value]) for state in State if found.get(state.value)]


def pushes_of(job: Import) -> Any:
    """The pushes that an import put into the inbox. No index knows them: so of its account, and of
    its time."""
    rows = Push.objects.filter(account=job.account_id, imported=job)
    rows = rows.filter(received_at__gte=job.began_at) if job.began_at else rows.none()
    return rows.filter(received_at__lte=job.finished_at) if job.finished_at else rows


def _problem(one: dict[str, Any]) -> dict[str, Any]:
    """What is wrong with a line, as the present reader may see it."""
    told = {name: bodies.seen(str(one.get(name, ""))) for name in ("path", "problem")}
    return told | {"line": one.get("line")}


def _has_problems(job: Import) -> bool:
    file = keeping.problems(job)
    if file is not None:
        file.close()
    return file is not None


@require_safe
@permission_required(NEEDED, raise_exception=True)
def unreadable(request: HttpRequest, pk: int) -> HttpResponseBase:
    """All that could not be read in a file, as CSV: where, and what was expected and found."""
    job = one_of(pk)
    file = keeping.problems(job)
    if file is None:
        raise Http404
    # Whole before its first byte leaves: who may see which numbers is known in the request alone.
    made = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the answer closes it
    for piece in _as_csv(file):
        made.write(piece)
    made.seek(0)
    response = FileResponse(made, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="import-{job.pk}-unreadable.csv"'
    response["Cache-Control"] = "private, no-store"
    return response


def _as_csv(file: IO[bytes]) -> Iterator[bytes]:
    yield b"\xef\xbb\xbf" + _row([_("File in the archive"), _("Line"), _("Problem")])
    with file:
        for line in file:
            one = _problem(json.loads(line))
            yield _row([one["path"], str(one["line"]), one["problem"]])


def _row(cells: list[str]) -> bytes:
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\r\n").writerow([safe(cell) for cell in cells])
    return line.getvalue().encode("utf-8", "replace")

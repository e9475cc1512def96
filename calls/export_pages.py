"""Exports: ask for the calls of a search as a file, follow it, take it away."""

import io
import tempfile
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.files.storage import storages
from django.db.models import QuerySet
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
)
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from calls import columns, masking, ranges, search
from calls.audit import Action, record
from calls.export import asking, keeping, making
from calls.models import Export
from calls.permissions import READ_CALLS
from calls.requests import client_address
from calls.search import Search, patience

NEEDED = [READ_CALLS, asking.EXPORT]
LISTED = 50
IN_MEMORY = 1024 * 1024  # bytes of a small file
RETRY_AFTER = 10  # seconds
# Parameters of the form and of the list that are no filters.
BESIDE = ("format", "columns", "which", "cursor", "limit", "typed", "view")
ALL_COLUMNS = "all"

TONES = {
    Export.State.WAITING: "quiet",
    Export.State.RUNNING: "live",
    Export.State.DONE: "good",
    Export.State.CANCELLED: "quiet",
    Export.State.FAILED: "bad",
    Export.State.EXPIRED: "quiet",
}


@require_POST
@permission_required(NEEDED, raise_exception=True)
def export_calls(request: HttpRequest) -> HttpResponseBase:
    """The calls of a search as a file: at once where they are few, in a while where they are many.

    The search stands in the address, as on the list; what kind of file, in the form.
    """
    wanted = search.read_query(request.GET, BESIDE)
    given = {name: request.POST.get(name) or request.GET.get(name, "") for name in BESIDE}
    if given["format"] not in Export.Format.values:
        return _back(request, wanted, _("Choose a format: CSV or XLSX."))
    keys = given["columns"].split(",") if given["columns"] else []
    if given["which"] == ALL_COLUMNS:
        keys = [column.key for column in columns.ALL]
    shown = columns.in_a_file(columns.chosen(keys))
    return _ask(request, wanted, given["format"], shown.keys)


def _ask(
    request: HttpRequest, wanted: Search, file_format: str, keys: list[str]
) -> HttpResponseBase:
    if wanted.problems:
        why = " ".join(problem.text for problem in wanted.problems)
        return _back(request, wanted, _("The search cannot be understood: %(why)s") % {"why": why})
    count = patience.count(wanted)  # None: it takes long, so there may be many
    if count == 0:
        return _back(request, wanted, _("There is nothing to export: no call matches."))
    address = client_address(request, settings.TRUSTED_PROXIES)[:64]
    export = asking.order(request.user, address, wanted.text, file_format, keys)
    if count is not None and count <= asking.MOST_AT_ONCE:
        return _made_at_once(request, wanted, export)
    try:
        asking.enqueue(export)
    except asking.TooManyError:
        problem = ngettext(
            "%(count)d export of yours is being made. Wait until it is done, or cancel it.",
            "%(count)d exports of yours are being made. Wait until one is done, or cancel one.",
            asking.MOST_UNFINISHED,
        )
        messages.error(request, problem % {"count": asking.MOST_UNFINISHED})
    else:
        _note_down(request, Action.EXPORT_ASKED, export)
        messages.success(
            request, _("The file is being made. It can be taken from here as soon as it is ready.")
        )
    return HttpResponseRedirect(reverse("exports"))


def _made_at_once(request: HttpRequest, wanted: Search, export: Export) -> HttpResponseBase:
    """The file as the answer. It is whole before its first byte leaves: half a file would look
    like a whole one."""
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the answer closes it
    try:
        for piece in making.pieces(export):
            file.write(piece)
    except OSError:
        file.close()
        return _back(request, wanted, _("The file could not be made: there is no room for it."))
    except making.NotUnderstoodError as error:  # as text it is longer than a text may be
        file.close()
        return _back(request, wanted, str(error))
    size = file.tell()
    file.seek(0)
    asking.keep_record(export, size)
    _note_down(request, Action.EXPORT_DOWNLOADED, export)
    response = FileResponse(file, content_type=making.TYPES[export.format])
    return _as_download(response, export)


def _note_down(request: HttpRequest, action: Action, export: Export) -> None:
    facts = {"format": export.format, "rows": export.rows_done, "masked": export.is_masked}
    details = facts | {"search": export.search}
    record(action, by=request.user, request=request, subject=f"export {export.pk}", details=details)


def _back(request: HttpRequest, wanted: Search, problem: str) -> HttpResponse:
    """The list that was to be exported, with a sentence."""
    messages.error(request, problem)
    query = f"?{wanted.query}" if wanted.query else ""
    return HttpResponseRedirect(reverse("calls") + query)


def _as_download(response: HttpResponseBase, export: Export) -> HttpResponseBase:
    name = making.file_name(export)
    response["Content-Disposition"] = (
        f"attachment; filename=\"{name}\"; filename*=UTF-8''{quote(name, safe='')}"
    )
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """An export in the list. ``address`` is the list of its calls, or the report that it is; None
    where its search is no longer understood."""

    export: Export
    word: str
    tone: str
    is_moving: bool
    can_download: bool
    address: str | None


def _shown(export: Export) -> Shown:
    is_kept_nowhere = export.state == Export.State.DONE and not export.name
    return Shown(
        export=export,
        word=_("Downloaded at once") if is_kept_nowhere else export.get_state_display(),
        tone=TONES[Export.State(export.state)],
        is_moving=export.state in {Export.State.WAITING, Export.State.RUNNING},
        can_download=export.state == Export.State.DONE and bool(export.name),
        address=_address(export),
    )


def _address(export: Export) -> str | None:
    """Where that stands which a file has."""
    if export.report:
        return f"{reverse('reports')}?{export.report}"
    found = search.read_text(export.search)
    query = f"?{found.query}" if found.query else ""
    return None if found.problems else reverse("calls") + query


@require_safe
@permission_required(NEEDED, raise_exception=True)
def export_list(request: HttpRequest) -> HttpResponse:
    """One's own exports, the newest first. htmx asks for the table alone."""
    rows = [_shown(export) for export in _own_rows(request)[:LISTED]]
    context = {
        "exports": rows,
        "is_moving": any(row.is_moving for row in rows),
        "most": LISTED if len(rows) == LISTED else None,
        "hours": int(keeping.KEPT_FOR.total_seconds() // 3600),
    }
    is_partial = request.htmx  # type: ignore[attr-defined]
    template = "calls/_export_table.html" if is_partial else "calls/exports.html"
    response = render(request, template, context)
    response["Vary"] = "HX-Request"
    return response


@require_POST
@permission_required(NEEDED, raise_exception=True)
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an order back."""
    export = _own(request, pk)
    if asking.cancel(export):
        _note_down(request, Action.EXPORT_CANCELLED, export)
        messages.success(request, _("The export is cancelled."))
    else:
        messages.info(request, _("The export was over already."))
    return HttpResponseRedirect(reverse("exports"))


@require_POST
@permission_required(NEEDED, raise_exception=True)
def again(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The same search, columns and format once more, as the reader sees calls now."""
    export = _own(request, pk)
    if export.report:
        return HttpResponseRedirect(f"{reverse('reports')}?{export.report}")
    wanted = search.read_text(export.search)
    return _ask(request, wanted, export.format, columns.chosen(export.columns).keys)


@require_safe
@permission_required(NEEDED, raise_exception=True)
def file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file of an export, for whoever asked for it; administrators may have any."""
    export = _own(request, pk)
    if not export.is_masked and not masking.sees_numbers():
        why = _("This file holds whole numbers, which your account may not see. Ask for it again.")
        return _no(request, 403, why)
    is_over = export.expires_at is not None and export.expires_at <= timezone.now()
    if export.state == Export.State.EXPIRED or is_over:
        return _no(
            request, 410, _("The file was deleted when its time was over. Ask for it again.")
        )
    if export.state != Export.State.DONE or not export.name:
        return _no(request, 404, _("There is no file of this export."))
    try:
        return _sent(request, export)
    except FileNotFoundError:
        return _no(request, 410, _("The file is gone. Ask for it again."))
    except ranges.BusyError:
        response = _no(request, 503, _("Too many files are being fetched at this moment."))
        response["Retry-After"] = str(RETRY_AFTER)
        return response


def _own_rows(request: HttpRequest) -> QuerySet[Export]:
    return Export.objects.filter(user_id=request.user.pk or 0)


def _own(request: HttpRequest, pk: int) -> Export:
    is_administrator = getattr(request.user, "is_superuser", False)
    rows = Export.objects.all() if is_administrator else _own_rows(request)
    return get_object_or_404(rows, pk=pk)


def _sent(request: HttpRequest, export: Export) -> HttpResponseBase:
    opened = storages[keeping.STORAGE].open(export.name)
    size = opened.seek(0, io.SEEK_END)
    try:
        part = ranges.asked(request, size)
    except ranges.OutsideError:
        opened.close()
        return ranges.outside(size)
    response = ranges.answer(request, opened, size, part)
    if request.method == "GET" and (part is None or part.start == 0):
        keeping.count_download(export, request.user.get_username())
        _note_down(request, Action.EXPORT_DOWNLOADED, export)
    response["Content-Type"] = making.TYPES[export.format]
    return _as_download(response, export)


def _no(request: HttpRequest, status: int, why: str) -> HttpResponse:
    context: dict[str, Any] = {"why": why}
    response = render(request, "calls/export_gone.html", context, status=status)
    response["Cache-Control"] = "private, no-store"
    return response

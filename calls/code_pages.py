"""Pages: looking codes up, and one code. A code's address can be pasted into a chat."""

import logging
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from urllib.parse import quote, urlencode

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from calls import code_counts, code_finding, codes, equals, reasons
from calls.audit import Action, record
from calls.code_counts import Unknown
from calls.code_finding import Lookup
from calls.models import CodeMeaning, CodeNote, Side
from calls.permissions import READ_CALLS

log = logging.getLogger(__name__)

MOST_ROWS = 200
WRITE_NOTES = "calls.change_codenote"
LONGEST_NOTE = 2000
NAMES = ("q", "vendor", "scheme", "side")


@require_safe
@permission_required(READ_CALLS, raise_exception=True)
def code_list(request: HttpRequest) -> HttpResponse:
    """A box to look codes up in. htmx asks for what is found alone."""
    given = {name: request.GET.get(name, "").strip() for name in NAMES}
    said = urlencode({name: value for name, value in given.items() if value})
    address = f"{request.path}?{said}" if said else request.path
    if not request.htmx and set(NAMES).issuperset(request.GET) and "" in request.GET.values():  # type: ignore[attr-defined]
        return HttpResponseRedirect(address)  # the fields of the form that were left empty
    lookup = Lookup(
        words=given["q"], scheme=given["scheme"], vendor=given["vendor"], side=given["side"]
    )
    problems = lookup.problems() | {
        name: _("There is no such filter; known are %(known)s.")
        % {"known": ", ".join(sorted(NAMES))}
        for name in sorted(set(request.GET).difference(NAMES))
    }
    complaints = [f"{name}: {text}" for name, text in problems.items()]
    context: dict[str, Any] = {"lookup": lookup, "complaints": complaints}
    if not complaints:
        context |= _found(lookup) if lookup else {"tables": _tables()}
        context |= {"unknown": _unknown(lookup), "most_unknown": code_counts.MOST_UNKNOWN}
    if request.htmx:  # type: ignore[attr-defined]
        response = render(request, "calls/_code_results.html", context)
        response["HX-Replace-Url"] = address
    else:
        choices = {"schemes": codes.schemes(), "vendors": code_finding.vendors()}
        response = render(
            request, "calls/code_list.html", context | choices | {"sides": Side.choices}
        )
    response["Vary"] = "HX-Request"
    return response


def _found(lookup: Lookup) -> dict[str, Any]:
    """The rows found, by table; tables with a code that was written out come first."""
    rows = list(code_finding.find(lookup)[: MOST_ROWS + 1])
    shown = rows[:MOST_ROWS]
    tables = [(scheme, list(group)) for scheme, group in groupby(shown, lambda row: row.scheme)]
    for _scheme, group in tables:
        group.sort(key=lambda row: not code_finding.is_exact(row, lookup))
    tables.sort(key=lambda table: not code_finding.is_exact(table[1][0], lookup))
    is_cut = len(rows) > MOST_ROWS
    return {"found": tables, "count": len(shown), "is_cut": is_cut, "most": MOST_ROWS}


def _tables() -> list[tuple[str, int]]:
    """The tables that there are, and how many rows each has."""
    counted = CodeMeaning.objects.order_by().values_list("scheme").annotate(Count("pk"))
    rows = dict(counted)
    return [(scheme, rows.get(scheme, 0)) for scheme in codes.schemes()]


def _unknown(lookup: Lookup) -> list[Unknown]:
    """Codes that came and stand in no table, as far as they are looked for."""
    words = [word.strip("/").casefold() for word in lookup.words.split()]
    came = [
        (scheme, value)
        for scheme, value in code_counts.seen()
        if lookup.scheme in {"", scheme}
        and (not lookup.vendor or scheme.startswith(f"{lookup.vendor}."))
        and all(word in f"{scheme}/{value}".casefold() for word in words)
    ]
    return [] if lookup.side else code_counts.unknown(came)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(READ_CALLS, raise_exception=True)
def code_detail(request: HttpRequest, scheme: str, value: str) -> HttpResponse:
    """What a code means, whose side it is, what to do, and how often it came lately."""
    _check(scheme, value)
    meanings = codes.meanings(scheme, value)
    origin = code_counts.origin(scheme, value)
    if scheme not in codes.schemes() and not origin.fields:
        raise Http404(_("There is no table called “%(scheme)s”.") % {"scheme": scheme})
    if request.method == "POST":
        return _write_note(request, scheme, value)
    is_range = any(row.code_to and row.value == value for row in meanings)
    context = {
        "scheme": scheme,
        "value": value,
        "meanings": meanings,
        "origin": origin,
        "equals": [] if is_range else equals.of(scheme, value),
        "is_range": is_range,
        "within": _within(meanings[0]) if is_range else [],
        "counts": [] if is_range else _counts(scheme, value, timezone.now()),
        "note": CodeNote.objects.filter(scheme=scheme, code=value).first(),
        "longest_note": LONGEST_NOTE,
        "may_write": request.user.has_perm(WRITE_NOTES),
    }
    return render(request, "calls/code_detail.html", context)


def _within(row: CodeMeaning) -> list[str]:
    """The numbers of a range that came and have no row of their own."""
    came = (value for scheme, value in code_counts.seen() if scheme == row.scheme)
    return sorted(value for value in came if codes.explain(row.scheme, value) == row)


def _check(scheme: str, value: str) -> None:
    """Raises Http404 for what cannot be a code."""
    if "\x00" in scheme + value or max(len(scheme), len(value)) > codes.LONGEST_CODE:
        raise Http404(_("A code has at most %(most)d letters.") % {"most": codes.LONGEST_CODE})


@dataclass(frozen=True, slots=True)
class Row:
    """One line of how often a code came. ``query`` finds those calls in the list."""

    count: code_counts.Count
    query: str


def _counts(scheme: str, value: str, now: datetime) -> list[Row]:
    code = quote(f"{scheme}/{value}")
    return [
        Row(count, f"code={code}&from={count.since:%Y-%m-%dT%H:%M:%SZ}")
        for count in code_counts.recent(scheme, value, now)
    ]


def _write_note(request: HttpRequest, scheme: str, value: str) -> HttpResponse:
    """Keep what was written of a code; nothing written, or ``delete``, removes it."""
    if not request.user.has_perm(WRITE_NOTES):
        raise PermissionDenied
    typed = request.POST.get("text", "").replace("\r\n", "\n").replace("\x00", "")
    text = "" if "delete" in request.POST else typed.strip()[:LONGEST_NOTE]
    by = request.user.get_username()
    facts = {"scheme": scheme, "code": value, "user": by}
    if text:
        CodeNote.objects.update_or_create(
            scheme=scheme,
            code=value,
            defaults={"text": text, "by_id": request.user.pk, "by_name": by},
        )
        _note_down(request, Action.CODE_NOTE_WRITTEN, scheme, value)
        log.info("note on a code written", extra=facts)
    elif CodeNote.objects.filter(scheme=scheme, code=value).delete()[0]:
        _note_down(request, Action.CODE_NOTE_DELETED, scheme, value)
        log.info("note on a code deleted", extra=facts)
    codes.forget_notes()
    return HttpResponseRedirect(f"{reasons.address(scheme, value)}#note")


def _note_down(request: HttpRequest, action: Action, scheme: str, value: str) -> None:
    record(action, by=request.user, request=request, subject=f"code {scheme}/{value}")

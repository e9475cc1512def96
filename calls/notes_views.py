"""Writing on a call: notes and tags. htmx gets the section alone, others the page anew."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from calls import call_page, notebook, notes
from calls.models import Call, Note, Tag
from calls.notebook import Typed
from calls.permissions import READ_CALLS
from calls.reveals import shown_when_revealed

UNPROCESSABLE = 422


@require_POST
@permission_required([READ_CALLS, notes.WRITE], raise_exception=True)
@shown_when_revealed
def write(request: HttpRequest, pk: int) -> HttpResponse:
    call, text = get_object_or_404(Call, pk=pk), request.POST.get("text", "")
    try:
        notes.write(request.user, call, text, request)
    except ValidationError as error:
        return _refused(request, call, Typed(text=text, problem=error.messages[0]))
    return _done(request, call, _("The note is kept."))


@require_POST
@permission_required([READ_CALLS, notes.EDIT], raise_exception=True)
@shown_when_revealed
def edit(request: HttpRequest, pk: int, note: int) -> HttpResponse:
    row, text = _note(pk, note), request.POST.get("text", "")
    try:
        notes.edit(request.user, row.call, row, text, request.POST.get("seen", ""), request)
    except ValidationError as error:
        typed = Typed(text=text, problem=error.messages[0], note=row.pk)
        return _refused(request, row.call, typed)
    return _done(request, row.call, _("The note says something else now."))


@require_POST
@permission_required(READ_CALLS, raise_exception=True)
@shown_when_revealed
def delete(request: HttpRequest, pk: int, note: int) -> HttpResponse:
    row = _note(pk, note)
    notes.delete(request.user, row.call, row, request)
    return _done(request, row.call, _("The note is deleted. The history keeps what it said."))


@require_POST
@permission_required([READ_CALLS, notes.TAG], raise_exception=True)
@shown_when_revealed
def tag(request: HttpRequest, pk: int) -> HttpResponse:
    call, text = get_object_or_404(Call, pk=pk), request.POST.get("name", "")
    try:
        name = notes.tag(request.user, call, text, request)
    except ValidationError as error:
        return _refused(request, call, Typed(text=text, problem=error.messages[0], is_tag=True))
    return _done(request, call, _("The call has the tag “%(tag)s”.") % {"tag": name})


@require_POST
@permission_required([READ_CALLS, notes.UNTAG], raise_exception=True)
@shown_when_revealed
def untag(request: HttpRequest, pk: int, tag: int) -> HttpResponse:
    row = Tag.objects.select_related("call").filter(pk=tag, call_id=pk).first()
    if row is None:  # a second click, or a colleague was faster
        return _done(request, get_object_or_404(Call, pk=pk), _("The tag is removed."))
    notes.untag(request.user, row, request)
    return _done(request, row.call, _("The tag is removed."))


def _note(pk: int, note: int) -> Note:
    return get_object_or_404(Note.objects.select_related("call"), pk=note, call_id=pk)


def _done(request: HttpRequest, call: Call, said: str) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        return _section(request, call, None, said)
    messages.success(request, said)
    return HttpResponseRedirect(f"{call.get_absolute_url()}#notes")


def _refused(request: HttpRequest, call: Call, typed: Typed) -> HttpResponse:
    """The same form with what was typed, and what is wrong with it."""
    if request.htmx:  # type: ignore[attr-defined]
        return _section(request, call, typed)
    return call_page.whole(request, call.pk, typed, status=UNPROCESSABLE)


def _section(request: HttpRequest, call: Call, typed: Typed | None, said: str = "") -> HttpResponse:
    context = {"call": call, "notebook": notebook.read(request.user, call, typed, said)}
    return render(request, "calls/_notes.html", context)

"""Sound for players, downloads, and holding a call's recordings."""

import io
import logging
from collections.abc import Callable
from functools import wraps
from urllib.parse import quote

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required, permission_required
from django.core.exceptions import PermissionDenied
from django.core.files.storage import storages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from calls import hearing, ranges
from calls.audit import Action, record
from calls.models import STORAGE, Call, Hearing, Hold, Sound, SoundState
from calls.permissions import READ_CALLS
from calls.sound.kinds import EXTENSIONS

log = logging.getLogger("callportal.hearing")

RETRY_AFTER = 10  # seconds
SoundView = Callable[[HttpRequest, Sound, str], HttpResponseBase]


def _private(view: SoundView) -> Callable[[HttpRequest, int, str], HttpResponseBase]:
    """A view of a stored sound, for the holder of a ticket. Nothing keeps what it answers.

    A player cannot sign in, so who is not signed in is refused like anybody else.
    """

    @login_not_required
    @require_safe
    @wraps(view)
    def answered(request: HttpRequest, pk: int, ticket: str) -> HttpResponseBase:
        try:
            response = view(request, _stored(pk), ticket)
        except PermissionDenied:
            why = _("Addresses of recordings last a few minutes, and only where they were given.")
            response = _no(request, 403, why)
        except (FileNotFoundError, Http404):
            response = _no(request, 404, _("This recording is not stored."))
        except ranges.BusyError:
            response = _no(request, 503, _("Too many recordings are being fetched at this moment."))
            response["Retry-After"] = str(RETRY_AFTER)
        except OSError as error:
            log.warning("recording could not be read", extra={"sound": pk, "why": str(error)})
            response = _no(request, 503, _("The place where recordings are kept does not answer."))
        response["Cache-Control"] = "private, no-store"
        response["X-Content-Type-Options"] = "nosniff"
        return response

    return answered


def _stored(pk: int) -> Sound:
    rows = Sound.objects.select_related("call").exclude(name="")
    return get_object_or_404(rows.defer("peaks"), pk=pk, state=SoundState.STORED)


def _no(request: HttpRequest, status: int, why: str) -> HttpResponse:
    return render(request, "calls/no_sound.html", {"why": why}, status=status)


@_private
def audio(request: HttpRequest, sound: Sound, ticket: str) -> HttpResponseBase:
    """The sound for a player: the copy that browsers play, where there is one."""
    view = hearing.admit(request, sound, Hearing.PLAYED, ticket)
    if not hearing.can_be_played(sound):
        raise Http404
    name = sound.playable_name or sound.name
    response = _sent(request, sound, name, Hearing.PLAYED, view)
    if sound.playable_name:
        response["Content-Type"] = "audio/wav"
    response["Content-Disposition"] = "inline"
    return response


@_private
def download(request: HttpRequest, sound: Sound, ticket: str) -> HttpResponseBase:
    """The vendor's file as it came."""
    view = hearing.admit(request, sound, Hearing.DOWNLOADED, ticket)
    response = _sent(request, sound, sound.name, Hearing.DOWNLOADED, view)
    name = hearing.file_name(sound)
    response["Content-Disposition"] = (
        f"attachment; filename=\"{name}\"; filename*=UTF-8''{quote(name, safe='')}"
    )
    return response


def _sent(request: HttpRequest, sound: Sound, name: str, act: str, view: str) -> HttpResponseBase:
    """A file of a sound; that it is heard is written down before the first byte leaves."""
    file = storages[STORAGE].open(name)
    size = file.seek(0, io.SEEK_END)
    try:
        part = ranges.asked(request, size, cut=act == Hearing.PLAYED)
    except ranges.OutsideError:
        file.close()
        return ranges.outside(size)
    response = ranges.answer(request, file, size, part)
    if request.method == "GET":
        is_rest = part is not None and part.start > 0
        try:
            hearing.record(request, sound, act, view, is_rest=is_rest)
        except Exception:
            response.close()
            raise
    is_known = sound.media_type in EXTENSIONS
    response["Content-Type"] = sound.media_type if is_known else "application/octet-stream"
    return response


@_private
def peaks(request: HttpRequest, sound: Sound, ticket: str) -> HttpResponseBase:
    """How loud the sound is from moment to moment, as ``calls.sound.peaks`` writes it."""
    hearing.admit(request, sound, Hearing.PLAYED, ticket)
    if not sound.peaks:
        raise Http404
    return HttpResponse(bytes(sound.peaks), content_type="application/octet-stream")


@_private
def renewal(request: HttpRequest, sound: Sound, ticket: str) -> HttpResponseBase:
    """New addresses for a page whose own ran out."""
    return JsonResponse(hearing.renew(request, sound, ticket).as_dict())


@require_POST
@permission_required([READ_CALLS, hearing.HOLD], raise_exception=True)
def hold(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep a call's recordings, whatever their age."""
    call = get_object_or_404(Call, pk=pk)
    note = request.POST.get("note", "").replace("\0", "").strip()
    most = Hold._meta.get_field("note").max_length or 0
    if len(note) > most:
        messages.error(request, _("The reason may have at most %(most)d letters.") % {"most": most})
        return _to_recordings(call)
    by = request.user.get_username()
    row, is_new = Hold.objects.get_or_create(call=call, defaults={"by": by, "note": note})
    if is_new:
        record(Action.HOLD_PLACED, by=request.user, request=request, subject=f"call {call.pk}")
        log.info("recordings held", extra={"call": call.pk, "user": by})
        messages.success(request, _("The recordings are held: they are not deleted."))
    else:
        messages.info(request, _("%(who)s held the recordings already.") % {"who": row.by})
    return _to_recordings(call)


@require_POST
@permission_required([READ_CALLS, hearing.RELEASE], raise_exception=True)
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a call's recordings be deleted when their time has come."""
    call = get_object_or_404(Call, pk=pk)
    count, _rows = Hold.objects.filter(call=call).delete()
    if count:
        by = request.user.get_username()
        record(Action.HOLD_LIFTED, by=request.user, request=request, subject=f"call {call.pk}")
        log.info("recordings released", extra={"call": call.pk, "user": by})
        messages.success(request, _("The hold was taken away."))
    else:
        messages.info(request, _("The recordings are not held."))
    return _to_recordings(call)


def _to_recordings(call: Call) -> HttpResponse:
    return HttpResponseRedirect(f"{call.get_absolute_url()}#recordings")

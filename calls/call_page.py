"""The page of one call."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from calls import (
    chronicle,
    codes,
    conversation,
    neighbours,
    notebook,
    panels,
    players,
    readable,
    reasons,
)
from calls.models import Call, CallCode, CodeMeaning, Leg, Sound
from calls.notebook import Typed
from calls.outcomes import Outcome
from calls.permissions import READ_CALLS
from calls.reveals import shown_when_revealed

LIVELY = timedelta(hours=6)  # a call of which nothing was heard for so long sends no more news
STOP = 286  # htmx: stop asking


@require_safe
@permission_required(READ_CALLS, raise_exception=True)
@shown_when_revealed
def call_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One call, with all that is known of it. While it goes on, htmx asks for its news alone, and
    is told nothing while there are none."""
    seen = request.GET.get("seen")
    if not request.htmx or seen is None:  # type: ignore[attr-defined]
        response = whole(request, pk)
    elif seen == _fingerprint(brief := _brief(pk)):
        response = HttpResponse(status=204 if _is_lively(brief) else STOP)
    else:
        response = render(request, "calls/_call_news.html", _context(request, pk))
    response["Vary"] = "HX-Request"
    return response


def whole(
    request: HttpRequest, pk: int, typed: Typed | None = None, status: int = 200
) -> HttpResponse:
    """The whole page. ``typed`` is what somebody wrote on the call that could not be kept."""
    context = _context(request, pk)
    call = context["call"]
    context |= {
        "neighbours": neighbours.of(call),
        "notebook": notebook.read(request.user, call, typed),
    }
    return render(request, "calls/call_detail.html", context, status=status)


def _context(request: HttpRequest, pk: int) -> dict[str, Any]:
    """What may change while the call goes on."""
    call = _found(pk)
    legs, events = list(call.legs.all()), list(call.events.all())
    dialog = getattr(call, "dialog", None)
    turns = list(dialog.turns.all()) if dialog else []
    recordings = players.of(request, call)
    happenings = chronicle.tell(call, legs, events)
    is_lively = _is_lively(call)
    find = request.GET.get("find", "")
    return {
        "call": call,
        "seen": _fingerprint(call),
        "is_lively": is_lively,
        "is_unanswered": not call.is_in_progress and call.outcome != Outcome.ANSWERED.value,
        "reason": reasons.why(call),
        "codes": _codes(call, legs),
        "legs": legs,
        "happenings": happenings,
        "pressed": chronicle.pressed(call, events),
        "drawing": chronicle.draw(
            call, legs, happenings, turns, timezone.now() if is_lively else None
        ),
        "dialog": dialog,
        "conversation": conversation.read(call, turns, recordings, find) if dialog else None,
        "recordings": recordings,
        "user_data": readable.readable(call.user_data) if call.user_data else None,
        "panels": panels.of(request, call),
    }


def _found(pk: int) -> Call:
    rows = Call.objects.select_related("account", "dialog", "hold").prefetch_related(
        Prefetch("codes", CallCode.objects.order_by("place", "id")),
        Prefetch("sounds", Sound.objects.defer("peaks")),
        "legs",
        "events",
        "recordings",
        "dialog__turns",
        "notes",
        "tags",
    )
    return get_object_or_404(rows, pk=pk)


def _brief(pk: int) -> Call:
    """A call with nothing but what its fingerprint takes."""
    states = Prefetch("sounds", Sound.objects.only("call_id", "state"))
    rows = Call.objects.only("state", "updated_at").prefetch_related(states)
    return get_object_or_404(rows, pk=pk)


def _fingerprint(call: Call) -> str:
    """What tells two states of a call apart. Every push that speaks of a call touches it."""
    sounds = sorted((sound.pk, sound.state) for sound in call.sounds.all())
    told = repr((call.updated_at, call.state, sounds))
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _is_lively(call: Call) -> bool:
    return call.is_in_progress and timezone.now() - call.updated_at < LIVELY


def _codes(call: Call, legs: Sequence[Leg]) -> list[tuple[CallCode, CodeMeaning | None, str]]:
    """The call's codes, what each means, and the number of the leg that it is about."""
    numbers = {leg.key: leg.number for leg in legs}
    return [
        (code, codes.explain(code.scheme, code.value), numbers.get(code.leg_key, code.leg_key))
        for code in call.codes.all()
    ]

"""The page of what goes on at this moment."""

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from calls.live import board
from calls.permissions import READ_CALLS


@require_safe
@permission_required(READ_CALLS, raise_exception=True)
def live(request: HttpRequest) -> HttpResponse:
    """Calls in progress. htmx asks for them alone, and is told nothing while nothing is new."""
    found = board.look()
    if request.htmx and request.GET.get("seen") == found.fingerprint:  # type: ignore[attr-defined]
        response = HttpResponse(status=204)
    else:
        context = {
            "board": found,
            "quiet_minutes": int(board.QUIET_AFTER.total_seconds() // 60),
            "lost_hours": settings.LOST_CALL_HOURS,
        }
        name = "_live_board" if request.htmx else "live"  # type: ignore[attr-defined]
        response = render(request, f"calls/{name}.html", context)
    response["Vary"] = "HX-Request"
    return response

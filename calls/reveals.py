"""Showing the numbers of one call to somebody who sees them masked, which is written down."""

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import wraps

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_POST

from calls import masking
from calls.audit import Action, record
from calls.models import Call, Reveal
from calls.permissions import READ_CALLS, REVEAL_NUMBERS
from calls.requests import client_address

log = logging.getLogger("callportal.calls")

LASTS = timedelta(minutes=10)

CallView = Callable[..., HttpResponse]


@require_POST
@permission_required([READ_CALLS, REVEAL_NUMBERS], raise_exception=True)
def reveal(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down who wants to see a call's numbers, then show them."""
    call = get_object_or_404(Call.objects.only("pk"), pk=pk)
    if not masking.sees_numbers():
        who = request.user.get_username()
        with transaction.atomic():
            Reveal.objects.create(
                call=call,
                user_id=request.user.pk,
                user_name=who,
                address=client_address(request, settings.TRUSTED_PROXIES)[:64],
            )
            record(
                Action.NUMBERS_REVEALED, by=request.user, request=request, subject=f"call {call.pk}"
            )
        log.info("numbers revealed", extra={"call": call.pk, "user": who})
    return HttpResponseRedirect(call.get_absolute_url())


def shown_when_revealed(view: CallView) -> CallView:
    """A view of one call, ``pk``, that shows whole numbers to whom they were revealed lately."""

    @wraps(view)
    def looked_at(request: HttpRequest, pk: int, **others: str) -> HttpResponse:
        if not _is_revealed(request, pk):
            return view(request, pk=pk, **others)
        with masking.revealed():
            return view(request, pk=pk, **others)

    return looked_at


def _is_revealed(request: HttpRequest, pk: int) -> bool:
    if masking.sees_numbers() or not request.user.has_perm(REVEAL_NUMBERS):
        return False
    lately = timezone.now() - LASTS
    return Reveal.objects.filter(call=pk, user=request.user.pk, at__gt=lately).exists()

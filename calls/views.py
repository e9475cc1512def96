"""Pages: the list of calls, and one call."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from calls import codes, lists, panels, players
from calls.filters import CallFilter
from calls.models import Account, Call, CallCode, CodeMeaning, Leg, Sound, Turn
from calls.outcomes import Outcome, seconds_between
from calls.paging import CallPagination
from calls.permissions import READ_CALLS


@require_safe
@permission_required(READ_CALLS, raise_exception=True)
def call_list(request: HttpRequest) -> HttpResponse:
    """Calls, newest first. htmx asks for the table alone."""
    if lists.has_empty_fields(request.GET):
        return HttpResponseRedirect(request.path + lists.as_query(lists.spoken(request.GET)))
    rows = Call.objects.select_related("account").defer("said", "details", "extra", "user_data")
    filtered = CallFilter(request.GET, queryset=rows)
    turned = lists.turn(request, filtered, CallPagination())
    chips = _chips(request.GET, filtered)
    context = {
        "calls": turned.rows,
        "filter": filtered,
        "complaints": turned.complaints,
        "chips": chips,
        "is_filtered": bool(chips),
        "newer": turned.newer,
        "older": turned.older,
    }
    if request.htmx:  # type: ignore[attr-defined]
        response = render(request, "calls/_call_table.html", context)
    else:
        response = render(request, "calls/call_list.html", context | _choices(request.GET))
    response["Vary"] = "HX-Request"
    return response


@dataclass(frozen=True, slots=True)
class Chip:
    """One active filter, and the query that remains without it."""

    label: str
    value: str
    without: str


def _chips(given: QueryDict, filtered: CallFilter) -> list[Chip]:
    chips = []
    for name, values in given.lists():
        if name in lists.PLACE:
            continue
        field = filtered.form.fields.get(name)
        words = dict(getattr(field, "choices", ()))
        for value in values:
            rest = given.copy()
            rest.pop("cursor", None)
            rest.setlist(name, [other for other in values if other != value])
            label = str(field.label) if field else name
            chips.append(Chip(label, str(words.get(value, value)), lists.as_query(rest)))
    return chips


def _choices(given: QueryDict) -> dict[str, list[tuple[str, str]]]:
    """Vendors and accounts to choose from, with whatever else was asked for, so that it stays."""
    accounts = list(Account.objects.all())
    vendors = {account.vendor: account.vendor for account in accounts}
    names = {str(account.pk): str(account) for account in accounts}
    for known, name in ((vendors, "vendor"), (names, "account")):
        if asked := given.get(name):
            known.setdefault(asked, asked)
    return {"vendors": list(vendors.items()), "accounts": list(names.items())}


@require_safe
@permission_required(READ_CALLS, raise_exception=True)
def call_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One call: its times, legs, events, dialog, codes, and what else is known."""
    call = get_object_or_404(
        Call.objects.select_related("account", "dialog", "hold").prefetch_related(
            Prefetch("codes", CallCode.objects.order_by("place", "id")),
            Prefetch("sounds", Sound.objects.defer("peaks")),
            "legs",
            "events",
            "recordings",
            "dialog__turns",
        ),
        pk=pk,
    )
    legs = list(call.legs.all())
    dialog = getattr(call, "dialog", None)
    recordings = players.of(request, call)
    context: dict[str, Any] = {
        "call": call,
        "is_unanswered": not call.is_in_progress and call.outcome != Outcome.ANSWERED.value,
        "codes": _codes(call, legs),
        "legs": legs,
        "events": list(call.events.all()),
        "timeline": _timeline(call),
        "dialog": dialog,
        "turns": _turns(call, list(dialog.turns.all()), recordings) if dialog else [],
        "recordings": recordings,
        "panels": panels.of(request, call),
    }
    return render(request, "calls/call_detail.html", context)


def _codes(call: Call, legs: list[Leg]) -> list[tuple[CallCode, CodeMeaning | None, str]]:
    """The call's codes, what each means, and the number of the leg that it is about."""
    numbers = {leg.key: leg.number for leg in legs}
    return [
        (code, codes.explain(code.scheme, code.value), numbers.get(code.leg_key, code.leg_key))
        for code in call.codes.all()
    ]


def _turns(
    call: Call, turns: list[Turn], recordings: players.Recordings | None
) -> list[tuple[Turn, CodeMeaning | None, players.Moments]]:
    """The dialog's turns, each with what the type of its node means and when it is spoken."""
    main = recordings.main if recordings else None
    seconds = main.sound.seconds if main and main.sound else None
    types = [codes.explain(f"{call.vendor}-node-type", turn.node_type) for turn in turns]
    return list(zip(turns, types, players.moments(call, turns, seconds), strict=True))


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of a call, and the seconds since the one before it."""

    name: str
    at: datetime
    gap: int | None


def _timeline(call: Call) -> list[Moment]:
    """The call's moments that are known, in the order in which a call goes through them."""
    moments: list[Moment] = []
    for name in ("started", "rang", "answered", "ended"):
        at = getattr(call, f"{name}_at")
        if at is not None:
            gap = seconds_between(moments[-1].at, at) if moments else None
            moments.append(Moment(name, at, gap))
    return moments

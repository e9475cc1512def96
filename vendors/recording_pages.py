"""Pages: the list of recordings, and having some of them fetched again."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from calls import lists
from calls.audit import Action, record
from calls.models import Account, Sound
from vendors import context, recordings
from vendors.doorbell import recordings_bell
from vendors.paging import ByMoment
from vendors.permissions import FETCH_RECORDINGS, SEE_RECORDINGS
from vendors.recording_filters import SoundFilter
from vendors.recordings import fetchable
from vendors.registry import VENDORS

LONGEST_KEY = 18  # digits, so that it is a number to every database


class LostSoonestFirst(ByMoment):
    ordering = ("deadline_at", "id")


class NewestFirst(CursorPagination):
    ordering = ("-id",)
    page_size = ByMoment.page_size
    page_size_query_param = ByMoment.page_size_query_param
    max_page_size = ByMoment.max_page_size

    def decode_cursor(self, request: Request) -> Any:
        """The place in the list that an address names. Raises NotFound where it names none."""
        cursor = super().decode_cursor(request)
        if cursor is not None and cursor.position is not None and not _keys([str(cursor.position)]):
            raise NotFound(self.invalid_cursor_message)
        return cursor


@require_safe
@permission_required(SEE_RECORDINGS, raise_exception=True)
def recording_list(request: HttpRequest) -> HttpResponse:
    """Recordings, newest first, or by what is left of their time where that is asked for. htmx
    asks for the table alone."""
    if lists.has_empty_fields(request.GET):
        return HttpResponseRedirect(_list(lists.spoken(request.GET)))
    filtered = SoundFilter(request.GET, queryset=_rows())
    is_soonest_first = bool(request.GET.get("expiring"))
    paginator = LostSoonestFirst() if is_soonest_first else NewestFirst()
    turned = lists.turn(request, filtered, paginator)
    shown = {
        "sounds": turned.rows,
        "filter": filtered,
        "complaints": turned.complaints,
        "is_filtered": bool(set(request.GET) - lists.PLACE),
        "is_soonest_first": is_soonest_first,
        "may_fetch": request.user.has_perm(FETCH_RECORDINGS),
        "here": request.GET.urlencode(),
        "which": _without_place(request.GET).urlencode(),
        "newer": turned.newer,
        "older": turned.older,
    }
    if request.htmx:  # type: ignore[attr-defined]
        response = render(request, "vendors/_recording_table.html", shown)
    else:
        response = render(request, "vendors/recording_list.html", shown | _choices(request.GET))
    response["Vary"] = "HX-Request"
    return response


def _rows() -> QuerySet[Sound]:
    rows = Sound.objects.select_related("call__account", "recording")
    bulky = ("said", "details", "extra", "user_data")
    return rows.defer("peaks", "recording__address", *(f"call__{name}" for name in bulky))


@require_POST
@permission_required(FETCH_RECORDINGS, raise_exception=True)
def fetch_again(request: HttpRequest) -> HttpResponse:
    """Have recordings fetched again: the one whose button it was, else those that are ticked."""
    only = request.POST.get("only")
    keys = _keys([only] if only else request.POST.getlist("sound"))
    if keys:
        _fetch_again(request, Sound.objects.filter(pk__in=keys), len(keys))
    else:
        messages.warning(request, _("Nothing is ticked. Tick the recordings to fetch again."))
    return _back(request, QueryDict(request.POST.get("back", "")))


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required(FETCH_RECORDINGS, raise_exception=True)
def fetch_all_again(request: HttpRequest) -> HttpResponse:
    """Have all recordings fetched again that a filter finds; says how many before it does."""
    filtered = SoundFilter(request.GET, queryset=Sound.objects.all())
    if lists.complaints(request.GET, filtered):
        return _back(request, request.GET)
    if request.method == "POST":
        _fetch_again(request, filtered.qs)
        return _back(request, _without_place(request.GET))
    shown = {
        "count": fetchable(filtered.qs).count(),
        "criteria": _criteria(request.GET, filtered),
        "which": _without_place(request.GET).urlencode(),
    }
    return render(request, "vendors/recording_confirm.html", shown)


def _fetch_again(request: HttpRequest, sounds: QuerySet[Sound], asked: int = 0) -> None:
    count = recordings.fetch_again(sounds)
    if count:
        details = {"recordings": count}
        record(Action.RECORDINGS_FETCHED_AGAIN, by=request.user, request=request, details=details)
        context.forget_lost_soon()
        recordings_bell.ring()
        said = ngettext(
            "%(count)d recording is fetched again.",
            "%(count)d recordings are fetched again.",
            count,
        )
        messages.success(request, said % {"count": count})
    if asked > count or not count:
        messages.warning(request, _left_alone(asked - count))


def _left_alone(count: int) -> str:
    if count <= 0:
        return _("None of these can be fetched again.")
    said = ngettext(
        "%(count)d recording was left alone: it is stored, deleted, being fetched, or was never "
        "announced.",
        "%(count)d recordings were left alone: they are stored, deleted, being fetched, or were "
        "never announced.",
        count,
    )
    return said % {"count": count}


def _back(request: HttpRequest, query: QueryDict) -> HttpResponse:
    """The list as it was, for those who may see it."""
    may_see = request.user.has_perm(SEE_RECORDINGS)
    return HttpResponseRedirect(_list(query) if may_see else reverse("home"))


def _list(query: QueryDict) -> str:
    return reverse("recordings") + lists.as_query(query)


def _keys(words: list[str]) -> set[int]:
    """The rows that words name; a word that can name none is left out."""
    return {int(word) for word in words if word.isdecimal() and len(word) <= LONGEST_KEY}


def _without_place(given: QueryDict) -> QueryDict:
    rest = given.copy()
    for name in lists.PLACE:
        rest.pop(name, None)
    return rest


def _choices(given: QueryDict) -> dict[str, list[tuple[str, str]]]:
    """What to choose from, with whatever else was asked for, so that it stays."""
    vendors = {vendor.key: vendor.name for vendor in VENDORS.values()}
    accounts = {str(account.pk): str(account) for account in Account.objects.all()}
    for known, name in ((vendors, "vendor"), (accounts, "account")):
        if asked := given.get(name):
            known.setdefault(asked, asked)
    return {"vendors": list(vendors.items()), "accounts": list(accounts.items())}


def _criteria(given: QueryDict, filtered: SoundFilter) -> list[tuple[str, str]]:
    """The filter in words: what each field is called, and what it was set to."""
    known = _choices(given)
    words = {"vendor": dict(known["vendors"]), "account": dict(known["accounts"])}
    fields = filtered.form.fields
    said = []
    for name, values in given.lists():
        if name not in lists.PLACE:
            labels = words.get(name) or dict(getattr(fields[name], "choices", ()))
            texts = [str(labels.get(value, value)) for value in values if value]
            said.append((str(fields[name].label), ", ".join(texts)))
    return said

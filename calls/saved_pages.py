"""Pages of saved views: to make, open, change, pin and delete them."""

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from calls import preferences, saved
from calls.audit import Action, record
from calls.list_page import BESIDE, VIEW, address_of
from calls.models import SavedView
from calls.permissions import READ_CALLS
from calls.search import read_query


def _reader(request: HttpRequest) -> User:
    return cast(User, request.user)  # nobody who is not signed in comes here


def views(request: HttpRequest) -> HttpResponse:
    """The views of a person; a POST makes one."""
    return _make(request) if request.method == "POST" else _show(request)


@require_safe
@permission_required(READ_CALLS, raise_exception=True)
def _show(request: HttpRequest, complaint: str = "", status: int = 200) -> HttpResponse:
    pinned = set(saved.pinned(request.user).values_list("pk", flat=True))
    kept = preferences.of(request.user)
    found: dict[str, list[Any]] = {"own": [], "shared": []}
    for view in saved.visible(request.user):
        problems = saved.search_of(view).problems
        shown = {
            "pk": view.pk,
            "name": view.name,
            "search": view.search,
            "owner": view.owner,
            "group": view.group,
            "group_id": view.group_id,
            "is_pinned": view.pk in pinned,
            "is_default": kept is not None and kept.default_view_id == view.pk,
            "complaint": problems[0].text if problems else "",
        }
        found["own" if view.owner_id == request.user.pk else "shared"].append(shown)
    context = {**found, "sharable": saved.sharable(request.user), "complaint": complaint}
    return render(request, "calls/view_list.html", context, status=status)


@require_POST
@permission_required(READ_CALLS, raise_exception=True)
def _make(request: HttpRequest) -> HttpResponse:
    search = read_query(QueryDict(request.POST.get("query", "")), BESIDE)
    kept = preferences.of(request.user)
    view = SavedView(
        owner=_reader(request), search=search.text, columns=kept.columns if kept else []
    )
    if complaint := _fill(request, view):
        return _show_complaint(request, complaint)
    messages.success(request, _("The view “%(name)s” is saved.") % {"name": view.name})
    return HttpResponseRedirect(address_of(search, {VIEW: str(view.pk)}))


def _show_complaint(request: HttpRequest, complaint: str) -> HttpResponse:
    request.method = "GET"
    return _show(request, complaint, 400)


def _fill(request: HttpRequest, view: SavedView) -> str:
    """Give a view its name and whom it is shared with, and save it; what is wrong, or nothing."""
    view.name = request.POST.get("name", "").strip()
    before = view.group_id
    try:
        view.group = _group(request)
        view.clean_fields(exclude=["search", "columns", "owner", "group"])
        with transaction.atomic():
            view.save()
            if view.group_id != before:
                _note_sharing(request, view)
    except ValidationError as error:
        return _("Name: %(problem)s") % {"problem": " ".join(error.messages)}
    except IntegrityError:
        return _("You have a view of this name already. Choose another.")
    _pin(request, view)
    return ""


def _note_sharing(request: HttpRequest, view: SavedView) -> None:
    action = Action.VIEW_SHARED if view.group else Action.VIEW_UNSHARED
    details = {"with": view.group.name} if view.group else {}
    record(action, by=request.user, request=request, subject=f"view {view.pk}", details=details)


def _group(request: HttpRequest) -> Group | None:
    text = request.POST.get("group", "")
    if not text:
        return None
    found = [one for one in saved.sharable(request.user) if str(one.pk) == text]
    if not found:
        raise ValidationError(_("You cannot share a view with this group."))
    return found[0]


def _pin(request: HttpRequest, view: SavedView) -> None:
    if "pin" in request.POST:
        view.pinned_by.add(_reader(request))
    else:
        view.pinned_by.remove(_reader(request))
    kept = preferences.of(request.user)
    if "default" in request.POST:
        preferences.store(request.user, default_view=view)
    elif kept is not None and kept.default_view_id == view.pk:
        preferences.store(request.user, default_view=None)


@require_safe
@permission_required(READ_CALLS, raise_exception=True)
def view(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a view: the list of its search, in its columns."""
    found = get_object_or_404(saved.visible(request.user), pk=pk)
    return HttpResponseRedirect(address_of(saved.search_of(found), {VIEW: str(found.pk)}))


@require_POST
@permission_required(READ_CALLS, raise_exception=True)
def change(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(SavedView, pk=pk, owner_id=request.user.pk)
    if complaint := _fill(request, found):
        return _show_complaint(request, complaint)
    messages.success(request, _("The view “%(name)s” is saved.") % {"name": found.name})
    return HttpResponseRedirect(reverse("views"))


@require_POST
@permission_required(READ_CALLS, raise_exception=True)
def pin(request: HttpRequest, pk: int) -> HttpResponse:
    """Pin somebody else's view, or open it first."""
    _pin(request, get_object_or_404(saved.visible(request.user), pk=pk))
    return HttpResponseRedirect(reverse("views"))


@require_POST
@permission_required(READ_CALLS, raise_exception=True)
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(SavedView, pk=pk, owner_id=request.user.pk)
    if found.group_id:
        found.group = None
        _note_sharing(request, found)
    found.delete()
    messages.success(request, _("The view “%(name)s” is deleted.") % {"name": found.name})
    return HttpResponseRedirect(reverse("views"))


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Where a person begins: the view they chose, else the overview."""
    kept = preferences.of(request.user)
    chosen = saved.opened(request.user, str(kept.default_view_id)) if kept else None
    address = reverse("view", args=[chosen.pk]) if chosen else reverse("overview")
    return HttpResponseRedirect(address)

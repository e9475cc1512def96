"""Saved views: searches under a name, one's own or shared with a group."""

from typing import Any

from django.contrib.auth.models import Group
from django.db.models import Q, QuerySet

from calls import masking
from calls.models import SavedView
from calls.search import Search, read_text

SHARE = "calls.add_savedview"


def visible(user: Any) -> QuerySet[SavedView]:
    """The views that a person may open: their own, and those shared with a group of theirs, but
    none with a number in it that they may not see."""
    shared = Q(group__in=user.groups.all())
    rows = SavedView.objects.filter(Q(owner=user) | shared)
    if not masking.sees_numbers():
        rows = rows.exclude(pk__in=[one.pk for one in rows.exclude(owner=user) if _tells(one)])
    return rows.select_related("owner", "group").distinct()


def _tells(view: SavedView) -> bool:
    return any(masking.text(text) != text for text in (view.name, view.search))


def opened(user: Any, text: str) -> SavedView | None:
    """The view that an address names, where there is one that this person may open."""
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        return None
    return visible(user).filter(pk=int(text)).first()


def pinned(user: Any) -> QuerySet[SavedView]:
    """The views in a person's navigation."""
    return visible(user).filter(pinned_by=user)


def search_of(view: SavedView) -> Search:
    return read_text(view.search)


def sharable(user: Any) -> list[Group]:
    """The groups that a person may share a view with: their own, for those who may share."""
    return list(user.groups.order_by("name")) if user.has_perm(SHARE) else []

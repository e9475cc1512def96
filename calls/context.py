"""What every page of a signed-in person has above it: their pinned views."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from calls import saved
from calls.models import SavedView
from calls.permissions import READ_CALLS


def views(request: HttpRequest) -> dict[str, Any]:
    """``pinned_views`` asks the database only where a template asks for it."""
    return {"pinned_views": _pinned(request)}


def _pinned(request: HttpRequest) -> Callable[[], list[SavedView]]:
    def pinned() -> list[SavedView]:
        user = getattr(request, "user", None)
        if user is None or not user.is_authenticated or not user.has_perm(READ_CALLS):
            return []
        return list(saved.pinned(user))

    return pinned

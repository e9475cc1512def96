"""How each person wants the portal: the language and the zone in force while they are served."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone, translation

from calls.models import Preferences

_AREAS = (
    *("Africa/", "America/", "Antarctica/", "Arctic/", "Asia/", "Atlantic/", "Australia/"),
    *("Europe/", "Indian/", "Pacific/", "UTC"),
)


def of(user: Any) -> Preferences | None:
    """What a person set; None for those who set nothing, and for nobody."""
    return getattr(user, "preferences", None) if user.is_authenticated else None


def store(user: Any, **chosen: Any) -> None:
    """Keep what a person chose. What is not named stays."""
    Preferences.objects.update_or_create(user_id=user.pk, defaults=chosen)


def remember_search(user: Any, text: str) -> None:
    """Keep a person's last search; an empty one is none."""
    kept = of(user)
    if text and (kept is None or kept.last_search != text):
        store(user, last_search=text)


def last_search(user: Any) -> str:
    kept = of(user)
    return kept.last_search if kept else ""


def languages() -> list[tuple[str, str]]:
    """The portal's languages, each by its own name."""
    return [
        (code, translation.get_language_info(code)["name_local"])
        for code, _name in settings.LANGUAGES
    ]


@cache
def zones() -> list[str]:
    """The zones to choose from: those of places, not the abbreviations."""
    return sorted(zone for zone in available_timezones() if zone.startswith(_AREAS))


@contextmanager
def in_force(request: HttpRequest) -> Iterator[None]:
    """Serve a request in its sender's language and zone. Who is not signed in has the browser's
    language and the portal's zone."""
    # Who has no session is nobody; asking costs a query.
    chosen = of(request.user) if settings.SESSION_COOKIE_NAME in request.COOKIES else None
    if chosen and chosen.language in dict(settings.LANGUAGES):
        # It stays in force until the next request's, as Django's own middleware has it.
        translation.activate(chosen.language)
        request.LANGUAGE_CODE = chosen.language
    with timezone.override(_zone(chosen.zone) if chosen and chosen.zone else None):
        yield


def _zone(name: str) -> ZoneInfo | None:
    """None for a zone that this machine does not know, or no longer."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return None

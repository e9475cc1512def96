"""Sessions: on which device, from where, last seen when; and how they end.

That a session was seen is written at most once a minute by each process, so that reading a page
writes nothing.
"""

import time
from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from callportal.signin.lockout import address_of

NOTED_EVERY = 60.0  # seconds
_MOST_NOTED = 10_000
_BROWSERS = (  # the first that fits: most name others beside themselves
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("MicroMessenger", "WeChat"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
    ("curl", "curl"),
    ("python", "Python"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)

_noted: OrderedDict[str, float] = OrderedDict()
_noting = Lock()


def seen(request: HttpRequest) -> None:
    """Note that the session of a request is in use."""
    key = request.session.session_key
    if key and _is_due(key):
        values = {
            "last_seen_at": timezone.now(),
            "ip": address_of(request),
            "user_agent": agent_of(request),
        }
        rows = UserSession.objects.filter(session_key=key, user_id=request.user.pk)
        if not rows.update(**values):  # one that began before sessions were listed
            UserSession.objects.update_or_create(
                session_key=key, defaults=values | {"user_id": request.user.pk}
            )


def began(sender: Any, request: HttpRequest, **_: Any) -> None:
    """A session that has just begun was just listed."""
    if key := getattr(request, "session", None) and request.session.session_key:
        _is_due(key)


def of(user: User) -> list[UserSession]:
    """The sessions of a user that are alive, the latest first; rows of others are dropped."""
    alive: list[UserSession] = UserSession.objects.purge_and_list(user)
    return sorted(alive, key=lambda session: session.last_seen_at, reverse=True)


def end(sessions: Iterable[UserSession]) -> int:
    """End sessions at once; how many there were."""
    count = 0
    for session in sessions:
        session.end()
        count += 1
    return count


def end_all(user: User, *, but: str | None = None) -> int:
    """End every session of a user, but perhaps one."""
    rows = UserSession.objects.filter(user_id=user.pk)
    return end(rows.exclude(session_key=but) if but else rows)


def agent_of(request: HttpRequest) -> str:
    return str(request.META.get("HTTP_USER_AGENT", ""))[:200]


def device(agent: str) -> str:
    """The device in words. What a browser says of itself is a hint, and no proof."""
    browser = next((name for word, name in _BROWSERS if word in agent), "")
    system = next((name for word, name in _SYSTEMS if word in agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Unknown device")


def _is_due(key: str) -> bool:
    now = time.monotonic()
    with _noting:
        if now - _noted.get(key, -NOTED_EVERY) < NOTED_EVERY:
            return False
        _noted[key] = now
        _noted.move_to_end(key)
        while len(_noted) > _MOST_NOTED:
            _noted.popitem(last=False)
    return True

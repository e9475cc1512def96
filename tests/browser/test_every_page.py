"""Every page, as it is first seen, in two looks: on a laptop, and on a telephone in the dark.

An address that is added needs a line here, as it does in ``tests/test_access.py``.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.urls import resolve, reverse

from tests.browser.conftest import Enter
from tests.browser.portal import Portal
from tests.browser.watched import LAPTOP, PHONE, Look, Watched
from tests.test_access import DOORS
from vendors.registry import VENDORS

LARGEST = 150 * 1024  # of a first visit, sound apart
SOUND = "Media "
# Not pages: parts of one, files, what programs read, and pages of a library.
NO_PAGES = {
    *("calls-count", "call-pushes", "find", "home", "healthz", "readyz", "schema", "api-docs"),
    *("api-calls", "api-call", "api-codes", "api-code", "api-outbound", "api-outbound-request"),
    *("sound-audio", "sound-peaks", "sound-download", "sound-renewal", "view", "export-file"),
}


@dataclass(frozen=True)
class Seen:
    """A page to look at: its address, what it answers, and who looks."""

    path: Callable[[Portal], str]
    status: int = 200
    role: str | None = "administrator"


def at(name: str, *keys: Any, query: str = "", **more: Any) -> Seen:
    """The page of this name; keys may be functions of what there is."""

    def path(portal: Portal) -> str:
        given = [key(portal.rows) if callable(key) else key for key in keys]
        return reverse(name, args=given) + query

    return Seen(path=path, **more)


def first(vendor: str) -> Callable[[Any], int]:
    return lambda rows: int(rows.calls[vendor][0].pk)


def with_dialog(rows: Any) -> int:
    return next(int(call.pk) for call in rows.calls["yeta"] if call.has_dialog)


PAGES = {
    "sign in": at("login", role=None),
    "calls": at("calls"),
    "calls, masked": at("calls", role="viewer"),
    "calls, filtered": at("calls", query="?vendor=yeta&outcome=answered&-code=q850/16"),
    "calls, none": at("calls", query="?call_id=nothing-has-this"),
    "calls, a mistake": at("calls", query="?outcome=buzy&talk=long"),
    **{f"a call of {vendor}": at("call", first(vendor)) for vendor in VENDORS},
    "a call with a dialog": at("call", with_dialog),
    "a call with a recording": at("call", lambda rows: rows.call.pk),
    "a call, masked": at("call", lambda rows: rows.call.pk, role="viewer"),
    "a call going on": at("call", lambda rows: rows.up.pk),
    "a number": at("number", lambda rows: rows.numbers[0]),
    "a number nobody called": at("number", "8613900000000"),
    "no number": at("number", "abc"),
    "codes": at("codes"),
    "codes, some": at("codes", query="?q=busy"),
    "codes, none": at("codes", query="?q=nothing-like-this"),
    "a code": at("code", "q850", "17"),
    "a code of a vendor": at("code", "huawei.state", "8103"),
    "a code nobody knows": at("code", "q850", "9999"),
    "what the box takes": at("find-help"),
    "views": at("views"),
    "exports": at("exports"),
    "settings": at("settings"),
    "password": at("password"),
    "outbound": at("outbound"),
    "a callback": at("outbound-new", "voice_callback"),
    "a notification": at("outbound-new", "voice_notification"),
    "a verification": at("outbound-new", "voice_verification"),
    "a request": at("outbound-request", lambda rows: rows.request.pk),
    "recordings": at("recordings"),
    "recordings again": at("recordings-again-all"),
    "pushes": at("pushes"),
    "a push": at("push", lambda rows: rows.push.pk),
    "pushes again": at("pushes-again-all"),
    "refusals": at("refusals"),
    "a refusal": at("refusal", lambda rows: rows.refused.pk),
    "no such call": at("call", 999_999, status=404),
    "no such address": Seen(path=lambda _: "/nowhere/", status=404),
    "not allowed": at("pushes", role="viewer", status=403),
}


Window = Callable[[Look, str | None], Watched]


@pytest.fixture(scope="module")
def window(enter: Enter, _portal: Portal) -> Iterator[Window]:
    """A window for each look and person, used again for the next page."""
    opened: dict[tuple[Look, str | None], Watched] = {}

    def window(look: Look, role: str | None) -> Watched:
        if (look, role) not in opened:
            opened[look, role] = Watched(enter(look, role).new_page(), _portal.url)
        return opened[look, role]

    yield window
    for watched in opened.values():
        watched.page.context.close()


@pytest.mark.parametrize("look", [LAPTOP, PHONE], ids=str)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_sound(name: str, look: Look, portal: Portal, window: Window) -> None:
    seen = PAGES[name]
    watched = window(look, seen.role)
    watched.begin()
    watched.expect(seen.status)

    answer = watched.page.goto(seen.path(portal))
    watched.settle()

    assert answer is not None
    assert answer.status == seen.status
    assert [*watched.wrongs, *watched.shifts(), *watched.overflowing(), *too_heavy(watched)] == []
    assert watched.barriers() == []


def too_heavy(watched: Watched) -> list[str]:
    weights = {name: size for name, size in watched.bytes.items() if not name.startswith(SOUND)}
    if sum(weights.values()) <= LARGEST:
        return []
    return [
        f"{sum(weights.values())} bytes",
        *(f"{size}: {name}" for name, size in weights.items()),
    ]


def test_every_page_has_a_line_here(portal: Portal) -> None:
    paths = [seen.path(portal).partition("?")[0] for seen in PAGES.values()]
    seen = {resolve(path).url_name for path in paths if path != "/nowhere/"}

    assert {name for name, door in DOORS.items() if door.post is None} - NO_PAGES == seen

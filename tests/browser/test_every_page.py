"""Every page, as it is first seen, in two looks: on a laptop, and on a telephone in the dark.

An address that is added needs a line here, as it does in ``tests/test_access.py``.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.urls import resolve, reverse
from django.utils.http import urlencode

from tests import rich
from tests.browser.conftest import Enter
from tests.browser.portal import Portal
from tests.browser.watched import LAPTOP, PHONE, Look, Watched
from tests.test_access import DOORS
from vendors.registry import VENDORS

LARGEST = 150 * 1024  # of a first visit, sound and the library of charts apart
APART = re.compile(r"Media |Script .*/static/chartkick/")
# Not pages: parts of one, files, what programs read, and pages of a library.
NO_PAGES = {
    *("calls-count", "call-pushes", "find", "home", "healthz", "readyz", "schema", "api-docs"),
    *("api-figures", "metrics"),
    # Signing in leads on from these, or they are not there: test_security looks at what is shown.
    *("account_login", "mfa_authenticate", "mfa_login_webauthn", "mfa_index", "mfa_list_webauthn"),
    *("openid_connect_login", "openid_connect_callback", "single-connect", "mfa_reauthenticate"),
    *("mfa_reauthenticate_webauthn", "mfa_deactivate_totp", "mfa_view_recovery_codes"),
    *("account_reauthenticate", "mfa_activate_totp", "mfa_add_webauthn", "mfa_remove_webauthn"),
    "mfa_generate_recovery_codes",
    *("api-calls", "api-call", "api-codes", "api-code", "api-outbound", "api-outbound-request"),
    *(
        "sound-audio",
        "sound-peaks",
        "sound-download",
        "sound-renewal",
        "view",
        "export-file",
        "bill-file",
        "import-unreadable",
    ),
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
    "audit": at("audit"),
    "audit, nothing found": at("audit", query="?who=nobody"),
    "overview": at("overview"),
    "overview of all calls": at("overview", query="?span=all"),
    "overview, masked": at("overview", query="?span=all", role="viewer"),
    "overview, a search": at("overview", query="?span=all&talk=>5&vendor=yeta"),
    "overview, none": at("overview", query="?from=2020-01-01&to=2020-01-02"),
    "overview, a mistake": at("overview", query="?outcome=buzy"),
    "a part of the overview": at("overview-part", "hours", query="?span=all"),
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
    "live": at("live"),
    "a number": at("number", lambda rows: rows.numbers[0]),
    "a number nobody called": at("number", "8613900000000"),
    "no number": at("number", "abc"),
    "reports": at("reports"),
    "reports, numbers": at("reports", query="?period=week&by=shown&range=this-month"),
    "reports of a supervisor": at(
        "reports", query="?period=month&by=shown&range=this-month", role="supervisor"
    ),
    "reports, none": at("reports", query="?period=day&by=total&from=2020-01-01&to=2020-01-02"),
    "reports, a mistake": at("reports", query="?by=colour", status=400),
    "mailings": at("mailings", role="supervisor"),
    "mailings, none": at("mailings"),
    "codes": at("codes"),
    "codes, some": at("codes", query="?q=busy"),
    "codes, none": at("codes", query="?q=nothing-like-this"),
    "a code": at("code", "q850", "17"),
    "a code of a vendor": at("code", "huawei.state", "8103"),
    "a code nobody knows": at("code", "q850", "9999"),
    "what the box takes": at("find-help"),
    "views": at("views"),
    "exports": at("exports"),
    "bills": at("bills"),
    "a bill": at("bill", lambda rows: rows.bill.pk),
    "a bill, masked": at(
        "bill", lambda rows: rows.bill.pk, query="?list=unreadable", role="finance"
    ),
    "columns of a bill": at("bill-columns", lambda rows: rows.mapped.pk),
    "deleting a bill": at("bill-delete", lambda rows: rows.bill.pk),
    "settings": at("settings"),
    "password": at("password"),
    "security": at("security"),
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
    "what went wrong": at("trouble"),
    "what went wrong, nothing": at("trouble", query="?state=failed"),
    "a group again": at(
        "trouble-again",
        query="?"
        + urlencode(
            {"vendor": "huawei", "kind": "fee", "state": "unreadable", "trouble": rich.TROUBLE}
        ),
    ),
    "a group processed again": at("trouble-job", lambda rows: rows.job.pk),
    "imports": at("imports"),
    "an import": at("import", lambda rows: rows.imported.pk),
    "columns of an import": at("import-columns", lambda rows: rows.table.pk),
    "refusals": at("refusals"),
    "a refusal": at("refusal", lambda rows: rows.refused.pk),
    "health": at("health"),
    "ledger": at("ledger", query="?from=2026-11-01&to=2026-11-30"),
    "trust": at("trust"),
    "ledger, a mistake": at("ledger", query="?from=yesterday"),
    "alarms": at("alarms"),
    "alarms, none": at("alarms", query="?sort=silence&state=resolved"),
    "an alarm": at("alarm", lambda rows: rows.alarm.pk),
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
    weights = {name: size for name, size in watched.bytes.items() if not APART.match(name)}
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

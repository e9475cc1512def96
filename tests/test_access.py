"""Who may open which address; and that who sees numbers masked finds a whole one nowhere.

Every address of the portal stands in ``DOORS``: one that is added needs a line here.
"""

import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.test.client import MULTIPART_CONTENT
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import translation

from callportal import roles
from tests import rich

# Who may open what does not hang on the database: one run is enough.
pytestmark = [pytest.mark.django_db, pytest.mark.alone]

ADMINS = frozenset({"administrator", "masked"})
SUPERVISORS = ADMINS | {"supervisor"}
OPERATORS = ADMINS | {"operator"}
READERS = frozenset({*roles.names(), "masked"})
WRITERS = READERS - {"viewer", "finance"}
CLERKS = SUPERVISORS | {"finance"}
PEOPLE = READERS | {"nobody"}
EVERYBODY = PEOPLE | {"anonymous"}
SEEING = WRITERS - {"masked"}


@dataclass(frozen=True, kw_only=True)
class Door:
    """An address: how it is asked, who gets ``ok``, and what the others hear."""

    to: frozenset[str]
    ok: int = 200
    shut: int = 403  # for who is signed in and may not
    missing: frozenset[str] = frozenset()  # for whom there is no such thing
    outside: int = 302  # for who is not: to the page for signing in
    post: dict[str, str] | None = None  # None: it is a GET
    keys: tuple[str, ...] = ()  # what of the portal the address names
    query: dict[str, str] = field(default_factory=dict)

    def heard_by(self, role: str) -> int:
        if role in self.to:
            return self.ok
        if role in self.missing:
            return 404
        return self.outside if role == "anonymous" else self.shut


def act(to: frozenset[str], *keys: str, ok: int = 302, **post: str) -> Door:
    return Door(to=to, keys=keys, ok=ok, post=post)


def own(key: str, others: frozenset[str], *, ok: int = 302, **more: Any) -> Door:
    """What belongs to the supervisor: others, though they may have such things, have not this."""
    owner = frozenset({"supervisor"})
    return Door(to=owner, missing=others - owner, keys=(key,), ok=ok, **more)


def page(to: frozenset[str], *keys: str, **query: str) -> Door:
    return Door(to=to, keys=keys, query=query)


def api(to: frozenset[str], *keys: str, **more: Any) -> Door:
    return Door(to=to, keys=keys, outside=401, **more)


def sound(to: frozenset[str]) -> Door:
    """Players cannot sign in, so they are never led to the page for it."""
    return Door(to=to, keys=("sound", "ticket"), outside=403)


DOORS = {
    "healthz": page(EVERYBODY),
    "readyz": page(EVERYBODY),
    **dict.fromkeys(("login", "account_login"), Door(to=frozenset({"anonymous"}), shut=302)),
    **dict.fromkeys(("mfa_authenticate", "mfa_login_webauthn"), Door(to=EVERYBODY, ok=302)),
    "openid_connect_login": Door(to=frozenset(), shut=404, outside=404, keys=("oidc",)),
    "openid_connect_callback": Door(to=frozenset(), shut=404, outside=404, keys=("oidc",)),
    "logout": act(EVERYBODY),
    "set_language": act(EVERYBODY, language="en"),
    "settings": page(PEOPLE),
    "password": page(PEOPLE),
    "security": page(PEOPLE),
    "sessions-end": act(PEOPLE),
    "session-end": Door(to=frozenset(), shut=404, keys=("0",), post={}),
    # Nobody here has a password, and so nothing to show again who they are by.
    **dict.fromkeys(
        ("account_reauthenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn"),
        Door(to=frozenset()),
    ),
    **dict.fromkeys(("mfa_index", "mfa_list_webauthn"), Door(to=PEOPLE, ok=302)),
    "mfa_activate_totp": page(PEOPLE),
    "mfa_add_webauthn": page(PEOPLE),
    "mfa_generate_recovery_codes": page(PEOPLE),
    # What is not there: single sign-on without its settings, factors that nobody here has.
    **dict.fromkeys(
        ("single-connect", "mfa_deactivate_totp", "mfa_view_recovery_codes"),
        Door(to=frozenset(), shut=404),
    ),
    "mfa_remove_webauthn": Door(to=frozenset(), shut=404, keys=("0",)),
    "schema": api(READERS),
    "api-docs": page(READERS),
    "api-calls": api(READERS),
    "api-call": api(READERS, "call"),
    "api-figures": api(READERS),
    "api-codes": api(READERS),
    "api-code": api(READERS, "q850", "17"),
    "api-outbound": api(OPERATORS),
    "api-outbound-request": api(OPERATORS, "request"),
    "api-outbound-cancel": api(OPERATORS, "request", post={}, ok=409),
    "api-call-terminate": api(OPERATORS, "up", post={}, ok=201),
    "home": Door(to=PEOPLE, ok=302),
    "find": Door(to=READERS, ok=302, query={"q": "outcome:busy"}),
    "find-help": page(READERS),
    "overview": page(READERS),
    "overview-part": page(READERS, "numbers"),
    "audit": page(ADMINS),
    "audit-file": act(ADMINS, ok=200),
    "calls": page(READERS),
    "live": page(READERS),
    "calls-count": page(READERS),
    "calls-columns": act(READERS),
    "calls-picked": act(READERS),
    "call": page(READERS, "call"),
    "call-reveal": act(frozenset({"administrator"}), "call"),
    "call-note-write": act(WRITERS, "call", text="a word"),
    "call-note-edit": act(frozenset({"supervisor"}), "call", "note", text=rich.NOTE),
    "call-note-delete": act(SUPERVISORS, "call", "note"),
    "call-tag": act(WRITERS, "call", name="later"),
    "call-untag": act(WRITERS, "call", "tag"),
    "call-hold": act(SUPERVISORS, "call"),
    "call-release": act(SUPERVISORS, "call"),
    "call-end": act(OPERATORS, "up"),
    "call-pushes": page(OPERATORS, "call"),
    "calls-reprocess": act(OPERATORS),
    "number": page(SEEING, "number"),
    "reports": page(CLERKS),
    "report-file": act(CLERKS, ok=200, format="csv"),
    "mailings": page(CLERKS),
    "mailing-pause": own("mailing", CLERKS, post={}),
    "mailing-send": own("mailing", CLERKS, post={}),
    "mailing-delete": own("mailing", CLERKS, post={}),
    "codes": page(READERS),
    "code": page(READERS, "q850", "17"),
    "views": page(READERS),
    "view": own("view", READERS),
    "view-change": own("view", READERS, post={"name": "Busy"}),
    "view-pin": own("view", READERS, post={}),
    "view-delete": own("view", READERS, post={}),
    "calls-export": act(CLERKS, ok=200, format="csv"),
    "exports": page(CLERKS),
    "export-file": own("export", CLERKS, ok=200),
    "export-cancel": own("export", CLERKS, post={}),
    "export-again": own("export", CLERKS, post={}, ok=200),
    "bills": page(CLERKS),
    "bill-drop": act(CLERKS, ok=400),
    "bill": page(CLERKS, "bill"),
    "bill-columns": page(CLERKS, "mapped"),
    "bill-again": act(CLERKS, "bill", tolerance="60", slack="0"),
    "bill-cancel": act(CLERKS, "bill"),
    "bill-delete": page(CLERKS, "bill"),
    "bill-file": page(CLERKS, "bill", "alike", "csv"),
    "sound-audio": sound(SUPERVISORS),
    "sound-peaks": sound(SUPERVISORS),
    "sound-download": sound(SUPERVISORS),
    "sound-renewal": sound(SUPERVISORS),
    "outbound": page(OPERATORS),
    "outbound-new": page(OPERATORS, "voice_callback"),
    "outbound-request": page(OPERATORS, "request"),
    "outbound-cancel": act(OPERATORS, "request"),
    "outbound-end": act(OPERATORS, "request"),
    "outbound-decide": act(OPERATORS, "request"),
    "outbound-resume": act(OPERATORS, "account"),
    "recordings": page(SUPERVISORS | OPERATORS),
    "recordings-again": act(OPERATORS),
    "recordings-again-all": page(OPERATORS),
    "pushes": page(OPERATORS),
    "push": page(OPERATORS, "push"),
    "push-again": act(OPERATORS, "push"),
    "pushes-again": act(OPERATORS),
    "pushes-again-all": page(OPERATORS),
    "trouble": page(OPERATORS),
    "trouble-again": page(
        OPERATORS, vendor="huawei", kind="fee", state="unreadable", trouble=rich.TROUBLE
    ),
    "trouble-job": page(OPERATORS, "job"),
    "trouble-job-cancel": act(OPERATORS, "job"),
    "imports": page(OPERATORS),
    "import-drop": act(OPERATORS, ok=400),
    "import": page(OPERATORS, "imported"),
    "import-columns": page(OPERATORS, "table"),
    "import-confirm": act(OPERATORS, "imported"),
    "import-cancel": act(OPERATORS, "imported"),
    "import-unreadable": page(OPERATORS, "imported"),
    "import-night": act(OPERATORS, "account"),
    "refusals": page(OPERATORS),
    "refusal": page(OPERATORS, "refused"),
    "refusal-release": act(OPERATORS, "refused"),
    "health": page(OPERATORS),
    "ledger": page(OPERATORS),
    "trust": page(OPERATORS),
    "alarms": page(OPERATORS),
    "alarm": page(OPERATORS, "alarm"),
    "alarm-acknowledge": act(OPERATORS, "alarm"),
    "alarm-return": act(OPERATORS, "alarm"),
    "alarm-snooze": act(OPERATORS, "alarm", hours="8"),
    "alarm-wake": act(OPERATORS, "alarm"),
    "metrics": Door(to=frozenset(), shut=404, outside=404),
}
ADMIN_PAGES = ("change", "history", "delete")
# What else shows numbers, beside the pages above as they are.
CLOSER_LOOKS = (
    Door(to=READERS, keys=("calls",), query={"vendor": "voicepush"}),
    Door(to=READERS, keys=("overview",), query={"span": "all"}),
    Door(to=READERS, keys=("api-figures",), query={"span": "all"}),
    *(
        Door(to=CLERKS, keys=("reports",), query=rich.NOVEMBER | {"by": by})
        for by in ("shown", "task")
    ),
    Door(to=OPERATORS, keys=("outbound-new", "voice_callback"), query={"from_call": "call"}),
    Door(to=OPERATORS, keys=("outbound-new", "voice_callback"), query={"like": "request"}),
    *(
        Door(to=CLERKS, keys=("bill", "bill"), query={"list": verdict})
        for verdict in ("alike", "unreadable")
    ),
    Door(to=CLERKS, keys=("bill-file", "bill", "unreadable", "xlsx")),
    *(
        Door(to=CLERKS, keys=("calls-export",), post={"format": kind, "which": "all"})
        for kind in ("csv", "xlsx")
    ),
)


@pytest.fixture(scope="module")
def portal(django_db_setup: None, django_db_blocker: Any) -> Iterator[SimpleNamespace]:
    with rich.standing(django_db_blocker) as made:
        yield made


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def client_of(portal: SimpleNamespace, role: str) -> Client:
    client = Client(raise_request_exception=False)
    if role != "anonymous":
        client.force_login(portal.people[role])
    return client


def routes(patterns: Iterable[Any]) -> Iterator[str]:
    """The names of all addresses but the admin's."""
    for one in patterns:
        if isinstance(one, URLResolver):
            if one.namespace != "admin":
                yield from routes(one.url_patterns)
        elif isinstance(one, URLPattern):
            yield str(one.name)


def ask(portal: SimpleNamespace, client: Client, name: str, door: Door | None = None) -> Any:
    """Ask at an address, as its door or another one says."""
    door = door or DOORS[name]
    path = reverse(name, args=[_named(portal, client, name, key) for key in door.keys])
    if door.post is None:
        return client.get(
            path, {key: _named(portal, client, name, value) for key, value in door.query.items()}
        )
    kind = "application/json" if name.startswith("api-") else MULTIPART_CONTENT
    return client.post(path, door.post, content_type=kind)


def _named(portal: SimpleNamespace, client: Client, name: str, key: str) -> Any:
    """What a key stands for in the portal; itself where it stands for nothing."""
    if key == "ticket":
        return _ticket(portal, client, name)
    if key == "number":
        return "86" + rich.NUMBERS["caller"]
    return getattr(getattr(portal, key, None), "pk", key)


def _ticket(portal: SimpleNamespace, client: Client, name: str) -> str:
    """What the call's page gives to who may hear; a made-up one for the others."""
    shown = client.get(portal.call.get_absolute_url()).content.decode()
    given = re.search(rf"/sounds/{portal.sound.pk}/([^/\"]+)/{name.removeprefix('sound-')}/", shown)
    return given[1] if given else "none"


# Who may open what


def test_every_address_has_a_line_here() -> None:
    assert set(routes(get_resolver().url_patterns)) == set(DOORS)


@pytest.mark.parametrize("role", sorted(EVERYBODY))
def test_a_role_opens_what_is_meant_for_it_and_nothing_else(
    portal: SimpleNamespace, role: str
) -> None:
    client, heard = client_of(portal, role), {}
    for name in [*DOORS.keys() - {"logout"}, "logout"]:
        with transaction.atomic():
            response = ask(portal, client, name)
            heard[name] = response.status_code
            everything_told(response)  # to its end, where files are closed
            transaction.set_rollback(True)

    assert heard == {name: door.heard_by(role) for name, door in DOORS.items()}


def admin_addresses() -> Iterator[str]:
    """Of every list, and of the first row of each."""
    yield reverse("admin:index")
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        if (row := model._default_manager.first()) is not None:
            yield from (reverse(f"{name}_{page}", args=[row.pk]) for page in ADMIN_PAGES)


@pytest.mark.parametrize("role", sorted(EVERYBODY - ADMINS))
def test_the_admin_is_for_staff(portal: SimpleNamespace, role: str) -> None:
    client = client_of(portal, role)

    heard = {address: client.get(address).status_code for address in admin_addresses()}

    assert set(heard.values()) == {302}


# Whole numbers


def everything_told(response: Any) -> str:
    """Body, headers and file names of an answer, a workbook unpacked, without what may stand
    between the digits of a number."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    if body.startswith(b"PK"):
        with zipfile.ZipFile(BytesIO(body)) as book:
            body = b"\n".join(book.read(name) for name in book.namelist())
    words = f"{body.decode('utf-8', 'replace')}\n{response.headers}"
    return re.sub(r"[\s().+-]", "", words)


def told_to(portal: SimpleNamespace, role: str) -> dict[str, str]:
    """Everything that all addresses tell a role."""
    client = client_of(portal, role)
    told = {}
    for name, door in DOORS.items():
        if door.post is None and name not in {"number", "schema"}:  # which say what they are asked
            told[name] = everything_told(ask(portal, client, name))
    for look in CLOSER_LOOKS:
        name, *keys = look.keys
        response = ask(portal, client, name, replace(look, keys=tuple(keys)))
        assert response.status_code == (200 if role in look.to else 403)
        told[f"{name} {look.query or look.post}"] = everything_told(response)
    if portal.people[role].is_staff:
        told |= {one: everything_told(client.get(one)) for one in admin_addresses()}
    return told


@pytest.mark.parametrize("role", ["viewer", "masked", "nobody"])
def test_who_sees_numbers_masked_is_told_no_whole_one(portal: SimpleNamespace, role: str) -> None:
    told = told_to(portal, role)

    found = {
        (where, place)
        for where, words in told.items()
        for place, number in rich.NUMBERS.items()
        if number in words
    }
    assert found == set()


def test_who_sees_numbers_is_told_all_of_them(portal: SimpleNamespace) -> None:
    """Or the test above would look for what is nowhere to be seen."""
    told = "".join(told_to(portal, "administrator").values())

    assert {place for place, number in rich.NUMBERS.items() if number not in told} == set()


@pytest.mark.parametrize(
    "query", ["callee__startswith=131", "caller__contains=8101", "parameters__icontains=131"]
)
def test_the_admin_answers_no_guesses_at_a_masked_number(
    portal: SimpleNamespace, query: str
) -> None:
    list_address = reverse("admin:vendors_outboundrequest_changelist")

    assert client_of(portal, "masked").get(f"{list_address}?{query}").status_code == 400
    assert client_of(portal, "administrator").get(f"{list_address}?{query}").status_code == 200


def test_a_number_that_is_never_called_is_found_whole_and_not_by_a_part(
    portal: SimpleNamespace,
) -> None:
    list_address = reverse("admin:vendors_nevercall_changelist")

    def found(role: str, words: str) -> int:
        response = client_of(portal, role).get(list_address, {"q": words})
        return int(response.context["cl"].result_count)

    number = portal.never.number
    assert [found(role, number[3:8]) for role in ("masked", "administrator")] == [0, 1]


def test_the_form_for_calling_back_is_filled_in_for_who_sees_the_numbers(
    portal: SimpleNamespace,
) -> None:
    path, given = reverse("outbound-new", args=["voice_callback"]), {"from_call": portal.call.pk}

    whole = client_of(portal, "operator").get(path, given).content.decode()

    assert f"+86{rich.NUMBERS['callee']}" in whole

"""A walk through the portal by every link, as each role and each sort of token: nobody who sees
numbers masked is told a whole one, be it in a page, a file, a header, a mail or the log."""

import html
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from io import StringIO
from types import SimpleNamespace
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
import time_machine
from django.core import mail
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import Resolver404, resolve, reverse
from django.utils import translation

from calls.mailings import sending
from calls.models import Export, Mailing, SavedView
from tests import rich
from tests.told import as_told
from vendors import accounts, inbox
from vendors.doorbell import doorbell, outbox_bell, recordings_bell
from vendors.models import Push

pytestmark = pytest.mark.django_db

MASKED = ("viewer", "finance", "masked", "nobody")
SEEING = ("agent", "supervisor", "operator", "administrator")
MOST_PAGES = 250
LINK = re.compile(r"""(?:href|src|hx-get|data-url|value)=["'](/[^"']*)["']""")
JSON_LINK = re.compile(r'"(?:https?://[^/"]+)?(/api/[^"]*)"')
# Not walked: what ends the session, what says what it was asked, what anybody may read.
LEFT = {"logout", "set_language", "schema", "number", "api-docs"}
STARTS = (
    *(
        "/settings/",
        "/",
        "/calls/",
        "/live/",
        "/codes/",
        "/views/",
        "/reports/",
        "/exports/",
        "/bills/",
    ),
    *("/pushes/", "/refusals/", "/health/", "/alarms/", "/outbound/", "/recordings/"),
    *("/overview/?span=all", "/admin/", "/api/v1/calls/", "/api/v1/figures/?span=all"),
    "/reports/?period=month&from=2026-11-01&to=2026-11-30&by=shown",
)
DECEMBER = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)  # when November is over


@pytest.fixture(scope="module")
def portal(django_db_setup: None, django_db_blocker: Any) -> Iterator[SimpleNamespace]:
    """Made once. Each test's changes are taken back, and at the end the portal itself."""
    with (
        django_db_blocker.unblock(),
        pytest.MonkeyPatch.context() as patch,
        transaction.atomic(),
    ):
        for bell in (doorbell, outbox_bell, recordings_bell):
            patch.setattr(bell, "ring", lambda: None)
        accounts.forget_doors()
        made = rich.portal()
        _push_in_disguise(made)
        yield made
        transaction.set_rollback(True)


def _push_in_disguise(made: SimpleNamespace) -> None:
    """The same number as JSON may spell it, and as a vendor may write it."""
    number = rich.NUMBERS["caller"]
    words = json.dumps({"callId": "C2", "caller": f"+86 {number[:3]}-{number[3:7]}-{number[7:]}"})
    hidden = "".join(f"\\u{ord(digit):04x}" for digit in number)
    body = f'{words[:-1]}, "userData": "{hidden}", "callee": "0086{number}"}}'
    account = made.push.account
    path = accounts.webhooks(account)["cdr"].removeprefix("http://calls.example")
    Client().post(path, body.encode(), content_type="application/json")
    inbox.process()
    assert Push.objects.filter(account=account, state="done").count() == 2


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def told(response: Any) -> bytes:
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return bytes(body)


def kind_of(address: str) -> tuple[str, bool] | None:
    """What sort of address it is: of each sort one is walked. None for what is left out."""
    parts = urlsplit(address)
    try:
        name = resolve(parts.path).view_name
    except Resolver404:
        return None
    if name in LEFT or parts.path.startswith("/static/"):
        return None
    return name, bool(parts.query)


def walk(client: Client, starts: Iterable[str], **asked: Any) -> Iterator[tuple[str, int, bytes]]:
    """Every address that links lead to, one of each sort; where it is, what was heard, and the
    answer with its headers."""
    waiting, seen = deque(starts), set[Any]()
    while waiting and len(seen) < MOST_PAGES:
        address = waiting.popleft()
        kind = kind_of(address)
        if kind is None or kind in seen:
            continue
        seen.add(kind)
        response = client.get(address, headers=asked)
        body = told(response)
        yield address, response.status_code, body + repr(response.headers).encode()
        if response.status_code in {301, 302}:
            waiting.append(urljoin(address, response["Location"]))
        text = body.decode("utf-8", "replace")
        links = [*LINK.findall(text), *JSON_LINK.findall(text)]
        waiting.extend(urljoin(address, html.unescape(link)) for link in links)


def files(client: Client, portal: SimpleNamespace) -> Iterator[tuple[str, int, bytes]]:
    """What is taken away: by forms, which no link leads to."""
    export, report = reverse("calls-export"), reverse("report-file")
    for form in ("csv", "xlsx"):
        for path, given in (
            (export, {"which": "all"}),
            (report, rich.NOVEMBER | {"by": "shown"}),
        ):
            response = client.post(path, given | {"format": form})
            body = told(response)
            yield f"{path} {form}", response.status_code, body + repr(response.headers).encode()
        for verdict in ("alike", "unreadable"):
            path = reverse("bill-file", args=[portal.bill.pk, verdict, form])
            response = client.get(path)
            yield path, response.status_code, told(response) + repr(response.headers).encode()


def whole_numbers(content: bytes) -> set[str]:
    parts = content.split(b"\n{'", 1)
    text = "".join(map(as_told, parts))
    return {place for place, number in rich.NUMBERS.items() if number in text}


def signed_in(portal: SimpleNamespace, role: str) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(portal.people[role])
    return client


@pytest.mark.parametrize("role", MASKED)
def test_who_sees_numbers_masked_walks_everywhere_and_meets_no_whole_one(
    portal: SimpleNamespace, role: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = signed_in(portal, role)
    starts = [portal.call.get_absolute_url(), *STARTS]

    with caplog.at_level("INFO"):
        heard = [*walk(client, starts), *files(client, portal)]

    found = {(where, place) for where, _code, words in heard for place in whole_numbers(words)}
    assert found == set()
    assert whole_numbers(caplog.text.encode()) == set()
    opened = {where for where, code, _words in heard if code == 200}
    least = {"nobody": 1, "viewer": 20, "finance": 30, "masked": 90}[role]
    assert len(opened) >= least, sorted(opened)
    assert not [where for where, code, _words in heard if code >= 500]


@pytest.mark.parametrize("role", SEEING)
def test_who_sees_numbers_is_shown_them(
    portal: SimpleNamespace, role: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Or the walk above would look for what is nowhere to be met."""
    with caplog.at_level("INFO"):
        page = signed_in(portal, role).get(portal.call.get_absolute_url())

    assert {"caller", "callee", "leg", "customer"} <= whole_numbers(page.content)
    assert whole_numbers(caplog.text.encode()) == set()


@pytest.mark.parametrize("is_masked", [True, False])
def test_a_token_tells_a_program_what_it_may_know(
    portal: SimpleNamespace, is_masked: bool, caplog: pytest.LogCaptureFixture
) -> None:
    out = StringIO()
    call_command("token", "add", "walker", *(["--masked"] if is_masked else []), stdout=out)
    token = re.search(r"cpt_\S+", out.getvalue())
    assert token is not None
    starts = ["/api/v1/calls/", f"/api/v1/calls/{portal.call.pk}/", "/api/v1/codes/"]
    starts.append("/api/v1/figures/?span=all")

    with caplog.at_level("INFO"):
        heard = list(walk(Client(), starts, authorization=f"Token {token[0]}"))

    found = {place for _where, _code, words in heard for place in whole_numbers(words)}
    assert bool(found) is not is_masked
    assert [code for _where, code, _words in heard][:4] == [200] * 4
    assert whole_numbers(caplog.text.encode()) == set()


@pytest.mark.parametrize("role", ["finance", "supervisor"])
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_mail_tells_what_its_owner_may_know(
    portal: SimpleNamespace, role: str, form: str, settings: Any
) -> None:
    settings.EMAIL_IS_SENT = True
    owner = portal.people[role]
    owner.email = "owner@calls.example"
    owner.save()
    view = SavedView.objects.create(name=f"All of {role}", owner=owner, search="")
    Mailing.objects.create(
        name="Calls",
        owner=owner,
        view=view,
        every="month",
        hour=8,
        format=form,
        language="en",
        since=rich.NOON,
    )

    with time_machine.travel(DECEMBER, tick=False):
        sending.sweep()

    content = [part for one in mail.outbox if one.to == [owner.email] for part in _parts_of(one)]
    assert content
    found = {place for part in content for place in whole_numbers(part)}
    assert found == set() if role == "finance" else "caller" in found
    assert not Export.objects.filter(user=owner, is_masked=role != "finance").exists()


def _parts_of(sent: Any) -> Iterator[bytes]:
    """A mail's subject, what it says, and its files with their names."""
    others = [one[0] for one in getattr(sent, "alternatives", ())]
    attached = [part for one in sent.attachments for part in one[:2]]
    for part in (sent.subject, sent.body, *others, *attached):
        yield part if isinstance(part, bytes) else str(part).encode()

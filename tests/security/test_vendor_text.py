"""Whatever a vendor writes is text on every page that shows it: never an element, never a script.

The samples of all vendors are pushed with hostile words in every field that will hold them, through
the real addresses; every page that could show them is then read as a browser reads it.
"""

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from calls.models import Call, Party, Sound
from tests.conftest import samples
from tests.test_access import DOORS, ask, client_of
from tests.vendors.adapters.test_hostile import SORTS, fields
from vendors import accounts, inbox
from vendors.models import Push, RefusedPush
from vendors.registry import VENDORS

pytestmark = pytest.mark.django_db

# The first ends every context that it may land in and becomes an element there, or an expression of
# the template language; the second would be a link that is a script.
WORDS = (
    "</script></title></textarea>\"'><xss-mark onfocus=alert(1)>{{7|add:69995}}{% load x %}<!--",
    "javascript:alert(1)//<xss-mark>",
)
EVALUATED = "70002"  # what the template language would make of the first
LOADING = {"href", "src", "action", "formaction", "data", "poster", "srcdoc", "hx-get", "hx-post"}


def hostile(vendor: str, kind: str, body: Any, word: str) -> bytes:
    """A push with the word in every field that its reader lets hold it."""
    read = VENDORS[vendor].read
    good = read(kind, json.dumps(body).encode())
    for path in fields(body):
        at = body
        for key in path[:-1]:
            at = at[key]
        before = at[path[-1]]
        if not isinstance(before, str | int):
            continue
        at[path[-1]] = word
        came = read(kind, json.dumps(body).encode())
        if len(came.facts) < len(good.facts) or len(came.problems) > len(good.problems):
            at[path[-1]] = before  # a time, or an id that does not fit
    return json.dumps(body).encode()


class Read(HTMLParser):
    """Reads a page as a browser does, and remembers what ought not to be there."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "xss-mark":
            self.wrong.append(f"an element of theirs: {attrs}")
        if tag == "script" and not given.get("src") and given.get("type") != "application/json":
            self.wrong.append(f"a script within: {attrs}")
        for name, value in given.items():
            if name.startswith("on") or name == "style":
                self.wrong.append(f"{tag} {name}={value}")
            plain = "".join(value.split()).lower()
            if name in LOADING and plain.startswith(("javascript:", "vbscript:", "data:text")):
                self.wrong.append(f"{tag} {name}={value}")


@pytest.fixture(scope="module")
def told(portal: SimpleNamespace, django_db_blocker: Any) -> SimpleNamespace:
    """The portal, with hostile words of all four vendors."""
    with django_db_blocker.unblock():
        sorts = [one for one in samples() if f"{one[0]}-{one[2].stem}" in SORTS]
        for at, (vendor, kind, path) in enumerate(sorts):
            account = accounts.create(vendor, f"Hostile {at}", {})
            address = accounts.webhooks(account)
            where = address.get(kind, next(iter(address.values())))
            where = where.removeprefix("http://calls.example")
            for word in WORDS:
                body = hostile(vendor, kind, json.loads(path.read_text()), word)
                client = Client(headers={"user-agent": word})
                assert client.post(where, body, content_type="application/json").status_code == 200
            # And one that nobody can read, whose complaint quotes it.
            broken = json.dumps({"feeLst": [{"callEndTime": WORDS[0]}], WORDS[0]: WORDS[1]})
            Client().post(where, broken, content_type="application/json")
        inbox.process_all()
        RefusedPush.objects.update(body=WORDS[0].encode(), remote_address="203.0.113.1")
    return portal


def pages(portal: SimpleNamespace) -> Iterator[tuple[str, str]]:
    """Every page that may show what a vendor wrote: the addresses, and each row's own."""
    client = client_of(portal, "administrator")
    for name, door in DOORS.items():
        if door.post is None and not name.startswith("sound-"):
            response = ask(portal, client, name)
            if not response.streaming and "html" in response.headers.get("Content-Type", ""):
                yield name, response.content.decode()
    for address in (*addresses(), *admin_pages()):
        yield address, client.get(address).content.decode()


def addresses() -> Iterator[str]:
    everything = ("caller", "callee", "display", "outcome", "account", "codes", "user_data", "task")
    yield "/calls/?" + "&".join(f"columns={one}" for one in everything)
    for call in Call.objects.exclude(account__name="Main").order_by("-pk")[:16]:
        yield call.get_absolute_url()
        yield reverse("call-pushes", args=[call.pk])
    for push in Push.objects.exclude(account__name="Main").order_by("-pk")[:16]:
        yield reverse("push", args=[push.pk])
    for key in set(Party.objects.order_by("-pk").values_list("key", flat=True)[:10]):
        yield reverse("number", args=[key])
    yield "/trouble/"
    yield "/reports/?period=month&by=task"
    yield "/find/?q=" + WORDS[0]


def admin_pages() -> Iterator[str]:
    for model in (Call, Push, RefusedPush, Sound):
        if model in admin.site._registry:
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
            yield reverse(f"{name}_changelist")
            for row in model._default_manager.order_by("-pk")[:4]:
                yield reverse(f"{name}_change", args=[row.pk])


def test_nothing_that_a_vendor_wrote_becomes_part_of_a_page(told: SimpleNamespace) -> None:
    shown = dict(pages(told))

    wrong = {where: found for where, page in shown.items() if (found := Read(page).wrong)}
    assert wrong == {}
    assert [where for where, page in shown.items() if EVALUATED in page] == []
    # Or this would be a search for what is nowhere to be seen.
    seen = [where for where, page in shown.items() if "&lt;xss-mark" in page]
    assert len(seen) > len(VENDORS) * 4


def test_the_words_stand_in_calls_of_every_vendor(told: SimpleNamespace) -> None:
    vendors = {
        call.vendor
        for call in Call.objects.all()
        if "xss-mark" in f"{vars(call)}"
    }  # fmt: skip

    assert vendors == set(VENDORS)


def test_the_api_gives_them_as_json_that_no_browser_takes_for_a_page(
    told: SimpleNamespace,
) -> None:
    client = client_of(told, "administrator")
    for call in Call.objects.order_by("-pk")[:5]:
        response = client.get(reverse("api-call", args=[call.pk]))

        assert response.headers["Content-Type"] == "application/json"
        assert response.headers["X-Content-Type-Options"] == "nosniff"

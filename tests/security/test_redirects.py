"""No parameter of ours sends a reader to somebody else's server, nor links there."""

import re
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from tests.test_access import DOORS, _named, client_of, everything_told

pytestmark = pytest.mark.django_db

ELSEWHERE = (
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "\\\\evil.example",
    "https:evil.example",
    "javascript:alert(1)//evil.example",
    " https://evil.example",
    "///evil.example",
)
PARAMETERS = ("next", "back", "return", "to", "url", "redirect", "redirect_to", "here", "from_page")
LINK = re.compile(r"""(?:href|action|src|hx-get|hx-post)=["']?([^"'\s>]*)""")


def leads_outside(address: str) -> bool:
    """As browsers read it: a backslash is a slash, blanks around it do not count."""
    read = address.strip().replace("\\", "/")
    return read.startswith("//") or "evil.example" in (urlsplit(read).netloc or read[:30])


def outside(client: Client, path: str, post: dict[str, str] | None, there: str) -> list[str]:
    """Where an answer leads that is not here."""
    more = dict.fromkeys(PARAMETERS, there)
    headers = {"referer": "https://evil.example/", "hx-current-url": there}
    if post is None:
        response = client.get(path, more, headers=headers)
    else:
        response = client.post(path, post | more, headers=headers)
    led = [response.headers.get(name, "") for name in ("Location", "HX-Redirect", "HX-Location")]
    if response.streaming:
        everything_told(response)  # to its end, where files are closed
    elif "html" in response.headers.get("Content-Type", ""):
        led += LINK.findall(response.content.decode())
    return [one for one in led if leads_outside(one)]


@pytest.mark.parametrize("there", ELSEWHERE[1:3])
def test_no_address_leads_where_its_parameters_say(portal: SimpleNamespace, there: str) -> None:
    client, found = client_of(portal, "supervisor"), {}
    for name, door in DOORS.items():
        if name in {"logout", "schema", "api-docs"} or name.startswith(("sound-", "api-")):
            continue
        path = reverse(name, args=[_named(portal, client, name, key) for key in door.keys])
        with transaction.atomic():
            found[name] = outside(client, path, door.post, there)
            transaction.set_rollback(True)

    assert {name: led for name, led in found.items() if led} == {}


@pytest.mark.parametrize("there", ELSEWHERE)
def test_signing_in_and_out_stays_here(portal: SimpleNamespace, there: str) -> None:
    user = portal.people["viewer"]
    user.set_password("a long pass phrase")
    user.save()
    client = Client()

    answers = [
        client.post(
            reverse("login"),
            {"username": user.username, "login": user.username, "password": "a long pass phrase"}
            | {"next": there},
        ),
        client.post(reverse("set_language"), {"language": "en", "next": there}),
        client.post(reverse("logout"), {"next": there}),
    ]

    assert [one.status_code for one in answers] == [302, 302, 302]
    assert not any(leads_outside(one.headers["Location"]) for one in answers)

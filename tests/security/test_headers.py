"""Errors, other hosts, cookies and https: what is told where nothing is to be told."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from tests import starts
from tests.security.browsers import lacks
from tests.test_access import ask, client_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/nowhere/", "/calls/0/", "/hooks", "/calls/count", "/admin/x/"])
def test_what_is_not_there_says_it_too_and_nothing_of_us(
    portal: SimpleNamespace, path: str
) -> None:
    response = client_of(portal, "administrator").get(path)

    assert response.status_code in {302, 404}
    assert lacks(response) == []
    assert b"urlpatterns" not in response.content
    assert b"Traceback" not in response.content


def test_a_mistake_of_ours_shows_nothing_of_itself(
    portal: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("a secret of ours")

    monkeypatch.setattr("calls.code_pages.render", fail)
    client = client_of(portal, "administrator")

    response = client.get("/codes/")

    assert response.status_code == 500
    assert lacks(response) == []
    for word in (b"a secret of ours", b"RuntimeError", b"Traceback", b"SECRET_KEY", b"code_pages"):
        assert word not in response.content


@pytest.mark.parametrize("host", ["evil.example", "calls.example.evil.example", "[::2]", "a b"])
@pytest.mark.parametrize("name", ["login", "home", "api-calls", "schema"])
def test_another_host_is_answered_nothing(portal: SimpleNamespace, host: str, name: str) -> None:
    client = Client(raise_request_exception=False, headers={"host": host})

    response = ask(portal, client, name)

    assert response.status_code == 400
    assert host not in response.content.decode()


def test_a_forwarded_host_is_not_believed(portal: SimpleNamespace) -> None:
    client = client_of(portal, "administrator")

    response = client.get("/calls/", headers={"x-forwarded-host": "evil.example"})

    assert response.status_code == 200
    assert b"evil.example" not in response.content


def test_cookies_are_out_of_the_reach_of_scripts_and_other_sites(portal: SimpleNamespace) -> None:
    user = portal.people["viewer"]
    user.set_password("a long pass phrase")
    user.save()
    client = Client()
    names = {"username": user.username, "login": user.username, "password": "a long pass phrase"}
    client.get("/accounts/login/")

    client.post("/accounts/login/", names)
    client.post("/language/", {"language": "en"})

    assert {"sessionid", "csrftoken"} <= client.cookies.keys()
    for name, cookie in client.cookies.items():
        assert cookie["samesite"] in {"Lax", "Strict"}, name
        assert cookie["domain"] == "", name
    assert all(client.cookies[name]["httponly"] for name in ("sessionid", "csrftoken"))


ON_HTTPS = """
import json
from django.conf import settings
from django.test import Client
told = Client().get("/healthz", secure=True).headers
away = Client().get("/accounts/login/")
print(json.dumps([
    told.get("Strict-Transport-Security"), away.status_code, away.headers.get("Location"),
    settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE, settings.SESSION_COOKIE_HTTPONLY,
    settings.DEBUG,
]))
"""


def test_behind_https_there_is_nothing_but_https(tmp_path: Path) -> None:
    done = starts.manage(
        "shell",
        "--no-imports",
        "-c",
        ON_HTTPS.replace("Client()", 'Client(headers={"host": "calls.example"})'),
        DATA_DIR=str(tmp_path),
        PUBLIC_URL="https://calls.example",
    )

    assert done.stdout.splitlines()[-1:] == [
        '["max-age=31536000; includeSubDomains; preload", 301,'
        ' "https://calls.example/accounts/login/", true, true, true, false]'
    ], done.stderr

"""Asking Yeta for what it could not push: token, list, files; once, and never hammering."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
import time_machine

from calls.models import AuditEntry, Call
from tests.vendors.imports.conftest import envelope, lines, record, zipped
from vendors import accounts, inbox
from vendors.adapters.imports import AskLaterError
from vendors.adapters.yeta.client import Client
from vendors.downloading.transport import Guarded
from vendors.imports import night, working
from vendors.models import Import, NightRound, Push, VendorAccount

pytestmark = pytest.mark.django_db

NIGHT = datetime(2026, 11, 20, 19, 20, tzinfo=UTC)  # 03:20 on the 21st in Beijing
NAME = "150/2026-11-20/0E050E.zip"


class Platform(httpx2.BaseTransport):
    """Yeta's open platform, as its document describes it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.days: list[str] = []
        self.files = {NAME: zipped({"a/b.txt": lines(envelope(record("a")))})}
        self.tokens = "token-1"
        self.refusal: dict[str, Any] | None = None
        self.status = 200

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path
        self.asked.append(path)
        if self.status != 200:
            return httpx2.Response(self.status)
        if path.startswith("/push_download/"):
            return httpx2.Response(200, content=self.files[path.removeprefix("/push_download/")])
        given = json.loads(request.read())
        if path == "/openapi/oauth/v1/token":
            assert given == {"app_key": "key-123456789", "app_secret": "secret-123456789"}
            return self._answer({"token": self.tokens, "time_expire": 3600})
        assert (path, request.method) == ("/openapi/download/v1/push/failed", "POST")
        if request.url.params["token"] != self.tokens:
            return httpx2.Response(200, json={"code": 10001, "message": "bad token"})
        self.days.append(given["date"])
        names = list(self.files) if given["date"] == "2026-11-20" else []
        return self._answer({"url": names})

    def _answer(self, result: Any) -> httpx2.Response:
        return httpx2.Response(200, json=self.refusal or {"code": 0, "result": result})


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Platform:
    platform = Platform()
    monkeypatch.setattr(night, "transport_to", lambda _url: platform)
    return platform


@pytest.fixture
def account(make_account: Callable[..., VendorAccount]) -> VendorAccount:
    return make_account(
        "yeta",
        base_url="https://www.xfyeta.example",
        app_key="key-123456789",
        app_secret="secret-123456789",
    )


def ask(at: datetime = NIGHT) -> NightRound:
    with time_machine.travel(at, tick=False):
        night.ask_due()
    return NightRound.objects.get()


def test_what_the_vendor_gave_up_becomes_pushes(account: VendorAccount, platform: Platform) -> None:
    row = ask()
    working.work(lambda: False)
    inbox.process()

    assert platform.days == [f"2026-11-{day}" for day in range(14, 21)]
    assert platform.asked.count("/openapi/oauth/v1/token") == 1
    assert (row.is_done, row.files, row.problem) == (True, 1, "")
    job = Import.objects.get()
    assert (job.way, job.remote, job.state, job.counts["new"]) == ("night", NAME, "done", 1)
    assert Call.objects.get().is_imported
    entry = AuditEntry.objects.get(action="import.started")
    assert (entry.user_name, entry.details["file"]) == ("system", "0E050E.zip")


def test_a_file_is_fetched_once(account: VendorAccount, platform: Platform) -> None:
    ask()
    ask(NIGHT.replace(hour=20))
    ask(NIGHT.replace(day=21))

    assert Import.objects.count() == 1
    assert sum(path.startswith("/push_download/") for path in platform.asked) == 1
    assert len(platform.days) == 14  # the second round of one night asks nothing


def test_a_platform_that_is_away_is_asked_again_an_hour_later(
    account: VendorAccount, platform: Platform
) -> None:
    platform.status = 503
    row = ask()
    assert (row.is_done, row.problem) == (
        False,
        "/openapi/oauth/v1/token: expected 200, got 503",
    )

    platform.status = 200
    row = ask(NIGHT.replace(hour=20))

    assert (row.is_done, row.tries, row.files) == (True, 2, 1)


@pytest.mark.parametrize("refusal", [{"code": 200101, "message": "wrong account"}, {"code": 10003}])
def test_a_refusal_is_not_hammered(
    account: VendorAccount, platform: Platform, refusal: dict[str, Any]
) -> None:
    platform.refusal = refusal
    row = ask()
    for hour in range(20, 24):
        ask(NIGHT.replace(hour=hour))
    ask(NIGHT.replace(day=21))

    assert platform.asked == ["/openapi/oauth/v1/token"]
    assert "Check the credentials of the account." in row.problem


def test_new_credentials_or_a_person_end_a_refusal(
    account: VendorAccount, platform: Platform
) -> None:
    platform.refusal = {"code": 10003}
    ask()
    accounts.set_secret(account, "app_key", "key-123456789")
    ask(NIGHT.replace(hour=20))
    assert len(platform.asked) == 2

    platform.refusal = None
    assert night.want(account)
    with time_machine.travel(NIGHT.replace(hour=21), tick=False):
        night.ask_due(is_night=False)

    assert NightRound.objects.get().is_done


def test_a_token_that_outlived_its_hour_is_renewed_once(platform: Platform) -> None:
    client = Client(
        base_url="https://www.xfyeta.example/",
        app_key="key-123456789",
        app_secret="secret-123456789",
        transport=platform,
    )
    day = NIGHT.date()
    assert client.files(day) == [NAME]
    platform.tokens = "token-2"

    assert client.files(day) == [NAME]
    assert platform.asked.count("/openapi/oauth/v1/token") == 2


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "https://evil.example/a.zip", "/abs.zip", "a//b.zip", "a/../b"]
)
def test_names_that_lead_elsewhere_are_not_asked_for(name: str, platform: Platform) -> None:
    platform.files = {name: b""}
    client = Client(
        base_url="https://www.xfyeta.example",
        app_key="key-123456789",
        app_secret="secret-123456789",
        transport=platform,
    )

    with pytest.raises(AskLaterError, match="expected a relative path"):
        client.files(NIGHT.date())


def test_without_credentials_nobody_is_asked(
    make_account: Callable[..., VendorAccount], platform: Platform
) -> None:
    account = make_account("yeta", base_url="https://www.xfyeta.example")
    make_account("huawei", app_key="key-123456789", app_secret="secret-123456789")

    night.ask_due()

    assert platform.asked == []
    assert night.lacking(account) == ["app_key", "app_secret"]
    assert not night.want(account)


def test_requests_go_to_the_account_s_platform_alone() -> None:
    transport = night.transport_to("https://www.xfyeta.example")
    assert isinstance(transport, Guarded)

    with pytest.raises(httpx2.ConnectError):
        transport.handle_request(httpx2.Request("GET", "https://evil.example/"))
    with pytest.raises(AskLaterError, match="base_url"):
        night.transport_to("no address")


def test_a_damaged_file_is_told_and_imports_nothing(
    account: VendorAccount, platform: Platform
) -> None:
    platform.files[NAME] = zipped({"../up": b"{}"})

    ask()
    working.work(lambda: False)

    job = Import.objects.get()
    assert (job.state, Push.objects.count()) == ("failed", 0)
    assert "leads out of the archive" in job.problem

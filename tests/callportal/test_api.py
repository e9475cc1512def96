"""The read API, as a program uses it."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from callportal.models import ApiToken
from calls.models import Call
from tests.conftest import sample
from vendors.models import VendorAccount

pytestmark = pytest.mark.django_db

MakeAccount = Callable[..., VendorAccount]
Deliver = Callable[..., list[Call]]


def new_token(*words: str) -> str:
    out = io.StringIO()
    call_command("token", "add", *(words or ("probe",)), stdout=out)
    return out.getvalue().strip()


class Api:
    def __init__(self) -> None:
        self.client = Client(headers={"Authorization": f"Bearer {new_token()}"})

    def __call__(self, path: str, status: int = 200, **query: Any) -> Any:
        response = self.client.get(f"/api/v1/{path}", query)
        assert response.status_code == status, response.content
        return response.json()


@pytest.fixture
def api(db: None) -> Api:
    return Api()


@pytest.fixture
def all_calls(make_account: MakeAccount, deliver: Deliver) -> list[Call]:
    """The documents' own examples, one account a vendor."""
    deliver(
        make_account("yeta"), "receiveCallRecord", sample("yeta", "receiveCallRecord__document")
    )
    deliver(
        make_account("nxcloud"),
        "call-result",
        sample("nxcloud", "call-result__document"),
        sample("nxcloud", "call-result__no_binding"),
    )
    deliver(make_account("huawei"), "fee", sample("huawei", "fee__callback"))
    return deliver(make_account("voicepush"), "cdr", sample("voicepush", "cdr__document"))


def test_a_call_in_full(all_calls: list[Call], api: Api) -> None:
    found = api("calls/", vendor="voicepush")["results"]

    assert len(found) == 1
    call = api(f"calls/{found[0]['id']}/")
    assert {key: call[key] for key in ("vendor", "account", "call_id", "service", "outcome")} == {
        "vendor": "voicepush",
        "account": "Main",
        "call_id": "NM20010115474511150001012500007a8c",
        "service": "voice_sip",
        "outcome": "answered",
    }
    assert (call["caller"], call["callee"]) == ("13100001111", "13100002222")
    assert call["started_at"] == "2020-12-10T08:28:23Z"
    assert call["answered_at"] == "2020-12-10T08:28:24Z"
    assert call["ended_at"] == "2020-12-10T08:28:43Z"
    assert (call["ring_seconds"], call["talk_seconds"]) == (1, 20)
    assert (call["state"], call["direction"], call["ended_by"]) == ("ended", "", "")
    assert call["user_data"] == '{"orderId":"123456"}'
    assert call["codes"][0]["scheme"] == "voicepush.call-result"
    assert call["codes"][0]["value"] == "1"
    assert "caller" in call["said"][0]["fields"]
    assert call["extra"]["phoneNoX"] == "13100003333"


def test_a_callback_has_two_legs(all_calls: list[Call], api: Api) -> None:
    found = api("calls/", vendor="huawei")["results"][0]
    call = api(f"calls/{found['id']}/")

    assert (call["caller"], call["callee"]) == ("+86138***0021", "+86138***7021")
    assert [leg["side"] for leg in call["legs"]] == ["caller", "callee"]
    assert (call["started_at"], call["answered_at"]) == (
        "2019-01-24T03:04:24Z",
        "2019-01-24T03:04:38Z",
    )
    assert (call["service"], call["outcome"]) == ("voice_callback", "answered")


@pytest.mark.parametrize(
    ("query", "vendors"),
    [
        ({}, ["nxcloud", "nxcloud", "voicepush", "huawei", "yeta"]),
        ({"vendor": "yeta"}, ["yeta"]),
        ({"account": "Main", "vendor": "yeta"}, ["yeta"]),
        ({"number": "+86 131-0000-1111"}, ["voicepush"]),
        ({"number": "8613100002222"}, ["voicepush"]),
        ({"number": "+85235757584"}, ["nxcloud"]),
        ({"number": "+86138****0021"}, ["huawei"]),
        ({"caller": "055196866001"}, ["yeta"]),
        ({"callee": "055196866001"}, []),
        ({"call_id": "1604763745256783872"}, ["nxcloud"]),
        ({"outcome": "failed"}, ["nxcloud"]),
        (
            {"outcome": ["failed", "answered"]},
            ["nxcloud", "nxcloud", "voicepush", "huawei", "yeta"],
        ),
        ({"direction": "inbound"}, ["yeta"]),
        ({"code": "yeta.task-result/0"}, ["yeta"]),
        ({"code": "10013"}, ["nxcloud"]),
        ({"code": "q850/10013"}, []),
        ({"from": "2020-12-10", "to": "2020-12-10"}, ["voicepush"]),
        ({"from": "2020-12-10T08:28:23Z", "to": "2020-12-10T08:28:24Z"}, ["voicepush"]),
        ({"from": "2020-12-10T16:28:24"}, ["nxcloud", "nxcloud"]),
        ({"service": "voice_callback"}, ["huawei"]),
        ({"state": "in_progress"}, []),
    ],
)
def test_filters(
    all_calls: list[Call], api: Api, query: dict[str, Any], vendors: list[str]
) -> None:
    assert [call["vendor"] for call in api("calls/", **query)["results"]] == vendors


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"outcom": "busy"}, "outcom"),
        ({"outcome": "great"}, "outcome"),
        ({"from": "yesterday"}, "from"),
        ({"direction": "up"}, "direction"),
        ({"to": "9999-12-31"}, "to"),
        ({"from": "0001-01-01"}, "from"),
    ],
)
def test_a_filter_that_makes_no_sense_is_an_error_and_not_everything(
    all_calls: list[Call], api: Api, query: dict[str, str], name: str
) -> None:
    assert list(api("calls/", status=400, **query)) == [name]


def test_pages_follow_one_another_without_loss(
    make_account: MakeAccount, deliver: Deliver, api: Api
) -> None:
    body = sample("nxcloud", "call-result__document")
    calls = deliver(
        make_account("nxcloud"), "call-result", *({**body, "callId": f"c{n}"} for n in range(23))
    )

    seen: list[int] = []
    page = api("calls/", limit=5)
    while True:
        seen += [call["id"] for call in page["results"]]
        if page["next"] is None:
            break
        page = api.client.get(page["next"]).json()

    assert sorted(seen) == sorted(call.pk for call in calls)
    assert len(set(seen)) == 23


@pytest.mark.parametrize("cursor", ["nonsense", "cD1uZXZlcg==", "cD0yMDI2LTEzLTAx"])
def test_a_made_up_cursor_is_not_found(api: Api, cursor: str) -> None:
    api("calls/", status=404, cursor=cursor)


def test_codes_are_explained_in_the_readers_language(api: Api) -> None:
    english = api("codes/q850/17/")
    chinese = api.client.get("/api/v1/codes/q850/17/", headers={"Accept-Language": "zh-CN"}).json()

    assert english["name"] == chinese["name"] == chinese["meaning"] == "用户忙"
    assert english["meaning"] == english["en"]
    assert english["outcome"] == "busy"
    assert english["advice"]
    assert api("codes/huawei.release-point/444/")["code_to"] == "699"
    assert api("codes/", scheme="yeta.task-result", q="关机")["results"][0]["code"] == "4"
    api("codes/q850/9999/", status=404)


@pytest.mark.parametrize("path", ["calls/", "calls/1/", "codes/", "codes/q850/17/"])
@pytest.mark.parametrize("header", ["", "Token wrong", "Bearer", "Token a b", "Basic YTpi"])
def test_without_a_token_there_is_nothing_to_read(path: str, header: str) -> None:
    response = Client(headers={"Authorization": header} if header else {}).get(f"/api/v1/{path}")

    assert response.status_code == 401


def test_a_token_works_in_both_spellings_until_it_ends() -> None:
    token = new_token()

    def status(scheme: str) -> int:
        headers = {"Authorization": f"{scheme} {token}"}
        return Client(headers=headers).get("/api/v1/codes/").status_code

    assert [status("Token"), status("Bearer"), status("token")] == [200, 200, 200]
    row = ApiToken.objects.get()
    assert row.last_used_at is not None
    assert token not in str(vars(row))
    row.expires_at = timezone.now() - timedelta(seconds=1)
    row.save()
    assert status("Token") == 401


def test_tokens_are_listed_without_themselves_and_revoked() -> None:
    token = new_token("etl", "--days", "30")
    out = io.StringIO()

    call_command("token", "list", stdout=out)
    call_command("token", "revoke", "etl", stdout=out)

    assert "etl" in out.getvalue()
    assert token not in out.getvalue()
    assert not ApiToken.objects.exists()
    with pytest.raises(CommandError, match="There is no token"):
        call_command("token", "revoke", "etl")


def test_a_signed_in_user_without_the_permission_may_not_read() -> None:
    client = Client()
    client.force_login(get_user_model().objects.create_user(username="new"))

    assert client.get("/api/v1/calls/").status_code == 403


def test_the_schema_and_its_page_are_served() -> None:
    client = Client()
    assert client.get("/api/schema/").status_code == 401
    assert client.get("/api/docs/").headers["Location"].startswith("/accounts/login/")

    client.force_login(get_user_model().objects.create_superuser(username="ann"))
    assert "/api/v1/calls/" in client.get("/api/schema/").content.decode()
    assert client.get("/api/docs/").status_code == 200


def test_a_code_under_two_http_statuses_is_explained_for_each(api: Api) -> None:
    signature = api("codes/huawei.result/1010010/?status=401")
    busy = api("codes/huawei.result/1010010/?status=403")

    assert (signature["status"], signature["retry_after"]) == ("401", "account")
    assert (busy["status"], busy["retry_after"]) == ("403", "60")


@pytest.mark.parametrize("query", ["", "?status=", "?status=500"])
def test_an_ambiguous_code_answers_with_the_statuses_to_choose_from(api: Api, query: str) -> None:
    answer = api(f"codes/huawei.result/1010010/{query}", status=404)

    assert "401, 403" in answer["detail"]
    assert "?status=" in answer["detail"]


@pytest.mark.parametrize("query", ["", "?status=500"])
def test_a_code_with_one_meaning_needs_no_status(api: Api, query: str) -> None:
    assert api(f"codes/huawei.result/1020152/{query}")["status"] == "500"


def test_a_code_that_asks_for_no_status_is_explained_under_any(api: Api) -> None:
    assert api("codes/q850/17/?status=403")["status"] == ""


def test_a_code_of_thousands_of_digits_is_not_found(api: Api) -> None:
    api(f"codes/q850/{'9' * 5000}/", status=404)


def test_the_schema_names_the_status_of_a_code() -> None:
    client = Client()
    client.force_login(get_user_model().objects.create_superuser(username="ann"))

    schema = client.get("/api/schema/?format=json").json()

    path = schema["paths"]["/api/v1/codes/{scheme}/{value}/"]["get"]
    assert "status" in [one["name"] for one in path["parameters"] if one["in"] == "query"]
    assert {"status", "retry_after"} <= set(
        schema["components"]["schemas"]["Meaning"]["properties"]
    )

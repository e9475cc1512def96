"""The outbox for programs: what they send, and what they are told."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from calls.models import Call
from vendors import accounts, outbox
from vendors.models import NeverCall, OutboundRequest, RequestState, VendorAccount, Why

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/outbound/"
PARAMETERS: dict[str, Any] = {
    "displayNbr": "+8675528000001",
    "callerNbr": "+8613100000001",
    "displayCalleeNbr": "+8675528000001",
    "calleeNbr": "+8613100000002",
}
CODE: dict[str, Any] = {
    "displayNbr": "+8675528000001",
    "calleeNbr": "+8613100000002",
    "languageType": 2,
    "preTone": "welcome.wav",
    "verifyCode": "48151623",
}
STATUS = {
    "eventType": "callout",
    "statusInfo": {
        "sessionId": "1201_1@callenabler.home1.example",
        "timestamp": "2026-11-01 04:00:05",
        "called": "+8613100000001",
    },
}


@pytest.fixture
def account(make_account: Callable[..., VendorAccount]) -> VendorAccount:
    return make_account(
        "huawei", app_key="key", app_secret="secret", base_url="http://platform.example"
    )


def program(client: Client, *names: str) -> Client:
    user = User.objects.create_user("program")
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)
    return client


@pytest.fixture
def dialler(client: Client) -> Client:
    names = ("view_call", "see_numbers", "view_outboundrequest", "add_outboundrequest")
    return program(client, *names)


def post(client: Client, body: Any, address: str = ADDRESS, **headers: str) -> Any:
    return client.post(address, json.dumps(body), content_type="application/json", headers=headers)


def wish(**changes: Any) -> dict[str, Any]:
    return {
        "account": "Main",
        "operation": "voice_callback",
        "parameters": PARAMETERS,
        **changes,
    }


def test_a_request_is_made_and_can_be_read(
    dialler: Client, account: VendorAccount, rings: list[None]
) -> None:
    made = post(dialler, wish())

    read = dialler.get(f"{ADDRESS}{made.json()['id']}/")
    assert (made.status_code, read.status_code) == (201, 200)
    assert read.json()["state"] == "waiting"
    assert read.json()["parameters"]["calleeNbr"] == "+8613100000002"
    assert read.json()["attempts"] == []
    assert len(rings) == 1


def test_an_account_may_be_given_by_its_id(dialler: Client, account: VendorAccount) -> None:
    assert post(dialler, wish(account=str(account.pk))).status_code == 201


def test_an_account_that_is_not_known_is_named_with_those_that_are(
    dialler: Client, account: VendorAccount
) -> None:
    answer = post(dialler, wish(account="Mian"))

    assert answer.status_code == 400
    assert "Main" in answer.json()["account"][0]


def test_the_same_key_is_the_same_request(dialler: Client, account: VendorAccount) -> None:
    answers = [post(dialler, wish(), **{"Idempotency-Key": "order-7"}) for _ in range(2)]

    assert [one.status_code for one in answers] == [201, 200]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert OutboundRequest.objects.count() == 1


def test_the_same_key_with_other_parameters_names_the_request_that_has_it(
    dialler: Client, account: VendorAccount
) -> None:
    first = post(dialler, wish(), **{"Idempotency-Key": "order-7"}).json()
    other = wish(parameters=PARAMETERS | {"calleeNbr": "+8613100000003"})

    answer = post(dialler, other, **{"Idempotency-Key": "order-7"})

    assert answer.status_code == 409
    assert answer.json()["request"] == str(first["id"])


def test_a_key_that_is_too_long_is_refused(dialler: Client, account: VendorAccount) -> None:
    assert post(dialler, wish(), **{"Idempotency-Key": "k" * 129}).status_code == 400


def test_every_wrong_parameter_is_named(dialler: Client, account: VendorAccount) -> None:
    wrong = PARAMETERS | {"calleeNbr": "12", "maxDuration": 1441, "colour": "red"}

    answer = post(dialler, wish(parameters=wrong))

    assert answer.status_code == 400
    assert {"calleeNbr", "maxDuration", "colour"} <= set(answer.json()["parameters"])


def test_complaints_come_in_the_language_that_is_asked_for(
    dialler: Client, account: VendorAccount
) -> None:
    wrong = PARAMETERS | {"maxDuration": 1441}

    answer = post(dialler, wish(parameters=wrong), **{"Accept-Language": "zh-hans"})

    assert "应为" in answer.json()["parameters"]["maxDuration"][0]


@pytest.mark.parametrize(
    "body",
    [
        [],
        "text",
        {},
        {"account": "Main", "operation": "voice_callback", "parameters": []},
        {"account": "Main", "operation": "terminate_call", "parameters": {"sessionid": "x"}},
        {"account": {"a": 1}, "operation": None, "parameters": "x"},
        {"account": "9" * 5000, "operation": "voice_callback", "parameters": {}},
        {"account": "\x00", "operation": "voice_callback", "parameters": {}},
    ],
)
def test_hostile_bodies_are_refused_as_such(
    body: Any, dialler: Client, account: VendorAccount
) -> None:
    assert post(dialler, body).status_code == 400


def test_a_rule_that_forbids_it_is_named(dialler: Client, account: VendorAccount) -> None:
    listed = NeverCall(number="+8613100000002")
    listed.full_clean()
    listed.save()

    answer = post(dialler, wish())

    assert answer.status_code == 422
    assert answer.json()["rule"] == "never_call"
    assert not OutboundRequest.objects.exists()


def test_a_missing_setting_is_named(
    dialler: Client, make_account: Callable[..., VendorAccount]
) -> None:
    make_account("huawei")

    answer = post(dialler, wish())

    assert answer.json()["rule"] == "setting_missing"
    assert "app_key" in answer.json()["detail"]


def test_a_verification_code_is_never_given_out(dialler: Client, account: VendorAccount) -> None:
    made = post(dialler, wish(operation="voice_verification", parameters=CODE))

    pages = [made, dialler.get(ADDRESS), dialler.get(f"{ADDRESS}{made.json()['id']}/")]

    assert all(page.status_code in {200, 201} for page in pages)
    assert not any("48151623" in page.content.decode() for page in pages)


@pytest.mark.parametrize("names", [(), ("view_call",), ("view_call", "view_outboundrequest")])
def test_placing_calls_needs_its_own_permission(
    names: tuple[str, ...], client: Client, account: VendorAccount
) -> None:
    answer = post(program(client, *names), wish())

    assert answer.status_code == 403
    assert not OutboundRequest.objects.exists()


def test_reading_requests_needs_its_own_permission(client: Client) -> None:
    assert program(client, "view_call").get(ADDRESS).status_code == 403


def test_who_may_ask_needs_no_permission_to_read_the_own_answer(
    client: Client, account: VendorAccount
) -> None:
    assert post(program(client, "add_outboundrequest"), wish()).status_code == 201


def test_the_list_is_filtered_as_it_says(dialler: Client, account: VendorAccount) -> None:
    for callee in ("+8613100000002", "+8613100000003"):
        post(dialler, wish(parameters=PARAMETERS | {"calleeNbr": callee}))

    answer = dialler.get(ADDRESS, {"number": "13100000003", "state": "waiting"})

    (found,) = answer.json()["results"]
    assert found["parameters"]["calleeNbr"] == "+8613100000003"


def test_a_filter_that_does_not_exist_is_refused(dialler: Client) -> None:
    assert dialler.get(ADDRESS, {"colour": "red"}).status_code == 400


def test_a_waiting_request_is_cancelled_and_another_is_not(
    dialler: Client, account: VendorAccount
) -> None:
    made = post(dialler, wish()).json()

    answers = [post(dialler, {}, f"{ADDRESS}{made['id']}/cancel/") for _ in range(2)]

    assert [one.status_code for one in answers] == [200, 409]
    assert answers[0].json()["state"] == "cancelled"


def test_a_call_that_is_up_is_ended(
    dialler: Client, account: VendorAccount, deliver: Callable[..., list[Call]]
) -> None:
    (call,) = deliver(account, "status", STATUS)

    answers = [post(dialler, {}, f"/api/v1/calls/{call.pk}/terminate/") for _ in range(2)]

    assert [one.status_code for one in answers] == [201, 200]
    assert answers[0].json()["operation"] == "terminate_call"
    assert answers[0].json()["call"]["id"] == call.pk


def test_a_call_that_is_over_is_not_ended(
    dialler: Client, account: VendorAccount, deliver: Callable[..., list[Call]]
) -> None:
    ended = {**STATUS, "eventType": "disconnect"}
    (call,) = deliver(account, "status", ended)

    answer = post(dialler, {}, f"/api/v1/calls/{call.pk}/terminate/")

    assert (answer.status_code, answer.json()["rule"]) == (422, "call_over")


def test_a_call_of_a_vendor_that_takes_no_requests_is_not_ended(
    dialler: Client,
    make_account: Callable[..., VendorAccount],
    deliver: Callable[..., list[Call]],
) -> None:
    from tests.conftest import sample

    account = make_account("nxcloud")
    (call,) = deliver(account, "call-result", sample("nxcloud", "call-result__document"))
    Call.objects.update(state="in_progress")

    answer = post(dialler, {}, f"/api/v1/calls/{call.pk}/terminate/")

    assert (answer.status_code, answer.json()["rule"]) == (422, "not_offered")


def test_a_call_that_does_not_exist_cannot_be_ended(dialler: Client) -> None:
    assert post(dialler, {}, "/api/v1/calls/1/terminate/").status_code == 404


def test_the_reason_is_a_sentence_and_a_word(dialler: Client, account: VendorAccount) -> None:
    made = post(dialler, wish()).json()
    row = OutboundRequest.objects.get(pk=made["id"])
    outbox.settle(row, RequestState.UNCERTAIN, Why.TIMED_OUT)

    read = dialler.get(f"{ADDRESS}{made['id']}/").json()

    assert read["rule"] == "timed_out"
    assert "no answer came in time" in read["reason"]


def test_a_disabled_account_places_nothing(dialler: Client, account: VendorAccount) -> None:
    VendorAccount.objects.update(is_enabled=False)
    accounts.forget_doors()

    assert post(dialler, wish()).json()["rule"] == "disabled"

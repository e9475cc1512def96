"""The read API for codes: the same search as the page, and all that is known of one code."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from calls import codes
from calls.models import Account, Call, CallCode, CodeNote, Side

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_memory(db: None) -> Iterator[None]:
    codes.forget()
    yield
    codes.forget()


@pytest.fixture
def ask(client: Client) -> Callable[..., Any]:
    user = User.objects.create_user("program")
    user.user_permissions.set(Permission.objects.filter(codename="view_call"))
    client.force_login(user)

    def ask(path: str = "", status: int = 200, **query: str) -> Any:
        response = client.get(f"/api/v1/codes/{path}", query)
        assert response.status_code == status, response.content
        return response.json()

    return ask


@pytest.fixture
def call_with() -> Callable[..., Call]:
    account = Account.objects.create(vendor="huawei", name="Main")

    def make(*given: tuple[str, str], at: datetime) -> Call:
        call = Call.objects.create(
            account=account,
            vendor="huawei",
            call_id=f"c{Call.objects.count()}",
            occurred_at=at,
            first_received_at=at,
            updated_at=at,
        )
        for scheme, value in given:
            CallCode.objects.create(
                call=call,
                scheme=scheme,
                value=value,
                place="stateCode",
                occurred_at=at,
                push_id=1,
            )
        return call

    return make


def found(answer: Any) -> set[tuple[str, str]]:
    return {(row["scheme"], row["code"]) for row in answer["results"]}


def test_codes_are_found_by_words_of_either_language_and_of_the_advice(
    ask: Callable[..., Any],
) -> None:
    for words in ("关机", "switched off", "once it is on"):
        assert ("huawei.state", "8104") in found(ask(q=words, vendor="huawei"))


def test_codes_are_narrowed_by_vendor_and_side(ask: Callable[..., Any]) -> None:
    rows = ask(vendor="yeta", side="us")["results"]

    assert {(row["scheme"], row["code"], row["side"]) for row in rows} == {
        ("yeta.task-result", "27", "us")
    }


def test_a_table_that_does_not_exist_has_no_rows(ask: Callable[..., Any]) -> None:
    assert ask(scheme="nonsense")["results"] == []


@pytest.mark.parametrize("query", [{"side": "theirs"}, {"q": "\x00"}, {"q": "a " * 9}])
def test_what_cannot_be_looked_for_is_refused_with_a_sentence(
    ask: Callable[..., Any], query: dict[str, str]
) -> None:
    (name,) = query

    assert list(ask(status=400, **query)) == [name]


def test_a_code_has_its_side_its_equals_and_its_note(ask: Callable[..., Any]) -> None:
    CodeNote.objects.create(scheme="yeta.task-result", code="2", text="Call at noon.", by_name="Li")

    code = ask("yeta.task-result/2/")

    assert code["side"] == Side.CALLEE
    assert code["note"] == "Call at noon."
    assert code["equals"][0] == {
        "scheme": "q850",
        "value": "17",
        "source": "Yeta push document, ITU-T Q.850",
        "via": "",
    }
    assert code["equals"][1] == {
        "scheme": "sip",
        "value": "486",
        "source": "RFC 3398 7.2.4.1 and 8.2.6.1",
        "via": "q850/17",
    }


def test_a_code_tells_how_often_and_when_it_came(
    ask: Callable[..., Any], call_with: Callable[..., Call]
) -> None:
    now = timezone.now()
    call_with(("q850", "17"), at=now)
    call_with(("q850", "17"), ("q850", "20"), at=datetime(2026, 1, 2, tzinfo=UTC))

    busy = ask("q850/17/")
    absent = ask("q850/20/")

    assert [(one["days"], one["calls"], one["is_more"]) for one in busy["seen_in"]] == [
        (1, 1, False),
        (7, 1, False),
        (30, 1, False),
    ]
    assert absent["last_seen_at"] == "2026-01-02T00:00:00Z"
    assert absent["seen_in"][2]["calls"] == 0


def test_a_list_tells_which_codes_ever_came(
    ask: Callable[..., Any], call_with: Callable[..., Call]
) -> None:
    call_with(("q850", "17"), ("huawei.release-point", "486"), at=timezone.now())

    rows = ask(limit="1000")["results"]

    assert {(row["scheme"], row["code"]) for row in rows if row["seen"]} == {
        ("q850", "17"),
        ("huawei.release-point", "400"),  # the range
    }


def test_a_number_of_a_range_is_told_with_its_own_equals(ask: Callable[..., Any]) -> None:
    assert ask("huawei.release-point/486/")["equals"] == [
        {"scheme": "sip", "value": "486", "source": "Huawei VoiceCall 7.3", "via": ""}
    ]

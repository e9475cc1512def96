"""What tests of the pages about calls stand on: people, and a vendor that says something."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import translation

from calls import ingest
from calls.facts import CallFacts, Source
from calls.models import Account, Call
from tests.conftest import sample

HOSTILE = "<script>alert('x')</script>"
NOON = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)  # in Shanghai


@pytest.fixture
def english() -> Iterator[None]:
    """Requests leave their language behind; a test with this begins with English."""
    with translation.override("en"):
        yield


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    def make(name: str, *permissions: str) -> User:
        user = User.objects.create_user(name)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        return user

    return make


@pytest.fixture
def agent(client: Client, make_user: Callable[..., User]) -> Client:
    """A signed-in person who may see calls with their numbers, and nothing else."""
    client.force_login(make_user("agent", "view_call", "see_numbers"))
    return client


@pytest.fixture
def administrator(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_superuser("administrator"))
    return client


@pytest.fixture
def say(db: None) -> Callable[..., Call]:
    """Let a vendor say something about a call; the call."""
    account = Account.objects.create(vendor="voicepush", name="Main")

    def say(call_id: str, **said: Any) -> Call:
        given: dict[str, Any] = {"source": Source.RECORD, "is_final": True, "started_at": NOON}
        statement = ingest.Statement(
            push_id=said.pop("push_id", 1),
            received_at=NOON,
            account=account,
            facts=CallFacts(call_id=call_id, **(given | said)),
        )
        ingest.apply([statement])
        return Call.objects.get(call_id=call_id)

    return say


@pytest.fixture
def yeta_call(make_account: Callable[..., Any], deliver: Callable[..., list[Call]]) -> Call:
    """A call with everything: record, dialog in which somebody writes a script, recording."""
    record, dialog = (
        sample("yeta", "receiveCallRecord__document"),
        sample("yeta", "receiveDialog__document"),
    )
    voice = sample("yeta", "receiveVoice__document")
    dialog["dialog"][0]["text_man"] = HOSTILE
    dialog["dialog"][0]["hits"][0]["hit"] = HOSTILE
    record["task_row_value"][0] = HOSTILE
    record[HOSTILE] = {"deep": [HOSTILE]}
    dialog["call_uuid"] = voice["call_uuid"] = record["call_uuid"]
    return deliver(make_account("yeta"), "receiveDialog", record, dialog, voice)[0]


def detail(client: Client, call: Call, query: str = "", **headers: str) -> str:
    """A call's page."""
    response = client.get(call.get_absolute_url() + query, headers=headers or None)
    assert response.status_code == 200
    return response.content.decode()

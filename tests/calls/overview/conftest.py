"""Calls to count, made by what vendors might have pushed."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import translation

from calls import codes, ingest
from calls.facts import CallFacts, CodeFact, Direction, Service, Source
from calls.models import Account, Call

NOON = datetime(2026, 11, 3, 4, 0, tzinfo=UTC)  # in Shanghai, a Tuesday
Say = Callable[..., Call]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    codes.forget()
    with translation.override("en"):
        yield
    codes.forget()


def statement(
    push: int, call_id: str, vendor: str = "yeta", account: str = "Main", **said: Any
) -> ingest.Statement:
    """What a vendor says about a call."""
    owner, _ = Account.objects.get_or_create(vendor=vendor, name=f"{vendor} {account}")
    given: dict[str, Any] = {"source": Source.RECORD, "is_final": True, "started_at": NOON}
    facts = CallFacts(call_id=call_id, **(given | said))
    return ingest.Statement(push_id=push, received_at=NOON, account=owner, facts=facts)


@pytest.fixture
def say(db: None) -> Say:
    pushes = count(1)

    def say(call_id: str, **said: Any) -> Call:
        ingest.apply([statement(next(pushes), call_id, **said)])
        return Call.objects.get(call_id=call_id)

    return say


@pytest.fixture
def week(db: None) -> None:
    """Calls of ten days, of two vendors, that come to different ends."""
    said = [
        statement(number, **one) for number, one in enumerate([*_answered(), *_failed()], start=1)
    ]
    said.append(statement(len(said) + 1, "going on", is_final=False))
    ingest.apply(said)


def _moments() -> Iterator[tuple[int, int, datetime]]:
    for day in range(-9, 1):
        for number in range(abs(day) % 3 + 1):
            yield day, number, NOON + timedelta(days=day, hours=number, minutes=number)


def _answered() -> Iterator[dict[str, Any]]:
    for day, number, at in _moments():
        is_yeta = number % 2 == 0
        yield {
            "call_id": f"answered {day} {number}",
            "vendor": "yeta" if is_yeta else "huawei",
            "service": Service.VOICE_ROBOT if is_yeta else Service.VOICE_SIP,
            "direction": Direction.OUTBOUND,
            "started_at": at,
            "answered_at": at + timedelta(seconds=9),
            "talk_seconds": None if number else 40 + day,
            "ring_seconds": 9,
            "display_number": "13100001111",
        }


def _failed() -> Iterator[dict[str, Any]]:
    for day, number, at in _moments():
        yield {
            "call_id": f"failed {day} {number}",
            "vendor": "huawei",
            "started_at": at + timedelta(hours=1),
            "ended_at": at + timedelta(hours=1, seconds=20),
            "display_number": "02155550000",
            "codes": (
                CodeFact(scheme="q850", value="17", place="cause"),
                CodeFact(scheme="q850", value="17", place="leg"),
                CodeFact(scheme="huawei.state", value="8103", place="stateCode"),
            ),
        }


def person(name: str, *permissions: str) -> User:
    user = User.objects.create_user(name)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


@pytest.fixture
def agent(client: Client, db: None) -> Client:
    """Somebody who may see calls and whole numbers."""
    client.force_login(person("agent", "view_call", "see_numbers"))
    return client


@pytest.fixture
def viewer(db: None) -> Client:
    """Somebody who sees numbers masked."""
    client = Client()
    client.force_login(person("viewer", "view_call"))
    return client

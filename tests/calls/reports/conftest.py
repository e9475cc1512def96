"""A few calls about the ends of two months, and a clerk who reads reports."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client

from calls import ingest
from calls.facts import CallFacts, CodeFact, Service, Source
from calls.models import Account

TODAY = datetime(2026, 11, 18, 4, 0, tzinfo=UTC)  # a Wednesday
LINE, OTHER_LINE = "02155190000", "13100009999"

ROBOT, PRIVACY = Service.VOICE_ROBOT, Service.PRIVACY_NUMBER

# vendor, service, when it occurred (UTC), talk time, shown number, task
CALLS = [
    ("yeta", ROBOT, datetime(2026, 10, 31, 15, 59, tzinfo=UTC), 61, LINE, "t-1"),
    ("yeta", ROBOT, datetime(2026, 10, 31, 16, 0, tzinfo=UTC), 30, LINE, "t-1"),
    ("yeta", ROBOT, datetime(2026, 11, 2, 3, 0, tzinfo=UTC), None, LINE, "t-2"),
    ("yeta", None, datetime(2026, 11, 3, 3, 0, tzinfo=UTC), 90, None, None),
    ("nxcloud", PRIVACY, datetime(2026, 11, 3, 4, 0, tzinfo=UTC), 59, OTHER_LINE, None),
    ("nxcloud", PRIVACY, datetime(2026, 11, 9, 4, 0, tzinfo=UTC), 121, OTHER_LINE, None),
    ("nxcloud", PRIVACY, datetime(2026, 11, 17, 15, 0, tzinfo=UTC), None, LINE, None),
]


@pytest.fixture
def calls(db: None) -> dict[str, Account]:
    """The accounts, by vendor."""
    accounts = {
        name: Account.objects.create(vendor=name, name="Main") for name in ("yeta", "nxcloud")
    }
    statements = []
    for place, (vendor, service, at, talk, shown, task) in enumerate(CALLS):
        facts = CallFacts(
            call_id=f"call-{place}",
            source=Source.RECORD,
            is_final=True,
            service=service,
            caller="13100001111",
            callee=f"1310000222{place}",
            display_number=shown,
            started_at=at,
            answered_at=None if talk is None else at + timedelta(seconds=5),
            ended_at=at + timedelta(seconds=5 + (talk or 0)),
            talk_seconds=talk,
            codes=(CodeFact(scheme="q850", value="17", place="here"),) if talk is None else (),
            details={"task_id": task} if task else {},
        )
        statements.append(
            ingest.Statement(
                push_id=place + 1, received_at=at, account=accounts[vendor], facts=facts
            )
        )
    ingest.apply(statements)
    return accounts


@pytest.fixture
def clerk_user(make_user: Callable[..., User]) -> User:
    user = make_user(
        "clerk", "view_call", "view_report", "export_call", "add_mailing", "see_numbers"
    )
    user.email = "clerk@example.com"
    user.save()
    return user


@pytest.fixture
def clerk(client: Client, clerk_user: User, english: None) -> Client:
    client.force_login(clerk_user)
    return client


@pytest.fixture(autouse=True)
def today() -> Any:
    with time_machine.travel(TODAY, tick=False):
        yield

"""Calls to search for, made by what vendors might have pushed."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from calls import ingest
from calls.facts import CallFacts, DialogFacts, Role, Source, TurnFacts
from calls.models import Account, Call

NOON = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)  # in Shanghai


@pytest.fixture
def say(db: None) -> Callable[..., Call]:
    """Let a vendor say something about a call; the call."""
    pushes = count(1)

    def say(call_id: str, vendor: str = "yeta", **said: Any) -> Call:
        account, _ = Account.objects.get_or_create(vendor=vendor, name=f"{vendor} main")
        given: dict[str, Any] = {"source": Source.RECORD, "is_final": True, "started_at": NOON}
        facts = CallFacts(call_id=call_id, **(given | said))
        received = said.get("ended_at") or NOON
        ingest.apply(
            [
                ingest.Statement(
                    push_id=next(pushes), received_at=received, account=account, facts=facts
                )
            ]
        )
        return Call.objects.get(account=account, call_id=call_id)

    return say


def dialog(*turns: tuple[str, str], tag: str | None = None) -> DialogFacts:
    """A dialog of (robot, customer) turns."""
    return DialogFacts(
        began_at=NOON,
        turns=tuple(
            TurnFacts(
                key=str(number),
                role=Role.ROBOT,
                text_robot=robot,
                text_customer=customer,
                tag_name=tag,
            )
            for number, (robot, customer) in enumerate(turns, start=1)
        ),
    )

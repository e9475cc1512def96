"""The made-up year of the benchmarks is what pushes would have made."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction

from calls import ingest
from calls.models import Call, Sound, Tag
from tests.benchmarks import filling, rows
from tests.benchmarks.year import Caster
from vendors.models import Push, VendorAccount

END = datetime(2026, 11, 1, tzinfo=UTC)
CALLS, MOULDS, SEED = 200, 100, 7
NOT_OF_INGEST = (Sound, Tag, Push)
# By which name a row knows its call, whatever number the call has.
OWNERS = {"call_id": "call__call_id", "dialog_id": "dialog__call__call_id"}


@pytest.mark.django_db(transaction=True)  # PostgreSQL is filled over connections of its own
def test_a_made_up_call_has_the_rows_that_ingest_writes() -> None:
    caster = filling.prepare(CALLS, SEED, END, moulds=MOULDS)

    filling.fill(caster)
    made = _written()
    Call.objects.all().delete()
    with transaction.atomic():
        ingest.apply(_statements(caster))

    assert len(made["calls_call"]) == CALLS
    assert _written() == made


def _statements(caster: Caster) -> list[ingest.Statement]:
    accounts = VendorAccount.objects.in_bulk()
    caster.begin()
    statements = []
    for place in range(CALLS):
        mould = caster.mould(place)
        values = caster.values(place, mould)
        for push_id, received_at, facts in mould.said(values, caster.at(place)):
            account = accounts[caster.account(place)]
            statements.append(
                ingest.Statement(
                    push_id=push_id, received_at=received_at, account=account, facts=facts
                )
            )
    return statements


def _written() -> dict[str, list[str]]:
    """All rows that ingest writes, without the numbers that the database counts."""
    found = {}
    for model in rows.MODELS:
        if model in NOT_OF_INGEST:
            continue
        columns = [one for one in rows.columns(model) if one.name != "updated_at"]
        names = [
            OWNERS.get(one.attname, one.attname) if one.is_relation else one.attname
            for one in columns
            if one.attname != "id"
        ]
        found[model._meta.db_table] = sorted(
            repr(_ordered(row)) for row in model._default_manager.order_by().values_list(*names)
        )
    return found


def _ordered(row: tuple[Any, ...]) -> list[Any]:
    return [sorted(one.items()) if isinstance(one, dict) else one for one in row]

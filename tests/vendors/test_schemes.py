"""Codes of calls from before tables were called vendor.table."""

from datetime import UTC, datetime
from importlib import import_module

import pytest
from django.apps import apps

from calls.models import Account, Call, CallCode
from vendors import registry

BEFORE = ["huawei-hangup", "huawei-release-point", "q850", "yeta-task-result"]
NOW = ["huawei.state", "huawei.release-point", "q850", "yeta.task-result"]
migration = import_module("vendors.migrations.0005_dotted_schemes")


@pytest.mark.django_db
def test_codes_that_are_kept_are_renamed_and_can_be_named_as_before() -> None:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    account = Account.objects.create(vendor="huawei", name="Main")
    call = Call.objects.create(
        account=account, call_id="a", occurred_at=at, first_received_at=at, updated_at=at
    )
    for scheme in BEFORE:
        CallCode.objects.create(
            call=call, scheme=scheme, value="1", place="x", occurred_at=at, push_id=1
        )

    migration.rename(apps, None)
    renamed = list(CallCode.objects.order_by("id").values_list("scheme", flat=True))
    migration.name_as_before(apps, None)

    assert renamed == NOW
    assert list(CallCode.objects.order_by("id").values_list("scheme", flat=True)) == BEFORE


def test_every_new_name_is_that_of_a_table() -> None:
    tables = {scheme for vendor in registry.VENDORS.values() for scheme in vendor.code_tables()}

    assert set(migration.NAMES.values()) <= tables

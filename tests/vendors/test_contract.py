"""What every vendor owes: these tests run over every vendor in the registry and every sample."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from calls import codes
from calls.models import Call, CallCode, CodeMeaning
from calls.outcomes import Outcome
from tests.conftest import problems, samples
from vendors import inbox
from vendors.models import Push, VendorAccount
from vendors.registry import VENDORS

SAMPLES = [pytest.param(*one, id=f"{one[0]}-{one[2].stem}") for one in samples()]


@pytest.mark.parametrize(("vendor", "kind", "path"), SAMPLES)
def test_a_documented_push_becomes_a_call(
    vendor: str,
    kind: str,
    path: Path,
    make_account: Callable[..., VendorAccount],
    deliver: Callable[..., list[Call]],
) -> None:
    calls = deliver(make_account(vendor), kind, path.read_bytes())

    assert len(calls) == 1
    assert problems() == []
    assert calls[0].vendor == vendor


@pytest.mark.parametrize(("vendor", "kind", "path"), SAMPLES)
def test_a_documented_push_leaves_nothing_unasked_for(vendor: str, kind: str, path: Path) -> None:
    reading = VENDORS[vendor].read(kind, path.read_bytes())

    privacy = {"phoneNoX", "phoneNoA", "phoneNoB", "subscriptionId", "secretCallType"}
    privacy |= {"callDisplayType"}  # count only for service 200, and are kept aside otherwise
    assert [set(facts.extra) - privacy for facts in reading.facts] == [set()]


@pytest.mark.parametrize(("vendor", "kind", "path"), SAMPLES)
def test_a_field_nobody_knows_is_kept(vendor: str, kind: str, path: Path) -> None:
    body = json.loads(path.read_text())
    record = body["feeLst"][0] if "feeLst" in body else body
    record["field_of_tomorrow"] = {"deep": [1, "two"]}

    reading = VENDORS[vendor].read(kind, json.dumps(body).encode())

    assert reading.facts[0].extra["field_of_tomorrow"] == {"deep": [1, "two"]}


@pytest.mark.parametrize(("vendor", "kind", "path"), SAMPLES)
def test_any_push_may_come_to_any_kind_of_address(vendor: str, kind: str, path: Path) -> None:
    readings = [VENDORS[vendor].read(one.key, path.read_bytes()) for one in VENDORS[vendor].kinds]

    assert all(reading == readings[0] for reading in readings)


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_kind_has_a_sample(vendor: str) -> None:
    shown = {kind for name, kind, _ in samples() if name == vendor}

    assert {kind.key for kind in VENDORS[vendor].kinds} <= shown


@pytest.mark.django_db
def test_every_row_of_every_code_table_is_complete() -> None:
    outcomes = {outcome.value for outcome in Outcome} | {""}

    for row in CodeMeaning.objects.all():
        assert row.zh, row
        assert row.en, row
        assert row.source, row
        assert row.outcome in outcomes, row
        assert bool(row.advice_zh) == bool(row.advice_en), row


@pytest.mark.django_db
@pytest.mark.parametrize("vendor", VENDORS)
def test_every_table_of_a_vendor_is_in_the_database(vendor: str) -> None:
    for scheme, path in VENDORS[vendor].code_tables().items():
        rows = codes.read_table(path, scheme)
        assert CodeMeaning.objects.filter(scheme=scheme).count() == len(rows) > 0


@pytest.mark.parametrize(("vendor", "kind", "path"), SAMPLES)
def test_processing_again_changes_nothing(
    vendor: str,
    kind: str,
    path: Path,
    make_account: Callable[..., VendorAccount],
    deliver: Callable[..., list[Call]],
) -> None:
    before = everything(deliver(make_account(vendor), kind, path.read_bytes()))

    inbox.put_back(Push.objects.all())
    while inbox.process():
        pass

    assert everything(list(Call.objects.all())) == before


@pytest.mark.parametrize(("vendor", "kind", "path"), SAMPLES)
def test_codes_that_a_document_shows_are_explained(
    vendor: str,
    kind: str,
    path: Path,
    make_account: Callable[..., VendorAccount],
    deliver: Callable[..., list[Call]],
) -> None:
    deliver(make_account(vendor), kind, path.read_bytes())

    for code in CallCode.objects.all():
        assert codes.explain(code.scheme, code.value) is not None, code


def everything(calls: list[Call]) -> list[Any]:
    """All columns of calls and of what belongs to them, keys and moments of writing included."""
    return [
        (
            Call.objects.filter(pk=call.pk).values().get(),
            list(call.legs.order_by("id").values()),
            list(call.events.order_by("id").values()),
            list(call.codes.order_by("id").values()),
            list(call.recordings.order_by("id").values()),
            list(call.dialog.turns.order_by("id").values()) if call.has_dialog else [],
        )
        for call in calls
    ]

"""NXCLOUD's results of privacy-number calls, and calls that found no binding."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from calls.facts import CallFacts, CodeFact, Party
from tests.conftest import sample
from vendors.registry import VENDORS


def read(**said: Any) -> CallFacts:
    push = sample("nxcloud", "call-result__document") | said
    [facts] = VENDORS["nxcloud"].read("call-result", json.dumps(push).encode()).facts
    return facts


def codes(facts: CallFacts) -> dict[str, str]:
    return {code.scheme: code.value for code in facts.codes}


def test_the_documents_result_is_a_call_of_six_seconds() -> None:
    facts = read()

    assert facts.call_id == "1604763745256783872"
    assert (facts.caller, facts.callee) == ("85235757583", "85238533300")
    assert facts.display_number == "85235757584"
    assert facts.started_at == datetime(2022, 12, 19, 9, 0, 52, tzinfo=UTC)
    assert facts.answered_at == datetime(2022, 12, 19, 9, 0, 54, tzinfo=UTC)
    assert facts.ended_at == datetime(2022, 12, 19, 9, 1, tzinfo=UTC)
    assert facts.talk_seconds == 6
    assert facts.details["record_id"] == 45


def test_an_id_longer_than_a_float_holds_keeps_all_its_digits() -> None:
    assert read(callId=1604763745256783873).call_id == "1604763745256783873"


@pytest.mark.parametrize(
    ("hangup", "party"), [(0, Party.CALLER), ("0", Party.CALLER), (1, Party.CALLEE), (2, None)]
)
def test_a_hangup_of_zero_is_a_value(hangup: Any, party: Party | None) -> None:
    assert read(hangup=hangup).ended_by is party


def test_a_hangup_that_is_not_said_is_nobody() -> None:
    assert read(hangup=None).ended_by is None


def test_a_cause_of_zero_beside_no_name_says_nothing() -> None:
    assert codes(read()) == {"nxcloud.call-status": "1"}


@pytest.mark.parametrize(
    ("number", "scheme"),
    [(17, "q850"), (127, "q850"), (128, "freeswitch"), (487, "freeswitch"), ("811", "freeswitch")],
)
def test_a_cause_up_to_127_is_of_q850_and_above_it_of_freeswitch(number: Any, scheme: str) -> None:
    assert codes(read(hangupCode=number))[scheme] == str(number)


@pytest.mark.parametrize("odd", ["N/A", "-1", "17.5", "\u00b2"])
def test_a_cause_that_is_no_number_is_kept_raw(odd: str) -> None:
    assert codes(read(hangupCode=odd))["q850"] == odd


def test_a_cause_is_known_by_its_name_too() -> None:
    facts = read(hangupCause="USER_BUSY", hangupCode=17)

    assert CodeFact(scheme="freeswitch", value="USER_BUSY", place="hangupCause") in facts.codes
    assert CodeFact(scheme="q850", value="17", place="hangupCode") in facts.codes


def test_a_call_without_a_recording_has_none() -> None:
    assert read(recordFile="").recordings == ()


def test_a_call_that_found_no_binding_is_known_by_the_request_for_it() -> None:
    push = sample("nxcloud", "call-result__no_binding")

    [facts] = VENDORS["nxcloud"].read("call-result", json.dumps(push).encode()).facts

    assert facts.call_id == "1640920940635361280"
    assert (facts.caller, facts.display_number) == ("85200001111", "85200002222")
    assert facts.started_at == datetime(2023, 3, 29, 3, 36, 53, tzinfo=UTC)  # written in UTC+8
    assert codes(facts) == {"nxcloud.error": "10013"}

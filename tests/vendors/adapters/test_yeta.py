"""Yeta's robot calls: two records of one call, a recording, and a dialog turn by turn."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from calls.facts import CallFacts, DialogFacts, Direction, Role, Source
from tests.conftest import sample
from vendors.registry import VENDORS


def read(push: dict[str, Any]) -> CallFacts:
    [facts] = VENDORS["yeta"].read("receiveCallRecord", json.dumps(push).encode()).facts
    return facts


def record(**said: Any) -> CallFacts:
    return read(sample("yeta", "receiveCallRecord__document") | said)


def dialog(*turns: Any) -> DialogFacts:
    facts = read(sample("yeta", "receiveDialog__document") | ({"dialog": turns} if turns else {}))
    assert facts.dialog is not None
    return facts.dialog


def test_the_documents_record_is_a_call_of_28_seconds() -> None:
    facts = record()

    assert facts.call_id == "123425c-6483-11e8-b8fa-2769c24918cd"
    assert (facts.caller, facts.callee) == ("055196866001", "19900000001")
    assert facts.answered_at == datetime(2018, 5, 31, 3, 36, 3, 429_000, tzinfo=UTC)
    assert (facts.ring_seconds, facts.talk_seconds) == (7, 28)
    assert facts.direction is Direction.INBOUND


@pytest.mark.parametrize("index", [34951420, 0, "0"])
def test_a_record_with_a_row_index_is_the_fuller_one(index: Any) -> None:
    assert record(task_row_index=index).source == Source.RECORD


@pytest.mark.parametrize("index", [None, ""])
def test_a_record_without_a_row_index_is_the_basic_one(index: Any) -> None:
    assert record(task_row_index=index).source == Source.SUMMARY


@pytest.mark.parametrize("never", [0, "0", "", None])
def test_a_call_that_nobody_answered_has_no_answer(never: Any) -> None:
    assert record(time_answer=never).answered_at is None


@pytest.mark.parametrize(
    ("number", "direction"),
    [(1, Direction.INBOUND), ("2", Direction.OUTBOUND), (3, None)],
)
def test_one_is_inbound_and_two_is_outbound(number: Any, direction: Direction | None) -> None:
    assert record(direction=number).direction is direction


def test_ids_come_through_as_they_were_sent() -> None:
    facts = record(task_data_id=346252615123869699, call_uuid="01M21S470GDVR68B345H7B5AES01SKVK")

    assert facts.details["task_data_id"] == 346252615123869699
    assert facts.call_id == "01M21S470GDVR68B345H7B5AES01SKVK"


@pytest.mark.parametrize("result", ["0", 0])
def test_a_task_result_of_zero_is_a_code(result: Any) -> None:
    assert [(one.scheme, one.value) for one in record(task_result=result).codes] == [
        ("yeta.task-result", "0")
    ]


def test_the_row_that_was_dialled_is_kept_whole() -> None:
    facts = record()

    assert facts.details["task_row_head"][0] == "客户手机号码"
    assert facts.details["task_row_value"][3] == "天津市天津市宁河区"


def test_the_documents_dialog_has_a_customers_turn_and_the_robots() -> None:
    customer, robot = dialog().turns

    assert (customer.key, customer.role, customer.text_customer) == ("6", Role.CUSTOMER, "你说")
    assert [(hit.text, hit.picked) for hit in customer.hits] == [("肯定", True)]
    assert (robot.key, robot.role, robot.text_customer) == ("7", Role.ROBOT, None)
    assert robot.hits == ()


@pytest.mark.parametrize("seq", [6, "6", " 6 "])
def test_a_turns_number_is_one_as_text_and_as_a_number(seq: Any) -> None:
    assert [turn.key for turn in dialog({"seq": seq}).turns] == ["6"]


def test_turns_without_a_number_are_known_by_their_place() -> None:
    assert [turn.key for turn in dialog({"role": "robot"}, {"seq": ""}).turns] == ["#0", "#1"]


def test_a_role_nobody_knows_is_kept_with_the_turn() -> None:
    [turn] = dialog({"seq": 1, "role": "supervisor"}).turns

    assert (turn.role, dict(turn.extra)) == (None, {"role": "supervisor"})


def test_a_recording_is_relative_to_the_accounts_prefix() -> None:
    [recording] = read(sample("yeta", "receiveVoice__document")).recordings

    assert recording.address is not None
    assert recording.address.startswith("ant/4/ivr/")
    assert (recording.size_bytes, recording.seconds) == (1_043_244, 32)


def test_a_turn_that_cannot_be_read_does_not_cost_the_others() -> None:
    push = sample("yeta", "receiveDialog__document")
    push["dialog"] = [{"seq": "1"}, {"seq": "2", "time_start": "soon"}, "words", {"role": "robot"}]

    reading = VENDORS["yeta"].read("receiveDialog", json.dumps(push).encode())

    (facts,) = reading.facts
    assert facts.dialog is not None
    assert [turn.key for turn in facts.dialog.turns] == ["1", "#3"]
    assert reading.problems == [
        'dialog[1].time_start: expected a unix time, got "soon"',
        'dialog[2]: expected an object, got "words"',
    ]

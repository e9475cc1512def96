"""The Voice Service Push carrier: records in milliseconds, statuses in seconds, many services."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from calls.facts import CallFacts, Direction, Party, Service, Source, Track
from tests.conftest import sample
from vendors.registry import VENDORS


def read(push: dict[str, Any]) -> CallFacts:
    [facts] = VENDORS["voicepush"].read("cdr", json.dumps(push).encode()).facts
    return facts


def record(**said: Any) -> CallFacts:
    return read(sample("voicepush", "cdr__document") | said)


def status(**said: Any) -> CallFacts:
    return read(sample("voicepush", "status__document") | said)


def test_the_documents_record_is_a_call_of_twenty_seconds() -> None:
    facts = record()

    assert (facts.source, facts.service) == (Source.RECORD, Service.VOICE_SIP)
    assert (facts.caller, facts.callee) == ("13100001111", "13100002222")
    assert facts.started_at == datetime(2020, 12, 10, 8, 28, 23, tzinfo=UTC)
    assert facts.answered_at == datetime(2020, 12, 10, 8, 28, 24, tzinfo=UTC)
    assert facts.ended_at == datetime(2020, 12, 10, 8, 28, 43, tzinfo=UTC)
    assert facts.stated_at == datetime(2020, 12, 10, 8, 28, 44, tzinfo=UTC)
    assert facts.talk_seconds == 20
    assert facts.user_data == '{"orderId":"123456"}'


def test_the_documents_status_is_a_ringing_callee() -> None:
    facts = status()

    assert facts.source == Source.STATUS
    assert facts.rang_at == datetime(2020, 12, 10, 8, 28, 23, tzinfo=UTC)
    assert [(event.kind, event.party) for event in facts.events] == [("ringing", Party.CALLER)]
    assert facts.is_final is None
    assert facts.details["expected_events"] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("event", "kind", "field"),
    [(1, "started", "started_at"), ("2", "ringing", "rang_at"), (3, "answered", "answered_at"),
     ("4", "ended", "ended_at")],
)  # fmt: skip
def test_each_event_sets_its_own_time(event: Any, kind: str, field: str) -> None:
    facts = status(eventType=event)

    set_times = [
        name
        for name in ("started_at", "rang_at", "answered_at", "ended_at")
        if getattr(facts, name) is not None
    ]
    assert (facts.events[0].kind, set_times) == (kind, [field])


def test_only_the_last_event_ends_the_call() -> None:
    assert [status(eventType=event).is_final for event in (1, 2, 3, 4)] == [None, None, None, True]


def test_an_event_that_nobody_knows_is_kept_under_its_own_word() -> None:
    facts = status(eventType=9)

    assert facts.events[0].kind == "9"
    assert facts.is_final is None


def test_a_record_is_no_status_though_its_message_type_says_so() -> None:
    assert record(messageType=1).source == Source.RECORD


@pytest.mark.parametrize("zero", [0, "0", "", None])
def test_a_time_of_zero_is_absent(zero: Any) -> None:
    facts = record(ringTime=zero, startTime=zero, cdrCreateTime=zero)

    assert (facts.rang_at, facts.answered_at, facts.stated_at) == (None, None, None)


PRIVACY = {"subscriptionId", "phoneNoX", "phoneNoA", "phoneNoB", "secretCallType"}


@pytest.mark.parametrize("service", [200, "200"])
def test_privacy_numbers_count_for_service_200(service: Any) -> None:
    facts = record(serviceType=service, subServiceType=201)

    assert (facts.service, facts.display_number) == (Service.PRIVACY_NUMBER, "13100003333")
    assert facts.details["number_a"] == "13100001111"
    assert not PRIVACY & set(facts.extra)


@pytest.mark.parametrize("service", [100, 5000, None])
def test_privacy_numbers_are_set_aside_for_any_other_service(service: Any) -> None:
    facts = record(serviceType=service)

    assert facts.display_number is None
    assert set(facts.extra) >= PRIVACY


@pytest.mark.parametrize(
    ("sub_service", "service"),
    [(101, Service.VOICE_SIP), (102, Service.VOICE_NOTIFICATION), (103, Service.VOICE_CALLBACK),
     (104, Service.VOICE_ROBOT), ("202", Service.PRIVACY_NUMBER), (0, Service.VOICE_SIP),
     (999, Service.VOICE_SIP)],
)  # fmt: skip
def test_the_sub_service_says_more_than_the_service(sub_service: Any, service: Service) -> None:
    assert record(subServiceType=sub_service).service is service


@pytest.mark.parametrize(
    ("call_type", "direction"),
    [(0, Direction.INBOUND), ("1", Direction.OUTBOUND), (7, None), (None, None)],
)
def test_a_call_type_of_zero_is_inbound(call_type: Any, direction: Direction | None) -> None:
    assert record(callType=call_type).direction is direction


def test_a_two_way_call_has_a_leg_for_each_side() -> None:
    facts = record(
        subServiceType=103,
        callerCallingTime=1607588901000,
        callerRingingTime=1607588902000,
        callerAnswerTime=1607588903000,
        callerShowNumber="075500001111",
    )

    assert [(leg.side, leg.number) for leg in facts.legs] == [
        (Party.CALLER, "13100001111"),
        (Party.CALLEE, "13100002222"),
    ]
    assert facts.legs[0].answered_at == datetime(2020, 12, 10, 8, 28, 23, tzinfo=UTC)
    assert facts.legs[1].answered_at == facts.answered_at


def test_a_recording_push_has_a_recording_a_track() -> None:
    facts = read(sample("voicepush", "recording__three_tracks"))

    assert [one.track for one in facts.recordings] == [Track.MIXED, Track.LEFT, Track.RIGHT]
    assert facts.source == Source.RECORDING


def test_a_recording_push_with_one_track_has_one_recording() -> None:
    push = sample("voicepush", "recording__three_tracks")
    push |= {"audioRecordUrl": "", "audioRecordLeftUrl": None}

    assert [one.track for one in read(push).recordings] == [Track.RIGHT]


def test_misspelt_keys_of_the_original_are_read() -> None:
    facts = record(IntegerentionGrading="A", IntegerentionGradingKey="intent")

    assert facts.details["intention_grading"] == "A"
    assert facts.details["intention_grading_key"] == "intent"


def test_what_a_simulator_leaves_empty_says_nothing() -> None:
    empty = {"subServiceType": 0, "numberPoolNo": "", "ringTime": 0, "subscriptionId": ""}

    facts = record(serviceType=5000, **empty)

    assert (facts.service, facts.rang_at) == (None, None)
    assert "number_pool" not in facts.details
    assert facts.details["service_type"] == 5000

"""Each filter finds the calls that it names, negated all the others, and no call twice."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone

from calls import facts, masking
from calls.facts import CodeFact, EventFacts, LegFacts, RecordingFacts
from calls.models import Call, Sound, SoundState, Tag
from calls.search import FILTERS, read_text
from calls.search.filters import MOST_VALUES
from tests.calls.search.conftest import NOON, dialog

pytestmark = pytest.mark.django_db
Say = Callable[..., Call]


@pytest.fixture(autouse=True)
def whole_numbers() -> Iterator[None]:
    with masking.eyes(User.objects.create_superuser("reader")):
        yield


@pytest.fixture
def calls(say: Say) -> None:
    """Three calls that differ in everything."""
    answered = NOON + timedelta(seconds=8)
    talked = say(
        "talked",
        "yeta",
        service=facts.Service.VOICE_ROBOT,
        direction=facts.Direction.OUTBOUND,
        caller="055196866001",
        callee="13100001111",
        display_number="02155550000",
        rang_at=NOON + timedelta(seconds=2),
        answered_at=answered,
        ended_at=answered + timedelta(seconds=45),
        ended_by=facts.Party.CALLEE,
        codes=(CodeFact(scheme="yeta.task-result", value="0", place="task_result"),),
        details={"task_id": 7, "task_data_id": "row-9"},
        dialog=dialog(("您好，有优惠券", "我要人工"), tag="转人工"),
        recordings=(RecordingFacts(address="/a.wav"),),
    )
    Sound.objects.create(call=talked, recording=talked.recordings.get(), state=SoundState.STORED)
    Tag.objects.create(call=talked, name="vip")
    busy = say(
        "busy",
        "huawei",
        service=facts.Service.VOICE_CALLBACK,
        direction=facts.Direction.OUTBOUND,
        caller="+8613100002222",
        callee="+8613100003333",
        started_at=NOON - timedelta(days=1),
        ended_at=NOON - timedelta(days=1) + timedelta(seconds=20),
        ended_by=facts.Party.PLATFORM,
        codes=(
            CodeFact(scheme="huawei.state", value="8103", place="stateCode"),
            CodeFact(scheme="q850", value="17", place="cause"),
        ),
        legs=(LegFacts(number="+8613100004444"),),
        events=(EventFacts(kind="collectInfo", at=NOON, digits="12#"),),
        details={"session_id": "s-1"},
    )
    Sound.objects.create(
        call=busy, state=SoundState.MISSING, deadline_at=timezone.now() + timedelta(hours=1)
    )
    say(
        "live",
        "nxcloud",
        is_final=False,
        source=facts.Source.STATUS,
        direction=facts.Direction.INBOUND,
        caller="85235757584",
        callee="13100001111",
        started_at=NOON + timedelta(days=1),
        details={"bind_id": "b-1", "customer_bind_id": "cb-1"},
    )


def found(text: str) -> list[str]:
    search = read_text(text)
    assert not search.problems, search.problems
    return [call.call_id for call in search.rows()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["live", "talked", "busy"]),
        ("vendor:yeta", ["talked"]),
        ("vendor:yeta,huawei", ["talked", "busy"]),
        ("account:'yeta main'", None),
        ('account:"yeta main"', ["talked"]),
        ("service:voice_callback", ["busy"]),
        ("direction:inbound", ["live"]),
        ("outcome:ANSWERED", ["talked"]),
        ("state:in_progress", ["live"]),
        ("ended_by:platform", ["busy"]),
        ("number:13100001111", ["live", "talked"]),
        ("number:+86-131-0000-1111", ["live", "talked"]),
        ("number:02155550000", ["talked"]),
        ("number:13100004444", ["busy"]),
        ("number:13100001111,13100002222", ["live", "talked", "busy"]),
        ("number:131*", ["live", "talked", "busy"]),
        ("number:8523*", ["live"]),
        ("number:0551*", ["talked"]),
        ("number:*3333", ["busy"]),
        ("number:*0000*", ["live", "talked", "busy"]),
        ("number:*5757*", ["live"]),
        ("caller:131*", ["busy"]),
        ("callee:13100001111", ["live", "talked"]),
        ("callee:13100002222", []),
        ("shown:02155550000", ["talked"]),
        ("call_id:busy", ["busy"]),
        ("id:busy,row-9,cb-1", ["live", "talked", "busy"]),
        ("task:7", ["talked"]),
        ("task:row-9,8", ["talked"]),
        ("session:s-1", ["busy"]),
        ("bind:b-1", ["live"]),
        ("from:2026-11-01", ["live", "talked"]),
        ("to:2026-11-01", ["talked", "busy"]),
        ("from:2026-11-01T12:00 to:2026-11-01T12:00:01", ["talked"]),
        ("from:2026-11-01T04:00:00Z to:2026-11-01T04:00:01Z", ["talked"]),
        ("hour:12", ["live", "talked", "busy"]),
        ("hour:0-11,13-23", []),
        ("weekday:sun", ["talked"]),
        ("weekday:Mon,sat", ["live", "busy"]),
        ("talk:45", ["talked"]),
        ("billed:60", ["talked"]),
        ("billed:none", ["live", "busy"]),
        ("talk:>44", ["talked"]),
        ("talk:<45", []),
        ("talk:30-60", ["talked"]),
        ("talk:<=1m", ["talked"]),
        ("talk:none", ["live", "busy"]),
        ("ring:6", ["talked"]),
        ("code:huawei.state/8103", ["busy"]),
        ("code:8103", ["busy"]),
        ("code:17,0", ["talked", "busy"]),
        ("recording:yes", ["talked"]),
        ("recording:no", ["live", "busy"]),
        ("recording:stored", ["talked"]),
        ("recording:missing", ["busy"]),
        ("recording:expiring", ["busy"]),
        ("dialog:yes", ["talked"]),
        ("said:优惠", ["talked"]),
        ("said:人工", ["talked"]),
        ("robot:人工", []),
        ("customer:人工,优惠", ["talked"]),
        ("intent:转人工", ["talked"]),
        ("keys:12#", ["busy"]),
        ("tag:vip", ["talked"]),
        ("quality:merged", []),
        ("number:13100001111 vendor:yeta from:2026-11-01 -outcome:busy", ["talked"]),
        ("number:13100001111 said:优惠 task:7", ["talked"]),
        ("sort:time", ["busy", "talked", "live"]),
        ("sort:-talk", ["talked", "live", "busy"]),
    ],
)
def test_a_filter_finds_the_calls_it_names(
    calls: None, text: str, expected: list[str] | None
) -> None:
    if expected is None:
        assert read_text(text).problems
        return

    assert found(text) == expected
    if text and " " not in text and "sort" not in text:
        others = [one for one in ["live", "talked", "busy"] if one not in expected]
        assert found(f"-{text}") == others


def test_every_filter_of_the_table_is_tried_above() -> None:
    cases = test_a_filter_finds_the_calls_it_names.pytestmark[-1].args[1]  # type: ignore[attr-defined]
    tried = {item.partition(":")[0].lstrip("-") for text, _ in cases for item in text.split()}

    assert set(FILTERS) - tried == {"when", "related", "record", "subscription", "pick"}


def test_named_days_are_those_of_the_readers_zone(say: Say) -> None:
    now = timezone.now()
    say("now", started_at=now)
    say("long ago", started_at=now - timedelta(days=400))

    assert found("when:today") == ["now"]
    assert found("when:today,last-30-days") == ["now"]
    assert found("-when:today") == ["long ago"]


def test_picked_calls_are_found_by_their_rows(say: Say) -> None:
    one, _other = say("one"), say("other")

    assert found(f"pick:{one.pk}") == ["one"]


def test_a_call_that_pushes_contradict_is_found_by_that(say: Say) -> None:
    say("agreed", caller="13100001111")
    say("agreed", caller="13100001111", callee="13100002222", source=facts.Source.SUMMARY)
    say("disputed", talk_seconds=20)
    say("disputed", talk_seconds=21)

    assert found("quality:conflicting") == ["disputed"]
    assert found("quality:merged") == ["agreed"]


def test_a_call_heard_of_long_after_its_end_is_late(say: Say) -> None:
    say("late", ended_at=NOON - timedelta(hours=3), started_at=NOON - timedelta(hours=4))
    call = say("late", source=facts.Source.STATUS)

    assert not call.is_late  # it was first heard of when it ended

    Call.objects.update(is_late=True)

    assert found("quality:late") == ["late"]


def test_a_number_that_a_call_no_longer_has_does_not_find_it(say: Say) -> None:
    say("one", caller="13100001111", source=facts.Source.STATUS)
    say("one", caller="13100002222", source=facts.Source.RECORD)

    assert found("number:13100001111") == []
    assert found("number:13100002222") == ["one"]


def test_whoever_sees_masked_numbers_cannot_ask_for_hidden_digits(calls: None) -> None:
    with masking.eyes(AnonymousUser()):
        assert found("number:13100001111") == ["live", "talked"]
        assert found("number:*3333") == ["busy"]
        for probing in ("131*", "*0000*", "*00003333"):
            assert "masked" in read_text(f"number:{probing}").problems[0].text


def test_as_many_numbers_as_may_be_asked_for_are_found(calls: None) -> None:
    many = ",".join(str(13200000000 + one) for one in range(MOST_VALUES - 1))

    assert found(f"number:{many},13100003333") == ["busy"]

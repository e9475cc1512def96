"""What pages and reports add up is right to the row, whatever is pushed, in whatever order."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from calls import ingest, recounting, tasks
from calls.facts import CallFacts, CodeFact, Direction, LegFacts, Service, Source
from calls.models import Account, Call, Grain, Subject, SubjectTally, Tally

pytestmark = pytest.mark.django_db

quick = settings(
    max_examples=15,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# About the end of a month in Asia/Shanghai, of an hour, and of a day of UTC.
MOMENTS = st.sampled_from(
    [
        datetime(2026, 10, 31, 15, 59, 59, tzinfo=UTC),
        datetime(2026, 10, 31, 16, 0, 0, tzinfo=UTC),
        datetime(2026, 10, 31, 16, 59, 59, tzinfo=UTC),
        datetime(2026, 11, 1, 0, 0, 0, tzinfo=UTC),
        datetime(2026, 11, 1, 12, 30, 0, tzinfo=UTC),
    ]
)
CODES = st.lists(
    st.builds(
        CodeFact,
        scheme=st.sampled_from(["q850", "sip"]),
        value=st.sampled_from(["16", "17", "486"]),
        place=st.sampled_from(["here", "there"]),
    ),
    max_size=3,
).map(tuple)
FACTS = st.builds(
    CallFacts,
    call_id=st.sampled_from(["a", "b", "c"]),
    source=st.sampled_from(Source),
    is_final=st.sampled_from([None, True]),
    service=st.sampled_from([None, Service.VOICE_CALLBACK, Service.VOICE_ROBOT]),
    direction=st.sampled_from([None, *Direction]),
    display_number=st.sampled_from([None, "+8613100000001", "02155190000"]),
    started_at=st.none() | MOMENTS,
    answered_at=st.none() | MOMENTS,
    ring_seconds=st.none() | st.integers(0, 90),
    talk_seconds=st.none() | st.integers(0, 900),
    codes=CODES,
    legs=st.lists(
        st.builds(
            LegFacts, number=st.sampled_from(["13100000005", "13100000006"]), answered_at=MOMENTS
        ),
        max_size=2,
    ).map(tuple),
    details=st.sampled_from([{}, {"task_id": 7}, {"task_id": "t2", "task_data_id": "7"}]),
)


@pytest.fixture
def account() -> Account:
    return Account.objects.create(vendor="huawei", name="Main")


def hear(account: Account, *facts: CallFacts, first: int = 1) -> None:
    received_at = datetime(2026, 11, 1, 13, tzinfo=UTC)
    ingest.apply(
        [
            ingest.Statement(push_id=number, received_at=received_at, account=account, facts=one)
            for number, one in enumerate(facts, start=first)
        ]
    )


def wrong() -> list[recounting.Difference]:
    """Every row that says something else than the calls do."""
    days = recounting.days()
    months = {day.replace(day=1) for day in days}
    found = [one for day in days for one in recounting.check(day)]
    return found + [one for month in months for one in recounting.check_month(month)]


@contextmanager
def forgotten() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@quick
@given(batches=st.lists(st.lists(FACTS, min_size=1, max_size=4), min_size=1, max_size=5))
def test_tallies_are_right_after_every_batch_whatever_it_says(
    account: Account, batches: list[list[CallFacts]]
) -> None:
    with forgotten():
        heard: list[tuple[int, list[CallFacts]]] = []
        for number, batch in enumerate(batches):
            hear(account, *batch, first=number * 10 + 1)
            heard.append((number * 10 + 1, batch))
            assert not wrong()

        for first, batch in reversed(heard):  # everything is processed again
            hear(account, *batch, first=first)

        assert not wrong()


def test_a_call_that_moves_to_another_month_is_counted_there(account: Account) -> None:
    said: dict[str, Any] = {"call_id": "a", "source": Source.RECORD, "is_final": True}
    november = datetime(2026, 10, 31, 16, 0, 0, tzinfo=UTC)
    hear(account, CallFacts(**said, display_number="13100000001", started_at=november))

    hear(account, CallFacts(**said, rang_at=november - timedelta(seconds=1)), first=2)

    kept = Tally.objects.filter(grain=Grain.DAY, calls__gt=0)
    assert [row.at for row in kept] == [datetime(2026, 10, 30, 16, tzinfo=UTC)]
    months = SubjectTally.objects.filter(grain=Grain.MONTH, subject=Subject.SHOWN, calls=1)
    assert [row.at for row in months] == [datetime(2026, 9, 30, 16, tzinfo=UTC)]
    assert not wrong()


def test_what_was_heard_twice_counts_once(account: Account) -> None:
    at = datetime(2026, 11, 1, 4, tzinfo=UTC)
    facts = CallFacts(call_id="a", source=Source.RECORD, is_final=True, started_at=at)
    for number in (1, 1, 2):
        hear(account, facts, first=number)

    assert [row.calls for row in Tally.objects.filter(grain=Grain.HOUR)] == [1]


def test_a_call_that_changes_its_outcome_changes_its_row(account: Account) -> None:
    at = datetime(2026, 11, 1, 4, tzinfo=UTC)
    said: dict[str, Any] = {"call_id": "a", "source": Source.RECORD, "is_final": True}
    code = CodeFact(scheme="q850", value="17", place="cause")
    hear(account, CallFacts(**said, started_at=at, codes=(code,)))
    missed = SubjectTally.objects.filter(subject=Subject.CODE, grain=Grain.DAY, calls=1)
    assert [row.value for row in missed] == ["q850/17"]

    hear(account, CallFacts(**said, answered_at=at, talk_seconds=30), first=2)

    (row,) = Tally.objects.filter(grain=Grain.DAY, calls__gt=0)
    assert (row.outcome, row.talk_seconds, row.talk_calls) == ("answered", 30, 1)
    assert not missed.all().exists()


def test_working_calls_out_again_keeps_their_tallies_right(account: Account) -> None:
    at = datetime(2026, 11, 1, 4, tzinfo=UTC)
    hear(account, CallFacts(call_id="a", source=Source.STATUS, started_at=at))
    (call,) = Call.objects.all()

    def close(one: Call) -> None:
        one.service = "voice_robot"

    ingest.work_out_again([call.pk], close)

    assert Tally.objects.filter(service="voice_robot", calls=1).count() == 2
    assert not wrong()


# The command


def test_recounting_says_that_everything_is_right(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    at = datetime(2026, 11, 1, 4, tzinfo=UTC)
    hear(account, CallFacts(call_id="a", source=Source.RECORD, started_at=at))

    call_command("recount")

    told = "1 days from 2026-11-01 to 2026-11-01 were counted: everything is right."
    assert told in capsys.readouterr().out


def test_recounting_tells_which_row_is_wrong_and_repairs_it(
    account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    at = datetime(2026, 11, 1, 4, tzinfo=UTC)
    number = "13100000001"
    said: dict[str, Any] = {"source": Source.RECORD, "display_number": number, "started_at": at}
    hear(account, CallFacts(call_id="a", **said))
    Tally.objects.update(calls=7)
    SubjectTally.objects.filter(grain=Grain.DAY).delete()

    with pytest.raises(CommandError, match="rows are wrong"):
        call_command("recount")
    told = capsys.readouterr().out
    assert "calls 7 instead of 1" in told
    assert "calls 0 instead of 1" in told
    assert number not in told

    call_command("recount", "--repair")
    assert "are right now" in capsys.readouterr().out
    assert not wrong()


def test_recounting_finds_tallies_of_calls_that_are_gone(account: Account) -> None:
    at = datetime(2026, 11, 1, 4, tzinfo=UTC)
    hear(account, CallFacts(call_id="a", source=Source.RECORD, started_at=at))
    Call.objects.all().delete()

    assert {one.counted[0] for one in recounting.check(date(2026, 11, 1))} == {0}


def test_each_night_the_last_days_are_counted_again(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    hear(account, CallFacts(call_id="a", source=Source.RECORD, started_at=timezone.now()))
    tasks.check_tallies()
    assert "tallies checked" in caplog.text

    Tally.objects.update(talk_seconds=7)
    tasks.check_tallies()

    assert "tallies differ" in caplog.text


def test_recounting_an_empty_portal_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("recount")

    assert "nothing to count" in capsys.readouterr().out

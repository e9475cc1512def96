"""Calls whose end nobody told: given up after a stated silence, and right again if it is told."""

import itertools
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client

from calls import ingest, recounting
from calls.facts import CallFacts, CodeFact, EventFacts, LegFacts, Source
from calls.live import lost
from calls.models import Account, Call, CallCode, Event, Leg, SubjectTally, Tally

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)
SILENCE = timedelta(hours=6, minutes=1)
DIALLED = CallFacts(
    call_id="c",
    source=Source.STATUS,
    started_at=NOON,
    caller="13100000001",
    events=(EventFacts(kind="callout", at=NOON),),
)
ANSWERED = CallFacts(
    call_id="c",
    source=Source.STATUS,
    answered_at=NOON + timedelta(seconds=9),
    legs=(LegFacts(number="13100000002", answered_at=NOON + timedelta(seconds=9)),),
)
ENDED = CallFacts(
    call_id="c",
    source=Source.STATUS,
    is_final=True,
    ended_at=NOON + timedelta(minutes=2),
    codes=(CodeFact(scheme="q850", value="16", place="cause"),),
)
RECORD = CallFacts(call_id="c", source=Source.RECORD, is_final=True, talk_seconds=111)
STORY = (DIALLED, ANSWERED, ENDED, RECORD)

Tell = Callable[..., Call]


@pytest.fixture
def account() -> Account:
    return Account.objects.create(vendor="huawei", name="Main")


@pytest.fixture
def tell(account: Account) -> Tell:
    """Let the vendor push parts of the story, each by its own push."""

    def tell(*said: CallFacts) -> Call:
        for facts in said:
            with transaction.atomic():
                ingest.apply([statement(account, facts)])
        return Call.objects.get(call_id="c")

    return tell


def statement(account: Account, facts: CallFacts) -> ingest.Statement:
    number = STORY.index(facts) + 1 if facts in STORY else 9
    return ingest.Statement(push_id=number, received_at=NOON, account=account, facts=facts)


def later(by: timedelta = SILENCE) -> Any:
    return time_machine.travel(datetime.now(UTC) + by, tick=False)


def tallies_are_right() -> bool:
    return not [one for day in recounting.days() for one in recounting.check(day)]


def rows() -> list[list[dict[str, Any]]]:
    """All that is known, but for our own keys and times, and which of two pushes told the end."""
    ours = {"id", "call_id", "account_id", "updated_at", "first_received_at", "said"}
    return [
        sorted(
            (
                {name: value for name, value in row.items() if name not in ours}
                for row in model._default_manager.values()
                if row.get("calls") != 0
            ),
            key=repr,
        )
        for model in (Call, Leg, Event, CallCode, Tally, SubjectTally)
    ]


def test_a_call_of_which_nothing_was_heard_for_long_is_given_up(tell: Tell) -> None:
    tell(DIALLED)

    with later():
        assert lost.sweep() == 1

    call = Call.objects.get()
    assert (call.state, call.outcome, call.ended_at) == ("ended", "unknown", None)
    assert call.lost_at is not None
    assert tallies_are_right()


def test_a_call_that_is_spoken_of_goes_on(tell: Tell) -> None:
    tell(DIALLED)
    with later(timedelta(hours=5)):
        tell(ANSWERED)

    with later():
        assert lost.sweep() == 0

    assert Call.objects.get().state == "in_progress"


def test_a_call_that_was_answered_stays_answered(tell: Tell) -> None:
    tell(DIALLED, ANSWERED)

    with later():
        lost.sweep()

    call = Call.objects.get()
    assert (call.state, call.outcome, call.talk_seconds) == ("ended", "answered", None)


def test_after_how_many_hours_is_a_setting(tell: Tell, settings: Any) -> None:
    settings.LOST_CALL_HOURS = 48
    tell(DIALLED)

    with later(timedelta(hours=47)):
        assert lost.sweep() == 0
    with later(timedelta(hours=49)):
        assert lost.sweep() == 1


def test_a_second_sweep_finds_nothing(tell: Tell) -> None:
    tell(DIALLED)

    with later():
        lost.sweep()
    before = rows()

    with later(2 * SILENCE):
        assert lost.sweep() == 0
    assert rows() == before


@pytest.mark.parametrize("end", [ENDED, RECORD], ids=["status", "record"])
def test_an_end_that_is_told_after_all_counts(tell: Tell, end: CallFacts) -> None:
    tell(DIALLED)
    with later():
        lost.sweep()
        call = tell(end)

    assert (call.lost_at, call.state) == (None, "ended")
    assert tallies_are_right()


def test_any_order_around_the_sweep_ends_in_the_same_rows(tell: Tell) -> None:
    tell(*STORY)
    expected = rows()

    for number, order in enumerate(itertools.permutations(STORY)):
        before = 1 + number % 3
        for model in (Tally, SubjectTally, Event, Leg, CallCode):
            model._default_manager.all().delete()
        Call.objects.all().delete()
        tell(*order[:before])
        with later():
            lost.sweep()
            tell(*order[before:], *order[:1])

        assert rows() == expected, order


def test_another_late_word_does_not_bring_a_lost_call_back(tell: Tell) -> None:
    tell(DIALLED)
    with later():
        lost.sweep()
        call = tell(ANSWERED)

    assert (call.state, call.outcome) == ("ended", "answered")
    assert call.lost_at is not None
    assert tallies_are_right()


def test_the_sweep_leaves_alone_what_was_heard_of_since_it_looked(
    tell: Tell, account: Account
) -> None:
    call = tell(DIALLED)
    now = datetime.now(UTC) + SILENCE
    with later():
        tell(ANSWERED)

    assert lost.give_up([call.pk], now - timedelta(hours=6), now) == 0

    assert Call.objects.get().state == "in_progress"


@pytest.mark.django_db(transaction=True)
def test_a_sweep_and_an_end_at_the_same_moment_end_in_the_same_rows(account: Account) -> None:
    names = [f"c{number}" for number in range(6)]

    def all_say(facts: CallFacts) -> Sequence[ingest.Statement]:
        said = {name: getattr(facts, name) for name in facts.__slots__ if name != "call_id"}
        return [statement(account, CallFacts(call_id=name, **said)) for name in names]

    with transaction.atomic():
        ingest.apply(all_say(DIALLED))
    Call.objects.update(updated_at=NOON - timedelta(days=30))
    gate = threading.Barrier(2)

    def at_once(work: Callable[[], Any]) -> None:
        gate.wait()
        work()
        connection.close()

    def end() -> None:
        with transaction.atomic():
            ingest.apply(all_say(ENDED))

    threads = [threading.Thread(target=at_once, args=[work]) for work in (lost.sweep, end)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {call.lost_at for call in Call.objects.all()} == {None}
    assert {call.state for call in Call.objects.all()} == {"ended"}
    assert tallies_are_right()


def test_a_call_says_that_its_end_was_never_told(
    tell: Tell, client: Client, make_user: Any
) -> None:
    client.force_login(make_user("agent", "view_call", "see_numbers"))
    call = tell(DIALLED)
    with later():
        lost.sweep()

    page = client.get(call.get_absolute_url(), headers={"Accept-Language": "en"}).content.decode()
    listed = client.get("/calls/?quality=lost", headers={"Accept-Language": "en"}).content.decode()
    told = client.get(f"/api/v1/calls/{call.pk}/").json()

    assert "No push told its end." in page
    assert "its end was never told" in listed
    assert told["lost_at"].endswith("Z")
    assert told["state"] == "ended"
    assert client.get("/api/v1/calls/?quality=lost").json()["results"][0]["id"] == call.pk


def test_the_state_in_the_list_says_so_too(tell: Tell, client: Client, make_user: Any) -> None:
    client.force_login(make_user("agent", "view_call"))
    client.post("/calls/columns/", {"column": ["time", "state"]})
    tell(DIALLED)
    with later():
        lost.sweep()

    listed = client.get("/calls/", headers={"Accept-Language": "en"}).content.decode()

    assert "its end was never told" in listed.partition('class="calls__state"')[2]

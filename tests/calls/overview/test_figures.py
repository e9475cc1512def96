"""Figures are those of the calls, wherever they are read."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls import facts, ingest, masking
from calls.facts import CodeFact
from calls.figures.reading import Reader
from calls.figures.scopes import Scope
from calls.figures.spans import Extent, Span, cover, has_whole_hours
from calls.figures.sums import Grouped, Sums
from calls.models import Account, Call, Grain, SubjectTally, Tally
from calls.outcomes import Outcome, State
from calls.search import read_text
from tests.calls.overview.conftest import NOON, Say, statement

pytestmark = pytest.mark.django_db
NAMES = ("vendor", "outcome", "hour", "weekday")
CODES = [("q850", "17"), ("q850", "16"), ("sip", "486")]
FILTERS = [
    *("", "vendor:yeta", "-vendor:yeta", "vendor:huawei,yeta", "service:voice_sip"),
    *("direction:outbound -service:voice_sip", "outcome:busy,answered", "-outcome:answered"),
    *('account:"yeta Main"', "hour:8-15 weekday:mon,tue", "talk:>5", "code:q850/17", "state:ended"),
    *("shown:131*", "weekday:sat vendor:huawei"),
]
ZONES = ["Asia/Shanghai", "UTC", "Asia/Kolkata", "America/New_York"]
# Around the beginnings of hours and days, and of a month of the portal's zone.
MIDNIGHT = datetime(2026, 10, 31, 16, tzinfo=UTC)
MOMENTS = st.builds(
    lambda hours, seconds: MIDNIGHT + timedelta(hours=hours, seconds=seconds),
    st.sampled_from([-24 * 40, -48, -25, -24, -2, -1, 0, 1, 2, 23, 24, 49]),
    st.sampled_from([-1, 0, 1, 1800]),
)
CALLS = st.lists(
    st.fixed_dictionaries(
        {
            "vendor": st.sampled_from(["yeta", "huawei"]),
            "account": st.sampled_from(["Main", "Other"]),
            "started_at": MOMENTS,
            "service": st.sampled_from([None, facts.Service.VOICE_SIP, facts.Service.VOICE_ROBOT]),
            "direction": st.sampled_from([None, facts.Direction.OUTBOUND]),
            "display_number": st.sampled_from([None, "13100001111", "13200002222"]),
            "ring": st.sampled_from([None, 3, 20]),
            "talk": st.sampled_from([None, None, 5, 61]),
            "is_final": st.booleans(),
            "codes": st.lists(st.sampled_from(CODES), max_size=2, unique=True),
        }
    ),
    min_size=6,
    max_size=16,
)
quick = settings(
    max_examples=15,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(autouse=True)
def whole_numbers() -> Iterator[None]:
    with masking.revealed():
        yield


def said(call: dict[str, Any]) -> dict[str, Any]:
    """What a vendor would say of a generated call."""
    given = {**call}
    ring, talk = given.pop("ring"), given.pop("talk")
    given["codes"] = tuple(
        CodeFact(scheme=scheme, value=value, place=place)
        for scheme, value in given["codes"]
        for place in ("cause", "leg")
    )
    if talk is not None:
        given["answered_at"] = given["started_at"] + timedelta(seconds=ring or 0)
        given["talk_seconds"] = talk if talk > 5 else None
    given["ring_seconds"] = ring
    return given


def scope(text: str, since: datetime, until: datetime) -> Scope:
    search = read_text(text)
    assert not search.problems, search.problems
    return replace(Scope.of(search), span=Span(since, until))


def by_hand(calls: list[Call], zone: ZoneInfo) -> dict[tuple[Any, ...], Sums]:
    """The sums of calls as anybody would add them up."""
    found: dict[tuple[Any, ...], Sums] = {}
    for call in calls:
        local = call.occurred_at.astimezone(zone)
        key = (call.vendor, call.outcome, local.hour, local.isoweekday())
        is_answered = call.outcome == Outcome.ANSWERED
        goes_on = call.state == State.IN_PROGRESS
        talk = call.talk_seconds if is_answered else None
        ring = call.ring_seconds if is_answered else None
        found[key] = found.get(key, Sums()) + Sums(
            calls=1,
            in_progress=goes_on,
            answered=is_answered,
            answered_in_progress=is_answered and goes_on,
            talk_calls=talk is not None,
            talk_seconds=talk or 0,
            ring_calls=ring is not None,
            ring_seconds=ring or 0,
        )
    return found


@quick
@given(
    CALLS,
    CALLS,
    st.lists(st.sampled_from(FILTERS), min_size=5, max_size=5, unique=True),
    st.sampled_from(ZONES),
    st.tuples(MOMENTS, MOMENTS).map(sorted),
)
def test_tallies_rows_and_a_plain_count_give_the_same(
    first: list[dict[str, Any]],
    later: list[dict[str, Any]],
    texts: list[str],
    zone: str,
    between: list[datetime],
) -> None:
    """Of calls that are told of twice, the second time differently."""
    for model in (Call, Tally, SubjectTally):
        model.objects.all().delete()
    for vendor in ("huawei", "yeta"):
        Account.objects.get_or_create(vendor=vendor, name=f"{vendor} Main")
    pushes = count(1)
    for calls in (first, later):
        ingest.apply(
            [
                statement(next(pushes), f"c{number}", **said(call))
                for number, call in enumerate(calls)
            ]
        )

    with timezone.override(zone):
        for text in texts:
            some = scope(text, *between)
            expected = [
                call
                for call in some.rest.unordered()
                if between[0] <= call.occurred_at < between[1]
            ]
            for reader in (Reader(), Reader(uses_tallies=False)):
                _same(reader, some, expected, text)


def counted(one: Sums) -> Sums:
    """What is told by the clock: how many calls, and nothing of how long they lasted."""
    return Sums(one.calls, one.in_progress, one.answered, one.answered_in_progress)


def _same(reader: Reader, some: Scope, expected: list[Call], text: str) -> None:
    by_all = Grouped(NAMES, by_hand(expected, reader.zone))
    counts = {key: counted(one) for key, one in by_all.rows.items()}
    assert reader.sums(some, *NAMES).rows == counts
    assert reader.sums(some, "vendor", "outcome").rows == by_all.by("vendor", "outcome")
    assert reader.sums(some, "vendor").total == by_all.total
    found = {key: one.calls for key, one in reader.codes(some, 10).items()}
    assert found == failing(expected, text)
    shown = {key: (one.calls, one.answered) for key, one in reader.shown(some, 1).items()}
    everything = shown_in(expected)
    most = sorted(everything, key=lambda key: (-everything[key][0], key))[:1]
    assert shown == {key: everything[key] for key in most}


def failing(calls: list[Call], text: str) -> Counter[str]:
    return Counter(
        code
        for call in calls
        if call.outcome != Outcome.ANSWERED
        for code in {f"{one.scheme}/{one.value}" for one in call.codes.all()}
        if "code:" not in text or code == "q850/17"
    )


def shown_in(calls: list[Call]) -> dict[str, tuple[int, int]]:
    shown = [call for call in calls if call.display_key]
    answered = Counter(one.display_key for one in shown if one.outcome == Outcome.ANSWERED)
    return {
        key: (number, answered[key])
        for key, number in Counter(one.display_key for one in shown).items()
    }


def test_a_span_is_covered_once_and_wholly() -> None:
    since, until = NOON - timedelta(days=40, minutes=7), NOON + timedelta(days=40, seconds=3)

    found = cover(Span(since, until), (Grain.MONTH, Grain.DAY, Grain.HOUR))

    pieces = sorted(
        [*(span for _, span in found.whole), *found.rest], key=lambda one: one.since or NOON
    )
    assert {grain for grain, _ in found.whole} == {Grain.MONTH, Grain.DAY, Grain.HOUR}
    assert [one.since for one in pieces] == [since, *(one.until for one in pieces[:-1])]
    assert pieces[-1].until == until
    assert sum((_length(one) for one in found.rest), timedelta()) < timedelta(hours=2)


def _length(span: Span) -> timedelta:
    assert span.since
    assert span.until
    return span.until - span.since


def test_a_range_that_reaches_beyond_all_calls_is_one_of_whole_months(say: Say) -> None:
    say("a")

    closed = Extent.known().closed(Span(NOON, None))

    assert closed
    assert cover(closed, (Grain.MONTH,)).rest == []


def test_without_calls_there_are_no_figures(db: None) -> None:
    reader, ever = Reader(), Scope(Span())

    assert reader.sums(ever, "vendor").total == Sums()
    assert reader.codes(ever, 10) == reader.shown(ever, 10) == {}


@pytest.mark.parametrize(
    ("zone", "has"),
    [("Asia/Shanghai", True), ("America/New_York", True), ("Asia/Kolkata", False)],
)
def test_hours_of_utc_are_hours_of_most_zones(zone: str, has: bool) -> None:
    year = Span(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))

    assert has_whole_hours(year, ZoneInfo(zone)) is has


def test_a_zone_that_shifts_by_half_an_hour_has_no_whole_hours_in_part_of_a_year() -> None:
    year = Span(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))

    assert not has_whole_hours(year, ZoneInfo("Australia/Lord_Howe"))

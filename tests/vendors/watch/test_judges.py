"""Runs of refusals, and queues that grow; and the times of acknowledgements."""

from datetime import UTC, datetime, timedelta

import pytest

from vendors.watch import backlog, refusing, times
from vendors.watch.backlog import Queue, Sample
from vendors.watch.refusing import Seen

NOW = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def seen(
    refused: int,
    kept: int,
    refused_ago: int = 0,
    kept_ago: int | None = None,
    lately: int | None = None,
) -> Seen:
    return Seen(
        refused=refused,
        refused_lately=refused if lately is None else lately,
        kept_lately=kept,
        last_refused_at=NOW - refused_ago * MINUTE,
        last_kept_at=None if kept_ago is None else NOW - kept_ago * MINUTE,
    )


@pytest.mark.parametrize(
    ("refused", "kept", "is_run"),
    [
        (1, 0, False),
        (4, 0, False),
        (5, 0, True),
        (5, 45, True),
        (5, 46, False),
        (150, 9_999, True),
    ],
)
def test_a_run_is_several_refusals_that_are_a_share_of_what_came(
    refused: int, kept: int, is_run: bool
) -> None:
    assert refusing.is_run(seen(refused, kept)) is is_run


def test_a_run_that_has_ended_is_none() -> None:
    assert not refusing.is_run(seen(9, 3, refused_ago=5, lately=0))


@pytest.mark.parametrize(
    ("refused_ago", "kept_ago", "is_over"),
    [
        (1, 0, False),
        (11, None, False),  # a night without traffic is no all-clear
        (11, 30, False),
        (11, 5, True),
        (60 * 24, None, True),
    ],
)
def test_a_run_is_over_once_a_push_was_kept_after_it(
    refused_ago: int, kept_ago: int | None, is_over: bool
) -> None:
    assert refusing.is_over(seen(0, 0, refused_ago, kept_ago), NOW) is is_over


def queue(*waiting: int, due_ago: float = 0) -> Queue:
    """Samples of every half minute up to now."""
    count = len(waiting)
    samples = [
        Sample(NOW - (count - 1 - place) * MINUTE / 2, one) for place, one in enumerate(waiting)
    ]
    return Queue(samples=samples, due_since=NOW - due_ago * MINUTE)


def test_a_push_that_waits_too_long_is_told() -> None:
    assert backlog.is_growing(queue(1, due_ago=5), NOW)
    assert not backlog.is_growing(queue(1, due_ago=4), NOW)


def test_a_queue_that_rises_all_the_while_is_told() -> None:
    rising = [500 + 100 * place for place in range(11)]

    assert backlog.is_growing(queue(*rising), NOW)
    assert not backlog.is_growing(queue(*rising[:6]), NOW), "not long enough"
    assert not backlog.is_growing(queue(*rising[:-1], 900), NOW), "it falls"
    assert not backlog.is_growing(queue(*[one // 10 for one in rising]), NOW), "too few"


def test_a_queue_is_fine_again_when_what_waits_is_young() -> None:
    assert not backlog.is_over(queue(9, due_ago=3), NOW)
    assert backlog.is_over(queue(9, due_ago=1), NOW)
    assert backlog.is_over(Queue(samples=[], due_since=None), NOW)


def test_times_are_counted_in_buckets_and_read_between_their_ends() -> None:
    counts = [0] * len(times.COLUMNS)
    for took in (0.001, *[0.004] * 98, 0.4):
        counts[times.bucket(took)] += 1

    half, most = times.quantile(counts, 0.5), times.quantile(counts, 0.995)

    assert half is not None
    assert 0.002 < half < 0.005
    assert most is not None
    assert 0.2 < most <= 0.5
    assert times.quantile([0] * len(times.COLUMNS), 0.5) is None
    assert times.quantile([*[0] * 10, 1], 0.5) == float("inf")

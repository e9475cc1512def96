"""What vendors bill, call by call."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from calls.billing import Rule, billed_seconds, in_words, rounded, rule_of
from calls.models import Account, Call, Leg
from calls.outcomes import LONGEST

BEGAN = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)


def account(vendor: str, **own: Any) -> Account:
    return Account(vendor=vendor, name="one", **own)


def after(seconds: int | None) -> datetime | None:
    return None if seconds is None else BEGAN + timedelta(seconds=seconds)


def call(
    of: Account,
    service: str = "",
    *,
    answered: int | None = 10,
    ended: int | None = 71,
    **more: Any,
) -> Call:
    given = {
        "state": "ended" if ended is not None else "in_progress",
        "outcome": "answered" if answered is not None else "no_answer",
        "talk_seconds": None if None in (answered, ended) else ended - answered,  # type: ignore[operator]
    }
    return Call(
        account=of,
        vendor=of.vendor,
        service=service,
        answered_at=after(answered),
        ended_at=after(ended),
        **(given | more),
    )


def leg(side: str, answered: int | None, number: str = "13100001111") -> Leg:
    return Leg(number=number + side, side=side, answered_at=after(answered))


def test_a_started_minute_is_a_minute() -> None:
    nxcloud = account("nxcloud")

    assert billed_seconds(call(nxcloud, answered=0, ended=60), []) == 60
    assert billed_seconds(call(nxcloud, answered=0, ended=61), []) == 120
    assert billed_seconds(call(nxcloud, answered=0, ended=1), []) == 60


def test_a_call_that_nobody_answered_is_not_billed() -> None:
    assert billed_seconds(call(account("yeta"), answered=None), []) is None


def test_a_call_that_goes_on_is_not_billed_yet() -> None:
    assert billed_seconds(call(account("yeta"), ended=None), []) is None


def test_a_call_whose_end_is_not_known_is_not_guessed_at() -> None:
    lost = call(account("yeta"), ended=None, state="ended")

    assert billed_seconds(lost, []) is None


def test_huawei_bills_both_legs_of_a_callback_each_rounded_up() -> None:
    both = [leg("caller", 4), leg("callee", 12)]

    # 67 and 59 seconds: two minutes and one, where their sum would be three of 126 seconds too,
    # and 115 and 61 seconds are four minutes where their sum would be three.
    assert billed_seconds(call(account("huawei"), "voice_callback", ended=71), both) == 180
    longer = [leg("caller", 0), leg("callee", 54)]
    assert billed_seconds(call(account("huawei"), "voice_callback", ended=115), longer) == 240


def test_huawei_bills_the_leg_that_answered_when_the_other_did_not() -> None:
    half = call(account("huawei"), "voice_callback", answered=None, ended=30)

    assert billed_seconds(half, [leg("caller", 4), leg("callee", None)]) == 60
    assert billed_seconds(half, [leg("caller", None), leg("callee", None)]) is None


def test_a_notification_has_one_leg() -> None:
    notified = call(account("huawei"), "voice_announcement", answered=10, ended=71)

    assert billed_seconds(notified, [leg("callee", 10)]) == 120


def test_a_callback_is_billed_by_its_statuses_before_its_record_comes() -> None:
    told = call(account("huawei"), "", answered=12, ended=71)

    assert billed_seconds(told, [leg("", 4), leg("", 12, "13100002222")]) == 180


def test_the_calling_sides_leg_lasts_as_long_as_the_record_tells() -> None:
    two_way = call(
        account("voicepush"),
        "voice_callback",
        answered=10,
        ended=71,
        details={"caller_seconds": 121},
    )

    assert billed_seconds(two_way, [leg("caller", None), leg("callee", 10)]) == 180 + 120
    assert billed_seconds(two_way, []) == 180 + 120


@pytest.mark.parametrize("said", ["", "many", -4, True, None, [], 10**40, 1.5])
def test_what_is_no_duration_is_none(said: Any) -> None:
    two_way = call(account("voicepush"), "voice_callback", details={"caller_seconds": said})

    assert billed_seconds(two_way, []) is None


def test_yeta_is_billed_by_times_because_its_duration_may_count_from_dialling() -> None:
    sample = call(account("yeta"), "voice_robot", answered=0, ended=60, talk_seconds=67)

    assert billed_seconds(sample, []) == 60
    assert (
        billed_seconds(
            call(account("yeta"), answered=None, outcome="answered", talk_seconds=67), []
        )
        == 120
    )


def test_what_no_column_holds_is_not_billed() -> None:
    longest = int(LONGEST.total_seconds())

    assert billed_seconds(call(account("nxcloud"), talk_seconds=longest), []) is None


def test_an_account_may_be_billed_by_another_rule() -> None:
    by_six = account("nxcloud", billing_unit_seconds=6, billing_minimum_seconds=30)

    assert billed_seconds(call(by_six, answered=0, ended=61), []) == 66
    assert billed_seconds(call(by_six, answered=0, ended=2), []) == 30
    once = account("huawei", billing_legs="call")
    assert (
        billed_seconds(call(once, "voice_callback"), [leg("caller", 4), leg("callee", 10)]) == 120
    )


def test_an_own_minimum_of_none_takes_the_vendors_away() -> None:
    rule = rule_of(account("nxcloud", billing_minimum_seconds=0), "")

    assert rule.is_own
    assert rule.minimum_seconds == 0
    assert not rule_of(account("nxcloud"), "").is_own


def test_a_vendor_that_nobody_knows_is_billed_as_is_usual() -> None:
    assert billed_seconds(call(account("acme")), []) == 120


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (Rule(legs="each"), "Each telephone that answered, by every started minute"),
        (Rule(unit_seconds=1), "The call once, by the second"),
        (
            Rule(unit_seconds=6, minimum_seconds=30),
            "The call once, by every started 6 seconds, at least 30 seconds",
        ),
    ],
)
def test_a_rule_reads_as_a_sentence(rule: Rule, sentence: str) -> None:
    assert in_words(rule) == sentence


def test_no_seconds_are_no_minute() -> None:
    assert rounded(0, Rule()) == 0

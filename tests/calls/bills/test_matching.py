"""Bills with planted differences, each of which is found in the list that it belongs to."""

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from calls.bills import sums
from calls.models import Account, Bill
from tests.calls.bills.conftest import (
    CALLEE,
    CALLER,
    NOON,
    Found,
    MakeBill,
    MakeCall,
    as_csv,
    line,
    lists_of,
)

pytestmark = pytest.mark.django_db

Compared = Callable[..., Found]


def places(found: Found) -> dict[str, list[int]]:
    return {verdict: [row.place for row in rows] for verdict, rows in found.items()}


def told(found: Found) -> dict[str, list[str]]:
    """Which ids stand in each list, ours where the bill has none."""
    return {
        verdict: sorted(row.told_id or (row.call.call_id if row.call else "") for row in rows)
        for verdict, rows in found.items()
    }


def test_a_row_with_the_id_of_a_call_is_that_call(make_call: MakeCall, compared: Compared) -> None:
    call = make_call("a")

    found = compared(line("a", caller="", callee=""))

    assert places(found) == {"alike": [2]}
    (row,) = found["alike"]
    assert (row.call, row.by, row.apart_seconds) == (call, "id", 0)
    assert (row.seconds, row.billed_seconds, row.our_seconds, row.our_billed) == (61, 120, 61, 120)
    assert str(row.charge) == "0.3"


def test_each_planted_difference_is_found(make_call: MakeCall, compared: Compared) -> None:
    for number, name in enumerate(("alike", "longer", "rounded", "doubled", "not billed")):
        make_call(name, after=number * 600)

    found = compared(
        line("alike"),
        line("longer", after=600, seconds=75),
        line("rounded", after=1200, billed=66),
        line("doubled", after=1800),
        line("doubled", after=1800),
        line("not ours", after=2400, callee="13100003333"),
        ["broken", CALLER, CALLEE, "yesterday", "61", "120", "0.3", "CNY"],
    )

    assert told(found) == {
        "alike": ["alike", "doubled"],
        "duration": ["longer"],
        "rounding": ["rounded"],
        "doubled": ["doubled"],
        "not_ours": ["not ours"],
        "not_billed": ["not billed"],
        "unreadable": [""],
    }
    assert found["doubled"][0].told == 5
    assert found["unreadable"][0].told == ["start", 3, "moment", "yesterday"]


def test_without_an_id_the_numbers_and_the_nearest_start_decide(
    make_call: MakeCall, compared: Compared
) -> None:
    first, second = make_call("first"), make_call("second", after=50)
    make_call("of others", callee="13100009999")

    found = compared(line(after=45), line(after=-10))

    assert {row.place: row.call for row in found["alike"]} == {2: second, 3: first}
    assert {row.place: row.apart_seconds for row in found["alike"]} == {2: -5, 3: -10}
    assert {row.by for row in found["alike"]} == {"number"}


def test_beyond_the_tolerance_nothing_is_found(make_call: MakeCall, compared: Compared) -> None:
    make_call("a")

    assert places(compared(line(after=60))) == {"alike": [2]}
    assert "alike" not in compared(line(after=61))
    assert places(compared(line(after=61), tolerance_seconds=61)) == {"alike": [2]}


def test_numbers_are_the_same_however_they_are_written(
    make_call: MakeCall, compared: Compared
) -> None:
    make_call("a", caller="+8613100001111", callee="86 131-0000-2222")

    assert places(compared(line(caller="'13100001111", callee="008613100002222"))) == {"alike": [2]}


def test_a_bill_may_show_the_shown_number_and_begin_with_the_answer(
    make_call: MakeCall, compared: Compared
) -> None:
    make_call("a", display_number="075528000001", answered_at=NOON + timedelta(seconds=300))

    found = compared(line(caller="075528000001", after=302))

    assert [row.apart_seconds for row in found["alike"]] == [302]


def test_a_call_is_billed_once_and_the_nearer_row_has_it(
    make_call: MakeCall, compared: Compared
) -> None:
    make_call("a")

    found = compared(line(after=20), line(after=10))

    assert places(found) == {"alike": [3], "not_ours": [2]}


def test_a_row_that_repeats_another_without_an_id_is_doubled(
    make_call: MakeCall, compared: Compared
) -> None:
    make_call("a")

    found = compared(line(), line(), line(after=900), line(after=900))

    assert places(found) == {"alike": [2], "doubled": [3, 5], "not_ours": [4]}
    assert [row.told for row in found["doubled"]] == [2, 4]


def test_two_calls_that_say_the_same_are_not_doubled(
    make_call: MakeCall, compared: Compared
) -> None:
    make_call("a")
    make_call("b")

    assert places(compared(line(), line())) == {"alike": [2, 3]}


def test_an_id_that_nobody_knows_still_has_numbers(make_call: MakeCall, compared: Compared) -> None:
    call = make_call("ours")

    (row,) = compared(line("theirs"))["alike"]

    assert (row.call, row.by) == (call, "number")


@pytest.mark.parametrize(
    ("seconds", "billed", "verdict"),
    [
        (61, 120, "alike"),
        (61, 61, "rounding"),
        (61, 66, "rounding"),
        (61, 240, "rounding"),
        (61, 119, "rounding"),
        (62, 120, "duration"),
        ("", 120, "alike"),
        ("", 66, "rounding"),
        ("", 100, "duration"),
        (61, "", "alike"),
        (120, "", "alike"),
        (66, "", "rounding"),
        (100, "", "duration"),
        ("", "", "alike"),
    ],
)
def test_durations_are_compared_as_far_as_a_bill_has_them(
    make_call: MakeCall, compared: Compared, seconds: object, billed: object, verdict: str
) -> None:
    make_call("a")

    assert list(compared(line("a", seconds=seconds, billed=billed))) == [verdict]


def test_durations_may_differ_by_as_much_as_was_said(
    make_call: MakeCall, compared: Compared
) -> None:
    make_call("a")

    assert list(compared(line("a", seconds=63), slack_seconds=1)) == ["duration"]
    assert list(compared(line("a", seconds=63), slack_seconds=2)) == ["alike"]


def test_a_call_whose_billing_nobody_knows_is_alike_by_any_usual_rounding(
    make_call: MakeCall, compared: Compared
) -> None:
    make_call("a", billed_seconds=None)

    assert list(compared(line("a", billed=66))) == ["alike"]
    assert list(compared(line("a", billed=100))) == ["rounding"]


def test_a_call_that_was_not_answered_is_missed_by_nobody_and_billed_with_nothing(
    make_call: MakeCall, compared: Compared
) -> None:
    make_call("answered")
    make_call("busy", talk=None, after=10)
    make_call("billed all the same", talk=None, after=600)

    found = compared(
        line("answered"), line("billed all the same", after=600, seconds=30, billed=60)
    )

    assert told(found) == {"alike": ["answered"], "duration": ["billed all the same"]}


def test_calls_outside_the_range_are_missed_by_nobody(
    make_call: MakeCall, compared: Compared
) -> None:
    for number in range(4):
        make_call(f"call-{number}", after=number * 1000)

    by_rows = compared(line("call-1", after=1000), line("call-3", after=3000))
    by_range = compared(
        line("call-1", after=1000), begins_at=NOON, ends_at=NOON + timedelta(seconds=2000)
    )

    assert told(by_rows)["not_billed"] == ["call-2"]
    assert told(by_range)["not_billed"] == ["call-0"]


def test_a_row_outside_the_chosen_range_still_finds_its_call(
    make_call: MakeCall, compared: Compared
) -> None:
    make_call("late", after=86_400 * 20)

    found = compared(
        line("late", after=86_400 * 20), begins_at=NOON, ends_at=NOON + timedelta(days=1)
    )

    assert told(found) == {"alike": ["late"]}


def test_calls_of_other_accounts_are_none_of_the_bills_business(
    make_call: MakeCall, compared: Compared
) -> None:
    other = Account.objects.create(vendor="yeta", name="Other")
    make_call("a", account=other)

    assert told(compared(line("a"))) == {"not_ours": ["a"]}
    assert told(compared(line("a"), account=None)) == {"alike": ["a"]}


def test_the_order_of_the_rows_does_not_matter(make_call: MakeCall, make_bill: MakeBill) -> None:
    dice = random.Random(6)  # noqa: S311 - the same each time
    for number in range(30):
        make_call(f"call-{number}", after=number * 20, talk=dice.choice([0, 30, 61]))
    rows = [
        line(
            f"call-{number}" if dice.random() < 0.4 else "",
            after=number * 20 + dice.choice([0, 0, 7, 13]),
            seconds=dice.choice([30, 61]),
            billed=dice.choice([60, 120]),
        )
        for number in [*range(30), *range(0, 30, 5)]
    ]
    outcomes = set()

    for _ in range(4):
        dice.shuffle(rows)
        found = lists_of(make_bill(as_csv(rows)))
        outcomes.add(
            tuple(
                sorted(
                    (row.verdict, row.call_id or 0, *said(row))
                    for rows_of in found.values()
                    for row in rows_of
                )
            )
        )

    assert len(outcomes) == 1


def said(row: Any) -> tuple[Any, ...]:
    return (row.told_id, str(row.started_at), row.seconds or 0, row.billed_seconds or 0)


def test_the_sums_are_those_of_both_sides(make_call: MakeCall, make_bill: MakeBill) -> None:
    for name in "abc":
        make_call(name)
    bill = make_bill(
        as_csv(
            [
                line("a"),
                line("b", seconds=180, billed=180, charge="0.45"),
                line("strange", callee="13100003333", charge="1.10", currency="USD"),
                line("a"),
            ]
        )
    )

    lists_of(bill)

    found = sums.totals(bill.sums)
    assert (found.theirs.rows, found.theirs.seconds, found.theirs.billed) == (4, 363, 540)
    assert [(one, str(money)) for one, money in found.theirs.money] == [
        ("CNY", "1.05"),
        ("USD", "1.1"),
    ]
    assert (found.ours.rows, found.ours.our_seconds, found.ours.our_billed) == (3, 183, 360)
    assert found.lists["not_billed"].rows == 1


def test_comparing_again_begins_anew(make_call: MakeCall, make_bill: MakeBill) -> None:
    make_call("a", after=90)
    bill = make_bill(as_csv([line()]))

    assert "not_ours" in lists_of(bill)
    Bill.objects.filter(pk=bill.pk).update(state="waiting", tolerance_seconds=90)

    assert places(lists_of(bill)) == {"alike": [2]}

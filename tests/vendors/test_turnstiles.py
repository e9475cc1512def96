"""An account may have a limit of its own, so that its storm is no other account's."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from tests.vendors.test_edge import EVERYBODY, KEPT, heard
from vendors import accounts, answers, turnstiles
from vendors.models import Push, PushKind, RefusedPush, VendorAccount
from vendors.watch import counting

pytestmark = pytest.mark.django_db

MakeAccount = Callable[..., VendorAccount]
Send = Callable[..., Any]
KIND = "receiveCallRecord"


class Clock:
    """Time as the turnstiles see it; it moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(turnstiles, "time", clock)
    return clock


def test_beyond_it_the_vendor_is_told_to_come_again(
    make_account: MakeAccount, push: Send, clock: Clock
) -> None:
    account, other = make_account("yeta", pushes_per_second="2"), make_account("yeta", "Other")

    sent = [push(account, KIND, b"%d" % number) for number in range(5)]
    others = [push(other, KIND, b"%d" % number) for number in range(5)]

    assert [heard(one) for one in sent] == [KEPT["yeta"]] * 2 + [EVERYBODY[503]] * 3
    assert sent[-1]["Retry-After"] == "1"
    assert [heard(one) for one in others] == [KEPT["yeta"]] * 5


def test_as_time_passes_more_are_let_in(
    make_account: MakeAccount, push: Send, clock: Clock
) -> None:
    account = make_account("yeta", pushes_per_second="4")
    heard_at = []

    for seconds in (0, 0.25, 60):
        clock.now += seconds
        heard_at.append([push(account, KIND, b"%d" % one).status_code for one in range(6)])

    assert [statuses.count(200) for statuses in heard_at] == [4, 1, 4]


def test_every_refusal_is_counted_and_one_a_second_leaves_a_trace_without_a_body(
    make_account: MakeAccount, push: Send, clock: Clock
) -> None:
    account = make_account("yeta", pushes_per_second="1")

    for number in range(5):
        push(account, KIND, b"%d" % number)
    counting.edge.write()

    trace = RefusedPush.objects.get()
    assert (trace.reason, trace.body) == ("rate", None)
    assert PushKind.objects.get().refused == 4
    assert Push.objects.count() == 1
    assert answers.to_refusal(trace).startswith("503 Service Unavailable")
    assert "Retry-After: 1" in answers.to_refusal(trace)
    assert answers.advice(trace) is answers.REASONS["rate"]


def test_without_a_limit_nobody_is_counted(make_account: MakeAccount, push: Send) -> None:
    account = make_account("yeta")

    assert {push(account, KIND, b"%d" % one).status_code for one in range(20)} == {200}


def test_a_limit_is_set_and_taken_away(make_account: MakeAccount) -> None:
    account = make_account("yeta", pushes_per_second="50")
    assert account.pushes_per_second == 50

    accounts.configure(account, {"pushes_per_second": ""})
    assert VendorAccount.objects.get().pushes_per_second is None
    for wrong in ("0", "-1", "many"):
        with pytest.raises(ValidationError, match="pushes_per_second"):
            accounts.configure(account, {"pushes_per_second": wrong})

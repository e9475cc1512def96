"""The ledger balances after whatever happened, and says where it does not."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from tests.vendors.watch.conftest import KIND, Clock, record
from vendors import inbox
from vendors.models import LedgerDay, Push, PushHour, State, VendorAccount
from vendors.permissions import SEE_PUSHES
from vendors.watch import balance, counting

# The ledger waits for transactions to end, so no transaction may stand around a test.
pytestmark = pytest.mark.django_db(transaction=True)

Send = Callable[..., Any]
SignIn = Callable[..., Client]


def prove(*words: str) -> str:
    """What the command says; it exits with 1 where the ledger does not balance."""
    out = io.StringIO()
    call_command("ledger", *words, stdout=out, stderr=out)
    return out.getvalue()


@pytest.fixture(autouse=True)
def in_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """No other writer is between an id and its transaction here."""
    monkeypatch.setattr(balance, "_SETTLES_IN", timedelta(0))
    monkeypatch.setattr(balance, "_PAUSE", 0.0)


@pytest.fixture
def pushed(account: VendorAccount, push: Send) -> VendorAccount:
    """One push of each fate, two of them repeated."""
    push(account, KIND, record(1))
    push(account, KIND, record(1))
    push(account, KIND, b"not JSON")
    push(account, KIND, b"not JSON")
    push(account, KIND, b"not JSON")
    inbox.process()
    push(account, KIND, record(2))
    inbox.process()
    push(account, KIND, record(3))
    counting.edge.write()
    return account


def figures(row: LedgerDay) -> dict[str, int]:
    names = ("received", "applied", "repeated", "unreadable", "failed", "waiting", "difference")
    return {name: getattr(row, name) for name in names}


def test_what_came_is_what_became_of_it(pushed: VendorAccount) -> None:
    said = prove()

    assert figures(LedgerDay.objects.get()) == {
        "received": 7,
        "applied": 2,
        "repeated": 3,
        "unreadable": 1,
        "failed": 0,
        "waiting": 1,
        "difference": 0,
    }
    assert "1 days of accounts balance." in said


def test_it_balances_after_pushes_were_processed_again(pushed: VendorAccount) -> None:
    prove()

    inbox.put_back(Push.objects.all())
    prove()
    while inbox.process():
        pass

    prove()
    assert LedgerDay.objects.get().applied == 3


def test_a_push_that_is_gone_leaves_a_difference(pushed: VendorAccount) -> None:
    prove()
    Push.objects.filter(state=State.DONE).order_by("id").first().delete()  # type: ignore[union-attr]

    with pytest.raises(SystemExit) as ended:
        prove()

    assert ended.value.code == 1
    assert LedgerDay.objects.get().difference == 1


def test_a_push_in_a_state_that_is_none_leaves_a_difference(pushed: VendorAccount) -> None:
    Push.objects.filter(state=State.DONE).update(state="lost")

    with pytest.raises(SystemExit):
        prove()

    assert LedgerDay.objects.get().difference == 2


def test_a_push_that_was_thanked_for_and_is_not_there_is_told(pushed: VendorAccount) -> None:
    """As after a database that lost what it had committed: the edge has counted it."""
    hour = PushHour.objects.get()
    PushHour.objects.update(received=hour.received + 2, hour=hour.hour - timedelta(days=1))
    Push.objects.update(received_at=hour.hour - timedelta(days=1, hours=-0.5))

    with pytest.raises(SystemExit):
        prove()

    assert LedgerDay.objects.get(kept__gt=0).lost == 2


def test_counts_that_a_killed_process_took_with_it_are_no_loss(
    account: VendorAccount, push: Send
) -> None:
    push(account, KIND, record(1))
    counting.edge.forget()
    inbox.process()

    prove()

    assert LedgerDay.objects.get().balances


def test_days_are_those_of_the_portals_zone(
    account: VendorAccount, push: Send, clock: Clock
) -> None:
    """16:00 in UTC is the next day's beginning in Shanghai."""
    for hour, number in ((15, 1), (16, 2)):
        clock.move_to(timezone.now().replace(hour=hour, minute=59 if hour == 15 else 0))
        push(account, KIND, record(number))
    inbox.process()
    clock.shift(timedelta(minutes=1))
    assert balance.catch_up()
    days = list(LedgerDay.objects.order_by("day"))
    balance.recount([row.day for row in days])

    assert [str(row.day) for row in days] == ["2026-11-02", "2026-11-03"]
    assert [row.kept for row in days] == [1, 1]


def test_a_range_is_proved_alone(pushed: VendorAccount) -> None:
    assert "received              0" in prove("--from", "2020-01-01", "--to", "2020-01-02")
    with pytest.raises(CommandError):
        prove("--from", "2026-11-02", "--to", "2026-11-01")
    with pytest.raises(CommandError):
        prove("--from", "yesterday")


def test_the_page_shows_the_figures_and_leads_to_the_pushes(
    pushed: VendorAccount, sign_in: SignIn
) -> None:
    prove()
    client = sign_in(SEE_PUSHES)

    response = client.get("/health/ledger/")

    text = response.content.decode()
    assert "The ledger balances" in text
    link = response.context["lines"][0][1]["unreadable"]
    assert len(client.get(link).context["pushes"]) == 1
    assert response.context["total"].received == 7


def test_the_page_says_where_it_does_not_balance(pushed: VendorAccount, sign_in: SignIn) -> None:
    prove()
    LedgerDay.objects.update(applied=1)

    assert (
        "The ledger does not balance" in sign_in(SEE_PUSHES).get("/health/ledger/").content.decode()
    )


@pytest.mark.parametrize(
    "query", ["from=yesterday", "to=2026-13-01", "from=2026-11-02&to=2026-11-01"]
)
def test_days_that_are_none_are_a_sentence(db: None, sign_in: SignIn, query: str) -> None:
    response = sign_in(SEE_PUSHES).get(f"/health/ledger/?{query}")

    assert response.status_code == 200
    assert response.context["complaints"]

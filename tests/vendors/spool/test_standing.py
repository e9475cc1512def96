"""What stands in the spool is told: by /readyz, by /metrics, on the page, and to the ledger."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from tests.vendors.spool.conftest import Away
from tests.vendors.watch.conftest import sign_in  # noqa: F401 - a fixture
from vendors.models import LedgerDay, PushHour, VendorAccount, Watch
from vendors.permissions import SEE_PUSHES
from vendors.watch import balance

pytestmark = pytest.mark.django_db

Known = Callable[..., VendorAccount]
Send = Callable[..., Any]
Drain = Callable[[], int]
KIND = "receiveCallRecord"


def figures(client: Client) -> dict[str, float]:
    text = client.get("/metrics", headers={"Authorization": "Bearer word"}).content.decode()
    lines = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in lines if "{" not in name}


def test_it_is_ready_while_the_spool_is(
    known: Known, away: Away, client: Client, settings: Any
) -> None:
    known()

    with away():
        ready = client.get("/readyz")
        settings.SPOOL_MEGABYTES = 0
        not_ready = client.get("/readyz")

    assert (ready.status_code, not_ready.status_code) == (200, 503)
    assert ready.content == b"ready: the database does not answer, pushes are kept in the spool"
    assert client.get("/readyz").content == b"ready"


def test_it_is_not_ready_where_it_would_know_nobody(away: Away, client: Client) -> None:
    with away():
        assert client.get("/readyz").status_code == 503


def test_the_figures_are_told_without_the_database(
    known: Known, push: Send, away: Away, client: Client, settings: Any, drain: Drain
) -> None:
    settings.METRICS_TOKEN = "word"
    account = known()

    with away():
        push(account, KIND, b"1")
        meanwhile = figures(client)
    drain()
    afterwards = figures(client)

    assert meanwhile["callportal_spool_pushes"] == 1
    assert meanwhile["callportal_spool_bytes"] > 0
    assert meanwhile["callportal_database_up"] == 0
    assert afterwards["callportal_spool_pushes"] == 0
    assert afterwards["callportal_spool_drained_total"] == 1
    assert afterwards["callportal_database_up"] == 1


def test_the_page_says_that_pushes_stand_in_the_spool(
    known: Known,
    push: Send,
    away: Away,
    sign_in: Callable[..., Client],  # noqa: F811
) -> None:
    account = known()
    with away():
        push(account, KIND, b"1")

    page = sign_in(SEE_PUSHES).get("/health/").content.decode()

    assert "1 push stands in the spool of this machine" in page


@pytest.mark.django_db(transaction=True)
def test_the_ledger_balances_at_every_moment(
    known: Known, push: Send, away: Away, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(balance, "_SETTLES_IN", timedelta(0))
    monkeypatch.setattr(balance, "_PAUSE", 0.0)
    account = known()
    noon = timezone.localtime().replace(hour=12, minute=0)

    def prove() -> LedgerDay:
        balance.recount([noon.date()])
        return LedgerDay.objects.get()

    with time_machine.travel(noon, tick=False) as clock:
        push(account, KIND, b"1")
        with away():
            for body in (b"2", b"3", b"2"):
                push(account, KIND, body)
        clock.shift(timedelta(hours=3))  # the hour is long over
        balance.catch_up()
        before = prove()
        drain()
        between = prove()  # thanked for and kept, and not taken in yet
        clock.shift(timedelta(hours=1))
        balance.catch_up()
        after = prove()

    for row in (before, between, after):
        assert row.balances, row
    assert (after.received, after.thanked, after.repeated) == (4, 3, 1)
    assert PushHour.objects.get().received == 3
    assert Watch.objects.get().drained == 3

"""What the thread of a web process does each time that it looks."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.vendors.spool.conftest import Away
from vendors.models import Push, VendorAccount
from vendors.spool import doors, files, keeper, reach

pytestmark = pytest.mark.django_db

Known = Callable[..., VendorAccount]
Send = Callable[..., Any]
KIND = "receiveCallRecord"


def test_it_empties_the_spool_and_writes_down_the_accounts(
    known: Known, push: Send, away: Away
) -> None:
    account = known()
    with away():
        push(account, KIND, b"1")
        assert not keeper.turn()

    assert keeper.turn()
    assert Push.objects.count() == 1
    assert not files.waiting()
    assert doors.memory.snapshot() is not None
    assert not doors.is_old()


def test_it_finds_out_that_the_database_is_back_where_nothing_was_spooled(
    known: Known, push: Send, away: Away, settings: Any
) -> None:
    account = known()
    settings.SPOOL_MEGABYTES = 0
    with away():
        push(account, KIND, b"1")
    doors.write()

    assert reach.database.is_away
    assert keeper.turn()
    assert not reach.database.is_away


def test_a_disk_that_does_not_let_it_is_no_reason_to_end(
    known: Known, away: Away, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full() -> None:
        raise OSError(28, "No space left on device")

    away()
    monkeypatch.setattr(doors, "write", full)

    assert keeper.turn()
    assert "spool not looked after" in caplog.text

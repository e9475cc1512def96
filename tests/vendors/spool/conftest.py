"""A database that can be sent away, and a spool of the test's own."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection

from tests.conftest import addresses
from vendors import accounts, inbox
from vendors.models import VendorAccount
from vendors.spool import draining, reach
from vendors.spool.files import writer
from vendors.watch import counting

Away = Callable[..., AbstractContextManager[list[str]]]


@pytest.fixture(autouse=True)
def spool(settings: Any, tmp_path: Path) -> Iterator[Path]:
    settings.SPOOL_FOLDER = tmp_path / "spool"
    yield settings.SPOOL_FOLDER
    writer.hand_over()


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Away:
    """While it lasts, the database takes no statement; which it was asked."""
    monkeypatch.setattr(connection, "close", lambda: None)  # the test's transaction lives in it

    @contextmanager
    def away(error: Exception | None = None) -> Iterator[list[str]]:
        asked: list[str] = []

        def refuse(execute: Any, statement: str, *args: Any) -> Any:
            asked.append(statement)
            raise error or OperationalError("the connection was lost")

        # What keeps a push goes past Django's cursors on PostgreSQL.
        with connection.execute_wrapper(refuse), monkeypatch.context() as patch:
            patch.setattr(inbox, "_insert", lambda _: refuse(None, "the insert"))
            yield asked
        if connection.in_atomic_block:
            connection.set_rollback(False)  # no statement came as far as the server

    return away


@pytest.fixture
def known(make_account: Callable[..., VendorAccount]) -> Callable[..., VendorAccount]:
    """An account that this web process has seen pushing."""

    def known(vendor: str = "yeta", name: str = "Main", **settings: str) -> VendorAccount:
        account = make_account(vendor, name, **settings)
        addresses(account)
        accounts.find_door(vendor, accounts.live_tokens(account)[0].token)
        return account

    return known


@pytest.fixture
def drain() -> Callable[[], int]:
    """What the thread of a web process does when the database is back."""

    def drain() -> int:
        drained = draining.drain()
        counting.edge.write()
        return drained

    return drain


@pytest.fixture
def afresh(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A web process that was started just now: it knows no account, and nothing of the database."""

    def afresh() -> None:
        writer.hand_over()
        accounts.forget_doors()
        monkeypatch.setattr(reach, "database", reach.Belief())

    return afresh

"""A vendor that pushes for weeks, a watch that looks, and a clock that is set."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from django.test import Client

from vendors.models import VendorAccount
from vendors.watch import counting, looking, quiet
from vendors.watch.counting import Count

MONDAY_10 = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai
KIND = "receiveCallRecord"

Clock = time_machine.Traveller


@pytest.fixture
def clock() -> Iterator[Clock]:
    """Monday, 10:00; it moves when it is told to."""
    with time_machine.travel(MONDAY_10, tick=False) as travel:
        quiet.habits.forget()
        yield travel
    quiet.habits.forget()


@pytest.fixture
def account(make_account: Callable[..., VendorAccount]) -> VendorAccount:
    return make_account("yeta", "Robots")


@pytest.fixture
def busy(account: VendorAccount) -> VendorAccount:
    """Three weeks with two pushes a minute, from 9 to 18 o'clock in Shanghai."""
    return busy_of(account, KIND)


def busy_of(account: VendorAccount, *kinds: str, weeks: int = 3) -> VendorAccount:
    begin = MONDAY_10 - timedelta(weeks=weeks)
    counts = {}
    for number in range(weeks * 168):
        hour = begin + number * timedelta(hours=1)
        if 1 <= hour.hour < 10:
            for kind in kinds:
                count = Count(received=120, minutes=(1 << 60) - 1)
                count.last_at = hour + timedelta(minutes=59, seconds=30)
                counts[account.pk, kind, int(hour.timestamp() // 3600)] = count
    counting.write(counts)
    return account


@pytest.fixture
def look(clock: Clock) -> Callable[..., None]:
    """Some minutes pass, in which the watch looks every half minute."""

    def look(minutes: float = 0.5) -> None:
        counting.edge.write()
        for _ in range(round(minutes * 2)):
            clock.shift(30)
            looking.look()

    return look


@pytest.fixture
def sign_in() -> Callable[..., Client]:
    """Somebody with exactly these permissions."""

    def sign_in(*names: str) -> Client:
        user = User.objects.create_user(f"person {User.objects.count()}")
        for name in names:
            app, _dot, codename = name.partition(".")
            found = Permission.objects.get(codename=codename, content_type__app_label=app)
            user.user_permissions.add(found)
        client = Client(raise_request_exception=False, headers={"Accept-Language": "en"})
        client.force_login(user)
        return client

    return sign_in


def record(number: int = 1, **more: Any) -> dict[str, Any]:
    return {"call_uuid": f"c-{number}", **more}

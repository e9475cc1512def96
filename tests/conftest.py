"""What most tests stand on: accounts, pushes that are processed, and no doorbell."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from calls.models import Call
from tests import emptying
from vendors import accounts, context, inbox
from vendors.doorbell import doorbell, outbox_bell, recordings_bell
from vendors.models import Push, VendorAccount
from vendors.registry import VENDORS
from vendors.spool import doors, reach
from vendors.spool.keeper import keeper
from vendors.turnstiles import turnstiles
from vendors.watch import counting

SAMPLES = Path(__file__).parent.parent / "vendors" / "adapters"


# Tests of what they start may ask the servers of the run, whatever their fixtures say.
STARTING = ("tests/test_end_to_end.py", "tests/callportal/test_supervisor.py")
DATABASE = {"db", "transactional_db", "live_server", "django_db_setup"}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each of three workers begins with a third of the tests; whoever is done steals from another's
    tail. So what takes longest, and what shares a browser, stands at the head of a third."""
    first = [item for item in items if item.nodeid.startswith("tests/test_end_to_end.py")]
    second = [item for item in items if item.nodeid.startswith("tests/browser/")]
    others = [item for item in items if item not in {*first, *second}]
    third = max(0, len(items) // 3 - len(first))
    items[:] = [*first, *others[:third], *second, *others[third:]]


def pytest_itemcollected(item: pytest.Item) -> None:
    """A test that asks neither database nor broker comes out alike whichever they are."""
    fixtures = DATABASE.intersection(getattr(item, "fixturenames", ()))
    if not (fixtures or item.get_closest_marker("django_db") or item.nodeid.startswith(STARTING)):
        item.add_marker("alone")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """The database of the run, and a cheap way to empty it."""
    with django_db_blocker.unblock():
        emptying.note_what_is_fixed()
    emptying.empty_cheaply()


@pytest.fixture(scope="session", autouse=True)
def nothing_is_written_behind_a_test() -> Iterator[None]:
    """What the edge counts stays in memory, until a test has it written; what it spools stays on
    the disk, until a test has it drained. A busy machine is no reason to spool a push."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting.edge, "wake", lambda: None)
        patch.setattr(keeper, "wake", lambda: None)
        patch.setattr(reach, "PATIENCE", 60.0)
        yield


@pytest.fixture(autouse=True)
def rings(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[None]]:
    """How often a bell was rung; nothing is sent to a broker."""
    rung: list[None] = []
    for bell in (doorbell, outbox_bell, recordings_bell):
        monkeypatch.setattr(bell, "ring", lambda: rung.append(None))
    accounts.forget_doors()
    context.forget_lost_soon()
    counting.edge.forget()
    turnstiles.forget()
    doors.memory.forget()
    monkeypatch.setattr(reach, "database", reach.Belief())
    yield rung
    accounts.forget_doors()


@pytest.fixture
def make_account(db: None) -> Callable[..., VendorAccount]:
    def make(vendor: str, name: str = "Main", **settings: str) -> VendorAccount:
        return accounts.create(vendor, name, settings)

    return make


@pytest.fixture
def client() -> Client:
    """A client that gets a 500 instead of our exception, as a vendor would."""
    return Client(raise_request_exception=False)


def addresses(account: VendorAccount) -> dict[str, str]:
    """An account's push addresses, asked for once: some tests push thousands of times."""
    remembered: dict[str, Any] = vars(account)
    if "addresses" not in remembered:
        remembered["addresses"] = accounts.webhooks(account)
    known: dict[str, str] = remembered["addresses"]
    return known


@pytest.fixture
def push(client: Client) -> Callable[..., Any]:
    """Post bytes or an object to an account's push address; the answer."""

    def send(account: VendorAccount, kind: str, body: bytes | dict[str, Any], **extra: Any) -> Any:
        path = addresses(account)[kind].removeprefix("http://calls.example")
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return client.post(path, data, content_type="application/json", **extra)

    return send


@pytest.fixture
def deliver(push: Callable[..., Any]) -> Callable[..., list[Call]]:
    """Post pushes, process them, and give all calls there are."""

    def send(account: VendorAccount, kind: str, *bodies: bytes | dict[str, Any]) -> list[Call]:
        for body in bodies:
            assert push(account, kind, body).status_code == 200
        while inbox.process():
            pass
        return list(Call.objects.order_by("id"))

    return send


def sample(vendor: str, name: str) -> dict[str, Any]:
    """A vendor's push as it is written down in its adapter's folder."""
    loaded: dict[str, Any] = json.loads((SAMPLES / vendor / "samples" / f"{name}.json").read_text())
    return loaded


def samples() -> list[tuple[str, str, Path]]:
    """(vendor, kind, file) of every sample of every vendor."""
    return [
        (vendor, path.stem.partition("__")[0], path)
        for vendor in VENDORS
        for path in sorted((SAMPLES / vendor / "samples").glob("*.json"))
    ]


def problems() -> list[str]:
    """What the readers complained of, over all pushes."""
    return [push.problem for push in Push.objects.exclude(problem="").order_by("id")]

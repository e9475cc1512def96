"""Calls to export, people who may, and readers of what comes out."""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone, translation

from calls.export import keeping
from calls.models import Account, Call, Export
from calls.numbers import search_key
from tests import emptying

NOON = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)  # in Shanghai
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
CODED = re.compile(r"_x([0-9A-F]{4})_")

MakeCall = Callable[..., Call]
SignIn = Callable[..., Client]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Requests leave their language behind; each test begins with English."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def kept_nowhere_afterwards() -> Iterator[None]:
    """Ids begin anew with each test: files would be found by the next."""
    yield
    emptying.empty_storage(keeping.STORAGE)


@pytest.fixture
def make_call(db: None) -> MakeCall:
    account = Account.objects.create(vendor="yeta", name="Main")

    def make(call_id: str = "", **values: Any) -> Call:
        given = {
            "vendor": "yeta",
            "call_id": call_id or f"call-{Call.objects.count()}",
            "caller": "+8613100001111",
            "callee": "13100002222",
            "occurred_at": NOON,
            "outcome": "busy",
            "state": "ended",
            "first_received_at": NOON,
            "updated_at": NOON,
        } | values
        keys = {f"{party}_key": search_key(given[party]) for party in ("caller", "callee")}
        return Call.objects.create(account=account, **given, **keys)

    return make


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    def make(*permissions: str, name: str = "") -> User:
        user = User.objects.create_user(name or f"agent {User.objects.count()}")
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        return user

    return make


@pytest.fixture
def sign_in(make_user: Callable[..., User]) -> SignIn:
    """A client of somebody who has exactly these permissions."""

    def sign_in(*permissions: str, name: str = "") -> Client:
        client = Client(raise_request_exception=False)
        client.force_login(make_user(*permissions, name=name))
        return client

    return sign_in


@pytest.fixture
def exporter(sign_in: SignIn) -> Client:
    """Somebody who sees calls with whole numbers and may export them, and nothing else."""
    return sign_in("view_call", "see_numbers", "export_call", name="exporter")


@pytest.fixture
def order(make_user: Callable[..., User]) -> Callable[..., Export]:
    """An export that somebody who sees whole numbers asked for."""

    def order(search: str = "", **values: Any) -> Export:
        user = values.pop("user", None) or make_user("view_call", "see_numbers", "export_call")
        given = {
            "user_name": user.get_username(),
            "format": "csv",
            "columns": ["time", "call_id"],
            "zone": "Asia/Shanghai",
            "language": "en",
            "asked_at": timezone.now(),
        }
        return Export.objects.create(user=user, search=search, **(given | values))

    return order


def lines(content: bytes) -> list[list[str]]:
    """The lines of a CSV file, as a program reads them."""
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def sheets(content: bytes) -> dict[str, list[list[Any]]]:
    """The sheets of an XLSX file by name: their rows, of texts, numbers and None."""
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert file.testzip() is None
        book = ElementTree.fromstring(file.read("xl/workbook.xml"))  # noqa: S314 - ours
        names = [sheet.attrib["name"] for sheet in book.iter(f"{MAIN}sheet")]
        return {
            name: _rows(file.read(f"xl/worksheets/sheet{number}.xml"))
            for number, name in enumerate(names, 1)
        }


def _rows(xml: bytes) -> list[list[Any]]:
    rows = []
    for row in ElementTree.fromstring(xml).iter(f"{MAIN}row"):  # noqa: S314 - ours
        cells: dict[str, Any] = {}
        for cell in row.iter(f"{MAIN}c"):
            letters = cell.attrib["r"].removesuffix(row.attrib["r"])
            assert letters.isalpha()
            cells[letters] = _value(cell)
        last = max((_place(letters) for letters in cells), default=-1)
        by_place = {_place(letters): value for letters, value in cells.items()}
        rows.append([by_place.get(place) for place in range(last + 1)])
    return rows


def _place(letters: str) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1


def _value(cell: ElementTree.Element) -> Any:
    if cell.attrib.get("t") == "inlineStr":
        text = "".join(one.text or "" for one in cell.iter(f"{MAIN}t"))
        return CODED.sub(lambda found: chr(int(found[1], 16)), text)
    (value,) = cell.iter(f"{MAIN}v")
    return float(value.text or "")

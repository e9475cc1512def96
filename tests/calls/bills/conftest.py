"""Calls, bills of them, and people who may see both."""

import csv
import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import translation

from calls.bills import keeping, working
from calls.bills.mapping import Mapping
from calls.models import Account, Bill, BillRow, Call
from calls.numbers import search_key
from tests import emptying

NOON = datetime(2026, 10, 1, 4, 0, tzinfo=UTC)  # in Shanghai
HEADS = ("通话ID", "主叫", "被叫", "开始时间", "时长(秒)", "计费时长(秒)", "费用", "币种")
FIELDS = ("id", "caller", "callee", "start", "seconds", "billed", "charge", "currency")
CALLER, CALLEE = "13100001111", "13100002222"

MakeCall = Callable[..., Call]
MakeBill = Callable[..., Bill]
Found = dict[str, list[BillRow]]


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
def account(db: None) -> Account:
    return Account.objects.create(vendor="yeta", name="Main")


@pytest.fixture
def make_call(account: Account) -> MakeCall:
    """A call that was answered, talked a while and is billed by the minute."""

    def make(call_id: str = "", after: int = 0, talk: int | None = 61, **values: Any) -> Call:
        at = NOON + timedelta(seconds=after)
        billed = None if not talk else -(-talk // 60) * 60
        given: dict[str, Any] = {
            "account": account,
            "vendor": "yeta",
            "call_id": call_id or f"call-{Call.objects.count()}",
            "caller": CALLER,
            "callee": CALLEE,
            "occurred_at": at,
            "started_at": at,
            "talk_seconds": talk,
            "billed_seconds": billed,
            "outcome": "answered" if talk else "busy",
            "state": "ended",
            "first_received_at": at,
            "updated_at": at,
        } | values
        keys = {f"{party}_key": search_key(given[party]) for party in ("caller", "callee")}
        keys["display_key"] = search_key(given.get("display_number", ""))
        return Call.objects.create(**given, **keys)

    return make


def line(
    told_id: str = "",
    after: int = 0,
    seconds: object = 61,
    billed: object = 120,
    charge: object = "0.30",
    currency: str = "CNY",
    caller: str = CALLER,
    callee: str = CALLEE,
) -> list[str]:
    """A row of a bill, that agrees with a call of ``make_call`` unless told otherwise."""
    at = f"{NOON + timedelta(hours=8, seconds=after):%Y-%m-%d %H:%M:%S}"
    return [told_id, caller, callee, at, str(seconds), str(billed), str(charge), currency]


def as_csv(rows: Sequence[Sequence[object]], heads: Sequence[str] = HEADS) -> bytes:
    lines = io.StringIO(newline="")
    csv.writer(lines).writerows([heads, *rows])
    return lines.getvalue().encode()


@pytest.fixture
def make_bill(account: Account) -> MakeBill:
    """A bill whose columns were chosen, and which waits to be compared."""

    def make(content: bytes, file_format: str = "csv", **values: Any) -> Bill:
        fields = {name: place for place, name in enumerate(FIELDS)}
        chosen = Mapping(fields=values.pop("fields", fields), zone="Asia/Shanghai")
        given: dict[str, Any] = {
            "account": account,
            "vendor": "yeta",
            "user_name": "clerk",
            "file_name": f"october.{file_format}",
            "format": file_format,
            "size_bytes": len(content),
            "columns": chosen.kept() | values.pop("columns", {}),
            "state": Bill.State.WAITING,
        }
        bill = Bill.objects.create(**(given | values))
        keeping.keep(bill, ContentFile(content))
        return bill

    return make


@pytest.fixture
def compared(make_bill: MakeBill) -> Callable[..., Found]:
    """What comparing a bill of these rows comes to: its rows by their list."""

    def compared(*rows: Sequence[object], **values: Any) -> Found:
        return lists_of(make_bill(as_csv(rows), **values))

    return compared


def lists_of(bill: Bill) -> Found:
    """Compare a bill that waits; its rows by their list."""
    working.work(lambda: False)
    bill.refresh_from_db()
    assert (bill.state, bill.problem) == (Bill.State.DONE, "")
    found: Found = {}
    for row in BillRow.objects.filter(bill=bill).select_related("call").order_by("place"):
        found.setdefault(row.verdict, []).append(row)
    return found


def workbook(rows: Sequence[Sequence[object]], **more: bytes) -> bytes:
    """An XLSX file as another program would write it: texts, numbers, styled dates."""
    cells = ["<row>" + "".join(_cell(value) for value in row) + "</row>" for row in rows]
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1"'
        f' Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="Bill" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{office}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{main}"><cellXfs count="2"><xf numFmtId="0"/>'
        '<xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{"".join(cells)}'
        "</sheetData></worksheet>",
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in (parts | more).items():
            file.writestr(name, content)
    return made.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        days = (value.replace(tzinfo=None) - datetime(1899, 12, 30)).total_seconds() / 86_400  # noqa: DTZ001
        return f'<c s="1"><v>{days!r}</v></c>'
    if isinstance(value, int | float):
        return f"<c><v>{value!r}</v></c>"
    if isinstance(value, str) and value.startswith("=SUM"):
        return f"<c><f>{value[1:]}</f><v>0.3</v></c>"
    return f'<c t="inlineStr"><is><t>{value}</t></is></c>'


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    def make(name: str, *permissions: str) -> User:
        user = User.objects.create_user(name)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        return user

    return make


@pytest.fixture
def clerk(make_user: Callable[..., User]) -> Client:
    """Somebody who may drop bills and see whole numbers."""
    client = Client(raise_request_exception=False)
    permissions = ("view_call", "see_numbers", "export_call", "view_bill", "add_bill")
    client.force_login(make_user("clerk", *permissions, "delete_bill"))
    return client

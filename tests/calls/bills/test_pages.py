"""Dropping a bill, choosing its columns, following it, looking at its lists, taking them away."""

import csv
import io
import re
import zipfile
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from calls.bills import keeping, working
from calls.models import Account, Bill, BillColumns, BillRow
from tests.calls.bills.conftest import (
    CALLEE,
    CALLER,
    MakeBill,
    MakeCall,
    as_csv,
    line,
    lists_of,
    workbook,
)

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def drop(client: Client, account: Account, content: bytes, name: str = "october.csv") -> Any:
    file = SimpleUploadedFile(name, content)
    given = {"file": file, "whose": f"account:{account.pk}", "month": ""}
    return client.post(reverse("bill-drop"), given)


def words(response: Any) -> str:
    """What a page says, without its markup."""
    spaced = response.content.decode().replace("<", " <")
    return " ".join(unescape(strip_tags(spaced)).split())


def choices(response: Any) -> dict[str, str]:
    """What is filled in on the page of the columns."""
    form = response.context["form"]
    return {name: "" if (value := form[name].value()) is None else value for name in form.fields}


def page_of(client: Client, bill: Bill, query: str = "") -> Any:
    response = client.get(bill.get_absolute_url() + query)
    assert response.status_code == 200
    return response


# From the file to the lists.


def test_a_bill_goes_all_the_way(clerk: Client, account: Account, make_call: MakeCall) -> None:
    make_call("a")
    make_call("b", after=600)
    content = as_csv([line("a"), line("b", after=600, billed=66), line("c", after=700)])

    dropped = drop(clerk, account, content)
    bill = Bill.objects.get()
    columns = clerk.get(dropped["Location"])
    asked = clerk.post(dropped["Location"], choices(columns))
    going_on = page_of(clerk, bill)
    working.work(lambda: False)
    done = page_of(clerk, bill)

    assert dropped["Location"] == reverse("bill-columns", args=[bill.pk])
    assert asked["Location"] == bill.get_absolute_url()
    assert "Waiting" in words(going_on)
    assert "every 1s" in going_on.content.decode()
    assert "Missing here: 1" in words(done)
    assert "Calls 3 2 +1" in words(done)
    assert "Charge (CNY) 0.90" in words(done)
    rounding = words(page_of(clerk, bill, "?list=rounding"))
    assert "Billed by every started 6 seconds" in rounding
    assert "1:01 / 1:01 1:06 / 2:00 −54 s 0.30 CNY" in rounding


def test_the_columns_are_guessed_and_the_first_rows_shown(clerk: Client, account: Account) -> None:
    content = "对账单,2026-10\r\n".encode() + as_csv([line("a")])

    columns = clerk.get(drop(clerk, account, content)["Location"])

    given = choices(columns)
    assert [given[f"column_{name}"] for name in ("id", "caller", "callee", "start")] == list("0123")
    assert [given[f"column_{name}"] for name in ("seconds", "billed", "charge")] == list("456")
    assert given["zone"] == "Asia/Shanghai"
    assert "A: 通话ID" in words(columns)
    assert "3 a 13100001111" in words(columns)


def test_columns_are_remembered_for_bills_with_the_same_heads(
    clerk: Client, account: Account
) -> None:
    heads = ("x", "y", "z", "when")
    content = as_csv([["1", CALLER, CALLEE, "2026-10-01 12:00:00"]], heads)
    first = drop(clerk, account, content)["Location"]
    chosen = choices(clerk.get(first)) | {
        "column_id": "0",
        "column_start": "3",
        "column_callee": "2",
        "tolerance": "5",
    }
    assert clerk.post(first, chosen).status_code == 302

    again = clerk.get(drop(clerk, account, content)["Location"])
    other = Account.objects.create(vendor="yeta", name="Other")
    of_another = clerk.get(drop(clerk, other, content)["Location"])

    given = choices(again)
    assert [given[f"column_{name}"] for name in ("id", "caller", "callee", "start")] == [
        "0",
        "",
        "2",
        "3",
    ]
    assert "mapped before, by clerk" in words(again)
    assert choices(of_another)["column_id"] == ""
    assert BillColumns.objects.count() == 1


def test_a_choice_that_finds_no_call_is_told(clerk: Client, account: Account) -> None:
    address = drop(clerk, account, as_csv([line("a")]))["Location"]
    given = choices(clerk.get(address))

    nothing = clerk.post(address, given | {"column_id": "", "column_start": ""})
    twice = clerk.post(address, given | {"column_caller": "2"})
    wrong = clerk.post(address, given | {"column_start": "7", "column_currency": ""})
    no_days = clerk.post(address, given | {"column_start": "", "column_clock": ""})

    for response in (nothing, twice, wrong, no_days):
        assert response.status_code == 400
    assert "Choose the column of the call id, or those of the start and of a number" in words(
        nothing
    )
    assert "A column can say one thing only" in words(twice)
    assert 'Row 2, column H: expected a date with a time, found "CNY"' in words(wrong)
    assert "say which days it is about" in words(no_days)


def test_a_month_becomes_its_days(clerk: Client, account: Account) -> None:
    file = SimpleUploadedFile("october.csv", as_csv([line("a")]))
    given = {"file": file, "whose": f"account:{account.pk}", "month": "2026-02"}
    address = clerk.post(reverse("bill-drop"), given)["Location"]

    columns = clerk.get(address)
    clerk.post(address, choices(columns))

    bill = Bill.objects.get()
    assert (str(bill.begins_at), str(bill.ends_at)) == (
        "2026-01-31 16:00:00+00:00",
        "2026-02-28 16:00:00+00:00",
    )


def test_another_row_of_heads_can_be_chosen(clerk: Client, account: Account) -> None:
    address = drop(clerk, account, as_csv([["p", "q"], ["r", "s"]], ("m", "n")))["Location"]

    assert "B: n" in words(clerk.get(address))
    assert "B: q" in words(clerk.get(address + "?head_row=2"))
    for nonsense in ("0", "-1", "x", "9999", "²"):
        assert clerk.get(address, {"head_row": nonsense}).status_code == 200


def test_a_workbook_is_taken_as_well(clerk: Client, account: Account, make_call: MakeCall) -> None:
    make_call("a")
    content = workbook([["callId", "duration"], ["a", 61]])

    address = drop(clerk, account, content, "bill.xlsx")["Location"]
    given = choices(clerk.get(address)) | {"first_day": "2026-10-01", "last_day": "2026-10-01"}
    clerk.post(address, given)
    working.work(lambda: False)

    assert [row.verdict for row in BillRow.objects.all()] == ["alike"]


# What cannot be taken.


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "october.csv", "The file is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0", "october.csv", "neither CSV nor XLSX"),
        (b"\n\n\n", "october.csv", "nothing in its first rows"),
        (b"PK\x03\x04nothing", "october.xlsx", "cannot be read as an XLSX workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "october.xls", "of the old kind (XLS)"),
        (b",".join([b"x"] * 10_000), "october.csv", "at most 300 columns, found 10000"),
    ],
)
def test_a_file_that_is_no_bill_is_told_and_not_kept(
    clerk: Client, account: Account, content: bytes, name: str, said: str
) -> None:
    response = drop(clerk, account, content, name)

    assert response.status_code == 400
    assert said in words(response)
    assert not Bill.objects.exists()


def test_a_file_that_is_too_large_is_told_while_it_is_read(
    clerk: Client, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "LARGEST", 1024 * 1024)

    response = drop(clerk, account, b"x" * 3 * 1024 * 1024)

    assert response.status_code == 413
    assert "larger than 1 MiB" in words(response)
    assert not Bill.objects.exists()


def test_a_drop_without_a_token_is_refused(account: Account, make_user: Any) -> None:
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    client.force_login(make_user("clerk", "view_call", "view_bill", "add_bill"))

    assert drop(client, account, as_csv([line("a")])).status_code == 403
    assert not Bill.objects.exists()


@pytest.mark.parametrize("whose", ["", "account:0", "account:x", "account:99999999999999999999"])
def test_a_bill_of_nobody_is_not_taken(clerk: Client, account: Account, whose: str) -> None:
    file = SimpleUploadedFile("october.csv", as_csv([line("a")]))

    response = clerk.post(reverse("bill-drop"), {"file": file, "whose": whose})

    assert response.status_code == 400
    assert "Choose whose bill it is" in words(response)


def test_without_an_account_there_is_nothing_to_compare_with(clerk: Client) -> None:
    assert "There is no account yet" in words(clerk.get(reverse("bills")))


# Following, and afterwards.


def test_a_bill_can_be_cancelled_and_compared_again(
    clerk: Client, make_call: MakeCall, make_bill: MakeBill
) -> None:
    make_call("a", after=90)
    bill = make_bill(as_csv([line()]))

    cancelled = clerk.post(reverse("bill-cancel", args=[bill.pk]), follow=True)
    wrong = clerk.post(reverse("bill-again", args=[bill.pk]), {"tolerance": "x"}, follow=True)
    given = {"tolerance": "90", "slack": "0"}
    clerk.post(reverse("bill-again", args=[bill.pk]), given)
    found = lists_of(bill)

    assert "Cancelled" in words(cancelled)
    assert "Give whole seconds" in words(wrong)
    assert list(found) == ["alike"]


def test_how_far_it_is_stands_on_the_page(clerk: Client, make_bill: MakeBill) -> None:
    bill = make_bill(as_csv([line()]), state="running", stage="reading")
    Bill.objects.filter(pk=bill.pk).update(rows_total=200, rows_done=50)

    response = clerk.get(bill.get_absolute_url(), headers=HTMX)

    assert "Reading the file · 25" in words(response)
    assert "<html" not in response.content.decode()


def test_htmx_gets_the_whole_page_when_it_is_done(
    clerk: Client, make_call: MakeCall, make_bill: MakeBill
) -> None:
    bill = make_bill(as_csv([line()]))
    lists_of(bill)

    assert clerk.get(bill.get_absolute_url(), headers=HTMX)["HX-Refresh"] == "true"


def test_a_failed_bill_says_why(clerk: Client, make_bill: MakeBill) -> None:
    bill = make_bill(b"PK\x03\x04nothing", "xlsx")

    working.work(lambda: False)

    assert "cannot be read as an XLSX workbook" in words(page_of(clerk, bill))


def test_a_deleted_bill_goes_with_its_rows_and_its_file(
    clerk: Client, make_call: MakeCall, make_bill: MakeBill
) -> None:
    make_call("a")
    bill = make_bill(as_csv([line("a")]))
    lists_of(bill)
    address = reverse("bill-delete", args=[bill.pk])

    assert storages[keeping.STORAGE].exists(bill.name)
    asked = clerk.get(address)
    clerk.post(address)
    gone = clerk.get(bill.get_absolute_url())
    keeping.remove_deleted()

    assert "Delete this bill?" in words(asked)
    assert gone.status_code == 404
    assert not Bill.objects.exists()
    assert not BillRow.objects.exists()
    assert not storages[keeping.STORAGE].exists(bill.name)


# Lists.


def test_a_long_list_is_paged_both_ways(
    clerk: Client, make_call: MakeCall, make_bill: MakeBill
) -> None:
    bill = make_bill(as_csv([line(f"row-{at:03}", after=at) for at in range(120)]))
    lists_of(bill)

    def shown(query: str) -> list[str]:
        return re.findall(r"row-\d{3}", words(page_of(clerk, bill, query)))

    first, second = shown(""), shown("?list=not_ours&after=51")
    assert (first[0], first[-1], len(first)) == ("row-000", "row-049", 50)
    assert (second[0], second[-1]) == ("row-050", "row-099")
    assert shown("?list=not_ours&before=52") == first
    assert shown("?list=not_ours&after=x&before=") == first


def test_a_list_of_nothing_says_so(clerk: Client, make_call: MakeCall, make_bill: MakeBill) -> None:
    bill = make_bill(as_csv([line("a")]))
    lists_of(bill)

    assert "No row repeats another" in words(page_of(clerk, bill, "?list=doubled"))


def test_a_list_leads_to_its_calls(clerk: Client, make_call: MakeCall, make_bill: MakeBill) -> None:
    call = make_call("a")
    bill = make_bill(as_csv([line("a")]))
    lists_of(bill)

    page = page_of(clerk, bill)

    assert f'href="{call.get_absolute_url()}"' in page.content.decode()
    assert "Found by its id" in words(page)


def file_of(client: Client, bill: Bill, verdict: str, file_format: str) -> bytes:
    response: Any = client.get(reverse("bill-file", args=[bill.pk, verdict, file_format]))
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def test_a_list_is_a_file_with_both_sides(
    clerk: Client, make_call: MakeCall, make_bill: MakeBill
) -> None:
    make_call("a", after=5)
    bill = make_bill(as_csv([line("a", seconds=75)]))
    lists_of(bill)

    content = file_of(clerk, bill, "duration", "csv").decode("utf-8-sig")
    heads, row, empty, *about = csv.reader(io.StringIO(content, newline=""))
    found = dict(zip(heads, row, strict=True))

    assert (found["Row of the bill"], found["Call id"]) == ("2", "a")
    assert (found["Start on the bill"], found["Start here"]) == (
        "2026-10-01 12:00:00",
        "2026-10-01 12:00:05",
    )
    assert (found["Talk time here (seconds)"], found["Difference (seconds)"]) == ("61", "14")
    assert (found["Charge"], found["Currency"]) == ("0.3", "CNY")
    assert empty == []
    assert ["List", "Other duration"] in about


def test_files_are_safe_for_spreadsheets(
    clerk: Client, make_call: MakeCall, make_bill: MakeBill
) -> None:
    bill = make_bill(as_csv([line("=cmd|' /C calc'!A0", callee="+86@SUM(1)")]))
    lists_of(bill)

    content = file_of(clerk, bill, "not_ours", "csv").decode("utf-8-sig")
    book = file_of(clerk, bill, "not_ours", "xlsx")

    assert "'=cmd" in content
    assert ",=cmd" not in content
    with zipfile.ZipFile(io.BytesIO(book)) as file:
        assert b"<f>" not in file.read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize(("verdict", "file_format"), [("strange", "csv"), ("alike", "pdf")])
def test_there_are_no_other_files(
    clerk: Client, make_bill: MakeBill, verdict: str, file_format: str
) -> None:
    bill = make_bill(as_csv([line("a")]))
    lists_of(bill)

    address = reverse("bill-file", args=[bill.pk, verdict, file_format])
    assert clerk.get(address).status_code == 404


def test_whoever_sees_numbers_masked_sees_none_here(
    make_user: Callable[..., User], account: Account, make_call: MakeCall
) -> None:
    client = Client(raise_request_exception=False)
    permissions = ("view_call", "export_call", "view_bill", "add_bill")
    client.force_login(make_user("masked", *permissions))
    make_call("a")
    content = as_csv(
        [
            line("a"),
            line(CALLER, after=5000),
            line("x", after=6000, callee=CALLEE),
            ["", CALLER, CALLEE, f"at {CALLER}", "", "", "", ""],
        ]
    )

    address = drop(client, account, content)["Location"]
    columns = client.get(address)
    client.post(address, choices(columns))
    working.work(lambda: False)
    bill = Bill.objects.get()
    verdicts = ("alike", "not_ours", "unreadable")
    pages = [page_of(client, bill, f"?list={one}").content.decode() for one in verdicts]
    files = [file_of(client, bill, one, "csv").decode() for one in verdicts]

    assert BillRow.objects.filter(bill=bill).count() == 4
    for text in (columns.content.decode(), *pages, *files):
        assert CALLER not in text
        assert CALLEE not in text
    assert "****1111" in pages[0]
    assert "****1111" in files[2]

"""A report as a file: all rows and totals, numbers as numbers, and who took it."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from python_calamine import CalamineWorkbook

from calls.models import Account, Export
from calls.reports import building

pytestmark = pytest.mark.django_db

Accounts = dict[str, Account]


def take(client: Client, query: str, file_format: str = "csv") -> Any:
    response: Any = client.post(f"/reports/file/?{query}", {"format": file_format})
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def lines(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


def test_a_csv_has_all_rows_and_then_totals(
    clerk: Client, calls: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "MOST_LINES", 1)
    data = lines(take(clerk, "by=shown&from=2026-11-01&to=2026-11-18"))

    head = "Month,First day,Last day,Shown number,Calls,Answered,Answered (%),Talk (minutes)"
    assert ",".join(data[0]).startswith(head)
    assert [row[:6] + row[8:11] for row in data[1:6]] == [
        ["2026-11", "2026-11-01", "2026-11-18", "862155190000", "3", "1", "1", "1.0", "60"],
        ["2026-11", "2026-11-01", "2026-11-18", "8613100009999", "2", "2", "2", "4.0", "240"],
        ["2026-11", "2026-11-01", "2026-11-18", "No shown number", "1", "1", "1", "2.0", "120"],
        ["2026-11", "2026-11-01", "2026-11-18", "Total", "6", "4", "4", "7.0", "420"],
        ["Total", "2026-11-01", "2026-11-18", "Total", "6", "4", "4", "7.0", "420"],
    ]
    about = dict(row for row in data[7:] if row)
    assert about["Time zone of days"] == "Asia/Shanghai"
    assert about["Vendors"] == "All"
    assert about["Exported by"] == "clerk"


def test_an_xlsx_has_numbers(clerk: Client, calls: Accounts) -> None:
    file = take(clerk, "by=vendor&range=this-month&vendor=yeta", "xlsx")
    book = CalamineWorkbook.from_filelike(io.BytesIO(file))
    rows = book.get_sheet_by_index(0).to_python()

    assert rows[1][3:] == ["yeta", 3.0, 2.0, 66.67, 2.0, 2.0, 3.0, 180.0, 60.0]
    assert rows[-1][0] == "Total"
    assert ["Vendors", "yeta"] in book.get_sheet_by_index(1).to_python()


def test_what_a_stranger_wrote_is_no_formula(
    clerk: Client, calls: Accounts, say: Callable[..., Any]
) -> None:
    say("evil", details={"task_id": "=HYPERLINK(1)"})
    data = lines(take(clerk, "by=task&range=this-month"))

    assert [row[3] for row in data[1:] if len(row) > 3 and "HYPER" in row[3]] == ["'=HYPERLINK(1)"]


def test_numbers_are_masked_for_who_sees_them_so(
    client: Client, make_user: Callable[..., User], calls: Accounts, english: None
) -> None:
    client.force_login(make_user("masked", "view_call", "view_report", "export_call"))
    data = take(client, "by=shown&range=this-month")

    assert b"****0000" in data
    assert b"2155190000" not in data
    assert Export.objects.get().is_masked


def test_who_took_what_is_written_down(clerk: Client, calls: Accounts) -> None:
    take(clerk, "by=vendor&range=last-month")

    export = Export.objects.get()
    assert (export.user_name, export.format, export.state) == ("clerk", "csv", "done")
    assert export.report == "period=month&by=vendor&from=2026-10-01&to=2026-10-31"
    page = clerk.get("/exports/").content.decode()
    assert "/reports/?period=month&amp;by=vendor&amp;from=2026-10-01&amp;to=2026-10-31" in page


def test_taking_it_again_leads_to_the_report(clerk: Client, calls: Accounts) -> None:
    take(clerk, "by=vendor&range=last-month")
    response = clerk.post(f"/exports/{Export.objects.get().pk}/again/")

    assert response["Location"].startswith("/reports/?period=month&by=vendor&from=2026-10-01")


def test_who_may_not_export_gets_no_file(
    client: Client, make_user: Callable[..., User], calls: Accounts
) -> None:
    client.force_login(make_user("reader", "view_call", "view_report"))

    assert client.post("/reports/file/?by=vendor", {"format": "csv"}).status_code == 403
    assert "Take as" not in client.get("/reports/").content.decode()


@pytest.mark.parametrize(("query", "file_format"), [("by=colour", "csv"), ("by=vendor", "pdf")])
def test_a_file_that_cannot_be_meant_is_answered_with_a_sentence(
    clerk: Client, calls: Accounts, query: str, file_format: str
) -> None:
    response = clerk.post(f"/reports/file/?{query}", {"format": file_format}, follow=True)

    assert response.redirect_chain
    assert b"notice--bad" in response.content

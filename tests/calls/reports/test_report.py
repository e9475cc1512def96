"""Reports: right figures, each of which leads to exactly the calls that it counts."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from calls.models import Account, Call, Rebilling
from calls.reports import building
from tests.calls.reports.conftest import LINE, TODAY

pytestmark = pytest.mark.django_db

Accounts = dict[str, Account]


def ask(client: Client, query: str, status: int = 200) -> str:
    response = client.get(f"/reports/?{query}", follow=True)
    assert response.status_code == status
    return response.content.decode()


def rows(page: str) -> list[list[str]]:
    """The cells of the table, as text."""
    table = re.search(r'<table class="report stacked.*?</table>', page, re.DOTALL)
    assert table
    found = []
    for row in re.findall(r"<tr.*?</tr>", table[0], re.DOTALL)[1:]:
        cells = re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL)
        found.append([unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in cells])
    return found


def test_months_are_those_of_the_portals_zone(clerk: Client, calls: Accounts) -> None:
    page = ask(clerk, "by=total&from=2026-10-01&to=2026-11-30")

    assert rows(page) == [
        ["2026-10", "1", "1", "100.0%", "1.0", "1", "2", "1:01"],
        ["2026-11", "6", "4", "66.7%", "5", "4", "7", "1:15"],
        ["Total", "7", "5", "71.4%", "6.0", "5", "9", "1:12"],
    ]
    assert "Days are those of Asia/Shanghai" in page


def test_vendors_have_rows_and_totals(clerk: Client, calls: Accounts) -> None:
    page = ask(clerk, "by=vendor&range=this-month")

    assert [row[:4] + row[5:8] for row in rows(page)] == [
        ["2026-11", "nxcloud", "3", "2", "3", "2", "4"],
        ["2026-11", "yeta", "3", "2", "2", "2", "3"],
        ["2026-11", "All calls", "6", "4", "5", "4", "7"],
        ["Total", "All calls", "6", "4", "5", "4", "7"],
    ]


def test_weeks_begin_on_monday(clerk: Client, calls: Accounts) -> None:
    page = ask(clerk, "by=total&period=week&from=2026-11-01&to=2026-11-18")

    assert [row[:2] for row in rows(page)] == [
        ["2026-W44", "1"],
        ["2026-W45", "3"],
        ["2026-W46", "1"],
        ["2026-W47", "1"],
        ["Total", "6"],
    ]


def test_days_are_those_of_the_portals_zone(clerk: Client, calls: Accounts) -> None:
    page = ask(clerk, "by=total&period=day&from=2026-10-31&to=2026-11-03")

    assert [row[:2] for row in rows(page)] == [
        ["2026-10-31", "1"],
        ["2026-11-01", "1"],
        ["2026-11-02", "1"],
        ["2026-11-03", "2"],
        ["Total", "5"],
    ]


def test_shown_numbers_and_the_rest_make_the_total(
    clerk: Client, calls: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "MOST_LINES", 1)
    monkeypatch.setattr(building, "FEWEST_LINES", 1)
    page = ask(clerk, "by=shown&range=this-month")

    assert [row[1:4] for row in rows(page)] == [
        ["862155190000", "3", "1"],
        ["1 other number", "2", "2"],
        ["No shown number", "1", "1"],
        ["All calls", "6", "4"],
        ["All calls", "6", "4"],
    ]


def test_a_part_of_a_month_is_added_up_of_its_days(clerk: Client, calls: Accounts) -> None:
    page = ask(clerk, "by=shown&from=2026-10-31&to=2026-11-03")

    assert [row[:3] for row in rows(page)] == [
        ["2026-10", "862155190000", "1"],
        ["2026-10", "All calls", "1"],
        ["2026-11", "862155190000", "2"],
        ["2026-11", "8613100009999", "1"],
        ["2026-11", "No shown number", "1"],
        ["2026-11", "All calls", "4"],
        ["Total", "All calls", "5"],
    ]


def test_tasks_have_rows(clerk: Client, calls: Accounts) -> None:
    page = ask(clerk, "by=task&from=2026-10-01&to=2026-11-30")

    assert [row[:4] for row in rows(page)] == [
        ["2026-10", "t-1", "1", "1"],
        ["2026-10", "All calls", "1", "1"],
        ["2026-11", "t-1", "1", "1"],
        ["2026-11", "t-2", "1", "0"],
        ["2026-11", "No task", "4", "3"],
        ["2026-11", "All calls", "6", "4"],
        ["Total", "All calls", "7", "5"],
    ]


BREAKDOWNS = ["total", "vendor", "account", "service", "shown", "task"]


@pytest.mark.parametrize("by", BREAKDOWNS)
@pytest.mark.parametrize("only", ["", "&service=none", "&vendor=yeta", "&account={nxcloud}"])
def test_every_count_leads_to_exactly_the_calls_behind_it(
    clerk: Client, clerk_user: User, calls: Accounts, by: str, only: str
) -> None:
    accounts = {name: account.pk for name, account in calls.items()}
    range_ = "period=month&from=2026-10-01&to=2026-11-30"
    if by == "shown":
        range_ = "period=week&from=2026-10-28&to=2026-11-18"
    page = ask(clerk, f"by={by}&{range_}{only.format(**accounts)}")

    links = re.findall(r'<a href="(/calls/\?[^"]+)">([\d,]+)</a>', page)
    assert links
    for address, count in {(unescape(address), count) for address, count in links}:
        assert client_count(clerk, address) == int(count), address


def client_count(client: Client, address: str) -> int:
    """How many calls the list of an address has; it is not sent on to another address."""
    response = client.get(address)
    assert response.status_code == 200, address
    assert not response.context["complaints"], address
    return len(response.context["rows"])


def test_counts_lead_to_the_same_calls_for_a_reader_in_another_zone(
    clerk: Client, clerk_user: User, calls: Accounts
) -> None:
    clerk.post("/settings/", {"zone": "America/New_York", "density": "comfortable"})
    page = ask(clerk, "by=total&period=day&from=2026-10-31&to=2026-11-03")

    found = re.findall(r'<a href="(/calls/\?[^"]+)">([\d,]+)</a>', page)
    assert rows(page)[0][:2] == ["2026-10-31", "1"]
    for address, count in found:
        assert client_count(clerk, unescape(address)) == int(count)


def test_who_sees_numbers_masked_sees_them_masked_here(
    client: Client, make_user: Callable[..., User], calls: Accounts, english: None
) -> None:
    client.force_login(make_user("masked", "view_call", "view_report"))
    page = ask(client, "by=shown&range=this-month")

    assert "****0000" in page
    assert LINE[1:] not in page
    assert "shown=" not in page.replace("by=shown", "")


def test_who_may_not_read_reports_is_told_no(agent: Client) -> None:
    assert agent.get("/reports/").status_code == 403


def test_an_empty_report_says_what_would_fill_it(clerk: Client) -> None:
    page = ask(clerk, "range=last-month")

    assert "A report fills as vendors push calls." in page


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("colour=red", "There is no such filter: colour"),
        ("by=colour", "by: expected one of total, vendor"),
        ("period=year", "period: expected one of month, week, day"),
        ("range=ever", "range: expected one of last-month"),
        ("from=2026-11-01", "to: expected a day such as 2026-11-01"),
        ("from=2026-11-31&to=2026-12-01", "from: expected a day"),
        ("from=1026-11-01&to=2026-12-01", "from: expected a day"),
        ("from=2026-11-02&to=2026-11-01", "The range ends before it begins."),
        ("period=day&from=2026-01-01&to=2026-11-01", "This report takes at most 62 days"),
        ("from=2000-01-01&to=2026-11-01", "This report takes at most 60 months"),
        ("account=x", "account: expected one of"),
        ("service=%00", "service: expected one of"),
        ("vendor=nobody", "vendor: expected one of nxcloud, yeta"),
    ],
)
def test_what_cannot_be_meant_is_answered_with_a_sentence(
    clerk: Client, calls: Accounts, query: str, sentence: str
) -> None:
    assert sentence in unescape(ask(clerk, query, status=400))


def test_an_address_has_one_form(clerk: Client, calls: Accounts) -> None:
    response = clerk.get("/reports/?by=service&range=&from=&to=&vendor=yeta")

    assert response.status_code == 302
    assert (
        response["Location"] == "/reports/?period=month&by=service&range=last-12-months&vendor=yeta"
    )


def test_that_minutes_are_about_to_change_is_said(clerk: Client, calls: Accounts) -> None:
    Rebilling.objects.create(account=calls["yeta"], asked_at=TODAY, calls_done=1234)
    page = ask(clerk, "range=this-month")

    assert "yeta: Main are billed is being worked out anew; 1,234 were looked at" in page


def test_a_report_asks_little_of_the_database(
    clerk: Client, calls: Accounts, django_assert_max_num_queries: Any
) -> None:
    ask(clerk, "by=shown&range=this-month")
    with django_assert_max_num_queries(16):
        ask(clerk, "by=shown&range=this-month&period=month")


def test_a_call_says_what_is_billed_and_by_which_rule(clerk: Client, calls: Accounts) -> None:
    call = Call.objects.get(call_id="call-5")  # 121 seconds
    page = clerk.get(call.get_absolute_url()).content.decode()
    answer = clerk.get(f"/api/v1/calls/{call.pk}/").json()

    assert "The call once, by every started minute, which is assumed." in page
    assert 'title="assumed: by the started minute of duration"' in page
    assert answer["billed_seconds"] == 180


def test_a_list_can_show_and_ask_for_what_is_billed(clerk: Client, calls: Accounts) -> None:
    clerk.post("/calls/columns/", {"column": ["time", "billed"]})
    page = clerk.get("/calls/?billed=%3E120").content.decode()

    assert page.count("data-row") == 1
    assert 'title="3 min"' in page

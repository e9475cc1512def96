"""The ways that people go most, in as few steps as promised: a click, a key, a paste.

Each on a laptop and on a telephone, by pointer and by keyboard alone. Whoever goes is a supervisor,
an operator or an administrator; all begin at the list of calls, where the box has the focus.
"""

import re
import zipfile
from io import BytesIO

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Enter
from tests.browser.portal import Portal
from tests.browser.steps import Steps
from tests.browser.watched import LAPTOP

by_pointer_and_by_keyboard = pytest.mark.parametrize("by", ["pointer", "keyboard"])


@pytest.fixture(autouse=True)
def at_the_list(page: Page) -> None:
    page.goto("/calls/")
    expect(page.locator("#box")).to_be_focused()


def open_asked(page: Page, portal: Portal, steps: Steps, by: str) -> None:
    """The customer's call of which a dialog is known: the newest of two."""
    steps.paste(portal.rows.story.customer)
    steps.press("Enter")
    page.wait_for_url(re.compile(r"number="))
    newest = page.locator("[data-row]").first
    if by == "pointer":
        steps.click(newest)
    else:
        expect(newest).to_be_focused()
        steps.press("Enter")
    page.wait_for_url(re.compile(rf"/calls/{portal.rows.story.asked.pk}/"))


@by_pointer_and_by_keyboard
def test_what_did_your_robot_say_to_me(page: Page, portal: Portal, steps: Steps, by: str) -> None:
    open_asked(page, portal, steps, by)

    expect(page.get_by_text("您好，我是清禾生活的小禾。")).to_be_visible()
    expect(page.get_by_text("我要人工")).to_be_visible()
    assert steps.count == 3, steps


@by_pointer_and_by_keyboard
def test_hear_where_the_customer_asked_for_a_person(
    page: Page, portal: Portal, steps: Steps, by: str
) -> None:
    open_asked(page, portal, steps, by)
    before = steps.count
    sentence = page.locator("li[data-turn]").first.locator("a[data-role=customer]")

    if by == "pointer":
        steps.click(sentence)
    else:  # a list is walked to the line: the customer's is the second that can be heard
        steps.press("j")
        steps.press("j")
        expect(sentence).to_be_focused()
        steps.press("Enter")

    page.wait_for_function("[...document.querySelectorAll('audio')].some((one) => !one.paused)")
    assert steps.count - before <= (1 if by == "pointer" else 3), steps


def test_why_it_did_not_connect_and_whose_problem_it_is_stands_in_the_list(
    page: Page, portal: Portal
) -> None:
    page.goto(f"/calls/?number={portal.rows.story.customer}")

    row = page.locator("tr", has=page.locator(f'a[href="/calls/{portal.rows.story.busy.pk}/"]'))

    expect(row.locator(".cell-why")).to_be_visible()
    expect(row.locator(".cell-why strong")).to_contain_text(":")


@by_pointer_and_by_keyboard
def test_call_the_customer_back(page: Page, portal: Portal, steps: Steps, by: str) -> None:
    page.goto(f"/calls/{portal.rows.story.asked.pk}/")

    if by == "pointer":
        steps.click(page.locator("a[aria-keyshortcuts=c]"))
        steps.click(page.locator("button[value=ask]"))
    else:
        steps.press("c")
        expect(page.locator("button[value=ask]")).to_be_focused()
        steps.press("Enter")

    page.wait_for_url(re.compile(r"/outbound/\d+/"))
    assert steps.count == 2, steps


@by_pointer_and_by_keyboard
def test_we_pushed_a_record_and_you_refused_it(
    page: Page, portal: Portal, steps: Steps, by: str
) -> None:
    steps.paste(portal.rows.story.refused)
    steps.press("Enter")
    mention = page.locator("#results .notice a").first
    expect(mention).to_be_visible()
    if by == "pointer":
        steps.click(mention)
    else:
        steps.press("j")
        expect(mention).to_be_focused()
        steps.press("Enter")

    page.wait_for_url(re.compile(r"/refusals/"))
    if not re.search(r"/refusals/\d+/", page.url):
        steps.click(page.locator("main table a").first)
    expect(page.get_by_text(portal.rows.story.refused).first).to_be_visible()
    expect(page.get_by_text("401").first).to_be_visible()
    assert steps.count <= 4, steps


@by_pointer_and_by_keyboard
def test_last_months_calls_of_a_vendor_as_a_sheet(
    page: Page, portal: Portal, steps: Steps, by: str
) -> None:
    steps.paste("vendor:yeta when:last-month")
    steps.press("Enter")
    page.wait_for_url(re.compile(r"when=last-month"))
    expect(page.locator("[data-row]").first).to_be_visible()

    with page.expect_download() as taken:
        if by == "pointer":
            steps.click(page.locator("button[value=xlsx]"))
        else:
            steps.press("e")

    with zipfile.ZipFile(BytesIO(taken.value.path().read_bytes())) as book:
        text = b"".join(book.read(name) for name in book.namelist() if name.endswith(".xml"))
    assert text.count(b"13100007700") == 3
    assert steps.count == 3, steps


def test_rows_are_walked_by_keys(page: Page) -> None:
    page.goto("/calls/?vendor=yeta")
    rows = page.locator("[data-row]")
    expect(rows.first).to_be_focused()

    page.keyboard.press("j")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("x")

    expect(page.locator("input[name=pick]").first).to_be_checked()
    page.keyboard.press("/")
    expect(page.locator("#box")).to_be_focused()


def test_the_list_and_the_box_need_no_script(
    browser: Browser, portal: Portal, enter: Enter
) -> None:
    with enter(LAPTOP) as context:
        session = context.cookies()[0]
        plain = browser.new_context(java_script_enabled=False, base_url=portal.url)
        plain.add_cookies(
            [{"name": str(session["name"]), "value": str(session["value"]), "url": portal.url}]
        )
        page = plain.new_page()
        page.goto("/calls/")
        page.locator("#box").fill(portal.rows.story.customer)
        page.locator("#box").press("Enter")
        page.wait_for_url(re.compile("number="))
        assert page.locator("tbody tr").count() == 2
        page.get_by_text("Count them").click()
        expect(page.get_by_text("2 calls")).to_be_visible()
        plain.close()

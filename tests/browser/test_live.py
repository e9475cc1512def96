"""Calls in progress: followed without a reload for as long as somebody looks."""

import re

import pytest
from playwright.sync_api import Page

from tests.browser.watched import LAPTOP, Look

NEWS = re.compile(r"/live/\?seen=")
HIDE = "Object.defineProperty(document, 'hidden', {get: () => %s, configurable: true})"


@pytest.fixture
def look() -> Look:
    return LAPTOP


@pytest.fixture
def asked(page: Page) -> list[str]:
    """What the page asks for by itself. Its clock is the test's."""
    found: list[str] = []
    page.on("request", lambda one: found.append(one.url) if NEWS.search(one.url) else None)
    page.clock.install()
    page.goto("/live/")
    return found


def seconds(page: Page) -> int:
    hours, minutes, rest = (["0", "0", *page.locator("[data-age]").first.inner_text().split(":")])[
        -3:
    ]
    return int(hours) * 3600 + int(minutes) * 60 + int(rest)


def test_ages_go_on_and_news_is_asked_for(page: Page, asked: list[str]) -> None:
    before = seconds(page)

    with page.expect_response(NEWS) as answer:
        page.clock.run_for(4_000)

    assert answer.value.status == 204
    assert seconds(page) - before in {4, 5}
    assert asked


def test_nothing_is_asked_while_nobody_looks(page: Page, asked: list[str]) -> None:
    page.evaluate(HIDE % "true")
    page.clock.run_for(20_000)
    meanwhile = list(asked)

    with page.expect_response(NEWS):
        page.evaluate(HIDE % "false")
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    assert meanwhile == []

"""The overview in a browser: bars lead to calls, definitions open, colours follow the theme."""

import re

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Enter
from tests.browser.portal import Portal
from tests.browser.watched import LAPTOP, Look

# Where the first bar of the first outcome stands, and how many calls it is of.
BAR = """
() => {
  const canvas = document.querySelector("canvas");
  const chart = Chart.getChart(canvas);
  const bars = chart.data.datasets[0];
  const hour = bars.data.findIndex((calls) => calls > 0);
  const { x, y } = chart.getDatasetMeta(0).data[hour].getCenterPoint();
  return { x, y, calls: bars.data[hour], link: bars.links[hour] };
}
"""
# The hours of a long range come after the page.
DRAWN = "() => document.querySelector('canvas') && Chart.getChart(document.querySelector('canvas'))"
COLOUR = "() => Chart.getChart(document.querySelector('canvas')).data.datasets[0].backgroundColor"


@pytest.fixture
def look() -> Look:
    return LAPTOP


def test_a_bar_leads_to_its_calls(page: Page) -> None:
    page.goto("/overview/?span=all")
    canvas = page.locator("canvas")
    canvas.scroll_into_view_if_needed()
    page.wait_for_function(DRAWN)
    bar = page.evaluate(BAR)

    canvas.click(position={"x": bar["x"], "y": bar["y"]})

    page.wait_for_url(re.compile(r"/calls/\?.*hour="))
    expect(page.locator("#count")).to_have_text(re.compile(rf"\b{bar['calls']} call"))


def test_colours_follow_the_theme(page: Page) -> None:
    page.emulate_media(color_scheme="light")
    page.goto("/overview/?span=all")
    page.wait_for_function(DRAWN)
    light = page.evaluate(COLOUR)

    page.emulate_media(color_scheme="dark")

    page.wait_for_function(f"() => ({COLOUR})() !== {light!r}")


def test_a_definition_opens_by_a_key_and_closes(page: Page) -> None:
    page.goto("/overview/?span=all")
    text = page.locator("#what-answer_rate")

    page.locator("[popovertarget=what-answer_rate]").first.press("Enter")
    expect(text).to_be_visible()
    page.keyboard.press("Escape")

    expect(text).to_be_hidden()


def test_what_was_not_added_up_at_once_comes_by_itself(page: Page) -> None:
    page.goto("/overview/?span=all&talk=>0")

    expect(page.locator("[data-part]")).to_have_count(0)
    expect(page.get_by_role("heading", name="By vendor")).to_be_visible()
    page.wait_for_function(DRAWN)


def test_a_part_that_does_not_come_says_so(enter: Enter, portal: Portal) -> None:
    with enter(LAPTOP) as context:
        page = context.new_page()
        page.route("**/overview/codes/**", lambda route: route.fulfill(status=503))

        page.goto("/overview/?span=all&talk=>0")

        said = page.get_by_text("These figures did not come.").locator("visible=true")
        expect(said).to_be_visible()


def test_without_scripts_the_tables_stand_open(browser: Browser, portal: Portal) -> None:
    with browser.new_context(
        base_url=portal.url, java_script_enabled=False, locale="en-GB"
    ) as context:
        name, session = settings.SESSION_COOKIE_NAME, portal.sessions["administrator"]
        context.add_cookies([{"name": name, "value": session, "url": portal.url}])
        page = context.new_page()

        page.goto("/overview/hours/?span=all")

        box = page.locator("#outcomes-by-hour").bounding_box()  # its fold is closed, and yet shown
        assert box is not None
        assert box["height"] > 100
        expect(page.locator("canvas")).to_be_hidden()
        page.goto("/overview/?span=all&talk=>0")
        page.get_by_role("link", name="Show them on a page of their own").first.click()
        expect(page.get_by_role("heading", name="By vendor")).to_be_visible()

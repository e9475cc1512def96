"""A browser, a portal to look at, and pages that complain of what no page may do.

The tests need the system's Chromium. Where there is none they are skipped, except under CI. They
look at the embedded default: PostgreSQL and Redis change nothing that a browser sees.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.portal import Portal, running
from tests.browser.steps import Steps
from tests.browser.watched import LAPTOP, PHONE, Look, Watched

HERE = Path(__file__).parent
PROGRAMS = ("chromium", "chromium-headless-shell", "chromium-browser", "google-chrome")
PATIENCE = 15_000  # milliseconds until something that is waited for is given up

Enter = Callable[..., BrowserContext]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The database of the run is where the portal's rows are made."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db)


@pytest.fixture(scope="package")
def program() -> str:
    """Where Chromium is."""
    if not settings.IS_EMBEDDED:
        pytest.skip("Browsers look at the embedded default alone.")
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        missing = "Chromium was not found on PATH. Install Debian's package chromium."
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing)
    return found


@pytest.fixture(scope="package")
def _portal(
    program: str,
    django_db_setup: None,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Portal]:
    with django_db_blocker.unblock(), running(tmp_path_factory.mktemp("portal")) as portal:
        yield portal


@pytest.fixture
def portal(_portal: Portal) -> Portal:
    """The portal with what was there at first."""
    _portal.forget()
    return _portal


@pytest.fixture(scope="package")
def browser(program: str, _portal: Portal) -> Iterator[Browser]:
    """Chromium. It ends with the last of these tests, and with it the loop that its driver keeps
    running in this thread, in which Django would refuse to ask the database."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def enter(browser: Browser, _portal: Portal) -> Enter:
    """Begin to look at the portal, as somebody who is signed in or, without a role, is not."""

    def begin(look: Look, role: str | None = "administrator") -> BrowserContext:
        context = browser.new_context(
            base_url=_portal.url,
            viewport={"width": look.width, "height": 800},
            color_scheme="dark" if look.scheme == "dark" else "light",
            locale=look.language,
            reduced_motion="reduce",
            has_touch=look.width < 600,
        )
        context.set_default_timeout(PATIENCE)
        if role is not None:
            name, session = settings.SESSION_COOKIE_NAME, _portal.sessions[role]
            context.add_cookies([{"name": name, "value": session, "url": _portal.url}])
        return context

    return begin


@pytest.fixture(params=[LAPTOP, PHONE], ids=str)
def look(request: pytest.FixtureRequest) -> Look:
    given: Look = request.param
    return given


@pytest.fixture
def role() -> str:
    """Who is looking; a test or a module says otherwise by a fixture of its own."""
    return "administrator"


@pytest.fixture
def page(portal: Portal, enter: Enter, look: Look, role: str) -> Iterator[Page]:
    """A new window. Whatever goes wrong in it fails the test."""
    with enter(look, role) as context:
        opened = context.new_page()
        watched = Watched(opened, portal.url)
        yield opened
        assert watched.wrongs == []


@pytest.fixture
def steps(page: Page) -> Steps:
    return Steps(page)

"""A passkey, from its making to signing in with nothing else."""

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Enter
from tests.browser.portal import PASSWORD, Portal
from tests.browser.watched import LAPTOP, Watched

OPTIONS = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def plug_in(context: BrowserContext, page: Page) -> None:
    """Give the browser a device that makes and shows passkeys, and asks nobody."""
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": OPTIONS})


def test_a_passkey_is_made_and_lets_in_without_a_password(portal: Portal, enter: Enter) -> None:
    # A passkey belongs to a name: an address of numbers has none.
    url = portal.url.replace("127.0.0.1", "localhost")
    with enter(LAPTOP, None) as context:
        page = context.new_page()
        watched = Watched(page, url)
        plug_in(context, page)

        page.goto(f"{url}/settings/security/")
        page.get_by_label("User name").fill(str(portal.rows.people["operator"].username))
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.get_by_role("link", name="Add a passkey").click()
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Go on").click()
        page.get_by_label("Its name").fill("My laptop")
        page.get_by_role("button", name="Make the passkey").click()
        expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
        page.goto(f"{url}/settings/security/")
        expect(page.get_by_text("My laptop")).to_be_visible()

        page.locator("summary", has_text=str(portal.rows.people["operator"].username)).click()
        page.get_by_role("button", name="Sign out").click()
        page.get_by_role("button", name="Sign in with a passkey").click()
        page.wait_for_url(lambda address: "/accounts/" not in address)

        page.goto(f"{url}/settings/security/")
        expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
        assert watched.wrongs == []

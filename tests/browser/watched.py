"""A page that remembers what it did wrong, however the test about it goes."""

import json
from collections import Counter
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response

# WCAG 2.2 AA, and all that it stands on.
LEVELS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa")
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")

# What moved without having been asked to, and by how much.
WATCH_SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (!entry.hadRecentInput) {
      const moved = entry.sources.map(({ node }) => node?.outerHTML?.slice(0, 80) ?? "?");
      window.shifts.push(`${entry.value.toFixed(4)}: ${moved.join(" and ")}`);
    }
  }
}).observe({ type: "layout-shift", buffered: true });
"""
# Everything that was asked for has come and is drawn.
SETTLED = """
async () => {
  await document.fonts.ready;
  while (document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling")) {
    await new Promise(requestAnimationFrame);
  }
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
}
"""
OVERFLOWING = """
() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  const over = [...document.querySelectorAll("body *")].filter(
    (element) => element.getBoundingClientRect().right > room + 0.5);
  return over.slice(-3).map((element) => element.outerHTML.slice(0, 120));
}
"""


@dataclass(frozen=True)
class Look:
    """How a person looks at a page."""

    width: int
    scheme: str
    language: str

    def __str__(self) -> str:
        return f"{self.width}-{self.scheme}-{self.language}"


LAPTOP = Look(1280, "light", "en-GB")
PHONE = Look(360, "dark", "zh-CN")


class Watched:
    """Notes what a page of ours may never do, on all its addresses."""

    def __init__(self, page: Page, origin: str) -> None:
        self.page = page
        self.wrongs: list[str] = []
        self.bytes: Counter[str] = Counter()
        self._origin = origin
        self._expected: set[int] = set()
        self._requests: dict[str, str] = {}
        page.add_init_script(WATCH_SHIFTS)
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.wrongs.append(f"script: {error}"))
        page.on("request", self._on_request)
        page.on("requestfailed", self._on_failure)
        page.on("response", self._on_response)
        self._weigh(page.context)

    def expect(self, status: int) -> None:
        """The next pages may answer so."""
        self._expected.add(status)

    def begin(self) -> None:
        """Forget what was noted of the pages before, and what the browser kept of them."""
        self.wrongs.clear()
        self.bytes.clear()
        self._expected.clear()

    def settle(self) -> None:
        self.page.evaluate(SETTLED)

    def shifts(self) -> list[str]:
        return [f"moved by {shift}" for shift in self.page.evaluate("window.shifts")]

    def overflowing(self) -> list[str]:
        return [f"wider than the window: {element}" for element in self.page.evaluate(OVERFLOWING)]

    def barriers(self) -> list[str]:
        """What axe finds."""
        options = json.dumps({"runOnly": LEVELS, "resultTypes": ["violations"]})
        self.page.evaluate(AXE)
        found = self.page.evaluate(f"axe.run(document, {options})")
        return [
            f"{one['id']}: {node['html'][:200]} {node['failureSummary']}"
            for one in found["violations"]
            for node in one["nodes"]
        ]

    def _on_console(self, message: ConsoleMessage) -> None:
        # Chromium repeats each answer that is an error; _on_response has said so.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.wrongs.append(f"console: {message.text}")

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((f"{self._origin}/", "data:", "blob:")):
            self.wrongs.append(f"asked somebody else: {request.url}")

    def _on_failure(self, request: Request) -> None:
        # A page that is left gives up what it was still asking for; so does a download.
        if request.failure != "net::ERR_ABORTED":
            self.wrongs.append(f"{request.url}: {request.failure}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self._expected:
            self.wrongs.append(f"{response.url}: {response.status}")

    def _weigh(self, context: BrowserContext) -> None:
        """Count what comes over the wire, as if for the first time."""
        session = context.new_cdp_session(self.page)
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})

        def begun(event: dict[str, Any]) -> None:
            self._requests[event["requestId"]] = f"{event['type']} {event['request']['url']}"

        def ended(event: dict[str, Any]) -> None:
            name = self._requests.get(event["requestId"], "?")
            self.bytes[name] += int(event["encodedDataLength"])

        session.on("Network.requestWillBeSent", begun)
        session.on("Network.loadingFinished", ended)

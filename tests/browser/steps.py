"""What a person does on the way to an answer, counted: a click, a key, a paste.

steps = Steps(page)
steps.paste("13100001111")
steps.press("Enter")

assert steps.count <= 3
"""

from playwright.sync_api import Locator, Page


class Steps:
    """Does each step in the page, and keeps count and names of them."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.taken: list[str] = []

    def __repr__(self) -> str:
        return ", ".join(self.taken) or "no step"

    @property
    def count(self) -> int:
        return len(self.taken)

    def click(self, locator: Locator) -> None:
        """Also a tap: it must be there to be seen, and nothing may lie over it."""
        self.taken.append(f"click {locator}")
        locator.click()

    def press(self, key: str) -> None:
        """A key or a chord, such as Enter or Control+k, wherever the focus is."""
        self.taken.append(f"press {key}")
        self._page.keyboard.press(key)

    def paste(self, text: str) -> None:
        """All of the text at once, wherever the focus is, as from the clipboard."""
        self.taken.append(f"paste {text!r}")
        self._page.keyboard.insert_text(text)

"""A person who has only a keyboard."""

from playwright.sync_api import Locator, Page

MOST = 200  # presses of Tab, more than any page has stops


class Keyboard:
    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def reach(self, target: Locator) -> None:
        """Press Tab until the target has the focus."""
        for _ in range(MOST):
            if target.evaluate("element => element === document.activeElement"):
                return
            self.press("Tab")
        raise AssertionError(f"no Tab leads to {target}")

"""The pages of the API in a real browser, under the site's own content security policy."""

import shutil
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
@pytest.mark.django_db(transaction=True)
def test_docs_show_every_operation_without_outside_assets_or_errors(
    live_server: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from playwright.sync_api import sync_playwright

    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright's loop runs in this thread
    said: list[str] = []
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        answer = page.goto(f"{live_server.url}/api/docs")
        page.locator(".opblock").first.wait_for()
        assert page.locator(".opblock").count() == 10
        page.locator(".opblock").first.click()
        page.get_by_text("Rows on a page.").first.wait_for()
        assert answer is not None
        assert "unsafe" not in answer.headers["content-security-policy"]
        browser.close()
    assert said == []
    assert all(url.startswith((live_server.url, "data:")) for url in asked)

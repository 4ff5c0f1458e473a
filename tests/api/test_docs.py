"""The pages of the API in a real browser, under the site's own content security policy."""

from typing import Any

import pytest


@pytest.mark.django_db(transaction=True)
def test_docs_show_every_operation_without_outside_assets_or_errors(
    live_server: Any, settings: Any, chromium: Any
) -> None:
    said: list[str] = []
    asked: list[str] = []
    page = chromium.new_page()
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    answer = page.goto(f"{live_server.url}/api/docs")
    page.locator(".opblock").first.wait_for()
    assert page.locator(".opblock").count() == 17
    page.locator("#operations-Content-listLessons").click()
    page.get_by_text("Rows on a page.").first.wait_for()
    assert answer is not None
    assert "unsafe" not in answer.headers["content-security-policy"]
    page.close()
    assert said == []
    assert all(url.startswith((live_server.url, "data:")) for url in asked)

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
    operations = sum(
        len(one) for one in page.request.get(f"{live_server.url}/api/v1/schema?format=json").json()["paths"].values()
    )
    assert page.locator(".operation").count() == operations
    page.locator("#listResponses summary").click()
    page.locator("#listResponses").get_by_text("Rows on a page.").wait_for()
    page.get_by_role("heading", name="How to get a key").wait_for()
    assert len(page.content()) < 200_000
    assert answer is not None
    assert "unsafe" not in answer.headers["content-security-policy"]
    page.close()
    assert said == []
    assert all(url.startswith((live_server.url, "data:")) for url in asked)

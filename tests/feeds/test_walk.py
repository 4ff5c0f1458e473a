"""An administrator makes a webhook, tries it and reads the log, in a real browser."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from events.models import Endpoint
from feeds import endpoints, sending
from roster.models import User
from tests.axe import violations
from tests.cast import all_right, hand_in, make_cast
from tests.feeds.conftest import Receiver

pytestmark = pytest.mark.django_db(transaction=True)
PICTURES = os.environ.get("ASSAY_PICTURES")  # a folder, to look at the pages


def test_an_administrator_makes_a_webhook_tries_it_and_reads_the_log(
    receiver: Receiver, chromium: Browser, live_server: LiveServer
) -> None:
    cast = make_cast()
    User.objects.create_superuser("operator", password="a long password")
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page, faults = context.new_page(), []

    def look(name: str) -> None:
        if page.query_selector(".assay"):  # the other pages are Django's own, as the breadcrumbs are
            faults.extend(f"{name}: {fault}" for fault in violations(page) if 'href="/admin/">Home' not in fault)
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            if PICTURES:
                page.screenshot(path=str(Path(PICTURES) / f"{name}-{width}.png"), full_page=True)
        page.set_viewport_size({"width": 1280, "height": 900})

    page.goto(f"{live_server.url}/admin/events/endpoint/add/")
    page.fill("#id_username", "operator")
    page.fill("#id_password", "a long password")
    page.click("input[type=submit]")
    page.select_option("#id_institution", str(cast.alice.institution_id))
    page.fill("#id_name", "Data warehouse")
    page.fill("#id_url", receiver.url)
    for event in ("attempt.submitted", "grade.changed"):
        page.check(f"input[value='{event}']")
    look("add")
    page.click("input[name=_save]")
    expect(page.locator("code[data-copy]")).to_contain_text("whsec_")
    look("secret")
    page.click("text=Send a test")
    page.click("input[value='Send a test']")
    expect(page.locator(".messagelist")).to_contain_text("The test arrived. 204")

    endpoint = Endpoint.objects.get()
    receiver.answers = [(200, "thanks", {}), (503, "no disk space left on this machine", {})]
    hand_in(cast.alice, **all_right())
    sending.drain(endpoint.pk)
    endpoint.refresh_from_db()
    page.reload()
    expect(page.locator("[role=status]")).to_contain_text("In trouble since")
    look("log")
    page.click("input[value='Pause']")
    expect(page.locator("[role=status]")).to_contain_text("Paused by operator")
    endpoints.pause(endpoint, reason=endpoints.GONE)
    page.reload()
    look("paused")
    page.click("text=All deliveries, send again")
    expect(page.locator("#result_list tbody tr")).to_have_count(3)
    look("deliveries")
    page.goto(f"{live_server.url}/admin/events/endpoint/")
    look("endpoints")
    context.close()
    assert faults == []

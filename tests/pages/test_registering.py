"""An administrator registers the tool in a frame of the LMS, in Chromium with third-party cookies blocked."""

import json
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, expect

from lti.connect import invitations
from lti.models import Registration
from roster.models import Institution
from tests.lti.platform import Answer, running
from tests.lti.test_registration import CONFIGURATION, REGISTER, answered, moodle

FRAME = """<!doctype html><title>Manage tools</title><p id="said"></p>
<script>addEventListener("message", (event) => {
  if (event.data.subject === "org.imsglobal.lti.close") document.getElementById("said").textContent = event.origin;
});</script><iframe width="360" height="700" src="%s"></iframe>"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("script", [True, False])
def test_lms_is_connected_in_its_own_frame(chromium: Browser, live_server: Any, settings: Any, script: bool) -> None:
    settings.BASE_URL = live_server.url
    settings.ASSAY_PRIVATE_HOSTS = ["127.0.0.1"]
    school = Institution.objects.create(name="North School", slug="north")
    address = invitations.invite(institution=school, now=timezone.now())
    with running() as platform:
        platform.switch(CONFIGURATION, Answer(body=json.dumps(moodle(platform.url)).encode()))
        platform.switch(REGISTER, answered())
        source = f"{address}&amp;openid_configuration={platform.url}{CONFIGURATION}&amp;registration_token=abc"
        platform.switch("/manage", Answer(body=(FRAME % source).encode(), headers={"Content-Type": "text/html"}))
        context = chromium.new_context(viewport={"width": 400, "height": 800}, java_script_enabled=script)
        page = context.new_page()
        page.goto(f"{platform.url}/manage")
        frame = page.frame_locator("iframe")

        frame.get_by_role("button", name="Connect").click()

        frame.get_by_role("heading", name="Connected").wait_for()
        assert Registration.objects.get().deployments.get().deployment_id == "24"
        if script:
            frame.get_by_role("button", name="Back to the LMS").click()
            page.get_by_text(live_server.url).wait_for()
        else:
            expect(frame.get_by_text("You can leave this page now")).to_be_visible()
            expect(frame.get_by_role("button")).not_to_be_visible()
        context.close()

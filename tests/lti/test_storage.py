"""A browser that keeps no cookie: the platform's page keeps the secret of the login (Platform Storage 0.1)."""

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client

from lti.launch import state
from lti.models import Launch, Registration
from tests.lti.conftest import Browser, register

FRAME = {"Sec-Fetch-Dest": "iframe"}
OURS = {"Origin": "http://testserver", **FRAME}


class Kept:
    """A login in a frame that offered storage: what its page gave the platform to keep, and how it goes on."""

    def __init__(self, browser: Browser, target: str = "_parent") -> None:
        self.browser = browser
        self.page = browser.login(headers=FRAME, lti_storage_target=target).content.decode()
        self.data = {name: unescape(value) for name, value in re.findall(r'data-([a-z]+)="([^"]*)"', self.page)}
        asked = parse_qs(urlsplit(self.data["next"]).query)
        self.state, self.nonce = asked["state"][0], asked["nonce"][0]
        self.token = browser.platform.token(browser.platform.claims(self.nonce))

    def arrive(self, **more: Any) -> HttpResponse:
        """The platform's post, in a browser without our cookie."""
        given = {"id_token": self.token, "state": self.state}
        return Client().post("/lti/launch", given, headers=FRAME, **more)

    def finish(self, headers: dict[str, str] = OURS, **changes: str) -> HttpResponse:
        """The form of our own page, with what the platform gave back."""
        given = {"id_token": self.token, "state": self.state, "storage": self.data["value"], **changes}
        return Client().post("/lti/launch", given, headers=headers)


@pytest.fixture
def kept(browser: Browser) -> Kept:
    return Kept(browser)


def test_frame_learns_whom_to_ask_and_where_to_go_on(kept: Kept) -> None:
    assert kept.data["platform"] == f"{kept.browser.platform.url}/auth"
    assert kept.data["target"] == "_parent"
    assert kept.data["next"].startswith(f"{kept.browser.platform.url}/auth?")
    assert kept.data["otherwise"].startswith("/lti/continue?state=")
    assert len(kept.data["value"]) >= 32


def test_without_script_the_frame_goes_on_with_the_cookie(kept: Kept) -> None:
    found = re.search(r'<noscript><meta http-equiv="refresh" content="0; url=([^"]+)"', kept.page)

    assert found
    assert kept.browser.client.get(unescape(found[1])).status_code == 302


def test_secret_is_not_in_the_state_that_travels(kept: Kept) -> None:
    assert kept.data["value"] not in kept.data["next"]
    assert state.read(kept.state).storage_target == "_parent"


def test_login_at_the_top_asks_no_storage(browser: Browser) -> None:
    assert browser.login(lti_storage_target="_parent", headers={"Sec-Fetch-Dest": "document"}).status_code == 302


def test_launch_with_its_cookie_takes_one_post_though_storage_is_offered(kept: Kept) -> None:
    assert kept.browser.post(kept.token, kept.state).status_code == 303


def test_launch_without_its_cookie_asks_for_the_secret_and_opens_with_it(kept: Kept) -> None:
    page = kept.arrive()
    assert page.status_code == 200
    assert not Launch.objects.exists()
    assert kept.token in page.content.decode()
    assert kept.data["value"] not in page.content.decode()

    assert kept.finish().status_code == 303


def test_page_that_asks_may_say_where_its_form_came_from(kept: Kept) -> None:
    assert kept.arrive()["Referrer-Policy"] == "same-origin"


def test_token_and_state_are_escaped_in_the_page_that_asks(kept: Kept) -> None:
    kept.token = '"><script>alert(1)</script>'

    assert b"<script>alert" not in kept.arrive().content


@pytest.mark.parametrize("secret", ["", "wrong", "é\x00"])
def test_wrong_secret_opens_nothing(kept: Kept, secret: str) -> None:
    response = kept.finish(storage=secret)

    assert response.status_code == 403
    assert b"Open in a new tab" in response.content
    assert not Launch.objects.exists()


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://testserver.evil.example", None])
def test_secret_posted_by_another_site_opens_nothing(kept: Kept, origin: str | None) -> None:
    """Login CSRF: a stranger knows the secret of a launch of their own, and posts all of it from another's browser."""
    headers = {"Origin": origin} if origin else {}

    assert kept.finish(headers=headers | FRAME).status_code == 403
    assert not Launch.objects.exists()


def test_secret_of_another_login_does_not_fit(kept: Kept) -> None:
    other = Kept(kept.browser)

    assert kept.finish(storage=other.data["value"]).status_code == 403
    assert other.data["key"] != kept.data["key"]


def test_secret_counts_only_where_the_login_offered_storage(browser: Browser) -> None:
    begun = browser.started()
    secret = browser.client.cookies[f"assay_{begun.nonce[:8]}"].value
    given = {"id_token": browser.platform.token(browser.platform.claims(begun.nonce)), "state": begun.state}

    response = Client().post("/lti/launch", {**given, "storage": secret}, headers=OURS)

    assert response.status_code == 403


def test_launch_through_storage_opens_once(kept: Kept) -> None:
    kept.finish()

    for again in (kept.arrive(), kept.finish()):
        assert again.status_code == 400
        assert b"already used" in again.content
    assert Launch.objects.count() == 1


def test_state_of_one_registration_does_not_carry_the_token_of_another(kept: Kept) -> None:
    register(kept.browser.platform, client_id="other")
    begun = kept.browser.started(client_id="other")
    kept.token = kept.browser.platform.token(kept.browser.platform.claims(begun.nonce, aud="other"))

    assert kept.finish().status_code == 400
    assert not Launch.objects.exists()


def test_old_state_is_too_old_for_storage_too(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "MAX_AGE", -1)

    assert b"took too long" in kept.arrive().content
    assert b"took too long" in kept.finish().content


def test_registration_switched_off_meanwhile_opens_nothing(kept: Kept) -> None:
    Registration.objects.update(active=False)

    assert kept.finish().status_code == 400
    assert not Launch.objects.exists()


def test_new_tab_starts_the_same_login_again(kept: Kept) -> None:
    kept.browser.client.cookies.clear()
    page = kept.browser.client.get(kept.data["otherwise"]).content.decode()
    again = kept.browser.client.get(unescape(re.findall(r'href="(/lti/login[^"]+)"', page)[0]))

    assert again.status_code == 302
    assert "lti_message_hint=once" in again["Location"]

"""Third-party-initiated login: LTI security framework 1.0 section 5.1.1."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils.html import strip_tags

from lti.launch import state
from lti.models import Launch, Registration
from tests.lti.conftest import Browser, register
from tests.lti.platform import Platform

FRAME = {"Sec-Fetch-Dest": "iframe"}


@pytest.mark.parametrize("method", ["get", "post"])
def test_login_leads_to_the_platform_with_everything_it_needs(browser: Browser, method: str) -> None:
    begun = browser.started(method=method)

    assert begun.query == {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": "tool-client",
        "redirect_uri": "http://testserver/lti/launch",
        "login_hint": "hint",
        "lti_message_hint": "once",
        "nonce": begun.nonce,
        "state": begun.state,
    }
    assert len(begun.nonce) >= 20


def test_login_keeps_a_query_that_the_authorisation_address_has(browser: Browser, registration: Registration) -> None:
    Registration.objects.update(auth_url=f"{browser.platform.url}/auth?tenant=7&state=old#top")

    location = browser.login()["Location"]

    query = parse_qs(urlsplit(location).query)
    assert query["tenant"] == ["7"]
    assert query["state"] != ["old"]
    assert "#" not in location


def test_login_takes_one_query(browser: Browser, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        browser.login()


def test_login_without_client_id_works_where_the_issuer_has_one_registration(browser: Browser) -> None:
    assert browser.started(client_id=None).query["client_id"] == "tool-client"


@pytest.mark.parametrize("named", [None, "unheard-of"])
def test_login_without_client_id_is_refused_where_the_issuer_has_several(browser: Browser, named: str | None) -> None:
    register(browser.platform, client_id="other")

    response = browser.login(client_id=None, lti_deployment_id=named)

    assert response.status_code == 400
    assert b"client_id is missing" in response.content


def test_login_without_client_id_is_known_by_its_deployment(browser: Browser) -> None:
    register(browser.platform, client_id="other")

    assert browser.started(client_id=None).query["client_id"] == browser.platform.client_id


def test_window_that_the_lms_opened_stays_within_its_reach(browser: Browser) -> None:
    """Else the LMS takes its pop-up window for closed, and never hears that it is done."""
    front = browser.launch()["Location"]

    pages = [browser.client.get(address, secure=True) for address in (front, "/lti/register", "/lti/launch")]

    assert {page["Cross-Origin-Opener-Policy"] for page in pages} == {"unsafe-none"}
    assert browser.client.get("/admin/login/", secure=True)["Cross-Origin-Opener-Policy"] == "same-origin"


def test_login_without_message_hint_sends_none(browser: Browser) -> None:
    assert "lti_message_hint" not in browser.started(lti_message_hint=None).query


@pytest.mark.parametrize("missing", ["iss", "login_hint", "target_link_uri"])
def test_login_says_what_is_missing(browser: Browser, missing: str) -> None:
    response = browser.login(**{missing: None})

    assert response.status_code == 400
    assert f"{missing} is missing".encode() in response.content


@pytest.mark.parametrize(
    "changes",
    [{"iss": "https://unknown.example"}, {"client_id": "unknown"}, {"iss": "a\x00b"}, {"login_hint": "\x00"}],
    ids=["issuer", "client", "nul in issuer", "nul in hint"],
)
def test_login_of_an_unknown_platform_is_refused_readably(browser: Browser, changes: dict[str, str]) -> None:
    response = browser.login(**changes)

    assert response.status_code == 400
    assert b"Reference" in response.content


def test_login_of_an_inactive_registration_is_refused(browser: Browser) -> None:
    Registration.objects.update(active=False)

    assert browser.login().status_code == 400


def test_login_never_leads_to_a_foreign_target(browser: Browser) -> None:
    response = browser.login(target_link_uri="https://evil.example/steal")

    assert response["Location"].startswith(f"{browser.platform.url}/auth?")


def test_cookie_lives_in_frames_and_is_out_of_reach_of_scripts(browser: Browser) -> None:
    browser.login(headers=FRAME)

    attributes = _attributes(browser)
    assert {"httponly", "secure", "samesite=none", "partitioned", "path=/lti/", "max-age=600"} <= attributes


def test_cookie_of_a_login_at_the_top_is_not_partitioned_since_webkit_loses_those_on_redirects(
    browser: Browser,
) -> None:
    begun = browser.started()
    assert "partitioned" not in _attributes(browser)
    browser.post(browser.platform.token(browser.platform.claims(begun.nonce)), begun.state)

    assert "partitioned" not in _attributes(browser)


def _attributes(browser: Browser) -> set[str]:
    name = next(name for name in browser.client.cookies if name.startswith("assay_") and not name.endswith("_http"))
    return {part.strip().lower() for part in browser.client.cookies[name].OutputString().split(";")[1:]}


@pytest.mark.parametrize("https", [True, False])
def test_only_plain_http_gets_a_second_cookie(browser: Browser, settings: Any, https: bool) -> None:
    settings.HTTPS = https

    begun = browser.started()

    assert (f"assay_{begun.nonce[:8]}_http" in browser.client.cookies) is not https


def test_login_in_a_frame_asks_for_the_cookie_before_it_uses_up_the_hint(browser: Browser) -> None:
    page = browser.login(headers=FRAME)
    assert page.status_code == 200
    assert b"<script" not in page.content.split(b"<main")[1]

    response = browser.client.get(_refresh(page.content))

    assert response.status_code == 302
    assert response["Location"].startswith(f"{browser.platform.url}/auth?")
    assert "lti_message_hint=once" in response["Location"]


def test_login_in_a_frame_without_cookies_offers_a_new_tab(browser: Browser) -> None:
    page = browser.login(headers=FRAME)
    browser.client.cookies.clear()

    response = browser.client.get(_go_on(page.content))

    assert response.status_code == 200
    assert b'target="_blank"' in response.content
    assert "Open in a new tab" in strip_tags(response.content.decode())
    again = browser.client.get(_new_tab(response.content))
    assert again.status_code == 302
    query = parse_qs(urlsplit(again["Location"]).query)
    assert query["login_hint"] == ["hint"]
    assert query["lti_message_hint"] == ["once"]


def test_tab_of_its_own_without_cookies_reads_of_them_and_is_not_sent_to_another_tab(browser: Browser) -> None:
    in_tab = {"Sec-Fetch-Dest": "document"}
    begun = browser.started()
    browser.client.cookies.clear()
    token = browser.platform.token(browser.platform.claims(begun.nonce))

    page = browser.client.post("/lti/launch", {"id_token": token, "state": begun.state}, headers=in_tab)

    assert page.status_code == 403
    words = strip_tags(page.content.decode())
    assert "Your browser blocks cookies here" in words
    assert "Allow cookies for testserver" in words
    assert "Open in a new tab" not in words


def test_reload_after_the_launch_says_so_and_leads_back_without_showing_the_launch(browser: Browser) -> None:
    begun = browser.started()
    token = browser.platform.token(browser.platform.claims(begun.nonce))
    address = browser.post(token, begun.state)["Location"]

    again = browser.post(token, begun.state)

    assert again.status_code == 400
    page = again.content.decode()
    assert "already used" in page
    assert f'href="{browser.platform.url}/course?lti_errormsg=This+launch+was+already+used' in page
    assert address not in page
    assert Launch.objects.count() == 1


def _refresh(page: bytes) -> str:
    found = re.search(r'<meta http-equiv="refresh" content="0; url=([^"]+)"', page.decode())
    assert found
    return found[1].replace("&amp;", "&")


def _go_on(page: bytes) -> str:
    found = re.search(r'<a href="(/lti/continue[^"]+)"', page.decode())
    assert found
    return found[1].replace("&amp;", "&")


def _new_tab(page: bytes) -> str:
    found = re.search(r'href="(/lti/login[^"]+)"', page.decode())
    assert found
    return found[1].replace("&amp;", "&")


def test_pages_may_be_framed_and_are_not_kept(browser: Browser) -> None:
    page = browser.login(headers=FRAME)

    assert "X-Frame-Options" not in page.headers
    assert "frame-ancestors" not in page["Content-Security-Policy"]
    assert "no-store" in page["Cache-Control"]


def test_launch_in_another_browser_opens_nothing(browser: Browser) -> None:
    begun = browser.started()
    token = browser.platform.token(browser.platform.claims(begun.nonce))

    response = Client().post("/lti/launch", {"id_token": token, "state": begun.state})

    assert response.status_code == 403
    assert b"Open in a new tab" in response.content
    assert not Launch.objects.exists()


def test_state_of_another_login_in_this_browser_does_not_fit(browser: Browser) -> None:
    first, second = browser.started(), browser.started()

    response = browser.post(browser.platform.token(browser.platform.claims(first.nonce)), second.state)

    assert response.status_code == 400
    assert not Launch.objects.exists()


def test_two_logins_at_once_both_open(browser: Browser) -> None:
    first, second = browser.started(), browser.started()
    for begun in (second, first):
        token = browser.platform.token(browser.platform.claims(begun.nonce))
        assert browser.post(token, begun.state).status_code == 303

    assert Launch.objects.count() == 2


@pytest.mark.parametrize("forged", ["", "nonsense", "a:b:c", "é:\x00:ü"])
def test_forged_state_is_refused(browser: Browser, forged: str) -> None:
    begun = browser.started()

    response = browser.post(browser.platform.token(browser.platform.claims(begun.nonce)), forged)

    assert response.status_code == 400
    assert browser.client.get("/lti/continue", {"state": forged}).status_code == 400


def test_state_expires_after_ten_minutes(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = browser.started()
    monkeypatch.setattr(state, "MAX_AGE", -1)

    response = browser.post(browser.platform.token(browser.platform.claims(begun.nonce)), begun.state)

    assert response.status_code == 400
    assert b"took too long" in response.content


def test_cookie_is_gone_after_the_launch(browser: Browser) -> None:
    begun = browser.started()
    given = {"id_token": browser.platform.token(browser.platform.claims(begun.nonce)), "state": begun.state}
    browser.client.post("/lti/launch", given, headers=FRAME)

    assert browser.client.cookies[f"assay_{begun.nonce[:8]}"].value == ""
    assert "partitioned" in _attributes(browser)


def test_other_methods_get_a_page(browser: Browser) -> None:
    assert browser.client.put("/lti/login").status_code == 405
    assert browser.client.get("/lti/launch").status_code == 405


def test_jwks_is_public_and_holds_no_secret(client: Client, db: None) -> None:
    response = client.get("/lti/jwks")

    (key,) = response.json()["keys"]
    assert {"kid", "n", "e", "kty", "alg", "use"} == set(key)
    assert (key["alg"], key["use"], key["kty"]) == ("RS256", "sig", "RSA")
    assert "max-age" in response["Cache-Control"]
    assert client.get("/lti/jwks").json() == response.json()


def test_jwks_takes_one_query(client: Client, db: None, django_assert_num_queries: Any) -> None:
    client.get("/lti/jwks")

    with django_assert_num_queries(1):
        client.get("/lti/jwks")


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        ("login_required", 403, "not signed in to your LMS"),
        ("interaction_required", 403, "not signed in to your LMS"),
        ("launch_no_longer_valid", 400, "no longer valid"),
        ("access_denied", 403, "Ask your teacher"),
        ("unauthorized_client", 403, "does not accept this tool"),
        ("temporarily_unavailable", 503, "Wait a minute"),
        ("invalid_request_object", 400, "Tell the people who look after your LMS"),
        ("something_else", 400, "Tell the people who look after your LMS"),
    ],
)
def test_platform_error_is_explained(browser: Browser, method: str, error: str, status: int, words: str) -> None:
    given = {"error": error, "error_description": "No session <b>", "state": browser.started().state}

    response = getattr(browser.client, method)("/lti/launch", given)

    assert response.status_code == status
    page = response.content.decode()
    assert words in page
    assert "No session &lt;b&gt;" in page
    assert re.search(r"Reference <code>[0-9A-F]{8}</code>", page)


def test_frame_without_a_session_at_the_lms_may_try_a_new_tab(browser: Browser) -> None:
    given = {"error": "login_required", "state": browser.started().state}

    framed = browser.client.post("/lti/launch", given, headers=FRAME).content
    at_the_top = browser.client.post("/lti/launch", given).content

    assert b"Try in a new tab" not in at_the_top
    assert browser.client.get(_new_tab(framed)).status_code == 302


@pytest.mark.parametrize("error", ["launch_no_longer_valid", "unheard_of", "<script>", "\x00"])
def test_platform_error_without_our_state_shows_no_foreign_words(browser: Browser, error: str) -> None:
    response = browser.client.post("/lti/launch", {"error": error, "error_description": "Send money"})

    assert response.status_code == 400
    assert b"Send money" not in response.content
    assert b"<script>" not in response.content


def test_login_reads_no_unknown_platform_from_the_network(browser: Browser, platform: Platform) -> None:
    browser.login()

    assert platform.seen == []

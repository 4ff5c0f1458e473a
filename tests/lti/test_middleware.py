"""Pages inside a launch: `/s/<key>/...`."""

import sys
from collections.abc import Iterator
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import get_script_prefix, path, reverse
from django.utils import timezone

from lti.models import Deployment, Launch, Registration
from tests.lti.conftest import Browser


def plain(request: HttpRequest, tail: str) -> HttpResponse:
    """A page that needs no more of its viewer than ids."""
    return HttpResponse(f"{tail} for {request.viewer.person_id}")  # type: ignore[attr-defined]


def echo(request: HttpRequest, tail: str = "") -> HttpResponse:
    viewer: Launch = request.viewer  # type: ignore[attr-defined]
    return HttpResponse(f"{viewer.person.display_name}|{reverse('home')}|{request.path}|{viewer.institution.slug}")


@pytest.fixture(autouse=True)
def _pages(settings: Any) -> Iterator[None]:
    """Pages of our own stand in for those of the room above."""
    module = ModuleType("pages_inside_a_launch")
    module.urlpatterns = [path("", echo, name="home"), path("deep/<str:tail>/", plain)]  # type: ignore[attr-defined]
    sys.modules[module.__name__] = module
    settings.LAUNCH_URLCONF = module.__name__
    yield
    del sys.modules[module.__name__]


@pytest.fixture
def address(browser: Browser) -> str:
    return browser.launch()["Location"]


def test_page_knows_its_viewer_and_keeps_its_links_inside(browser: Browser, address: str) -> None:
    response = Client().get(address)

    assert response.content.decode() == f"Ada Lovelace|{address}|{address}|school"
    assert get_script_prefix() == "/"


def test_it_takes_one_query(address: str, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        Client().get(f"{address}deep/er/")


def test_address_without_its_last_slash_works(address: str) -> None:
    assert Client().get(address.rstrip("/")).status_code == 200


def test_posting_needs_no_cookie_and_no_token(address: str) -> None:
    assert Client(enforce_csrf_checks=True).post(address).status_code == 200


def test_headers_keep_the_key_from_others(address: str) -> None:
    response = Client().get(address)

    assert response["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response["Cache-Control"]
    assert "X-Frame-Options" not in response.headers
    assert "frame-ancestors" not in response["Content-Security-Policy"]
    assert "script-src 'self'" in response["Content-Security-Policy"]
    assert not response.cookies


def test_two_launches_in_one_browser_stay_apart(browser: Browser) -> None:
    ada = browser.launch()["Location"]
    bob = browser.launch(sub="bob", name="Bob")["Location"]

    assert b"Ada Lovelace|" in browser.client.get(ada).content
    assert b"Bob|" in browser.client.get(bob).content
    assert b"Ada Lovelace|" in browser.client.get(ada).content


@pytest.mark.parametrize("key", ["x", "unknown-key-of-some-length", "", "a b", "é", "x" * 500, "a/../b"])
def test_unknown_key_says_start_again(db: None, client: Client, key: str) -> None:
    response = client.get(f"/s/{key}/")

    assert response.status_code == 404
    assert b"Start again from your course" in response.content
    assert "no-store" in response["Cache-Control"]
    assert "frame-ancestors" not in response.get("Content-Security-Policy", "")


def test_expired_launch_says_start_again_and_leads_back(browser: Browser, address: str) -> None:
    Launch.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    response = Client().get(address)

    assert response.status_code == 410
    assert b"Everything you saved or submitted is kept" in response.content
    assert f'href="{browser.platform.url}/course?lti_msg=' in response.content.decode()


@pytest.mark.parametrize("model", [Deployment, Registration])
def test_launch_ends_with_its_deployment(address: str, model: Any) -> None:
    model.objects.update(active=False)

    assert Client().get(address).status_code == 410


def test_elsewhere_nobody_is_the_viewer_and_nothing_is_asked(
    db: None, client: Client, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        response = client.get("/healthz")

    assert response.wsgi_request.viewer is None
    assert response["X-Frame-Options"] == "DENY"


def test_page_that_is_not_there_stays_inside(address: str) -> None:
    assert Client().get(f"{address}nowhere/").status_code == 404
    assert get_script_prefix() == "/"

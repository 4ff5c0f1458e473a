"""The way back to the course, and the page of an error of ours."""

import logging
import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from assessment.views import front
from lti.launch import login, returning
from lti.models import Launch
from tests.cast import Cast
from tests.pages.conftest import Visit

COURSE = "https://lms.example/course?id=7#part-2"


def back(page: str) -> str:
    """Where "Back to the course" leads, or nothing."""
    found = re.search(r'<a class="quiet" href="([^"]+)"[^>]*>Back to the course', page)
    return unescape(found[1]) if found else ""


@pytest.mark.parametrize("name", ["alice", "tess"])
def test_launch_in_its_own_window_has_a_way_back_with_a_word_for_the_lms(cast: Cast, name: str) -> None:
    launch: Launch = getattr(cast, name)
    Launch.objects.filter(pk=launch.pk).update(return_url=COURSE, document_target="window")

    address = back(Visit(launch).get().content.decode())

    parts = urlsplit(address)
    assert (parts.scheme, parts.netloc, parts.path, parts.fragment) == ("https", "lms.example", "/course", "part-2")
    query = parse_qs(parts.query)
    assert query["id"] == ["7"]
    assert query["lti_msg"][0].startswith("You are back in your course.")


@pytest.mark.parametrize(("target", "url"), [("iframe", COURSE), ("", COURSE), ("window", "")])
def test_no_way_back_in_a_frame_or_to_nowhere(cast: Cast, target: str, url: str) -> None:
    Launch.objects.filter(pk=cast.alice.pk).update(return_url=url, document_target=target)

    assert back(Visit(cast.alice).get().content.decode()) == ""


def test_message_to_the_lms_is_short_and_cannot_break_out_of_its_parameter() -> None:
    address = returning.address("https://lms.example/back", lti_errormsg="a&b=<c> " + "x" * 999)

    (message,) = parse_qs(urlsplit(address).query)["lti_errormsg"]
    assert message.startswith("a&b=<c> ")
    assert len(message) == returning.LONGEST_MESSAGE


def test_error_of_ours_has_the_same_reference_on_the_page_and_in_the_log(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(front, "FRONTS", {})
    visit = Visit(cast.alice, Client(raise_request_exception=False))

    with caplog.at_level(logging.ERROR):
        response = visit.get()

    found = re.search(r"Reference <code>([0-9A-F]{8})</code>", response.content.decode())
    assert response.status_code == 500
    assert found
    assert found[1] in caplog.text
    assert f'href="{visit.base}/"' in response.content.decode()
    assert "Sign in" not in response.content.decode()


def test_error_of_ours_at_a_launch_can_be_read_in_the_frame(
    db: None, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(login, "parameters")
    client.raise_request_exception = False

    response = client.post("/lti/login")

    assert response.status_code == 500
    assert b"Reference <code>" in response.content
    assert "X-Frame-Options" not in response.headers
    assert "frame-ancestors" not in response["Content-Security-Policy"]

"""Data Privacy launches: oneself, or whom an administrator asks about."""

from typing import Any

import pytest
from django.test import Client

from assessment.models import Erasure
from lti.models import Launch
from roster.models import Person
from tests.lti.conftest import Browser
from tests.lti.platform import MEMBERSHIP

ADMINISTRATOR = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"


def _open(browser: Browser, message_type: str = "DataPrivacyLaunchRequest", **changes: Any) -> Any:
    return browser.launch(message_type=message_type, resource_link=None, context=None, **changes)


@pytest.mark.parametrize("message_type", ["DataPrivacyLaunchRequest", "LtiDataPrivacyLaunchRequest"])
@pytest.mark.parametrize("for_user", [None, {"user_id": "user-1"}, {"id": "user-1"}])
def test_person_sees_takes_along_and_erases(
    browser: Browser,
    message_type: str,
    for_user: Any,
) -> None:
    other = browser.launch()["Location"]
    front = _open(browser, message_type, for_user=for_user)["Location"]
    page = browser.client.get(front).content.decode()
    assert "What is kept about you" in page
    assert "ada@example.test" in page
    exported = browser.client.get(f"{front}privacy/export")
    assert "attachment" in exported["Content-Disposition"]
    assert exported.json()["person"]["name"] == "Ada Lovelace"

    asked = browser.client.post(f"{front}privacy/erase")
    assert b"Erase everything?" in asked.content
    assert not Erasure.objects.exists()
    done = browser.client.post(f"{front}privacy/erase", {"sure": "yes"})

    assert Erasure.objects.get().reference in done.content.decode()
    assert browser.client.get(front).status_code == browser.client.get(other).status_code == 410
    assert not Person.objects.exclude(name="", email="").exists()


def test_administrator_erases_someone_and_goes_on(browser: Browser) -> None:
    browser.launch()
    ada = Launch.objects.get().person
    someone = {"sub": "admin", "name": "Root", "roles": [ADMINISTRATOR], "for_user": {"user_id": "user-1"}}
    front = _open(browser, **someone)["Location"]
    assert b"Ada Lovelace" in browser.client.get(front).content

    browser.client.post(f"{front}privacy/erase", {"sure": "yes"})

    ada.refresh_from_db()
    assert ada.name == ""
    done = Erasure.objects.get()
    assert done.by is not None
    assert done.by.name == "Root"
    assert b"Nothing is kept about this person" in browser.client.get(front).content
    assert browser.client.get(f"{front}privacy/export").status_code == 403


@pytest.mark.parametrize("role", [MEMBERSHIP + "#Learner", MEMBERSHIP + "#Instructor"])
def test_only_administrators_may_ask_about_someone_else(browser: Browser, role: str) -> None:
    browser.launch()

    refused = _open(browser, sub="user-2", roles=[role], for_user={"user_id": "user-1"})

    assert refused.status_code == 403
    assert b"Ada" not in refused.content


@pytest.mark.parametrize("for_user", ["user-1", {}, {"user_id": 7}, {"user_id": ""}, [1]])
def test_message_about_nobody_is_refused(browser: Browser, for_user: Any) -> None:
    assert _open(browser, for_user=for_user).status_code == 400


def test_privacy_pages_open_from_no_other_launch(browser: Browser) -> None:
    front = browser.launch()["Location"]

    assert browser.client.get(f"{front}privacy/export").status_code == 403
    assert Client().post(f"{front}privacy/erase", {"sure": "yes"}).status_code == 403
    assert not Erasure.objects.exists()

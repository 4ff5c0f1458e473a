"""Launches without a user, and a platform's Student View: they work, and count nowhere."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from assessment import marking
from assessment.models import Attempt, Grade, StatisticsDelta
from lti.launch import launch
from lti.models import Launch, PlatformUser, Score
from roster.models import Enrollment, Person, Role
from tests.cast import published_quiz
from tests.lti.conftest import Browser
from tests.lti.platform import MEMBERSHIP

PERSONAL = ("name", "given_name", "family_name", "email")
NOBODY: dict[str, Any] = dict.fromkeys(("sub", *PERSONAL))
TEST_USERS = [
    "http://purl.imsglobal.org/vocab/lti/system/person#TestUser",
    "http://purl.imsglobal.org/vocab/lis/v2/system/person#TestUser",
]


def _takes_the_check(browser: Browser, front: str) -> Attempt:
    """Start and submit at once, as a browser would."""
    begun = browser.client.post(f"{front}check/")
    assert begun.status_code == 303, begun.content
    attempt = Attempt.objects.get()
    browser.client.post(f"{front}attempts/{attempt.pk}/submit", {"sure": "yes"})
    return marking.mark_attempt(attempt.pk, timezone.now())


def _counts_nowhere(attempt: Attempt) -> bool:
    left = [Grade, Score, StatisticsDelta, Enrollment]
    return attempt.preview and not any(model.objects.exists() for model in left)  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", [["LtiResourceLinkRequest"], {"a": 1}, 7, None])
def test_anonymous_launch_of_an_odd_type_is_refused_in_words(browser: Browser, kind: Any) -> None:
    assert browser.launch(**NOBODY, message_type=kind).status_code == 400


@pytest.mark.parametrize("role", ["Learner", "Instructor"])
def test_anonymous_launch_opens_with_least_rights(browser: Browser, role: str) -> None:
    response = browser.launch(**NOBODY, roles=[f"{MEMBERSHIP}#{role}"])

    opened = Launch.objects.get()
    assert response.status_code == 303
    assert (opened.role, opened.platform_user) == (Role.OTHER, None)
    assert not PlatformUser.objects.exists()


def test_guests_of_moodle_are_different_people_though_it_names_one(browser: Browser) -> None:
    quiz = published_quiz("one")
    guest = {"sub": "1", "ext": {"user_username": "guest", "lms": "moodle-2"}}
    first = browser.launch(**guest)["Location"]
    assert _counts_nowhere(_takes_the_check(browser, first))

    second = browser.client.get(browser.launch(**guest)["Location"])

    assert b"Start the check" in second.content, quiz
    assert Person.objects.count() == 2
    assert not PlatformUser.objects.exists()


@pytest.mark.parametrize("ext", [{"user_username": "guest"}, {"user_username": "gus", "lms": "moodle-2"}, [], None])
def test_user_who_only_resembles_moodles_guest_is_a_user(browser: Browser, ext: Any) -> None:
    browser.launch(ext=ext)

    assert PlatformUser.objects.get().sub == "user-1"


def test_guest_takes_the_check_and_is_never_scored(browser: Browser) -> None:
    published_quiz("one")
    front = browser.launch(**NOBODY)["Location"]

    page = browser.client.get(front).content
    assert b"Start the check" in page
    assert b"You are not signed in." in page
    assert b"Preview" not in page
    attempt = _takes_the_check(browser, front)

    assert browser.client.get(f"{front}attempts/{attempt.pk}/result").status_code == 200
    assert _counts_nowhere(attempt)


def test_two_guests_are_two_people(browser: Browser) -> None:
    browser.launch(**NOBODY)
    browser.launch(**NOBODY)

    assert Person.objects.count() == 2


@pytest.mark.parametrize("claim", [*PERSONAL, "middle_name", "picture"])
def test_launch_that_tells_of_a_person_must_name_the_user(browser: Browser, claim: str) -> None:
    begun = browser.started()
    claims = browser.platform.claims(begun.nonce, **NOBODY)

    response = browser.post(browser.platform.token({**claims, claim: "Ada"}), begun.state)

    assert response.status_code == 400
    assert not Launch.objects.exists()


@pytest.mark.parametrize("sub", ["", 7, [], "x" * 256])
def test_user_that_is_no_identifier_is_refused_even_alone(browser: Browser, sub: Any) -> None:
    assert browser.launch(**{**NOBODY, "sub": sub}).status_code == 400


def test_guest_that_left_nothing_goes_with_the_launch(browser: Browser) -> None:
    published_quiz("one")
    _takes_the_check(browser, browser.launch(**NOBODY)["Location"])
    browser.launch(**NOBODY)
    browser.launch()
    tried, named = Attempt.objects.get().person, PlatformUser.objects.get().person

    launch.prune(now=timezone.now() + timedelta(days=3))

    assert not Launch.objects.exists()
    assert set(Person.objects.all()) == {tried, named}


@pytest.mark.parametrize("marker", TEST_USERS)
def test_student_view_takes_the_check_and_counts_nowhere(browser: Browser, marker: str) -> None:
    published_quiz("one")
    front = browser.launch(sub="test-student", roles=[MEMBERSHIP + "#Learner", marker])["Location"]

    attempt = _takes_the_check(browser, front)

    assert Launch.objects.get().test_user
    assert _counts_nowhere(attempt)
    teacher = browser.launch(sub="teacher", name="Tess", roles=[MEMBERSHIP + "#Instructor"])["Location"]
    assert b"Ada Lovelace" not in browser.client.get(teacher).content

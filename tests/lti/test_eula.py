"""LtiEulaRequest: the terms are read, accepted, kept, and the platform is told until it knows."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from lti import eula, tasks
from lti.models import EulaAcceptance, Launch, ReportState, Terms
from roster.models import Institution, User
from tests.lti.conftest import Browser
from tests.lti.platform import Answer, Platform

SCOPES = [
    "https://purl.imsglobal.org/spec/lti/scope/eula/user",
    "https://purl.imsglobal.org/spec/lti/scope/eula/deployment",
]
PATH = "/eulas/132/user"


def _open(browser: Browser, **changes: Any) -> str:
    service = {"url": f"{browser.platform.url}/eulas/132", "scope": SCOPES}
    given = {"message_type": "LtiEulaRequest", "resource_link": None, "eulaservice": service, **changes}
    response = browser.launch(**given)
    assert response.status_code == 303, response.content
    return response["Location"]


def _accept(browser: Browser, front: str) -> EulaAcceptance:
    version = eula.current(Launch.objects.latest("created_at").institution_id, now=timezone.now()).version
    assert b"You accepted" in browser.client.post(front, {"version": version}).content
    return EulaAcceptance.objects.latest("accepted_at")


def _report(made: EulaAcceptance, after: timedelta = timedelta(seconds=1)) -> EulaAcceptance:
    eula.report(acceptance_id=made.pk, now=timezone.now() + after)
    made.refresh_from_db()
    return made


def test_acceptance_is_kept_and_told_as_canvas_has_it(browser: Browser, platform: Platform) -> None:
    platform.switch(PATH, Answer(201))
    front = _open(browser)
    page = browser.client.get(front).content.decode()
    assert "Terms of use" in page
    assert "what is kept about you" in page

    made = _accept(browser, front)
    assert (made.state, made.person.name) == (ReportState.DUE, "Ada Lovelace")
    assert _report(made).state == ReportState.REPORTED

    (told,) = platform.asked(PATH, "POST")
    assert told.headers["content-type"] == "application/json"
    assert told.headers["authorization"] == f"Bearer {platform.tokens[-1]}"
    assert told.json == {"userId": "user-1", "accepted": True, "timestamp": made.accepted_at.isoformat()}
    assert b"scope%2Feula%2Fuser" in platform.asked("/token")[0].body


def test_nothing_is_sent_within_the_request(browser: Browser, platform: Platform) -> None:
    _accept(browser, _open(browser))

    assert not platform.asked(PATH)


def test_institutions_own_terms_come_before_the_services(browser: Browser, school: Institution) -> None:
    now = timezone.now()
    Terms.objects.create(version="2", text="For everyone", published_at=now)
    assert b"For everyone" in browser.client.get(_open(browser)).content
    Terms.objects.create(institution=school, version="7", text="<b>Ours</b>", published_at=now - timedelta(days=1))
    Terms.objects.create(institution=school, version="8", text="Not yet", published_at=now + timedelta(days=1))

    page = browser.client.get(_open(browser)).content

    assert b"&lt;b&gt;Ours&lt;/b&gt;" in page
    assert b"For everyone" not in page
    assert b"Not yet" not in page


def test_terms_that_changed_while_being_read_are_shown_before_they_can_be_accepted(browser: Browser) -> None:
    front = _open(browser)
    Terms.objects.create(version="2", text="New ones", published_at=timezone.now())

    answer = browser.client.post(front, {"version": "built-in 1"})

    assert b"The terms changed" in answer.content
    assert b"New ones" in answer.content
    assert not EulaAcceptance.objects.exists()


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_report_is_tried_again_later_until_the_platform_has_it(
    browser: Browser, platform: Platform, status: int
) -> None:
    platform.switch(PATH, *[Answer(status)] * 2, Answer(201))
    made = _accept(browser, _open(browser))

    assert _report(made).state == ReportState.DUE
    tries = made.tries
    assert _report(made).tries == tries  # not before its time
    for minutes in (5, 30):
        _report(made, timedelta(minutes=minutes))

    assert made.state == ReportState.REPORTED


@pytest.mark.parametrize("status", [400, 404, 422])
def test_refused_report_is_kept_with_the_platforms_words(browser: Browser, platform: Platform, status: int) -> None:
    platform.switch(PATH, Answer(status, b"no such tool"))

    made = _report(_accept(browser, _open(browser)))

    assert (made.state, made.last_status, made.last_answer) == (ReportState.REFUSED, status, "no such tool")


def test_report_that_died_is_taken_up_by_the_sweep(
    browser: Browser, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.switch(PATH, Answer(201))
    made = _accept(browser, _open(browser))
    monkeypatch.setattr(tasks.report_acceptance, "delay", tasks.report_acceptance)

    tasks.sweep()

    made.refresh_from_db()
    assert made.state == ReportState.REPORTED


@pytest.mark.parametrize(
    "service", [None, {}, {"url": "javascript:x", "scope": SCOPES}, {"url": "http://127.0.0.1:1/x"}]
)
def test_acceptance_is_kept_where_the_platform_asks_for_no_word(browser: Browser, service: Any) -> None:
    made = _accept(browser, _open(browser, eulaservice=service))

    assert made.state == ReportState.NOT_ASKED


def test_accepting_twice_is_one_acceptance_and_the_platform_is_told_again(browser: Browser, platform: Platform) -> None:
    platform.switch(PATH, Answer(201))
    first = _report(_accept(browser, _open(browser)))

    again = _report(_accept(browser, _open(browser)))

    assert again.pk == first.pk
    assert again.accepted_at == first.accepted_at
    assert len(platform.asked(PATH, "POST")) == 2


def test_staff_of_a_school_write_terms_for_that_school_only(school: Institution) -> None:
    user = User.objects.create_user("staff", is_staff=True, institution=school)
    user.user_permissions.set(Permission.objects.all())
    client = Client()
    client.force_login(user)
    given = {"version": "1", "text": "Mine", "published_at_0": "2026-01-01", "published_at_1": "00:00:00"}

    client.post("/admin/lti/terms/add/", {**given, "institution": ""})
    assert not Terms.objects.exists()
    client.post("/admin/lti/terms/add/", {**given, "institution": str(school.pk)})

    made = Terms.objects.get()
    assert made.institution == school
    assert client.post(f"/admin/lti/terms/{made.pk}/change/", {**given, "text": "Other"}).status_code == 403

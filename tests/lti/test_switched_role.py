"""A teacher who tries the check as a student by the LMS's own switch ("Switch role to" in Moodle) is no learner.

The launches, the list of people, the scores and the pages are real; the LMS is what the platform says it is.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from assessment.models import Attempt, Grade, StatisticsDelta
from assessment.statistics import folding, report
from lti.gradebook import scores, sending
from lti.models import Context, Deployment, Family, Launch, Registration, Score, ScoreState
from lti.people import roster_reading
from roster.models import Enrollment
from tests.cast import all_right, begin, hand_in, published_quiz
from tests.lti.conftest import Browser
from tests.lti.desk import SCORES
from tests.lti.platform import MEMBERSHIP, Answer
from tests.lti.test_rosters import member, page

LEARNER, TEACHER = MEMBERSHIP + "#Learner", MEMBERSHIP + "#Instructor"
REFUSALS = {
    Family.MOODLE: Answer(400, b"[]", reason="Incorrect score received"),
    Family.CANVAS: Answer(422, b"User not found in course or is not a student"),
}
families = pytest.mark.parametrize("family", REFUSALS)


class School:
    """Launches of people by the LMS's word on what they are, and what the class page then says."""

    def __init__(self, browser: Browser, deployment: Deployment) -> None:
        self.browser, self.registration = browser, deployment.registration
        published_quiz("one")

    def launch(self, sub: str, role: str) -> Launch:
        answer = self.browser.launch(sub=sub, name=sub.title(), given_name="", family_name="", roles=[role])
        assert answer.status_code == 303, answer.content
        self.page = answer["Location"]
        return Launch.objects.order_by("-created_at", "-pk")[0]

    def take(self, sub: str) -> Attempt:
        """Launched as a learner: the whole check, and its score sent."""
        attempt = hand_in(self.launch(sub, LEARNER), timezone.now(), **all_right(q8=""))
        sending.drain(self.registration.pk)
        return attempt

    def read(self, *people: tuple[str, str]) -> None:
        """The LMS's list names these."""
        self.browser.platform.switch("/members", page(*[member(sub, role) for sub, role in people]))
        Context.objects.update(roster_next_at=timezone.now(), memberships_url=f"{self.browser.platform.url}/members")
        moment = timezone.now() + timedelta(hours=1)
        roster_reading.read(Context.objects.get().pk, clock=lambda: moment)

    def class_page(self, sub: str = "tess") -> str:
        self.launch(sub, TEACHER)
        return self.browser.client.get(self.page).content.decode()


@pytest.fixture
def school(browser: Browser, deployment: Deployment) -> Callable[[Family], School]:
    def of(family: Family) -> School:
        Registration.objects.update(family=family)
        browser.platform.switch(SCORES, REFUSALS[family])
        return School(browser, deployment)

    return of


def is_set_aside(html: str, name: str) -> bool:
    """Neither a row of the class nor anything of it elsewhere."""
    return name not in html and not Grade.objects.exists() and not Score.objects.exists()


@families
@pytest.mark.parametrize("before", [True, False], ids=["teacher before", "switched at first"])
@pytest.mark.parametrize("back_by", ["launch", "list"])
def test_what_a_teacher_did_in_a_switched_role_becomes_a_preview(
    school: Callable[[Family], School], family: Family, before: bool, back_by: str
) -> None:
    here = school(family)
    if before:
        here.class_page("theo")
    attempt = here.take("theo")
    assert Score.objects.get().state == ScoreState.REFUSED

    if back_by == "launch":
        assert is_set_aside(here.class_page("theo"), "Theo")
    else:
        here.read(("theo", TEACHER), ("tess", TEACHER))
        assert is_set_aside(here.class_page(), "Theo")
    attempt.refresh_from_db()
    assert attempt.preview
    assert attempt.responses.count() == 10
    assert scores.sweep(now=timezone.now() + timedelta(days=1)) == [], "nothing is left to be sent"


@families
def test_statistics_forget_what_a_teacher_did_in_a_switched_role(
    school: Callable[[Family], School], family: Family
) -> None:
    here = school(family)
    assignment = here.take("theo").assignment
    assert assignment
    folding.fold(assignment_id=assignment.pk, now=timezone.now())
    here.class_page("theo")

    folding.fold(assignment_id=assignment.pk, now=timezone.now())
    numbers = report.report(scope=assignment, now=timezone.now(), small=True)
    assert numbers["n"] == 0
    assert not StatisticsDelta.objects.exists()


@families
def test_what_a_teacher_left_open_in_a_switched_role_is_set_aside_beside_their_own_previews(
    school: Callable[[Family], School], family: Family
) -> None:
    here = school(family)
    previews = [hand_in(here.launch("theo", TEACHER), timezone.now(), **all_right(q8="")), None]
    previews[1] = begin(here.launch("theo", TEACHER), timezone.now())
    open_as_learner = begin(here.launch("theo", LEARNER), timezone.now())

    assert is_set_aside(here.class_page("theo"), "Theo")

    found = Attempt.objects.order_by("number")
    assert [attempt.pk for attempt in found] == [previews[0].pk, open_as_learner.pk]
    assert all(attempt.preview for attempt in found)
    again = here.take("theo")
    assert (again.preview, again.number) == (False, 1)
    assert is_set_aside(here.class_page("theo"), "Theo")


@families
def test_learner_who_is_promoted_keeps_what_the_lms_took(school: Callable[[Family], School], family: Family) -> None:
    here = school(family)
    here.browser.platform.switch(SCORES, Answer())
    attempt = here.take("pia")
    begin(here.launch("pia", LEARNER), timezone.now())

    html = here.class_page("pia")

    attempt.refresh_from_db()
    assert not attempt.preview
    assert "Pia" in html
    assert Score.objects.get().state == ScoreState.SYNCED
    assert Grade.objects.count() == 1


@families
def test_learner_who_is_promoted_keeps_an_attempt_that_was_not_refused(
    school: Callable[[Family], School], family: Family
) -> None:
    """The LMS cannot be reached just then."""
    here = school(family)
    here.browser.platform.switch(SCORES, Answer(503))
    attempt = here.take("pia")
    here.class_page("pia")

    attempt.refresh_from_db()
    assert not attempt.preview
    assert Score.objects.get().state == ScoreState.DUE


@families
def test_teacher_who_becomes_a_learner_is_scored(school: Callable[[Family], School], family: Family) -> None:
    here = school(family)
    here.class_page("theo")
    here.browser.platform.switch(SCORES, Answer())
    attempt = here.take("theo")
    here.read(("theo", LEARNER), ("tess", TEACHER))

    assert "Theo" in here.class_page()
    attempt.refresh_from_db()
    assert not attempt.preview
    assert Score.objects.get().state == ScoreState.SYNCED
    assert Enrollment.objects.get(person=attempt.person).role == "learner"


@families
def test_refused_score_of_a_learner_stays_for_the_teacher_to_see(
    school: Callable[[Family], School], family: Family
) -> None:
    here = school(family)
    here.take("ada")

    assert "Ada" in here.class_page()
    assert Score.objects.get().state == ScoreState.REFUSED
    assert Grade.objects.count() == 1

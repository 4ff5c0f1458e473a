"""LtiSubmissionReviewRequest: a click on a grade opens the work behind it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from assessment.models import Assignment, Attempt, Placement
from lti.gradebook import by_hand, sending
from lti.models import Launch, LineItem, Registration, Score
from tests.cast import hand_in, published_quiz
from tests.lti.conftest import Browser
from tests.lti.platform import MEMBERSHIP

REVIEW = "LtiSubmissionReviewRequest"
TEACHER = {"sub": "teacher", "name": "Tess", "roles": [MEMBERSHIP + "#Instructor"]}


@pytest.fixture
def learner(browser: Browser) -> Launch:
    """Ada, who has launched the activity."""
    published_quiz("one")
    browser.launch()
    return Launch.objects.get()


def _review(browser: Browser, user_id: Any = "user-1", **changes: Any) -> Any:
    return browser.launch(message_type=REVIEW, for_user={"user_id": user_id}, **changes)


def _lands(browser: Browser, response: Any) -> str:
    """The page, inside its launch, that the front sends one to."""
    assert response.status_code == 303, response.content
    front = response["Location"]
    page = browser.client.get(front)
    assert page.status_code == 303
    assert browser.client.get(page["Location"]).status_code == 200
    return page["Location"].removeprefix(front)


def _two_attempts(learner: Launch) -> tuple[Attempt, Attempt]:
    """The better one first: it counts, by the policy that one gets unasked."""
    now = timezone.now()
    return hand_in(learner, now, q1="a", q2="a"), hand_in(learner, now, q1="a")


def test_teacher_sees_the_attempt_that_counts(browser: Browser, learner: Launch) -> None:
    counting, _ = _two_attempts(learner)

    assert _lands(browser, _review(browser, **TEACHER)) == f"class/attempts/{counting.pk}"


def test_teacher_sees_the_newest_attempt_while_none_counts(browser: Browser, learner: Launch) -> None:
    newest = hand_in(learner, timezone.now(), marked=False, q1="a")

    assert _lands(browser, _review(browser, **TEACHER)) == f"class/attempts/{newest.pk}"


def test_learner_sees_the_own_result_and_gets_to_the_overview(browser: Browser, learner: Launch) -> None:
    counting, _ = _two_attempts(learner)
    response = _review(browser)

    assert _lands(browser, response) == f"attempts/{counting.pk}/result"
    page = browser.client.get(f"{response['Location']}attempts/{counting.pk}/result").content.decode()
    assert f'href="{response["Location"]}preview/"' in page
    assert b"Your attempts" in browser.client.get(f"{response['Location']}preview/").content


def test_learner_never_sees_another_learners_work(browser: Browser, learner: Launch) -> None:
    hand_in(learner, timezone.now(), q1="a")

    refused = _review(browser, sub="user-2")

    assert refused.status_code == 403
    assert b"someone else" in refused.content
    assert Launch.objects.count() == 1


@pytest.mark.parametrize("user_id", ["user-1", "stranger"])
def test_teacher_reads_that_there_is_no_attempt(browser: Browser, learner: Launch, user_id: str) -> None:
    front = _review(browser, user_id, **TEACHER)["Location"]

    page = browser.client.get(front)

    assert page.status_code == 200
    assert b"still shows a grade, it was set there by hand" in page.content


@pytest.mark.parametrize("for_user", ["user-1", {"user_id": 7}, {"user_id": ""}, {"name": "Ada"}])
def test_review_that_names_somebody_unusably_is_refused(browser: Browser, for_user: Any) -> None:
    assert browser.launch(message_type=REVIEW, for_user=for_user, **TEACHER).status_code == 400


@pytest.mark.parametrize("for_user", [None, {}, []])
def test_heading_of_a_column_opens_the_class_for_a_teacher(browser: Browser, learner: Launch, for_user: Any) -> None:
    """Moodle sends the message without `for_user` where the whole column is meant."""
    counting, _ = _two_attempts(learner)

    page = browser.client.get(browser.launch(message_type=REVIEW, for_user=for_user, **TEACHER)["Location"])
    own = browser.client.get(browser.launch(message_type=REVIEW, for_user=for_user)["Location"])

    assert b"1 learner" in page.content
    assert own["Location"].endswith(f"attempts/{counting.pk}/result")


def test_review_with_an_empty_resource_link_is_found_by_its_column(browser: Browser, learner: Launch) -> None:
    counting, _ = _two_attempts(learner)

    assert _lands(browser, _review(browser, resource_link=[], **TEACHER)) == f"class/attempts/{counting.pk}"


def test_review_without_a_user_is_refused(browser: Browser) -> None:
    nobody = dict.fromkeys(("sub", "name", "given_name", "family_name", "email"))

    assert _review(browser, **nobody).status_code == 400


def test_activity_is_found_by_the_column_where_no_link_is_named(browser: Browser, learner: Launch) -> None:
    attempt = hand_in(learner, timezone.now(), q1="a")

    assert _lands(browser, _review(browser, resource_link=None, **TEACHER)) == f"class/attempts/{attempt.pk}"


def test_unknown_column_without_a_link_is_refused(browser: Browser, learner: Launch) -> None:
    LineItem.objects.update(url="https://lms.example/other")

    assert _review(browser, resource_link=None, **TEACHER).status_code == 400


# Canvas has no such message: from a grade it opens the address that came with the submission.


def _work(attempt: Attempt) -> str:
    return _work_of(str(attempt.pk))


def _work_of(name: str) -> str:
    return f"http://testserver/lti/launch?work={name}"


@pytest.mark.parametrize("link", ["link-1", "course-1"])
def test_canvas_opens_the_work_behind_a_grade_whatever_it_calls_the_link(
    browser: Browser, learner: Launch, link: str
) -> None:
    _, other = _two_attempts(learner)
    changes = {"resource_link": {"id": link}, "target_link_uri": _work(other), "custom": None}

    assert _lands(browser, browser.launch(**TEACHER, **changes)) == f"class/attempts/{other.pk}"
    assert _lands(browser, browser.launch(**changes)) == f"attempts/{other.pk}/result"
    assert Launch.objects.values("resource_link").distinct().count() == 1


@pytest.mark.parametrize(
    "who",
    [
        {"sub": "someone else"},
        {"context": {"id": "course-2"}, "resource_link": {"id": "link-2"}, **TEACHER},
    ],
    ids=["classmate", "teacher of another course"],
)
def test_work_that_an_address_names_opens_for_nobody_else(
    browser: Browser, learner: Launch, who: dict[str, Any]
) -> None:
    attempt, _ = _two_attempts(learner)
    page = browser.client.get(browser.launch(**who, target_link_uri=_work(attempt))["Location"])
    assert page.status_code in (200, 404)
    assert str(attempt.pk) not in page.content.decode()


def test_launch_that_opened_work_leads_on_like_any_other(browser: Browser, learner: Launch) -> None:
    attempt, _ = _two_attempts(learner)
    for who, page in (({}, "Your attempts"), (TEACHER, "View as a learner")):
        front = browser.launch(target_link_uri=_work(attempt), **who)["Location"]
        assert browser.client.get(front).status_code == 303
        assert page in browser.client.get(front).content.decode()


def test_work_of_another_link_brings_no_policy_column_or_activity_along(browser: Browser, learner: Launch) -> None:
    attempt, _ = _two_attempts(learner)
    assignment = Assignment.objects.get()
    picked = Placement.objects.create(
        institution=learner.institution, context=learner.context, quiz=assignment.quiz, title="x", max_attempts=1
    )
    custom = {"quiz": "one", "placement": str(picked.pk)}
    other: dict[str, Any] = {"resource_link": {"id": "course-1"}, "custom": custom, **TEACHER}
    front = browser.launch(target_link_uri=_work(attempt), **other)["Location"]
    browser.client.get(front)
    assert browser.client.get(front + "class/").status_code == 200
    gone = "01890000-0000-7000-8000-000000000001"
    assert browser.client.get(browser.launch(target_link_uri=_work_of(gone), **other)["Location"]).status_code == 404

    assert Assignment.objects.get().max_attempts is None
    assert LineItem.objects.count() == 1


def test_review_leads_to_the_work_though_the_link_is_to_a_lesson_now(browser: Browser, learner: Launch) -> None:
    attempt, _ = _two_attempts(learner)
    lesson = {"lesson": attempt.quiz_version.lesson_version.lesson.slug}  # type: ignore[union-attr]
    assert _lands(browser, _review(browser, **TEACHER, custom=lesson)) == f"class/attempts/{attempt.pk}"
    front = browser.launch(**TEACHER, custom=lesson)["Location"]
    assert "View as a learner" in browser.client.get(front).content.decode()


@pytest.mark.parametrize("work", ["", "7", "01890000-0000-7000-8000-000000000001"])
def test_work_that_is_none_opens_the_activity(browser: Browser, learner: Launch, work: str) -> None:
    front = browser.launch(target_link_uri=f"http://testserver/lti/launch?work={work}")["Location"]
    assert browser.client.get(front).status_code == 200


def test_canvas_receives_with_a_submission_where_its_work_opens(browser: Browser, learner: Launch) -> None:
    Registration.objects.update(family="canvas")
    attempt = hand_in(learner, timezone.now(), q1="a")
    Registration.objects.update(family="canvas")
    for _ in range(2):
        sending.drain(learner.registration_id)
        Score.objects.update(rescaled=True)  # so that it is posted though the gradebook shows it
        by_hand.resend(score=Score.objects.get(), now=timezone.now() + timedelta(seconds=2))
    sending.drain(learner.registration_id, clock=lambda: timezone.now() + timedelta(minutes=1))

    first, *again = [
        seen.json["https://canvas.instructure.com/lti/submission"]
        for seen in browser.platform.asked("/lineitems/1/lineitem/scores", "POST")
    ]
    assert first == {"new_submission": True, "submission_type": "basic_lti_launch", "submission_data": _work(attempt)}
    assert again
    assert all("submission_data" not in one for one in again)

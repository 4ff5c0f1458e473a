"""Launch, read, answer, be marked, see the score in the gradebook: over HTTP, on the real processes."""

import pytest
import requests

from tests.learner import RIGHT, Visit, browser, new_course
from tests.page import Page
from tests.patience import PATIENCE
from tests.system import LESSON, QUIZ, System, wait_for

ONE_WRONG = ("Use AI as the final authority for the whole decision", *RIGHT[1:])


@pytest.mark.parametrize("mode", ["strict", "moodle"])
def test_a_learner_launches_answers_and_sees_the_score_in_the_gradebook(system: System, mode: str) -> None:
    course = new_course(system, mode)
    visit = course.launch("alice")
    assert "10 questions" in visit.page.text

    visit.start()
    visit.submit()
    result = visit.result()

    assert "9 of 10 points so far" in result.text
    assert "9 of 10 marked" in result.text
    grade = wait_for(lambda: course.score("alice"))
    assert (grade["final"], grade["grading_progress"]) == (9.0, "FullyGraded")
    assert "In your gradebook since" in wait_for(lambda: _says(visit, "In your gradebook since"))


@pytest.mark.parametrize("mode", ["strict", "moodle"])
def test_a_teacher_confirms_the_open_answer_and_the_score_rises(system: System, mode: str) -> None:
    course = new_course(system, mode)
    visit = course.launch("bob")
    visit.start()
    visit.submit()
    wait_for(lambda: course.score("bob"))

    teacher = course.launch("tess", "instructor")
    review = teacher.get(next(link for link in teacher.page.links if link.endswith("/review/")))
    answer = teacher.get(
        next(
            link for link in review.links if link.removeprefix(review.url)[:1].isalnum() and link.startswith(review.url)
        )
    )
    assert RIGHT[7] in answer.text
    form = next(form for form in answer.forms if "points" in form.order)
    teacher.press(form, level="full")

    wait_for(lambda: course.score("bob")["final"] == 10.0)
    stamps = [row["timestamp"][:19] for row in course.history("bob") if row["accepted"]]
    assert stamps == sorted(set(stamps)), "whole seconds must differ: Moodle compares them"
    assert len(stamps) == 2
    assert "10 of 10" in visit.get(visit.page.url).text


def test_submitting_twice_is_submitting_once(system: System) -> None:
    course = new_course(system)
    visit = course.launch("alice")
    visit.start()
    form = visit.answer()

    visit.press(form)
    visit.press(form)
    visit.result()

    wait_for(lambda: course.score("alice"))
    assert [row["final"] for row in course.history("alice")] == [9.0]


def test_a_better_second_attempt_counts_and_a_worse_one_does_not(system: System) -> None:
    course = new_course(system)
    for texts, expected in ((ONE_WRONG, 8.0), (RIGHT, 9.0), (ONE_WRONG, 9.0)):
        visit = course.launch("alice")
        visit.start()
        visit.submit(texts)
        visit.result()
        wait_for(lambda expected=expected: (course.score("alice") or {}).get("final") == expected)

    assert [row["final"] for row in course.history("alice")] == [8.0, 9.0]


def test_an_unanswered_question_is_named_before_submitting(system: System) -> None:
    visit = new_course(system).launch("alice")
    visit.start()

    page = visit.press(visit.answer((*RIGHT[:4], "", *RIGHT[5:])))

    assert "One question has no answer yet" in page.text
    assert "Question 5" in page.text


def test_two_students_in_one_browser_stay_apart(system: System) -> None:
    course, shared = new_course(system), browser()
    alice, bob = course.launch("alice", session=shared), course.launch("bob", session=shared)

    alice.start()
    bob.start()
    alice.submit(RIGHT)
    bob.submit(ONE_WRONG)

    wait_for(lambda: course.score("alice") and course.score("bob"))
    assert (course.score("alice")["final"], course.score("bob")["final"]) == (9.0, 8.0)
    assert shared.get(alice.page.url.replace(_key(alice), _key(bob)), timeout=PATIENCE).status_code == 404


def test_after_the_launch_no_cookie_is_needed(system: System) -> None:
    course = new_course(system)
    visit = course.launch("alice")
    visit.session = requests.Session()

    visit.start()
    visit.submit()

    assert "9 of 10 points so far" in visit.result().text


def test_a_teacher_who_tries_the_check_is_never_scored(system: System) -> None:
    course = new_course(system)
    teacher = course.launch("tess", "instructor")
    teacher.get(next(link for link in teacher.page.links if link.rstrip("/").endswith("/preview")))
    teacher.start()
    teacher.submit()

    assert "9 of 10 points so far" in teacher.result().text
    assert course.score("tess") is None
    assert _assignment(system, course.activity)["attempts"] == 0


def test_the_public_check_gives_feedback_and_leaves_no_trace_in_grades(system: System) -> None:
    visit = Visit(browser(), Page(requests.get(f"{system.url}/learn/quiz/{QUIZ}", timeout=PATIENCE)))
    form = visit.page.forms[0]
    first = next(name for name in form.order if name.startswith("answer-"))
    form.fields[first] = visit.page.options[first, "Use AI as the final authority for the whole decision"]

    page = visit.press(form, check=first.removeprefix("answer-"))

    assert "Incorrect" in page.text
    assert "nowhere does it hand the whole decision to an AI" in page.text
    assert system.query("select count(*) from assessment_grade where points is null") == [(0,)]


def test_nothing_public_tells_the_key(system: System) -> None:
    secret = "This is the fact the lesson builds on"
    pages = (f"/learn/quiz/{QUIZ}", f"/learn/lesson/{LESSON}", f"/api/v1/quizzes/{QUIZ}", f"/api/v1/lessons/{LESSON}")
    for address in pages:
        answer = requests.get(system.url + address, timeout=PATIENCE)
        assert answer.status_code == 200, address
        assert secret not in answer.text, address
        assert '"credit"' not in answer.text, address


def test_an_analyst_reads_grades_and_statistics(system: System) -> None:
    course = new_course(system)
    for number in range(12):
        visit = course.launch(f"learner{number}")
        visit.start()
        visit.submit(RIGHT if number % 3 else ONE_WRONG)
    wait_for(lambda: _assignment(system, course.activity)["graded"] == 12)
    assignment = _assignment(system, course.activity)["id"]

    report = wait_for(lambda: _report(system, assignment, n=12))

    first = report["items"][0]
    assert first["facility"]["value"] == pytest.approx(8 / 12)
    low, high = first["facility"]["ci"]
    assert low < 8 / 12 < high
    assert first["facility"]["method"]


def _report(system: System, assignment: str, n: int) -> dict | None:
    report = system.api(f"assignments/{assignment}/statistics")
    return report if report["n"] == n else None


def _assignment(system: System, activity: int) -> dict:
    """The tool's side of an activity of the sandbox: assignment id, attempts and grades that count."""
    rows = system.query(
        "select a.id, (select count(*) from assessment_attempt t where t.assignment_id = a.id and not t.preview),"
        " (select count(*) from assessment_grade g where g.assignment_id = a.id)"
        " from assessment_assignment a join lti_resourcelink r on r.id = a.resource_link_id"
        " where r.resource_link_id = %s",
        str(activity),
    )
    return dict(zip(("id", "attempts", "graded"), rows[0], strict=True))


def _says(visit: Visit, words: str) -> str | None:
    text = visit.get(visit.page.url).text
    return text if words in text else None


def _key(visit: Visit) -> str:
    return visit.page.url.split("/s/")[1].split("/")[0]

"""All of a teacher's courses at one glance, and nobody else's."""

from collections.abc import Callable
from typing import Any

import pytest

from assessment import activity
from lti.models import Launch, Score, ScoreState
from roster.models import Course, Enrollment, Role
from tests.cast import Cast, all_right, begin, hand_in, make_launch, make_link, make_person
from tests.pages.conftest import Visit
from tests.pages.test_class_list import enrol, place

Open = Callable[..., Visit]


def second_course(cast: Cast, title: str) -> Launch:
    """Another course of the same school with the same check; a learner's launch there."""
    link = make_link(cast.alice.deployment, title=title)
    assert link.context
    assert link.context.course
    Course.objects.filter(pk=link.context.course_id).update(title=title)
    learner = make_launch(link, make_person(link, f"Learner of {title}"), custom={"quiz": cast.quiz.slug})
    activity.assignment(learner)
    return learner


def test_glance_shows_how_far_each_class_is_and_what_waits_there(cast: Cast, visit: Open) -> None:
    for viewer in (cast.alice, cast.bob):
        place(viewer, viewer.person)
    enrol(cast.alice, "Idle Ida")
    hand_in(cast.alice, **all_right())
    begin(cast.bob)
    Score.objects.update(state=ScoreState.REFUSED, last_answer="no")
    other = second_course(cast, "Other course")
    hand_in(other, **all_right(q8=""))
    place(other, cast.tess.person, Role.INSTRUCTOR)

    page = visit(cast.tess).get("/courses/").content.decode()

    here, there = page.split("Other course", 1)
    row = [cell.split("</td>")[0] for cell in here.split('<td role="cell"')[1:]]
    assert [one.split(">")[-1] for one in row[:4]] == ["3", "1", "1", "90 %"]
    assert "1 answer to mark" in here
    assert "1 score not delivered" in here
    assert "This course" in here
    assert "Nothing</span>" in there
    assert "open it from your LMS" in page


def test_only_the_activity_of_this_launch_is_a_link(cast: Cast, visit: Open) -> None:
    place(second_course(cast, "Other course"), cast.tess.person, Role.INSTRUCTOR)
    tess = visit(cast.tess)
    page = tess.get("/courses/").content.decode()
    assert page.count('<th scope="row"') == 2
    assert page.split("<h1>")[1].count("<a href") == 1


def test_course_that_the_person_only_learns_in_or_has_left_is_not_shown(cast: Cast, visit: Open) -> None:
    for title, role, active in (("Learned", Role.LEARNER, True), ("Left", Role.INSTRUCTOR, False)):
        place(second_course(cast, title), cast.tess.person, role, active)
    second_course(cast, "Of a colleague")
    page = visit(cast.tess).get("/courses/").content.decode()
    assert not {title for title in ("Learned", "Left", "Of a colleague") if title in page}


def test_course_of_another_school_is_not_shown_whatever_its_rows_say(cast: Cast, visit: Open) -> None:
    Course.objects.filter(pk=cast.dora.course_id).update(title="Far away")
    Enrollment.objects.create(
        institution=cast.dora.institution, course=cast.dora.course, person=cast.tess.person, role=Role.INSTRUCTOR
    )
    assert "Far away" not in visit(cast.tess).get("/courses/").content.decode()


@pytest.mark.parametrize("role", [Role.LEARNER, Role.OTHER])
def test_glance_is_for_teachers(cast: Cast, visit: Open, role: Role) -> None:
    assert visit(make_launch(cast.alice.resource_link, cast.alice.person, role)).get("/courses/").status_code == 403


def test_ten_courses_cost_as_many_queries_as_two(cast: Cast, visit: Open, django_assert_max_num_queries: Any) -> None:
    tess = visit(cast.tess)
    place(second_course(cast, "One more"), cast.tess.person, Role.INSTRUCTOR)
    with django_assert_max_num_queries(20) as few:
        tess.get("/courses/")
    for number in range(8):
        other = second_course(cast, f"Course {number}")
        hand_in(other, **all_right())
        place(other, cast.tess.person, Role.INSTRUCTOR)
    with django_assert_max_num_queries(len(few)):
        tess.get("/courses/")

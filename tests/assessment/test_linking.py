"""The assignment behind a link follows what the LMS says of it, while nothing of a learner is lost by that."""

from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from assessment import access, activity
from assessment.models import Assignment, Attempt, AttemptState, Counts, Opens
from assessment.placement import linking
from content.models import Quiz
from lti.models import Launch, ResourceLink
from roster.models import Role
from tests.assessment.test_placing import BASE, launched, opened, placed
from tests.cast import (
    all_right,
    answer,
    at,
    begin,
    hand_in,
    make_assignment,
    make_deployment,
    make_institution,
    make_link,
    published_quiz,
)
from tests.races import race


@pytest.fixture
def quizzes(db: None) -> list[Quiz]:
    return [published_quiz("one"), published_quiz("two")]


@pytest.fixture
def link(db: None) -> ResourceLink:
    return make_link(make_deployment(make_institution()))


def naming(link: ResourceLink, quiz: str, role: Role = Role.LEARNER, **custom: str) -> Launch:
    return launched(link, role, custom={"quiz": quiz} | custom)


def test_check_that_is_picked_again_opens_as_it_was_picked(quizzes: list[Quiz], link: ResourceLink) -> None:
    first = placed(quizzes[0], link, opens=Opens.CHECK, due_at=at(60))
    second = placed(quizzes[1], link, max_attempts=5, counts=Counts.LATEST, closes_at=at(120), title="Second")
    before = opened(naming(link, "one", placement=str(first.pk)))
    begin(naming(link, "one", Role.INSTRUCTOR, placement=str(first.pk)))  # a preview

    after = opened(naming(link, "two", placement=str(second.pk)))

    assert (before.pk, before.quiz, before.opens) == (after.pk, quizzes[0], Opens.CHECK)
    assert (after.quiz, after.placement, after.title, after.opens) == (quizzes[1], second, "Second", Opens.BOTH)
    assert (after.max_attempts, after.counts) == (5, Counts.LATEST)
    assert (after.due_at, after.closes_at) == (None, at(120))
    assert not Attempt.objects.filter(state=AttemptState.IN_PROGRESS).exists()


def test_same_check_picked_again_is_taken_as_picked_also_once_learners_have_begun(
    quizzes: list[Quiz], link: ResourceLink
) -> None:
    first, second = placed(quizzes[0], link), placed(quizzes[0], link, max_attempts=1, counts=Counts.FIRST)
    hand_in(naming(link, "one", placement=str(first.pk)), **all_right())

    after = opened(naming(link, "one", placement=str(second.pk)))

    assert (after.max_attempts, after.counts, after.placement) == (1, Counts.FIRST, second)
    assert Assignment.objects.get().grades_due, "another attempt may count now"


def test_another_check_waits_where_a_learner_has_begun(quizzes: list[Quiz], link: ResourceLink) -> None:
    attempt = begin(naming(link, "one"))

    assert opened(naming(link, "two")).quiz == quizzes[0]
    assert opened(naming(link, "one")).quiz == quizzes[0]
    assert Attempt.objects.get() == attempt


def test_what_a_teacher_chose_here_stays_until_the_lms_names_something_new(
    quizzes: list[Quiz], link: ResourceLink
) -> None:
    teacher = naming(link, "one", Role.INSTRUCTOR)
    opened(teacher)
    activity.choose_quiz(teacher, quizzes[1])

    assert opened(naming(link, "one")).quiz == quizzes[1], "the LMS says what it said before"
    third = published_quiz("three")
    assert opened(naming(link, "three")).quiz == third


def test_page_that_was_open_before_names_nothing_new(quizzes: list[Quiz], link: ResourceLink) -> None:
    old = naming(link, "one")
    opened(old)
    opened(naming(link, "two"))

    assert opened(old).quiz == quizzes[1]


@pytest.mark.parametrize("named", ["three", ""])
def test_name_of_nothing_changes_nothing(quizzes: list[Quiz], link: ResourceLink, named: str) -> None:
    opened(naming(link, "one"))
    assert opened(naming(link, named)).quiz == quizzes[0]


def test_message_of_another_kind_names_no_check(quizzes: list[Quiz], link: ResourceLink) -> None:
    opened(naming(link, "one"))
    review = naming(link, "two", Role.INSTRUCTOR)
    review.message_type = "LtiSubmissionReviewRequest"
    assert opened(review).quiz == quizzes[0]


def test_title_follows_the_lms_and_a_course_is_filled_in(quizzes: list[Quiz], link: ResourceLink) -> None:
    viewer = naming(link, "one")
    opened(viewer)
    Assignment.objects.update(course=None)
    ResourceLink.objects.update(title="New name")

    found = opened(viewer)

    assert (found.title, found.course) == ("New name", viewer.course)
    assert Assignment.objects.get().title == "New name"


def test_check_picked_in_a_copy_is_taken_as_picked_there(quizzes: list[Quiz], link: ResourceLink) -> None:
    original = opened(naming(link, "one"))
    Assignment.objects.filter(pk=original.pk).update(max_attempts=9)
    copy = make_link(link.deployment)
    assert copy.context
    assert link.context
    copy.context.history = [link.context.context_id]
    copy.context.save()

    assert opened(naming(copy, "one", placement=str(placed(quizzes[0], copy, max_attempts=2).pk))).max_attempts == 2


@pytest.mark.django_db(transaction=True)
def test_check_that_is_picked_again_while_learners_begin_is_the_one_they_get() -> None:
    quizzes = [published_quiz("one"), published_quiz("two")]
    link = make_link(make_deployment(make_institution()))
    old = [naming(link, "one") for _ in range(3)]
    opened(old[0])
    new: list[Any] = [naming(link, "two") for _ in range(3)]
    Launch.objects.filter(pk__in=[one.pk for one in old]).update(created_at=old[0].created_at - timedelta(seconds=9))

    raised = [one for one in race(*[partial(begin, viewer) for viewer in (*old, *new)]) if isinstance(one, Exception)]

    assert not raised
    kept = Assignment.objects.get().quiz
    assert kept in quizzes
    assert {one.quiz_version.quiz for one in Attempt.objects.select_related("quiz_version__quiz")} == {kept}


@pytest.mark.django_db(transaction=True)
def test_class_that_opens_at_once_after_another_check_was_picked_gets_that() -> None:
    quizzes = [published_quiz("one"), published_quiz("two")]
    link = make_link(make_deployment(make_institution()))
    opened(naming(link, "one"))

    found = race(*[partial(opened, naming(link, "two")) for _ in range(6)])

    assert [getattr(one, "quiz", one) for one in found] == [quizzes[1]] * 6


@pytest.mark.django_db(transaction=True)
def test_preview_that_is_being_saved_and_another_check_do_not_wait_for_each_other() -> None:
    published_quiz("one")
    published_quiz("two")
    link = make_link(make_deployment(make_institution()))
    previews = [begin(naming(link, "one", Role.INSTRUCTOR)) for _ in range(3)]
    new = naming(link, "two")

    def save(attempt: Attempt) -> None:
        with suppress(Exception):  # it is gone
            for _ in range(4):
                answer(attempt, **all_right())

    *_, last = race(*[partial(save, one) for one in previews], partial(opened, new))
    assert isinstance(last, Assignment), last


def test_row_from_before_names_were_noted_keeps_what_was_chosen(quizzes: list[Quiz], link: ResourceLink) -> None:
    make_assignment(link, quizzes[1], named="", named_at=None, due_at=at(60))
    teacher = naming(link, "one", Role.INSTRUCTOR)

    assert (opened(teacher).quiz, opened(teacher).due_at) == (quizzes[1], at(60))
    assert linking.refused(teacher, opened(teacher)) == ""
    assert opened(naming(link, "one")).quiz == quizzes[1]


def test_choice_of_a_teacher_is_newer_than_what_the_lms_named_until_then(
    quizzes: list[Quiz], link: ResourceLink
) -> None:
    attempt = begin(naming(link, "one"))
    teacher = naming(link, "three", Role.INSTRUCTOR)  # not published yet
    assert opened(teacher).quiz == quizzes[0]
    attempt.delete()
    activity.choose_quiz(teacher, quizzes[1])
    published_quiz("three")

    assert opened(naming(link, "three")).quiz == quizzes[1]


def test_teacher_who_chooses_on_a_page_that_names_nothing_counts_too(quizzes: list[Quiz], link: ResourceLink) -> None:
    opened(naming(link, "one"))
    activity.choose_quiz(launched(link, Role.INSTRUCTOR), quizzes[1])
    assert opened(naming(link, "one")).quiz == quizzes[1]


def test_launch_that_lost_its_custom_parameters_names_nothing_new(quizzes: list[Quiz], link: ResourceLink) -> None:
    first, second = placed(quizzes[0], link, max_attempts=5), placed(quizzes[0], link, max_attempts=1)
    address = f"{BASE}?quiz=one&placement={first.pk}"
    custom = {"quiz": "one", "opens": "check", "placement": str(second.pk)}
    assert opened(launched(link, custom=custom, uri=address)).max_attempts == 1
    assert opened(launched(link, uri=address)).max_attempts == 1
    teacher = launched(link, Role.INSTRUCTOR, custom=custom, uri=address)
    activity.choose_quiz(teacher, quizzes[1])
    assert opened(launched(link, uri=f"{BASE}/quiz/one")).quiz == quizzes[1]


def test_way_of_opening_that_is_named_again_is_taken(quizzes: list[Quiz], link: ResourceLink) -> None:
    opened(naming(link, "one"))
    assert opened(naming(link, "one", opens="check")).opens == Opens.CHECK
    assert opened(naming(link, "one")).opens == Opens.BOTH


def test_other_check_that_nobody_picked_is_taken_as_nobody_said(quizzes: list[Quiz], link: ResourceLink) -> None:
    first = placed(quizzes[0], link, max_attempts=1, counts=Counts.FIRST, due_at=at(60))
    opened(naming(link, "one", placement=str(first.pk)))
    found = opened(naming(link, "two"))
    assert (found.placement, found.max_attempts, found.counts, found.due_at) == (None, None, Counts.HIGHEST, None)


def test_lesson_that_is_named_too_late_hides_no_work(quizzes: list[Quiz], link: ResourceLink) -> None:
    assert quizzes[0].lesson
    lesson = {"lesson": quizzes[0].lesson.slug}
    begin(naming(link, "one"))
    teacher = launched(link, Role.INSTRUCTOR, custom=lesson)

    assert access.lesson_only(teacher) is None
    assert opened(teacher).quiz == quizzes[0]
    assert linking.refused(teacher, opened(teacher)) == quizzes[0].lesson.current.title  # type: ignore[union-attr]


def test_names_with_nul_or_line_breaks_do_no_harm(quizzes: list[Quiz], link: ResourceLink) -> None:
    assert opened(launched(link, uri=f"{BASE}?quiz=one&placement=%00%0a")).quiz == quizzes[0]
    assert opened(naming(link, "two\n", placement="x" * 900)).quiz == quizzes[1]
    assert opened(naming(link, "one", placement="x\ny" * 300)).quiz == quizzes[0]


def test_check_that_is_picked_again_after_another_was_chosen_here_opens(
    quizzes: list[Quiz], link: ResourceLink
) -> None:
    first, again = placed(quizzes[0], link), placed(quizzes[0], link, title="One again", max_attempts=1)
    opened(naming(link, "one", placement=str(first.pk)))
    activity.choose_quiz(naming(link, "one", Role.INSTRUCTOR, placement=str(first.pk)), quizzes[1])

    found = opened(naming(link, "one", placement=str(again.pk)))

    assert (found.quiz, found.title, found.max_attempts) == (quizzes[0], "One again", 1)


def test_choice_on_a_page_of_a_review_notes_no_names_of_it(quizzes: list[Quiz], link: ResourceLink) -> None:
    opened(naming(link, "one"))
    review = naming(link, "zzz", Role.INSTRUCTOR)
    review.message_type = "LtiSubmissionReviewRequest"
    activity.choose_quiz(review, quizzes[1])

    assert opened(naming(link, "one")).quiz == quizzes[1]

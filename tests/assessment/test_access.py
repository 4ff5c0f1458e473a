"""Who sees what, tried from outside by everyone who should not."""

from functools import partial
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied

from assessment import access, activity, attempts
from assessment.models import Assignment, Attempt, Response
from assessment.placement.linking import QuizInUse
from lti.models import Launch
from roster.models import Role
from tests.cast import (
    NOW,
    Cast,
    all_right,
    begin,
    hand_in,
    make_cast,
    make_deployment,
    make_institution,
    make_launch,
    make_link,
    make_person,
    published_quiz,
)
from tests.races import race


def test_own_attempts_are_listed_newest_first(cast: Cast) -> None:
    first = hand_in(cast.alice, **all_right())
    second = begin(cast.alice)

    assert list(access.attempts(cast.alice)) == [second, first]
    assert access.attempt(cast.alice, first.pk) == first


@pytest.mark.parametrize("stranger", ["bob", "tess", "charlie", "dora"])
def test_attempt_of_another_does_not_exist(cast: Cast, stranger: str) -> None:
    attempt = begin(cast.alice)
    viewer: Launch = getattr(cast, stranger)

    assert list(access.attempts(viewer)) == []
    with pytest.raises(Attempt.DoesNotExist):
        access.attempt(viewer, attempt.pk)


@pytest.mark.parametrize(
    "nonsense", ["", "abc", "../1", "00000000-0000-0000-0000-00000000000g", "01890000-0000-7000-8000-000000000001"]
)
def test_nonsense_as_id_names_no_attempt(cast: Cast, nonsense: str) -> None:
    begin(cast.alice)
    with pytest.raises(Attempt.DoesNotExist):
        access.attempt(cast.alice, nonsense)
    with pytest.raises(Attempt.DoesNotExist):
        access.class_attempt(cast.tess, nonsense)


def test_same_person_in_another_course_does_not_see_the_attempt_there(cast: Cast) -> None:
    attempt = begin(cast.alice)
    elsewhere = make_launch(cast.charlie.resource_link, cast.alice.person)

    with pytest.raises(Attempt.DoesNotExist):
        access.attempt(elsewhere, attempt.pk)


def test_launch_without_activity_sees_nothing(cast: Cast) -> None:
    practice_like = make_launch(None, cast.alice.person)
    begin(cast.alice)

    assert activity.assignment(practice_like) is None
    assert list(access.attempts(practice_like)) == []
    assert access.grade(practice_like) is None


def test_instructor_sees_own_class_only(cast: Cast) -> None:
    mine = hand_in(cast.alice, **all_right())
    hand_in(cast.charlie, **all_right())
    hand_in(cast.dora, **all_right())

    assert [grade.person for grade in access.class_grades(cast.tess)] == [cast.alice.person]
    assert list(access.class_attempts(cast.tess)) == [mine]
    assert [response.attempt for response in access.waiting_responses(cast.tess)] == [mine]
    assert access.class_attempt(cast.tess, mine.pk) == mine


def test_instructor_of_another_course_or_school_finds_nothing(cast: Cast) -> None:
    attempt = hand_in(cast.alice, **all_right())
    for viewer in (cast.charlie, cast.dora):
        teacher = make_launch(viewer.resource_link, make_person(viewer.resource_link, "Teacher"), Role.INSTRUCTOR)
        with pytest.raises(Attempt.DoesNotExist):
            access.class_attempt(teacher, attempt.pk)
        assert not access.class_grades(teacher).exists()
        assert not access.waiting_responses(teacher).exists()


@pytest.mark.parametrize("role", [Role.LEARNER, Role.OTHER])
def test_only_instructors_see_the_class(cast: Cast, role: Role) -> None:
    viewer = make_launch(cast.assignment.resource_link, cast.bob.person, role)
    for look in (access.class_grades, access.class_attempts, access.class_responses, access.waiting_responses):
        with pytest.raises(PermissionDenied):
            look(viewer)
    with pytest.raises(PermissionDenied):
        access.class_attempt(viewer, uuid4())
    with pytest.raises(PermissionDenied):
        activity.choose_quiz(viewer, cast.quiz)


def test_instructor_launch_without_activity_sees_no_class(cast: Cast) -> None:
    viewer = make_launch(None, cast.tess.person, Role.INSTRUCTOR)
    with pytest.raises(PermissionDenied):
        access.class_grades(viewer)


def test_preview_stays_out_of_the_class_and_of_the_institution(cast: Cast) -> None:
    hand_in(cast.tess, **all_right())
    student_view = make_launch(cast.assignment.resource_link, cast.bob.person, test_user=True)
    hand_in(student_view, **all_right())

    assert not access.class_attempts(cast.tess).exists()
    assert not access.waiting_responses(cast.tess).exists()
    assert not access.class_grades(cast.tess).exists()
    assert not access.attempts_of(cast.tess.institution).exists()
    assert not access.grades_of(cast.tess.institution).exists()


def test_institution_sees_its_own_rows_only(cast: Cast) -> None:
    mine, far = hand_in(cast.alice, **all_right()), hand_in(cast.dora, **all_right())
    north, south = cast.alice.institution, cast.dora.institution

    assert list(access.attempts_of(north)) == [mine]
    assert list(access.attempts_of(south)) == [far]
    assert access.assignments_of(north).count() == 2  # alice's and charlie's course
    assert [grade.person for grade in access.grades_of(south)] == [cast.dora.person]


@pytest.mark.parametrize(
    ("role", "test_user", "preview"),
    [
        (Role.LEARNER, False, False),
        (Role.LEARNER, True, True),
        (Role.INSTRUCTOR, False, True),
        (Role.INSTRUCTOR, True, True),
        (Role.OTHER, False, True),
    ],
)
def test_only_a_real_learner_is_scored(cast: Cast, role: Role, test_user: bool, preview: bool) -> None:
    viewer = make_launch(cast.assignment.resource_link, cast.bob.person, role, test_user=test_user)

    assert access.previews(viewer) is preview
    assert begin(viewer).preview is preview


def test_teacher_who_becomes_a_learner_does_not_go_on_in_a_preview(cast: Cast) -> None:
    preview = begin(cast.tess)
    as_learner = make_launch(cast.assignment.resource_link, cast.tess.person)
    attempt = begin(as_learner)

    assert attempt != preview
    assert (attempt.preview, attempt.number) == (False, 1)
    assert list(access.attempts(as_learner)) == [attempt]


# --- the assignment behind a link


def undecided(title: str = "", **fields: object) -> Launch:
    link = make_link(make_deployment(make_institution()), title=title)
    return make_launch(link, make_person(link, "Ann"), **fields)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        {"custom": {"quiz": "wanted"}},
        {"custom": {"quiz": "wanted"}, "target_link_uri": "https://tool.example/?quiz=other"},
        {"target_link_uri": "https://tool.example/launch?quiz=wanted&x=1"},
        {"target_link_uri": "https://tool.example/lti/quiz/other?quiz=wanted"},
        {"target_link_uri": "https://tool.example/learn/quiz/wanted"},
        {"target_link_uri": "https://tool.example/learn/quiz/wanted/"},
    ],
)
def test_launch_names_its_quiz(fields: dict[str, object]) -> None:
    wanted = published_quiz("wanted")
    published_quiz("other")

    found = activity.assignment(undecided(**fields))

    assert found is not None
    assert found.quiz == wanted


@pytest.mark.django_db
def test_launch_that_names_none_gets_the_only_published_quiz() -> None:
    only = published_quiz()
    draft = published_quiz()
    draft.current = None
    draft.save()

    found = activity.assignment(undecided(target_link_uri="https://tool.example/lti/launch"))

    assert found is not None
    assert found.quiz == only


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"custom": {"quiz": "no-such-quiz"}},
        {"target_link_uri": "https://tool.example/?quiz=no-such-quiz"},
        {"target_link_uri": "https://tool.example/quiz/no-such-quiz"},
        {"target_link_uri": "https://tool.example/quiz"},
        {"target_link_uri": "https://tool.example/?quiz=%00"},
        {"custom": {"quiz": 7}},
    ],
)
def test_nobody_guesses_between_quizzes(fields: dict[str, object]) -> None:
    published_quiz("one")
    published_quiz("two")

    assert activity.assignment(undecided(**fields)) is None
    assert not Assignment.objects.exists()


@pytest.mark.django_db
def test_named_quiz_that_does_not_exist_is_not_replaced_by_the_only_one() -> None:
    published_quiz("one")
    assert activity.assignment(undecided(custom={"quiz": "two"})) is None


@pytest.mark.django_db
def test_title_comes_from_the_link_else_from_the_quiz() -> None:
    published_quiz()
    named, unnamed = activity.assignment(undecided("Week 3 check")), activity.assignment(undecided())

    assert named is not None
    assert unnamed is not None
    assert (named.title, unnamed.title) == ("Week 3 check", "End of lesson check")


def test_each_link_has_its_own_assignment(cast: Cast) -> None:
    alice, charlie = activity.assignment(cast.alice), activity.assignment(cast.charlie)

    assert alice is not None
    assert charlie is not None
    assert alice != charlie
    assert (alice.course, charlie.course) == (cast.alice.course, cast.charlie.course)
    assert activity.assignment(cast.bob) == alice


def test_instructor_chooses_where_nothing_is_decided(cast: Cast) -> None:
    other = published_quiz()
    link = make_link(cast.tess.deployment)
    teacher = make_launch(link, cast.tess.person, Role.INSTRUCTOR)
    assert activity.assignment(teacher) is None

    chosen = activity.choose_quiz(teacher, other)

    assert activity.assignment(teacher) == chosen
    assert chosen.quiz == other
    assert activity.choose_quiz(teacher, other) == chosen


def test_quiz_can_be_replaced_until_a_learner_has_answered(cast: Cast) -> None:
    other = published_quiz()
    begin(cast.tess)

    assert activity.choose_quiz(cast.tess, other).quiz == other
    assert not access.attempts(cast.tess)

    begin(cast.alice)
    with pytest.raises(QuizInUse):
        activity.choose_quiz(cast.tess, cast.quiz)


def test_attempt_that_begins_while_another_quiz_is_chosen_is_of_that_one(cast: Cast) -> None:
    other = published_quiz()
    known = activity.assignment(cast.alice)
    assert known is not None
    activity.choose_quiz(cast.tess, other)

    attempt = attempts.start(assignment=known, person=cast.alice.person, preview=False, now=NOW)

    assert attempt.quiz_version.quiz == other
    assert Attempt.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_quiz_that_is_chosen_while_learners_begin_is_the_one_they_get() -> None:
    cast = make_cast()
    other = published_quiz()

    def choose() -> bool:
        try:
            return activity.choose_quiz(cast.tess, other).quiz == other
        except QuizInUse:
            return False

    race(choose, *[partial(begin, viewer) for viewer in (cast.alice, cast.bob)])

    placed = Assignment.objects.get(pk=cast.assignment.pk)
    begun = Attempt.objects.filter(assignment=placed)
    assert {attempt.quiz_version.quiz_id for attempt in begun} == {placed.quiz_id}
    assert begun.count() == 2


@pytest.mark.django_db(transaction=True)
def test_concurrent_first_launches_make_one_assignment() -> None:
    published_quiz()
    link = make_link(make_deployment(make_institution()))
    launches = [make_launch(link, make_person(link, f"Learner {i}")) for i in range(4)]

    found = race(*[lambda launch=launch: activity.assignment(launch) for launch in launches])

    assert {one.pk for one in found} == {Assignment.objects.get().pk}


def test_known_assignment_costs_one_query(cast: Cast, django_assert_num_queries: object) -> None:
    viewer = Launch.objects.get(pk=cast.alice.pk)
    with django_assert_num_queries(1):  # type: ignore[operator]
        activity.assignment(viewer)


def test_no_response_of_a_submitted_attempt_is_missing(cast: Cast) -> None:
    attempt = hand_in(cast.alice, **all_right())
    assert access.class_responses(cast.tess).count() == Response.objects.filter(attempt=attempt).count() == 10

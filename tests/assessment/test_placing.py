"""Which content a link opens, and how its assignment begins: picked, copied, or with something lost on the way."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from assessment import access, activity, attempts
from assessment.attempts import OutsideWindow
from assessment.models import Assignment, Counts, Opens, Placement, WhileWaiting
from assessment.placement import placing, windows
from content.models import Quiz
from lti.models import Deployment, Launch, LineItem, Registration, ResourceLink
from roster.models import Role
from tests.cast import (
    NOW,
    at,
    hand_in,
    make_assignment,
    make_deployment,
    make_institution,
    make_launch,
    make_link,
    make_person,
    published_quiz,
)

BASE = "https://tool.example/lti/launch"
DAY = 86_400


@pytest.fixture
def quiz(db: None) -> Quiz:
    published_quiz("another")  # so that nothing is chosen for being the only one
    return published_quiz("fine-tuning")


@pytest.fixture
def deployment(db: None) -> Deployment:
    return make_deployment(make_institution())


def placed(quiz: Quiz, link: ResourceLink, /, **fields: Any) -> Placement:
    given: dict[str, Any] = {"quiz": quiz, "context": link.context, "title": "Picked", "max_attempts": 3} | fields
    return Placement.objects.create(institution=link.institution, **given)


def launched(
    link: ResourceLink, role: Role = Role.LEARNER, custom: dict[str, str] | None = None, uri: str = ""
) -> Launch:
    person = make_person(link, "Somebody")
    return make_launch(link, person, role, context=link.context, custom=custom or {}, target_link_uri=uri)


def opened(viewer: Launch) -> Assignment:
    found = activity.assignment(viewer)
    assert found is not None
    return found


def named(placement: Placement) -> dict[str, str]:
    return {"quiz": "fine-tuning", "placement": str(placement.pk)}


def test_first_launch_makes_the_assignment_as_it_was_picked(quiz: Quiz, deployment: Deployment) -> None:
    link = make_link(deployment)
    placement = placed(quiz, link, counts=Counts.FIRST, opens_at=at(0), due_at=at(60), closes_at=at(120))

    found = opened(launched(link, custom=named(placement)))

    assert (found.quiz, found.placement, found.title, found.opens) == (quiz, placement, "Picked", Opens.BOTH)
    assert (found.max_attempts, found.counts) == (3, Counts.FIRST)
    assert (found.opens_at, found.due_at, found.closes_at) == (at(0), at(60), at(120))


def test_later_launches_leave_the_policy_as_the_teacher_changed_it(quiz: Quiz, deployment: Deployment) -> None:
    link = make_link(deployment)
    placement = placed(quiz, link)
    viewer = launched(link, custom=named(placement))
    Assignment.objects.filter(pk=opened(viewer).pk).update(max_attempts=7)

    assert opened(launched(link, custom=named(placement))).max_attempts == 7


@pytest.mark.parametrize(
    "lost", ["address", "custom", "only the placement is left", "placement in one, quiz in the other"]
)
def test_content_and_policy_are_found_where_custom_or_address_was_lost(
    quiz: Quiz, deployment: Deployment, lost: str
) -> None:
    link = make_link(deployment)
    placement = placed(quiz, link)
    custom, uri = {
        "address": (named(placement), BASE),
        "custom": ({}, f"{BASE}?quiz=fine-tuning&placement={placement.pk}"),
        "only the placement is left": ({"placement": str(placement.pk)}, BASE),
        "placement in one, quiz in the other": ({"quiz": "fine-tuning"}, f"{BASE}?placement={placement.pk}"),
    }[lost]

    found = opened(launched(link, custom=custom, uri=uri))

    assert (found.quiz, found.placement, found.max_attempts) == (quiz, placement, 3)


@pytest.mark.parametrize("named_by", ["another institution's", "nobody's", "garbage", "other quiz's"])
def test_placement_that_is_not_ours_is_ignored_and_the_content_still_opens(
    quiz: Quiz, deployment: Deployment, named_by: str
) -> None:
    link = make_link(deployment)
    if named_by == "another institution's":
        name = str(placed(quiz, make_link(make_deployment(make_institution("South")))).pk)
    elif named_by == "other quiz's":
        name = str(placed(Quiz.objects.get(slug="another"), link).pk)
    else:
        name = {"nobody's": str(uuid4()), "garbage": "'; --"}[named_by]

    found = opened(launched(link, custom={"quiz": "fine-tuning", "placement": name}))

    assert (found.quiz, found.placement, found.max_attempts) == (quiz, None, None)


def test_another_institutions_placement_alone_opens_nothing(quiz: Quiz, deployment: Deployment) -> None:
    foreign = placed(quiz, make_link(make_deployment(make_institution("South"))))

    assert activity.assignment(launched(make_link(deployment), custom={"placement": str(foreign.pk)})) is None


def test_link_to_a_lesson_opens_the_lesson_and_makes_no_assignment(quiz: Quiz, deployment: Deployment) -> None:
    assert quiz.lesson
    Quiz.objects.exclude(pk=quiz.pk).update(current=None)  # also where one quiz is the only one
    link = make_link(deployment)
    placement = placed(quiz, link, quiz=None, lesson=quiz.lesson, opens=Opens.LESSON)

    for custom, uri in (
        ({"lesson": quiz.lesson.slug}, BASE),
        ({}, f"{BASE}?lesson={quiz.lesson.slug}"),
        ({"placement": str(placement.pk)}, BASE),
    ):
        viewer = launched(link, custom=custom, uri=uri)
        assert access.lesson_only(viewer) == quiz.lesson.current
        assert activity.assignment(viewer) is None
    assert access.lesson_only(launched(link, custom={"lesson": "no-such"})) is None
    assert not Assignment.objects.exists()


def test_check_alone_is_placed_without_its_lesson(quiz: Quiz, deployment: Deployment) -> None:
    by_name = opened(launched(make_link(deployment), custom={"quiz": "fine-tuning", "opens": "check"}))
    link = make_link(deployment)
    by_placement = opened(launched(link, custom=named(placed(quiz, link, opens=Opens.CHECK))))

    assert (by_name.opens, by_placement.opens) == (Opens.CHECK, Opens.CHECK)


# Course copy: the LMS makes new links, with the old custom parameters and addresses.


def copy_of(link: ResourceLink, *further: str) -> ResourceLink:
    """A link of a course that says it was copied from the link's."""
    assert link.context
    new = make_link(link.deployment)
    assert new.context
    new.context.history = [*further, link.context.context_id]
    new.context.save()
    return new


def test_copied_link_gets_its_own_assignment_column_and_grades(quiz: Quiz, deployment: Deployment) -> None:
    old = make_link(deployment)
    custom = named(placed(quiz, old))
    first, new = launched(old, custom=custom), copy_of(old)
    second = launched(new, custom=custom)
    hand_in(first, q1="a")
    hand_in(second, q1="a", q2="a")

    was, now = opened(first), opened(second)

    assert (was.pk != now.pk, was.quiz, now.quiz) == (True, quiz, quiz)
    assert (was.resource_link, now.resource_link) == (old, new)
    assert [grade.points for grade in was.grades.all()] == [1]
    assert [grade.points for grade in now.grades.all()] == [2]
    events = {event.line_item.resource_link_id: event.score_given for event in _events()}
    assert events == {old.pk: 1, new.pk: 2}


def _events() -> Any:
    from lti.models import Score

    return Score.objects.select_related("line_item")


def test_copy_takes_the_policy_as_it_now_stands_in_the_old_course_but_no_dates(
    quiz: Quiz, deployment: Deployment
) -> None:
    old = make_link(deployment)
    placement = placed(quiz, old, opens_at=at(-DAY), due_at=at(0), closes_at=at(DAY))
    original = opened(launched(old, custom=named(placement)))
    changed = {
        "max_attempts": 9,
        "counts": Counts.LATEST,
        **dict.fromkeys(placing.SHOWN, "never"),
        "while_waiting": WhileWaiting.NOTHING,
    }
    Assignment.objects.filter(pk=original.pk).update(**changed)

    found = opened(launched(copy_of(old), custom=named(placement)))

    assert {name: getattr(found, name) for name in changed} == changed
    assert (found.opens_at, found.due_at, found.closes_at) == (None, None, None)


def test_copy_whose_old_course_is_unknown_takes_the_policy_as_picked_but_no_dates(
    quiz: Quiz, deployment: Deployment
) -> None:
    placement = placed(quiz, make_link(deployment), closes_at=at(-DAY))
    new = make_link(deployment)

    found = opened(launched(new, custom=named(placement)))

    assert (found.max_attempts, found.closes_at) == (3, None)


def test_copy_of_a_link_without_placement_takes_the_policy_of_the_same_quiz(quiz: Quiz, deployment: Deployment) -> None:
    old = make_link(deployment)
    make_assignment(old, quiz, max_attempts=4)
    make_assignment(make_link(deployment), quiz, max_attempts=1)  # a course it was not copied from

    found = opened(launched(copy_of(old), custom={"quiz": "fine-tuning"}))

    assert found.max_attempts == 4


def test_nearest_course_of_the_history_is_the_original_and_in_it_the_same_placement(
    quiz: Quiz, deployment: Deployment
) -> None:
    oldest, nearest = make_link(deployment), make_link(deployment)
    assert nearest.context
    placement = placed(quiz, oldest)
    make_assignment(oldest, quiz, max_attempts=1, placement=placement)
    make_assignment(nearest, quiz, max_attempts=2, placement=placement)
    twin = make_link(deployment)  # the same quiz, picked a second time for that course
    ResourceLink.objects.filter(pk=twin.pk).update(context=nearest.context)
    make_assignment(twin, quiz, max_attempts=5)

    found = opened(launched(copy_of(oldest, nearest.context.context_id), custom=named(placement)))

    assert found.max_attempts == 2


@pytest.mark.parametrize(
    ("titles", "title", "attempts_allowed"),
    [(("Mine", "Twin"), "Mine", 4), (("Mine", "Twin"), "Renamed", None), (("Same", "Same"), "Same", None)],
    ids=["by its title", "of no such title", "of two such titles"],
)
def test_copy_takes_the_policy_of_no_other_activity_of_the_same_quiz(
    quiz: Quiz, deployment: Deployment, titles: tuple[str, str], title: str, attempts_allowed: int | None
) -> None:
    old = make_link(deployment, title=titles[0])
    twin, third = make_link(deployment, title=titles[1]), make_link(deployment, title=title)
    ResourceLink.objects.filter(pk__in=[twin.pk, third.pk]).update(context=old.context)
    make_assignment(old, quiz, max_attempts=4)
    make_assignment(twin, quiz, max_attempts=2, counts=Counts.LATEST)
    make_assignment(third, quiz, max_attempts=3, placement=placed(quiz, third))
    new = copy_of(old)
    new.title = title
    new.save()

    assert opened(launched(new, custom={"quiz": "fine-tuning"})).max_attempts == attempts_allowed


def test_copy_takes_no_policy_of_the_only_other_activity_of_the_quiz(quiz: Quiz, deployment: Deployment) -> None:
    practice = make_link(deployment, title="Practice")
    make_assignment(practice, quiz, max_attempts=9, **dict.fromkeys(placing.SHOWN, "never"))
    exam = copy_of(practice)
    exam.title = "Exam"
    exam.save()

    assert opened(launched(exam, custom={"quiz": "fine-tuning"})).max_attempts is None


def test_copy_of_a_link_that_was_never_opened_is_as_it_was_picked(quiz: Quiz, deployment: Deployment) -> None:
    old = make_link(deployment)
    make_assignment(old, quiz, max_attempts=2, counts=Counts.LATEST, placement=placed(quiz, old))
    unopened = placed(quiz, old, max_attempts=5)

    found = opened(launched(copy_of(old), custom=named(unopened)))

    assert (found.max_attempts, found.counts) == (5, Counts.HIGHEST)


def test_course_of_another_deployment_is_never_an_original(quiz: Quiz, deployment: Deployment) -> None:
    elsewhere = make_link(make_deployment(deployment.institution))  # type: ignore[arg-type]
    make_assignment(elsewhere, quiz, max_attempts=4)
    new = copy_of(make_link(deployment))
    assert new.context
    assert elsewhere.context
    new.context.history = [elsewhere.context.context_id]
    new.context.save()

    assert opened(launched(new, custom={"quiz": "fine-tuning"})).max_attempts is None


# Windows.


def begins(viewer: Launch, assignment: Assignment, moment: Any) -> bool:
    try:
        attempts.start(
            assignment=assignment,
            person=viewer.person,
            preview=False,
            now=moment,
            lms_dates=windows.lms_dates(viewer),
        )
    except OutsideWindow:
        return False
    return True


def test_nobody_begins_before_it_opens_or_once_it_is_closed(quiz: Quiz, deployment: Deployment) -> None:
    link = make_link(deployment)
    assignment = make_assignment(link, quiz, opens_at=at(0), due_at=at(10), closes_at=at(60))

    begun = {second: begins(launched(link), assignment, at(second)) for second in (-0.001, 0, 30, 59.999, 60, 90)}

    assert begun == {-0.001: False, 0: True, 30: True, 59.999: True, 60: False, 90: False}


def test_attempt_begun_in_time_is_finished_after_it_closed_and_no_second_one_begins(
    quiz: Quiz, deployment: Deployment
) -> None:
    link = make_link(deployment)
    assignment = make_assignment(link, quiz, closes_at=at(60))
    viewer = launched(link)
    begun = attempts.start(assignment=assignment, person=viewer.person, preview=False, now=at(50))

    again = attempts.start(assignment=assignment, person=viewer.person, preview=False, now=at(3_600))
    attempts.submit(attempt=again, now=at(3_600))

    assert again == begun
    assert not begins(viewer, assignment, at(3_601))


def test_teachers_preview_at_any_time(quiz: Quiz, deployment: Deployment) -> None:
    link = make_link(deployment)
    assignment = make_assignment(link, quiz, opens_at=at(DAY))

    attempts.start(assignment=assignment, person=launched(link).person, preview=True, now=NOW)


def test_dates_of_the_lms_go_before_ours_each_on_its_own(quiz: Quiz, deployment: Deployment) -> None:
    link = make_link(deployment)
    assignment = make_assignment(link, quiz, opens_at=at(-DAY), due_at=at(0), closes_at=at(60))
    later = (NOW + timedelta(days=7)).isoformat()

    window = windows.of(
        assignment, launched(link, custom={"closes_at": later, "canvas_due_at": "2027-01-31T12:00:00Z"})
    )

    assert window.opens_at == at(-DAY)
    assert window.closes_at == NOW + timedelta(days=7)
    assert window.due_at is not None
    assert window.due_at.isoformat() == "2027-01-31T12:00:00+00:00"
    assert window.from_lms == {"closes_at", "due_at"}
    assert begins(launched(link, custom={"closes_at": later}), assignment, at(3_600))
    assert not begins(launched(link), assignment, at(3_600))


@pytest.mark.parametrize(
    ("family", "column", "closes"), [("canvas", True, False), ("canvas", False, True), ("moodle", True, True)]
)
def test_date_that_canvas_took_and_does_not_tell_is_none(
    quiz: Quiz, deployment: Deployment, family: str, column: bool, closes: bool
) -> None:
    Registration.objects.update(family=family)
    link = make_link(deployment)
    LineItem.objects.filter(resource_link=link).update(url="https://lms.example/1" if column else "")
    picked = placed(quiz, link, closes_at=at(60))

    assignment = opened(launched(link, custom={"quiz": quiz.slug, "placement": str(picked.pk)}))

    assert (assignment.closes_at is not None) is closes
    assert assignment.max_attempts == 3


@pytest.mark.parametrize(
    "value", ["", "soon", "2026-13-45T00:00:00Z", "2026-11-23T09:00:00", "0", "\u0664", "9" * 5_000]
)
def test_date_that_the_lms_did_not_resolve_is_taken_as_missing(quiz: Quiz, deployment: Deployment, value: str) -> None:
    link = make_link(deployment)
    assignment = make_assignment(link, quiz, closes_at=at(60))

    window = windows.of(assignment, launched(link, custom={"closes_at": value, "canvas_closes_at": value}))

    assert (window.closes_at, window.from_lms) == (at(60), frozenset())

"""Times, late credit, averages, codes and held scores, with the clock given."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessment import access, attempts, corrections, marking, responses, showing, tasks
from assessment.attempts import NoAttemptLeft, OutsideWindow, TooSoon, WrongCode
from assessment.models import Attempt, AttemptState, Grade, Shown
from assessment.placement import accommodations, placing, policy
from assessment.responses import AttemptClosed
from assessment.statistics import folding, report
from lti.models import Launch, Score
from roster.models import Group
from tests.cast import NOW, Cast, all_right, at, hand_in, make_cast

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def begin(viewer: Launch, now: datetime = NOW, **more: Any) -> Attempt:
    assignment = access.assignment(viewer)
    assert assignment is not None
    return attempts.start(assignment=assignment, person=viewer.person, preview=False, now=now, **more)


def stored(attempt: Attempt) -> Attempt:
    return Attempt.objects.select_related("assignment").get(pk=attempt.pk)


def answer(attempt: Attempt, now: datetime, seq: int = 1) -> None:
    item = attempt.responses.order_by("position").first()
    assert item is not None
    responses.save(attempt=attempt, item_version_id=item.item_version_id, raw="a", seq=seq, now=now)


def grade_of(viewer: Launch) -> Decimal:
    return Grade.objects.get(person=viewer.person).points


# Times.


def test_time_limit_gives_each_attempt_its_own_deadline() -> None:
    cast = make_cast(time_limit=30)
    assert begin(cast.alice).deadline_at == NOW + 30 * MINUTE
    assert begin(cast.bob, at(60)).deadline_at == at(60) + 30 * MINUTE


def test_answers_count_until_the_grace_is_over_and_never_after_it() -> None:
    cast = make_cast(time_limit=30, grace=10)
    attempt = begin(cast.alice)
    answer(attempt, NOW + 30 * MINUTE + timedelta(seconds=10))
    with pytest.raises(AttemptClosed):
        answer(attempt, NOW + 30 * MINUTE + timedelta(seconds=11), seq=2)


def test_overdue_attempt_is_submitted_as_of_its_deadline_with_every_answer_it_has() -> None:
    cast = make_cast(time_limit=30, grace=0)
    attempt = begin(cast.alice)
    answer(attempt, NOW + 29 * MINUTE)
    assert attempts.submit_overdue(now=NOW + 30 * MINUTE) == 0
    assert attempts.submit_overdue(now=NOW + 30 * MINUTE + timedelta(seconds=1)) == 1
    found = stored(attempt)
    assert (found.state, found.submitted_at) == (AttemptState.SUBMITTED, NOW + 30 * MINUTE)
    assert found.responses.exclude(answer={}).count() == 1


def test_closing_date_ends_an_open_attempt_and_lets_none_begin() -> None:
    cast = make_cast(closes_at=NOW + 10 * MINUTE, time_limit=30)
    assert begin(cast.alice).deadline_at == NOW + 10 * MINUTE
    with pytest.raises(OutsideWindow):
        begin(cast.bob, NOW + 10 * MINUTE)


def test_change_of_the_time_limit_reaches_a_running_attempt() -> None:
    cast = make_cast(time_limit=30)
    attempt = begin(cast.alice)
    policy.change(assignment=cast.assignment, time_limit=45)
    assert stored(attempt).deadline_at == NOW + 45 * MINUTE
    policy.change(assignment=cast.assignment, time_limit=None)
    assert stored(attempt).deadline_at is None


def test_change_of_the_time_limit_costs_the_same_for_any_number_of_attempts(
    django_assert_num_queries: Callable[..., Any],
) -> None:
    cast = make_cast(time_limit=30)
    begin(cast.alice)
    with CaptureQueriesContext(connection) as few:
        policy.change(assignment=cast.assignment, time_limit=40)
    begin(cast.bob)
    with django_assert_num_queries(len(few)):
        policy.change(assignment=cast.assignment, time_limit=50)
    assert {attempt.deadline_at for attempt in Attempt.objects.all()} == {NOW + 50 * MINUTE}


def test_dates_of_the_lms_go_before_those_of_the_assignment_and_follow_a_new_launch() -> None:
    cast = make_cast(closes_at=NOW + 10 * MINUTE)
    later = {"closes_at": (NOW + 60 * MINUTE).isoformat()}
    attempt = begin(cast.alice, lms_dates=later)
    assert attempt.deadline_at == NOW + 60 * MINUTE
    begin(cast.alice, lms_dates={"closes_at": (NOW + 90 * MINUTE).isoformat()})
    assert stored(attempt).deadline_at == NOW + 90 * MINUTE


def test_preview_has_no_deadline() -> None:
    cast = make_cast(time_limit=1, closes_at=NOW)
    preview = attempts.start(assignment=cast.assignment, person=cast.tess.person, preview=True, now=NOW)
    assert (preview.deadline_at, preview.due_at) == (None, None)


# Accommodations.


@pytest.mark.parametrize(
    ("values", "minutes"),
    [({"time_factor": Decimal("1.5")}, 45), ({"extra_minutes": 20}, 50), ({"no_time_limit": True}, None)],
)
@pytest.mark.parametrize("whom", ["person", "group", "everyone", "standing"])
def test_every_kind_of_accommodation_reaches_a_running_attempt(
    whom: str, values: dict[str, Any], minutes: int | None
) -> None:
    cast = make_cast(time_limit=30)
    attempt, other = begin(cast.alice), begin(cast.bob)
    person = cast.alice.person
    if whom == "standing":
        accommodations.give_standing(person=person, **values)
    else:
        group = Group.objects.create(institution=person.institution, course=cast.assignment.course, group_id="g")
        group.members.add(person)
        for_whom = {"person": {"person": person}, "group": {"group": group}, "everyone": {}}[whom]
        given = accommodations.give(assignment=cast.assignment, **for_whom, **values)
    expected = NOW + minutes * MINUTE if minutes else None
    assert stored(attempt).deadline_at == expected
    assert stored(other).deadline_at == (expected if whom == "everyone" else NOW + 30 * MINUTE)
    if whom != "standing":
        accommodations.withdraw(accommodation=given)
        assert stored(attempt).deadline_at == NOW + 30 * MINUTE


def test_closing_date_moves_with_extra_time() -> None:
    cast = make_cast(time_limit=30, closes_at=NOW + 20 * MINUTE, due_at=NOW + 20 * MINUTE)
    accommodations.give(assignment=cast.assignment, person=cast.alice.person, time_factor=Decimal(2))
    attempt = begin(cast.alice)
    assert (attempt.deadline_at, attempt.due_at) == (NOW + 50 * MINUTE, NOW + 50 * MINUTE)


def test_own_dates_and_extra_attempts_hold_for_this_learner_alone() -> None:
    cast = make_cast(closes_at=NOW, max_attempts=1)
    accommodations.give(
        assignment=cast.assignment, person=cast.alice.person, closes_at=NOW + 60 * MINUTE, extra_attempts=1
    )
    for _ in range(2):
        attempts.submit(attempt=begin(cast.alice, at(1)), now=at(2))
    with pytest.raises(NoAttemptLeft):
        begin(cast.alice, at(3))
    with pytest.raises(OutsideWindow):
        begin(cast.bob, at(1))


def test_extension_given_afterwards_makes_an_attempt_no_longer_late() -> None:
    cast = make_cast(due_at=NOW - MINUTE, late_percent=50)
    hand_in(cast.alice, **all_right())
    full = Attempt.objects.get(person=cast.alice.person).points
    assert grade_of(cast.alice) == full / 2
    accommodations.give(assignment=cast.assignment, person=cast.alice.person, due_at=NOW + 60 * MINUTE)
    tasks.recompute_grades(str(cast.assignment.pk))
    assert grade_of(cast.alice) == full


# Attempts.


def test_pause_between_attempts_says_until_when() -> None:
    cast = make_cast(cool_down=60)
    attempts.submit(attempt=begin(cast.alice), now=at(30))
    with pytest.raises(TooSoon) as refused:
        begin(cast.alice, at(60))
    assert refused.value.until == at(30) + 60 * MINUTE
    begin(cast.alice, at(30) + 60 * MINUTE)


def test_access_code_is_asked_once_and_taken_as_people_type_it() -> None:
    cast = make_cast(access_code="Blue Whale")
    for wrong in ("", "blue", "bluewhales"):
        with pytest.raises(WrongCode):
            begin(cast.alice, code=wrong)
    attempt = begin(cast.alice, code=" blue  WHALE")
    assert begin(cast.alice).pk == attempt.pk


def test_average_of_all_attempts_counts() -> None:
    cast = make_cast(counts="average")
    hand_in(cast.alice, **all_right())
    best = Attempt.objects.get(person=cast.alice.person).points
    hand_in(cast.alice)
    blank = Attempt.objects.get(person=cast.alice.person, number=2).points
    assert grade_of(cast.alice) == (best + blank) / 2


# What is shown and sent.


def test_held_score_is_neither_shown_nor_sent_until_it_is_released() -> None:
    cast = make_cast(scores_held=True)
    attempt = hand_in(cast.alice, **all_right())
    assert not Score.objects.exists()
    assert showing.of(stored(attempt), NOW) == showing.NOTHING
    policy.release(assignment=cast.assignment, now=at(60))
    tasks.recompute_grades(str(cast.assignment.pk))
    assert Score.objects.get().score_given == grade_of(cast.alice)
    assert showing.of(stored(attempt), at(60)) == showing.ALL


@pytest.mark.parametrize(
    ("shown", "before", "after"),
    [
        (Shown.AFTER_SUBMIT, True, True),
        (Shown.AFTER_DUE, False, True),
        (Shown.AFTER_CLOSE, False, True),
        (Shown.ON_RELEASE, False, False),
        (Shown.NEVER, False, False),
    ],
)
def test_each_facet_is_shown_from_its_own_moment(shown: Shown, before: bool, after: bool) -> None:
    cast = make_cast(due_at=at(3600), closes_at=at(3600), show_answer=shown)
    attempt = stored(hand_in(cast.alice, **all_right()))
    assert (showing.of(attempt, at(60)).answer, showing.of(attempt, at(7200)).answer) == (before, after)
    assert showing.of(attempt, at(60)).mark


def test_policy_takes_only_what_it_knows() -> None:
    with pytest.raises(TypeError):
        policy.change(assignment=make_cast().assignment, colour="red")
    assert set(placing.SHOWN) <= set(placing.POLICY)


# Corrections by a teacher.


def test_voided_attempt_counts_for_nothing_and_restoring_it_brings_all_back() -> None:
    cast = make_cast(max_attempts=1)
    attempt = hand_in(cast.alice, **all_right())
    folding.fold(assignment_id=cast.assignment.pk, now=NOW)
    before = (grade_of(cast.alice), figures(cast))
    corrections.void(attempt=attempt, by=cast.tess.person, reason="Fire alarm", now=at(60))
    assert not Grade.objects.exists()
    assert figures(cast)[0] == 0
    begun = begin(cast.alice, at(61))
    assert begun.number == 2
    begun.delete()
    corrections.restore(attempt=attempt, by=cast.tess.person, now=at(120))
    assert (grade_of(cast.alice), figures(cast)) == before
    log = [(entry["what"], entry["by"], entry["why"]) for entry in stored(attempt).log]
    assert log == [("voided", "Tess", "Fire alarm"), ("restored", "Tess", "")]


def figures(cast: Cast) -> tuple[int, Any]:
    folding.fold(assignment_id=cast.assignment.pk, now=NOW)
    found = report.report(scope=cast.assignment, population="first", now=NOW, small=True)
    return found["n"], found["machine_marked"]["mean"]["value"]


def test_grade_falls_back_to_another_attempt_when_the_one_that_counts_is_voided() -> None:
    cast = make_cast()
    hand_in(cast.alice)
    best = hand_in(cast.alice, **all_right())
    corrections.void(attempt=best, by=cast.tess.person, reason="", now=at(60))
    assert Grade.objects.get().attempt.number == 1


def test_reopened_attempt_goes_on_with_its_answers_and_is_marked_again() -> None:
    cast = make_cast(time_limit=30)
    attempt = hand_in(cast.alice, **all_right(q1=""))
    until = NOW + 300 * MINUTE
    corrections.reopen(attempt=attempt, by=cast.tess.person, reason="Power cut", until=until, now=NOW + 200 * MINUTE)
    opened = begin(cast.alice, NOW + 201 * MINUTE)
    assert (opened.pk, stored(opened).deadline_at) == (attempt.pk, until)
    answer(opened, NOW + 202 * MINUTE, seq=9)
    attempts.submit(attempt=opened, now=NOW + 203 * MINUTE)
    again = marking.mark_attempt(opened.pk, NOW + 203 * MINUTE)
    assert again.points == attempt.points + 1
    assert grade_of(cast.alice) == again.points


def test_attempt_is_not_reopened_while_another_is_open() -> None:
    cast = make_cast()
    attempt = hand_in(cast.alice)
    begin(cast.alice, at(60))
    with pytest.raises(corrections.CannotReopen):
        corrections.reopen(attempt=attempt, by=cast.tess.person, reason="", until=at(900), now=at(120))

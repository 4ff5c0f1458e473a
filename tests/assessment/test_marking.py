"""Marking by rule, the sweeper behind it, and what the database forbids."""

import logging
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from assessment import attempts, marking, sweeping, tasks
from assessment.models import (
    Attempt,
    AttemptState,
    Grade,
    GradeState,
    Mark,
    Response,
    StatisticsCell,
    StatisticsDelta,
    WhileWaiting,
)
from content import places
from content.models import KeyState
from lti.models import Score
from tests.cast import Cast, all_right, at, hand_in, make_cast, offer_column, published_quiz


def mark_of(attempt: Attempt, identifier: str) -> Mark | None:
    return Mark.objects.filter(response__attempt=attempt, response__item_version__item__identifier=identifier).first()


def event() -> Score:
    return Score.objects.get()


def test_open_answer_waits_for_a_person(cast: Cast) -> None:
    attempt = hand_in(cast.alice, at(5), **all_right(q2="b", q3="c"))

    assert attempt.state == AttemptState.NEEDS_REVIEW
    assert (attempt.items_marked, attempt.items_total) == (9, 10)
    assert (attempt.points, attempt.points_waiting, attempt.points_max) == (Decimal("7.5"), 1, 10)
    assert attempt.marked_at is None
    assert mark_of(attempt, "q8") is None
    waiting = Response.objects.get(waiting=True)
    assert waiting.item_version.item.identifier == "q8"


def test_everything_blank_is_marked_at_once(cast: Cast) -> None:
    attempt = hand_in(cast.alice, at(5))

    assert (attempt.state, attempt.items_marked, attempt.points) == (AttemptState.MARKED, 10, 0)
    assert attempt.marked_at == at(5)
    assert set(Mark.objects.values_list("points", "by", "tier")) == {(Decimal(0), "rule", "blank")}
    assert (Grade.objects.get().state, event().score_given, event().final) == (GradeState.FINAL, 0, True)


@pytest.mark.django_db
@pytest.mark.parametrize("state", [state for state in KeyState if state != KeyState.APPROVED])
def test_key_that_is_not_approved_marks_nothing(state: KeyState) -> None:
    cast = make_cast(quiz=published_quiz(q3={"key_state": state}, q4={"key_state": state}))
    attempt = hand_in(cast.alice, **all_right(q4=""))

    assert mark_of(attempt, "q3") is None
    blank = mark_of(attempt, "q4")
    assert blank is not None
    assert (blank.points, blank.tier) == (0, "blank")
    assert (attempt.items_marked, attempt.points, attempt.points_waiting) == (8, 7, 2)


@pytest.mark.django_db
def test_points_are_kept_to_a_thousandth() -> None:
    body = {
        "stem": "?",
        "section": None,
        "options": [
            {"id": "a", "text": "A", "credit": 1, "rationale": ""},
            {"id": "b", "text": "B", "credit": 1 / 3, "rationale": ""},
        ],
    }
    cast = make_cast(quiz=published_quiz(q1={"body": body, "points": 2}))
    attempt = hand_in(cast.alice, q1="b")

    assert attempt.points == Decimal("0.667")


def test_marking_again_changes_nothing(cast: Cast) -> None:
    attempt = hand_in(cast.alice, **all_right())
    before = Attempt.objects.values().get()
    counts = [model.objects.count() for model in (Mark, Grade, Score, StatisticsDelta)]

    marking.mark_attempt(attempt.pk, at(60))
    marking.mark_attempt(str(attempt.pk), at(61))

    assert Attempt.objects.values().get() == before
    assert [model.objects.count() for model in (Mark, Grade, Score, StatisticsDelta)] == counts


def test_open_attempt_is_not_marked(cast: Cast) -> None:
    attempt = attempts.start(assignment=cast.assignment, person=cast.alice.person, preview=False, now=at(0))
    assert marking.mark_attempt(attempt.pk, at(1)).state == AttemptState.IN_PROGRESS
    assert not Mark.objects.exists()


def test_preview_is_marked_and_stays_out_of_everything(cast: Cast) -> None:
    attempt = hand_in(cast.tess, **all_right())

    assert (attempt.state, attempt.points) == (AttemptState.NEEDS_REVIEW, 9)
    for model in (Grade, Score, StatisticsDelta):
        assert not model.objects.exists()


def test_marking_costs_a_fixed_number_of_queries(cast: Cast, django_assert_max_num_queries: Any) -> None:
    attempt = hand_in(cast.alice, marked=False, **all_right())
    with django_assert_max_num_queries(23):
        marking.mark_attempt(attempt.pk, at(1))


def test_failure_anywhere_leaves_the_attempt_unmarked(cast: Cast) -> None:
    """The score event is the last write: what stops it must undo the marks."""
    attempt = hand_in(cast.alice, marked=False, **all_right())
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION pg_temp.no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;"
            "CREATE TRIGGER no BEFORE INSERT ON lti_score FOR EACH ROW EXECUTE FUNCTION pg_temp.no()"
        )
    with pytest.raises(Exception, match="no"), transaction.atomic():
        marking.mark_attempt(attempt.pk, at(1))

    attempt.refresh_from_db()
    assert attempt.state == AttemptState.SUBMITTED
    assert not Mark.objects.exists()
    assert not Grade.objects.exists()


# --- poison


POISON = {"body": {"stem": "broken", "options": [{"id": "a", "text": "A", "rationale": ""}], "section": None}}


@pytest.mark.django_db
def test_fault_in_one_item_leaves_that_item_to_a_person(caplog: pytest.LogCaptureFixture) -> None:
    cast = make_cast(quiz=published_quiz(q5=POISON))
    attempt = hand_in(cast.alice, **all_right())

    assert (attempt.state, attempt.items_marked, attempt.points_waiting) == (AttemptState.NEEDS_REVIEW, 8, 2)
    assert "a person has to" in caplog.text


def poison(attempt: Attempt) -> None:
    """Give the attempt an item of a kind that does not exist any more, so that nothing can be done with it."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE content_itemversion SET kind = 'gone' WHERE id IN"
            " (SELECT item_version_id FROM assessment_response WHERE attempt_id = %s)",
            [attempt.pk],
        )
        cursor.execute("SET LOCAL session_replication_role = origin")
    places._all.cache_clear()  # as in another process: this one read them when they were whole


@pytest.mark.django_db
def test_attempt_that_cannot_be_marked_holds_up_no_other(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "PER_SWEEP", 2)
    broken, sound = make_cast(quiz=published_quiz()), make_cast()
    bad = [hand_in(viewer, at(0), marked=False, **all_right()) for viewer in (broken.alice, broken.bob)]
    good = [hand_in(viewer, at(1), marked=False, **all_right()) for viewer in (sound.alice, sound.bob)]
    poison(bad[0])

    sweeping.sweep(now=at(60))
    sweeping.sweep(now=at(61))

    assert {Attempt.objects.get(pk=one.pk).state for one in bad} == {AttemptState.SUBMITTED}
    assert {Attempt.objects.get(pk=one.pk).state for one in good} == {AttemptState.NEEDS_REVIEW}
    assert caplog.text.count("could not mark attempt") == 2


@pytest.mark.django_db
def test_attempt_that_cannot_be_marked_is_tried_at_growing_distances(caplog: pytest.LogCaptureFixture) -> None:
    cast = make_cast()
    bad = hand_in(cast.alice, at(0), marked=False, **all_right())
    poison(bad)
    caplog.set_level(logging.CRITICAL)
    tries = [at(5)]
    sweeping.sweep(now=at(5))
    while len(tries) < 12:
        bad.refresh_from_db()
        assert bad.mark_after is not None
        tries.append(bad.mark_after)
        sweeping.sweep(now=bad.mark_after - timedelta(seconds=1))
        bad.refresh_from_db()
        assert bad.mark_tries == len(tries) - 1
        sweeping.sweep(now=tries[-1])

    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(tries)]
    assert gaps == [15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


# --- the sweeper


def test_sweeper_marks_what_a_lost_message_left(cast: Cast) -> None:
    attempt = hand_in(cast.alice, at(0), marked=False, **all_right())

    sweeping.sweep(now=at(4))
    attempt.refresh_from_db()
    assert attempt.state == AttemptState.SUBMITTED  # its message may still be on the way

    sweeping.sweep(now=at(5))
    attempt.refresh_from_db()
    assert attempt.state == AttemptState.NEEDS_REVIEW
    assert event().score_given == 9


def test_sweeper_folds_statistics(cast: Cast) -> None:
    hand_in(cast.alice, at(0), **all_right())
    assert StatisticsDelta.objects.exists()

    sweeping.sweep(now=at(1))

    assert not StatisticsDelta.objects.exists()
    assert StatisticsCell.objects.get(assignment=cast.assignment, population="all", day=None).n == 1


@pytest.mark.django_db
def test_sweeper_sends_the_score_once_a_column_is_offered() -> None:
    cast = make_cast(column=False)
    hand_in(cast.alice, at(0), **all_right())
    sweeping.sweep(now=at(10))
    assert not Score.objects.exists()

    offer_column(cast.assignment.resource_link)
    sweeping.sweep(now=at(20))
    sweeping.sweep(now=at(30))

    assert (event().score_given, Score.objects.count()) == (9, 1)
    assert Grade.objects.get().unsent_at is None


@pytest.mark.django_db
def test_column_offered_late_gets_no_score_that_the_policy_holds_back() -> None:
    cast = make_cast(column=False, while_waiting=WhileWaiting.NOTHING)
    hand_in(cast.alice, at(0), **all_right())
    offer_column(cast.assignment.resource_link)

    sweeping.sweep(now=at(20))

    assert not Score.objects.exists()


@pytest.mark.django_db
def test_grades_that_still_find_no_column_hold_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "PER_SWEEP", 1)
    cast = make_cast(column=False)
    hand_in(cast.charlie, at(0), **all_right())
    hand_in(cast.alice, at(1), **all_right())
    offer_column(cast.assignment.resource_link)
    unfit = offer_column(cast.charlie.resource_link)  # type: ignore[arg-type]
    unfit.resource_link.scopes = []
    unfit.resource_link.save()

    sweeping.sweep(now=at(10))
    sweeping.sweep(now=at(20))

    assert Score.objects.get().platform_user.person == cast.alice.person


def test_tasks_do_the_same(cast: Cast) -> None:
    attempt = hand_in(cast.alice, marked=False, **all_right())

    tasks.mark_attempt(str(attempt.pk))
    tasks.fold_statistics(str(cast.assignment.pk))
    tasks.sweep()

    attempt.refresh_from_db()
    assert attempt.state == AttemptState.NEEDS_REVIEW
    assert StatisticsCell.objects.exists()


def test_task_for_an_attempt_that_is_gone_is_dropped(db: None, caplog: pytest.LogCaptureFixture) -> None:
    tasks.mark_attempt("00000000-0000-7000-8000-000000000000")
    assert "is gone" in caplog.text


# --- the database


def test_database_refuses_to_change_a_mark(cast: Cast) -> None:
    hand_in(cast.alice, **all_right())
    for change in ({"points": 0}, {"note": "x"}, {"by": "suggestion"}):
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            Mark.objects.update(**change)


def test_database_refuses_a_second_rule_mark(cast: Cast) -> None:
    attempt = hand_in(cast.alice, **all_right())
    mark = mark_of(attempt, "q1")
    assert mark is not None
    mark.pk = None
    with pytest.raises(IntegrityError, match="one_rule_mark"), transaction.atomic():
        mark.save(force_insert=True)


def test_erasing_an_attempt_erases_its_marks(cast: Cast) -> None:
    attempt = hand_in(cast.alice, **all_right())
    attempt.delete()
    assert not Mark.objects.exists()

"""What counts, and what the LMS hears of it."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from assessment import access, attempts, grades, marking, review, sweeping
from assessment.models import Assignment, Attempt, Counts, Grade, GradeState, Response, WhileWaiting
from assessment.placement import policy
from lti.gradebook import columns, scores
from lti.models import LineItem, Score, ScoreState
from roster.models import Role
from tests.cast import (
    Cast,
    all_right,
    answer,
    at,
    begin,
    hand_in,
    make_cast,
    make_launch,
    make_person,
    publish,
    published_quiz,
)
from tests.patience import PATIENCE
from tests.races import race
from tests.system import wait_for

SOME_WRONG = all_right(q1="c", q2="c", q8="")  # 7 of 10, nothing waits
MANY_WRONG = all_right(q1="c", q2="c", q3="c", q4="c", q8="")  # 5 of 10, nothing waits


def grade(cast: Cast) -> tuple[Decimal, str]:
    found = Grade.objects.get(assignment=cast.assignment, person=cast.alice.person)
    return found.points, found.state


def wanted(cast: Cast) -> tuple[Decimal, bool] | None:
    """The score that the LMS should have, and whether it is final; None where it gets none."""
    found = Score.objects.filter(platform_user__person=cast.alice.person).first()
    return (found.score_given, found.final) if found else None


def confirm(cast: Cast, attempt: Attempt, points: str, now: Any = None) -> None:
    response = Response.objects.get(attempt=attempt, item_version__item__identifier="q8")
    review.confirm(response=response, points=Decimal(points), note="", by=cast.tess.person, now=now or at(100))


def test_marked_part_goes_to_the_lms_as_not_final_and_can_only_rise(cast: Cast) -> None:
    attempt = hand_in(cast.alice, at(1), **all_right())
    assert grade(cast) == (9, GradeState.PROVISIONAL)
    assert wanted(cast) == (9, False)

    confirm(cast, attempt, "0.5")

    assert grade(cast) == (Decimal("9.5"), GradeState.FINAL)
    assert wanted(cast) == (Decimal("9.5"), True)


def test_score_that_stays_is_sent_again_when_it_becomes_final(cast: Cast) -> None:
    confirm(cast, hand_in(cast.alice, **all_right()), "0")
    assert wanted(cast) == (9, True)


def test_event_names_the_times_of_the_attempt_that_counts(cast: Cast) -> None:
    attempt = begin(cast.alice, at(0))
    attempts.submit(attempt=attempt, now=at(300))
    marking.mark_attempt(attempt.pk, at(301))

    event = Score.objects.get()
    assert (event.started_at, event.submitted_at, event.score_maximum) == (at(0), at(300), 10)


@pytest.mark.django_db
def test_nothing_goes_to_the_lms_until_final_where_the_policy_says_so() -> None:
    cast = make_cast(while_waiting=WhileWaiting.NOTHING)
    attempt = hand_in(cast.alice, **all_right())
    assert wanted(cast) is None

    confirm(cast, attempt, "1")
    assert wanted(cast) == (10, True)


def test_highest_keeps_the_better_attempt(cast: Cast) -> None:
    hand_in(cast.alice, **SOME_WRONG)
    hand_in(cast.alice, **MANY_WRONG)

    assert grade(cast) == (7, GradeState.FINAL)
    assert wanted(cast) == (7, True)


@pytest.mark.django_db
def test_latest_takes_the_last_one_marked() -> None:
    cast = make_cast(counts=Counts.LATEST)
    hand_in(cast.alice, **SOME_WRONG)
    hand_in(cast.alice, **MANY_WRONG)

    assert grade(cast) == (5, GradeState.FINAL)
    assert wanted(cast) == (5, True)


@pytest.mark.django_db
def test_first_stays_whatever_follows() -> None:
    cast = make_cast(counts=Counts.FIRST)
    hand_in(cast.alice, **MANY_WRONG)
    hand_in(cast.alice, **SOME_WRONG)

    assert grade(cast) == (5, GradeState.FINAL)
    assert wanted(cast) == (5, True)


@pytest.mark.django_db
def test_first_waits_for_the_first_to_be_marked() -> None:
    """A lost message must not let the second attempt count for a while."""
    cast = make_cast(counts=Counts.FIRST)
    first = hand_in(cast.alice, marked=False, **MANY_WRONG)
    hand_in(cast.alice, **SOME_WRONG)
    assert not Grade.objects.exists()

    marking.mark_attempt(first.pk, at(9))
    assert grade(cast) == (5, GradeState.FINAL)


@pytest.mark.parametrize("counts", list(Counts))
def test_starting_again_takes_nothing_away(db: None, counts: Counts) -> None:
    cast = make_cast(counts=counts)
    hand_in(cast.alice, **SOME_WRONG)
    again = begin(cast.alice)
    answer(again, **MANY_WRONG)
    grades.recompute(assignment=cast.assignment, person=cast.alice.person, now=at(9))

    assert grade(cast) == (7, GradeState.FINAL)
    assert wanted(cast) == (7, True)


def test_highest_is_open_while_another_attempt_could_still_exceed(cast: Cast) -> None:
    waiting = hand_in(cast.alice, **all_right(q1="c", q2="b"))  # 7.5, and 1 waits
    hand_in(cast.alice, **all_right(q1="c", q8=""))  # 8
    assert grade(cast) == (8, GradeState.PROVISIONAL)

    confirm(cast, waiting, "0.25")
    assert grade(cast) == (8, GradeState.FINAL)

    confirm(cast, waiting, "1", at(200))
    assert grade(cast) == (Decimal("8.5"), GradeState.FINAL)


def test_highest_is_final_when_what_waits_cannot_exceed_it(cast: Cast) -> None:
    hand_in(cast.alice, **all_right(q1="c", q2="c"))  # 7, and 1 waits: 8 at most
    hand_in(cast.alice, **all_right(q1="c", q8=""))  # 8

    assert grade(cast) == (8, GradeState.FINAL)


@pytest.mark.django_db
def test_score_already_sent_stays_while_a_better_one_waits() -> None:
    cast = make_cast(while_waiting=WhileWaiting.NOTHING)
    hand_in(cast.alice, **SOME_WRONG)
    better = hand_in(cast.alice, **all_right())
    assert grade(cast) == (9, GradeState.PROVISIONAL)
    assert wanted(cast) == (7, True)

    confirm(cast, better, "1")
    assert wanted(cast) == (10, True)


def test_versions_with_other_points_are_compared_by_share(cast: Cast) -> None:
    hand_in(cast.alice, **SOME_WRONG)  # 7 of 10
    publish(cast.quiz, **{f"q{i}": {"points": 10} for i in range(1, 11)})
    worse = hand_in(cast.alice, q1="a", q2="a")  # 20 of 100

    assert worse.points == 20
    found = Grade.objects.get()
    assert (found.points, found.points_max) == (7, 10)


def test_preview_never_makes_a_grade(cast: Cast) -> None:
    as_teacher = make_launch(cast.assignment.resource_link, cast.alice.person, Role.INSTRUCTOR)
    hand_in(as_teacher, **all_right(q8=""))
    assert grades.recompute(assignment=cast.assignment, person=cast.alice.person, now=at(1)) is None

    hand_in(cast.alice, **MANY_WRONG)
    assert grade(cast) == (5, GradeState.FINAL)


def test_recomputing_tells_nobody_anything_new(cast: Cast) -> None:
    hand_in(cast.alice, **all_right())
    before = Grade.objects.values().get()
    for second in (10, 20):
        grades.recompute(assignment=cast.assignment, person=cast.alice.person, now=at(second))
    assert Grade.objects.values().get() == before
    assert Score.objects.count() == 1


def test_change_of_policy_reaches_grades_and_lms(cast: Cast) -> None:
    hand_in(cast.alice, **SOME_WRONG)
    hand_in(cast.alice, **MANY_WRONG)
    Assignment.objects.filter(pk=cast.assignment.pk).update(counts=Counts.LATEST, grades_due=True)

    sweeping.sweep(now=at(50))
    sweeping.sweep(now=at(60))

    assert grade(cast) == (5, GradeState.FINAL)
    assert wanted(cast) == (5, True)
    cast.assignment.refresh_from_db()
    assert cast.assignment.grades_due is False


def test_grades_are_worked_out_some_people_at_a_time_and_stay_due_where_the_policy_changes_on_the_way(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grades, "AT_ONCE", 1)
    for viewer in (cast.alice, cast.bob):
        hand_in(viewer, **SOME_WRONG)
        hand_in(viewer, **MANY_WRONG)
    mine = Assignment.objects.filter(pk=cast.assignment.pk)
    mine.update(counts=Counts.LATEST, grades_due=True)
    some = grades._recompute_some

    def and_then_first(*args: Any) -> Any:
        policy = some(*args)
        mine.update(counts=Counts.FIRST)
        return policy

    with monkeypatch.context() as patch:
        patch.setattr(grades, "_recompute_some", and_then_first)
        sweeping.sweep(now=at(50))
    assert mine.get().grades_due

    sweeping.sweep(now=at(60))
    assert not mine.get().grades_due
    assert set(access.grades_of(cast.alice.institution).values_list("points", flat=True)) == {Decimal(7)}


@pytest.mark.django_db
def test_score_held_back_leaves_when_the_policy_allows_it() -> None:
    cast = make_cast(while_waiting=WhileWaiting.NOTHING)
    hand_in(cast.alice, **all_right())
    Assignment.objects.filter(pk=cast.assignment.pk).update(while_waiting=WhileWaiting.MARKED_PART, grades_due=True)

    sweeping.sweep(now=at(50))

    assert wanted(cast) == (9, False)


# --- races


@pytest.mark.django_db(transaction=True)
def test_attempts_of_one_person_marked_at_once_give_the_highest() -> None:
    cast = make_cast()
    for _ in range(3):
        Attempt.objects.all().delete()
        handed = [hand_in(cast.alice, marked=False, **given) for given in (MANY_WRONG, SOME_WRONG, all_right(q8=""))]
        results = race(*[lambda one=one: marking.mark_attempt(one.pk, at(9)) for one in handed])

        assert all(isinstance(one, Attempt) for one in results), results
        assert grade(cast) == (9, GradeState.FINAL)
        assert wanted(cast) == (9, True)
        Grade.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_marking_and_reviewing_at_once_never_deadlock() -> None:
    cast = make_cast()
    for second in (201, 202, 203, 204):
        now = at(second)
        waiting = [hand_in(cast.alice, **all_right(q1="c")) for _ in range(2)]
        fresh = [hand_in(cast.alice, marked=False, **all_right(q2="c", q3="c")) for _ in range(2)]
        works: list[Any] = [partial(confirm, cast, one, "1", now) for one in waiting]
        works += [partial(marking.mark_attempt, one.pk, now) for one in fresh]
        works += [partial(grades.recompute_all, assignment_id=cast.assignment.pk, now=now)]

        results = race(*works)

        assert not [one for one in results if isinstance(one, Exception)], results
        assert grade(cast) == (9, GradeState.FINAL)
        assert wanted(cast) == (9, True)


@pytest.mark.django_db(transaction=True)
def test_class_handing_in_at_once_gets_a_grade_each() -> None:
    cast = make_cast(quiz=published_quiz())
    link = cast.assignment.resource_link
    learners = [make_launch(link, make_person(link, f"Learner {i}")) for i in range(6)]
    handed = [hand_in(one, marked=False, **SOME_WRONG) for one in learners]

    results = race(*[lambda one=one: marking.mark_attempt(one.pk, at(9)) for one in handed])

    assert all(isinstance(one, Attempt) for one in results), results
    assert access.grades_of(cast.alice.institution).count() == Score.objects.count() == 6


def test_final_score_below_the_pass_mark_is_zero_where_the_column_is_pass_or_fail(cast: Cast) -> None:
    """Canvas takes every point above zero for a pass."""
    hand_in(cast.alice, **SOME_WRONG)  # 7 of 10
    for percent in (80, 70, None):
        policy.set_pass_mark(assignment=cast.assignment, percent=percent)
        sweeping.sweep(now=at(50))

    assert wanted(cast) == (7, True)
    assert grade(cast) == (7, GradeState.FINAL), "the grade here stays what it is"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first", [True, False])
def test_policy_that_changes_while_an_attempt_is_marked_reaches_its_grade(
    monkeypatch: pytest.MonkeyPatch, first: bool
) -> None:
    cast = make_cast()
    if not first:
        hand_in(cast.alice, at(0), **SOME_WRONG)
    attempt = hand_in(cast.alice, at(1), marked=False, **all_right(q8=""))
    queueing, go = Event(), Event()
    queue = scores.queue

    def slow(**given: Any) -> Any:
        queueing.set()
        go.wait(PATIENCE)
        return queue(**given)

    monkeypatch.setattr(grades.scores, "queue", slow)

    def change() -> None:
        queueing.wait(PATIENCE)
        policy.set_pass_mark(assignment=cast.assignment, percent=60)

    def let_go_on() -> None:
        queueing.wait(PATIENCE)
        changed = Assignment.objects.filter(pk=cast.assignment.pk, pass_percent=60)
        wait_for(lambda: _somebody_waits() or changed.exists())
        if changed.exists():
            grades.recompute_all(assignment_id=cast.assignment.pk, now=at(3))
        go.set()

    done = race(lambda: marking.mark_attempt(attempt.pk, at(2)), change, let_go_on)
    assert [one for one in done if isinstance(one, Exception)] == []
    sweeping.sweep(now=at(60))

    newest = Score.objects.first()
    assert newest
    assert (newest.score_given, newest.score_maximum) == (10, 10), "60 percent are a pass"


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def test_grade_says_when_it_was_written_not_when_its_task_began(cast: Cast) -> None:
    before = timezone.now()
    hand_in(cast.alice, at(-3_600), **all_right())
    assert Grade.objects.get().updated_at >= before


def test_provisional_score_says_how_far_the_marking_is_and_the_final_one_that_it_is_over(cast: Cast) -> None:
    """Canvas adds comments: without another one the first would stand there as if it were still so."""
    attempt = hand_in(cast.alice, **all_right())
    assert Score.objects.get().comment == "1 of 10 points still to be marked by a person."
    Score.objects.update(comment_sent=True)
    confirm(cast, attempt, "1")
    hand_in(cast.bob, **all_right(q8=""))

    comments = list(Score.objects.order_by("pk").values_list("comment", flat=True))
    assert comments == ["All answers are marked now.", ""]


def test_comment_that_was_never_sent_needs_no_other_one(cast: Cast) -> None:
    attempt = hand_in(cast.alice, **all_right())
    confirm(cast, attempt, "1")

    assert Score.objects.get().comment == ""


def test_words_for_the_gradebook_are_in_the_language_of_the_learners_newest_launch(cast: Cast) -> None:
    for launch, locale in ((cast.alice, "fr-CA"), (cast.bob, "sv")):
        make_launch(cast.assignment.resource_link, launch.person, locale=locale)
        hand_in(launch, **all_right())

    comments = dict(Score.objects.values_list("platform_user__person__name", "comment"))
    assert comments["Alice"] == "Points encore à corriger par votre enseignant\N{NO-BREAK SPACE}: 1 sur 10."
    assert comments["Bob"] == "1 of 10 points still to be marked by a person."


def test_sweep_sends_again_what_was_refused_before_the_lms_offered_another_column(cast: Cast) -> None:
    hand_in(cast.alice, **all_right())
    refused = {"state": ScoreState.REFUSED, "claimed_at": at(1)}
    Score.objects.update(**refused)
    LineItem.objects.filter(resource_link=cast.assignment.resource_link).update(news_at=at(0))
    sweeping.sweep(now=at(10))
    assert Score.objects.get().state == ScoreState.REFUSED, "it was refused after the news"

    LineItem.objects.filter(resource_link=cast.assignment.resource_link).update(news_at=at(20))
    sweeping.sweep(now=at(30))
    event = Score.objects.get()
    assert (event.state, event.next_try_at) == (ScoreState.DUE, at(30))


def test_sweep_looks_at_unsent_grades_of_columns_with_news_only(
    cast: Cast, django_assert_num_queries: Callable[..., Any]
) -> None:
    hand_in(cast.alice, **all_right())
    Grade.objects.update(unsent_at=at(1))
    LineItem.objects.update(news_at=at(-300))
    sweeping.sweep(now=at(10))
    assert Grade.objects.get().unsent_at == at(1), "from after the news, so it did not miss it"
    assert not LineItem.objects.filter(news_at__isnull=False).exists()

    with django_assert_num_queries(1):
        assert list(columns.with_news()) == []


@pytest.mark.django_db(transaction=True)
def test_grade_that_changes_while_it_is_to_be_sent_is_sent_all_the_same() -> None:
    cast = make_cast(column=False)
    hand_in(cast.alice, **all_right())
    other = hand_in(cast.alice, **all_right())
    grade = Grade.objects.get()
    begun = Event()

    def changes() -> None:
        with transaction.atomic():
            Grade.objects.filter(pk=grade.pk).update(attempt=other)
            begun.set()
            wait_for(_somebody_waits)

    def sends() -> None:
        assert begun.wait(timeout=PATIENCE)
        grades.resume(grade_id=grade.pk, now=at(3))

    assert race(changes, sends) == [None, None]

"""A wrong key is mended: what each answer earns then, and everything that follows."""

import copy
from decimal import Decimal
from typing import Any

import pytest

from assessment import access, attempts, corrections, marking, review, sheets
from assessment.models import Attempt, AttemptState, Grade, Mark, MarkedBy, Regrade, RegradeState
from assessment.regrading import batches, decisions, dry_run
from assessment.regrading.decisions import CannotRegrade
from assessment.statistics import deltas, folding, over_time, report
from content.models import Item, ItemVersion, Quiz, QuizVersion
from lti.models import Launch, Score, ScoreState
from tests.cast import (
    Cast,
    all_right,
    answer,
    at,
    begin,
    choice_body,
    hand_in,
    make_launch,
    make_person,
    publish,
)

WHY = "The key named the wrong option."


def version(identifier: str = "q1", number: int = 1) -> ItemVersion:
    return ItemVersion.objects.select_related("item").get(item__identifier=identifier, number=number)


def rekeyed(identifier: str = "q1", right: str = "c") -> dict[str, Any]:
    """The question with another option as the right one, the others wrong."""
    body = copy.deepcopy(version(identifier).body)
    for option in body["options"]:
        option["credit"] = 1 if option["id"] == right else 0
    return body


def plan(cast: Cast, choice: str = "new_key", identifier: str = "q1", *, right: str = "c", **more: Any) -> Regrade:
    by_key = choice in ("new_key", "both")
    given = {"everywhere": False, **more}
    if by_key and "body" not in given:
        given["body"] = rekeyed(identifier, right)
    return decisions.plan(
        assignment=cast.assignment,
        item_version=version(identifier),
        choice=choice,
        by=cast.tess.person,
        now=at(60),
        **({"body": None} | given),
    )


def commit(cast: Cast, regrade: Regrade, *, second: float = 70) -> Regrade:
    return decisions.commit(regrade=regrade, reason=WHY, by=access.author(cast.tess), now=at(second))


def run(regrade: Regrade, *, second: float = 80, batch: int = 200) -> Regrade:
    batches.run(regrade_id=regrade.pk, now=at(second), batch=batch)
    return Regrade.objects.get(pk=regrade.pk)


def regrade(cast: Cast, choice: str = "new_key", identifier: str = "q1", **more: Any) -> Regrade:
    return run(commit(cast, plan(cast, choice, identifier, **more)))


def undo(cast: Cast, regrade: Regrade, *, second: float = 90) -> Regrade:
    return run(decisions.undo(regrade=regrade, by=cast.tess.person, now=at(second)), second=second + 1)


def state(viewer: Launch) -> tuple[Decimal, Decimal]:
    """Points and their maximum of the attempt, which grade and score agree with."""
    attempt, grade = Attempt.objects.get(person=viewer.person), Grade.objects.get(person=viewer.person)
    score = Score.objects.get(platform_user__person=viewer.person)
    assert (grade.points, grade.points_max) == (attempt.points, attempt.points_max)
    assert (score.score_given, score.score_maximum) == (attempt.points, attempt.points_max)
    assert attempt.points == sum(mark.points for mark in marking.counting_marks(attempt).values())
    return attempt.points, attempt.points_max


def result(viewer: Launch, identifier: str = "q1") -> sheets.ItemResult:
    attempt = Attempt.objects.get(person=viewer.person)
    return next(one for one in attempts.results(attempt) if one.identifier == identifier)


def assert_figures_are_of_all_answers() -> None:
    """Totals and statistics of every attempt are what all its answers and marks say, not only what changed of them."""
    for attempt in Attempt.objects.all():
        seen = (attempt.state, attempt.points, attempt.points_max, attempt.points_waiting, attempt.items_marked)
        assert attempt.counted == deltas.contributions([attempt])[attempt.pk]
        responses = list(attempt.responses.select_related("item_version"))
        marking.total(attempt, responses, marking.counting_marks(attempt).values(), at(0))
        assert seen == (
            attempt.state, attempt.points, attempt.points_max, attempt.points_waiting, attempt.items_marked
        )  # fmt: skip


# What each choice does


def test_new_key_moves_points_up_and_down(cast: Cast) -> None:
    hand_in(cast.alice, **all_right())
    hand_in(cast.bob, **all_right(q1="c"))
    assert (state(cast.alice), state(cast.bob)) == ((9, 10), (8, 10))

    done = regrade(cast)

    assert (state(cast.alice), state(cast.bob)) == ((8, 10), (9, 10))
    assert done.state == RegradeState.DONE
    assert done.counts == {"all": 2, "handled": 2, "up": 1, "down": 1}


def test_both_keys_earn_what_is_higher(cast: Cast) -> None:
    hand_in(cast.alice, **all_right(q1="b"))
    hand_in(cast.bob, **all_right(q1="c"))
    regrade(cast, "both")
    assert (state(cast.alice), state(cast.bob)) == ((Decimal("8.5"), 10), (9, 10))


def test_full_marks_go_to_everyone_blanks_included(cast: Cast) -> None:
    hand_in(cast.alice, **all_right(q1="c"))
    hand_in(cast.bob, **all_right(q1=""))
    regrade(cast, "full")
    assert (state(cast.alice), state(cast.bob)) == ((9, 10), (9, 10))


def test_dropped_question_leaves_points_and_maximum(cast: Cast) -> None:
    hand_in(cast.alice, **all_right())
    hand_in(cast.bob, **all_right(q1="c"))
    regrade(cast, "drop")
    assert (state(cast.alice), state(cast.bob)) == ((8, 9), (8, 9))
    assert (result(cast.bob).state, result(cast.bob).points) == ("dropped", 0)


def test_full_marks_and_drop_settle_answers_that_wait_for_a_person(cast: Cast) -> None:
    hand_in(cast.alice, **all_right())
    regrade(cast, "full", "q8")
    attempt = Attempt.objects.get()
    assert (attempt.state, attempt.points, attempt.points_waiting) == (AttemptState.MARKED, 10, 0)
    assert not access.waiting_responses(cast.tess).exists()


def test_newest_published_version_can_be_the_key(cast: Cast) -> None:
    hand_in(cast.alice, **all_right(q1="c"))
    publish(cast.quiz, q1={"body": rekeyed(), "content_hash": "another"})
    regrade(cast, body=None)
    assert state(cast.alice) == (9, 10)


def test_answers_that_a_new_key_cannot_decide_keep_their_mark(cast: Cast) -> None:
    hand_in(cast.alice, **all_right())
    body = {**version("q8").body, "rubric": [{"level": "full", "idea": "Another idea.", "example": "Another."}]}
    done = regrade(cast, identifier="q8", body=body)
    assert done.counts["undecided"] == 1
    assert Attempt.objects.get().state == AttemptState.NEEDS_REVIEW


# What a person marked


@pytest.mark.parametrize(("choice", "points"), [("new_key", Decimal("8.25")), ("both", Decimal("8.25")), ("full", 9)])
def test_mark_of_a_person_stays_unless_everyone_gets_the_same(cast: Cast, choice: str, points: Any) -> None:
    hand_in(cast.alice, **all_right(q1="c"))
    response = access.class_responses(cast.tess).get(item_version__item__identifier="q1")
    review.confirm(response=response, points=Decimal("0.25"), note="Half an idea", by=cast.tess.person, now=at(30))
    done = regrade(cast, choice)
    assert state(cast.alice)[0] == points
    assert done.counts.get("kept", 0) == (choice != "full")
    undo(cast, done)
    mark = marking.counting_marks(Attempt.objects.get())[response.pk]
    assert (mark.points, mark.by, mark.note) == (Decimal("0.25"), MarkedBy.PERSON, "Half an idea")
    assert state(cast.alice)[0] == Decimal("8.25")


def test_mark_of_a_person_given_after_the_regrade_survives_its_undoing(cast: Cast) -> None:
    hand_in(cast.alice, **all_right())
    done = regrade(cast)
    response = access.class_responses(cast.tess).get(item_version__item__identifier="q1")
    review.confirm(response=response, points=Decimal("0.5"), note="", by=cast.tess.person, now=at(85))
    undo(cast, done)
    assert state(cast.alice)[0] == Decimal("8.5")


def test_dropped_answer_cannot_be_marked_by_a_person(cast: Cast) -> None:
    hand_in(cast.alice, **all_right())
    regrade(cast, "drop")
    response = access.class_responses(cast.tess).get(item_version__item__identifier="q1")
    with pytest.raises(review.NotReviewable):
        review.confirm(response=response, points=Decimal(1), note="", by=cast.tess.person, now=at(90))


# Undo


@pytest.mark.parametrize("choice", ["new_key", "both", "full", "drop"])
def test_undo_restores_points_maximum_and_statistics(cast: Cast, choice: str) -> None:
    hand_in(cast.alice, **all_right())
    hand_in(cast.bob, **all_right(q1="c"))
    before = state(cast.alice), state(cast.bob), [one.counted for one in Attempt.objects.order_by("pk")]
    done = regrade(cast, choice)
    assert_figures_are_of_all_answers()
    undone = undo(cast, done)
    assert_figures_are_of_all_answers()
    assert (state(cast.alice), state(cast.bob), [one.counted for one in Attempt.objects.order_by("pk")]) == before
    assert (undone.state, undone.undone_by) == (RegradeState.UNDONE, "Tess")
    assert Mark.objects.filter(response__item_version=version()).count() == 6  # nothing was deleted


def test_undo_lets_a_settled_answer_wait_again(cast: Cast) -> None:
    hand_in(cast.alice, **all_right())
    done = regrade(cast, "full", "q8")
    assert_figures_are_of_all_answers()
    undo(cast, done)
    assert_figures_are_of_all_answers()
    attempt = Attempt.objects.get()
    assert (attempt.state, attempt.points, attempt.points_waiting) == (AttemptState.NEEDS_REVIEW, 9, 1)
    assert result(cast.alice, "q8").state == "waiting"
    response = access.waiting_responses(cast.tess).get()
    review.confirm(response=response, points=Decimal("0.5"), note="", by=cast.tess.person, now=at(100), seen="")
    assert state(cast.alice) == (Decimal("9.5"), 10)


def test_only_the_latest_regrade_of_a_question_can_be_undone(cast: Cast) -> None:
    hand_in(cast.alice, **all_right())
    first = regrade(cast)
    second = run(commit(cast, plan(cast, "full"), second=85), second=86)
    with pytest.raises(CannotRegrade):
        decisions.undo(regrade=first, by=cast.tess.person, now=at(90))
    undo(cast, second)
    assert state(cast.alice) == (8, 10)
    undo(cast, first, second=95)
    assert state(cast.alice) == (9, 10)


# Attempts that are marked later, and who is left alone


def test_attempts_marked_later_follow_the_regrade_and_its_undoing(cast: Cast) -> None:
    done = regrade(cast)
    hand_in(cast.alice, now=at(100), **all_right(q1="c"))
    assert state(cast.alice) == (9, 10)
    assert [one.tier for one in Mark.objects.filter(response__item_version=version())] == ["regrade"]
    undo(cast, done, second=120)
    assert state(cast.alice) == (8, 10)


def test_dropped_question_is_out_of_attempts_marked_later(cast: Cast) -> None:
    regrade(cast, "drop")
    hand_in(cast.alice, now=at(100), **all_right())
    assert state(cast.alice) == (8, 9)


def test_attempt_handed_in_before_and_marked_after_the_batches_is_marked_once_by_the_new_key(cast: Cast) -> None:
    attempt = hand_in(cast.alice, marked=False, **all_right(q1="c"))
    regrade(cast)
    marking.mark_attempt(attempt.pk, at(100))
    assert state(cast.alice) == (9, 10)
    assert Mark.objects.filter(response__item_version=version()).count() == 1


def test_regrade_of_one_assignment_leaves_others_alone(cast: Cast) -> None:
    hand_in(cast.charlie, **all_right(q1="c"))
    regrade(cast)
    assert state(cast.charlie) == (8, 10)


def test_regrade_everywhere_reaches_the_institution_and_no_other(cast: Cast) -> None:
    for viewer in (cast.alice, cast.charlie, cast.dora):
        hand_in(viewer, **all_right(q1="c"))
    regrade(cast, everywhere=True)
    assert (state(cast.alice), state(cast.charlie), state(cast.dora)) == ((9, 10), (9, 10), (8, 10))


def test_open_and_voided_attempts_and_previews_are_no_part_of_the_dry_run(cast: Cast) -> None:
    hand_in(cast.tess, **all_right(q1="c"))
    answer(begin(cast.alice), **all_right(q1="c"))
    done = regrade(cast)
    assert not dry_run.of(plan(cast, "full")).counts
    assert "up" not in done.counts
    assert Attempt.objects.get(preview=True).points == 9  # who tries it out sees it as well


def test_attempt_that_was_set_aside_is_right_in_the_statistics_when_it_comes_back(cast: Cast) -> None:
    attempt = hand_in(cast.alice, **all_right())
    corrections.void(attempt=attempt, by=cast.tess.person, reason="", now=at(20))
    assert regrade(cast).counts == {"all": 1, "handled": 1}
    corrections.restore(attempt=attempt, by=cast.tess.person, now=at(99))
    assert state(cast.alice) == (8, 10)
    assert_figures_are_of_all_answers()


def test_batch_costs_as_many_statements_for_many_attempts_as_for_two(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    for viewer in (cast.alice, cast.bob):
        hand_in(viewer, **all_right(q1="c", q8=""))
    started = commit(cast, plan(cast))
    with django_assert_max_num_queries(30) as few:
        batches.run_batch(started.pk, at(80), 200)
    undo(cast, run(started))
    for number in range(4):
        link = cast.alice.resource_link
        assert link is not None
        hand_in(
            make_launch(link, make_person(link, f"P{number}"), custom=cast.alice.custom), **all_right(q1="c", q8="")
        )
    started = commit(cast, plan(cast), second=120)
    with django_assert_max_num_queries(len(few)):
        batches.run_batch(started.pk, at(130), 200)
    assert Mark.objects.filter(tier="regrade", evidence__regrade=str(started.pk)).count() == 6


# Dry run


def test_dry_run_says_what_committing_then_does(cast: Cast) -> None:
    hand_in(cast.alice, **all_right())
    hand_in(cast.bob, **all_right(q1="c"))
    planned = plan(cast)
    marks = Mark.objects.count()

    found = dry_run.of(planned)

    assert Mark.objects.count() == marks
    assert dict(found.counts) == {"up": 1, "down": 1}
    assert [(one.attempt.person, one.before, one.after) for one in found.moved] == [
        (cast.alice.person, 9, 8),
        (cast.bob.person, 8, 9),
    ]
    assert [(one.grade.person, one.before, one.after) for one in found.grades] == [
        (cast.alice.person, 9, 8),
        (cast.bob.person, 8, 9),
    ]
    run(commit(cast, planned))
    assert {one.grade.person: one.after for one in found.grades} == {
        grade.person: grade.points for grade in Grade.objects.all()
    }


@pytest.mark.parametrize("choice", ["new_key", "both", "full", "drop"])
def test_dry_run_of_every_choice_foretells_the_grades(cast: Cast, choice: str) -> None:
    hand_in(cast.alice, **all_right())
    hand_in(cast.alice, now=at(5), **all_right(q1="c", q2="c"))
    hand_in(cast.bob, **all_right(q1="b", q8=""))
    planned = plan(cast, choice)
    expected = {one.pk: (one.points, one.points_max) for one in Grade.objects.all()}
    expected |= {one.grade.pk: (one.after, one.most_after) for one in dry_run.of(planned).grades}
    run(commit(cast, planned))
    assert {one.pk: (one.points, one.points_max) for one in Grade.objects.all()} == expected


@pytest.mark.parametrize("held", [ScoreState.HELD, ScoreState.KEPT])
def test_dry_run_names_grades_that_a_teacher_has_overridden(cast: Cast, held: str) -> None:
    hand_in(cast.alice, **all_right())
    Score.objects.update(state=held, live="graded", live_given=10, live_maximum=10)
    found = dry_run.of(plan(cast))
    assert [one.grade.person for one in found.overridden] == [cast.alice.person]
    assert found.data()["grades"][0]["overridden"] is True

    run(commit(cast, plan(cast)))
    score = Score.objects.get()
    assert (score.state, score.score_given) == (ScoreState.HELD, 8)  # never forced over the teacher's


# Killed and resumed


def test_regrade_goes_on_where_a_killed_worker_left_it(cast: Cast) -> None:
    hand_in(cast.alice, **all_right(q1="c"))
    hand_in(cast.bob, **all_right(q1="c"))
    started = commit(cast, plan(cast))
    batches.run_batch(started.pk, at(80), 1)
    started.refresh_from_db()
    assert (started.state, started.counts["handled"]) == (RegradeState.RUNNING, 1)
    assert sorted(Attempt.objects.values_list("points", flat=True)) == [8, 9]

    done = run(started, batch=1)

    assert (done.state, done.counts["up"]) == (RegradeState.DONE, 2)
    assert Mark.objects.filter(tier="regrade").count() == 2
    assert (state(cast.alice), state(cast.bob)) == ((9, 10), (9, 10))


def test_fault_in_a_batch_leaves_nothing_of_it(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    hand_in(cast.alice, **all_right(q1="c"))
    started = commit(cast, plan(cast))
    with monkeypatch.context() as patch:
        patch.setattr("assessment.grades.recompute_people", lambda **_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            run(started)
    assert not Mark.objects.filter(tier="regrade").exists()
    assert run(started).state == RegradeState.DONE
    assert state(cast.alice) == (9, 10)


def test_running_twice_changes_nothing(cast: Cast) -> None:
    hand_in(cast.alice, **all_right(q1="c"))
    done = regrade(cast)
    assert run(done).counts == done.counts
    assert commit(cast, done).state == RegradeState.DONE
    assert Mark.objects.filter(tier="regrade").count() == 1


# What stands in the way


def test_dropping_the_only_question_is_refused(cast: Cast) -> None:
    hand_in(cast.alice, **all_right())
    for place in range(2, 11):
        regrade(cast, "drop", f"q{place}")
    with pytest.raises(CannotRegrade):
        plan(cast, "drop")


def test_same_key_or_a_missing_option_is_refused(cast: Cast) -> None:
    missing = {**rekeyed(), "options": rekeyed()["options"][1:]}
    for body in (version().body, missing, None, choice_body() | {"options": []}):
        with pytest.raises(CannotRegrade):
            plan(cast, body=body)


def test_commit_needs_a_reason_and_waits_for_a_running_one(cast: Cast) -> None:
    with pytest.raises(CannotRegrade):
        decisions.commit(regrade=plan(cast), reason="  ", by=access.author(cast.tess), now=at(70))
    commit(cast, plan(cast))
    with pytest.raises(CannotRegrade):
        commit(cast, plan(cast, "full"))


# Key and statistics


def test_corrected_key_becomes_an_item_version_and_the_author_s_draft(cast: Cast) -> None:
    Quiz.objects.filter(pk=cast.quiz.pk).update(institution=cast.tess.institution)
    Item.objects.filter(identifier="q1").update(kind="choice", body=version().body)
    done = regrade(cast)
    assert done.key is not None
    assert (done.key.number, done.key.body, done.key.key_state) == (2, rekeyed(), "approved")
    assert Item.objects.get(identifier="q1").body == rekeyed()


def test_key_corrected_by_someone_else_s_teacher_changes_no_draft_and_is_never_published(cast: Cast) -> None:
    done = regrade(cast)
    assert done.key is not None
    assert Item.objects.get(identifier="q1").body == {}
    assert decisions.newest_body(version()) is None
    assert not QuizVersion.objects.filter(places__item_version=done.key).exists()


def test_statistics_follow(cast: Cast) -> None:
    hand_in(cast.alice, **all_right(q8=""))
    regrade(cast)
    folding.fold(assignment_id=cast.assignment.pk, now=at(99))
    numbers = report.report(scope=cast.assignment, now=at(99), small=True)
    assert numbers["score"]["mean"]["value"] == 8
    assert numbers["items"][0]["facility"]["value"] == 0


def test_dropped_question_is_left_out_of_the_statistics_and_of_their_maximum(cast: Cast) -> None:
    hand_in(cast.alice, **all_right(q8=""))
    done = regrade(cast, "drop")
    folding.fold(assignment_id=cast.assignment.pk, now=at(99))
    numbers = report.report(scope=cast.assignment, now=at(99), small=True)
    assert [item["n"] for item in numbers["items"]] == [0, *[1] * 9]
    assert [item["dropped"] for item in numbers["items"]] == [True, *[False] * 9]
    assert (numbers["score"]["mean"]["value"], numbers["score"]["points_max"]) == (8, 9)
    assert numbers["score"]["histogram"][-1]["to"] == 9
    assert sum(item["intended_weight"]["value"] for item in numbers["items"]) == pytest.approx(1)
    assert [day["points_max"] for day in days(cast.assignment)] == [9]
    everywhere = report.QuizScope(cast.assignment.institution, cast.quiz)
    assert [day["points_max"] for day in days(everywhere)] == [10]  # other classes count the question

    undo(cast, done, second=110)
    assert [day["points_max"] for day in days(cast.assignment)] == [10]
    regrade(cast, "drop", everywhere=True)
    assert [day["points_max"] for day in days(everywhere)] == [9]


def days(scope: Any) -> list[dict[str, Any]]:
    found = over_time.days(scope=scope, population="first", version=None, group=None, period=report.EVER, small=True)
    return list(found)


def test_statistics_name_the_key_in_force(cast: Cast) -> None:
    hand_in(cast.alice, **all_right())
    for choice, keyed in (("new_key", ["c"]), ("both", ["a", "c"]), ("full", ["a"])):
        done = regrade(cast, choice)
        numbers = report.report(scope=cast.assignment, now=at(99), small=True)
        assert [one["category"] for one in numbers["items"][0]["categories"] if one["keyed"]] == keyed
        undo(cast, done)


# What learners see


def test_learner_sees_the_new_verdict_the_new_key_and_why(cast: Cast) -> None:
    hand_in(cast.alice, **all_right())
    regrade(cast)
    seen = result(cast.alice)
    assert (seen.state, seen.points) == ("wrong", 0)
    assert seen.feedback is not None
    assert seen.feedback["expected"] == ["The wrong one"]
    assert seen.regrade is not None
    assert seen.regrade.reason == WHY


def test_no_key_is_shown_where_everyone_gets_full_marks(cast: Cast) -> None:
    hand_in(cast.alice, **all_right(q1="c"))
    regrade(cast, "full")
    seen = result(cast.alice)
    assert seen.feedback is not None
    assert (seen.state, seen.feedback["expected"], seen.feedback["rationale"]) == ("right", [], "")


def test_undone_regrade_is_not_mentioned(cast: Cast) -> None:
    hand_in(cast.alice, **all_right())
    undo(cast, regrade(cast))
    seen = result(cast.alice)
    assert (seen.state, seen.regrade) == ("right", None)

"""The order of the queue, answers alike, undo, second marks and second looks."""

from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from sklearn.metrics import cohen_kappa_score

from assessment import access, corrections, privacy, review, tasks
from assessment.models import Attempt, AttemptState, Grade, Mark, Response, SavedComment, SecondLook, SecondMark
from assessment.review import MarkedMeanwhile
from assessment.reviewing import agreement, alike, comments, queue, second_looks, second_marks
from lti.models import Launch
from roster.models import Person, Role
from tests.cast import Cast, all_right, at, hand_in, make_cast, make_launch, make_person
from tests.races import race

MAIL = "smtp://mail.example"


def waiting(cast: Cast, viewer: Launch) -> Response:
    """The newest waiting answer of the viewer."""
    return access.waiting_responses(cast.tess).filter(attempt__person=viewer.person).order_by("-attempt__number")[0]


def mark(cast: Cast, response: Response, points: Any, second: int = 10, by: Launch | None = None) -> Mark:
    person = (by or cast.tess).person
    return review.confirm(response=response, points=Decimal(points), note="", by=person, now=at(second))


def order(cast: Cast, show: str = "") -> list[Any]:
    found = queue.entries(access.class_responses(cast.tess), show, cast.tess.person)
    return [entry.pk for entry in found]


def colleague(cast: Cast, name: str = "Uli") -> Launch:
    link = cast.tess.resource_link
    assert link is not None
    return make_launch(link, make_person(link, name), Role.INSTRUCTOR)


@pytest.mark.django_db
@pytest.mark.parametrize(("counts", "first"), [("first", 1), ("latest", 2), ("highest", 1), ("average", 1)])
def test_answers_that_can_count_come_first_and_then_the_oldest(counts: str, first: int) -> None:
    cast = make_cast(counts=counts)
    hand_in(cast.alice, at(0), **all_right())
    hand_in(cast.alice, at(60), **all_right(q1="c", q2="c"))
    hand_in(cast.bob, at(120), **all_right())
    rows = access.class_responses(cast.tess)

    found = queue.entries(rows, "", cast.tess.person)

    numbers = [rows.get(pk=entry.pk).attempt.number for entry in found if entry.counts]
    by_alice = [
        rows.get(pk=one.pk).attempt.number for one in found if rows.get(pk=one.pk).attempt.person.name == "Alice"
    ]
    assert by_alice[0] == first
    assert [entry.counts for entry in found] == sorted((entry.counts for entry in found), reverse=True)
    expected = {"first": [1, 1], "latest": [2, 1], "highest": [1, 1], "average": [1, 2, 1]}
    assert numbers == expected[counts]


def test_attempt_that_may_still_become_the_best_counts(cast: Cast) -> None:
    hand_in(cast.alice, at(0), **all_right(q1="c"))
    hand_in(cast.alice, at(60), **all_right(q1="b"))
    assert all(entry.counts for entry in queue.entries(access.class_responses(cast.tess), "", cast.tess.person))


def test_voided_attempt_comes_last(cast: Cast) -> None:
    void = hand_in(cast.alice, at(0), **all_right())
    hand_in(cast.bob, at(60), **all_right())
    corrections.void(attempt=void, by=cast.tess.person, reason="", now=at(70))
    assert order(cast)[-1] == waiting(cast, cast.alice).pk


def test_next_answer_is_the_next_that_waits_from_the_start_again_at_the_end(cast: Cast) -> None:
    learners = [cast.alice, cast.bob, colleague(cast, "Ann"), colleague(cast, "Ben")]
    for number, learner in enumerate(learners):
        Launch.objects.filter(pk=learner.pk).update(role=Role.LEARNER)
        learner.refresh_from_db()
        hand_in(learner, at(number), **all_right())
    pks = order(cast)
    mark(cast, Response.objects.get(pk=pks[1]), 1)
    listed = queue.entries(access.class_responses(cast.tess), "", cast.tess.person)

    assert [entry.pk for entry in listed] == pks, "a marked answer keeps its place"
    assert queue.following(listed, pks[0], [], waiting=True) == pks[2]
    assert queue.following(listed, pks[0], [pks[2]], waiting=True) == pks[3]
    assert queue.following(listed, pks[3], [], waiting=True) == pks[0]
    assert queue.around(listed, pks[1]) == (pks[0], pks[2])
    [question] = queue.questions(listed)
    assert (question.marked, question.total, question.start) == (1, 4, pks[0])


def test_answers_are_alike_whatever_their_case_and_spaces(cast: Cast) -> None:
    hand_in(cast.alice, **all_right(q8="Check the  source."))
    hand_in(cast.bob, **all_right(q8="check THE source"))
    ann = make_launch(cast.assignment.resource_link, make_person(cast.assignment.resource_link, "Ann"))
    hand_in(ann, **all_right(q8="Do not check the source."))
    rows = access.class_responses(cast.tess)
    assert alike.others(rows, waiting(cast, cast.alice)) == [waiting(cast, cast.bob)]
    mark(cast, waiting(cast, cast.bob), 1)
    assert alike.others(rows, waiting(cast, cast.alice)) == []


def test_undone_mark_appends_the_one_before_it(cast: Cast) -> None:
    hand_in(cast.alice, **all_right())
    response = waiting(cast, cast.alice)
    mark(cast, response, "0.5", 10)
    wrong = mark(cast, response, 0, 20)

    review.undo(mark=wrong, by=cast.tess.person, now=at(30))

    assert [one.points for one in response.marks.order_by("created_at")] == [Decimal("0.5"), 0, Decimal("0.5")]
    assert Attempt.objects.get().points == Grade.objects.get().points == Decimal("9.5")
    with pytest.raises(MarkedMeanwhile):
        review.undo(mark=wrong, by=cast.tess.person, now=at(40))


def test_answer_whose_only_mark_is_undone_waits_again_and_the_log_says_so(cast: Cast) -> None:
    hand_in(cast.alice, **all_right())
    response = waiting(cast, cast.alice)
    only = mark(cast, response, 1)

    review.undo(mark=only, by=cast.tess.person, now=at(30))

    attempt, grade = Attempt.objects.get(), Grade.objects.get()
    assert (attempt.state, attempt.points, attempt.points_waiting) == (AttemptState.NEEDS_REVIEW, 9, 1)
    assert (grade.points, grade.state) == (9, "provisional")
    assert [(one["what"], one["points"]) for one in attempt.log] == [("mark undone", "1")]
    assert waiting(cast, cast.alice) == response


def test_mark_of_somebody_else_cannot_be_undone(cast: Cast) -> None:
    hand_in(cast.alice, **all_right())
    only = mark(cast, waiting(cast, cast.alice), 1)
    with pytest.raises(MarkedMeanwhile):
        review.undo(mark=only, by=colleague(cast).person, now=at(30))
    assert Mark.objects.filter(pk=only.pk).exists()


PAIRS = [
    [(0, 0), (1, 1), (2, 2), (2, 1), (0, 1), (1, 1), (2, 0)],
    [(0, 2), (2, 0), (1, 1)],
    [(0, 0), (2, 2)],
    [(0, 1), (0, 1), (0, 2)],
    [(3, 3), (0, 3), (1, 2), (2, 2), (3, 0), (1, 1)],
]


@pytest.mark.parametrize("pairs", PAIRS, ids=str)
def test_agreement_is_that_of_scikit_learn(pairs: list[tuple[float, float]]) -> None:
    first, second = zip(*pairs, strict=True)
    expected = cohen_kappa_score(first, second, labels=[0, 1, 2, 3], weights="quadratic")
    assert agreement.quadratic_kappa(pairs) == pytest.approx(expected)
    assert agreement.of(pairs).exact == sum(a == b for a, b in pairs) / len(pairs)


def test_agreement_is_undefined_where_everybody_gave_the_same() -> None:
    assert agreement.of([(1, 1), (1, 1)]) == agreement.Agreement(2, 1.0, None)
    assert agreement.of([]) == agreement.Agreement(0, None, None)


def test_second_person_is_asked_about_answers_marked_before_and_after(cast: Cast) -> None:
    hand_in(cast.alice, **all_right())
    hand_in(cast.bob, **all_right())
    mark(cast, waiting(cast, cast.alice), 1)

    second_marks.set_share(assignment=cast.assignment, percent=100, now=at(20))
    later = mark(cast, waiting(cast, cast.bob), 1, 30)

    assert SecondMark.objects.count() == 2
    assert order(cast, "second") == [], "nobody is second after themselves"
    uli = colleague(cast)
    rows = access.class_responses(uli)
    assert len(queue.entries(rows, "second", uli.person)) == 2
    second_marks.give(response=rows.get(pk=later.response_id), points=Decimal(0), by=uli.person, now=at(40))
    [found] = second_marks.agreed(rows)
    assert (found.agreement.n, found.agreement.exact, found.differing) == (1, 0, 1)
    assert order(cast, "differ") == [later.response_id]
    assert Attempt.objects.get(person=cast.bob.person).points == 10, "the first mark counts"

    second_marks.set_share(assignment=cast.assignment, percent=0, now=at(50))
    assert [one.response_id for one in SecondMark.objects.all()] == [later.response_id]


def test_second_mark_is_given_once_and_never_by_the_first(cast: Cast) -> None:
    hand_in(cast.alice, **all_right())
    response = waiting(cast, cast.alice)
    second_marks.set_share(assignment=cast.assignment, percent=100, now=at(0))
    response = access.class_responses(cast.tess).get(pk=response.pk)
    mark(cast, response, 1)
    uli, vic = colleague(cast).person, colleague(cast, "Vic").person
    with pytest.raises(second_marks.NotAsked):
        second_marks.give(response=response, points=Decimal(1), by=cast.tess.person, now=at(20))
    with pytest.raises(review.InvalidPoints):
        second_marks.give(response=response, points=Decimal(2), by=uli, now=at(20))
    second_marks.give(response=response, points=Decimal(1), by=uli, now=at(20))
    with pytest.raises(second_marks.NotAsked):
        second_marks.give(response=response, points=Decimal(0), by=vic, now=at(30))


def test_share_is_a_share_of_the_answers(cast: Cast) -> None:
    from roster.ids import uuid7

    cast.assignment.second_percent = 20
    asked = sum(cast.assignment.asks_second(uuid7()) for _ in range(5000))
    assert 800 < asked < 1200


def test_learner_asks_once_until_a_teacher_answers_and_the_exchange_is_kept(cast: Cast) -> None:
    hand_in(cast.alice, **all_right())
    response = waiting(cast, cast.alice)
    with pytest.raises(second_looks.CannotAsk):
        second_looks.ask(response=response, text="Why?", now=at(5))
    mark(cast, response, 0)
    with pytest.raises(second_looks.CannotAsk):
        second_looks.ask(response=response, text=" \x00 ", now=at(15))
    second_looks.ask(response=response, text="Why?", now=at(20))
    with pytest.raises(second_looks.CannotAsk):
        second_looks.ask(response=response, text="Why??", now=at(25))
    assert access.to_mark(cast.tess) == {"waiting": 0, "asked": 1}
    assert order(cast, "asked") == [response.pk]

    assert second_looks.answer(response=response, text="No source.", by=cast.tess.person, now=at(30))
    assert not second_looks.answer(response=response, text="Again", by=cast.tess.person, now=at(31))
    assert order(cast, "asked") == []
    second_looks.ask(response=response, text="Thanks, but", now=at(40))
    assert [(one.text, one.answer) for one in SecondLook.objects.all()] == [("Why?", "No source."), ("Thanks, but", "")]

    exported = privacy.export(cast.alice.person, for_administrator=False)["attempts"][0]["answers"][7]["second_looks"]
    assert [one["asked"] for one in exported] == ["Why?", "Thanks, but"]
    privacy.erase(person=cast.alice.person, by=None, now=at(50))
    assert not SecondLook.objects.exists()


def test_answered_request_is_mailed_to_the_learner_without_the_answer_itself(
    cast: Cast, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    hand_in(cast.alice, **all_right())
    response = waiting(cast, cast.alice)
    mark(cast, response, 0)
    for address, configured in (("alice@school.example", ""), ("", MAIL), ("alice@school.example", MAIL)):
        settings.EMAIL_URL = configured
        Person.objects.filter(pk=cast.alice.person_id).update(email=address)
        second_looks.ask(response=response, text="Why?", now=at(20))
        with django_capture_on_commit_callbacks() as queued:
            second_looks.answer(response=response, text="No source.", by=cast.tess.person, now=at(30))
        assert len(queued) == bool(configured)
        if configured:
            tasks.mail_second_look(str(response.pk))
    [letter] = mail.outbox
    assert letter.to == ["alice@school.example"]
    assert f"question 8 of “{cast.assignment.title}”" in letter.body
    assert "No source." not in letter.body
    with django_capture_on_commit_callbacks() as queued:
        assert not second_looks.answer(response=response, text="Again", by=cast.tess.person, now=at(40))
    assert queued == []


@pytest.mark.django_db(transaction=True)
def test_two_requests_at_once_are_one() -> None:
    cast = make_cast()
    hand_in(cast.alice, **all_right())
    response = waiting(cast, cast.alice)
    mark(cast, response, 0)
    results = race(*[lambda: second_looks.ask(response=response, text="Why?", now=at(20))] * 3)
    assert sum(isinstance(one, SecondLook) for one in results) == 1
    assert SecondLook.objects.count() == 1


def test_comments_are_kept_by_teacher_and_question_and_go_with_the_teacher(cast: Cast) -> None:
    items = {item.identifier: item for item in cast.quiz.items.all()}
    for _ in range(2):
        comments.save(person=cast.tess.person, item=items["q8"], text=" Name it. ", now=at(0))
    assert [one.text for one in comments.saved(cast.tess.person, items["q8"])] == ["Name it."]
    assert not comments.saved(cast.tess.person, items["q1"])
    assert not comments.saved(colleague(cast).person, items["q8"])
    assert privacy.export(cast.tess.person, for_administrator=False)["saved_comments"][0]["text"] == "Name it."
    privacy.erase(person=cast.tess.person, by=None, now=at(10))
    assert not SavedComment.objects.exists()

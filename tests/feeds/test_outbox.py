"""Events are written with what makes them, for those who want them, and nowhere else."""

from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from assessment import access, announcing, attempts, grades, marking, privacy
from assessment.models import Grade
from assessment.placement import policy
from assessment.regrading import batches, decisions
from events import listeners, outbox
from events.models import Event, EventDelivery, Type
from roster.models import Institution
from tests.cast import NOW, Cast, all_right, answer, at, begin, choice_body, confirm, hand_in, make_institution
from tests.feeds.conftest import Receiver, listen

pytestmark = pytest.mark.django_db


def types() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("type", flat=True))


def test_an_attempt_makes_its_events_as_it_is_submitted_marked_and_graded(cast: Cast, receiver: Receiver) -> None:
    listen(cast, receiver)
    attempt = hand_in(cast.alice, at(0), **all_right())
    assert types() == ["attempt.submitted", "grade.changed"]  # question 8 waits for a person

    confirm(attempt, "q8", "1", cast.tess.person)

    assert types() == ["attempt.submitted", "grade.changed", "attempt.marked", "grade.changed"]
    marked = Event.objects.get(type="attempt.marked")
    assert (marked.institution, marked.person) == (cast.alice.institution, cast.alice.person)
    assert marked.data == {
        "attempt": str(attempt.pk),
        "assignment": str(cast.assignment.pk),
        "number": 1,
        "submitted_at": "2026-11-23T09:00:00Z",
        "points": 10.0,
        "points_max": 10.0,
    }
    assert Event.objects.filter(type="grade.changed").latest("pk").data["state"] == "final"


def test_a_released_grade_can_be_told_of(cast: Cast, receiver: Receiver) -> None:
    listen(cast, receiver, types=["grade.released"])
    hand_in(cast.alice, at(0), **all_right())
    announcing.grade_released(Grade.objects.get(), NOW)
    assert types() == ["grade.released"]


def test_a_grade_that_is_held_is_told_of_when_it_is_released_and_not_before(cast: Cast, receiver: Receiver) -> None:
    listen(cast, receiver, types=["grade.changed", "grade.released"])
    policy.change(assignment=cast.assignment, scores_held=True)
    attempt = hand_in(cast.alice, at(0), **all_right())
    confirm(attempt, "q8", "1", cast.tess.person)
    body = choice_body()
    body["options"][0]["credit"], body["options"][2]["credit"] = 0, 1
    item = attempt.responses.get(position=1).item_version
    planned = decisions.plan(
        assignment=cast.assignment, item_version=item, choice="new_key", everywhere=False, body=body,
        by=cast.tess.person, now=at(700),
    )  # fmt: skip
    decisions.commit(regrade=planned, reason="Wrong key", by=access.author(cast.tess), now=at(710))
    batches.run(regrade_id=planned.pk, now=at(720))
    assert Grade.objects.get().points == 9
    assert types() == []

    policy.release(assignment=cast.assignment, now=at(800))

    grades.recompute_all(assignment_id=cast.assignment.pk, now=at(801))
    assert [(one.type, one.data["points"]) for one in Event.objects.all()] == [("grade.released", 9.0)]
    confirm(attempt, "q8", "0", cast.tess.person, minutes=20)
    assert types() == ["grade.released", "grade.changed"]


def test_only_events_that_an_endpoint_wants_are_written(cast: Cast, receiver: Receiver) -> None:
    listen(cast, receiver, types=["grade.changed"])
    listen(cast, receiver, types=["grade.changed", "attempt.marked"])
    hand_in(cast.alice, at(0), **all_right())
    assert types() == ["grade.changed"]
    assert EventDelivery.objects.count() == 2


def test_nobody_hears_of_another_institution(cast: Cast, receiver: Receiver) -> None:
    listen(cast, receiver)
    hand_in(cast.dora, at(0), **all_right())
    assert not Event.objects.exists()
    hand_in(cast.charlie, at(0), **all_right())
    assert set(EventDelivery.objects.values_list("institution", "endpoint__institution", "event__institution")) == {
        (cast.alice.institution_id,) * 3
    }


def test_previews_of_teachers_make_no_event(cast: Cast, receiver: Receiver) -> None:
    listen(cast, receiver)
    hand_in(cast.tess, at(0), **all_right(q8=""))
    assert not Event.objects.exists()


def test_an_event_is_rolled_back_with_what_made_it(cast: Cast, receiver: Receiver) -> None:
    listen(cast, receiver)
    attempt = begin(cast.alice)
    with transaction.atomic():
        attempts.submit(attempt=attempt, now=at(1))
        assert Event.objects.exists()
        transaction.set_rollback(True)
    assert not Event.objects.exists()


def test_submitting_again_makes_no_second_event(cast: Cast, receiver: Receiver) -> None:
    listen(cast, receiver)
    attempt = begin(cast.alice)
    for second in (1, 2):
        attempts.submit(attempt=attempt, now=at(second))
    assert types() == ["attempt.submitted"]


def statements(cast: Cast, viewer: Any) -> list[int]:
    """What submitting and marking cost."""
    attempt = begin(viewer)
    answer(attempt, **all_right(q8=""))
    used = []
    for step in (lambda: attempts.submit(attempt=attempt, now=at(1)), lambda: marking.mark_attempt(attempt.pk, at(2))):
        with CaptureQueriesContext(connection) as queries:
            step()
        used.append(len(queries))
    return used


def test_without_an_endpoint_submitting_and_marking_cost_not_one_statement_more(cast: Cast, receiver: Receiver) -> None:
    statements(cast, cast.charlie)  # what a process does once
    submit, mark = statements(cast, cast.dora)
    listen(cast, receiver)
    listeners.has_endpoint(cast.alice.institution_id)
    savepoint, event = 2, 1
    assert submit == 1
    assert statements(cast, cast.alice) == [submit + savepoint + event, mark + 2 * event]  # marked, and graded


def test_a_process_asks_at_most_every_few_seconds_who_listens(
    cast: Cast, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    clock = [1_000.0]
    monkeypatch.setattr(listeners.time, "monotonic", lambda: clock[0])
    listeners.forget()
    institutions = [make_institution() for _ in range(3)]
    with django_assert_num_queries(1):
        assert not any(listeners.has_endpoint(one.pk) for one in institutions)
    clock[0] += listeners.REMEMBERED
    with django_assert_num_queries(1):
        listeners.has_endpoint(institutions[0].pk)


def test_an_endpoint_that_was_just_made_hears_of_the_next_event(cast: Cast, receiver: Receiver) -> None:
    assert not listeners.has_endpoint(cast.alice.institution_id)
    listen(cast, receiver)
    assert listeners.has_endpoint(cast.alice.institution_id)


def test_an_erased_person_leaves_no_event(cast: Cast, receiver: Receiver) -> None:
    listen(cast, receiver)
    for viewer in (cast.alice, cast.bob):
        hand_in(viewer, at(0), **all_right())
    privacy.erase(person=cast.alice.person, by=None, now=at(9))
    assert set(Event.objects.values_list("person", flat=True)) == {cast.bob.person_id}


def test_an_event_holds_no_name_and_no_answer(cast: Cast, receiver: Receiver) -> None:
    listen(cast, receiver)
    confirm(hand_in(cast.alice, at(0), **all_right()), "q8", "1", cast.tess.person)
    text = str(list(Event.objects.values_list("data", flat=True)))
    assert "Alice" not in text
    assert "source" not in text  # a word of her answer


def test_a_practice_belongs_to_nobody_and_makes_no_event(cast: Cast, receiver: Receiver) -> None:
    listen(cast, receiver)
    version = cast.quiz.current
    assert version is not None
    attempt, _ = attempts.start_practice(quiz_version=version, now=NOW)
    attempts.finish_practice(attempt=attempt, now=at(1))
    assert not Event.objects.exists()


def test_deleting_an_institution_takes_its_events_along(cast: Cast, receiver: Receiver) -> None:
    school = make_institution()
    endpoint = listen(cast, receiver, institution=school)
    outbox.record(Type.GRADE_CHANGED, institution_id=school.pk, person_id=None, now=NOW)
    assert endpoint.deliveries.count() == 1
    Institution.objects.filter(pk=school.pk).delete()
    assert not EventDelivery.objects.exists()

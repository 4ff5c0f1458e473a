"""A sample class: plausible, the same for the same seed, and just as real learners would leave it."""

from datetime import timedelta
from io import StringIO
from pathlib import Path
from random import Random

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessment import attempts, grades, marking, sheets
from assessment.models import Assignment, Attempt, AttemptState, Grade, Mark, MarkedBy, Response
from assessment.samples import answering, filling
from assessment.statistics import report
from content import item_types
from lti.models import LineItem, Score, ScoreState
from roster.models import Enrollment, Role
from tests.cast import NOW, Cast, make_cast, published_quiz, quiz_of
from tests.every_kind import body


@pytest.fixture
def cast(db: None) -> Cast:
    made = make_cast(quiz=published_quiz("the-check"))
    tess = made.tess
    Enrollment.objects.create(
        institution=tess.institution, course=tess.course, person=tess.person, role=Role.INSTRUCTOR
    )
    return made


def filled(cast: Cast, number: int = 25, seed: int = 1) -> filling.Summary:
    people = filling.enrol(assignment=cast.assignment, people=filling.names(number), now=NOW)
    return filling.fill(assignment=cast.assignment, people=people, seed=seed, now=NOW)


def test_sample_class_has_learners_at_every_stage_and_questions_that_differ(cast: Cast) -> None:
    done = filled(cast, 40)

    assert done.handed_in + done.in_progress + done.not_started == 40
    assert 0 < done.waiting < done.handed_in
    assert Attempt.objects.filter(state=AttemptState.IN_PROGRESS).count() == done.in_progress
    assert Grade.objects.count() == done.handed_in
    assert Mark.objects.filter(by="person").exists()
    assert Response.objects.filter(attempt__state=AttemptState.MARKED, answer={}).exists()
    numbers = report.report(scope=cast.assignment, now=NOW, small=True)
    facilities = {item["facility"]["value"] for item in numbers["items"] if item["facility"]["value"] is not None}
    assert max(facilities) - min(facilities) > 0.15
    assert numbers["n"] == done.handed_in
    assert numbers["pending"] == 0


ANSWERED = [kind for kind in item_types.KINDS if item_types.get(kind).SCORED and not item_types.takes_files(kind)]


@pytest.mark.parametrize("kind", ANSWERED)
def test_strong_and_weak_learners_answer_every_kind_of_question(db: None, kind: str) -> None:
    item = quiz_of({"kind": kind, "points": "1", "body": body(kind)}).places.get().item_version
    trait = answering.Trait(difficulty=0, discrimination=3, seconds=30, lure=0.5)

    given = [answering.answer(item, {}, trait, ability, Random(seed)) for ability in (-3, 3) for seed in range(10)]

    assert len({str(one) for one in given if one}) > 1
    for one in given:
        assert item_types.get(kind).clean(item.body, one) == one


def test_same_seed_gives_the_same_answers(cast: Cast) -> None:
    places = list(cast.quiz.current.places.select_related("item_version"))  # type: ignore[union-attr]
    items = [place.item_version for place in places]

    def answers(seed: int) -> list[object]:
        random = Random(seed)
        traits = answering.traits(items, random)
        return [answering.answer(item, {}, traits[item.pk], 0.5, random) for item in items for _time in range(5)]

    assert answers(7) == answers(7)
    assert answers(7) != answers(8)


def test_running_again_adds_only_those_who_have_not_begun(cast: Cast) -> None:
    filled(cast, 5)
    before = set(Attempt.objects.values_list("pk", flat=True))
    filled(cast, 8)
    begun = Attempt.objects.exclude(pk__in=before).values_list("person", flat=True)
    assert not set(begun) & set(Attempt.objects.filter(pk__in=before).values_list("person", flat=True))


def test_command_names_what_it_made_and_refuses_people_whom_the_gradebook_does_not_know(
    cast: Cast, tmp_path: Path
) -> None:
    named, said = ["--assignment", str(cast.assignment.pk), "--learners", "3"], StringIO()
    with pytest.raises(CommandError, match="--people"):
        call_command("add_sample_class", *named)
    people = tmp_path / "people.json"
    people.write_text('[{"sub": "77", "given_name": "Ann", "family_name": "Lee", "email": "ann@example.edu"}]')
    link = cast.assignment.resource_link
    where = ["--link", link.deployment.registration.client_id, link.resource_link_id]
    call_command("add_sample_class", *where, "--people", str(people), stdout=said)
    assert said.getvalue().startswith("1 sample learners:")

    LineItem.objects.all().delete()
    call_command("add_sample_class", *named, stdout=said)
    assert "3 sample learners:" in said.getvalue()
    with pytest.raises(CommandError, match="opened from the LMS"):
        call_command("add_sample_class", "--link", "nobody", "1")


def test_sample_class_stands_as_marking_grading_and_counting_would_leave_it(cast: Cast) -> None:
    filled(cast, 25)
    stored = snapshot(cast)

    for attempt in Attempt.objects.exclude(state=AttemptState.IN_PROGRESS):
        responses, marks = sheets.responses(attempt), marking.counting_marks(attempt)
        before = attempt.state, attempt.points, attempt.points_waiting, attempt.points_max, attempt.items_marked
        marking.total(attempt, responses, marks.values(), NOW)
        assert before == (
            attempt.state, attempt.points, attempt.points_waiting, attempt.points_max, attempt.items_marked
        )  # fmt: skip
        by_rule = {mark.response_id: mark.points for mark in marks.values() if mark.by == MarkedBy.RULE}
        assert by_rule == {mark.response_id: mark.points for mark in marking.decided(responses, NOW)}
    grades.recompute_all(assignment_id=cast.assignment.pk, now=NOW + timedelta(hours=1))
    call_command("recount_statistics", stdout=StringIO())
    assert snapshot(cast) == stored
    assert Score.objects.filter(state=ScoreState.DUE).count() == Grade.objects.count() > 10


def snapshot(cast: Cast) -> list[object]:
    """Everything that follows from the attempts."""
    numbers = report.report(scope=cast.assignment, now=NOW, small=True)
    fields = ("person", "attempt", "points", "points_max", "state", "unsent_at")
    return [
        {name: value for name, value in numbers.items() if name not in ("generated_at", "folded_at")},
        list(Grade.objects.order_by("pk").values_list(*fields)),
        list(Score.objects.order_by("pk").values_list("platform_user", "score_given", "final", "timestamp", "work")),
    ]


def test_a_sample_learner_costs_two_statements(cast: Cast) -> None:
    """A grade and a score; the rest is written for many at once."""

    def statements(number: int) -> int:
        people = filling.enrol(assignment=cast.assignment, people=filling.names(number), now=NOW)
        with CaptureQueriesContext(connection) as asked:
            filling.fill(assignment=cast.assignment, people=people, seed=1, now=NOW)
        return len(asked)

    few = statements(10)  # by then all that is read once a process has been read
    Attempt.objects.all().delete()
    few = statements(10)
    assert statements(40) - few <= 2 * 30 + 5


def test_sample_attempts_begin_after_the_check_opens_and_end_before_now(cast: Cast) -> None:
    opened = NOW - timedelta(minutes=30)
    Assignment.objects.filter(pk=cast.assignment.pk).update(opens_at=opened, time_limit=1)
    cast.assignment.refresh_from_db()

    filled(cast, 15)

    for attempt in Attempt.objects.exclude(state=AttemptState.IN_PROGRESS):
        assert opened <= attempt.started_at < attempt.submitted_at <= min(NOW, attempt.deadline_at)
    Assignment.objects.filter(pk=cast.assignment.pk).update(opens_at=NOW + timedelta(minutes=1))
    cast.assignment.refresh_from_db()
    with pytest.raises(attempts.OutsideWindow):
        filled(cast, 20)

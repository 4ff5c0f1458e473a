"""A sample class: plausible, the same for the same seed, and made by the functions that serve real learners."""

from io import StringIO
from pathlib import Path
from random import Random

import pytest
from django.core.management import CommandError, call_command

from assessment.models import Attempt, AttemptState, Grade, Mark, Response
from assessment.samples import answering, filling
from assessment.statistics import report
from content import item_types
from lti.models import LineItem
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

"""A person may see, take along and erase what is kept about them; it leaves the statistics too."""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import ForeignObjectRel

from assessment import access, privacy
from assessment.models import (
    Attempt,
    Erasure,
    Grade,
    Mark,
    MarkedBy,
    Regrade,
    Response,
    StatisticsCell,
    StatisticsPart,
)
from assessment.placement import accommodations, placing
from assessment.regrading import batches, decisions
from assessment.reviewing import second_looks
from assessment.statistics import folding
from assessment.statistics.recount import recount
from lti.launch import launch
from lti.models import PlatformUser, Score
from roster.models import Enrollment, Group, Person, Role
from tests.cast import NOW, Cast, all_right, at, begin, confirm, hand_in

STAYS = {"lti.Launch", "assessment.Mark", "assessment.Erasure"}


def _cells(cast: Cast) -> list[tuple[Any, ...]]:
    """The statistics of alice's assignment, without moments."""
    folding.fold(assignment_id=cast.assignment.pk, now=NOW)
    return list(StatisticsCell.objects.order_by("pk").values_list("pk", "n", "data"))


def test_erasing_leaves_no_row_that_names_the_person(cast: Cast) -> None:
    hand_in(cast.alice, **all_right())
    begin(cast.alice, at(60))
    person = cast.alice.person
    Enrollment.objects.create(
        institution=person.institution, course=cast.alice.course, person=person, role=Role.LEARNER
    )

    group = Group.objects.create(institution=person.institution, course=cast.alice.course, group_id="g", name="Blue")
    group.members.add(person)

    accommodations.give_standing(person=person, time_factor=Decimal("1.5"))

    privacy.erase(person=person, by=None, now=at(120))

    person.refresh_from_db()
    assert (person.name, person.email) == ("", "")
    for relation in Person._meta.get_fields(include_hidden=True):
        if isinstance(relation, ForeignObjectRel) and relation.related_model._meta.label not in STAYS:
            assert not relation.related_model._base_manager.filter(**{relation.field.name: person}).exists(), relation
    assert not Score.objects.exists()
    assert not Response.objects.exists()


def test_erasing_touches_nobody_else(cast: Cast) -> None:
    hand_in(cast.alice, q1="a")
    hand_in(cast.bob, q1="a")

    privacy.erase(person=cast.alice.person, by=None, now=NOW)

    assert Attempt.objects.get().person == cast.bob.person
    assert Grade.objects.get().person == cast.bob.person
    assert Score.objects.get().platform_user.person == cast.bob.person
    cast.bob.refresh_from_db()
    assert cast.bob.expires_at > NOW


def test_erased_person_leaves_the_statistics_as_if_never_there(cast: Cast) -> None:
    hand_in(cast.bob, at(90), q1="c")
    without = _cells(cast)
    hand_in(cast.alice, **all_right())
    hand_in(cast.alice, at(60), q1="b")
    assert _cells(cast) != without

    privacy.erase(person=cast.alice.person, by=None, now=at(120))

    assert _cells(cast) == without
    assert not StatisticsPart.objects.filter(person_id=cast.alice.person_id).exists()
    assert recount(assignment_id=cast.assignment.pk, now=at(180)) == 1
    assert _cells(cast) == without


def test_marks_that_a_teacher_gave_stay_by_nobody(cast: Cast) -> None:
    waiting = hand_in(cast.alice, **all_right()).responses.get(waiting=True)
    Mark.objects.create(
        response=waiting, points=1, by=MarkedBy.PERSON, tier="person", person=cast.tess.person, created_at=NOW
    )

    privacy.erase(person=cast.tess.person, by=None, now=NOW)

    kept = Mark.objects.get(by=MarkedBy.PERSON)
    assert kept.points == 1
    assert kept.person is not None
    assert kept.person.name == ""


def test_row_of_the_erased_goes_when_its_launches_are_pruned(cast: Cast) -> None:
    privacy.erase(person=cast.alice.person, by=None, now=NOW)

    launch.prune(now=at(3 * 86_400))

    assert not Person.objects.filter(pk=cast.alice.person_id).exists()
    assert Erasure.objects.get().erased["attempts"] == 0


def test_export_is_complete(cast: Cast) -> None:
    hand_in(cast.alice, **all_right(q8="My own words"))

    found = json.loads(json.dumps(privacy.export(cast.alice.person, for_administrator=False), default=str))

    assert found["person"]["name"] == "Alice"
    assert found["known_to_platforms_as"][0]["sub"] == PlatformUser.objects.get(person=cast.alice.person).sub
    (attempt,) = found["attempts"]
    assert "My own words" in [one["answer_text"] for one in attempt["answers"]]
    assert len(attempt["answers"]) == 10
    assert (len(found["launches"]), len(found["grades"]), len(found["scores_sent_to_platforms"])) == (1, 1, 1)


def test_export_has_exceptions_regrades_and_what_was_asked_about_marks(cast: Cast) -> None:
    alice, tess = cast.alice.person, cast.tess.person
    accommodations.give_standing(person=alice, time_factor=Decimal("1.5"), reason="Dyslexia", given_by="Office")
    accommodations.give(assignment=cast.assignment, person=alice, extra_attempts=2, reason="Was ill", given_by="Tess")
    accommodations.give_standing(person=cast.bob.person, reason="Not hers")
    attempt = hand_in(cast.alice, **all_right())
    response = attempt.responses.get(position=1)
    confirm(attempt, "q1", "0.5", tess, minutes=0)
    second_looks.ask(response=response, text="Why?", now=at(20))
    second_looks.answer(response=response, text="See page 3.", by=tess, now=at(30))
    planned = decisions.plan(
        assignment=cast.assignment, item_version=response.item_version, choice="full", everywhere=False, body=None,
        by=tess, now=at(60),
    )  # fmt: skip
    decisions.commit(regrade=planned, reason="Both are right", by=access.author(cast.tess), now=at(70))
    batches.run(regrade_id=planned.pk, now=at(80))

    found = json.loads(json.dumps(privacy.export(alice, for_administrator=False), default=str))

    exceptions = found["accommodations"]
    assert [(one["assignment__title"], one["reason"]) for one in exceptions] == [
        (None, "Dyslexia"),
        (cast.assignment.title, "Was ill"),
    ]
    assert (exceptions[0]["time_factor"], exceptions[1]["extra_attempts"]) == ("1.50", 2)
    answer = found["attempts"][0]["answers"][0]
    assert (answer["marked_again"]["choice"], answer["marked_again"]["reason"]) == ("full", "Both are right")
    assert [(one["asked"], one["answer"]) for one in answer["second_looks"]] == [("Why?", "See page 3.")]
    theirs = privacy.export(tess, for_administrator=False)["questions_marked_again"]
    assert [one["reason"] for one in theirs] == ["Both are right"]

    privacy.erase(person=tess, by=None, now=at(120))
    assert (Regrade.objects.get().by, Regrade.objects.get().by_name) == (None, "")


def test_export_tells_a_learner_no_more_than_the_result_page(cast: Cast) -> None:
    for facet in placing.SHOWN:
        setattr(cast.assignment, facet, "never")
    cast.assignment.save()
    hand_in(cast.alice, **all_right())

    (own,) = privacy.export(cast.alice.person, for_administrator=False)["attempts"]
    (full,) = privacy.export(cast.alice.person, for_administrator=True)["attempts"]

    assert {one["points"] for one in own["answers"]} == {None}
    assert any(one["points"] for one in full["answers"])
    assert "rationale" not in str(own)


def test_other_launches_have_no_data_subject(cast: Cast) -> None:
    with pytest.raises(access.PermissionDenied):
        access.data_subject(cast.alice)

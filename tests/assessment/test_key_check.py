"""Answers that speak against a key: what is flagged, what waits, and what settles it."""

from typing import Any

import pytest

from assessment import key_check, tasks
from assessment.models import Assignment, Grade
from assessment.placement import policy
from assessment.regrading import batches, decisions
from assessment.statistics import folding, report
from content.models import ItemVersion
from content.writing import Author
from lti.models import Launch, Score
from tests.cast import Cast, at, hand_in, make_launch, make_person

ITEMS = [f"q{number}" for number in (2, 3, 4, 5, 6, 7, 9, 10)]


def sit(cast: Cast, learners: int, *, misled: bool) -> list[Launch]:
    """Every other learner is able. The able answer question 1 with `c` where the key is wrong, else with its key."""
    made = []
    for number in range(learners):
        able = number % 2 == 0
        viewer = make_launch(
            cast.alice.resource_link, make_person(cast.assignment.resource_link, f"L{number}"), custom=cast.alice.custom
        )
        first = ("c" if misled else "a") if able else ("a" if misled else "c")
        right = ITEMS if able else ITEMS[: number % 3]
        hand_in(viewer, q1=first, **{name: "a" if name in right else "c" for name in ITEMS})
        made.append(viewer)
    folding.fold(assignment_id=cast.assignment.pk, now=at(20))
    return made


def flagged(cast: Cast) -> list[str]:
    assignment = Assignment.objects.get(pk=cast.assignment.pk)
    numbers = report.report(scope=assignment, now=at(20), small=True)
    found = key_check.flagged(assignment, numbers)
    return [str(one.item.identifier) for one in ItemVersion.objects.filter(pk__in=found).select_related("item")]


def look(cast: Cast) -> Assignment:
    key_check.look(assignment_id=cast.assignment.pk, now=at(30))
    return Assignment.objects.get(pk=cast.assignment.pk)


def first_question() -> ItemVersion:
    return ItemVersion.objects.select_related("item").get(item__identifier="q1", number=1)


@pytest.mark.parametrize(("learners", "misled", "found"), [(30, True, ["q1"]), (30, False, []), (29, True, [])])
def test_key_that_the_able_contradict_is_flagged_from_30_answers_on(
    cast: Cast, learners: int, misled: bool, found: list[str]
) -> None:
    sit(cast, learners, misled=misled)
    assert flagged(cast) == found


def test_scores_wait_while_a_key_is_flagged_where_the_policy_says_so_and_go_out_once_it_is_called_right(
    cast: Cast,
) -> None:
    policy.change(assignment=cast.assignment, hold_flagged=True)
    sit(cast, 30, misled=True)
    sent = Score.objects.count()
    assert look(cast).waits_for_key

    hand_in(cast.bob, now=at(40), q1="a")
    assert Grade.objects.count() == 31
    assert Score.objects.count() == sent == 30

    key_check.confirm(assignment=cast.assignment, item_version=first_question().pk, now=at(50))
    assert not Assignment.objects.get(pk=cast.assignment.pk).waits_for_key
    assert flagged(cast) == []
    tasks.recompute_grades(str(cast.assignment.pk))
    assert Score.objects.count() == 31


def test_without_the_switch_nothing_waits(cast: Cast) -> None:
    sit(cast, 30, misled=True)
    assert not look(cast).waits_for_key


def test_switching_it_off_lets_scores_go(cast: Cast) -> None:
    policy.change(assignment=cast.assignment, hold_flagged=True)
    sit(cast, 30, misled=True)
    look(cast)
    policy.change(assignment=cast.assignment, hold_flagged=False)
    assert look(cast).flagged_at is None


def test_regrade_settles_a_flagged_key(cast: Cast) -> None:
    policy.change(assignment=cast.assignment, hold_flagged=True)
    sit(cast, 30, misled=True)
    look(cast)
    version = first_question()
    options: list[dict[str, Any]] = [
        option | {"credit": 1 if option["id"] == "c" else 0} for option in version.body["options"]
    ]
    planned = decisions.plan(
        assignment=cast.assignment,
        item_version=version,
        choice="new_key",
        everywhere=False,
        body={**version.body, "options": options},
        by=cast.tess.person,
        now=at(40),
    )
    by = Author("Tess", cast.tess.institution, cast.tess.person)
    decisions.commit(regrade=planned, reason="It was c.", by=by, now=at(41))
    batches.run(regrade_id=planned.pk, now=at(42))
    folding.fold(assignment_id=cast.assignment.pk, now=at(43))
    assert flagged(cast) == []
    assert not look(cast).waits_for_key

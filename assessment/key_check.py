"""Whether the answers speak against a key, and what waits until somebody has looked.

A key looks wrong where, among at least 30 answers, those who do well prefer another option to it or miss the question
more often than the others (`advice.doubts_key`). A teacher settles it: the key is right, or a regrade.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from assessment import rules
from assessment.models import Assignment, Population
from assessment.statistics import advice, report
from assessment.statistics.advice import Advice
from roster import enqueue


def flagged(assignment: Assignment, numbers: Mapping[str, Any]) -> list[UUID]:
    """The item versions of a report whose key looks wrong, less those that a teacher has settled."""
    suspect = [item["item_version"] for item in numbers["items"] if advice.doubts_key(item)]
    known = settled(assignment) if suspect else set()
    return [version for version in suspect if version not in known]


def settled(assignment: Assignment) -> set[UUID]:
    """The item versions whose key a teacher called right, or that a regrade rules."""
    return {UUID(pk) for pk in assignment.keys_confirmed} | set(rules.in_force(assignment))


def to_look_at(assignment: Assignment, numbers: Mapping[str, Any], most: int | None = advice.SHOWN) -> list[Advice]:
    """`advice.questions_to_look_at` without the keys that are settled."""
    found = advice.questions_to_look_at(numbers, None)
    known = settled(assignment) if any(one.kind == "key" for one in found) else set()
    places = {item["position"] for item in numbers["items"] if item["item_version"] in known}
    return [one for one in found if one.kind != "key" or one.position not in places][:most]


def look(*, assignment_id: UUID | str, now: datetime) -> None:
    """Hold the scores of an assignment whose policy says so while a key looks wrong; send them when none does any more.

    Reads the statistics as they are folded, of first attempts.
    """
    assignment = Assignment.objects.filter(pk=assignment_id).first()
    if assignment is None or not (assignment.hold_flagged or assignment.flagged_at):
        return
    numbers = report.report(scope=assignment, population=Population.FIRST, now=now, small=True)
    suspect = assignment.hold_flagged and bool(flagged(assignment, numbers))
    if suspect != (assignment.flagged_at is not None):
        _set(assignment, now if suspect else None)


@transaction.atomic
def _set(assignment: Assignment, flagged_at: datetime | None) -> None:
    rows = Assignment.objects.filter(pk=assignment.pk)
    if flagged_at is not None:
        rows.update(flagged_at=flagged_at)
    elif rows.filter(flagged_at__isnull=False).update(flagged_at=None, grades_due=True):
        enqueue.on_commit("assessment.tasks.recompute_grades", str(assignment.pk))


@transaction.atomic
def confirm(*, assignment: Assignment, item_version: UUID, now: datetime) -> None:
    """The key is right: it is not asked about again, and what waited for it goes out."""
    stored = Assignment.objects.select_for_update(no_key=True).get(pk=assignment.pk)
    if str(item_version) not in stored.keys_confirmed:
        stored.keys_confirmed = [*stored.keys_confirmed, str(item_version)]
        stored.save(update_fields=["keys_confirmed"])
    look(assignment_id=assignment.pk, now=now)

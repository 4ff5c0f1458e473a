"""Giving a learner, a group or everyone more time, more attempts or other dates, and taking it back."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from assessment.models import Accommodation, Assignment, Attempt, AttemptState
from assessment.placement import times
from roster import enqueue
from roster.models import Group, Person


def given(assignment: Assignment) -> QuerySet[Accommodation]:
    """The accommodations of an assignment, the newest first."""
    return assignment.accommodations.select_related("person", "group").order_by("-created_at", "-pk")


def standing(people: QuerySet[Person]) -> QuerySet[Accommodation]:
    """Those of these people that hold for every assignment, by name."""
    rows = Accommodation.objects.filter(assignment__isnull=True, person__in=people.order_by().values("pk"))
    return rows.select_related("person").order_by("person__sort_name", "person_id", "pk")


def working(assignment: Assignment) -> set[UUID]:
    """Who has an attempt under way."""
    running = Attempt.objects.filter(assignment=assignment, preview=False, state=AttemptState.IN_PROGRESS)
    return {person for person in running.values_list("person_id", flat=True) if person}


def give(
    *,
    assignment: Assignment,
    person: Person | None = None,
    group: Group | None = None,
    reason: str = "",
    given_by: str = "",
    **values: Any,
) -> Accommodation:
    """Store an accommodation of the person, else of the group, else of everyone in the course; running attempts get it.

    `values` are fields of `Accommodation`: time_factor, extra_minutes, no_time_limit, extra_attempts and the dates.
    """
    made = Accommodation.objects.create(
        institution_id=assignment.institution_id,
        assignment=assignment,
        person=person,
        group=group,
        reason=reason,
        given_by=given_by,
        **values,
    )
    _reach(assignment, people_of(made))
    return made


def give_standing(*, person: Person, reason: str = "", given_by: str = "", **values: Any) -> Accommodation:
    """An accommodation of the person for all assignments of the institution, those to come too."""
    made = Accommodation.objects.create(
        institution_id=person.institution_id, person=person, reason=reason, given_by=given_by, **values
    )
    _reach_everywhere(person.pk)
    return made


def withdraw(*, accommodation: Accommodation) -> None:
    """Take it back. Attempts that run get the times that hold without it; answers already given stay."""
    people, assignment = people_of(accommodation), accommodation.assignment
    accommodation.delete()
    if assignment is not None:
        _reach(assignment, people)
    elif accommodation.person_id is not None:
        _reach_everywhere(accommodation.person_id)


def people_of(accommodation: Accommodation) -> list[UUID] | None:
    """Whom it is for; None for everyone."""
    if accommodation.person_id:
        return [accommodation.person_id]
    if accommodation.group is not None:
        return list(accommodation.group.members.values_list("pk", flat=True))
    return None


def _reach_everywhere(person: UUID) -> None:
    taken = Attempt.objects.filter(person=person, preview=False).values("assignment")
    for assignment in Assignment.objects.filter(pk__in=taken).order_by("pk"):
        _reach(assignment, [person])


def _reach(assignment: Assignment, people: Iterable[UUID] | None) -> None:
    """Bring the times of attempts in step, and the grades of those that are no longer late, or are now."""
    times.renew(assignment=assignment, people=people)
    with transaction.atomic():
        _work_out_grades(assignment)


def _work_out_grades(assignment: Assignment) -> None:
    Assignment.objects.filter(pk=assignment.pk).update(grades_due=True)
    enqueue.on_commit("assessment.tasks.recompute_grades", str(assignment.pk))

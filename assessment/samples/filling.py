"""Fills an assignment with attempts of sample learners, by the same functions that serve real ones."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from django.db import transaction

from assessment import attempts, marking, responses, review, sheets
from assessment.models import Assignment, Attempt, AttemptState, Response
from assessment.samples import answering
from assessment.samples.answering import Trait
from assessment.statistics import folding
from content import places
from lti.people import membership
from lti.people.membership import Reading
from lti.people.nrps import Member
from roster.models import Enrollment, Person, Role

AT_ONCE = 50  # learners in one transaction
NOT_STARTED, IN_PROGRESS, SECOND_TRY = 0.08, 0.06, 0.2  # shares of the class
UNMARKED = 0.12  # of the open answers
DAYS = 6  # over which they were handed in


@dataclass
class Summary:
    """What the class has done in the end."""

    not_started: int = 0
    in_progress: int = 0
    handed_in: int = 0
    waiting: int = 0


@dataclass(frozen=True)
class Sample:
    """One class being filled. `traits` by item version, once the first attempt says which there are; `timed` are
    responses of which it is still to be written how long they were in sight.
    """

    assignment: Assignment
    random: Random
    now: datetime
    teacher: Person | None
    traits: dict[UUID, Trait] = field(default_factory=dict)
    timed: list[Response] = field(default_factory=list)
    summary: Summary = field(default_factory=Summary)


def names(number: int) -> list[dict[str, str]]:
    """So many people as an LMS would list them."""
    return [
        {"sub": f"sample-{at:03}", "given_name": "Sample", "family_name": f"Learner {at:03}"}
        for at in range(1, number + 1)
    ]


def enrol(*, assignment: Assignment, people: Sequence[dict[str, str]], now: datetime) -> list[Person]:
    """Take these people into the assignment's course as learners, as a list of the LMS would.

    Raises ValueError for a link that belongs to no course of its LMS.
    """
    link = assignment.resource_link
    if link.context is None:
        raise ValueError("The activity belongs to no course of the LMS.")
    members = [
        Member(one["sub"], Role.LEARNER, True, {key: one[key] for key in one if key != "sub"}, frozenset())
        for one in people
    ]
    membership.apply(Reading(link.context, now, {}), members)
    subs = [one["sub"] for one in people]
    found = Person.objects.filter(
        platform_users__sub__in=subs, platform_users__registration=link.deployment.registration_id
    )
    return list(found.filter(institution=assignment.institution_id).order_by("pk"))


def fill(*, assignment: Assignment, people: Sequence[Person], seed: int, now: datetime) -> Summary:
    """Let those of the people who have not begun answer: most hand in, some are at it, some have not started.

    Where somebody teaches the course, most open answers are marked in their name. Raises OutsideWindow, NotPublished.
    """
    begun = Attempt.objects.filter(assignment=assignment, person__in=people).values_list("person_id", flat=True)
    fresh = [one for one in people if one.pk not in set(begun)]
    sample = Sample(assignment, Random(seed), now, _teacher(assignment))
    for start in range(0, len(fresh), AT_ONCE):
        with transaction.atomic():
            for person in fresh[start : start + AT_ONCE]:
                _go_through(sample, person)
            Response.objects.bulk_update(sample.timed, ["seconds"])
            sample.timed.clear()
    folding.fold(assignment_id=assignment.pk, now=now)
    return sample.summary


def _teacher(assignment: Assignment) -> Person | None:
    places_ = Enrollment.objects.filter(course=assignment.course_id, role=Role.INSTRUCTOR, active=True)
    return Person.objects.filter(pk__in=places_.values("person")).order_by("pk").first()


def _go_through(sample: Sample, person: Person) -> None:
    random, lot = sample.random, sample.random.random()
    if lot < NOT_STARTED:
        sample.summary.not_started += 1
        return
    ability = random.gauss(0, 1)
    if lot < NOT_STARTED + IN_PROGRESS:
        _answer(sample, person, ability, sample.now - timedelta(minutes=random.uniform(1, 20)), half=True)
        sample.summary.in_progress += 1
        return
    sample.summary.handed_in += 1
    ended = _hand_in(sample, person, ability, sample.now - timedelta(days=DAYS * random.random(), hours=2))
    again = sample.assignment.max_attempts != 1 and not sample.assignment.cool_down and random.random() < SECOND_TRY
    if again and ended + timedelta(minutes=70) < sample.now:
        _hand_in(sample, person, ability + 0.6, ended + timedelta(minutes=10))


def _hand_in(sample: Sample, person: Person, ability: float, started: datetime) -> datetime:
    """A whole sitting; when it ended."""
    attempt, seconds = _answer(sample, person, ability, started)
    ended = started + timedelta(seconds=seconds)
    attempts.submit(attempt=attempt, now=ended)
    marked = marking.mark_attempt(attempt.pk, ended + timedelta(seconds=1))
    if marked.state == AttemptState.NEEDS_REVIEW:
        _review(sample, marked, ability)
    return ended


def _answer(
    sample: Sample, person: Person, ability: float, started: datetime, *, half: bool = False
) -> tuple[Attempt, float]:
    """An attempt with its answers, `half` of them where it goes on; and how many seconds it took."""
    random = sample.random
    code = sample.assignment.access_code
    attempt = attempts.start(assignment=sample.assignment, person=person, preview=False, now=started, code=code)
    asked = sheets.responses(attempt)
    if not sample.traits:
        printed = [place.item_version for place in places.of(attempt.quiz_version_id)]
        sample.traits.update(answering.traits(printed, random))
    asked = asked[: random.randint(1, len(asked))] if half else asked
    pace, entries = math.exp(random.gauss(0, 0.35)), []
    for response in asked:
        trait = sample.traits[response.item_version_id]
        given = answering.answer(response.item_version, response.shown, trait, ability, random)
        response.seconds = max(3, round(trait.seconds * pace * math.exp(random.gauss(0, 0.4))))
        if given:
            entries.append(responses.Entry(response.item_version_id, given, 1))
    seconds = float(sum(response.seconds for response in asked))
    sample.timed.extend(asked)
    responses.save_many(attempt=attempt, entries=entries, now=started + timedelta(seconds=seconds))
    return attempt, seconds + random.uniform(5, 60)


def _review(sample: Sample, attempt: Attempt, ability: float) -> None:
    """The teacher marks most answers that wait, by the levels that the question offers."""
    if sample.teacher is None:
        return
    for response in attempt.responses.filter(waiting=True).select_related("item_version__item"):
        if sample.random.random() < UNMARKED:
            sample.summary.waiting += 1
            continue
        good = 1 / (1 + math.exp(-ability - sample.random.gauss(0.4, 0.6)))
        points = (Decimal(round(2 * good)) / 2 * response.item_version.points).quantize(Decimal("0.001"))
        review.confirm(response=response, points=points, note="", by=sample.teacher, now=sample.now)

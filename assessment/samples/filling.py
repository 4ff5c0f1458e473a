"""Fills an assignment with attempts of sample learners: who answers what, and when."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from random import Random
from uuid import UUID

from assessment import attempts
from assessment.models import Assignment, Attempt, AttemptState
from assessment.placement import terms, windows
from assessment.placement.terms import Terms
from assessment.samples import answering, storing
from assessment.samples.answering import Trait
from assessment.samples.storing import Review, Sitting
from assessment.statistics import folding
from content.models import QuizVersionItem
from lti.people import membership
from lti.people.membership import Reading
from lti.people.nrps import Member
from roster.models import Enrollment, Person, Role

AT_ONCE = 100  # learners in one transaction
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
    """One class being filled. `traits` by item version."""

    assignment: Assignment
    printed: Sequence[QuizVersionItem]
    random: Random
    now: datetime
    traits: dict[UUID, Trait]
    review: Review | None
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

    Where somebody teaches the course, most open answers are marked in their name. Raises OutsideWindow, NotPublished,
    AnotherQuiz.
    """
    begun = set(Attempt.objects.filter(assignment=assignment, person__in=people).values_list("person_id", flat=True))
    fresh = [one for one in people if one.pk not in begun]
    sample = _sample(assignment, Random(seed), now)
    for start in range(0, len(fresh), AT_ONCE):
        part = fresh[start : start + AT_ONCE]
        given = terms.given_to(assignment, [one.pk for one in part])
        window = windows.of(assignment)
        sittings = [
            sitting
            for one in part
            for sitting in _go_through(sample, one, terms.combined(assignment, window, given[one.pk]))
        ]
        sample.summary.waiting += storing.store(assignment=assignment, sittings=sittings, review=sample.review, now=now)
    folding.fold(assignment_id=assignment.pk, now=now)
    return sample.summary


def _sample(assignment: Assignment, random: Random, now: datetime) -> Sample:
    printed = attempts.questions_of(assignment)
    traits = answering.traits([place.item_version for place in printed], random)
    places_ = Enrollment.objects.filter(course=assignment.course_id, role=Role.INSTRUCTOR, active=True)
    teacher = Person.objects.filter(pk__in=places_.values("person")).order_by("pk").first()
    review = Review(teacher, lambda ability: _credit(ability, random)) if teacher else None
    return Sample(assignment, printed, random, now, traits, review)


def _credit(ability: float, random: Random) -> Decimal | None:
    """By levels of a half; None for an answer to which the teacher has not come."""
    if random.random() < UNMARKED:
        return None
    return Decimal(round(2 / (1 + math.exp(-ability - random.gauss(0.4, 0.6))))) / 2


def _go_through(sample: Sample, person: Person, held: Terms) -> list[Sitting]:
    random, lot = sample.random, sample.random.random()
    if held.window.is_early(sample.now) or held.window.is_over(sample.now):
        raise attempts.OutsideWindow
    if lot < NOT_STARTED:
        sample.summary.not_started += 1
        return []
    ability = random.gauss(0, 1)
    sit = partial(_sit, sample, person, held)
    if lot < NOT_STARTED + IN_PROGRESS:
        sample.summary.in_progress += 1
        return [sit(1, ability, sample.now - timedelta(minutes=random.uniform(1, 20)), half=True)]
    sample.summary.handed_in += 1
    first = sit(1, ability, sample.now - timedelta(days=DAYS * random.random(), hours=2))
    again = (first.attempt.submitted_at or sample.now) + timedelta(minutes=10)
    may = held.max_attempts != 1 and not sample.assignment.cool_down and random.random() < SECOND_TRY
    return [first, sit(2, ability + 0.6, again)] if may and again + timedelta(hours=1) < sample.now else [first]


def _sit(
    sample: Sample, person: Person, held: Terms, number: int, ability: float, started: datetime, *, half: bool = False
) -> Sitting:
    """An attempt with its answers: `half` of them where it goes on, else handed in."""
    random = sample.random
    started = max(started, held.window.opens_at or started)
    attempt, asked = attempts.draft(sample.assignment, person, number, sample.printed, now=started, held=held)
    pace = math.exp(random.gauss(0, 0.35))
    for response in asked[: random.randint(1, len(asked))] if half else asked:
        trait = sample.traits[response.item_version_id]
        response.answer = answering.answer(response.item_version, response.shown, trait, ability, random)
        response.seq = 1 if response.answer else 0
        response.seconds = max(3, round(trait.seconds * pace * math.exp(random.gauss(0, 0.4))))
    ended = started + timedelta(seconds=sum(response.seconds for response in asked))
    for response in asked:
        response.saved_at = min(ended, sample.now)
    if not half:
        attempt.state = AttemptState.SUBMITTED
        done = ended + timedelta(seconds=random.uniform(5, 60))
        attempt.submitted_at = min(done, sample.now, attempt.deadline_at or sample.now)
    return Sitting(attempt, asked, ability)

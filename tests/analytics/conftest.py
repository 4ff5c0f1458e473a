"""North and south, filled; an analyst of each is tried from outside, with psql."""

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import pytest
from django.db import connection

from analytics import analysts
from assessment.models import Assignment
from lti.models import Delivery, PlatformUser, Score
from roster.models import Course, Enrollment, Group, Institution, Person, Role
from tests import cast


@dataclass
class School:
    institution: Institution
    assignment: Assignment
    people: list[Person]


@dataclass
class Psql:
    """psql as a role, as an analyst would use it."""

    role: str
    password: str

    @property
    def url(self) -> str:
        where = urlsplit(os.environ["DATABASE_URL"])
        place = where.netloc.rpartition("@")[2]
        query = f"?{where.query}" if where.query else ""
        return f"postgresql://{self.role}:{quote(self.password)}@{place}/{connection.settings_dict['NAME']}{query}"

    def run(self, statements: str) -> subprocess.CompletedProcess[str]:
        """Each statement in a transaction of its own."""
        command = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", self.url]
        return subprocess.run(command, input=statements, capture_output=True, text=True)

    def rows(self, statement: str) -> list[list[str]]:
        done = self.run(statement)
        assert done.returncode == 0, done.stderr
        return [line.split("|") for line in done.stdout.splitlines()]

    def refusal(self, statements: str) -> str:
        done = self.run(statements)
        assert done.returncode != 0, done.stdout
        return done.stderr


def fill(name: str, *people: str) -> School:
    """A school with a course, a group, two sittings and a score that was sent."""
    version = cast.quiz_of(cast.choice(), cast.choice(), cast.open_text("2"))
    school = cast.make_institution(name, name.lower())
    assignment = cast.make_assignment(cast.make_link(cast.make_deployment(school)), version.quiz)
    made = School(school, assignment, [cast.make_learner(school, person) for person in people])
    course = assignment.course
    assert course is not None
    _place(course, made.people)
    for minutes, person in enumerate(made.people):
        cast.take(assignment, person, ("a", "b", "because"), minutes)
        _send(assignment, person)
    return made


def _place(course: Course, people: list[Person]) -> None:
    group = Group.objects.create(institution=course.institution, course=course, group_id="g", name="Group")
    group.members.set(people)
    for person in people:
        Enrollment.objects.create(institution=course.institution, course=course, person=person, role=Role.LEARNER)


def _send(assignment: Assignment, person: Person) -> None:
    link, owner = assignment.resource_link, {"institution": assignment.institution}
    registration = link.deployment.registration
    user = PlatformUser.objects.create(registration=registration, sub=str(person.pk), person=person, **owner)
    said = {"score_given": 1, "score_maximum": 4, "timestamp": cast.NOW, "submitted_at": cast.NOW, **owner}
    score = Score.objects.create(
        registration=registration,
        line_item=link.line_item,
        platform_user=user,
        final=False,
        next_try_at=cast.NOW,
        **said,
    )
    Delivery.objects.create(score=score, claimed_at=cast.NOW, arrived=True, status=200, answer="OK", **said)


@pytest.fixture
def north(transactional_db: None) -> School:
    return fill("North", "Alice A", "Bob B")


@pytest.fixture
def south(transactional_db: None) -> School:
    return fill("South", "Dora D")


@pytest.fixture
def analyst(transactional_db: None) -> Iterator[Callable[..., Psql]]:
    """Makes analysts, which are roles of the whole server, and removes them."""
    made: list[tuple[str, School]] = []

    def make(school: School, *, names: bool = False) -> Psql:
        role = f"analyst_{os.getpid()}_{len(made)}"
        password = analysts.create(role=role, institution=school.institution, names=names)
        made.append((role, school))
        return Psql(role, password)

    yield make
    for role, school in made:
        analysts.drop(role=role, institution=school.institution)

"""alice and bob learn at north, dora at south; each school has its keys."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client

from api import keys
from assessment.models import Assignment
from content.models import QuizVersion
from roster.models import Institution, Person
from tests import cast

ALL = list(keys.SCOPES)
PSEUDONYMOUS = [scope for scope in ALL if scope != "people:read"]


@dataclass
class School:
    institution: Institution
    assignment: Assignment
    people: list[Person] = field(default_factory=list)

    def key(self, *scopes: str) -> str:
        return keys.create(institution=self.institution, name="test", scopes=list(scopes or PSEUDONYMOUS))[1]


@pytest.fixture
def quiz(db: None) -> QuizVersion:
    return cast.quiz_of(cast.choice(), cast.choice(), cast.open_text("2"))


@pytest.fixture
def north(quiz: QuizVersion) -> School:
    school = cast.make_institution("North", "north")
    return School(
        school, cast.place_quiz(school, quiz), [cast.make_learner(school, name) for name in ("Alice A", "Bob B")]
    )


@pytest.fixture
def south(quiz: QuizVersion) -> School:
    school = cast.make_institution("South", "south")
    return School(school, cast.place_quiz(school, quiz), [cast.make_learner(school, "Dora D")])


class Caller:
    """Calls the API with a key, as a script would."""

    def __init__(self, key: str = "") -> None:
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.client = Client(raise_request_exception=False)

    def get(self, path: str, headers: dict[str, str] | None = None, **query: Any) -> Any:
        path = path if path.startswith(("/", "http")) else f"/api/v1/{path}"
        return self.client.get(path, query or None, headers=self.headers | (headers or {}))


@pytest.fixture
def public(db: None) -> Caller:
    return Caller()


@pytest.fixture
def script(north: School) -> Caller:
    """A script of north that may read everything but names."""
    return Caller(north.key())

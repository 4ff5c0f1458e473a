"""Sample learners for trying the tool out: people of a course here; what they answer is made on the tool's side.

Only where SANDBOX_SAMPLES names a folder, as in `make run`: a request left there is taken up by the command that
started both sides (`dev/samples.py`), which has the tool's own command make the answers.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings
from django.db import transaction

from sandbox.client import SandboxClient
from sandbox.launch import launches
from sandbox.models import Activity, Course, Enrolment, Person, Role
from sandbox.words import messages

AMOUNTS = (30, 300)
PREFIX = "sample-"  # of their user names
GIVEN = (
    *("Amara", "Ben", "Chloé", "Diego", "Elif", "Femi", "Grace", "Hana", "Igor", "Jonas", "Keiko", "Lena", "Mehmet"),
    *("Nadia", "Oskar", "Priya", "Quentin", "Rosa", "Samir", "Tuuli", "Uma", "Viktor", "Wanjiru", "Xin", "Yara", "Zoë"),
)
FAMILY = (
    *("Abebe", "Becker", "Costa", "Dubois", "Eriksen", "Fischer", "García", "Hoang", "Ivanova", "Jansen", "Kowalski"),
    *("Lindqvist", "Moreau", "Nakamura", "O’Brien", "Papadopoulos", "Qureshi", "Rossi", "Silva", "Tanaka", "Umarov"),
    *("Varga", "Weber", "Xu", "Yıldız", "Zhang"),
)


def offered() -> tuple[int, ...]:
    """How many learners may be added at once; none where nobody would make their answers."""
    return AMOUNTS if settings.SANDBOX_SAMPLES else ()


def add(activity: Activity, number: int) -> list[Person]:
    """So many new learners in the activity's course, and a request for their answers."""
    people = enrol(activity.course, number)
    open_once(activity)
    listed = [
        {
            "sub": str(person.pk),
            "given_name": person.given_name,
            "family_name": person.family_name,
            "email": person.email,
        }
        for person in people
    ]
    asked = {"client_id": activity.tool.client_id, "link": str(activity.pk), "people": listed}
    _leave(f"{activity.pk}-{people[-1].pk}", asked)
    return people


@transaction.atomic
def enrol(course: Course, number: int) -> list[Person]:
    before = Person.objects.filter(username__startswith=PREFIX).count()
    people = Person.objects.bulk_create(_person(at) for at in range(before, before + number))
    Enrolment.objects.bulk_create(Enrolment(course=course, person=person) for person in people)
    return people


def _person(at: int) -> Person:
    name = f"{PREFIX}{at + 1:04}"
    given, family = GIVEN[at % len(GIVEN)], FAMILY[(at + at // len(GIVEN)) % len(FAMILY)]
    return Person(username=name, given_name=given, family_name=family, email=f"{name}@sandbox.example")


def open_once(activity: Activity) -> None:
    """A launch as the course's teacher, over HTTP: the tool knows of an activity from its first launch on."""
    teacher = Enrolment.objects.filter(course=activity.course, role=Role.INSTRUCTOR).order_by("pk").first()
    if teacher is None:
        return
    start = launches.begin_apart(teacher.person, messages.resource_link(activity))
    SandboxClient(settings.SANDBOX_URL).follow(start).raise_for_status()


def _leave(name: str, asked: Mapping[str, object]) -> None:
    """Whole or not at all."""
    folder = Path(settings.SANDBOX_SAMPLES)
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{name}.new"
    draft.write_text(json.dumps(asked))
    draft.rename(folder / f"{name}.json")

"""The cast of the tests of statistics and of the API: two institutions, their quizzes, learners, sittings."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from assessment import attempts, marking, responses, review
from assessment.models import Assignment, Attempt
from content.models import Item, ItemVersion, KeyState, Lesson, LessonVersion, Quiz, QuizVersion, QuizVersionItem
from lti.models import Deployment, Registration, ResourceLink
from roster.models import Course, Institution, Person

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
serial = count(1)


def institution(slug: str = "north") -> Institution:
    return Institution.objects.create(name=slug.title(), slug=slug)


def person(at: Institution, name: str = "") -> Person:
    name = name or f"Learner {next(serial)}"
    return Person.objects.create(institution=at, name=name, email=f"{name.split()[0].lower()}@example.edu")


def choice(credits: Sequence[str] = ("1", "0", "0"), points: str = "1") -> dict[str, Any]:
    options = [
        {"id": "abcdefgh"[i], "text": f"Option {i}", "credit": float(credit), "rationale": f"secret rationale {i}"}
        for i, credit in enumerate(credits)
    ]
    return {"kind": "choice", "points": points, "body": {"stem": "Which?", "options": options, "section": None}}


def open_text(points: str = "1") -> dict[str, Any]:
    rubric = [{"level": "full", "idea": "secret idea", "example": "secret example"}]
    return {"kind": "open_text", "points": points, "body": {"stem": "Why?", "rubric": rubric, "section": None}}


def quiz(*items: Mapping[str, Any], slug: str = "check") -> QuizVersion:
    made, _ = Quiz.objects.get_or_create(slug=slug)
    number = made.versions.count() + 1
    version = QuizVersion.objects.create(
        quiz=made,
        number=number,
        title=f"{slug} {number}",
        points=sum(Decimal(item["points"]) for item in items),
        content_hash=f"hash-{slug}-{number}",
        published_at=NOW,
    )
    for position, item in enumerate(items, start=1):
        holder, _ = Item.objects.get_or_create(quiz=made, identifier=f"q{position}")
        item_version = ItemVersion.objects.create(
            item=holder, number=number, content_hash=f"hash-{number}", key_state=KeyState.APPROVED, **item
        )
        QuizVersionItem.objects.create(quiz_version=version, item_version=item_version, position=position)
    made.current = version
    made.save()
    return version


def lesson(slug: str = "lesson") -> LessonVersion:
    body = {
        "title": "A lesson",
        "summary": "What it is about.",
        "minutes": 7,
        "reviewed": 2026,
        "sections": [{"id": "one", "title": "One", "kind": "prose", "paragraphs": ["First."]}],
    }
    made = Lesson.objects.create(slug=slug)
    version = LessonVersion.objects.create(
        lesson=made, number=1, title="A lesson", body=body, content_hash=f"lesson-{slug}", published_at=NOW
    )
    made.current = version
    made.save()
    return version


def assignment(at: Institution, of: QuizVersion, title: str = "The check") -> Assignment:
    name = f"{at.slug}-{next(serial)}"
    address = f"https://{name}.example/"
    registration = Registration.objects.create(
        name=name, issuer=address, client_id=name, auth_url=address, token_url=address, jwks_url=address
    )
    deployment = Deployment.objects.create(registration=registration, deployment_id="1", institution=at, active=True)
    link = ResourceLink.objects.create(institution=at, deployment=deployment, resource_link_id="1")
    course = Course.objects.create(institution=at, title="Course", label="C1")
    return Assignment.objects.create(institution=at, course=course, resource_link=link, quiz=of.quiz, title=title)


def take(on: Assignment, by: Person, answers: Sequence[str], minutes: int = 0, preview: bool = False) -> Attempt:
    """A whole sitting by the real path; the answers in the order of the questions, "" for none."""
    now = NOW + timedelta(minutes=minutes)
    attempt = attempts.start(assignment=on, person=by, preview=preview, now=now)
    places = attempt.quiz_version.places.order_by("position")
    entries = [
        responses.Entry(place.item_version_id, raw, 1) for place, raw in zip(places, answers, strict=True) if raw
    ]
    responses.save_many(attempt=attempt, entries=entries, now=now)
    attempts.submit(attempt=attempt, now=now + timedelta(minutes=5))
    return marking.mark_attempt(attempt.pk, now + timedelta(minutes=6))


def confirm(attempt: Attempt, identifier: str, points: str, by: Person, minutes: int = 10) -> None:
    """A teacher marks one response of the attempt."""
    response = attempt.responses.get(item_version__item__identifier=identifier)
    review.confirm(response=response, points=Decimal(points), note="", by=by, now=NOW + timedelta(minutes=minutes))

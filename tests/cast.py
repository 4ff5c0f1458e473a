"""The cast of the tests, as plain functions; the second half makes whole sittings for statistics and the API.

alice and bob take the same course, charlie another one of the same school, dora goes to another school, tess
teaches alice and bob.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from itertools import count
from typing import Any

from assessment import access, activity, attempts, marking, responses, review
from assessment.models import Assignment, Attempt
from content.models import Item, ItemVersion, KeyState, Lesson, LessonVersion, Quiz, QuizVersion, QuizVersionItem
from lti.models import Context, Deployment, Launch, LineItem, PlatformUser, Registration, ResourceLink
from roster.models import Course, Institution, Person, Role

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
AGS_SCOPES = [
    "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem",
    "https://purl.imsglobal.org/spec/lti-ags/scope/score",
    "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly",
]
_numbers = count(1)


def at(seconds: float) -> datetime:
    """So many seconds after the tests' fixed moment."""
    return NOW + timedelta(seconds=seconds)


def make_institution(name: str = "North School", slug: str = "") -> Institution:
    return Institution.objects.create(name=name, slug=slug or f"school-{next(_numbers)}")


def make_deployment(institution: Institution) -> Deployment:
    number = next(_numbers)
    registration = Registration.objects.create(
        name=f"LMS {number}",
        issuer=f"https://lms{number}.example",
        client_id="assay",
        auth_url=f"https://lms{number}.example/auth",
        token_url=f"https://lms{number}.example/token",
        jwks_url=f"https://lms{number}.example/jwks",
    )
    return Deployment.objects.create(registration=registration, deployment_id="1", institution=institution, active=True)


def make_link(deployment: Deployment, *, title: str = "", column: bool = True) -> ResourceLink:
    """A link in a course of its own, with a gradebook column unless said otherwise."""
    number = next(_numbers)
    course = Course.objects.create(institution=deployment.institution, title=f"Course {number}")
    context = Context.objects.create(
        institution=deployment.institution, deployment=deployment, context_id=f"c{number}", course=course
    )
    link = ResourceLink.objects.create(
        institution=deployment.institution,
        deployment=deployment,
        context=context,
        resource_link_id=f"r{number}",
        title=title,
    )
    if column:
        offer_column(link)
    return link


def offer_column(link: ResourceLink) -> LineItem:
    """What a launch with the AGS claim leaves behind."""
    link.scopes = AGS_SCOPES
    link.line_items_url = f"{link.deployment.registration.issuer}/{link.pk}/lineitems"
    link.save()
    return LineItem.objects.create(
        institution=link.institution,
        registration=link.deployment.registration,
        resource_link=link,
        url=f"{link.line_items_url}/1/lineitem",
    )


def make_person(link: ResourceLink, name: str) -> Person:
    """A person whom the link's platform knows."""
    person = Person.objects.create(institution=link.institution, name=name)
    PlatformUser.objects.create(
        institution=link.institution, registration=link.deployment.registration, sub=f"u-{person.pk}", person=person
    )
    return person


def make_launch(link: ResourceLink | None, person: Person, role: Role = Role.LEARNER, **fields: Any) -> Launch:
    platform_user = person.platform_users.select_related("registration").get()
    deployment = link.deployment if link else Deployment.objects.get(registration=platform_user.registration)
    number = next(_numbers)
    return Launch.objects.create(
        institution=person.institution,
        registration=platform_user.registration,
        deployment=deployment,
        nonce=f"n{number}",
        key_hash=sha256(f"key {number}".encode()).hexdigest(),
        message_type="LtiResourceLinkRequest",
        person=person,
        platform_user=platform_user,
        role=role,
        course=link.context.course if link and link.context else None,
        resource_link=link,
        expires_at=NOW + timedelta(days=1),
        **fields,
    )


def choice_body(stem: str = "Which is right?", section: str | None = "summary") -> dict[str, Any]:
    options = [
        {"id": "a", "text": "The right one", "credit": 1, "rationale": "Because it is so."},
        {"id": "b", "text": "The half right one", "credit": 0.5, "rationale": "Only half of it is so."},
        {"id": "c", "text": "The wrong one", "credit": 0, "rationale": "It is not so."},
    ]
    return {"stem": stem, "options": options, "section": section}


def open_body() -> dict[str, Any]:
    rubric = [
        {"level": "full", "idea": "Names the secret idea.", "example": "The secret idea."},
        {"level": "none", "idea": "Says nothing.", "example": "Dunno."},
    ]
    return {"stem": "How would you verify it?", "rubric": rubric, "max_length": 200, "section": None}


def published_quiz(slug: str = "", **changes: Mapping[str, Any]) -> Quiz:
    """Ten items of a point each, q8 open, the others a choice whose right option is `a`; with a lesson.

    `changes` override fields of item versions: `q3={"key_state": KeyState.PROPOSED}`.
    """
    number = next(_numbers)
    quiz = Quiz.objects.create(
        slug=slug or f"quiz-{number}", practice=True, lesson=make_lesson(f"lesson-{number}").lesson
    )
    Item.objects.bulk_create([Item(quiz=quiz, identifier=f"q{place}") for place in range(1, 11)])
    publish(quiz, **changes)
    return quiz


def publish(quiz: Quiz, **changes: Mapping[str, Any]) -> QuizVersion:
    """The next version of the quiz, with new versions of all its items."""
    number = quiz.versions.count() + 1
    items = sorted(quiz.items.all(), key=lambda item: int(item.identifier[1:]))
    versions = [_item_version(item, number, changes.get(item.identifier, {})) for item in items]
    return _version(quiz, ItemVersion.objects.bulk_create(versions))


def _version(quiz: Quiz, items: Sequence[ItemVersion], title: str = "End of lesson check") -> QuizVersion:
    number = quiz.versions.count() + 1
    version = QuizVersion.objects.create(
        quiz=quiz,
        number=number,
        title=title,
        lesson_version=quiz.lesson.current if quiz.lesson else None,
        points=sum(Decimal(item.points) for item in items),
        content_hash=f"{quiz.slug} {number}",
        published_at=NOW,
    )
    places = [QuizVersionItem(quiz_version=version, item_version=item, position=i) for i, item in enumerate(items, 1)]
    QuizVersionItem.objects.bulk_create(places)
    quiz.current = version
    quiz.save()
    return version


def _item_version(item: Item, number: int, changes: Mapping[str, Any]) -> ItemVersion:
    is_open = item.identifier == "q8"
    fields = {
        "kind": "open_text" if is_open else "choice",
        "body": open_body() if is_open else choice_body(f"{item.identifier}: which is right?"),
        "points": 1,
        "key_state": KeyState.APPROVED,
        "content_hash": f"{item.pk} {number}",
        **changes,
    }
    return ItemVersion(item=item, number=number, **fields)


@dataclass
class Cast:
    """Launches of everyone, and alice's and bob's assignment."""

    assignment: Assignment
    quiz: Quiz
    alice: Launch
    bob: Launch
    tess: Launch
    charlie: Launch
    dora: Launch


def make_cast(*, column: bool = True, quiz: Quiz | None = None, **policy: Any) -> Cast:
    """Everyone launched, with the quiz in every course; `policy` are fields of alice's assignment."""
    quiz = quiz or published_quiz()
    north = make_deployment(make_institution())
    south = make_deployment(make_institution("South School"))
    link, other, far = make_link(north, column=column), make_link(north, column=column), make_link(south, column=column)
    named = {"custom": {"quiz": quiz.slug}}
    cast = Cast(
        assignment=make_assignment(link, quiz, **policy),
        quiz=quiz,
        alice=make_launch(link, make_person(link, "Alice"), **named),
        bob=make_launch(link, make_person(link, "Bob"), **named),
        tess=make_launch(link, make_person(link, "Tess"), Role.INSTRUCTOR, **named),
        charlie=make_launch(other, make_person(other, "Charlie"), **named),
        dora=make_launch(far, make_person(far, "Dora"), **named),
    )
    activity.assignment(cast.charlie)
    activity.assignment(cast.dora)
    return cast


def make_assignment(link: ResourceLink, quiz: Quiz, title: str = "The check", **policy: Any) -> Assignment:
    named = {"named": f"custom\n{quiz.slug}\n\n", "named_at": NOW}
    return Assignment.objects.create(
        institution=link.institution,
        course=link.context.course if link.context else None,
        resource_link=link,
        quiz=quiz,
        title=title,
        **named | policy,
    )


def begin(viewer: Launch, now: datetime = NOW) -> Attempt:
    """Open an attempt as the viewer's page does."""
    assignment = activity.assignment(viewer)
    assert assignment is not None
    return attempts.start(assignment=assignment, person=viewer.person, preview=access.previews(viewer), now=now)


def answer(attempt: Attempt, now: datetime = NOW, **answers: str) -> None:
    """Save answers by item identifier: `q1="a", q8="some text"`."""
    items = {question.identifier: question for question in attempts.questions(attempt)}
    entries = [
        responses.Entry(items[identifier].item_version_id, raw, items[identifier].seq + 1)
        for identifier, raw in answers.items()
    ]
    responses.save_many(attempt=attempt, entries=entries, now=now)


def all_right(**changes: str) -> dict[str, str]:
    """Answers that earn nine of ten points and leave q8 to a person; an empty answer is a blank."""
    return {f"q{i}": "a" for i in range(1, 11) if i != 8} | {"q8": "I would check the source."} | changes


def hand_in(viewer: Launch, now: datetime = NOW, *, marked: bool = True, **answers: str) -> Attempt:
    """Take the whole check in one go; marked at once unless said otherwise."""
    attempt = begin(viewer, now)
    answer(attempt, now, **answers)
    attempts.submit(attempt=attempt, now=now)
    return marking.mark_attempt(attempt.pk, now) if marked else Attempt.objects.get(pk=attempt.pk)


def make_lesson(slug: str = "lesson") -> LessonVersion:
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


def choice(credits: Sequence[str] = ("1", "0", "0"), points: str = "1") -> dict[str, Any]:
    """An item of `quiz_of`."""
    options = [
        {"id": "abcdefgh"[i], "text": f"Option {i}", "credit": float(credit), "rationale": f"secret rationale {i}"}
        for i, credit in enumerate(credits)
    ]
    return {"kind": "choice", "points": points, "body": {"stem": "Which?", "options": options, "section": None}}


def open_text(points: str = "1") -> dict[str, Any]:
    """An item of `quiz_of`."""
    rubric = [{"level": "full", "idea": "secret idea", "example": "secret example"}]
    return {"kind": "open_text", "points": points, "body": {"stem": "Why?", "rubric": rubric, "section": None}}


def quiz_of(*items: Mapping[str, Any], slug: str = "check") -> QuizVersion:
    """The next version of the quiz, of just these items."""
    quiz, _ = Quiz.objects.get_or_create(slug=slug, defaults={"practice": True})
    number = quiz.versions.count() + 1
    made = []
    for position, item in enumerate(items, start=1):
        holder, _ = Item.objects.get_or_create(quiz=quiz, identifier=f"q{position}")
        fields = {"content_hash": f"hash-{number}", "key_state": KeyState.APPROVED, **item}
        made.append(ItemVersion.objects.create(item=holder, number=number, **fields))
    return _version(quiz, made, f"{slug} {number}")


def make_learner(at: Institution, name: str = "") -> Person:
    """A person of the school whom no platform knows."""
    name = name or f"Learner {next(_numbers)}"
    return Person.objects.create(institution=at, name=name, email=f"{name.split()[0].lower()}@example.edu")


def place_quiz(at: Institution, version: QuizVersion, title: str = "The check") -> Assignment:
    """The quiz in a course of its own, without a gradebook column."""
    return make_assignment(make_link(make_deployment(at), column=False), version.quiz, title)


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

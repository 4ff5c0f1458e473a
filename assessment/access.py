"""The only door to the rows of learners: own rows, one's class, one's institution, and nothing else.

A `viewer` is the launch that a request belongs to. Every refusal reads as "there is no such row".
"""

from collections.abc import Iterable
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When, Window
from django.db.models.functions import Coalesce, Concat, Lower, Trim

from assessment.models import (
    Accommodation,
    Assignment,
    Attempt,
    AttemptState,
    Grade,
    Regrade,
    RegradeState,
    Response,
    Upload,
)
from assessment.placement import linking, placing
from content import writing
from content.models import ItemVersion, LessonVersion, Quiz, QuizVersionItem
from content.writing import Author
from lti.launch.messages.privacy import TYPES as PRIVACY_TYPES
from lti.models import Context, Launch, PlatformUser, Score
from roster.models import Enrollment, Group, Institution, Person, Role
from roster.rows import Prepared, one

MOST_TAUGHT = 300  # assignments on one page


def is_instructor(viewer: Launch) -> bool:
    return viewer.role == Role.INSTRUCTOR


def require_instructor(viewer: Launch) -> None:
    """Raises PermissionDenied for anyone but an instructor in an activity."""
    if not is_instructor(viewer) or viewer.resource_link_id is None:
        raise PermissionDenied("Only instructors of this activity may see this.")


def previews(viewer: Launch) -> bool:
    """Whether attempts of this viewer stay out of everything: only a real learner is scored."""
    return viewer.role != Role.LEARNER or viewer.test_user


def assignment(viewer: Launch) -> Assignment | None:
    """The assignment behind the viewer's resource link, as it stands (`activity.assignment` keeps it in step)."""
    if viewer.resource_link_id is None:
        return None
    return ASSIGNMENT.one(link=viewer.resource_link_id, institution=viewer.institution_id)


def lesson_only(viewer: Launch) -> LessonVersion | None:
    """The lesson of a link that opens a lesson and no check: there is no assignment and no grade.

    None where learners have begun a check there before: their work stays in reach.
    """
    lesson = placing.lesson(placing.named(viewer))
    return lesson if lesson and not linking.is_begun(viewer.resource_link_id) else None


def has_choice(viewer: Launch, present: Assignment) -> bool:
    """Whether an instructor may still put another quiz there, and there is one."""
    require_instructor(viewer)
    others = choosable(viewer).exclude(pk=present.quiz_id)
    return others.exists() and not linking.is_begun(viewer.resource_link_id)


def author(viewer: Launch) -> Author:
    """The viewer as one who writes content."""
    return Author(viewer.person.display_name, viewer.institution, viewer.person)


def writes(viewer: Launch, present: Assignment) -> bool:
    """Whether the viewer may change the questions of the assignment's quiz, not only of a copy."""
    return bool(writing.writable(author(viewer)).filter(pk=present.quiz_id).exists())


def asked_version(viewer: Launch, present: Assignment, version_id: UUID) -> ItemVersion | None:
    """A question as some version of the assignment's quiz asks it."""
    require_instructor(viewer)
    places = QuizVersionItem.objects.filter(quiz_version__quiz=present.quiz_id, item_version=version_id)
    return one(ItemVersion.objects.filter(pk__in=places.values("item_version")).select_related("item"))


def regrades(viewer: Launch, present: Assignment) -> QuerySet[Regrade]:
    """The regrades that bear on the viewer's class, the latest first."""
    require_instructor(viewer)
    here = Q(assignment=present) | Q(assignment=None, quiz=present.quiz_id)
    found = Regrade.objects.filter(here, institution=viewer.institution_id).exclude(state=RegradeState.DRY_RUN)
    return found.select_related("item_version__item").order_by("-committed_at", "-pk")


def regrade(viewer: Launch, present: Assignment, regrade_id: UUID) -> Regrade | None:
    """A regrade that the viewer may look into and decide on: one of the class, one over all classes only of who may
    change the quiz.
    """
    require_instructor(viewer)
    here = Q(assignment=present)
    if writes(viewer, present):
        here |= Q(assignment=None, quiz=present.quiz_id)
    found = Regrade.objects.filter(here, pk=regrade_id, institution=viewer.institution_id)
    return one(found.select_related("item_version__item", "quiz", "assignment", "institution", "key"))


def choosable(viewer: Launch) -> QuerySet[Quiz]:
    """The published quizzes that the viewer may place."""
    published = Quiz.objects.filter(current__isnull=False).readable(viewer.institution, viewer.person)
    return published.select_related("current").order_by("current__title", "slug")


def attempts(viewer: Launch) -> list[Attempt]:
    """The viewer's own attempts on this assignment as what they are now (learner or preview), newest first."""
    if viewer.resource_link_id is None:
        return []
    query = PREVIEWS if previews(viewer) else ATTEMPTS
    return query.all(link=viewer.resource_link_id, institution=viewer.institution_id, person=viewer.person_id)


def attempt(viewer: Launch, attempt_id: UUID | str) -> Attempt:
    """One of the viewer's own attempts. Raises Attempt.DoesNotExist for any other."""
    link = viewer.resource_link_id
    own = {"institution": viewer.institution_id, "person": viewer.person_id, "attempt": _uuid(attempt_id)}
    found = ATTEMPT.one(link=link, **own) if link else None
    if found is None:
        raise Attempt.DoesNotExist
    return found


def submission(viewer: Launch) -> Attempt | None:
    """The attempt that a click on a grade means: the one that counts, else the newest; None while there is none.

    For an instructor it is the attempt of the learner whom the LMS named, for everyone else always their own.
    """
    if not is_instructor(viewer):
        own = grade(viewer)
        return own.attempt if own and not previews(viewer) else next(iter(attempts(viewer)), None)
    counting = class_grades(viewer).filter(person=viewer.for_person_id).first()
    return counting.attempt if counting else class_attempts(viewer).filter(person=viewer.for_person_id).first()


def work(viewer: Launch) -> Attempt | None:
    """The attempt that the launch's own address names: an own one, or for an instructor one of the course."""
    named = placing.work(viewer)
    if named is None:
        return None
    here = Q(assignment__resource_link=viewer.resource_link_id)
    if viewer.context_id:
        here |= Q(assignment__resource_link__context=viewer.context_id)
    seen = Q(preview=False) if is_instructor(viewer) else Q(person=viewer.person_id)
    found = Attempt.objects.filter(here, seen, pk=named, institution=viewer.institution_id, assignment__isnull=False)
    return found.select_related("assignment").first()


def upload(viewer: Launch, upload_id: UUID | str) -> Upload | None:
    """A file handed in on the viewer's assignment: an own one, or for an instructor anybody's."""
    here = Upload.objects.filter(pk=_uuid(upload_id), attempt__institution=viewer.institution_id)
    found = here.filter(attempt__assignment__resource_link=viewer.resource_link_id)
    if viewer.resource_link_id is None:
        return None
    return (found if is_instructor(viewer) else found.filter(attempt__person=viewer.person_id)).first()


def grade(viewer: Launch) -> Grade | None:
    """The viewer's own grade on this assignment, None while there is none."""
    if viewer.resource_link_id is None:
        return None
    return GRADE.one(link=viewer.resource_link_id, person=viewer.person_id)


def class_people(viewer: Launch) -> QuerySet[Person]:
    """The learners of the viewer's course and everyone with an attempt here, by name, those who left last.

    `left` says that the LMS no longer lists the person; `made` is the number of attempts; `working`, `submitted` and
    `waiting` say whether an attempt is open, was handed in, has an answer that waits for a person; `submitted_at` is
    the newest hand-in and `share` the grade, from 0 to 1.
    """
    require_instructor(viewer)
    here = {"assignment__resource_link": viewer.resource_link_id, "institution": viewer.institution_id}
    begun = Attempt.objects.filter(**here, preview=False)
    own = begun.filter(person=OuterRef("pk"))
    closed = own.exclude(state=AttemptState.IN_PROGRESS)
    grade = Grade.objects.filter(**here, person=OuterRef("pk"))
    places = Enrollment.objects.filter(course=viewer.course_id, institution=viewer.institution_id)
    learners = places.filter(role=Role.LEARNER, active=True)
    return (
        Person.objects.filter(institution=viewer.institution_id)
        .filter(Q(pk__in=learners.values("person")) | Q(pk__in=begun.values("person")))
        .annotate(
            left=Exists(places.filter(person=OuterRef("pk"), active=False)),
            made=Coalesce(Subquery(own.values("person").annotate(n=Count("pk")).values("n")), 0),
            working=Exists(own.filter(state=AttemptState.IN_PROGRESS)),
            submitted=Exists(closed),
            waiting=Exists(own.filter(state=AttemptState.NEEDS_REVIEW)),
            submitted_at=Subquery(closed.order_by("-submitted_at").values("submitted_at")[:1]),
            share=Subquery(grade.values(share=F("points") / F("points_max"))[:1]),
        )
        .order_by("left", "sort_name", "pk")
    )


def class_person(viewer: Launch, person_id: UUID | str) -> Person:
    """One person of the viewer's class, with what `class_people` adds. Raises Person.DoesNotExist for any other."""
    return class_people(viewer).get(pk=_uuid(person_id))


def learners_of(assignment: Assignment) -> QuerySet[Person]:
    """The learners of the assignment's course whom the LMS lists."""
    places = Enrollment.objects.filter(course=assignment.course_id, institution=assignment.institution_id)
    learners = places.filter(role=Role.LEARNER, active=True)
    return Person.objects.filter(institution=assignment.institution_id, pk__in=learners.values("person"))


def learner_of(assignment: Assignment, named: UUID | str) -> Person | None:
    """The learner of the assignment's course with this id, or whom its LMS calls so."""
    learners = learners_of(assignment)
    if isinstance(named, UUID):
        return learners.filter(pk=named).first()
    registration = assignment.resource_link.deployment.registration_id
    users = PlatformUser.objects.filter(registration=registration, institution=assignment.institution_id, sub=named)
    return learners.filter(pk__in=users.values("person")).first()


def with_namesakes(viewer: Launch, people: QuerySet[Person]) -> QuerySet[Person]:
    """Adds how many of the people are shown under the same name, `namesakes`, and the LMS's id of each, `sub`."""
    require_instructor(viewer)
    users = PlatformUser.objects.filter(person=OuterRef("pk"), registration=viewer.registration_id)
    joined = Trim(Concat("given_name", Value(" "), "family_name"))
    called = Lower(Case(When(name="", then=joined), default=F("name")))
    return people.annotate(
        namesakes=Window(Count("pk"), partition_by=called), sub=Subquery(users.order_by("pk").values("sub")[:1])
    )


def class_groups(viewer: Launch) -> QuerySet[Group]:
    """The groups that the LMS has in the viewer's course."""
    require_instructor(viewer)
    groups = Group.objects.filter(course=viewer.course_id, institution=viewer.institution_id)
    return groups.order_by("set_name", "name", "group_id")


def taught_assignments(viewer: Launch) -> QuerySet[Assignment]:
    """The newest assignments of the viewer's course and of every other course that the viewer teaches."""
    require_instructor(viewer)
    teaches = Enrollment.objects.filter(
        person=viewer.person_id, institution=viewer.institution_id, role=Role.INSTRUCTOR, active=True
    )
    taught = Q(course__in=teaches.values("course")) | Q(resource_link=viewer.resource_link_id)
    if viewer.course_id:
        taught |= Q(course=viewer.course_id)
    found = Assignment.objects.filter(taught, institution=viewer.institution_id)
    return found.select_related("course").order_by("-created_at", "-pk")[:MOST_TAUGHT]


def class_context(viewer: Launch) -> Context | None:
    """The LMS's course that the viewer's link stands in."""
    require_instructor(viewer)
    return one(Context.objects.filter(resource_links=viewer.resource_link_id, institution=viewer.institution_id))


def class_grades(viewer: Launch) -> QuerySet[Grade]:
    """The grades of the viewer's assignment by name. Raises PermissionDenied for anyone but an instructor."""
    require_instructor(viewer)
    return (
        Grade.objects.filter(assignment__resource_link=viewer.resource_link_id, institution=viewer.institution_id)
        .select_related("person", "attempt", "assignment")
        .order_by("person__sort_name", "person_id")
    )


def class_exceptions(viewer: Launch, people: Iterable[Person]) -> set[UUID]:
    """Which of these people have an exception here of their own or of a group, or one on all assignments; one query."""
    require_instructor(viewer)
    here = Accommodation.objects.filter(assignment__resource_link=viewer.resource_link_id)
    own = Q(accommodations__in=here) | Q(accommodations__assignment__isnull=True, accommodations__isnull=False)
    known = Person.objects.filter(institution=viewer.institution_id, pk__in=[one.pk for one in people])
    return set(known.filter(own | Q(groups__in=here.values("group"))).values_list("pk", flat=True))


def class_attempts(viewer: Launch) -> QuerySet[Attempt]:
    """The learners' attempts on the viewer's assignment, newest first; previews are left out."""
    require_instructor(viewer)
    return (
        Attempt.objects.filter(
            assignment__resource_link=viewer.resource_link_id, institution=viewer.institution_id, preview=False
        )
        .select_related("person", "assignment", "quiz_version")
        .order_by("-started_at", "-pk")
    )


def class_attempt(viewer: Launch, attempt_id: UUID | str) -> Attempt:
    """One learner's attempt on the viewer's assignment. Raises Attempt.DoesNotExist for any other."""
    return class_attempts(viewer).get(pk=_uuid(attempt_id))


def class_responses(viewer: Launch) -> QuerySet[Response]:
    """The submitted responses of the viewer's class, oldest first: what an instructor may mark."""
    require_instructor(viewer)
    return _submitted_responses(Q(attempt__assignment__resource_link=viewer.resource_link_id), viewer)


def _submitted_responses(of: Q, viewer: Launch) -> QuerySet[Response]:
    return (
        Response.objects.filter(
            of,
            attempt__institution=viewer.institution_id,
            attempt__preview=False,
            attempt__state__in=[AttemptState.NEEDS_REVIEW, AttemptState.MARKED],
        )
        .select_related("attempt__person", "attempt__assignment", "item_version__item")
        .order_by("attempt__submitted_at", "pk")
    )


def taught_responses(viewer: Launch) -> QuerySet[Response]:
    """The same of the viewer's quiz in every course that the viewer teaches."""
    require_instructor(viewer)
    taught = Assignment.objects.filter(pk__in=taught_assignments(viewer).values("pk"))
    same = taught.filter(quiz__assignments__resource_link=viewer.resource_link_id)
    return _submitted_responses(Q(attempt__assignment__in=same.values("pk")), viewer)


def waiting_responses(viewer: Launch) -> QuerySet[Response]:
    """The responses of the viewer's class that wait for a person, oldest first."""
    return class_responses(viewer).filter(waiting=True)


def to_mark(viewer: Launch) -> dict[str, int]:
    """How many answers wait for a person, and on how many a learner asks for a second look."""
    asked = Q(second_looks__isnull=False, second_looks__answered_at__isnull=True)
    found = class_responses(viewer).order_by()
    return found.aggregate(
        waiting=Count("pk", filter=Q(waiting=True), distinct=True), asked=Count("pk", filter=asked, distinct=True)
    )


def asks_about_another(viewer: Launch) -> bool:
    """Whether an administrator's Data Privacy launch names someone else."""
    return bool(viewer.settings.get("about_another"))


def data_subject(viewer: Launch) -> Person | None:
    """Whose data a Data Privacy launch is about; None for someone who never came here.

    Raises PermissionDenied for every other kind of launch.
    """
    if viewer.message_type not in PRIVACY_TYPES:
        raise PermissionDenied("This page opens from the data privacy entry of the LMS.")
    return viewer.for_person if asks_about_another(viewer) else viewer.person


def known_data_subject(viewer: Launch) -> Person:
    """The same where there has to be someone. Raises PermissionDenied."""
    person = data_subject(viewer)
    if person is None or person.institution_id != viewer.institution_id:
        raise PermissionDenied("Nothing is kept about this person.")
    return person


def person_of(institution: Institution, person_id: UUID) -> Person | None:
    return Person.objects.filter(institution=institution, pk=person_id).first()


def group_of(assignment: Assignment, group_id: str) -> Group | None:
    """The group of the assignment's course that its LMS calls so."""
    groups = Group.objects.filter(course=assignment.course_id, institution=assignment.institution_id)
    return groups.filter(group_id=group_id).first()


def accommodations_of(institution: Institution) -> QuerySet[Accommodation]:
    return Accommodation.objects.filter(institution=institution).select_related("person", "group", "assignment")


def assignments_of(institution: Institution) -> QuerySet[Assignment]:
    return Assignment.objects.filter(institution=institution)


def attempts_of(institution: Institution) -> QuerySet[Attempt]:
    """Every learner's attempt in the institution; previews and practice belong to no statistics or export."""
    return Attempt.objects.filter(institution=institution, assignment__isnull=False, preview=False)


def handed_in(institution: Institution) -> QuerySet[Attempt]:
    """The attempts whose answers no longer change."""
    return attempts_of(institution).filter(submitted_at__isnull=False)


def response_of(institution: Institution, attempt_id: UUID, position: int) -> Response | None:
    """The response to one question of a learner's attempt in the institution."""
    rows = Response.objects.filter(attempt__in=attempts_of(institution), attempt=attempt_id, position=position)
    return rows.select_related("attempt__assignment", "item_version").first()


def grades_of(institution: Institution) -> QuerySet[Grade]:
    return Grade.objects.filter(institution=institution)


def scores_of(institution: Institution) -> QuerySet[Score]:
    """The scores of assignments, on their way to gradebooks or there."""
    return Score.objects.filter(institution=institution, line_item__resource_link__assignment__isnull=False)


ASSIGNMENT = Prepared(
    lambda link, institution: (
        Assignment.objects.filter(resource_link_id=link, institution_id=institution)
        .select_related("quiz")
        .annotate(link_title=F("resource_link__title"))
    ),
    link=UUID,
    institution=UUID,
)


def _attempts(link: UUID, institution: UUID, person: UUID) -> QuerySet[Attempt]:
    return Attempt.objects.filter(
        assignment__resource_link=link, institution=institution, person=person
    ).select_related("assignment", "quiz_version")


def _as_it_counts(preview: bool) -> Prepared[Attempt]:
    return Prepared(
        lambda **own: _attempts(**own).filter(preview=preview).order_by("-number"),
        link=UUID,
        institution=UUID,
        person=UUID,
    )


ATTEMPT = Prepared(
    lambda attempt, **own: _attempts(**own).filter(pk=attempt), link=UUID, institution=UUID, person=UUID, attempt=UUID
)
GRADE = Prepared(
    lambda link, person: Grade.objects.filter(assignment__resource_link_id=link, person_id=person),
    link=UUID,
    person=UUID,
)
ATTEMPTS, PREVIEWS = _as_it_counts(preview=False), _as_it_counts(preview=True)


def _uuid(value: UUID | str) -> UUID:
    """An id that is none can name no row: the nil UUID stands for it."""
    try:
        return value if isinstance(value, UUID) else UUID(value)
    except ValueError:
        return UUID(int=0)

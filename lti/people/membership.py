"""A page of a platform's list becomes rows: people, who they are at the platform, their places in the course.

What the platform leaves out (a name, a mail address) changes nothing that is known. Each page takes the same number of
statements, however many people it has.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from lti.gradebook import families, second_chances
from lti.models import Context, Launch, PlatformUser
from lti.people import demotion
from lti.people.nrps import ListedGroup, Member
from roster import names
from roster.models import Enrollment, Group, Person, Role

SHARED = ["name", "given_name", "family_name", "email"]


@dataclass(frozen=True)
class Reading:
    """One reading of a context's list, and when it began."""

    context: Context
    began: datetime
    groups: dict[str, UUID]  # the course's groups by the platform's id; empty where it offers none


def apply(reading: Reading, members: Iterable[Member]) -> None:
    """Take in one page. Members who are not active are left to `close`: they are as good as absent."""
    page = _by_id(member for member in members if member.active)
    if not page:
        return
    try:
        with transaction.atomic():
            _apply(reading, page)
    except IntegrityError:  # one of them was erased or merged in this very moment
        with transaction.atomic():
            _apply(reading, page)


def _by_id(members: Iterable[Member]) -> dict[str, Member]:
    """Somebody who is listed twice, for two roles, teaches if one of them does."""
    found: dict[str, Member] = {}
    for member in members:
        before = found.get(member.sub)
        if before is None or before.role != Role.INSTRUCTOR:
            found[member.sub] = member
    return found


def close(reading: Reading) -> int:
    """After a complete reading, people whom it did not name as active and who did not launch since have left.

    What an earlier list named loses its open launches as a teacher too; an administrator whom no list names does not.
    """
    absent = Q(listed_at=None) | Q(listed_at__lt=reading.began)
    places = Enrollment.objects.filter(absent, course=reading.context.course_id, active=True)
    launched = _launched_since(reading).filter(person=OuterRef("person"))
    left = list(places.exclude(Exists(launched)))
    if left:
        with transaction.atomic():
            Enrollment.objects.filter(absent, pk__in=[place.pk for place in left]).update(active=False)
            for place in left:
                if place.role == Role.INSTRUCTOR and place.listed_at is not None:
                    demotion.end_higher(
                        course=place.course_id, person=place.person_id, role=Role.LEARNER, now=reading.began
                    )
    return len(left)


def keep_groups(context: Context, listed: list[ListedGroup], sets: dict[str, str]) -> dict[str, UUID]:
    """Make the course's groups those that are listed; their ids by the platform's."""
    groups = [
        Group(
            institution_id=context.institution_id,
            course_id=context.course_id,
            group_id=group.group_id,
            name=group.name,
            set_name=sets.get(group.set_id, ""),
        )
        for group in {group.group_id: group for group in listed}.values()
    ]
    with transaction.atomic():
        mine = Group.objects.filter(course=context.course_id)
        mine.exclude(group_id__in=[group.group_id for group in groups]).delete()
        Group.objects.bulk_create(
            groups, update_conflicts=True, unique_fields=["course", "group_id"], update_fields=["name", "set_name"]
        )
        return dict(mine.values_list("group_id", "pk"))


def _apply(reading: Reading, page: dict[str, Member]) -> None:
    people = _people(reading.context, page)
    page = {sub: member for sub, member in page.items() if sub in people}
    back, gone = _enrol(reading, {people[sub].pk: member for sub, member in page.items()})
    if reading.groups:
        _join(reading, {people[sub].pk: member for sub, member in page.items()})
    learners = {people[sub].pk for sub, member in page.items() if member.role != Role.INSTRUCTOR}
    second_chances.retry_refused(
        course_id=reading.context.course_id,
        people=learners.intersection(back),
        gone=learners.intersection(gone),
        now=reading.began,
        listed=learners,
    )


def _people(context: Context, page: dict[str, Member]) -> dict[str, Person]:
    """The page's people by the platform's id; those who are new made, the others' names brought up to date.

    Nobody is made who has no role: such an entry says no more than that somebody known is still there.
    """
    registration = context.deployment.registration_id
    identity = {"institution_id": context.institution_id, "registration_id": registration}
    users = PlatformUser.objects.filter(**identity, sub__in=page).select_related("person")
    known = {user.sub: user.person for user in users}
    Person.objects.bulk_update([known[sub] for sub in known if _renamed(known[sub], page[sub])], SHARED)
    unknown = [sub for sub in page if sub not in known and page[sub].role]
    new = {sub: Person(institution_id=context.institution_id, **page[sub].shared) for sub in unknown}
    Person.objects.bulk_create(new.values())
    rows = [PlatformUser(**identity, sub=sub, person=made) for sub, made in new.items()]
    PlatformUser.objects.bulk_create(rows, ignore_conflicts=True)
    return known | _as_stored(new, users.filter(sub__in=new))


def _as_stored(new: dict[str, Person], users: QuerySet[PlatformUser]) -> dict[str, Person]:
    """The people just made. Where a launch made the same person in this moment, theirs, and ours goes."""
    stored = {user.sub: user.person for user in users} if new else {}
    Person.objects.filter(pk__in=[made.pk for sub, made in new.items() if stored[sub] != made]).delete()
    return stored


def _renamed(person: Person, member: Member) -> bool:
    given = names.newest(person, member.shared)
    changed = {name: value for name, value in given.items() if getattr(person, name) != value}
    for name, value in changed.items():
        setattr(person, name, value)
    return bool(changed)


def _enrol(reading: Reading, page: dict[UUID, Member]) -> tuple[list[UUID], list[UUID]]:
    """Give the page's people their places; those who are listed for the first time or again, and those again.

    A launch knows better than an older list, and than one that cannot tell.
    """
    context = reading.context
    places = Enrollment.objects.select_for_update().filter(course=context.course_id, person__in=page).order_by("pk")
    known = {place.person_id: place for place in places}
    fresh = set(_launched_since(reading).filter(person__in=known).values_list("person_id", flat=True))
    certain = families.of(context.deployment.registration.family).LISTS_TEACHERS
    made = [
        Enrollment(
            institution_id=context.institution_id,
            course_id=context.course_id,
            person_id=person,
            role=_role(known.get(person), member, reading, newer=person in fresh, certain=certain),
            listed_at=reading.began,
        )
        for person, member in page.items()
    ]
    Enrollment.objects.bulk_create(
        made,
        update_conflicts=True,
        unique_fields=["course", "person"],
        update_fields=["role", "active", "listed_at"],
    )
    for place in made:
        if place.person_id in known and known[place.person_id].role != place.role:
            demotion.end_higher(course=place.course_id, person=place.person_id, role=place.role, now=reading.began)
    again = [person for person in page if _was_gone(known.get(person), context)]
    first = [person for person in page if person not in known or known[person].listed_at is None]
    return [*{*first, *again}], again


def _role(place: Enrollment | None, member: Member, reading: Reading, *, newer: bool, certain: bool) -> str:
    """What the list says, unless a launch after it (`newer`) said otherwise, or the list cannot tell all teachers.

    It may say nothing, and an earlier page of it may have named the person as a teacher.
    """
    if place is None:
        return member.role or Role.OTHER
    teaches = place.role == Role.INSTRUCTOR
    twice = teaches and place.listed_at == reading.began
    may_teach = teaches and member.role == Role.LEARNER and not certain
    return place.role if newer or twice or may_teach or not member.role else member.role


def _was_gone(place: Enrollment | None, context: Context) -> bool:
    """Whether the reading before did not name who had been here. A launch may have made the place active since."""
    if place is None or not place.active:
        return place is not None
    read_at = context.roster_read_at
    return read_at is not None and place.listed_at is not None and place.listed_at < read_at


def _launched_since(reading: Reading) -> QuerySet[Launch]:
    return Launch.objects.filter(course=reading.context.course_id, created_at__gte=reading.began, test_user=False)


def _join(reading: Reading, page: dict[UUID, Member]) -> None:
    """Bring the page's memberships of groups up to date."""
    joined = Group.members.through
    wanted = {
        (reading.groups[group], person)
        for person, member in page.items()
        for group in member.groups
        if group in reading.groups
    }
    kept = joined.objects.filter(group__course=reading.context.course_id, person__in=page)
    now = {(row.group_id, row.person_id): row.pk for row in kept}
    joined.objects.filter(pk__in=[pk for pair, pk in now.items() if pair not in wanted]).delete()
    new = [joined(group_id=group, person_id=person) for group, person in wanted if (group, person) not in now]
    joined.objects.bulk_create(new, ignore_conflicts=True)

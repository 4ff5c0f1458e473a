"""A person who may less than before loses at once what older launches still allow (docs/decisions/005)."""

from datetime import datetime
from uuid import UUID

from lti.models import Launch
from roster.models import Course, Person, Role

HIGHER = {Role.INSTRUCTOR: [], Role.LEARNER: [Role.INSTRUCTOR], Role.OTHER: [Role.INSTRUCTOR, Role.LEARNER]}


def end_higher(*, course: Course | UUID, person: Person | UUID, role: Role | str, now: datetime) -> int:
    """End the person's open launches in the course (rows or their ids) that carry a higher role; how many.

    Call it in the transaction that lowers the enrolment, and only then: a launch that changes no role pays nothing.
    """
    above = HIGHER[Role(role)]
    if not above:
        return 0
    return Launch.objects.filter(course=course, person=person, role__in=above, expires_at__gt=now).update(
        expires_at=now
    )

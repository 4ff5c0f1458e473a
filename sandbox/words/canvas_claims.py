"""What only Canvas says in a launch: mixed roles, its own claims, empty error lists, variables left as they are."""

import hashlib
from typing import Any

from django.conf import settings

from sandbox.models import Activity, Course, Enrolment, Launch, LineItem, Person, Role
from sandbox.words.scopes import ASSISTANT, INSTITUTION, LTI, MEMBERSHIP, SHORT_ROLES, TEST_USER

SYSTEM_USER = "http://purl.imsglobal.org/vocab/lis/v2/system/person#User"
NOBODY = "http://purl.imsglobal.org/vocab/lis/v2/person#None"
PLACEMENT = "https://www.instructure.com/placement"
IN_INSTITUTION = {
    Role.LEARNER: "Student",
    Role.INSTRUCTOR: "Instructor",
    Role.ASSISTANT: "Instructor",
    Role.ADMINISTRATOR: "Administrator",
}
GUEST_HINT = hashlib.sha1(b"public visitor", usedforsecurity=False).hexdigest()
REGION, ENVIRONMENT = "us-east-1", "prod"
# Canvas prints these two into most of its claims.
WITH_ERROR_LISTS = (
    LTI + "resource_link",
    LTI + "context",
    LTI + "launch_presentation",
    "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint",
    "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice",
)
NO_ERRORS: dict[str, Any] = {"validation_context": None, "errors": {"errors": {}}}


def guid(course: Course) -> str:
    """The school's: with one issuer for all, only this and the deployment tell them apart."""
    account = f"{settings.SANDBOX_URL}/{course.account}" if course.account else settings.SANDBOX_URL
    return hashlib.md5(account.encode(), usedforsecurity=False).hexdigest()


def roles(course: Course, person: Person | None, role: str | None) -> list[str]:
    """What somebody is anywhere in the school, then in this course; an administrator need not be in the course."""
    if person is None:
        return [NOBODY]
    places = Enrolment.objects.filter(person=person, status=Enrolment.Status.ACTIVE, course__account=course.account)
    anywhere = {Role(found) for found in places.values_list("role", flat=True)}
    if person.is_admin:
        anywhere.add(Role.ADMINISTRATOR)
    uris = list(dict.fromkeys(INSTITUTION + IN_INSTITUTION[found] for found in Role if found in anywhere))
    if role and places.filter(course=course).exists():
        uris += [MEMBERSHIP + SHORT_ROLES[Role(role)], *([ASSISTANT] if role == Role.ASSISTANT else [])]
    return [*uris, SYSTEM_USER, *([TEST_USER] if person.is_test else [])]


def variables(course: Course, person: Person | None, activity: Activity | None) -> dict[str, str]:
    """The custom variables that can be filled in now. Those without a value are left out, and so arrive literally."""
    item = activity.line_items.order_by("pk").first() if activity else None
    found: dict[str, object] = {
        **({"$ResourceLink.id": activity.pk, "$ResourceLink.title": activity.title} if activity else {}),
        "$Context.id": course.pk,
        "$Context.title": course.title,
        "$Canvas.course.id": course.pk,
        "$Canvas.course.name": course.title,
        "$Canvas.api.domain": settings.SANDBOX_URL.partition("://")[2],
        "$Canvas.root_account.lti_guid": guid(course),
    }
    if person is not None:
        found |= {"$User.id": person.pk, "$Canvas.user.id": person.pk, "$User.username": person.username}
        found |= {"$Canvas.user.loginId": person.username} | _personal(course, person)
    return {name: str(value) for name, value in (found | _assignment(item)).items()}


def _personal(course: Course, person: Person) -> dict[str, object]:
    names = {"$Person.name.full": person.name, "$Person.name.given": person.given_name}
    mail = {"$Person.email.primary": person.email}
    return {**(names if course.share_name else {}), **(mail if course.share_email and person.email else {})}


def _assignment(item: LineItem | None) -> dict[str, object]:
    if item is None:
        return {}
    found: dict[str, object | None] = {
        "$Canvas.assignment.id": item.pk,
        "$Canvas.assignment.title": item.label,
        "$Canvas.assignment.pointsPossible": f"{item.score_maximum:g}",
        "$Canvas.assignment.published": str(item.published).lower(),
        "$Canvas.assignment.allowedAttempts": item.allowed_attempts,
        "$Canvas.assignment.unlockAt.iso8601": item.extra.get("startDateTime"),
        "$Canvas.assignment.dueAt.iso8601": item.extra.get("endDateTime"),
    }
    return {name: value for name, value in found.items() if value not in (None, "")}


def claims(launch: Launch) -> dict[str, Any]:
    """The claims that stand in Canvas launches only."""
    course, person = launch.course, launch.person
    return {
        "azp": launch.tool.client_id,
        "errors": {"errors": {}},
        PLACEMENT: launch.settings.get("placement") or _placement(launch.activity),
        **({"locale": person.locale} if person else {}),
        **({LTI + "lti11_legacy_user_id": _legacy(person)} if person else {}),
        LTI + "lis": {
            **({"person_sourcedid": f"person-{person.pk}"} if person else {}),
            "course_offering_sourcedid": f"course-{course.pk}",
            **NO_ERRORS,
        },
        LTI + "tool_platform": {
            "guid": guid(course),
            "name": course.school,
            "version": "cloud",
            "product_family_code": "canvas",
            **NO_ERRORS,
        },
    }


def _placement(activity: Activity | None) -> str:
    return "assignment_selection" if activity and activity.line_items.exists() else "link_selection"


def with_error_lists(claims: dict[str, Any]) -> dict[str, Any]:
    """Canvas prints its own checks, which found nothing, into most of its claims; a missing text it prints as null."""
    link = claims.get(LTI + "resource_link")
    changed = {LTI + "resource_link": {**link, "description": link["description"] or None}} if link else {}
    for name in WITH_ERROR_LISTS:
        if name in claims:
            changed[name] = {**changed.get(name, claims[name]), **NO_ERRORS}
    return {**claims, **changed}


def _legacy(person: Person) -> str:
    return hashlib.sha1(f"lti1 {person.pk}".encode(), usedforsecurity=False).hexdigest()

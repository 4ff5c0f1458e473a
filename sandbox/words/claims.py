"""What a launch says: the claims of an id_token (LTI 1.3 section 5.3), strict or as recorded from Moodle 4.5."""

import hashlib
import json
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from sandbox.models import Course, Enrolment, Launch, LineItem, Mode, Person, Role, Tool
from sandbox.words import canvas_claims, custom, messages, scopes
from sandbox.words.scopes import ASSISTANT, INSTITUTION, LTI, MEMBERSHIP, SHORT_ROLES, TEST_USER

IN_INSTITUTION = {
    Role.LEARNER: "Student",
    Role.INSTRUCTOR: "Faculty",
    Role.ASSISTANT: "Staff",
    Role.ADMINISTRATOR: "Administrator",
}
LIFETIMES = {Mode.STRICT: 300, Mode.MOODLE: 60, Mode.CANVAS: 3600}


def roles(course: Course, person: Person, role: str) -> list[str]:
    """The role URIs of a launch. Moodle sends the context role only and knows no test user."""
    known = Role(role)
    uris = [MEMBERSHIP + SHORT_ROLES[known]]
    if course.mode == Mode.STRICT:
        uris += [ASSISTANT] if known == Role.ASSISTANT else []
        uris.append(INSTITUTION + IN_INSTITUTION[known])
        if person.is_test:
            uris.append(TEST_USER)
    return uris


def names(course: Course, person: Person, tool: Tool) -> dict[str, Any]:
    """Name and address as far as the course's privacy setting lets them out, and the tool asked for them."""
    shared: dict[str, Any] = {}
    if course.share_name:
        shared |= {"given_name": person.given_name, "family_name": person.family_name, "name": person.name}
    if course.share_email and person.email:
        shared["email"] = person.email
    return {name: value for name, value in shared.items() if tool.claims is None or name in tool.claims}


def context(course: Course) -> dict[str, Any]:
    kind = (
        "CourseSection"
        if course.mode == Mode.MOODLE
        else "http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"
    )
    return {"id": str(course.pk), "label": course.label, "title": course.title, "type": [kind]}


def memberships_url(course: Course, tool: Tool) -> str:
    if course.mode == Mode.MOODLE:
        base = f"{settings.SANDBOX_URL}/mod/lti/services.php/CourseSection"
        return f"{base}/{course.pk}/bindings/{tool.pk}/memberships"
    if course.mode == Mode.CANVAS:
        return f"{settings.SANDBOX_URL}/api/lti/courses/{course.pk}/names_and_roles"
    return f"{settings.SANDBOX_URL}/lti/courses/{course.pk}/memberships"


def line_items_url(course: Course, tool: Tool) -> str:
    if course.mode == Mode.MOODLE:
        return f"{settings.SANDBOX_URL}/mod/lti/services.php/{course.pk}/lineitems?type_id={tool.pk}"
    if course.mode == Mode.CANVAS:
        return f"{settings.SANDBOX_URL}/api/lti/courses/{course.pk}/line_items"
    return f"{settings.SANDBOX_URL}/lti/courses/{course.pk}/lineitems"


def endpoint(launch: Launch) -> dict[str, Any] | None:
    """The AGS claim. `lineitem` stands there only when the link has exactly one column (AGS 2.0 section 3.1).

    Canvas always names the first.
    """
    granted = [scope for scope in launch.tool.scopes if scope.startswith(scopes.AGS)]
    if not granted:
        return None
    claim: dict[str, Any] = {"scope": granted, "lineitems": line_items_url(launch.course, launch.tool)}
    column = _column(launch)
    return {**claim, "lineitem": column.url} if column else claim


def _column(launch: Launch) -> LineItem | None:
    """The one column this launch is about; a review names its own, but not in Moodle."""
    if launch.line_item is not None and launch.course.mode != Mode.MOODLE:
        return launch.line_item
    if launch.activity is None:
        return None
    columns = list(launch.activity.line_items.select_related("course").order_by("pk")[:2])
    return columns[0] if len(columns) == 1 or (columns and launch.course.mode == Mode.CANVAS) else None


def _custom(launch: Launch) -> dict[str, str]:
    more = messages.review_of(launch.line_item).get("custom") if launch.message == messages.REVIEW else None
    found = custom.filled(
        tool=launch.tool,
        course=launch.course,
        person=launch.person,
        activity=launch.activity,
        more=more if isinstance(more, dict) else None,
    )
    if launch.course.mode == Mode.MOODLE and launch.activity is not None:
        found["context_memberships_url"] = memberships_url(launch.course, launch.tool)
    return found


def role_in(course: Course, person: Person) -> str | None:
    """How this person belongs to the course now; administrators enter every course, others None."""
    enrolment = Enrolment.objects.filter(course=course, person=person, status=Enrolment.Status.ACTIVE).first()
    if enrolment is not None:
        return enrolment.role
    return Role.ADMINISTRATOR if person.is_admin else None


def id_token(launch: Launch, *, role: str | None, nonce: str, now: datetime) -> dict[str, Any]:
    """All claims of this launch; `role` is the person's role in the course, None for a guest."""
    course, tool = launch.course, launch.tool
    mode = Mode(course.mode)
    issued = int(now.timestamp())
    said: dict[str, Any] = {
        "nonce": nonce,
        "iat": issued,
        "exp": issued + LIFETIMES[mode],
        "iss": tool.issuer,
        "aud": tool.client_id,
        LTI + "deployment_id": course.deployment_id or tool.deployment_id,
        LTI + "target_link_uri": launch.target_link_uri,
        **_where(launch),
        LTI + "message_type": launch.message,
        LTI + "version": "1.3.0",
        LTI + "custom": _custom(launch),
        LTI + "launch_presentation": _presentation(launch),
        **_who(launch, role, issued),
        **messages.own_claims(launch),
        **_for_user(launch),
    }
    return overridden(canvas_claims.with_error_lists(said) if mode == Mode.CANVAS else said, launch)


def _where(launch: Launch) -> dict[str, Any]:
    """The course and its services; a data privacy launch belongs to none."""
    if launch.message == messages.PRIVACY:
        return {}
    course, tool = launch.course, launch.tool
    return {LTI + "context": context(course), **_services(launch), **groups_service(course, tool)}


def overridden(said: dict[str, Any], launch: Launch) -> dict[str, Any]:
    """The claims as a test wants them: some said otherwise, some left out."""
    for wanted in (launch.course.overrides, launch.overrides):
        said = {**said, **wanted.get("claims", {})}
        said = {name: value for name, value in said.items() if name not in wanted.get("without", [])}
    return said


def _who(launch: Launch, role: str | None, issued: int) -> dict[str, Any]:
    """Everything about the person, and the claims of one kind of platform. A guest has neither `sub` nor a name."""
    course, person = launch.course, launch.person
    if person is None:
        return {LTI + "roles": canvas_claims.roles(course, None, None), **canvas_claims.claims(launch)}
    made = {"sub": str(person.pk), **names(course, person, launch.tool)}
    if course.mode == Mode.CANVAS:
        return {**made, LTI + "roles": canvas_claims.roles(course, person, role), **canvas_claims.claims(launch)}
    made[LTI + "roles"] = roles(course, person, str(role))
    if course.mode == Mode.MOODLE:
        return {**made, **_moodle_only(launch, person, issued)}
    return {**made, **_strict_only(course, person, launch.tool)}


def _for_user(launch: Launch) -> dict[str, Any]:
    """Whose work or data the message is about. Moodle tells the id only."""
    person, course = launch.for_person, launch.course
    if person is None:
        return {}
    named: dict[str, Any] = {"user_id": str(person.pk)}
    if course.mode != Mode.MOODLE:
        role = role_in(course, person)
        named |= {**names(course, person, launch.tool), **({"roles": roles(course, person, role)} if role else {})}
    return {LTI + "for_user": named}


def _presentation(launch: Launch) -> dict[str, str]:
    made = {"locale": launch.person.locale if launch.person else "en"}
    if launch.activity is None and launch.course.mode == Mode.MOODLE:
        return made
    query = {"course": launch.course_id} | ({"activity": launch.activity_id} if launch.activity_id else {})
    back = f"{settings.SANDBOX_URL}/return?{urlencode(query)}"
    return {**made, "document_target": launch.document_target, "return_url": back}


def groups_service(course: Course, tool: Tool) -> dict[str, Any]:
    """The claim of Course Groups Service 1.0, in strict courses only."""
    if course.mode != Mode.STRICT or scopes.GROUPS not in tool.scopes:
        return {}
    return {
        "https://purl.imsglobal.org/spec/lti-gs/claim/groupsservice": {
            "scope": [scopes.GROUPS],
            "context_groups_url": groups_url(course, "groups"),
            "context_group_sets_url": groups_url(course, "group_sets"),
            "service_versions": ["1.0"],
        }
    }


def groups_url(course: Course, end: str) -> str:
    return f"{settings.SANDBOX_URL}/lti/courses/{course.pk}/{end}"


def _services(launch: Launch) -> dict[str, Any]:
    claims: dict[str, Any] = {}
    ags = endpoint(launch)
    if ags is not None:
        claims["https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"] = ags
    moodle = launch.course.mode == Mode.MOODLE
    if scopes.ROSTER in launch.tool.scopes and not (moodle and launch.activity is None):
        claims["https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"] = {
            "context_memberships_url": memberships_url(launch.course, launch.tool),
            "service_versions": ["1.0", "2.0"] if moodle else ["2.0"],
        }
    return claims


def _strict_only(course: Course, person: Person, tool: Tool) -> dict[str, Any]:
    return {
        "azp": tool.client_id,
        "locale": person.locale,
        LTI + "lis": {
            "person_sourcedid": f"person-{person.pk}",
            "course_offering_sourcedid": f"course-{course.pk}",
            "course_section_sourcedid": f"course-{course.pk}-1",
        },
        LTI + "tool_platform": {
            "guid": platform_guid(),
            "name": "Sandbox University",
            "product_family_code": "sandbox",
            "version": "1.0",
            "url": settings.SANDBOX_URL,
            "contact_email": "help@sandbox.example",
        },
    }


def _moodle_only(launch: Launch, person: Person, issued: int) -> dict[str, Any]:
    return {
        LTI + "lis": {"person_sourcedid": "", "course_section_sourcedid": ""},
        LTI + "ext": {"user_username": person.username, "lms": "moodle-2"},
        LTI + "tool_platform": {
            "product_family_code": "moodle",
            "version": "2024100706",
            "guid": platform_guid(),
            "name": "sandbox",
            "description": "Sandbox University",
        },
        **(_basic_outcome(launch, issued) if launch.activity_id else {}),
    }


def _basic_outcome(launch: Launch, issued: int) -> dict[str, Any]:
    data = {
        "instanceid": str(launch.activity_id),
        "userid": str(launch.person_id),
        "typeid": str(launch.tool_id),
        "launchid": issued,
    }
    signed = hashlib.sha256(f"{settings.SECRET_KEY}{data}".encode()).hexdigest()
    return {
        "https://purl.imsglobal.org/spec/lti-bo/claim/basicoutcome": {
            "lis_result_sourcedid": json.dumps({"data": data, "hash": signed}, separators=(",", ":")),
            "lis_outcome_service_url": f"{settings.SANDBOX_URL}/mod/lti/service.php",
        },
    }


def platform_guid() -> str:
    return hashlib.md5(settings.SANDBOX_URL.encode(), usedforsecurity=False).hexdigest()

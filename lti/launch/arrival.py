"""The rows that a believed message brings up to date, and the session that it opens. Writes only what changed."""

import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet

from lti.gradebook import column_scores
from lti.launch import guests, history
from lti.launch.message import GradebookClaim, LinkClaim, Message
from lti.models import Context, Deployment, Family, Launch, LineItem, PlatformUser, Registration, ResourceLink, key_hash
from lti.people import demotion, rosters
from lti.platform import tool
from lti.words import claims, scopes
from lti.words.roles import in_context, is_test_user, role
from roster import names
from roster.models import Course, Enrollment, Person, Role
from roster.rows import Insert, Prepared

Row = TypeVar("Row", bound=Model)


NO_COURSE = UUID(int=0)
# Other messages may leave out what someone is in the course: they say nothing of it then.
ABOUT_AN_ACTIVITY = {claims.RESOURCE_LINK, claims.REVIEW}


def _links(deployment: UUID, link_id: str) -> QuerySet[ResourceLink]:
    links = ResourceLink.objects.select_related("context__course", "line_item")
    return links.filter(deployment_id=deployment, resource_link_id=link_id)


def _links_in(deployment: UUID, link_id: str, context_id: str) -> QuerySet[ResourceLink]:
    """The link of a course, and one whose course no launch has named yet."""
    here = Q(context__context_id=context_id) | Q(context=None)
    return _links(deployment, link_id).filter(here).order_by(F("context").asc(nulls_last=True))


LINK_IN = Prepared(_links_in, deployment=UUID, link_id=str, context_id=str)
LINK = Prepared(_links, deployment=UUID, link_id=str)
CONTEXT = Prepared(
    lambda deployment, context_id: Context.objects.select_related("course").filter(
        deployment_id=deployment, context_id=context_id
    ),
    deployment=UUID,
    context_id=str,
)


def _users(institution: UUID, registration: UUID, sub: str, course: UUID, role: str) -> QuerySet[Any]:
    """A platform's user; `enrolled` says whether the course has this person in this role."""
    enrolled = Enrollment.objects.filter(course_id=course, person=OuterRef("person"), role=role, active=True)
    users = PlatformUser.objects.select_related("person").annotate(enrolled=Exists(enrolled))
    return users.filter(institution_id=institution, registration_id=registration, sub=sub)


USER = Prepared(_users, institution=UUID, registration=UUID, sub=str, course=UUID, role=str)
LAUNCH = Insert(Launch)


@dataclass(frozen=True)
class Arrival:
    """A believed message, and whose rows it concerns."""

    registration: Registration
    deployment: Deployment
    institution_id: UUID
    message: Message
    now: datetime


def platform(at: Arrival) -> None:
    """What the platform says about itself (core 1.3 section 5.4.6)."""
    _update(at.deployment, **platform_names(at.message))
    _note_family(at.registration, at.message.platform.family_code)


def platform_names(message: Message) -> dict[str, Any]:
    return _given(platform_guid=message.platform.guid, platform_name=message.platform.name)


def _note_family(registration: Registration, code: str) -> None:
    if not registration.family and code in Family.values:
        Registration.objects.filter(pk=registration.pk, family="").update(family=code)


def resource_link(at: Arrival, claim: LinkClaim) -> ResourceLink:
    """The link that the message names, in the course that it names."""
    identity: dict[str, UUID | str] = {"deployment": at.deployment.pk, "link_id": claim.id}
    context_id = at.message.context.id if at.message.context else ""

    def known() -> ResourceLink | None:
        if not context_id:
            return _of_no_course(at, LINK.all(**identity))
        found = LINK_IN.one(**identity, context_id=context_id)
        shared = found is not None and found.context_id is None and len(LINK.all(**identity)) > 1
        return None if shared else found  # else what was done without a course would go to one of several

    link = known()
    course_context = context(at, link)
    shown = _given(title=claim.title)
    if link is None or (link.context_id is None and course_context and not _adopted(link, course_context)):
        new = {"institution_id": at.institution_id, "deployment": at.deployment, "resource_link_id": claim.id}
        new |= {"context": course_context, **shown}
        link = _find_or_make(known, lambda: ResourceLink.objects.create(**new))
    _update(link, **shown)
    return link


def _of_no_course(at: Arrival, links: list[ResourceLink]) -> ResourceLink | None:
    """Without a course: the only link of that id, else the one whose column is named, else one that never had any."""
    if len(links) == 1:
        return links[0]
    gradebook = at.message.gradebook or GradebookClaim()
    column, columns = gradebook.line_item_url, gradebook.line_items_url
    named = [link for link in links if column and getattr(getattr(link, "line_item", None), "url", "") == column]
    fitting = named or [link for link in links if columns and link.line_items_url == columns]
    if len(fitting) == 1:
        return fitting[0]
    return next((link for link in links if link.context_id is None), None)


def _adopted(link: ResourceLink, context: Context) -> bool:
    """Whether a link without a course became one of this course; not where another launch was first."""
    try:
        with transaction.atomic():
            adopted = ResourceLink.objects.filter(pk=link.pk, context=None).update(context=context)
    except IntegrityError:
        return False
    if adopted:
        link.context = context
    return bool(adopted)


def context(at: Arrival, link: ResourceLink | None) -> Context | None:
    """The course of the launch; a launch may come without one (core 1.3 section 5.4.1)."""
    claim = at.message.context
    if claim is None:
        return link.context if link else None
    titles = _given(title=claim.title, label=claim.label)
    if link and link.context and link.context.context_id == claim.id:
        context = link.context
    else:
        context = _find_or_make_context(at, claim.id, titles)
    merged = history.merged(context, at.message.context_history)
    _update(context, **titles, **_given(**asdict(at.message.people)), history=merged)
    _update(context.course, **titles)
    rosters.note_use(context, now=at.now)
    return context


def _find_or_make_context(at: Arrival, context_id: str, titles: dict[str, Any]) -> Context:
    def known() -> Context | None:
        return CONTEXT.one(deployment=at.deployment.pk, context_id=context_id)

    shared = {**titles, "institution_id": at.institution_id}

    def make() -> Context:
        course = Course.objects.create(**shared)
        return Context.objects.create(**shared, deployment=at.deployment, context_id=context_id, course=course)

    return _find_or_make(known, make)


def line_item(at: Arrival, link: ResourceLink) -> None:
    """What the gradebook offers this link (AGS 2.0 section 3.1). A launch without the claim changes nothing.

    Nor does one that opens work behind a grade: it names that work's column, whatever it calls the link.
    """
    gradebook = at.message.gradebook
    if gradebook is None or tool.work_named(at.message.target_link_uri):
        return
    offered = {"scopes": gradebook.scopes, "line_items_url": gradebook.line_items_url}
    news = any(getattr(link, name) != value for name, value in offered.items())
    _update(link, **offered)
    if scopes.SCORE not in gradebook.scopes:
        return
    url = gradebook.line_item_url
    new = {"institution_id": at.institution_id, "registration": at.registration, "resource_link": link, "url": url}
    column = getattr(link, "line_item", None) or _find_or_make(
        lambda: LineItem.objects.filter(resource_link=link).first(), lambda: LineItem.objects.create(**new)
    )
    # Moodle leaves the address out once a link has two columns: the one from before stays right.
    if url and url != column.url:
        replaced = {"replaced_at": at.now} if column.url else {}
        _update(column, url=url, score_maximum=None, made=False, news_at=at.now, **replaced)
        if replaced:
            column_scores.restart(column=column, now=at.now)
    elif news:
        _update(column, news_at=at.now)


def _platform_user(at: Arrival, course: Course | None, as_role: str) -> PlatformUser:
    """Who launches; enrolled in the course as what the platform says now."""
    claim = at.message.user
    shared = _given(name=claim.name, given_name=claim.given_name, family_name=claim.family_name, email=claim.email)
    identity = {"institution_id": at.institution_id, "registration": at.registration, "sub": claim.sub}

    def known() -> PlatformUser | None:
        return USER.one(
            institution=at.institution_id,
            registration=at.registration.pk,
            sub=claim.sub,
            course=course.pk if course else NO_COURSE,
            role=as_role,
        )

    def make() -> PlatformUser:
        person = Person.objects.create(institution_id=at.institution_id, **shared)
        return PlatformUser.objects.create(**identity, person=person)

    user: PlatformUser = _find_or_make(known, make)
    _update(user.person, **names.newest(user.person, shared))
    if course and as_role and not getattr(user, "enrolled", False):
        _enrol(course, user.person, as_role, at.now)
    return user


def _enrol(course: Course, person: Person, as_role: str, now: datetime) -> None:
    values = {"role": as_role, "active": True, "institution_id": course.institution_id}
    _, made = Enrollment.objects.update_or_create(course=course, person=person, defaults=values)
    if not made:
        demotion.end_higher(course=course, person=person, role=as_role, now=now)


def open_launch(at: Arrival, *, link: ResourceLink | None = None, context: Context | None = None, **more: Any) -> str:
    """Open the session and return its key, which is shown nowhere else. `more` are further columns of Launch."""
    message, given = at.message, at.message.roles
    as_role, test_user = role(given), is_test_user(given)
    course = context.course if context else None
    user: PlatformUser | None = None
    if message.user.is_guest:
        person, as_role = guests.person(at.institution_id), Role.OTHER
    else:
        tells = in_context(given) or message.type in ABOUT_AN_ACTIVITY
        user = _platform_user(at, course, as_role if tells and not test_user else "")
        person = user.person
    key = secrets.token_urlsafe(32)
    opened = Launch(
        institution_id=at.institution_id,
        registration=at.registration,
        deployment=at.deployment,
        key_hash=key_hash(key),
        person=person,
        platform_user=user,
        role=as_role,
        test_user=test_user,
        course=course,
        context=context,
        resource_link=link,
        expires_at=at.now + timedelta(hours=settings.ASSAY_LAUNCH_HOURS),
        **_kept(message),
        **more,
    )
    LAUNCH(opened)
    return key


def _kept(message: Message) -> dict[str, Any]:
    """What later pages need of the message; the rest of it is not kept."""
    return {
        "nonce": message.nonce,
        "message_type": message.type,
        "target_link_uri": message.target_link_uri,
        "custom": message.custom,
        "locale": message.presentation.locale,
        "return_url": message.presentation.return_url,
        "document_target": message.presentation.document_target,
    }


def _find_or_make(known: Callable[[], Row | None], make: Callable[[], Row]) -> Row:
    """Two first launches at once make one row: the second to come finds the first one's."""
    found = known()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return make()
    except IntegrityError:
        found = known()
        if found is None:
            raise
        return found


def _given(**values: Any) -> dict[str, Any]:
    """Only what the platform shared; what it left out stays as it was."""
    return {name: value for name, value in values.items() if value}


def _update(row: Model, **values: Any) -> None:
    """Write the columns that changed, or nothing."""
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        row.save(update_fields=changed)

"""A course is copied in the LMS: its links keep custom parameters, or addresses, or both, and get new ids.

The launches are real; a course is what the platform says it is.
"""

from functools import partial
from typing import Any

import pytest
from django.http import HttpResponse
from django.utils import timezone

from assessment import access, activity
from assessment.models import Assignment, Attempt, Placement
from content.models import Quiz
from lti.launch import arrival
from lti.launch.arrival import Arrival
from lti.launch.message import ContextClaim, LinkClaim, Message, UserClaims
from lti.models import Context, Deployment, Launch, LineItem, ResourceLink, Score
from tests.cast import hand_in, published_quiz
from tests.lti.conftest import Browser
from tests.lti.platform import MEMBERSHIP
from tests.races import race

TEACHER = [MEMBERSHIP + "#Instructor"]


@pytest.fixture
def quiz(db: None) -> Quiz:
    published_quiz("another")
    return published_quiz("rivers")


@pytest.fixture
def placement(browser: Browser, quiz: Quiz) -> Placement:
    """What a teacher picked in course `old`."""
    launch(browser, "old", "picked-in", roles=TEACHER, custom={"quiz": "none"})
    old = Context.objects.get()
    return Placement.objects.create(
        institution=old.institution, context=old, quiz=quiz, title="Rivers", max_attempts=2, counts="latest"
    )


def launch(browser: Browser, course: str, link: str, *, history: str = "", **changes: Any) -> Launch:
    """A whole launch of a link in a course whose gradebook has a column for it."""
    response = visit(browser, course, link, history=history, **changes)
    assert response.status_code == 303, response.content
    return Launch.objects.order_by("-created_at", "-pk")[0]


def visit(browser: Browser, course: str, link: str, *, history: str = "", **changes: Any) -> HttpResponse:
    column = {"lineitem": f"{browser.platform.url}/lineitems/{link}/lineitem?type_id=1"}
    custom = changes.pop("custom", {})
    return browser.launch(
        context={"id": course, "title": f"Course {course}"},
        resource_link={"id": link, "title": "Rivers"},
        custom=custom | ({"context_history": history} if history else {}),
        target_link_uri=changes.pop("target_link_uri", "http://testserver/lti/launch"),
        **{"https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": browser.platform.endpoint(**column)},
        **changes,
    )


def assignment(viewer: Launch) -> Assignment:
    found = activity.assignment(viewer)
    assert found is not None
    return found


@pytest.mark.parametrize("lost", ["nothing", "custom", "address"])
def test_copied_link_opens_the_same_check_as_its_own_assignment_with_its_own_column(
    browser: Browser, quiz: Quiz, placement: Placement, lost: str
) -> None:
    named = {"quiz": "rivers", "placement": str(placement.pk)}
    address = f"http://testserver/lti/launch?quiz=rivers&placement={placement.pk}"
    left: dict[str, Any] = {} if lost == "custom" else {"custom": named}
    left |= {} if lost == "address" else {"target_link_uri": address}

    before = launch(browser, "old", "link-old", **left)
    after = launch(browser, "new", "link-new", history="old", **left)
    hand_in(before, timezone.now(), q1="a")
    hand_in(after, timezone.now(), q1="a", q2="a", q3="a")

    old, new = assignment(before), assignment(after)
    assert old.pk != new.pk
    assert (old.quiz, new.quiz, new.max_attempts, new.counts) == (quiz, quiz, 2, "latest")
    columns = {event.line_item.url.split("/")[4]: event.score_given for event in Score.objects.all()}
    assert columns == {"link-old": 1, "link-new": 3}
    assert LineItem.objects.filter(resource_link__resource_link_id="link-new").count() == 1
    assert Attempt.objects.filter(assignment=new).count() == 1


def test_teacher_of_the_copy_sees_which_course_it_came_from(browser: Browser, placement: Placement) -> None:
    custom = {"placement": str(placement.pk)}
    response = visit(browser, "new", "link-new", history="gone,old", custom=custom, roles=TEACHER)

    page = browser.client.get(response["Location"]).content

    assert b'Copied from <span dir="auto">Course old</span>' in page
    first = visit(browser, "old", "link-old", custom=custom, roles=TEACHER)
    assert b"Copied from" not in browser.client.get(first["Location"]).content


def test_copied_assignment_takes_the_policy_that_the_teacher_made_in_the_old_course(
    browser: Browser, placement: Placement
) -> None:
    custom = {"quiz": "rivers", "placement": str(placement.pk)}
    old = assignment(launch(browser, "old", "link-old", custom=custom))
    Assignment.objects.filter(pk=old.pk).update(max_attempts=6, show_mark="never")

    new = assignment(launch(browser, "new", "link-new", history="old", custom=custom))
    third = assignment(launch(browser, "newer", "link-newer", history="new,old", custom=custom))

    assert (new.max_attempts, new.show_mark) == (6, "never")
    assert (third.max_attempts, third.show_mark) == (6, "never")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("old", ["old"]),
        ("nearest, old,oldest", ["nearest", "old", "oldest"]),
        ("a%2Cb,c%20d", ["a,b", "c d"]),
        ("new,old,old", ["old"]),
        (",,%00,%ED%A0%80x" + "," + "y" * 300, ["\ufffd\ufffd\ufffdx"]),
        ("$Context.id.history", []),
        ("", []),
    ],
)
def test_history_is_read_from_custom(browser: Browser, quiz: Quiz, sent: str, kept: list[str]) -> None:
    launch(browser, "new", "link", history=sent)

    assert Context.objects.get().history == kept


@pytest.mark.parametrize("sent", [7, None, ["old"], {"a": 1}])
def test_history_of_a_wrong_type_is_left_out(browser: Browser, quiz: Quiz, sent: Any) -> None:
    launch(browser, "new", "link", custom={"context_history": sent})

    assert Context.objects.get().history == []


def test_history_stays_when_a_later_launch_does_not_tell_it(browser: Browser, quiz: Quiz) -> None:
    launch(browser, "new", "link", history="old")
    launch(browser, "new", "link")
    launch(browser, "new", "link", history="old")

    assert Context.objects.get().history == ["old"]


def test_course_of_another_registrations_deployment_lends_no_policy(browser: Browser, placement: Placement) -> None:
    """Two schools may both have a course `old`."""
    custom = {"quiz": "rivers"}
    old = assignment(launch(browser, "old", "link-old", custom=custom))
    Assignment.objects.filter(pk=old.pk).update(max_attempts=6)
    deployment = Context.objects.filter(context_id="old").get().deployment
    from lti.models import Deployment

    Deployment.objects.create(
        registration=deployment.registration, deployment_id="dep-2", institution=deployment.institution, active=True
    )

    elsewhere = assignment(launch(browser, "new", "link-new", history="old", custom=custom, deployment_id="dep-2"))

    assert elsewhere.max_attempts is None


def test_link_to_a_lesson_shows_the_lesson_to_learners_and_teachers(browser: Browser, quiz: Quiz) -> None:
    assert quiz.lesson
    for roles in (TEACHER, [MEMBERSHIP + "#Learner"]):
        response = visit(browser, "c", "l", custom={"lesson": quiz.lesson.slug}, roles=roles)
        page = browser.client.get(response["Location"])
        assert page.status_code == 200
        assert b'<h1 id="title"' in page.content
        assert b"Start the check" not in page.content
    assert not Assignment.objects.exists()


# A copy that brings the ids of its links along (Open edX: openedx/xblock-lti-consumer#614)


def test_copy_with_the_same_link_ids_has_its_own_assignment_column_and_grades(browser: Browser, quiz: Quiz) -> None:
    rivers = {"custom": {"quiz": "rivers"}}
    old = launch(browser, "run1", "check", **rivers)
    hand_in(old, timezone.now(), q1="a")
    teacher = launch(browser, "run2", "check", roles=TEACHER, sub="tess", history="run1", **rivers)

    assert activity.assignment(teacher)
    assert not access.class_attempts(teacher).exists()
    assert Assignment.objects.count() == LineItem.objects.count() == 2
    new = launch(browser, "run2", "check", **rivers)
    assert not access.attempts(new)
    assert new.person == old.person
    again = launch(browser, "run1", "check", **rivers)
    assert (again.resource_link, again.context) == (old.resource_link, old.context)
    assert Score.objects.get().line_item.resource_link == old.resource_link
    assert LineItem.objects.filter(replaced_at=None).count() == 2


def test_link_that_named_no_course_at_first_is_the_one_of_the_course_named_later(browser: Browser, quiz: Quiz) -> None:
    rivers: dict[str, Any] = {"custom": {"quiz": "rivers"}, "resource_link": {"id": "check"}}
    browser.launch(context=None, **rivers)
    browser.launch(context={"id": "run1"}, **rivers)
    browser.launch(context=None, **rivers)
    assert ResourceLink.objects.get().context == Context.objects.get(context_id="run1")
    assert Launch.objects.values("resource_link").distinct().count() == 1

    browser.launch(context={"id": "run2"}, **rivers)
    assert ResourceLink.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_link_without_a_course_belongs_to_one_course_in_any_order_of_launches(deployment: Deployment) -> None:
    ResourceLink.objects.create(institution=deployment.institution, deployment=deployment, resource_link_id="check")
    now = timezone.now()

    def arrives(course: str) -> ResourceLink:
        link, user = LinkClaim("check"), UserClaims("user-1")
        message = Message("LtiResourceLinkRequest", "nonce", "dep-1", user, context=ContextClaim(course), link=link)
        assert deployment.institution_id
        at = Arrival(deployment.registration, deployment, deployment.institution_id, message, now)
        return arrival.resource_link(at, link)

    race(*[partial(arrives, course) for course in ("run1", "run2", "run1", "run2")])

    links = ResourceLink.objects.select_related("context").order_by("context__context_id")
    assert [link.context and link.context.context_id for link in links] == ["run1", "run2"]


def test_launch_without_a_course_takes_nothing_of_several_courses(browser: Browser, quiz: Quiz) -> None:
    rivers: dict[str, Any] = {"custom": {"quiz": "rivers"}, "resource_link": {"id": "check"}}
    endpoint = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
    columns = [f"{browser.platform.url}/run{number}/lineitem" for number in (1, 2)]
    for number, column in enumerate(columns, 1):
        named = {endpoint: browser.platform.endpoint(lineitem=column, lineitems=f"{column}s")}
        browser.launch(context={"id": f"run{number}"}, **rivers, **named)
    old = Launch.objects.order_by("created_at")[0]

    browser.launch(context=None, **rivers, **{endpoint: browser.platform.endpoint(lineitem=columns[0], lineitems="")})
    browser.launch(context=None, roles=TEACHER, sub="tess", **rivers, **{endpoint: None})
    named, nameless = Launch.objects.order_by("created_at")[2:]

    assert named.resource_link == old.resource_link
    assert (nameless.resource_link.context, nameless.course) == (None, None)  # type: ignore[union-attr]
    assert set(LineItem.objects.values_list("url", "replaced_at")) == {(column, None) for column in columns}
    browser.launch(context={"id": "run3"}, **rivers)
    assert ResourceLink.objects.filter(context=None).count() == 1, "it may be of any of them"


@pytest.mark.parametrize("course", ["run1 ", " run1", "$Context.id"])
def test_id_of_a_course_is_taken_as_it_is_written(browser: Browser, quiz: Quiz, course: str) -> None:
    for one in ("run1", course, course):
        assert launch(browser, one, "check", custom={"quiz": "rivers"}).context.context_id == one  # type: ignore[union-attr]
    assert ResourceLink.objects.count() == 2


def test_launch_without_a_course_is_found_by_its_column_where_courses_share_their_list(
    browser: Browser, quiz: Quiz
) -> None:
    old, _ = (launch(browser, course, "check", custom={"quiz": "rivers"}) for course in ("run1", "run2"))
    columns = [f"{browser.platform.url}/run{number}/lineitem" for number in (1, 2)]
    for column, link in zip(columns, ResourceLink.objects.order_by("id"), strict=True):
        LineItem.objects.filter(resource_link=link).update(url=column)
    endpoint = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
    named = {endpoint: browser.platform.endpoint(lineitem=columns[0])}
    browser.launch(context=None, resource_link={"id": "check"}, custom={"quiz": "rivers"}, **named)

    assert Launch.objects.order_by("-created_at")[0].resource_link == old.resource_link

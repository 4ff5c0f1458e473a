"""Pages everyone sees: the front page, courses, and an activity with the tool in its frame."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from sandbox.launch import access, frames, samples, storage
from sandbox.launch.launches import SESSION_PERSON
from sandbox.models import Activity, Grade, Mode, Person
from sandbox.pages import choosing
from sandbox.platform import security
from sandbox.wire.services import whole
from sandbox.words import messages


def common(request: HttpRequest) -> dict[str, Any]:
    """For every template: who is signed in."""
    return {"me": access.person(request)}


@require_GET
def front(request: HttpRequest) -> HttpResponse:
    """Who are you today? Sign in by a click."""
    admitting = Activity.objects.filter(course__public=True, course__mode=Mode.CANVAS).select_related("course")
    people = Person.objects.filter(featured=True).order_by("pk")
    return render(request, "sandbox/front.html", {"people": people, "open": admitting.order_by("pk")})


@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    chosen = Person.objects.filter(pk=whole(request.POST.get("person"), 0)).first()
    if chosen is None:
        raise Http404
    # A new session for a new person: launches that another person began stop being good.
    request.session.flush()
    request.session[SESSION_PERSON] = chosen.pk
    return redirect("courses")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    request.session.flush()
    return redirect("front")


@require_GET
@access.signed_in
def courses(request: HttpRequest, me: Person) -> HttpResponse:
    return render(request, "sandbox/courses.html", {"courses": access.courses_of(me)})


@require_GET
@access.signed_in
def course(request: HttpRequest, me: Person, course_id: int) -> HttpResponse:
    visit = access.visit(me, course_id)
    activities = visit.course.activities.filter(deleted_at__isnull=True).order_by("pk")
    context = {"visit": visit, "activities": activities, "added": whole(request.GET.get("added"), 0)}
    context["samples"] = samples.offered() if visit.teaches else ()
    return render(request, "sandbox/course.html", {**context, "tools": choosing.tools_for(visit)})


def _activity(me: Person, activity_id: int) -> tuple[Activity, access.Visit]:
    found = get_object_or_404(
        Activity.objects.select_related("course", "tool"), pk=activity_id, deleted_at__isnull=True
    )
    return found, access.visit(me, found.course_id)


@require_GET
@access.signed_in
def activity(request: HttpRequest, me: Person, activity_id: int) -> HttpResponse:
    found, visit = _activity(me, activity_id)
    grades = Grade.objects.filter(person=me, line_item__activity=found).select_related("line_item")
    beside = storage.frame_url(found.course, found.tool)
    context = {"visit": visit, "activity": found, "grade": grades.first(), "storage": storage.of(found.course)}
    page = render(request, "sandbox/activity.html", {**context, "storage_frame": beside})
    return security.allow(page, tool_origin=found.tool.origin, framing=beside)


@require_GET
@access.signed_in
def launch(request: HttpRequest, me: Person, activity_id: int) -> HttpResponse:
    """Start a launch: a form that posts itself to the tool's login."""
    found, visit = _activity(me, activity_id)
    whose = _reviewed(request, visit)
    item = found.line_items.filter(pk=whole(request.GET.get("item"), 0)).first()
    about = messages.review(found, whose, item) if whose else messages.resource_link(found)
    return frames.send(request, me, about, label=f"Open {found.title}")


def _admitting(activity_id: int) -> Activity:
    found = get_object_or_404(Activity.objects.select_related("course", "tool"), pk=activity_id)
    if not found.course.admits_guests:
        raise Http404
    return found


@require_GET
def guest(request: HttpRequest, activity_id: int) -> HttpResponse:
    """An activity for nobody in particular: a course that is public needs no sign-in."""
    found = _admitting(activity_id)
    about = {"title": found.title, "src": reverse("guest_launch", args=[found.pk]), "back": reverse("front")}
    return frames.show(request, access.Guest(found.course), found.tool, note="You look in as a guest.", **about)


@require_GET
def guest_launch(request: HttpRequest, activity_id: int) -> HttpResponse:
    found = _admitting(activity_id)
    return frames.send(request, None, messages.resource_link(found), label=f"Open {found.title}")


def _reviewed(request: HttpRequest, visit: access.Visit) -> Person | None:
    """Whose work a submission review is about: a teacher may name anyone, a student only themself."""
    asked = whole(request.GET.get("for"), 0)
    if not asked:
        return None
    if not visit.teaches and asked != visit.person.pk:
        raise Http404
    return get_object_or_404(Person, pk=asked, enrolments__course=visit.course)


@require_GET
def returned(request: HttpRequest) -> HttpResponse:
    """Where the tool sends people back to, perhaps with a message (LTI 1.3, launch_presentation.return_url)."""
    query = request.GET
    message = query.get("lti_errormsg") or query.get("lti_msg") or "You are back from the activity."
    activity_id = whole(query.get("activity"), 0)
    context = {"message": message[:500], "bad": "lti_errormsg" in query, "activity_id": activity_id}
    return security.allow(render(request, "sandbox/returned.html", context), framed=True)

"""What a teacher arranges in a course: whose habits it has, whether it goes on, and how its columns are graded."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from sandbox.launch import access, samples
from sandbox.models import Activity, Grading, LineItem, Mode, Person, copying
from sandbox.platform import clock
from sandbox.wire.services import whole


@require_GET
@access.signed_in
def arrange(request: HttpRequest, me: Person, course_id: int) -> HttpResponse:
    visit = access.visit(me, course_id, teacher=True)
    items = visit.course.line_items.order_by("pk")
    shown = {"visit": visit, "deleted": visit.course.activities.filter(deleted_at__isnull=False)}
    return render(request, "sandbox/arrange.html", {**shown, "items": items, "modes": Mode.choices})


@require_POST
@access.signed_in
def arrange_course(request: HttpRequest, me: Person, course_id: int) -> HttpResponse:
    """Change whose habits the course has; links and grades stay. The tool learns of it at the next launch."""
    course = access.visit(me, course_id, teacher=True).course
    if request.POST.get("mode") in Mode.values:
        course.mode = request.POST["mode"]
    course.concluded, course.public = "concluded" in request.POST, "public" in request.POST
    course.save(update_fields=["mode", "concluded", "public"])
    return redirect("arrange", course_id=course_id)


@require_POST
@access.signed_in
def arrange_column(request: HttpRequest, me: Person, course_id: int, item_id: int) -> HttpResponse:
    """Change how an assignment is graded; no number, or zero, means any number of attempts."""
    course = access.visit(me, course_id, teacher=True).course
    item = get_object_or_404(LineItem, pk=item_id, course=course)
    item.published = "published" in request.POST
    item.allowed_attempts = whole(request.POST.get("attempts", "").strip(), 0) or None
    item.grading_type = Grading.PASS_FAIL if "pass_fail" in request.POST else Grading.POINTS
    item.save(update_fields=["published", "allowed_attempts", "grading_type"])
    return redirect("arrange", course_id=course_id)


@require_POST
@access.signed_in
def copy_course(request: HttpRequest, me: Person, course_id: int) -> HttpResponse:
    """A new course with the same content, for another year."""
    course = access.visit(me, course_id, teacher=True).course
    title = request.POST.get("title", "").strip()[:200] or f"{course.title} (copy)"[:200]
    return redirect("course", course_id=copying.copy(course, title=title).pk)


@require_POST
@access.signed_in
def delete_activity(request: HttpRequest, me: Person, activity_id: int) -> HttpResponse:
    """Take an activity out of its course."""
    activity = get_object_or_404(Activity, pk=activity_id, deleted_at__isnull=True)
    access.visit(me, activity.course_id, teacher=True)
    copying.delete(activity, now=clock.now())
    return redirect("course", course_id=activity.course_id)


@require_POST
@access.signed_in
def clean_up(request: HttpRequest, me: Person, course_id: int) -> HttpResponse:
    """Moodle's nightly housekeeping, now."""
    copying.clean_up(access.visit(me, course_id, teacher=True).course)
    return redirect("arrange", course_id=course_id)


@require_POST
@access.signed_in
def add_samples(request: HttpRequest, me: Person, activity_id: int) -> HttpResponse:
    """Sample learners for an activity; their answers come in over the next moments."""
    activity = get_object_or_404(Activity.objects.select_related("course", "tool"), pk=activity_id, deleted_at=None)
    access.visit(me, activity.course_id, teacher=True)
    number = whole(request.POST.get("learners"), 0)
    if number not in samples.offered():
        raise Http404
    samples.add(activity, number)
    return redirect(f"{reverse('course', args=[activity.course_id])}?added={number}")

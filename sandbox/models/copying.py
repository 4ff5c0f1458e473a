"""Copying a course, and taking an activity out of one."""

from datetime import datetime

from django.db import transaction

from sandbox.models.lms import Activity, Course, Enrolment, LineItem, Mode, Role

KEPT = ("about", "mode", "share_name", "share_email", "nrps_page", "storage", "account", "deployment_id")
LONGEST_HISTORY = 20


def copy(course: Course, *, title: str) -> Course:
    """A new course with the same links and columns under new ids, its teachers, and no students or grades."""
    with transaction.atomic():
        same = {name: getattr(course, name) for name in KEPT}
        made = Course.objects.create(title=title, label=f"{course.label[:40]} copy", copied_from=course, **same)
        teachers = course.enrolments.filter(role=Role.INSTRUCTOR, status=Enrolment.Status.ACTIVE)
        Enrolment.objects.bulk_create(Enrolment(course=made, person=row.person, role=row.role) for row in teachers)
        for activity in course.activities.filter(deleted_at__isnull=True).order_by("pk"):
            _copy_activity(activity, made)
    return made


def _copy_activity(activity: Activity, course: Course) -> None:
    columns = list(activity.line_items.order_by("pk"))
    made = Activity.objects.create(
        course=course,
        tool=activity.tool,
        copied_from=activity,
        title=activity.title,
        description=activity.description,
        target_link_uri=activity.target_link_uri,
        custom=activity.custom,
        document_target=activity.document_target,
        extra=activity.extra,
    )
    for column in columns:
        column.pk, column.course, column.activity = None, course, made
        column._state.adding = True
    LineItem.objects.bulk_create(columns)


def history(course: Course) -> list[str]:
    """`$Context.id.history`: the courses this one was copied from, nearest first (LTI 1.3 appendix C)."""
    found: list[str] = []
    while course.copied_from is not None and len(found) < LONGEST_HISTORY:
        course = course.copied_from
        found.append(str(course.pk))
    return found


def link_history(activity: Activity) -> list[str]:
    """`$ResourceLink.id.history`."""
    found: list[str] = []
    while activity.copied_from is not None and len(found) < LONGEST_HISTORY:
        activity = activity.copied_from
        found.append(str(activity.pk))
    return found


@transaction.atomic
def delete(activity: Activity, *, now: datetime) -> None:
    """Take a link out of its course. In Moodle its column takes scores until the housekeeping comes round."""
    activity.deleted_at = now
    activity.save(update_fields=["deleted_at"])
    if activity.course.mode != Mode.MOODLE:
        _destroy([activity])


@transaction.atomic
def clean_up(course: Course | None = None) -> int:
    """Moodle's cron: deleted activities go for good, with their columns and grades."""
    pending = Activity.objects.filter(deleted_at__isnull=False)
    found = list(pending.filter(course=course) if course else pending)
    _destroy(found)
    return len(found)


def _destroy(activities: list[Activity]) -> None:
    LineItem.objects.filter(activity__in=activities).delete()
    Activity.objects.filter(pk__in=[activity.pk for activity in activities]).delete()

"""The control API for what happens to a whole course, and for messages and services about people.

POST /control/courses/copy    {course, title} -> {id, activities: {old id: new id}}
POST /control/activities/delete {activity}    in Moodle mode its column takes scores until
POST /control/cron            {} -> {deleted}: Moodle's housekeeping
POST /control/privacy         {person, about, course, client_id, target, **overrides} -> as /control/launch
POST /control/groups          {course, name, set, tag, people} -> {id, set}; with {group} it changes that one; a set is
                              made with its first group
POST /control/groups/delete   {group}
"""

from django.urls import path

from sandbox import demo
from sandbox.control.control import Body, begun, control, picked
from sandbox.models import Activity, Course, Group, GroupSet, Person, Tool, copying
from sandbox.platform import clock
from sandbox.words import messages


@control("POST")
def copy_course(body: Body) -> Body:
    course = Course.objects.get(pk=body["course"])
    made = copying.copy(course, title=body.get("title", f"{course.title} copy"))
    links = {str(link.copied_from_id): link.pk for link in made.activities.all()}
    return {"id": made.pk, "activities": links}


@control("POST")
def delete_activity(body: Body) -> None:
    copying.delete(Activity.objects.select_related("course").get(pk=body["activity"]), now=clock.now())


@control("POST")
def run_cron(body: Body) -> Body:
    return {"deleted": copying.clean_up()}


def _place(body: Body) -> tuple[Course, Tool]:
    return Course.objects.get(pk=body["course"]), Tool.objects.get(client_id=body.get("client_id", demo.CLIENT_ID))


@control("POST")
def ask_privacy(body: Body) -> Body:
    course, tool = _place(body)
    return begun(body, messages.privacy(course, tool, Person.objects.get(pk=body.get("about") or body["person"])))


@control("POST")
def set_group(body: Body) -> Body:
    body = dict(body)
    people, of_set = body.pop("people", None), body.pop("set", None)
    known = Group.objects.get(pk=body.pop("group")) if "group" in body else None
    group = known or Group(course=Course.objects.get(pk=body.pop("course")))
    for name, value in picked(body, "name", "tag").items():
        setattr(group, name, value)
    if of_set:
        group.group_set, _ = GroupSet.objects.get_or_create(course=group.course, name=of_set)
    group.save()
    if people is not None:
        group.people.set(Person.objects.filter(pk__in=people))
    return {"id": group.pk, "set": group.group_set_id}


@control("POST")
def delete_group(body: Body) -> None:
    Group.objects.get(pk=body["group"]).delete()


urlpatterns = [
    path("control/courses/copy", copy_course),
    path("control/activities/delete", delete_activity),
    path("control/cron", run_cron),
    path("control/privacy", ask_privacy),
    path("control/groups", set_group),
    path("control/groups/delete", delete_group),
]

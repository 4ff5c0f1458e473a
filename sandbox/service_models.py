"""What the smaller services keep: notices, groups."""

from django.db import models

from sandbox.models import Course, Person, Row, Tool


class NoticeHandler(Row):
    """Where a tool wants notices of one type sent (Platform Notification Service 1.0)."""

    tool = models.ForeignKey(Tool, models.CASCADE, related_name="notice_handlers")
    notice_type = models.CharField(max_length=100)
    handler = models.URLField(max_length=1000)

    class Meta(Row.Meta):
        constraints = [models.UniqueConstraint(fields=["tool", "notice_type"], name="one_handler")]


class Notice(Row):
    """A notice that was sent, and what the tool answered: `status` null where no answer came."""

    tool = models.ForeignKey(Tool, models.CASCADE)
    course = models.ForeignKey(Course, models.CASCADE)
    handler = models.URLField(max_length=1000)
    jwt = models.TextField()
    status = models.PositiveIntegerField(null=True)
    at = models.DateTimeField()


class GroupSet(Row):
    course = models.ForeignKey(Course, models.CASCADE, related_name="group_sets")
    name = models.CharField(max_length=200)


class Group(Row):
    course = models.ForeignKey(Course, models.CASCADE, related_name="groups")
    group_set = models.ForeignKey(GroupSet, models.CASCADE, null=True)
    name = models.CharField(max_length=200)
    tag = models.CharField(max_length=200, blank=True)
    people = models.ManyToManyField(Person, related_name="groups")

"""What the group service keeps."""

from django.db import models

from sandbox.models.lms import Course, Person, Row


class GroupSet(Row):
    course = models.ForeignKey(Course, models.CASCADE, related_name="group_sets")
    name = models.CharField(max_length=200)


class Group(Row):
    course = models.ForeignKey(Course, models.CASCADE, related_name="groups")
    group_set = models.ForeignKey(GroupSet, models.CASCADE, null=True)
    name = models.CharField(max_length=200)
    tag = models.CharField(max_length=200, blank=True)
    people = models.ManyToManyField(Person, related_name="groups")

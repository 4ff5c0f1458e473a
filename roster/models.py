"""Who is who: institutions, people, courses. Words of OneRoster 1.2 and LTI 1.3."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone

from roster.ids import uuid7
from roster.sorting import sort_name


class Stamped(models.Model):
    """The database sets `updated_at` with every change (`roster/migrations/_triggers.py`); see `roster.changes`."""

    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True


class Institution(models.Model):
    """A tenant. Every row that belongs to a school carries its id."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200)
    slug = models.SlugField(unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """Staff who sign in to the admin. Learners and teachers come by launch and are `Person`s.

    Without an institution a user operates the whole service; with one, sees that institution only.
    """

    institution = models.ForeignKey(Institution, models.PROTECT, null=True, blank=True)


class Person(Stamped):
    """A human in an institution, named only as the platform shared it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    name = models.CharField(max_length=255, blank=True)
    given_name = models.CharField(max_length=255, blank=True)
    family_name = models.CharField(max_length=255, blank=True)
    email = models.CharField(max_length=254, blank=True)
    sort_name = models.GeneratedField(
        expression=sort_name(),
        output_field=models.TextField(db_collation="C"),
        db_persist=True,
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "people"
        indexes = [models.Index(fields=["institution", "updated_at"], name="person_updated")]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        """The name as the LMS gave it, else a stable short label."""
        joined = f"{self.given_name} {self.family_name}".strip()
        return self.name or joined or f"Learner {self.id.hex[-6:]}"


class Course(Stamped):
    """A course of an institution (LTI context of type CourseSection or CourseOffering)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    title = models.CharField(max_length=500, blank=True)
    label = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["institution", "updated_at"], name="course_updated")]

    def __str__(self) -> str:
        return self.title or self.label or "Untitled course"


class Role(models.TextChoices):
    """What a person may do in a course; the context role decides (LTI 1.3 core, appendix A.2)."""

    LEARNER = "learner"
    INSTRUCTOR = "instructor"
    OTHER = "other"


class Enrollment(Stamped):
    """A person's place in a course. The newest launch or roster decides the role."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    course = models.ForeignKey(Course, models.CASCADE, related_name="enrollments")
    person = models.ForeignKey(Person, models.CASCADE, related_name="enrollments")
    role = models.CharField(max_length=16, choices=Role.choices)
    active = models.BooleanField(default=True)
    listed_at = models.DateTimeField(
        null=True, blank=True, help_text="The newest reading of the LMS's list that named the person as active."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["course", "person"], name="one_enrollment_per_course")]
        indexes = [models.Index(fields=["institution", "updated_at"], name="enrollment_updated")]

    def __str__(self) -> str:
        return f"{self.person} in {self.course} as {self.role}"


class Group(Stamped):
    """A group of a course, as the LMS made it (LTI Course Groups 1.0)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    course = models.ForeignKey(Course, models.CASCADE, related_name="groups")
    group_id = models.CharField(max_length=255)
    name = models.CharField(max_length=255, blank=True)
    set_name = models.CharField(max_length=255, blank=True, help_text="Of the group set that it is in.")
    members = models.ManyToManyField(Person, related_name="groups", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["course", "group_id"], name="group_of_course")]
        indexes = [models.Index(fields=["institution", "updated_at"], name="group_updated")]

    def __str__(self) -> str:
        name = self.name or self.group_id
        return f"{self.set_name}: {name}" if self.set_name else name


class Change(models.Model):
    """That a row which programs may have read is gone: deleted, or a preview from now on. Written by the database.

    `kind` is the row's kind as the lists of the API name it. It outlives its institution, so nothing refers to that.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.DO_NOTHING, db_constraint=False)
    kind = models.CharField(max_length=16)
    row = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["institution", "at", "id"], name="change_at")]

    def __str__(self) -> str:
        return f"{self.kind} {self.row} is gone"

"""Marks, which are append-only, and the grades that come of them."""

from django.db import models
from django.db.models import Q

from assessment.models.assignments import Assignment
from assessment.models.attempts import Attempt, Response
from roster.ids import uuid7
from roster.models import Institution, Person, Stamped

DROPPED = "dropped"  # the tier of a mark that says: the question does not count


class MarkedBy(models.TextChoices):
    RULE = "rule"
    SUGGESTION = "suggestion"  # full credit without a person (assessment.suggesting.awarding)
    PERSON = "person"


class Mark(models.Model):
    """What a response earned. Append-only; the latest counts, none where the response waits for a person."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    response = models.ForeignKey(Response, models.CASCADE, related_name="marks")
    points = models.DecimalField(max_digits=8, decimal_places=3)
    by = models.CharField(max_length=16, choices=MarkedBy.choices)
    tier = models.CharField(max_length=32)
    evidence = models.JSONField(default=dict)
    round = models.PositiveSmallIntegerField(default=0, help_text="Of its attempt, when it was given.")
    person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True)
    note = models.TextField(blank=True, help_text="To the learner.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["response", "round"], condition=Q(by="rule"), name="one_rule_mark_per_response"
            ),
            models.CheckConstraint(condition=Q(points__gte=0), name="mark_points_not_negative"),
            models.CheckConstraint(
                condition=~Q(by="suggestion") | Q(points__gt=0), name="nothing_is_denied_without_a_person"
            ),
            models.CheckConstraint(
                condition=~Q(by="person") | Q(person__isnull=False), name="mark_by_person_names_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.points} by {self.by}"


class GradeState(models.TextChoices):
    PROVISIONAL = "provisional"
    FINAL = "final"


class Grade(Stamped):
    """What counts for a person on an assignment."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="grades")
    person = models.ForeignKey(Person, models.CASCADE, related_name="grades")
    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="+")
    points = models.DecimalField(max_digits=10, decimal_places=3)
    points_max = models.DecimalField(max_digits=10, decimal_places=3)
    state = models.CharField(max_length=16, choices=GradeState.choices)
    unsent_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When a score was due and the LMS offered no column for it."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assignment", "person"], name="one_grade_per_person"),
            models.CheckConstraint(condition=Q(points_max__gt=0), name="grade_maximum_positive"),
        ]
        indexes = [
            models.Index(fields=["assignment"], condition=Q(unsent_at__isnull=False), name="grade_unsent"),
            models.Index(fields=["institution", "id"], name="grade_of_institution"),
            models.Index(fields=["institution", "updated_at"], name="grade_updated"),
        ]

    def __str__(self) -> str:
        return f"{self.points.normalize():f} of {self.points_max.normalize():f}, {self.state}"

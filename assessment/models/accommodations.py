"""What is different for a learner, a group or everyone in a section."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from assessment.models.assignments import Assignment, Dates
from roster.ids import uuid7
from roster.models import Group, Institution, Person


class Accommodation(Dates):
    """Changes to the policy of an assignment, or (no assignment) a standing one of a person, for all assignments.

    It is for a person, else for a group of the course, else for everyone in the course. Of several the most generous
    value of each kind holds. Its dates go before those of the assignment and of the LMS.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    assignment = models.ForeignKey(Assignment, models.CASCADE, null=True, blank=True, related_name="accommodations")
    person = models.ForeignKey(Person, models.CASCADE, null=True, blank=True, related_name="accommodations")
    group = models.ForeignKey(Group, models.CASCADE, null=True, blank=True, related_name="+")
    time_factor = models.DecimalField(
        max_digits=4,
        decimal_places=2,
        default=1,
        validators=[MinValueValidator(1)],
        help_text="Of the time limit: 1.5 is half as much again.",
    )
    extra_minutes = models.PositiveIntegerField(default=0, help_text="Beyond the time limit.")
    no_time_limit = models.BooleanField(default=False)
    extra_attempts = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=500, blank=True)
    given_by = models.CharField(max_length=255, blank=True, help_text="Name of the teacher or administrator.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(assignment__isnull=False) | Q(person__isnull=False), name="standing_is_for_a_person"
            ),
            models.CheckConstraint(
                condition=Q(person__isnull=True) | Q(group__isnull=True), name="accommodation_for_person_or_group"
            ),
            models.CheckConstraint(condition=Q(time_factor__gte=1), name="time_factor_at_least_1"),
        ]
        indexes = [models.Index(fields=["person"], condition=Q(assignment__isnull=True), name="standing_accommodation")]

    def __str__(self) -> str:
        return f"accommodation for {self.person or self.group or 'everyone'}"

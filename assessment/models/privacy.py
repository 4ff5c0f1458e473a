"""What remains of an erased person: numbers without a name, and the record that it was done."""

from django.db import models

from assessment.models.assignments import Assignment
from content.models import QuizVersion
from roster.ids import uuid7
from roster.models import Institution, Person


class ForgottenAttempt(models.Model):
    """What an erased attempt adds to the statistics, so that a recount gives the same numbers. Names nobody."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="forgotten")
    quiz_version = models.ForeignKey(QuizVersion, models.PROTECT)
    number = models.PositiveIntegerField(help_text="1: it counts among first attempts too.")
    counted = models.JSONField()

    def __str__(self) -> str:
        return f"forgotten attempt on {self.assignment_id}"


class Erasure(models.Model):
    """That a person's data was erased, when, on whose word, and how much of it. Not whose."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    by = models.ForeignKey(
        Person, models.SET_NULL, null=True, related_name="+", help_text="Empty: the person asked for it."
    )
    erased = models.JSONField(help_text="Rows by kind.")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"erasure {self.reference}"

    @property
    def reference(self) -> str:
        return self.id.hex[-8:].upper()

"""Marking answers again by another key or rule."""

from django.db import models
from django.db.models import Q

from assessment.models.assignments import Assignment
from content.models import ItemVersion, Quiz
from roster.ids import uuid7
from roster.models import Institution, Person


class RegradeChoice(models.TextChoices):
    """What the answers to the question earn from now on."""

    NEW_KEY = "new_key", "what the corrected key gives"
    BOTH = "both", "what either key gives, the higher"
    FULL = "full", "full marks for everyone"
    DROP = "drop", "the question does not count"


class RegradeState(models.TextChoices):
    DRY_RUN = "dry_run", "not applied yet"
    RUNNING = "running"
    DONE = "done"
    UNDOING = "undoing", "being undone"
    UNDONE = "undone"


class Regrade(models.Model):
    """A decision that a question is marked otherwise, in one assignment or in all that the institution has of the quiz.

    While `running` or `done` it also rules the attempts that are marked later. It is never deleted: with its reason,
    its author and its dates it is the record of the change. The corrected key is the item version `key`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE, related_name="+")
    quiz = models.ForeignKey(Quiz, models.PROTECT, related_name="+")
    item_version = models.ForeignKey(ItemVersion, models.PROTECT, related_name="regrades")
    assignment = models.ForeignKey(
        Assignment, models.CASCADE, null=True, related_name="regrades", help_text="Empty: all of the quiz."
    )
    choice = models.CharField(max_length=16, choices=RegradeChoice.choices)
    body = models.JSONField(default=dict, help_text="The question with its corrected key, until that is a version.")
    key = models.ForeignKey(ItemVersion, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=500, blank=True, help_text="Learners read it.")
    by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField(max_length=255)
    state = models.CharField(max_length=16, choices=RegradeState.choices, default=RegradeState.DRY_RUN)
    reached = models.UUIDField(null=True, editable=False, help_text="The last attempt that was dealt with.")
    counts = models.JSONField(default=dict, help_text="Attempts: all, handled, up, down, same, kept, undecided.")
    created_at = models.DateTimeField()
    committed_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=255, blank=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution", "item_version"],
                condition=Q(state__in=["running", "undoing"]),
                name="one_regrade_at_a_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["item_version", "-committed_at"],
                condition=Q(state__in=["running", "done"]),
                name="regrade_rules",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.choice} of {self.item_version_id}, {self.state}"

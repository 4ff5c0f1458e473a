"""Attempts and what was answered in them. An attempt is pinned to an immutable quiz version."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import F, Q

from assessment.models.assignments import Assignment
from content import variants
from content.models import ItemVersion, QuizVersion
from roster.ids import uuid7
from roster.models import Institution, Person, Stamped


class AttemptState(models.TextChoices):
    IN_PROGRESS = "in_progress", "in progress"
    SUBMITTED = "submitted"
    NEEDS_REVIEW = "needs_review", "waiting for review"
    MARKED = "marked"


class Attempt(Stamped):
    """One sitting. Without assignment and person it is practice: the public check, apart from everything.

    What changes its responses after the submission, or their marks, changes it too: `updated_at` is theirs as well.

    `points` are those marked so far; `points_waiting` may still be earned from a person.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE, null=True)
    assignment = models.ForeignKey(Assignment, models.CASCADE, null=True, related_name="attempts")
    person = models.ForeignKey(Person, models.CASCADE, null=True, related_name="attempts")
    quiz_version = models.ForeignKey(QuizVersion, models.PROTECT)
    number = models.PositiveIntegerField(default=1)
    preview = models.BooleanField(default=False, help_text="By a teacher or test user; stays out of everything.")
    # Null, not empty, so that the attempts without one do not clash.
    key_hash = models.CharField(  # noqa: DJ001
        max_length=64, unique=True, null=True, help_text="Practice: SHA-256 of its address."
    )
    state = models.CharField(max_length=16, choices=AttemptState.choices, default=AttemptState.IN_PROGRESS)
    started_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    marked_at = models.DateTimeField(null=True, blank=True)
    lms_dates = models.JSONField(
        default=dict, help_text="The dates that the LMS named when the attempt was last opened."
    )
    due_at = models.DateTimeField(null=True, editable=False, help_text="After it this attempt is late.")
    deadline_at = models.DateTimeField(null=True, editable=False, help_text="When the server submits it.")
    extensions = models.JSONField(
        default=list, editable=False, help_text="More time that the learner took: minutes, at."
    )
    grace = models.PositiveIntegerField(default=0, help_text="Seconds after the deadline in which answers still count.")
    reached = models.PositiveIntegerField(
        default=1, help_text="The furthest question seen, where there is one on a page."
    )
    round = models.PositiveSmallIntegerField(default=0, help_text="How often it was marked by another key.")
    voided_at = models.DateTimeField(null=True, editable=False, help_text="It counts for nothing since then.")
    voided_by = models.ForeignKey(Person, models.SET_NULL, null=True, editable=False, related_name="+")
    void_reason = models.CharField(max_length=500, blank=True, editable=False)
    reopened_until = models.DateTimeField(null=True, editable=False, help_text="A teacher opened it again until then.")
    log = models.JSONField(default=list, editable=False, help_text="What teachers did to it: what, by, why, at.")
    comment = models.TextField(blank=True, editable=False, help_text="A teacher's, to the learner.")
    mark_tries = models.PositiveIntegerField(default=0, help_text="How often the sweeper took it up.")
    mark_after = models.DateTimeField(null=True, blank=True, help_text="The sweeper leaves it alone until then.")
    # Null, not empty, so that the attempts without one do not clash.
    paper_key = models.CharField(  # noqa: DJ001
        max_length=64, unique=True, null=True, editable=False, help_text="Names the row of answers on paper."
    )
    seed = models.BigIntegerField(default=0, editable=False, help_text="Of everything that was drawn for it.")
    items_total = models.PositiveIntegerField()
    items_marked = models.PositiveIntegerField(default=0)
    points = models.DecimalField(max_digits=10, decimal_places=3, default=0)
    points_waiting = models.DecimalField(max_digits=10, decimal_places=3, default=0)
    points_max = models.DecimalField(max_digits=10, decimal_places=3)
    counted = models.JSONField(null=True, help_text="What statistics hold of this attempt.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assignment", "person", "preview", "number"], name="attempt_number"),
            # A teacher who becomes a learner must not go on in a preview, nor the other way round.
            models.UniqueConstraint(
                fields=["assignment", "person", "preview"], condition=Q(state="in_progress"), name="one_open_attempt"
            ),
            models.CheckConstraint(
                condition=Q(assignment__isnull=True, person__isnull=True, institution__isnull=True)
                | Q(assignment__isnull=False, person__isnull=False, institution__isnull=False),
                name="attempt_is_practice_or_owned",
            ),
            models.CheckConstraint(
                condition=Q(state="in_progress") | Q(submitted_at__isnull=False), name="submitted_attempt_has_time"
            ),
            models.CheckConstraint(
                condition=Q(points__gte=0, points__lte=F("points_max")), name="attempt_points_in_range"
            ),
        ]
        indexes = [
            models.Index(fields=["submitted_at"], condition=Q(state="submitted"), name="attempt_unmarked"),
            models.Index(
                fields=["deadline_at"],
                condition=Q(state="in_progress", deadline_at__isnull=False),
                name="attempt_deadline",
            ),
            models.Index(fields=["institution", "id"], name="attempt_of_institution"),
            models.Index(fields=["institution", "updated_at"], name="attempt_updated"),
            models.Index(fields=["started_at"], condition=Q(assignment__isnull=True), name="attempt_practice"),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.person_id or 'practice'}"

    def is_overdue(self, now: datetime) -> bool:
        """Whether its time is over, with the grace."""
        return self.deadline_at is not None and now > self.deadline_at + timedelta(seconds=self.grace)

    @property
    def taken(self) -> timedelta:
        """The time that the learner took on top."""
        return timedelta(minutes=sum(one["minutes"] for one in self.extensions))

    @property
    def is_late(self) -> bool:
        return self.due_at is not None and self.submitted_at is not None and self.submitted_at > self.due_at


class Response(models.Model):
    """What was answered. Changes only while the attempt is in progress and the item unchecked."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="responses")
    item_version = models.ForeignKey(ItemVersion, models.PROTECT)
    position = models.PositiveIntegerField(help_text="From 1, as the learner saw it.")
    shown = models.JSONField(default=dict, help_text="What was drawn for this learner (see content.variants).")
    answer = models.JSONField(default=dict)
    seq = models.PositiveIntegerField(default=0, help_text="Grows with every change the learner makes.")
    saved_at = models.DateTimeField()
    seconds = models.PositiveIntegerField(
        default=0, help_text="How long the page showed it, as the page measured; 0 where it did not."
    )
    checked_at = models.DateTimeField(null=True, blank=True, help_text="When feedback was asked for before the end.")
    waiting = models.BooleanField(default=False, help_text="Submitted and not marked yet by a person.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["attempt", "item_version"], name="one_response_per_item")]
        indexes = [models.Index(fields=["attempt"], condition=Q(waiting=True), name="response_waiting")]

    def __str__(self) -> str:
        return f"response {self.id}"

    @property
    def body(self) -> Mapping[str, Any]:
        """The question as this learner saw it. Reads `item_version`."""
        return variants.apply(self.item_version.body, self.shown)


class Upload(models.Model):
    """A file handed in as an answer. It counts once the answer names it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="uploads")
    item_version = models.ForeignKey(ItemVersion, models.PROTECT)
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    file = models.FileField(upload_to="answers/%Y/%m")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name

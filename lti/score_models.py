"""Scores on their way to a platform: the outbox."""

from django.db import models
from django.db.models import Q

from roster.ids import uuid7
from roster.models import Institution


class ScoreState(models.TextChoices):
    DUE = "due", "due"
    SENDING = "sending", "being sent"
    DELIVERED = "delivered", "delivered"
    SUPERSEDED = "superseded", "replaced by a newer score"
    CONFLICT = "conflict", "changed in the LMS"
    KEPT = "kept", "the LMS's grade stays"
    REFUSED = "refused", "refused"


class Drift(models.TextChoices):
    """How the gradebook differs from what was sent."""

    CHANGED = "changed", "another grade"
    CLEARED = "cleared", "an empty grade"
    MISSING = "missing", "no grade for this person"


class ScoreEvent(models.Model):
    """One versioned fact to tell a platform: the outbox. Only its delivery fields ever change.

    `timestamp` is fixed at creation, reused by every retry and, per (line item, user), strictly
    later than the one before by at least a second (Moodle compares whole seconds).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    registration = models.ForeignKey("lti.Registration", models.CASCADE)
    line_item = models.ForeignKey("lti.LineItem", models.CASCADE, related_name="score_events")
    platform_user = models.ForeignKey("lti.PlatformUser", models.CASCADE, related_name="score_events")
    version = models.PositiveIntegerField()
    timestamp = models.DateTimeField()
    score_given = models.DecimalField(max_digits=10, decimal_places=3)
    score_maximum = models.DecimalField(max_digits=10, decimal_places=3)
    final = models.BooleanField(help_text="False while a response waits for a person.")
    started_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField()
    comment = models.CharField(max_length=1_000, blank=True, help_text="Told with the score, once.")
    work = models.CharField(max_length=64, blank=True, help_text="Names what was handed in, for the way back to it.")
    forced = models.BooleanField(default=False, help_text="On a person's word: may replace what the LMS has.")
    created_at = models.DateTimeField(auto_now_add=True)

    state = models.CharField(max_length=16, choices=ScoreState.choices, default=ScoreState.DUE)
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    last_status = models.PositiveIntegerField(null=True, blank=True, help_text="HTTP status; empty: no answer came.")
    last_answer = models.TextField(blank=True, help_text="The platform's own words.")
    hint = models.CharField(max_length=300, blank=True, help_text="What a teacher can do about it.")
    unknown = models.BooleanField(default=False, help_text="A try may have arrived though no answer came.")
    told_may_be_gone = models.BooleanField(
        default=False, help_text="The person had left the course: earlier scores may be gone from the gradebook."
    )
    doubted = models.BooleanField(
        default=False, help_text="A refusal was asked about again, since a list has the person."
    )
    retry_until = models.DateTimeField(null=True, blank=True, help_text="Three days after the first try.")
    drift = models.CharField(max_length=16, choices=Drift.choices, blank=True)
    seen_score = models.DecimalField(
        max_digits=16, decimal_places=5, null=True, blank=True, help_text="What the gradebook showed when last read."
    )
    seen_maximum = models.DecimalField(max_digits=16, decimal_places=5, null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line_item", "platform_user", "version"], name="score_event_version"),
            models.UniqueConstraint(
                fields=["line_item", "platform_user"], condition=Q(state="due"), name="one_due_score_per_user"
            ),
            models.UniqueConstraint(
                fields=["line_item", "platform_user"], condition=Q(state="sending"), name="one_sending_score_per_user"
            ),
            models.CheckConstraint(condition=Q(score_maximum__gt=0), name="score_maximum_positive"),
        ]
        indexes = [
            models.Index(fields=["registration", "next_try_at"], condition=Q(state="due"), name="score_event_due"),
            models.Index(fields=["registration", "id"], condition=Q(state="due"), name="score_event_oldest_due"),
            models.Index(fields=["claimed_at"], condition=Q(state="sending"), name="score_event_sending"),
        ]

    def __str__(self) -> str:
        return f"{self.score_given}/{self.score_maximum} v{self.version} {self.state}"

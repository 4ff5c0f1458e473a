"""Gradebook columns and the scores on their way to them.

AGS: https://www.imsglobal.org/spec/lti-ags/v2p0/
"""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from lti.models.course import PlatformUser, ResourceLink
from lti.models.registration import Registration
from roster.ids import uuid7
from roster.models import Institution


class LineItem(models.Model):
    """One gradebook column. The URL is the platform's and opaque; empty until it is found (AGS 2.0 section 3.1)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    registration = models.ForeignKey(Registration, models.CASCADE, related_name="line_items")
    resource_link = models.OneToOneField(ResourceLink, models.CASCADE, related_name="line_item")
    url = models.TextField(blank=True)
    score_maximum = models.DecimalField(
        max_digits=10,
        decimal_places=3,
        null=True,
        blank=True,
        editable=False,
        help_text="The column's own maximum, where a platform rounds scores given in another one (Moodle).",
    )
    made = models.BooleanField(default=False, editable=False, help_text="Made by this tool, which may thus delete it.")
    wanted = models.BooleanField(default=True, help_text="Off: no scores are sent to this link's column.")
    label = models.CharField(max_length=255, blank=True, help_text="The name that a teacher gave it here.")
    points = models.DecimalField(
        max_digits=10, decimal_places=3, null=True, blank=True, help_text="The maximum that a teacher gave it here."
    )
    push_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="Name and points are sent then.")
    push_tries = models.PositiveIntegerField(default=0, editable=False)
    push_hint = models.CharField(max_length=300, blank=True, editable=False)
    look_again_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="A reading came too soon for a score: another is to follow."
    )
    reconciled_at = models.DateTimeField(null=True, blank=True, editable=False)
    news_at = models.DateTimeField(
        default=timezone.now,
        null=True,
        editable=False,
        help_text="When the platform last offered something new: scores may have waited for that.",
    )
    replaced_at = models.DateTimeField(
        null=True, editable=False, help_text="When it took the place of another: what was told before is not in it."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(points=None) | Q(points__gt=0), name="line_item_points_positive")
        ]
        indexes = [
            models.Index(fields=["news_at"], condition=Q(news_at__isnull=False), name="line_item_news"),
            models.Index(fields=["push_at"], condition=Q(push_at__isnull=False), name="line_item_push"),
        ]

    def __str__(self) -> str:
        return self.url or f"column of {self.resource_link}"

    @property
    def resource_id(self) -> str:
        """Names the column at the platform when we make it, so that it is found again (AGS 2.0 section 3.2.1)."""
        return str(self.pk)


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
    registration = models.ForeignKey(Registration, models.CASCADE)
    line_item = models.ForeignKey(LineItem, models.CASCADE, related_name="score_events")
    platform_user = models.ForeignKey(PlatformUser, models.CASCADE, related_name="score_events")
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

"""Gradebook columns and the scores on their way to them.

AGS: https://www.imsglobal.org/spec/lti-ags/v2p0/
"""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from lti.models.course import PlatformUser, ResourceLink
from lti.models.registration import Registration
from roster.ids import uuid7
from roster.models import Institution, Stamped


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
        null=True, editable=False, help_text="When it replaced another column: earlier scores are not in it."
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
    SYNCED = "synced", "in the gradebook"
    HELD = "held", "changed in the LMS"
    KEPT = "kept", "the LMS's grade stays"
    REFUSED = "refused", "refused"
    LOST = "lost", "column gone"


class Live(models.TextChoices):
    """What the gradebook showed for a person when it was last read."""

    GRADED = "graded", "a grade"
    EMPTY = "empty", "an empty grade"
    MISSING = "missing", "no grade for this person"


class BaseBy(models.TextChoices):
    """Who set the base: we wrote it, or a person accepted that ours replaces it."""

    US = "us"
    PERSON = "person"


class Score(Stamped):
    """One person's score in one column, as a three-way merge.

    - Desired (`score_given` of `score_maximum`): what we want there. `timestamp` grows by at least a second with each
      change, since Moodle compares whole seconds, and stays the same for every retry.
    - Base: what we last wrote, or what a person saw there and wants replaced. `base_certain` says that we know it to
      be there; without it an empty gradebook is no surprise.
    - Live: what the gradebook showed when it was last read.

    `lti.gradebook.decide` compares the three; only `lti.gradebook.states` sets `state`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    registration = models.ForeignKey(Registration, models.CASCADE)
    line_item = models.ForeignKey(LineItem, models.CASCADE, related_name="scores")
    platform_user = models.ForeignKey(PlatformUser, models.CASCADE, related_name="scores")
    created_at = models.DateTimeField(auto_now_add=True)

    score_given = models.DecimalField(max_digits=10, decimal_places=3)
    score_maximum = models.DecimalField(max_digits=10, decimal_places=3)
    final = models.BooleanField(help_text="False while a response waits for a person.")
    timestamp = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField()
    comment = models.CharField(max_length=1_000, blank=True)
    comment_sent = models.BooleanField(default=False, help_text="It may be in the LMS: not to be sent again.")
    work = models.CharField(max_length=64, blank=True, help_text="Names what was handed in, for the way back to it.")

    base_by = models.CharField(max_length=8, choices=BaseBy.choices, blank=True)
    base_given = models.DecimalField(max_digits=16, decimal_places=5, null=True, blank=True)
    base_maximum = models.DecimalField(max_digits=16, decimal_places=5, null=True, blank=True)
    base_certain = models.BooleanField(default=False, help_text="The gradebook is known to have the base.")
    base_at = models.DateTimeField(null=True, blank=True, help_text="Deliveries before it are settled.")
    read_first = models.BooleanField(
        default=False, help_text="The gradebook may have something we do not know of: read it before sending."
    )
    rescaled = models.BooleanField(default=False, help_text="The column has other points now: send in any case.")

    live = models.CharField(max_length=8, choices=Live.choices, blank=True)
    live_given = models.DecimalField(max_digits=16, decimal_places=5, null=True, blank=True)
    live_maximum = models.DecimalField(max_digits=16, decimal_places=5, null=True, blank=True)
    live_at = models.DateTimeField(null=True, blank=True)

    state = models.CharField(max_length=16, choices=ScoreState.choices, default=ScoreState.DUE)
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField()
    retry_until = models.DateTimeField(null=True, blank=True, help_text="Three days after the first try.")
    claimed_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    relisted = models.BooleanField(default=False, help_text="A refusal was retried since a roster has the person.")
    last_status = models.PositiveIntegerField(null=True, blank=True, help_text="HTTP status; empty: no answer came.")
    last_answer = models.TextField(blank=True, help_text="The platform's own words.")
    hint = models.CharField(max_length=300, blank=True, help_text="What a teacher can do about it.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line_item", "platform_user"], name="one_score_per_person"),
            models.CheckConstraint(condition=Q(score_maximum__gt=0), name="score_maximum_positive"),
        ]
        indexes = [
            models.Index(fields=["registration", "next_try_at"], condition=Q(state="due"), name="score_due"),
            models.Index(fields=["registration", "timestamp"], condition=Q(state="due"), name="score_oldest_due"),
            models.Index(fields=["claimed_at"], condition=Q(state="sending"), name="score_sending"),
            models.Index(fields=["institution", "updated_at"], name="score_updated"),
        ]

    def __str__(self) -> str:
        return f"{self.score_given}/{self.score_maximum} {self.state}"


class Delivery(models.Model):
    """One attempt to deliver a score. Written before the request leaves, completed once by its answer."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    score = models.ForeignKey(Score, models.CASCADE, related_name="deliveries")
    score_given = models.DecimalField(max_digits=10, decimal_places=3)
    score_maximum = models.DecimalField(max_digits=10, decimal_places=3)
    timestamp = models.DateTimeField()
    submitted_at = models.DateTimeField()
    claimed_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    arrived = models.BooleanField(null=True, blank=True, help_text="Empty: nobody knows.")
    status = models.PositiveIntegerField(null=True, blank=True, help_text="HTTP status.")
    answer = models.TextField(blank=True, help_text="The platform's own words.")

    class Meta:
        indexes = [models.Index(fields=["score", "claimed_at"], name="delivery_of_score")]

    def __str__(self) -> str:
        return f"{self.score_given}/{self.score_maximum} at {self.claimed_at:%Y-%m-%d %H:%M:%S}"

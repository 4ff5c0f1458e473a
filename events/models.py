"""What happened, and which outside systems get to know: an outbox that grows only where an endpoint exists."""

from typing import Any

from django.db import models
from django.db.models import Q

from events import listeners
from roster.ids import uuid7
from roster.models import Institution, Person
from roster.sealed import SealedField


class Type(models.TextChoices):
    """Names that receivers rely on: they never change."""

    ATTEMPT_SUBMITTED = "attempt.submitted"
    ATTEMPT_MARKED = "attempt.marked"
    GRADE_CHANGED = "grade.changed"
    GRADE_RELEASED = "grade.released"
    SCORE_DELIVERED = "score.delivered"
    SCORE_REFUSED = "score.refused"


TEST = "test"  # the type of an event that the test button makes; goes to one endpoint only


class Format(models.TextChoices):
    WEBHOOK = "webhook", "Webhook (Standard Webhooks)"
    CALIPER = "caliper", "Caliper 1.2"
    XAPI = "xapi", "xAPI"


class Scheme(models.TextChoices):
    """How Assay proves to a Caliper or xAPI endpoint who it is."""

    NONE = "none", "nothing"
    BEARER = "bearer", "a bearer token"
    BASIC = "basic", "a user name and a password"


class XapiVersion(models.TextChoices):
    V1 = "1.0.3", "1.0.3"
    V2 = "2.0.0", "2.0.0"


class EndpointState(models.TextChoices):
    ACTIVE = "active"
    PAUSED = "paused"


class Endpoint(models.Model):
    """Where one institution's events go. While it is paused they are kept, and sent when it is resumed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    name = models.CharField(max_length=200)
    format = models.CharField(max_length=16, choices=Format.choices, default=Format.WEBHOOK)
    url = models.CharField("address", max_length=1_000)
    types = models.JSONField("events", default=list)
    with_names = models.BooleanField("names of people", default=False)
    with_key = models.BooleanField("right answers", default=False)
    xapi_version = models.CharField("xAPI version", max_length=8, choices=XapiVersion.choices, default="1.0.3")

    secret = SealedField(blank=True, editable=False)
    old_secret = SealedField(blank=True, editable=False)
    old_secret_until = models.DateTimeField(null=True, blank=True, editable=False)
    scheme = models.CharField("signs in with", max_length=8, choices=Scheme.choices, default=Scheme.NONE)
    username = models.CharField("user name", max_length=200, blank=True)
    credential = SealedField(blank=True, editable=False)

    state = models.CharField(max_length=8, choices=EndpointState.choices, default=EndpointState.ACTIVE)
    reason = models.CharField("why it is paused", max_length=300, blank=True)
    failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    failing_since = models.DateTimeField(null=True, blank=True)
    resting_until = models.DateTimeField(null=True, blank=True)
    sending_until = models.DateTimeField(null=True, blank=True, editable=False, help_text="A worker has it until then.")
    delivered_at = models.DateTimeField("last delivery", null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["institution"], name="endpoint_of_institution")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        listeners.forget()


class Event(models.Model):
    """Something that happened. `data` has ids and a few figures, never a name or an answer."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    type = models.CharField(max_length=32)
    at = models.DateTimeField(db_index=True)
    person = models.ForeignKey(Person, models.CASCADE, null=True)
    data = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.type} at {self.at:%Y-%m-%d %H:%M:%S}"


class DeliveryState(models.TextChoices):
    DUE = "due", "waiting to be sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    NOTHING = "nothing", "nothing to send"


class EventDelivery(models.Model):
    """One event on its way to one endpoint, with the answer to the last try."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    event = models.ForeignKey(Event, models.CASCADE, related_name="deliveries")
    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=16, choices=DeliveryState.choices, default=DeliveryState.DUE)
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField()
    give_up_at = models.DateTimeField(null=True, blank=True, help_text="Three days after the first try.")
    tried_at = models.DateTimeField(null=True, blank=True)
    status = models.PositiveIntegerField(null=True, blank=True, help_text="HTTP status; empty: no answer came.")
    answer = models.CharField(max_length=500, blank=True, help_text="How the answer began, or why none came.")

    class Meta:
        verbose_name_plural = "event deliveries"
        constraints = [models.UniqueConstraint(fields=["event", "endpoint"], name="one_delivery_per_endpoint")]
        indexes = [
            models.Index(fields=["endpoint", "next_try_at"], condition=Q(state="due"), name="event_delivery_due"),
            models.Index(fields=["endpoint", "-id"], name="event_delivery_log"),
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.endpoint}"

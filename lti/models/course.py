"""The platform's courses, the links in them, and the people as the platform names them."""

from django.db import models
from django.db.models import Q

from lti.models.registration import Deployment, Registration
from roster.ids import uuid7
from roster.models import Course, Institution, Person


class Context(models.Model):
    """The platform's course (claim `context`)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    deployment = models.ForeignKey(Deployment, models.CASCADE, related_name="contexts")
    context_id = models.CharField(max_length=255)
    course = models.ForeignKey(Course, models.CASCADE, related_name="contexts")
    label = models.CharField(max_length=500, blank=True)
    title = models.CharField(max_length=500, blank=True)
    history = models.JSONField(default=list, blank=True, help_text="Contexts it was copied from, nearest first.")
    memberships_url = models.TextField(blank=True, help_text="NRPS 2.0 context_memberships_url, opaque.")
    groups_url = models.TextField(blank=True, help_text="Course Groups 1.0 context_groups_url, opaque.")
    group_sets_url = models.TextField(blank=True, help_text="Course Groups 1.0 context_group_sets_url, opaque.")
    roster_read_at = models.DateTimeField(null=True, blank=True, help_text="When the last complete reading began.")
    roster_next_at = models.DateTimeField(null=True, blank=True, help_text="Empty: not until the next launch.")
    roster_used_at = models.DateTimeField(null=True, blank=True, help_text="Its last launch, to the day.")
    roster_lease = models.DateTimeField(null=True, blank=True, help_text="Until then nobody else may read it.")
    roster_tries = models.PositiveIntegerField(default=0, help_text="Readings that failed since the last good one.")
    roster_words = models.CharField(max_length=300, blank=True, help_text="What went wrong, for a teacher.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["deployment", "context_id"], name="context_of_deployment")]
        indexes = [
            models.Index(
                fields=["roster_next_at"], condition=Q(roster_next_at__isnull=False), name="context_roster_next"
            )
        ]

    def __str__(self) -> str:
        return self.title or self.label or self.context_id


class ResourceLink(models.Model):
    """One link to the tool in a course (claim `resource_link`). A copied course may bring the same id along."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    deployment = models.ForeignKey(Deployment, models.CASCADE, related_name="resource_links")
    context = models.ForeignKey(Context, models.CASCADE, null=True, blank=True, related_name="resource_links")
    resource_link_id = models.CharField(max_length=255)
    title = models.CharField(max_length=500, blank=True)
    line_items_url = models.TextField(blank=True, help_text="AGS claim `lineitems`, opaque.")
    scopes = models.JSONField(default=list, help_text="AGS scopes offered at the newest launch.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["deployment", "resource_link_id", "context"], name="resource_link_of_context"
            ),
            models.UniqueConstraint(
                fields=["deployment", "resource_link_id"],
                condition=Q(context=None),
                name="resource_link_of_no_context",
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.resource_link_id


class PlatformUser(models.Model):
    """A person as one registration knows them (claim `sub`)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    registration = models.ForeignKey(Registration, models.CASCADE, related_name="users")
    sub = models.CharField(max_length=255)
    person = models.ForeignKey(Person, models.CASCADE, related_name="platform_users")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["institution", "registration", "sub"], name="platform_user_sub"),
        ]

    def __str__(self) -> str:
        return self.sub

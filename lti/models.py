"""LTI 1.3 Advantage as rows. Names and constraints come from the 1EdTech specifications.

Core: https://www.imsglobal.org/spec/lti/v1p3/ · Security: https://www.imsglobal.org/spec/security/v1p0/
AGS: https://www.imsglobal.org/spec/lti-ags/v2p0/
"""

import hashlib

from django.db import models
from django.db.models import Q
from django.utils import timezone

from lti.secrets import SealedField
from roster.ids import uuid7
from roster.models import Course, Institution, Person, Role, User


class ToolKey(models.Model):
    """An RSA key of this tool. It signs from its moment until that of the next one (`lti.keys`)."""

    kid = models.CharField(primary_key=True, max_length=64)
    private_key = SealedField(help_text="PKCS#8 PEM, sealed.")
    public_jwk = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    signs_from = models.DateTimeField()

    def __str__(self) -> str:
        return self.kid


class Family(models.TextChoices):
    """Platforms whose habits differ (claim `tool_platform.product_family_code`)."""

    GENERIC = "generic"
    MOODLE = "moodle"
    CANVAS = "canvas"


class Registration(models.Model):
    """One (issuer, client_id) that a platform gave us. One Canvas issuer serves many of them."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200)
    issuer = models.CharField(max_length=255)
    client_id = models.CharField(max_length=255)
    auth_url = models.URLField(max_length=500)
    token_url = models.URLField(max_length=500)
    token_audience = models.CharField(max_length=500, blank=True, help_text="Where it differs from the token URL.")
    jwks_url = models.URLField(max_length=500)
    jwks = models.JSONField(default=dict, blank=True, editable=False)
    jwks_fetched_at = models.DateTimeField(null=True, blank=True, editable=False)
    jwks_tried_at = models.DateTimeField(null=True, blank=True, editable=False)
    family = models.CharField(max_length=16, choices=Family.choices, blank=True)
    institution = models.ForeignKey(
        Institution,
        models.SET_NULL,
        null=True,
        blank=True,
        help_text="Whose platform this is; proposed for new deployments. Empty where many share it.",
    )
    active = models.BooleanField(default=True)
    drain_until = models.DateTimeField(null=True, blank=True, editable=False)
    errand_until = models.DateTimeField(null=True, blank=True, editable=False)
    paused_until = models.DateTimeField(null=True, blank=True, help_text="The platform asked us to wait until then.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuer", "client_id"], name="registration_issuer_client")]

    def __str__(self) -> str:
        return self.name


class Invitation(models.Model):
    """One permission to register one platform, as an address that is shown once; only a hash of its secret is kept.

    `claimed_until` keeps two registrations from using it at once, and ends by itself where a process dies.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    name = models.CharField(max_length=200, blank=True, help_text="What the connection will be called here.")
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True, blank=True, editable=False)
    used_at = models.DateTimeField(null=True, blank=True, editable=False)
    registration = models.ForeignKey(Registration, models.SET_NULL, null=True, blank=True, editable=False)

    def __str__(self) -> str:
        return self.name or f"An LMS of {self.institution}"


class Deployment(models.Model):
    """One placement of the tool; belongs to an institution once approved, until then it is pending."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    registration = models.ForeignKey(Registration, models.CASCADE, related_name="deployments")
    deployment_id = models.CharField(max_length=255)
    institution = models.ForeignKey(Institution, models.PROTECT, null=True, blank=True)
    active = models.BooleanField(default=False)
    platform_guid = models.CharField(max_length=255, blank=True)
    platform_name = models.CharField(max_length=255, blank=True)
    notices_url = models.TextField(blank=True, help_text="Where to ask for copy notices (notification service).")
    notices_due_at = models.DateTimeField(null=True, blank=True, help_text="When to ask next; empty: nothing to ask.")
    notices_tries = models.PositiveIntegerField(default=0)
    notices_answer = models.TextField(blank=True, help_text="What the platform said to it last.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["registration", "deployment_id"], name="deployment_of_registration"),
            models.CheckConstraint(
                condition=Q(active=False) | Q(institution__isnull=False), name="active_deployment_has_institution"
            ),
        ]
        indexes = [
            models.Index(fields=["notices_due_at"], condition=Q(notices_due_at__isnull=False), name="notices_due")
        ]

    def __str__(self) -> str:
        return f"{self.registration} / {self.deployment_id}"

    @property
    def reference(self) -> str:
        """What a person in front of a closed door can read out, and an administrator finds in the list."""
        return self.id.hex[-8:].upper()


class Notice(models.Model):
    """One notice of a platform, kept so that it is taken up once (Platform Notification Service 1.0)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    registration = models.ForeignKey(Registration, models.CASCADE)
    notice_id = models.CharField(max_length=255)
    kind = models.CharField(max_length=255)
    received_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["registration", "notice_id"], name="notice_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.notice_id}"


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


def key_hash(key: str) -> str:
    """How a launch's key is kept (SHA-256 hex)."""
    return hashlib.sha256(key.encode()).hexdigest()


class Launch(models.Model):
    """One successful launch; the row opens a session named by its key and uses up the nonce.

    `key_hash` is the SHA-256 hex digest of the key that stands in the address; the key itself is not kept.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    registration = models.ForeignKey(Registration, models.CASCADE)
    deployment = models.ForeignKey(Deployment, models.CASCADE)
    nonce = models.CharField(max_length=255)
    key_hash = models.CharField(max_length=64, unique=True)
    message_type = models.CharField(max_length=64)
    person = models.ForeignKey(Person, models.CASCADE)
    platform_user = models.ForeignKey(
        PlatformUser, models.CASCADE, null=True, blank=True, help_text="Empty for a guest: the LMS named nobody."
    )
    role = models.CharField(max_length=16, choices=Role.choices)
    test_user = models.BooleanField(default=False, help_text="A platform's Student View; never scored.")
    course = models.ForeignKey(Course, models.CASCADE, null=True, blank=True)
    context = models.ForeignKey(Context, models.CASCADE, null=True, blank=True)
    resource_link = models.ForeignKey(ResourceLink, models.CASCADE, null=True, blank=True)
    for_person = models.ForeignKey(
        Person, models.CASCADE, null=True, blank=True, related_name="+", help_text="Whose work is to be shown."
    )
    settings = models.JSONField(default=dict, help_text="What the message type adds, as its pages need it.")
    target_link_uri = models.TextField(blank=True)
    custom = models.JSONField(default=dict, help_text="Custom parameters; unresolved `$Variables` left out.")
    locale = models.CharField(max_length=35, blank=True)
    return_url = models.TextField(blank=True)
    document_target = models.CharField(max_length=16, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name_plural = "launches"
        constraints = [models.UniqueConstraint(fields=["registration", "nonce"], name="launch_nonce_once")]

    def __str__(self) -> str:
        return f"{self.person} at {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def is_guest(self) -> bool:
        return self.platform_user_id is None


# Django looks for models here; these have files of their own.
from lti.eula_models import EulaAcceptance as EulaAcceptance  # noqa: E402
from lti.eula_models import ReportState as ReportState  # noqa: E402
from lti.eula_models import Terms as Terms  # noqa: E402
from lti.legacy_models import LegacyConsumer as LegacyConsumer  # noqa: E402
from lti.legacy_models import LegacyUser as LegacyUser  # noqa: E402
from lti.score_models import Drift as Drift  # noqa: E402
from lti.score_models import ScoreEvent as ScoreEvent  # noqa: E402
from lti.score_models import ScoreState as ScoreState  # noqa: E402

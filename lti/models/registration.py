"""Platforms that are connected, and the keys this tool signs with.

Core: https://www.imsglobal.org/spec/lti/v1p3/ · Security: https://www.imsglobal.org/spec/security/v1p0/
"""

from django.db import models
from django.db.models import Q

from roster.ids import uuid7
from roster.models import Institution, User
from roster.sealed import SealedField


class ToolKey(models.Model):
    """An RSA key of this tool. It signs from its moment until that of the next one (`lti.platform.keys`)."""

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
    requests_until = models.DateTimeField(null=True, blank=True, editable=False)
    paused_until = models.DateTimeField(null=True, blank=True, help_text="The platform asked us to wait until then.")
    checked_at = models.DateTimeField(null=True, blank=True, editable=False)
    check_failed = models.TextField(blank=True, editable=False, help_text="The steps of the last check that failed.")
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
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["registration", "deployment_id"], name="deployment_of_registration"),
            models.CheckConstraint(
                condition=Q(active=False) | Q(institution__isnull=False), name="active_deployment_has_institution"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.registration} / {self.deployment_id}"

    @property
    def reference(self) -> str:
        """What a person in front of a closed door can read out, and an administrator finds in the list."""
        return self.id.hex[-8:].upper()

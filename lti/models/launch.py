"""Launches: who came, from where, as what."""

import hashlib

from django.db import models

from lti.models.course import Context, PlatformUser, ResourceLink
from lti.models.registration import Deployment, Registration
from roster.ids import uuid7
from roster.models import Course, Institution, Person, Role


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

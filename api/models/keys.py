"""Keys for scripts: bound to one institution, kept only as a hash."""

from django.db import models

from roster.ids import uuid7
from roster.models import Institution


class ApiKey(models.Model):
    """`key_hash` is the SHA-256 hex digest of the whole key; the key is shown once, when it is made or rotated."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    name = models.CharField(max_length=200)
    prefix = models.CharField(max_length=12, help_text="The first characters, to tell keys apart.")
    key_hash = models.CharField(max_length=64, unique=True)
    # Null, not empty, so that the keys without one do not clash.
    replaced_hash = models.CharField(  # noqa: DJ001
        max_length=64, unique=True, null=True, editable=False, help_text="Of the secret before the last rotation."
    )
    replaced_until = models.DateTimeField("the replaced secret works until", null=True, blank=True, editable=False)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField("expires", null=True, blank=True, help_text="In UTC. Empty: never.")
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

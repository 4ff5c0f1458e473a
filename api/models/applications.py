"""Programs that get their access by OAuth 2.0: bound to one institution."""

from typing import Any

from django.db import models
from oauth2_provider.models import AbstractApplication, ApplicationManager

from roster.models import Institution


class Application(AbstractApplication):  # type: ignore[misc]
    """A client of the client credentials grant (RFC 6749 section 4.4). `client_secret` is kept as a hash.

    Its tokens reach at most `scopes`, as they stand when the token is used.
    """

    institution = models.ForeignKey(Institution, models.CASCADE)
    scopes = models.JSONField(default=list)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApplicationManager()

    class Meta(AbstractApplication.Meta):
        verbose_name = "OAuth 2 application"

    def is_usable(self, request: Any) -> bool:
        """Asked by django-oauth-toolkit before it gives out a token."""
        return self.revoked_at is None

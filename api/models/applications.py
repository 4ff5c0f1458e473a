"""Programs that get their access by OAuth 2.0: bound to one institution."""

from typing import Any, ClassVar

from django.db import models
from oauth2_provider.models import AbstractApplication

from roster.models import Institution, User


class Application(AbstractApplication):  # type: ignore[misc]
    """A client of the client credentials grant (RFC 6749 section 4.4). `client_secret` is kept as a hash.

    Its tokens reach at most `scopes`, as they stand when the token is used.
    """

    user = models.ForeignKey(User, models.CASCADE, null=True, blank=True, editable=False, related_name="+")
    institution = models.ForeignKey(Institution, models.CASCADE, related_name="+")
    scopes = models.JSONField(default=list)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["Application"]] = models.Manager()

    class Meta:
        verbose_name = "OAuth 2 application"

    def is_usable(self, request: Any) -> bool:
        """Asked by django-oauth-toolkit before it gives out a token."""
        return self.revoked_at is None

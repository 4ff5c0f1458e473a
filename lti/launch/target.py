"""`target_link_uri`: where the platform says that the launch leads (LTI 1.3 core section 5.3.4).

Only the signed message is read, never the login, which anyone can write. An address of another host is neither
followed nor shown nor read for content: the launch then opens by what else is known of it.
"""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host

from lti.words import claims

LONGEST = 8_000  # characters


def own(uri: Any) -> str:
    """The address that a message names, if it is one of this service; else empty."""
    url = claims.url(uri, LONGEST)
    host = urlsplit(url).hostname or ""
    named = [urlsplit(settings.BASE_URL).hostname or "", *(name for name in settings.ALLOWED_HOSTS if name != "*")]
    return url if host and validate_host(host, named) else ""

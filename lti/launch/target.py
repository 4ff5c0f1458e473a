"""`target_link_uri`: where the platform says that the launch leads (LTI 1.3 core section 5.3.4).

Only the signed message is read, never the login, which anyone can write. An address of another host is neither
followed nor shown nor read for content: the launch then opens by what else is known of it.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Q
from django.http.request import validate_host

from lti.models import Deployment, ResourceLink
from lti.words import claims
from lti.words.claims import CLAIM, Claims
from lti.words.errors import LaunchRefused, Problem

LONGEST = 8_000  # characters


def own(found: Claims) -> str:
    """The address that the message names, if it is one of this service; else empty."""
    url = claims.url(found.get(CLAIM + "target_link_uri"), LONGEST)
    host = urlsplit(url).hostname or ""
    named = [urlsplit(settings.BASE_URL).hostname or "", *(name for name in settings.ALLOWED_HOSTS if name != "*")]
    return url if host and validate_host(host, named) else ""


def check(found: Claims, *, deployment: Deployment, link_id: str) -> None:
    """Refuse a message that leads elsewhere when nothing else says what to open: no custom parameter, a new link."""
    if own(found) or claims.custom(found):
        return
    known = ResourceLink.objects.filter(deployment=deployment, resource_link_id=link_id)
    context_id = claims.mapping(found, CLAIM + "context").get("id")
    if claims.is_identifier(context_id):
        known = known.filter(Q(context__context_id=context_id) | Q(context=None))
    if not known.exists():
        raise LaunchRefused(Problem.TARGET_FOREIGN, "target_link_uri is on another host")

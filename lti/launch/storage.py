"""The platform keeps a login's secret where a browser keeps no cookie for our frame (1EdTech Platform Storage 0.1).

The page that begins the launch hands the secret over, the page that ends it asks for it back; `static/lti/launch.js`
speaks. Each login has a key of its own there, so launches at once never mix. The nonce need not be kept beside it: it
is in the signed state, which the secret is bound to.
"""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest

from lti.launch import state
from lti.launch.state import State
from lti.models import Registration

FIELD = "storage"


def terms(platform: Registration, begun: State) -> dict[str, Any]:
    """What the page has to know: the frame to ask, the origin that alone may hear and answer, and the key."""
    return {"target": begun.storage_target, "platform": platform.auth_url, "key": begun.cookie}


def is_bound(request: HttpRequest, begun: State) -> bool:
    """Whether this is the browser that began, by the secret that our page was given back.

    Only a form of our own page counts. Someone can take a launch of their own as far as its last step and would know
    its secret; a page of theirs that posted all of it from another person's browser would put that person into a
    session of theirs. Our page in turn takes the secret from the platform's own origin only.
    """
    if FIELD not in request.POST or not begun.storage_target:
        return False
    return request.headers.get("Origin") == _origin() and state.fits(request.POST[FIELD], begun)


def _origin() -> str:
    parts = urlsplit(settings.BASE_URL)
    return f"{parts.scheme}://{parts.netloc}".lower()

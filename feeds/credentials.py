"""How Assay signs in to an endpoint for Caliper or xAPI."""

from base64 import b64encode

from events.models import Endpoint, Scheme
from roster import sealed


def headers(endpoint: Endpoint) -> dict[str, str]:
    if endpoint.scheme == Scheme.NONE:
        return {}
    secret = sealed.unseal(endpoint.credential)
    if endpoint.scheme == Scheme.BEARER:
        return {"Authorization": f"Bearer {secret}"}
    return {"Authorization": f"Basic {b64encode(f'{endpoint.username}:{secret}'.encode()).decode()}"}

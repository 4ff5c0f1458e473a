"""LtiEulaRequest: the platform has a user who has not accepted the terms of this tool yet."""

from lti import arrival, claims
from lti.arrival import Arrival
from lti.claims import CLAIM
from lti.tool import EULA


def open_terms(at: Arrival) -> str:
    """The terms; with where to tell that they are accepted, if the platform wants to hear it from us."""
    service = claims.mapping(at.claims, CLAIM + "eulaservice")
    url = claims.url(service.get("url")) if EULA in claims.strings(service.get("scope")) else ""
    return arrival.open_launch(at, context=arrival.context(at, None), settings={"eula_service": url})

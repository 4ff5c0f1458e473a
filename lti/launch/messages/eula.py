"""LtiEulaRequest: the platform has a user who has not accepted the terms of this tool yet."""

from lti.launch import arrival
from lti.launch.arrival import Arrival
from lti.platform.tool import EULA
from lti.words import claims
from lti.words.claims import CLAIM


def open_terms(at: Arrival) -> str:
    """The terms; with where to tell that they are accepted, if the platform wants to hear it from us."""
    service = claims.mapping(at.claims, CLAIM + "eulaservice")
    url = claims.url(service.get("url")) if EULA in claims.strings(service.get("scope")) else ""
    return arrival.open_launch(at, context=arrival.context(at, None), settings={"eula_service": url})

"""DataPrivacyLaunchRequest: what is kept about a person (Data Privacy Launch, draft).

Platforms name it with and without the prefix `Lti`. The person is `for_user.user_id`, in an older draft `for_user.id`.
"""

from lti.launch import arrival
from lti.launch.arrival import Arrival
from lti.launch.messages.review import known_person
from lti.words import claims
from lti.words.claims import CLAIM
from lti.words.errors import LaunchRefused, Problem
from lti.words.roles import is_administrator

TYPES = ("DataPrivacyLaunchRequest", "LtiDataPrivacyLaunchRequest")


def open_subject(at: Arrival) -> str:
    """Oneself, or whom an administrator asks about. Raises LaunchRefused for anyone else's data."""
    named = at.claims.get(CLAIM + "for_user")
    if named is not None and not isinstance(named, dict):
        raise LaunchRefused(Problem.MESSAGE_INVALID, "for_user is not an object")
    user_id = at.claims["sub"]
    if named is not None:
        user_id = claims.identifier(named, "user_id" if "user_id" in named else "id", "for_user.user_id")
    context = arrival.context(at, None)
    if user_id == at.claims["sub"]:
        return arrival.open_launch(at, context=context)
    if not is_administrator(claims.roles(at.claims)):
        raise LaunchRefused(Problem.NOT_YOURS, "for_user is someone else, and the user administers nothing")
    settings = {"about_another": True}
    return arrival.open_launch(at, context=context, for_person=known_person(at, user_id), settings=settings)

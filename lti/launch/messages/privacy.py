"""DataPrivacyLaunchRequest: what is kept about a person (Data Privacy Launch, draft).

Platforms name it with and without the prefix `Lti`.
"""

from lti.launch import arrival
from lti.launch.arrival import Arrival
from lti.launch.messages.review import known_person
from lti.words import claims
from lti.words.errors import LaunchRefused, Problem
from lti.words.roles import is_administrator

TYPES = claims.DATA_PRIVACY


def open_subject(at: Arrival) -> str:
    """Oneself, or whom an administrator asks about. Raises LaunchRefused for anyone else's data."""
    user_id = at.message.for_user or at.message.user.sub
    context = arrival.context(at, None)
    if user_id == at.message.user.sub:
        return arrival.open_launch(at, context=context)
    if not is_administrator(at.message.roles):
        raise LaunchRefused(Problem.NOT_YOURS, "for_user is someone else, and the user administers nothing")
    settings = {"about_another": True}
    return arrival.open_launch(at, context=context, for_person=known_person(at, user_id), settings=settings)

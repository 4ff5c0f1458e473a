"""LtiSubmissionReviewRequest: from a grade in the gradebook to the work behind it (Submission Review 1.0).

Moodle sends it for every click on a grade, and names the learner by `user_id` alone.
"""

from lti.launch import arrival
from lti.launch.arrival import Arrival
from lti.models import PlatformUser, ResourceLink
from lti.words.errors import LaunchRefused, Problem
from lti.words.roles import role
from roster.models import Person, Role
from roster.rows import one


def open_submission(at: Arrival) -> str:
    """The activity, with the learner to be shown. Raises LaunchRefused where that is someone else's work.

    Moodle names nobody where a teacher clicks the heading of a column: that is the activity as a whole.
    """
    user_id, own_id = at.message.for_user, at.message.user.sub
    if not user_id:
        link = _link(at)
        return arrival.open_launch(at, link=link, context=link.context, settings={"of_nobody": True})
    if user_id != own_id and role(at.message.roles) != Role.INSTRUCTOR:
        raise LaunchRefused(Problem.NOT_YOURS, "for_user is not the user of the launch")
    link = _link(at)
    person = None if user_id == own_id else known_person(at, user_id)
    return arrival.open_launch(at, link=link, context=link.context, for_person=person)


def known_person(at: Arrival, user_id: str) -> Person | None:
    """Whom the platform means by a user id; None for someone who never came here."""
    users = PlatformUser.objects.filter(institution=at.institution_id, registration=at.registration, sub=user_id)
    user = one(users.select_related("person"))
    return user.person if user else None


def _link(at: Arrival) -> ResourceLink:
    """The activity: by the resource link, else by the gradebook column, which the message names too."""
    if at.message.link is None:
        return _link_of_column(at)
    link = arrival.resource_link(at, at.message.link)
    if not link.scopes:  # the claim names the column that was clicked, which may be another one of the link
        arrival.line_item(at, link)
    return link


def _link_of_column(at: Arrival) -> ResourceLink:
    links = ResourceLink.objects.select_related("context__course").filter(deployment=at.deployment)
    column = at.message.gradebook.line_item_url if at.message.gradebook else ""
    found = one(links.filter(line_item__url=column))
    if found is None:
        raise LaunchRefused(Problem.MESSAGE_INVALID, "resource_link is missing and the line item is not known")
    return found

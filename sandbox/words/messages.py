"""Messages other than a plain launch: what a launch row of each holds, and the claims that only it has."""

from typing import Any

from django.conf import settings

from sandbox.models import Activity, Course, Grade, Launch, LineItem, Mode, Person, Tool
from sandbox.words.scopes import LTI

RESOURCE_LINK = "LtiResourceLinkRequest"
REVIEW = "LtiSubmissionReviewRequest"
DEEP_LINKING = "LtiDeepLinkingRequest"
PRIVACY = "DataPrivacyLaunchRequest"
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"


def resource_link(activity: Activity) -> dict[str, Any]:
    """The columns of a launch of this activity."""
    return {
        "activity": activity,
        "tool": activity.tool,
        "course": activity.course,
        "target_link_uri": activity.target_link_uri,
    }


def review(activity: Activity, for_person: Person, item: LineItem | None = None) -> dict[str, Any]:
    """Columns of a look at someone's work; the column may name an address of its own (AGS 2.0 section 3.2.7).

    Canvas knows no such message: it opens the address that the tool sent with the submission, as a plain launch.
    """
    item = item or activity.line_items.order_by("pk").first()
    columns = resource_link(activity)
    if activity.course.mode == Mode.CANVAS:
        submission = Grade.objects.filter(line_item=item, person=for_person).first()
        address: Any = submission.submission_url if submission else ""
    else:
        columns |= {"message": REVIEW, "for_person": for_person, "line_item": item}
        address = review_of(item).get("url")
    return {**columns, "target_link_uri": address} if isinstance(address, str) and address else columns


def review_of(item: LineItem | None) -> dict[str, Any]:
    """What the tool wants to receive when a grade of this column is opened: url and custom."""
    found = item.extra.get("submissionReview") if item else None
    return found if isinstance(found, dict) else {}


def deep_linking(course: Course, tool: Tool, asked: dict[str, Any]) -> dict[str, Any]:
    """The columns of a launch that lets a teacher choose content; `asked` are its settings."""
    target = tool.deep_linking_url or tool.target_link_uri
    return {"message": DEEP_LINKING, "course": course, "tool": tool, "target_link_uri": target, "settings": asked}


def privacy(course: Course, tool: Tool, about: Person) -> dict[str, Any]:
    """The columns of a launch that asks what the tool holds about someone. It belongs to no course."""
    target = tool.target_link_uri
    return {"message": PRIVACY, "course": course, "tool": tool, "target_link_uri": target, "for_person": about}


def own_claims(launch: Launch) -> dict[str, Any]:
    """The claims that only this type of message has; whose work it is about and the placement stand elsewhere."""
    found: dict[str, Any] = {}
    if launch.activity is not None:
        link = launch.activity
        found[LTI + "resource_link"] = {"title": link.title, "description": link.description, "id": str(link.pk)}
    if launch.message == DEEP_LINKING:
        found |= _deep_linking(launch)
    return found


def _deep_linking(launch: Launch) -> dict[str, Any]:
    asked = {name: value for name, value in launch.settings.items() if name != "placement"}
    return {DL + "deep_linking_settings": {**asked, "deep_link_return_url": return_url(launch)}}


def return_url(launch: Launch) -> str:
    """Where the tool's answer goes; the hint in it names the launch, for no cookie of ours reaches us from a frame."""
    if launch.course.mode == Mode.MOODLE:
        query = f"course={launch.course_id}&id={launch.tool_id}&sesskey={launch.hint}"
        return f"{settings.SANDBOX_URL}/mod/lti/contentitem_return.php?{query}"
    if launch.course.mode == Mode.STRICT:
        return f"{settings.SANDBOX_URL}/lti/deep_linking/{launch.hint}"
    return f"{settings.SANDBOX_URL}/courses/{launch.course_id}/deep_linking_response?data={launch.hint}"

"""What an administrator can do about a step that the doctor found failing, in the words of their LMS."""

from lti.models import Family
from lti.platform import tool
from lti.words import scopes

KEYS_OF_LMS = "Compare the key set address with what the LMS shows for this tool; it must answer JSON with RSA keys."
OWN_KEYS = (
    "The LMS reads our keys there at every token request. Set ASSAY_BASE_URL to the public address of this service, "
    "and let its proxy pass that path on."
)
OWN_KEYS_PRIVATE = "This server may not fetch from its own, private address. Open it from the machine of the LMS."
OWN_KEYS_OTHER = "Another installation answers there, or a cache keeps an old answer. Compare ASSAY_BASE_URL."
CLOCK = "Set the clocks of both servers by NTP: launches and tokens are refused when they differ by a minute."
NO_LAUNCH = "Open an activity of this tool from a course once, as a teacher, then check again."
SERVICE_FAILED = "Open an activity from that course again, then check again: the LMS may have moved or deleted it."
LMS_IN_TROUBLE = "The LMS failed by itself: look into its log, and check again later."
CLUTTER = "Delete the column “{label}” in the gradebook of that course by hand."
TOKEN_ADDRESS = "Compare the token address with what the LMS shows for this tool; this server must be able to reach it."
NOT_SHOWN = "The LMS may show results late. Check again; if it stays so, look into its gradebook log."
SWITCHED_OFF = "Tick “Active” on the page of the registration."
APPROVE = "Press “Approve” in the list of deployments, if the school put the tool there."
PAUSED = (
    "They go out by themselves then. To try at once, choose “Send waiting scores now” in the list of registrations."
)
BUSY = "Wait a minute, then check again."
NOBODY = "Let the LMS share the roster, or let a learner open an activity once."

_NO_GRADEBOOK = {
    Family.MOODLE: (
        "In the tool's settings, under Services, set “IMS LTI Assignment and Grade Services” to “Use this service for "
        "grade sync and column management”."
    ),
    Family.CANVAS: "Turn on the Assignment and Grade scopes of the key or app, then open an assignment again.",
}
_NO_ROSTER = {
    Family.MOODLE: "In the tool's settings, under Services, let it retrieve members' information by IMS LTI Names and "
    "Role Provisioning.",
    Family.CANVAS: "Turn on “Can retrieve user data associated with the context” for the developer key or app.",
}
_LOST = {
    scopes.SCORE: "Without it no score reaches the gradebook.",
    scopes.RESULT: "Without it a grade that a teacher changed looks like a grade that was lost.",
    scopes.LINE_ITEM: "Without it a missing gradebook column cannot be made.",
    scopes.LINE_ITEM_READ: "Without it the gradebook column of an activity cannot be found again.",
    scopes.MEMBERSHIP: "Without it learners show up once they have opened the activity, and removed ones stay.",
}


def scope(name: str, family: str) -> str:
    """What is lost without a permission, and where it is switched on."""
    return f"{_LOST[name]} {roster(family) if name == scopes.MEMBERSHIP else gradebook(family)}"


def gradebook(family: str) -> str:
    return _NO_GRADEBOOK.get(Family(family or "generic"), "Allow Assignment and Grade Services for this tool.")


def roster(family: str) -> str:
    return _NO_ROSTER.get(Family(family or "generic"), "Allow Names and Role Provisioning for this tool.")


def token(status: int, words: str, family: str) -> str:
    """Why a platform gives no token at all."""
    if family == Family.MOODLE and status == 404:
        return f"Moodle answers so when its server cannot read {tool.address('jwks')}: open that path to it."
    if status == 404:
        return "Compare the token address with what the LMS shows for this tool."
    if any(word in words.lower() for word in ("expired", "future", "iat", "nbf", '"exp"', "not yet valid")):
        return CLOCK
    if "invalid_client" in words or status in (400, 401):
        checks = f"the client ID, and that it reads our keys at {tool.address('jwks')}"
        off = " In Canvas the developer key must be ON." if family == Family.CANVAS else ""
        return f"The LMS does not know us. Check there that the tool is active, {checks}.{off}"
    return "Look into the log of the LMS; if it is busy, check again later."

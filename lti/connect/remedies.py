"""What an administrator can do about a step that the doctor found failing, in the words of their LMS."""

from lti.gradebook import families
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
    return families.of(family).GRADEBOOK_HELP


def roster(family: str) -> str:
    return families.of(family).ROSTER_HELP


def token(status: int, words: str, family: str) -> str:
    """Why a platform gives no token at all."""
    if status == 404:
        return families.of(family).TOKEN_NOT_FOUND_HELP.format(jwks=tool.address("jwks"))
    if any(word in words.lower() for word in ("expired", "future", "iat", "nbf", '"exp"', "not yet valid")):
        return CLOCK
    if "invalid_client" in words or status in (400, 401):
        checks = f"the client ID, and that it reads our keys at {tool.address('jwks')}"
        more = families.of(family).UNKNOWN_CLIENT_HELP
        return f"The LMS does not know us. Check there that the tool is active, {checks}. {more}".rstrip()
    return "Look into the log of the LMS; if it is busy, check again later."

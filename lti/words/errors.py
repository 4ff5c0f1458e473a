"""Why a launch was turned away, in words for the person in front of the screen."""

from dataclasses import dataclass
from enum import Enum

from django.utils.translation import gettext_noop as _


@dataclass(frozen=True)
class Explanation:
    """`what` happened, and what to do `next`, each translated where it is shown.

    Nothing is lost by a launch that never opened.
    """

    status: int
    title: str
    what: str
    next: str


START_AGAIN = _("Go back to your course and open the activity again.")
ASK_ADMIN = _("Tell the people who look after your LMS, and give them the reference below.")


class Problem(Enum):
    """Everything that can stop a login or launch, each with its HTTP status."""

    LOGIN_INCOMPLETE = Explanation(
        400,
        _("This address is for an LMS to open"),
        _("The LMS left out something that is needed to sign you in."),
        ASK_ADMIN,
    )
    UNKNOWN_PLATFORM = Explanation(
        400, _("This LMS is not registered here"), _("The LMS that sent you is not known to this service."), ASK_ADMIN
    )
    AMBIGUOUS_PLATFORM = Explanation(
        400,
        _("The LMS must say which registration it means"),
        _("This LMS is registered more than once and did not send a client id."),
        ASK_ADMIN,
    )
    STATE_INVALID = Explanation(
        400,
        _("This launch was not started here"),
        _("The sign-in could not be matched to a start of ours."),
        START_AGAIN,
    )
    STATE_EXPIRED = Explanation(
        400, _("That took too long"), _("More than ten minutes passed between the click and the launch."), START_AGAIN
    )
    TOKEN_INVALID = Explanation(
        400,
        _("The message from the LMS could not be trusted"),
        _("Its signature or its format is not valid."),
        ASK_ADMIN,
    )
    KEYS_UNAVAILABLE = Explanation(
        400,
        _("The message from the LMS could not be checked"),
        _("Its signing key could not be found in the key set of the LMS."),
        _(
            "Wait a minute, then open the activity again from your course. "
            "If this keeps happening, tell your LMS administrators."
        ),
    )
    TOKEN_EXPIRED = Explanation(
        400,
        _("This launch is out of date"),
        _("The message from the LMS has expired, or a clock is wrong."),
        START_AGAIN,
    )
    MESSAGE_INVALID = Explanation(
        400,
        _("The LMS sent an incomplete message"),
        _("Something that LTI 1.3 requires is missing or wrong."),
        ASK_ADMIN,
    )
    MESSAGE_UNSUPPORTED = Explanation(
        400,
        _("This kind of launch cannot be opened here"),
        _("The LMS asked for something other than opening an activity."),
        _("Open the activity itself from your course."),
    )
    TARGET_FOREIGN = Explanation(
        400,
        _("This link leads to another service"),
        _("The LMS named an address that is not part of this service, and nothing else says what to open."),
        ASK_ADMIN,
    )
    TEACHERS_ONLY = Explanation(
        403,
        _("Only teachers can add activities"),
        _("The LMS does not say that you teach or design this course."),
        _("Ask a teacher of the course to add it, or your LMS administrators to give you that role."),
    )
    REPLAYED = Explanation(
        400,
        _("This launch was already used"),
        _("A launch works only once; reloading the page or going back repeats it."),
        START_AGAIN,
    )
    DEPLOYMENT_PENDING = Explanation(
        403,
        _("Waiting for approval"),
        _("Your LMS reached us, but this placement is not assigned to an institution yet."),
        _(
            "Tell the people who look after your LMS, and give them the reference below: an administrator of this "
            "service has to approve the placement once. After that, open the activity again."
        ),
    )
    NOT_YOURS = Explanation(
        403, _("This belongs to someone else"), _("The LMS asked for another person's work or data."), START_AGAIN
    )
    LOGIN_REQUIRED = Explanation(
        403, _("You are not signed in to your LMS"), _("The LMS says that you have to sign in first."), START_AGAIN
    )
    LAUNCH_OVER = Explanation(
        400, _("This launch is over"), _("The LMS says that this launch is no longer valid."), START_AGAIN
    )
    NOT_ALLOWED = Explanation(
        403,
        _("Your LMS does not let you open this"),
        _("You may not be enrolled in the course, or the activity may be closed to you."),
        _("Ask your teacher whether the activity is open to you, then open it again from your course."),
    )
    TOOL_NOT_ALLOWED = Explanation(
        403,
        _("Your LMS does not accept this tool"),
        _("The LMS says that this tool may not ask it for a launch. It may be switched off or wrongly set up there."),
        ASK_ADMIN,
    )
    PLATFORM_DOWN = Explanation(
        503,
        _("Your LMS cannot open this now"),
        _("The LMS says that it has an internal problem."),
        _("Wait a minute, then open the activity again from your course."),
    )
    PLATFORM_ERROR = Explanation(
        400, _("The LMS stopped the launch"), _("The LMS answered with an error instead of a launch."), ASK_ADMIN
    )
    WRONG_ADDRESS = Explanation(
        400,
        _("The LMS sent its launch to the wrong address"),
        _("It came to a page of this service that accepts no launches."),
        ASK_ADMIN,
    )
    METHOD = Explanation(
        405, _("This page opens from your course"), _("It was opened without a message from the LMS."), START_AGAIN
    )


# What platforms say instead of a launch (OpenID Connect core section 3.1.2.6, RFC 6749 section 4.1.2.1, and Canvas's
# own). `invalid_request`, `invalid_request_object` and what else there is are for the administrators.
PLATFORM_ERRORS = {
    "login_required": Problem.LOGIN_REQUIRED,
    "interaction_required": Problem.LOGIN_REQUIRED,
    "account_selection_required": Problem.LOGIN_REQUIRED,
    "consent_required": Problem.LOGIN_REQUIRED,
    "launch_no_longer_valid": Problem.LAUNCH_OVER,
    "access_denied": Problem.NOT_ALLOWED,
    "unauthorized_client": Problem.TOOL_NOT_ALLOWED,
    "invalid_client": Problem.TOOL_NOT_ALLOWED,
    "server_error": Problem.PLATFORM_DOWN,
    "temporarily_unavailable": Problem.PLATFORM_DOWN,
    "invalid_request": Problem.PLATFORM_ERROR,
    "invalid_request_object": Problem.PLATFORM_ERROR,
    "invalid_request_uri": Problem.PLATFORM_ERROR,
    "invalid_scope": Problem.PLATFORM_ERROR,
    "unsupported_response_type": Problem.PLATFORM_ERROR,
}


class LaunchRefused(Exception):
    """A login or launch that does not open. `detail` is for the log and for administrators, never secret.

    `return_url` comes from a verified token only. `reference` names a row that an administrator can find; without one
    the log line of the refusal gets its own. `new_tab` starts the login again, where a frame may be to blame.
    `locale` is what a verified message says about the language.
    """

    def __init__(
        self, problem: Problem, detail: str = "", return_url: str = "", reference: str = "", new_tab: str = ""
    ) -> None:
        super().__init__(f"{problem.name}: {detail}")
        self.problem = problem
        self.detail = detail
        self.return_url = return_url
        self.reference = reference
        self.new_tab = new_tab
        self.locale = ""


class Step(Enum):
    """Where a registration can fail, in the words of its page."""

    INVITATION = "the invitation"
    CONFIGURATION = "reading what the LMS says about itself"
    REGISTRATION = "telling the LMS about this tool"
    SAVING = "saving the connection"


class RegistrationFailed(Exception):
    """An LMS that could not be connected. `detail` holds the LMS's own words."""

    def __init__(self, step: Step, remedy: str, detail: str = "") -> None:
        super().__init__(f"{step.name}: {detail}")
        self.step = step
        self.remedy = remedy
        self.detail = detail

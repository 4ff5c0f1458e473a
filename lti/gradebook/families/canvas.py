"""Canvas, from app/controllers/lti/ims/scores_controller.rb.

No status is ever posted without a score: it would wipe a grade, a teacher's too. `preserve_score` is thus not needed;
with a real grade it would keep the grade from being written.
"""

from typing import Any

from django import forms
from django.utils.translation import gettext_noop as _

from lti.gradebook.families import generic
from lti.gradebook.families.guide import Address, ConnectForm, Guide, Paste, Site
from lti.gradebook.families.verdict import Kind, Manner, Verdict
from lti.models import Family, Score
from lti.platform import tool
from lti.wire import pacing
from lti.wire.client import Answer

OWN_MAXIMUM = False  # scales to the points of its assignment
KEEPS_OVERRIDES = False
EMPTY_IS_CLEARED = True  # before there is any score, there is no result
RENAMES_USERS = True
RESULTS_LIMIT = "100"
LISTS_TEACHERS = True
RESCALES_EMPTY = False
SUBMISSION = "https://canvas.instructure.com/lti/submission"

COLUMN_PLACEMENTS = frozenset({"assignment_selection", "course_assignments_menu", "module_index_menu_modal"})
WHOLE_POINTS = None
PICKS_IN_DIALOG = False
DATE_VARIABLES = {
    "canvas_opens_at": "$Canvas.assignment.unlockAt.iso8601",
    "canvas_due_at": "$Canvas.assignment.dueAt.iso8601",
    "canvas_closes_at": "$Canvas.assignment.lockAt.iso8601",
}
KEEPS_DATES = True
SUBMISSION_ENDS_WHEN_DUE = True

REGISTERS_PLACEMENTS = True
REVIEW_UNLISTED = False  # it refuses what it does not list
NAMES_TOKEN_AUDIENCE = False  # it names one, and wants the token endpoint
TEST_SCORE = {SUBMISSION: {"new_submission": False}}
GRADEBOOK_HELP = "Turn on the Assignment and Grade scopes of the key or app, then open an assignment again."
ROSTER_HELP = "Turn on “Can retrieve user data associated with the context” for the developer key or app."
TOKEN_NOT_FOUND_HELP = generic.TOKEN_NOT_FOUND_HELP
UNKNOWN_CLIENT_HELP = "In Canvas the developer key must be ON."

HOLD = 3_600.0  # seconds between tries at an assignment that a teacher has to publish first
CLOCKS_APART = 120.0  # seconds; a submission more than a minute ahead of Canvas's clock is refused

UNPUBLISHED = _("The assignment is not published in Canvas. Publish it; we keep trying.")
CLOCKS = _("The clocks of Canvas and this service differ; we keep trying.")
USED_UP = _("Canvas says that all allowed attempts are used up.")
GONE = _("This person is not a student of the course any more. The score goes out if they come back.")
OURS = Verdict(Kind.REFUSED, generic.OURS, ours=True)
NO_ACCESS = _("Canvas does not let this tool into the course. Was it removed there, or its key switched off?")

RULES: list[generic.Rule] = [
    (400, "before last updated", Verdict(Kind.COMPARE)),
    (400, "future", Verdict(Kind.RETRY, CLOCKS, CLOCKS_APART)),
    (400, "", OURS),
    (422, "unpublished", Verdict(Kind.RETRY, UNPUBLISHED, HOLD)),
    (422, "number of allowed attempts", Verdict(Kind.WITHOUT_SUBMISSION, USED_UP)),
    (422, "not found", Verdict(Kind.REFUSED, GONE)),
    (422, "active student", Verdict(Kind.REFUSED, GONE)),
    (422, "concluded", Verdict(Kind.REFUSED, _("The course is over in Canvas and takes no more grades."))),
    (
        422,
        "grading period",
        Verdict(Kind.REFUSED, _("The grading period is closed in Canvas: it takes no more grades.")),
    ),
    (422, "scoremaximum", OURS),
    (422, "cannot be zero", OURS),
    (422, "content items", OURS),
    (422, "scoregiven", OURS),
    (401, "", Verdict(Kind.REFUSED, NO_ACCESS)),
    (403, "user-agent", OURS),
    (403, "user agent", OURS),
]


def body(score: Score, manner: Manner) -> dict[str, Any]:
    """`PendingManual` with a score shows it as waiting for review; without a score it would wipe the grade.

    A repeated `submittedAt` does not use up another attempt. Canvas has no Submission Review: from a grade it opens the
    address that came with the submission.
    """
    sent = generic.body(score, manner)
    if not score.final:
        sent["gradingProgress"] = "PendingManual"
    extension: dict[str, Any] = {"new_submission": manner.new_submission}
    if manner.new_submission and score.work:
        extension |= {"submission_type": "basic_lti_launch", "submission_data": tool.work(score.work)}
    return {**sent, SUBMISSION: extension}


def read(answer: Answer) -> Verdict:
    if pacing.is_throttled(answer):
        return generic.read(answer)
    return generic.by_text(answer, RULES) or generic.read(answer)


# Canvas's three environments: issuer, and the host of its endpoints.
ENVIRONMENTS = {
    "production": ("https://canvas.instructure.com", "https://sso.canvaslms.com"),
    "beta": ("https://canvas.beta.instructure.com", "https://sso.beta.canvaslms.com"),
    "test": ("https://canvas.test.instructure.com", "https://sso.test.canvaslms.com"),
}


class CanvasForm(ConnectForm):
    family = Family.CANVAS
    environment = forms.ChoiceField(
        label="Canvas",
        choices=[
            ("production", "Hosted by Instructure (production)"),
            ("beta", "Hosted by Instructure, beta"),
            ("test", "Hosted by Instructure, test"),
            ("own", "Hosted by the school itself"),
        ],
    )
    site = Site(
        required=False, label="Address of the school's own Canvas", help_text="Only where it hosts Canvas itself."
    )
    issuer = Address(
        required=False,
        label="Issuer of the school's own Canvas",
        help_text="It is lti_iss in its security.yml. Empty: https://canvas.instructure.com, as Canvas comes.",
    )
    field_order = ["name", "institution", "environment", "site", "issuer", "client_id", "deployment_id"]

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("environment") == "own" and not self.cleaned_data.get("site"):
            self.add_error("site", "Enter the address of the school's own Canvas.")
        return super().clean()

    def endpoints(self) -> dict[str, str]:
        given = self.cleaned_data
        own = (given["issuer"] or ENVIRONMENTS["production"][0], given["site"])
        issuer, host = ENVIRONMENTS.get(given["environment"], own)
        paths = {
            "auth_url": "api/lti/authorize_redirect",
            "token_url": "login/oauth2/token",
            "jwks_url": "api/lti/security/jwks",
        }
        return {"issuer": issuer, **{name: f"{host}/{path}" for name, path in paths.items()}}


def pastes() -> list[Paste]:
    return [
        Paste("Key Name", tool.NAME),
        Paste("Redirect URIs", tool.address("launch")),
        Paste("Method", "Enter URL", choose=True),
        Paste("JSON URL", tool.address("canvas_configuration")),
    ]


GUIDE = Guide(
    title="Canvas",
    noun="Canvas",
    form=CanvasForm,
    pastes=pastes,
    way="Admin > your account > Developer Keys > + Developer Key > + LTI Key",
    shows="Save, switch the key ON and copy the number under Details: that is the client ID. Then Settings > Apps > "
    "View App Configurations > + App > By Client ID. The deployment ID is in the app's gear menu.",
    next_steps="lti/next_steps/canvas.html",
)

"""Moodle 4.5 and later, as observed: scores.php and gradebookservices.php of mod/lti/service.

It knows no state but fully graded: anything else clears the grade. Submissions and Canvas's extension it ignores.
"""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_noop as _

from lti.gradebook.families import generic
from lti.gradebook.families.guide import ConnectForm, Guide, Paste, Site
from lti.gradebook.families.verdict import Kind, Manner, Verdict
from lti.models import Family, Score
from lti.platform import tool
from lti.wire import pacing
from lti.wire.client import Answer

# Moodle rounds a score to five decimals before it scales it to the column: 2 of 3 becomes 5.33336 of 8.
OWN_MAXIMUM = True
KEEPS_OVERRIDES = True
EMPTY_IS_CLEARED = False
RENAMES_USERS = False
RESULTS_LIMIT = ""  # with a limit its results fail
LISTS_TEACHERS = False  # non-editing teachers are learners there, and instructors at a launch
RESCALES_EMPTY = True  # with any grade in the course, a changed maximum gives 0 to everyone without a grade
PLACES = Decimal("0.00001")

COLUMN_PLACEMENTS = generic.COLUMN_PLACEMENTS
WHOLE_POINTS = (1, 100)
PICKS_IN_DIALOG = True
DATE_VARIABLES = generic.DATE_VARIABLES
KEEPS_DATES = False
SUBMISSION_ENDS_WHEN_DUE = False

REGISTERS_PLACEMENTS = False
REVIEW_UNLISTED = True  # it opens a grade this way though it does not list it
NAMES_TOKEN_AUDIENCE = True
TEST_SCORE = generic.TEST_SCORE
GRADEBOOK_HELP = (
    "In the tool's settings, under Services, set “IMS LTI Assignment and Grade Services” to “Use this service for "
    "grade sync and column management”."
)
ROSTER_HELP = (
    "In the tool's settings, under Services, let it retrieve members' information by IMS LTI Names and "
    "Role Provisioning."
)
TOKEN_NOT_FOUND_HELP = "Moodle answers so when its server cannot read {jwks}: open that path to it."
UNKNOWN_CLIENT_HELP = ""

NOT_GRADED = _("Moodle does not grade this person here: not enrolled, removed, or a teacher.")
LOCKED = _("Moodle had an error; we keep trying. Is this grade locked in the gradebook?")
FORBIDDEN = _("Moodle does not let this tool write here. Its grade service may be switched off for this tool.")

RULES: list[generic.Rule] = [
    (400, "no handler found", Verdict(Kind.REFUSED, generic.OURS, ours=True)),
    (400, "", Verdict(Kind.REFUSED, NOT_GRADED)),
    (403, "", Verdict(Kind.REFUSED, FORBIDDEN)),
    (500, "", Verdict(Kind.RETRY, LOCKED)),
]


def body(score: Score, manner: Manner) -> dict[str, Any]:
    sent = generic.body(score, manner)
    sent["scoreGiven"] = float(generic.scaled(score, manner.maximum).quantize(PLACES))
    return sent


def read(answer: Answer) -> Verdict:
    if pacing.is_throttled(answer) or "retry-after" in answer.headers:
        return generic.read(answer)
    return generic.by_text(answer, RULES) or generic.read(answer)


class MoodleForm(ConnectForm):
    family = Family.MOODLE
    site = Site(label="Platform ID", help_text="The address of the Moodle site. The other addresses follow from it.")
    field_order = ["name", "institution", "site", "client_id", "deployment_id"]

    def endpoints(self) -> dict[str, str]:
        site = self.cleaned_data["site"]
        scripts = {"auth_url": "auth", "token_url": "token", "jwks_url": "certs"}
        return {"issuer": site, **{name: f"{site}/mod/lti/{script}.php" for name, script in scripts.items()}}


def pastes() -> list[Paste]:
    return [
        Paste("Tool name", tool.NAME),
        Paste("Tool URL", tool.address("launch")),
        Paste("LTI version", "LTI 1.3", choose=True),
        Paste("Public key type", "Keyset URL", choose=True),
        Paste("Public keyset", tool.address("jwks")),
        Paste("Initiate login URL", tool.address("login")),
        Paste("Redirection URI(s)", tool.address("launch")),
        Paste("Custom parameters", tool.custom_lines()),
        Paste("Default launch container", "Embed, without blocks", choose=True),
        Paste("Supports Deep Linking (Content-Item Message)", "ticked", choose=True),
        Paste("Content Selection URL", tool.address("launch")),
        Paste(
            "Services: IMS LTI Assignment and Grade Services",
            "Use this service for grade sync and column management",
            choose=True,
        ),
        Paste(
            "Services: IMS LTI Names and Role Provisioning",
            "Use this service to retrieve members' information as per privacy settings",
            choose=True,
        ),
        Paste("Privacy: Share launcher's name with tool", "Always", choose=True),
        Paste("Privacy: Share launcher's email with tool", "Never", choose=True),
        Paste(
            "Privacy: Accept grades from the tool",
            "As specified in Deep Linking definition or Delegate to teacher",
            choose=True,
        ),
    ]


GUIDE = Guide(
    title="Moodle",
    noun="Moodle",
    form=MoodleForm,
    pastes=pastes,
    way="Site administration > Plugins > Activity modules > External tool > Manage tools > configure a tool manually",
    shows="Save changes, then press the list icon on the tool's card (“View configuration details”).",
    next_steps="lti/next_steps/moodle.html",
)

"""The standard's rules, AGS 2.0 section 3.4, for a platform without habits that we know of."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_noop as _

from lti.gradebook.ags import number
from lti.gradebook.families.guide import Address, ConnectForm, Guide, Identifier, Paste
from lti.gradebook.families.verdict import Kind, Manner, Verdict
from lti.models import Score
from lti.platform import tool
from lti.wire import pacing
from lti.wire.client import Answer

OWN_MAXIMUM = False
KEEPS_OVERRIDES = None
EMPTY_IS_CLEARED = False
RENAMES_USERS = False
RESULTS_LIMIT = ""
LISTS_TEACHERS = True
RESCALES_EMPTY = False

COLUMN_PLACEMENTS: frozenset[str] = frozenset()
WHOLE_POINTS: tuple[int, int] | None = None
PICKS_IN_DIALOG = False
DATE_VARIABLES: dict[str, str] = {}
KEEPS_DATES = False
SUBMISSION_ENDS_WHEN_DUE = False

REGISTERS_PLACEMENTS = False
REVIEW_UNLISTED = True
NAMES_TOKEN_AUDIENCE = True
TEST_SCORE: dict[str, Any] = {}
GRADEBOOK_HELP = "Allow Assignment and Grade Services for this tool."
ROSTER_HELP = "Allow Names and Role Provisioning for this tool."
TOKEN_NOT_FOUND_HELP = "Compare the token address with what the LMS shows for this tool."
UNKNOWN_CLIENT_HELP = ""

OURS = _("The LMS could not read this score. Please tell the people who run this service.")
HINTS = {
    400: _("The LMS did not accept this score. Is the person still a student of the course?"),
    401: _("The LMS does not accept our sign-in. Its administrator should check the tool's registration."),
    403: _("The LMS does not let this tool write grades. Its administrator should check the tool's permissions."),
    422: _("The LMS could not use this score. Is the person still a student of the course?"),
}

Rule = tuple[int, str, Verdict]  # status, a phrase of the answer in lower case, what it means


def body(score: Score, manner: Manner) -> dict[str, Any]:
    """Always fully graded with a score: anything else wipes the grade on some platforms.

    A comment is left out when there is none: an empty one clears a teacher's feedback (Moodle).
    """
    sent = {
        "userId": score.platform_user.sub,
        "scoreGiven": number(scaled(score, manner.maximum)),
        "scoreMaximum": number(manner.maximum),
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "timestamp": moment(score.timestamp),
    }
    if score.comment and manner.comment:
        sent["comment"] = score.comment
    # A moment that lies ahead of the score's own is refused (Canvas); both are fixed, so it is the same in each try.
    submission = {"startedAt": score.started_at, "submittedAt": min(score.submitted_at, score.timestamp)}
    return {**sent, "submission": {name: moment(value) for name, value in submission.items() if value}}


def scaled(score: Score, maximum: Decimal) -> Decimal:
    return score.score_given * maximum / score.score_maximum


def read(answer: Answer) -> Verdict:
    if answer.ok:
        return _accepted(answer)
    if pacing.is_throttled(answer):
        return Verdict(Kind.RETRY, _("The LMS asked us to slow down."), answer.retry_after, pause=True)
    if answer.status == 409:
        return Verdict(Kind.COMPARE)
    if answer.status in (404, 410, 412):
        return Verdict(Kind.LOST, _("The gradebook column was not found. Was the activity deleted?"))
    if answer.status in (408, 425) or answer.status >= 500 or 300 <= answer.status < 400:
        delay = answer.retry_after
        return Verdict(Kind.RETRY, _("The LMS had an error; we keep trying."), delay, pause=delay is not None)
    return Verdict(Kind.REFUSED, HINTS.get(answer.status, _("The LMS did not accept this score.")))


def by_text(answer: Answer, rules: Sequence[Rule]) -> Verdict | None:
    """The first rule whose phrase stands in the answer's reason or body, and whose status it has."""
    words = f"{answer.reason} {answer.text}".lower()
    return next((verdict for status, phrase, verdict in rules if status == answer.status and phrase in words), None)


def _accepted(answer: Answer) -> Verdict:
    """Moodle reports some failures as 200 with an empty list where success has an empty body."""
    if answer.body.strip() == b"[]":
        return Verdict(Kind.REFUSED, HINTS[400])
    return Verdict(Kind.DELIVERED)


def moment(value: datetime) -> str:
    """ISO 8601 in UTC with milliseconds."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class OtherForm(ConnectForm):
    issuer = Address(label="Issuer, platform ID")
    auth_url = Address(label="Authentication request URL, authorization endpoint")
    token_url = Address(label="Access token URL")
    jwks_url = Address(label="Public keyset URL")
    token_audience = Identifier(
        required=False,
        label="Audience of token requests",
        help_text="Only where the LMS names one that is not the access token URL.",
    )
    field_order = ["name", "institution", "issuer", "client_id", "deployment_id", "auth_url", "token_url", "jwks_url"]

    def endpoints(self) -> dict[str, str]:
        names = ("issuer", "auth_url", "token_url", "jwks_url", "token_audience")
        return {name: self.cleaned_data[name] for name in names}


def pastes() -> list[Paste]:
    return [
        Paste("Tool URL, target link URI", tool.address("launch")),
        Paste("Initiate login URL, OpenID Connect initiation URL", tool.address("login")),
        Paste("Redirection URI", tool.address("launch")),
        Paste("Public keyset URL, JWKS URL", tool.address("jwks")),
        Paste("Deep linking URL", tool.address("launch")),
        Paste("Custom parameters", tool.custom_lines()),
    ]


GUIDE = Guide(
    title="Another LMS",
    noun="your LMS",
    form=OtherForm,
    pastes=pastes,
    way="Wherever your LMS adds an LTI 1.3 tool",
    shows="The LMS shows these when it has saved the tool.",
    next_steps="lti/next_steps/generic.html",
)

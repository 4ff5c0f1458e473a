"""What differs between families of platforms: scores and their answers, the picker, dates, connecting."""

from typing import Any, Protocol, cast

from lti.gradebook.families import canvas, generic, moodle
from lti.gradebook.families.guide import Guide
from lti.gradebook.families.verdict import Manner, Verdict
from lti.models import Family, Score
from lti.wire.client import Answer


class PlatformFamily(Protocol):
    """What a module of this package offers."""

    OWN_MAXIMUM: bool  # whether a score must be given in the column's own maximum
    KEEPS_OVERRIDES: bool | None  # whether a grade that a teacher set stays beside a success; None: perhaps
    EMPTY_IS_CLEARED: bool  # whether a result without a score is one that a person cleared
    RENAMES_USERS: bool  # whether people who were merged are answered for by another id
    RESULTS_LIMIT: str  # how many results to ask for at once; empty: never say
    LISTS_TEACHERS: bool  # whether the roster tells every teacher from a learner
    RESCALES_EMPTY: bool  # whether a changed maximum gives a grade of 0 to people without a grade

    # What a teacher picks, and its dates
    COLUMN_PLACEMENTS: frozenset[str]  # where an added link gets a gradebook column; empty: everywhere
    WHOLE_POINTS: tuple[int, int] | None  # the points its own form takes; None: any number above 0
    PICKS_IN_DIALOG: bool  # whether an answer to the picker is lost outside its own dialog
    DATE_VARIABLES: dict[str, str]  # dates to ask for at every launch, beside the standard's
    KEEPS_DATES: bool  # whether the dates of an assignment are always the platform's, also where it gives none
    SUBMISSION_ENDS_WHEN_DUE: bool  # whether a submission window is a due date, without a start

    # Connecting
    REGISTERS_PLACEMENTS: bool  # whether a registration names placements and Canvas's own members
    REVIEW_UNLISTED: bool  # whether Submission Review may be registered where the platform does not list it
    NAMES_TOKEN_AUDIENCE: bool  # whether `authorization_server` is the audience of token requests
    TEST_SCORE: dict[str, Any]  # what the connection check adds to its score
    GRADEBOOK_HELP: str  # where an administrator switches the grade services on
    ROSTER_HELP: str
    TOKEN_NOT_FOUND_HELP: str  # `{jwks}` stands for the address of our keys
    UNKNOWN_CLIENT_HELP: str
    GUIDE: Guide  # connecting it by hand

    def body(self, score: Score, manner: Manner) -> dict[str, Any]:
        """The score as AGS 2.0 section 3.4 has it."""

    def read(self, answer: Answer) -> Verdict:
        """What the platform's answer to a score means."""


MODULES: dict[str, Any] = {Family.MOODLE: moodle, Family.CANVAS: canvas, Family.GENERIC: generic}


def of(code: str) -> PlatformFamily:
    """The family's module; a platform that did not name itself, or one unknown, gets the standard's rules."""
    return cast(PlatformFamily, MODULES.get(code, generic))


def guides() -> dict[str, Guide]:
    """How each kind of LMS is connected by hand, by its code."""
    return {str(code): module.GUIDE for code, module in MODULES.items()}

"""How each family of platforms wants a score, and how it answers."""

from typing import Any, Protocol, cast

from lti.gradebook.families import canvas, generic, moodle
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

    def body(self, score: Score, manner: Manner) -> dict[str, Any]:
        """The score as AGS 2.0 section 3.4 has it."""

    def read(self, answer: Answer) -> Verdict:
        """What the platform's answer to a score means."""


MODULES: dict[str, Any] = {Family.GENERIC: generic, Family.MOODLE: moodle, Family.CANVAS: canvas}


def of(code: str) -> PlatformFamily:
    """The family's module; a platform that did not name itself, or one unknown, gets the standard's rules."""
    return cast(PlatformFamily, MODULES.get(code, generic))

"""The three-way merge as a table: what we want, what was there before, what is there now."""

from decimal import Decimal

import pytest

from lti.gradebook import families
from lti.gradebook.decide import Base, Decision, LiveGrade, Points, decide
from lti.models import Family

OURS, BEFORE, THEIRS = (Points(Decimal(given), Decimal(10)) for given in (7, 5, 9))
MISSING, EMPTY = LiveGrade(), LiveGrade(None, Decimal(10), listed=True)
UNKNOWN = Base()
SENT = Base(points=BEFORE, certain=True)
PERHAPS = Base(points=BEFORE, certain=False)  # the person had left the course, say
UNANSWERED = Base(unanswered=[BEFORE], read_first=True)
ACCEPTED = Base(points=THEIRS, accepted=True)
ACCEPTED_EMPTY = Base(accepted=True)
RESCALED = Base(points=OURS, certain=True, rescaled=True)
COPIED = Base(read_first=True)


def graded(points: Points, maximum: int = 10) -> LiveGrade:
    return LiveGrade(points.given * maximum / points.maximum, Decimal(maximum), listed=True)


TABLE = [
    # The gradebook was not read.
    (UNKNOWN, None, Decision.SEND),
    (SENT, None, Decision.READ),
    (UNANSWERED, None, Decision.READ),
    (ACCEPTED, None, Decision.READ),
    (COPIED, None, Decision.READ),
    # It shows our score.
    (UNKNOWN, graded(OURS), Decision.DONE),
    (SENT, graded(OURS, 100), Decision.DONE),
    (ACCEPTED, graded(OURS), Decision.DONE),
    (RESCALED, graded(OURS), Decision.SEND),
    # It shows what we knew of.
    (SENT, graded(BEFORE), Decision.SEND),
    (SENT, graded(BEFORE, 20), Decision.SEND),
    (UNANSWERED, graded(BEFORE), Decision.SEND),
    (ACCEPTED, graded(THEIRS), Decision.SEND),
    (ACCEPTED_EMPTY, EMPTY, Decision.SEND),
    (RESCALED, LiveGrade(OURS.given, Decimal(20), listed=True), Decision.SEND),
    # It shows nothing.
    (UNKNOWN, MISSING, Decision.SEND),
    (COPIED, MISSING, Decision.SEND),
    (UNANSWERED, MISSING, Decision.SEND),
    (PERHAPS, MISSING, Decision.SEND),
    (ACCEPTED, MISSING, Decision.SEND),
    (SENT, MISSING, Decision.HOLD),
    (SENT, EMPTY, Decision.HOLD),
    # It shows something that we do not know.
    (UNKNOWN, graded(THEIRS), Decision.HOLD),
    (COPIED, graded(THEIRS), Decision.HOLD),
    (SENT, graded(THEIRS), Decision.HOLD),
    (UNANSWERED, graded(THEIRS), Decision.HOLD),
    (ACCEPTED, graded(BEFORE), Decision.HOLD),
]


@pytest.mark.parametrize("family", Family.values)
@pytest.mark.parametrize(("base", "live", "decision"), TABLE)
def test_decision_follows_from_desired_base_and_live(
    family: str, base: Base, live: LiveGrade | None, decision: Decision
) -> None:
    assert decide(OURS, base, live, families.of(family)) is decision


@pytest.mark.parametrize(
    ("family", "base", "decision"),
    [
        (Family.CANVAS, PERHAPS, Decision.HOLD),  # there an entry without a score is one that a person cleared
        (Family.MOODLE, PERHAPS, Decision.SEND),
        (Family.GENERIC, PERHAPS, Decision.SEND),
    ],
)
def test_empty_entry_means_what_it_means_there(family: str, base: Base, decision: Decision) -> None:
    assert decide(OURS, base, EMPTY, families.of(family)) is decision


def test_score_of_0_that_moodle_leaves_out_is_ours() -> None:
    nothing = Points(Decimal(0), Decimal(10))
    assert decide(nothing, SENT, EMPTY, families.of(Family.MOODLE)) is Decision.DONE
    assert decide(nothing, SENT, EMPTY, families.of(Family.CANVAS)) is Decision.HOLD

"""The way of a score to the LMS, in one line that a learner or a teacher understands."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from assessment.models import Assignment, Grade, GradeState, WhileWaiting
from assessment.templatetags.assay import points
from lti.gradebook import lookups
from lti.models import Launch, Live, Score, ScoreState
from lti.wire.answers import readable

Look = Literal["ok", "wait", "bad", ""]
ON_THE_WAY = (ScoreState.DUE, ScoreState.SENDING)
MOMENT = timedelta(minutes=1)  # a shorter pause is no news
FRESH = timedelta(minutes=1)  # a page that shows what the gradebook has asks for a newer reading after that


@dataclass(frozen=True)
class Line:
    """`look` is the class of `.state`; `at` follows the words where there is a moment to name.

    The words are translated where they are shown, and so is `more` in a line for learners.
    """

    look: Look
    words: str
    at: datetime | None = None
    more: str = ""
    moving: bool = False  # whether it may change while one looks at it
    theirs: str = ""  # another score that stands in the gradebook

    @property
    def sign(self) -> str:
        return {"ok": "✓ ", "bad": "✗ ", "wait": "… "}.get(self.look, "")


NO_COLUMN = Line("", _("Not in the gradebook"), more=_("Your LMS accepts no score for this activity."))
HELD = Line(
    "wait", _("Waiting for your teacher"), more=_("Your score goes to the gradebook once every answer is marked.")
)
WITHHELD = Line("wait", _("Not released yet"), more=_("Your teacher releases the scores of this check later."))
ON_ITS_WAY = Line("wait", _("On its way to your gradebook"), moving=True)
RETRYING = Line(
    "wait",
    _("Waiting for your LMS"),
    more=_("It has not accepted the score yet. We keep trying; nothing is lost."),
    moving=True,
)
PAUSED = Line("wait", _("Waiting for your LMS until"), more=_("It accepts no scores right now. Nothing is lost."))
CONFLICT = Line(
    "bad",
    _("Changed in the gradebook"),
    more=_("Someone set a different score there. Your teacher can see both scores."),
)
ABSENT = Line(
    "bad",
    _("Not in your gradebook"),
    more=_("Your LMS no longer shows a score for you. Your teacher can send it again."),
)
KEPT = Line("ok", _("Set by your teacher"), more=_("The gradebook has the score that your teacher set."))
REFUSED = Line(
    "bad", _("Not in your gradebook"), more=_("Your LMS did not accept the score. Your teacher can send it again.")
)
LOST = Line(
    "bad",
    _("Not in your gradebook"),
    more=_("The gradebook column is gone. Your score is kept here and goes to the new column once there is one."),
)
PART = _("The points marked so far are already there; the score can only rise when the rest is marked.")


def own_line(viewer: Launch, assignment: Assignment, grade: Grade | None) -> Line | None:
    """The line for the viewer's own grade; None while there is no grade to speak of."""
    if grade is None or viewer.resource_link_id is None:
        return None
    score = lookups.latest(resource_link=viewer.resource_link_id, person=viewer.person_id)
    return line(score, assignment, grade, pause(assignment, [score] if score else []))


def pause(assignment: Assignment, scores: Iterable[Score]) -> datetime | None:
    """Until when the LMS gets nothing, where some of these scores wait for that for longer than a moment."""
    if not any(score.state in ON_THE_WAY for score in scores):
        return None
    until = lookups.paused_until(resource_link_id=assignment.resource_link_id)
    return until if until and until > timezone.now() + MOMENT else None


def line(score: Score | None, assignment: Assignment, grade: Grade, paused: datetime | None = None) -> Line:
    if score is None:
        if assignment.withholds:
            return WITHHELD
        held = grade.state == GradeState.PROVISIONAL and assignment.while_waiting == WhileWaiting.NOTHING
        return HELD if held else NO_COLUMN
    if score.state == ScoreState.SYNCED:
        return Line("ok", _("In your gradebook since"), score.delivered_at, "" if score.final else PART)
    if score.state == ScoreState.HELD:
        return ABSENT if score.live == Live.MISSING else replace(CONFLICT, theirs=_theirs(score))
    if score.state == ScoreState.KEPT:
        return replace(KEPT, theirs=_theirs(score))
    if score.state == ScoreState.REFUSED:
        return REFUSED
    if score.state == ScoreState.LOST:
        return LOST
    if paused:
        return replace(PAUSED, at=paused)
    return RETRYING if score.tries > 1 or score.last_answer else ON_ITS_WAY


def needs_attention(score: Score, paused: datetime | None = None) -> bool:
    """Whether a teacher should look: the LMS said no, did not answer at least once, or takes no scores just now."""
    failing = score.state in ON_THE_WAY and bool(paused or score.last_answer or score.tries > 1)
    return failing or score.state in (ScoreState.REFUSED, ScoreState.LOST, ScoreState.HELD)


def is_absent(score: Score) -> bool:
    """Whether the gradebook has nothing where the score should be, so that sending it again replaces nothing."""
    missing = score.state == ScoreState.HELD and score.live == Live.MISSING
    return missing or score.state in (ScoreState.REFUSED, ScoreState.LOST)


def is_moving(score: Score, paused: datetime | None = None) -> bool:
    """Whether it is on its way, and nothing went wrong so far."""
    return score.state in ON_THE_WAY and not needs_attention(score, paused)


TRYING: tuple[Look, str] = ("wait", _("Trying again"))
TEACHER_WORDS: dict[ScoreState, tuple[Look, str]] = {
    ScoreState.SYNCED: ("ok", _("In the gradebook")),
    ScoreState.HELD: ("bad", _("Changed in the LMS")),
    ScoreState.KEPT: ("ok", _("LMS grade kept")),
    ScoreState.LOST: ("bad", _("Column gone")),
    ScoreState.REFUSED: ("bad", _("Not accepted")),
}


def class_line(score: Score | None, assignment: Assignment, grade: Grade, paused: datetime | None) -> Line:
    """The same for the teacher's table, in three words."""
    if score is None:
        shown = line(None, assignment, grade)
        return Line("", {HELD: _("Held until final"), WITHHELD: _("Not released yet")}.get(shown, NO_COLUMN.words))
    if needs_attention(score, paused) and score.state not in TEACHER_WORDS:
        return Line(*TRYING)
    return Line(*TEACHER_WORDS.get(ScoreState(score.state), ("wait", _("On its way"))))


def trouble_line(score: Score, paused: datetime | None = None) -> Line:
    """For the teacher: what happened, and the LMS's own words. `paused`: the LMS gets nothing before that."""
    look, words = TEACHER_WORDS.get(ScoreState(score.state), TRYING)
    if score.state == ScoreState.HELD and score.live:
        ours = gettext("Our score is {points}.").format(points=points_of(score.score_given, score.score_maximum))
        return Line("bad", words, more=f"{ours} {seen(score)}")
    at = max(score.next_try_at, paused or score.next_try_at) if look == "wait" else None
    at = at if at and at > timezone.now() else None
    unsent = paused and not score.tries and not score.last_answer
    return Line(look, words, at, gettext("The LMS accepts no scores right now.") if unsent else _answer(score))


def _answer(score: Score) -> str:
    """The LMS's own words, or ours about why there are none."""
    words = readable(score.last_answer)
    if words and score.last_status is not None:
        return gettext("The LMS said: {words}").format(words=words)
    return "" if score.hint else gettext("The LMS did not answer.")


def seen(score: Score) -> str:
    """What the gradebook showed when it was last read."""
    if score.live == Live.MISSING:
        return gettext(
            "The LMS shows no grade for this person. Were they removed from the course, or the grade deleted?"
        )
    if score.live_given is None:
        return gettext("The grade was cleared in the LMS.")
    theirs = points_of(score.live_given, score.live_maximum)
    return gettext("The LMS shows {points}: someone changed it there.").format(points=theirs)


def _theirs(score: Score) -> str:
    return "" if score.live_given is None else points_of(score.live_given, score.live_maximum)


def points_of(given: Decimal, maximum: Decimal | None) -> str:
    """3 of 10."""
    both = gettext("%(given)s of %(most)s")
    return both % {"given": points(given), "most": points(maximum)} if maximum else points(given)

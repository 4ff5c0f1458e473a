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
from lti.gradebook import scores
from lti.models import Drift, Launch, ScoreEvent, ScoreState
from lti.wire.answers import readable

Look = Literal["ok", "wait", "bad", ""]
ON_THE_WAY = (ScoreState.DUE, ScoreState.SENDING)
MOMENT = timedelta(minutes=1)  # a shorter pause is no news


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


NO_COLUMN = Line("", _("Not in the gradebook"), more=_("Your LMS takes no score for this activity."))
HELD = Line(
    "wait", _("Waiting for your teacher"), more=_("Your score goes to the gradebook once every answer is marked.")
)
ON_ITS_WAY = Line("wait", _("On its way to your gradebook"), moving=True)
RETRYING = Line(
    "wait",
    _("Waiting for your LMS"),
    more=_("It did not take the score yet. We keep trying; nothing is lost."),
    moving=True,
)
PAUSED = Line("wait", _("Waiting for your LMS until"), more=_("It takes no scores just now. Nothing is lost."))
CONFLICT = Line(
    "bad",
    _("Changed in the gradebook"),
    more=_("Someone set another score there. Your teacher can see both scores."),
)
ABSENT = Line(
    "bad",
    _("Not in your gradebook"),
    more=_("Your LMS shows no score for you any more. Your teacher can send it again."),
)
KEPT = Line("ok", _("Set by your teacher"), more=_("Your teacher's own score stands in the gradebook."))
REFUSED = Line(
    "bad", _("Not in your gradebook"), more=_("Your LMS did not take the score. Your teacher can send it again.")
)
PART = _("The marked part is there already; it can only rise when the rest is marked.")


def own_line(viewer: Launch, assignment: Assignment, grade: Grade | None) -> Line | None:
    """The line for the viewer's own grade; None while there is no grade to speak of."""
    if grade is None or viewer.resource_link_id is None:
        return None
    event = scores.latest(resource_link=viewer.resource_link_id, person=viewer.person_id)
    return line(event, assignment, grade, pause(assignment, [event] if event else []))


def pause(assignment: Assignment, events: Iterable[ScoreEvent]) -> datetime | None:
    """Until when the LMS gets nothing, where some of these scores wait for that for longer than a moment."""
    if not any(event.state in ON_THE_WAY for event in events):
        return None
    until = scores.paused_until(resource_link_id=assignment.resource_link_id)
    return until if until and until > timezone.now() + MOMENT else None


def line(event: ScoreEvent | None, assignment: Assignment, grade: Grade, paused: datetime | None = None) -> Line:
    if event is None:
        held = grade.state == GradeState.PROVISIONAL and assignment.while_waiting == WhileWaiting.NOTHING
        return HELD if held else NO_COLUMN
    if event.state == ScoreState.DELIVERED:
        return Line("ok", _("In your gradebook since"), event.delivered_at, "" if event.final else PART)
    if event.state == ScoreState.CONFLICT:
        return ABSENT if event.drift == Drift.MISSING else replace(CONFLICT, theirs=_theirs(event))
    if event.state == ScoreState.KEPT:
        return replace(KEPT, theirs=_theirs(event))
    if event.state == ScoreState.REFUSED:
        return REFUSED
    if paused:
        return replace(PAUSED, at=paused)
    return RETRYING if event.tries > 1 or event.last_answer else ON_ITS_WAY


def needs_hand(event: ScoreEvent, paused: datetime | None = None) -> bool:
    """Whether a teacher should look: the LMS said no, did not answer at least once, or takes no scores just now."""
    failing = event.state in ON_THE_WAY and bool(paused or event.last_answer or event.tries > 1)
    return failing or event.state in (ScoreState.REFUSED, ScoreState.CONFLICT)


def is_absent(event: ScoreEvent) -> bool:
    """Whether the gradebook has nothing where the score should be, so that sending it again replaces nothing."""
    missing = event.state == ScoreState.CONFLICT and event.drift == Drift.MISSING
    return missing or event.state == ScoreState.REFUSED


def is_moving(event: ScoreEvent, paused: datetime | None = None) -> bool:
    """Whether it is on its way, and nothing went wrong so far."""
    return event.state in ON_THE_WAY and not needs_hand(event, paused)


TRYING: tuple[Look, str] = ("wait", _("Trying again"))
TEACHER_WORDS: dict[ScoreState, tuple[Look, str]] = {
    ScoreState.DELIVERED: ("ok", _("In the gradebook")),
    ScoreState.CONFLICT: ("bad", _("Changed in the LMS")),
    ScoreState.KEPT: ("ok", _("The LMS's stays")),
    ScoreState.REFUSED: ("bad", _("Not accepted")),
}


def class_line(event: ScoreEvent | None, assignment: Assignment, grade: Grade, paused: datetime | None) -> Line:
    """The same for the teacher's table, in three words."""
    if event is None:
        return Line("", _("Held until final")) if line(None, assignment, grade) is HELD else Line("", NO_COLUMN.words)
    if needs_hand(event, paused) and event.state not in TEACHER_WORDS:
        return Line(*TRYING)
    return Line(*TEACHER_WORDS.get(ScoreState(event.state), ("wait", _("On its way"))))


def trouble_line(event: ScoreEvent, paused: datetime | None = None) -> Line:
    """For the teacher: what happened, and the LMS's own words. `paused`: the LMS gets nothing before that."""
    look, words = TEACHER_WORDS.get(ScoreState(event.state), TRYING)
    if event.state == ScoreState.CONFLICT and event.drift:
        ours = gettext("We have {points}.").format(points=_points(event.score_given, event.score_maximum))
        return Line("bad", words, more=f"{ours} {seen(event)}")
    at = max(event.next_try_at, paused or event.next_try_at) if look == "wait" else None
    at = at if at and at > timezone.now() else None
    untold = paused and not event.tries and not event.last_answer
    return Line(look, words, at, gettext("The LMS takes no scores just now.") if untold else _told(event))


def _told(event: ScoreEvent) -> str:
    """The LMS's own words, or ours about why there are none."""
    told = readable(event.last_answer)
    if told and event.last_status is not None:
        return gettext("The LMS said: {words}").format(words=told)
    return "" if event.hint else gettext("The LMS did not answer.")


def seen(event: ScoreEvent) -> str:
    """What the gradebook showed when it was last read."""
    if event.drift == Drift.MISSING:
        return gettext(
            "The LMS shows no grade for this person. Were they removed from the course, or the grade deleted?"
        )
    if event.seen_score is None:
        return gettext("The grade was cleared in the LMS.")
    theirs = _points(event.seen_score, event.seen_maximum)
    return gettext("The LMS shows {points}: someone changed it there.").format(points=theirs)


def _theirs(event: ScoreEvent) -> str:
    return "" if event.seen_score is None else _points(event.seen_score, event.seen_maximum)


def _points(given: Decimal, maximum: Decimal | None) -> str:
    both = gettext("%(given)s of %(most)s")
    return both % {"given": points(given), "most": points(maximum)} if maximum else points(given)

"""Random walks of a class's day: attempts, faults of the network, teachers at their gradebook, people's words.

Whatever their order, no grade that somebody gave is replaced unless a person who had seen it said so, nothing is sent
twice, and once everything is quiet the state that a teacher reads is the truth. Each seed is one walk; a failure prints
its steps.
"""

import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from lti.gradebook import by_hand, lookups, reconcile, scores, second_chances
from lti.models import LineItem, Score, ScoreState
from tests.lti.desk import SCORES, THROTTLED, Desk
from tests.lti.platform import Answer, Seen

SUBMISSION = "https://canvas.instructure.com/lti/submission"
DIFFERS = (ScoreState.HELD, ScoreState.KEPT)
WALKS, STEPS = 12, 30
FAULTS = {
    "fails": Answer(503),
    "slow down": THROTTLED,
    "not reached": Answer(drop=True),
    "taken, answer lost": Answer(drop=True, takes=True),
    "no": Answer(422, b"User not found in course or is not a student"),
}


class Gradebook:
    """Ada's grade of 10 points at most as people see it (`shown`), and as tools read it (`result`)."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.shown: float | None = None
        self.result: float | None = None
        self.sent: list[dict[str, Any]] = []  # what was taken
        self.theirs = False  # whether a person gave what is shown
        self.given_up: list[float | None] = []  # the grade of which a person said that ours should take its place
        self.faults: list[str] = []
        self.wrong: list[str] = []
        self._usual, desk.platform._usual = desk.platform._usual, self._answer  # type: ignore[method-assign]
        desk.platform._keep = lambda score: None  # type: ignore[method-assign]

    def _answer(self, seen: Seen) -> Answer:
        result = {"userId": "ada", "resultMaximum": 10} | ({} if self.result is None else {"resultScore": self.result})
        self.desk.platform.results = [result] if self.sent else []
        answer = self._usual(seen)
        if seen.path != SCORES or answer.status != 200:
            return answer
        fault = FAULTS[self.faults.pop(0)] if self.faults else None
        if fault and not fault.ok:
            return fault
        refusal = self._taken(seen.json)
        if not refusal and not fault:
            self.given_up = []  # else nobody knows that it was done
        return refusal or fault or answer

    def _taken(self, score: dict[str, Any]) -> Answer | None:
        """None where it was taken; the refusal otherwise."""
        raise NotImplementedError

    def _note(self, score: dict[str, Any]) -> float:
        """What comes to stand there, of 10."""
        given = float(score["scoreGiven"]) * 10 / float(score["scoreMaximum"])
        if self.sent and score["timestamp"] < self.sent[-1]["timestamp"]:
            self.wrong.append("an older score came after a newer one")
        self.sent.append(score)
        comments = [score["comment"] for score in self.sent if "comment" in score]
        if len(comments) > len(set(comments)):
            self.wrong.append("a comment came twice")
        return given

    def type(self, grade: float | None) -> None:
        if grade != self.shown:
            self.theirs = True


class Canvas(Gradebook):
    """Compares nothing with what was typed; counts an attempt for each submission time (scores_controller.rb)."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.submissions: list[str] = []

    def _taken(self, score: dict[str, Any]) -> Answer | None:
        manner = score[SUBMISSION]
        given = self._note(score)
        first = len(self.sent) == 1
        submitted_at = score["submission"]["submittedAt"]
        if manner["new_submission"] and self.submissions[-1:] != [submitted_at]:
            self.submissions.append(submitted_at)
        self.result = given
        if self.theirs and given != self.shown and self.shown not in self.given_up and not first:
            self.wrong.append(f"{self.shown} of a person was replaced by {given}")
        self.shown, self.theirs = given, False
        return None

    def type(self, grade: float | None) -> None:
        super().type(grade)
        self.shown = self.result = grade


class Moodle(Gradebook):
    """Compares whole seconds; an override hides what a tool tells, and shows it when it is taken back."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.raw: float | None = None
        self.at: datetime | None = None

    def _taken(self, score: dict[str, Any]) -> Answer | None:
        at = datetime.fromisoformat(score["timestamp"]).replace(microsecond=0)
        if self.at and self.at >= at:
            return Answer(409, b"[]")
        self.raw = self._note(score)
        if not self.theirs:
            self.at, self.shown, self.result = at, self.raw, self.raw
        return None

    def type(self, grade: float | None) -> None:
        """None: the override is taken back."""
        if grade is None and not self.theirs:
            return
        super().type(grade)
        self.theirs, self.at = grade is not None, self.desk.now.replace(microsecond=0)
        self.shown = self.result = self.raw if grade is None else grade


class Walk:
    """What happens at a desk, step after step."""

    def __init__(self, desk: Desk, book: Gradebook, seed: int) -> None:
        self.desk, self.book, self.chance = desk, book, random.Random(seed)
        self.attempts = 0
        desk.tick = timedelta(milliseconds=20)
        self.steps: list[str] = []

    def newest(self) -> Score | None:
        return lookups.latest(resource_link=self.desk.link, person=self.desk.ada)

    def walk(self) -> None:
        happens = [self.attempt, self.regrade, self.fault, self.sends, self.sends, self.types, self.clears]
        happens += [self.looks, self.says_send, self.says_keep, self.dies, self.is_listed]
        self.attempt()
        for _ in range(STEPS):
            self.desk.now += timedelta(seconds=self.chance.choice([1, 30, 600, 7_200]))
            self.chance.choice(happens)()
            self.check(not self.book.wrong, *self.book.wrong)

    def check(self, right: bool, *words: object) -> None:
        if not right:
            pytest.fail("\n".join([*self.steps, *map(str, words)]), pytrace=False)

    def attempt(self) -> None:
        self.attempts += 1
        self._queue(self.desk.now)

    def regrade(self) -> None:
        newest = self.newest()
        assert newest
        assert newest.submitted_at
        self._queue(newest.submitted_at)

    def _queue(self, submitted_at: datetime) -> None:
        given = self.chance.randrange(11)
        self.steps.append(f"{given} points for attempt {self.attempts}")
        comment = f"Comment {len(self.steps)}" if self.chance.random() < 0.3 else ""
        self.desk.queue(given, submitted_at=submitted_at, comment=comment)

    def fault(self) -> None:
        self.book.faults.append(self.chance.choice(list(FAULTS)))
        self.steps.append(f"next: {self.book.faults[-1]}")

    def sends(self) -> None:
        event = self.desk.drain(after=self.chance.choice([0, 3, 60, 3_700]))
        self.steps.append(f"sent: {event.state} {event.score_given}; shown: {self.book.shown}")

    def types(self) -> None:
        if not self.book.sent:  # before the first score nobody looks (docs/decisions/009)
            return
        grade = self.chance.randrange(11) + 0.5
        self.steps.append(f"a teacher types {grade}")
        self.book.type(grade)

    def clears(self) -> None:
        if self.book.sent:
            self.steps.append("a teacher clears the grade or takes back the override")
            self.book.type(None)

    def looks(self) -> None:
        LineItem.objects.update(reconciled_at=None)
        reconcile.reconcile(now=self.desk.now, clock=self.desk.clock)
        self.steps.append("grades are read back")

    def says_send(self) -> None:
        newest = self.newest()
        assert newest
        seen = None if newest.live_given is None else float(newest.live_given)
        if newest.state in DIFFERS:
            self.book.given_up = [seen]
        self.steps.append(f"a teacher who sees {newest.state} {seen} says: send")
        by_hand.resend(score=newest, now=self.desk.now)

    def says_keep(self) -> None:
        newest = self.newest()
        assert newest
        self.steps.append("a teacher says: keep")
        by_hand.keep(score=newest)

    def dies(self) -> None:
        """A worker took the score and was gone, before or after the LMS had it."""
        newest = self.newest()
        assert newest
        taken = Score.objects.filter(pk=newest.pk, state=ScoreState.DUE)
        if taken.update(state=ScoreState.SENDING, claimed_at=self.desk.now, tries=newest.tries + 1):
            self.steps.append("a worker dies")
            self.desk.now += timedelta(minutes=4)
            scores.sweep(now=self.desk.now)

    def is_listed(self) -> None:
        """The roster shows her, again perhaps: Moodle deletes the grades of whom it removes, Canvas keeps them."""
        who, back = [self.desk.ada.pk], self.chance.random() < 0.5
        self.steps.append(f"the roster shows her{' again' if back else ''}")
        gone = who if back else []
        second_chances.retry_refused(
            course_id=self.desk.course.pk, people=gone, listed=who, gone=gone, now=self.desk.now
        )

    def until_quiet(self) -> Score:
        self.book.faults.clear()
        for _ in range(4):
            self.desk.drain(after=4 * 3_600)
            self.looks()
        self.sends()
        event = self.newest()
        assert event
        return event


@pytest.fixture(params=["canvas", "moodle"])
def book(request: pytest.FixtureRequest, desk: Desk) -> Gradebook:
    desk.family(request.param)
    return {"canvas": Canvas, "moodle": Moodle}[request.param](desk)


@pytest.mark.parametrize("seed", range(WALKS))
def test_gradebook_is_right_and_its_state_the_truth_whatever_happens(desk: Desk, book: Gradebook, seed: int) -> None:
    walk = Walk(desk, book, seed)
    walk.walk()
    event = walk.until_quiet()

    state = f"{event.state} {event.live} {event.score_given}; shown: {book.shown}"
    walk.check(not book.wrong, *book.wrong)
    walk.check(event.state in (ScoreState.SYNCED, ScoreState.REFUSED, *DIFFERS), state)
    if event.state in (ScoreState.SYNCED, ScoreState.HELD):
        walk.check((book.shown == float(event.score_given)) == (event.state == ScoreState.SYNCED), state)
    if isinstance(book, Canvas):
        walk.check(len(book.submissions) <= walk.attempts, state, book.submissions)

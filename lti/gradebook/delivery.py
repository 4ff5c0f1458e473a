"""One score on its way: talks to the platform, touches no database, and may run in a thread."""

import logging
from dataclasses import dataclass, replace

import requests
from django.utils.translation import gettext_noop as _

from lti.gradebook import ags, families
from lti.gradebook.columns import Column
from lti.gradebook.decide import Base, Decision, LiveGrade, Points, decide, shows
from lti.gradebook.families.verdict import Kind, Manner, Verdict
from lti.gradebook.outcomes import Claim, Outcome
from lti.models import Registration, ToolKey
from lti.platform import tokens
from lti.wire import client, pacing
from lti.wire.client import Answer
from lti.words import scopes

logger = logging.getLogger(__name__)

NOT_MADE = _(
    "The LMS did not let us find or make the gradebook column. Was the activity deleted, or the course closed?"
)
KEY_SET_HINT = _("The LMS gave us no access. Its administrator should check the tool's client id and key set address.")
REPLACING = _("Send ours again only if it should replace that.")
STILL_TRYING = _("The LMS did not answer; we keep trying.")
FAULTY = _("The LMS had an internal error; we keep trying.")
OVERRIDDEN = _(
    "Moodle keeps a grade that a teacher set by hand. Remove that override in the gradebook, then send again."
)
STANDS = _("The LMS accepted our score but still shows the other grade. Remove that grade there, then send again.")


@dataclass(frozen=True)
class Parcel:
    """A claimed score with everything its delivery needs, already read from the database."""

    claim: Claim
    registration: Registration
    key: ToolKey
    column: Column

    @property
    def base(self) -> Base:
        return self.claim.base


def deliver(parcel: Parcel, session: requests.Session) -> Outcome:
    """Send one score. Never raises: a failure must not hold up the other scores."""
    attempt = None
    try:
        attempt = _Attempt(parcel, session)
        return attempt.run()
    except tokens.TokenRefused as error:
        hint = KEY_SET_HINT if error.status in (400, 401, 403) else FAULTY
        verdict = Verdict(Kind.RETRY, hint, error.answer.retry_after, pause=True)
        return Outcome(verdict, error.status, error.words, reached=False)
    except client.Forbidden as error:
        hint = _("This service may not fetch from the LMS's address. Its operator should check the allowed hosts.")
        return Outcome(Verdict(Kind.RETRY, hint), words=str(error), reached=False)
    except client.HttpError as error:
        status = error.status if isinstance(error, client.Refused) else None
        if asked := _slow_down(parcel, error):
            return Outcome(asked, status, str(error), unanswered=_is_open(attempt))
        verdict = Verdict(Kind.RETRY, FAULTY if status or isinstance(error, client.NotJson) else STILL_TRYING)
        return Outcome(verdict, status, str(error), reached=status is not None, unanswered=_is_open(attempt))
    except Exception:
        logger.exception("score %s could not be sent", parcel.claim.score.pk)
        verdict = Verdict(Kind.RETRY, _("Something went wrong here; we keep trying."))
        return Outcome(verdict, words="internal error", unanswered=_is_open(attempt))


def _slow_down(parcel: Parcel, error: client.HttpError) -> Verdict | None:
    """The pause that a platform asks for, in whatever answer."""
    if not isinstance(error, client.Refused):
        return None
    verdict = families.of(parcel.registration.family).read(error.answer)
    return verdict if verdict.kind is Kind.RETRY and verdict.pause else None


class _Unreadable(Exception):
    """Results may not be read."""


class _Attempt:
    """The steps of one delivery."""

    def __init__(self, parcel: Parcel, session: requests.Session) -> None:
        self.parcel, self.score, self.column = parcel, parcel.claim.score, parcel.column
        self.desired = Points(self.score.score_given, self.score.score_maximum)
        self.family = families.of(parcel.registration.family)
        self.call = tokens.authorised(parcel.registration, self.column.scopes, key=parcel.key, session=session)
        self.new_submission = parcel.claim.new_submission
        self.with_comment = not (self.score.comment_sent or self.score.read_first)
        self.is_open = False  # a score was posted and not answered
        self.url = ""

    def run(self) -> Outcome:
        try:
            self.url = self.column.address(self.call, self.score.score_maximum)
        except client.Refused as error:
            if error.status not in client.CLEAR_NO:
                raise
            return self._outcome(error.answer, Verdict(Kind.REFUSED, NOT_MADE))
        if not self.url:
            return Outcome(Verdict(Kind.REFUSED, _("The gradebook has no column for this activity.")))
        return self._read_first() or self._send()

    def _read_first(self) -> Outcome | None:
        """Read the gradebook where the merge needs to know what it shows. None: send."""
        if decide(self.desired, self.parcel.base, None, self.family) is Decision.SEND:
            return None
        try:
            live = self._read()
        except _Unreadable:
            return None  # else the score would wait for ever
        except client.Refused as error:
            if error.status not in (404, 410):
                raise
            if self.column.moved(self.call, self.url):
                self.url = self.column.url
            return None  # whatever was sent is gone with its column
        decision = decide(self.desired, self.parcel.base, live, self.family)
        if decision is Decision.DONE:
            return Outcome(Verdict(Kind.DELIVERED), live=live)
        if decision is Decision.HOLD:
            return self._conflict(Answer(0), live)
        sent = (self.desired, *self.parcel.base.unanswered)
        if not self.score.comment_sent and not any(shows(live, points, self.family) for points in sent):
            self.with_comment = True  # an unanswered delivery did not arrive
        return None

    def _send(self) -> Outcome:
        answer, verdict = self._post()
        if verdict.kind is Kind.WITHOUT_SUBMISSION and self.new_submission:
            self.new_submission = False
            answer, verdict = self._post()
        if verdict.kind is Kind.LOST and self.column.moved(self.call, self.url):
            self.url = self.column.url
            answer, verdict = self._post()
        if verdict.ours:
            logger.error("score %s was malformed for the platform: %s", self.score.pk, answer.text[:500])
        if verdict.kind is Kind.COMPARE:
            return self._compare(answer)
        if verdict.kind is Kind.DELIVERED and self.parcel.base.accepted and self.family.KEEPS_OVERRIDES is not False:
            return self._verify(answer)
        if verdict.kind is Kind.WITHOUT_SUBMISSION:
            verdict = replace(verdict, kind=Kind.REFUSED)
        return self._outcome(answer, verdict)

    def _post(self) -> tuple[Answer, Verdict]:
        maximum = self.column.own_maximum(self.call) if self.family.OWN_MAXIMUM else None
        manner = Manner(maximum or self.score.score_maximum, self.new_submission, self.with_comment)
        self.is_open = True
        answer = ags.post_score(self.call, line_item=self.url, body=self.family.body(self.score, manner))
        self.is_open = answer.status >= 500
        return answer, self.family.read(answer)

    def _read(self) -> LiveGrade:
        """What the gradebook shows. Raises _Unreadable where the platform offers no reading, or forbids it."""
        if scopes.RESULT not in self.column.scopes:
            raise _Unreadable
        try:
            user_id, renames = self.score.platform_user.sub, self.family.RENAMES_USERS
            return ags.read_result(self.call, line_item=self.url, user_id=user_id, renamed=renames)
        except client.Refused as error:
            if error.status in (401, 403) and not pacing.is_throttled(error.answer):
                raise _Unreadable from error
            raise

    def _compare(self, answer: Answer) -> Outcome:
        """The platform has something at least as new: ours, which arrived before, or a change made there."""
        try:
            live = self._read()
        except _Unreadable:
            hint = _("The gradebook holds a newer grade, and we may not read it.")
            return self._outcome(answer, Verdict(Kind.CONFLICT, hint))
        if shows(live, self.desired, self.family):
            return replace(self._outcome(answer, Verdict(Kind.DELIVERED)), live=live)
        return self._conflict(answer, live)

    def _verify(self, answer: Answer) -> Outcome:
        """Whether a score that replaces another grade really shows: Moodle accepts one that it then hides."""
        taken = replace(self._outcome(answer, Verdict(Kind.DELIVERED)), posted=True)
        try:
            live = self._read()
        except _Unreadable:
            return taken
        except client.HttpError as error:
            if self.family.KEEPS_OVERRIDES:  # the repeat, which it refuses, will show
                raise
            asked = _slow_down(self.parcel, error)
            return replace(taken, verdict=replace(asked, kind=Kind.DELIVERED, hint="")) if asked else taken
        if shows(live, self.desired, self.family):
            return replace(taken, live=live)
        hint = OVERRIDDEN if self.family.KEEPS_OVERRIDES else STANDS
        return replace(taken, verdict=Verdict(Kind.CONFLICT, hint), live=live)

    def _conflict(self, answer: Answer, live: LiveGrade) -> Outcome:
        return replace(self._outcome(answer, Verdict(Kind.CONFLICT, advice(self.family, live))), live=live)

    def _outcome(self, answer: Answer, verdict: Verdict) -> Outcome:
        words = answer.words.replace("\x00", "")[:2_000]
        posted = verdict.kind is Kind.DELIVERED and answer.ok
        left = pacing.remaining(answer.headers)
        return Outcome(verdict, answer.status or None, words, posted=posted, unanswered=self.is_open, remaining=left)


def _is_open(attempt: _Attempt | None) -> bool:
    return attempt is not None and attempt.is_open


def advice(family: families.PlatformFamily, live: LiveGrade) -> str:
    """What a teacher should know before our score is sent over what the gradebook shows."""
    return OVERRIDDEN if family.KEEPS_OVERRIDES and live.listed else REPLACING

"""One score on its way: talks to the platform, touches no database, and may run in a thread."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import requests
from django.utils.translation import gettext_noop as _

from lti.gradebook import ags, families
from lti.gradebook.columns import Column
from lti.gradebook.families.verdict import Kind, Manner, Verdict
from lti.models import Drift, Registration, ScoreEvent, ToolKey
from lti.platform import tokens
from lti.wire import client, pacing
from lti.wire.client import Answer
from lti.words import scopes

logger = logging.getLogger(__name__)

TOLERANCE = Decimal("0.005")  # points: platforms round what they show
NOT_MADE = _(
    "The LMS did not let us find or make the gradebook column. Was the activity deleted, or the course closed?"
)
KEY_SET_HINT = _("The LMS gave us no access. Its administrator should check the tool's client id and key set address.")
REPLACING = _("Send ours again only if it should replace that.")
GIVEN_UP = _("Given up after three days of trying.")
STILL_TRYING = _("The LMS did not answer; we keep trying.")
FAULTY = _("The LMS answered with an error of its own; we keep trying.")
OVERRIDDEN = _(
    "Moodle keeps a grade that a teacher set by hand. Remove that override in the gradebook, then send again."
)
STANDS = _("The LMS took our score, but shows the other grade still. Remove that one there, then send again.")


@dataclass(frozen=True)
class Parcel:
    """An event with everything its delivery needs, already read from the database.

    `told` are earlier scores of the person that the gradebook may show: the last one delivered, and those after it
    that may have arrived. `confirmed` says that one of them did arrive.
    """

    event: ScoreEvent
    registration: Registration
    key: ToolKey
    column: Column
    new_submission: bool = True
    told: Sequence[ScoreEvent] = ()
    confirmed: bool = False
    comment_told: bool = False  # with an earlier version of the same score, surely or perhaps


@dataclass(frozen=True)
class Outcome:
    """What came of it. `unknown`: the score may have arrived though no answer says so."""

    verdict: Verdict
    status: int | None = None
    words: str = ""
    reached: bool = True
    unknown: bool = False
    drift: str = ""  # how the gradebook differs, where it was read; `result` is what it shows
    result: ags.Result | None = None
    remaining: float | None = None  # of the platform's rate limit


def deliver(parcel: Parcel, session: requests.Session) -> Outcome:
    """Send one score. Never raises: one event's failure must not hold up the others."""
    delivery = None
    try:
        delivery = _Delivery(parcel, session)
        return delivery.run()
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
            return Outcome(asked, status, str(error), unknown=_is_open(delivery))
        verdict = Verdict(Kind.RETRY, FAULTY if status or isinstance(error, client.NotJson) else STILL_TRYING)
        return Outcome(verdict, status, str(error), reached=status is not None, unknown=_is_open(delivery))
    except Exception:
        logger.exception("score event %s could not be sent", parcel.event.pk)
        verdict = Verdict(Kind.RETRY, _("Something went wrong here; we keep trying."))
        return Outcome(verdict, words="internal error", unknown=_is_open(delivery))


def _slow_down(parcel: Parcel, error: client.HttpError) -> Verdict | None:
    """What a platform's wish to be left alone means, in whatever answer it stands."""
    if not isinstance(error, client.Refused):
        return None
    verdict = families.of(parcel.registration.family).read(error.answer)
    return verdict if verdict.kind is Kind.RETRY and verdict.pause else None


class _Unreadable(Exception):
    """Results may not be read."""


class _Delivery:
    """The steps of one delivery."""

    def __init__(self, parcel: Parcel, session: requests.Session) -> None:
        self.parcel = parcel
        self.event = parcel.event
        self.column = parcel.column
        self.family = families.of(parcel.registration.family)
        self.call = tokens.authorised(parcel.registration, self.column.scopes, key=parcel.key, session=session)
        self.new_submission = parcel.new_submission
        self.surely_new = not self.event.unknown  # whether no earlier try of it can have arrived
        self.posting = False  # whether a score was sent and not answered
        self.url = ""

    def run(self) -> Outcome:
        try:
            self.url = self.column.address(self.call, self.event.score_maximum)
        except client.Refused as error:
            if error.status not in client.CLEAR_NO:
                raise
            return self._outcome(error.answer, Verdict(Kind.REFUSED, NOT_MADE))
        if not self.url:
            return Outcome(Verdict(Kind.REFUSED, _("The gradebook has no column for this activity.")))
        return self._look_first() or self._send()

    def _send(self) -> Outcome:
        answer, verdict = self._post()
        if verdict.kind is Kind.WITHOUT_SUBMISSION and self.new_submission:
            self.new_submission = False
            answer, verdict = self._post()
        if verdict.kind is Kind.LOST and self.column.moved(self.call, self.url):
            self.url = self.column.url
            answer, verdict = self._post()
        if verdict.ours:
            logger.error("score event %s was malformed for the platform: %s", self.event.pk, answer.text[:500])
        if verdict.kind is Kind.COMPARE:
            return self._compared(answer)
        if verdict.kind is Kind.DELIVERED and self.event.forced and self.family.KEEPS_OVERRIDES is not False:
            return self._stands(answer)
        if verdict.kind in (Kind.LOST, Kind.WITHOUT_SUBMISSION):
            verdict = replace(verdict, kind=Kind.REFUSED)
        return self._outcome(answer, verdict)

    def _post(self) -> tuple[Answer, Verdict]:
        maximum = self.column.own_maximum(self.call) if self.family.OWN_MAXIMUM else None
        manner = Manner(
            maximum=maximum or self.event.score_maximum,
            new_submission=self.new_submission,
            comment=self.surely_new and not self.parcel.comment_told,
        )
        self.posting = True
        answer = ags.post_score(self.call, line_item=self.url, body=self.family.body(self.event, manner))
        self.posting = answer.status >= 500
        return answer, self.family.read(answer)

    def _look_first(self) -> Outcome | None:
        """Read the gradebook before a score that might undo a teacher's work, or repeat itself. None: go on.

        That is a new version of a score that was told, and a repeat where the platform takes one twice. Timestamps do
        not protect there: an edit has an older one than the new version (and on Canvas none). One on a person's word
        replaces what that person had seen, and nothing that came since.
        """
        doubtful = self.event.unknown and not self.family.REFUSES_EQUAL
        replaces = self.parcel.told and not self.event.forced
        weighed = self.event.forced and self.event.seen_at  # the word was said of what was seen then
        if not (doubtful or replaces or weighed):
            return None
        try:
            result = self._read()
        except _Unreadable:
            return None  # waiting for it would hold the score back for ever
        except client.Refused as error:
            if error.status not in (404, 410):
                raise
            if self.column.moved(self.call, self.url):
                self.url = self.column.url
            return None  # what was told is gone with its column
        if self.event.forced:
            if self._shows(result, self.event):
                return Outcome(Verdict(Kind.DELIVERED)) if doubtful else None
            if weighed and result is not None and not (self._is_empty(result) or self._was_seen(result)):
                return self._conflict(Answer(0), result)
            return None
        told_so = any(self._shows(result, told) for told in self.parcel.told)
        if told_so or (self._is_empty(result) and not self.parcel.confirmed):
            self.surely_new = self.surely_new or not self._shows(result, self.event)
            return None
        if self.event.unknown and self._shows(result, self.event):
            return Outcome(Verdict(Kind.DELIVERED))
        return self._conflict(Answer(0), result)

    def _is_empty(self, result: ags.Result | None) -> bool:
        """Whether nothing stands there, as far as the family lets one tell that from what was cleared."""
        return result is None if self.family.EMPTY_IS_CLEARED else is_empty(result)

    def _was_seen(self, result: ags.Result) -> bool:
        """Whether it is what a person saw and wanted replaced, or what we told."""
        if any(self._shows(result, told) for told in self.parcel.told):
            return True
        if result.score is None or self.event.seen_score is None:
            return result.score is None and self.event.seen_score is None
        ours, now = self.event.seen_maximum or Decimal(1), result.maximum or Decimal(1)
        return abs(result.score * ours / now - self.event.seen_score) <= TOLERANCE

    def _shows(self, result: ags.Result | None, event: ScoreEvent) -> bool:
        return is_shown(self.family, result, event)

    def _read(self) -> ags.Result | None:
        """The person's result. Raises _Unreadable where the platform offers no reading, or forbids it."""
        if scopes.RESULT not in self.column.scopes:
            raise _Unreadable
        try:
            user_id, renames = self.event.platform_user.sub, self.family.RENAMES_USERS
            return ags.read_result(self.call, line_item=self.url, user_id=user_id, renamed=renames)
        except client.Refused as error:
            if error.status in (401, 403) and not pacing.is_throttled(error.answer):
                raise _Unreadable from error
            raise

    def _compared(self, answer: Answer) -> Outcome:
        """The platform holds something at least as new: ours, which arrived before, or a change made there."""
        try:
            result = self._read()
        except _Unreadable:
            hint = _("The gradebook holds a newer grade, and we may not read it.")
            return self._outcome(answer, Verdict(Kind.CONFLICT, hint))
        if result is not None and self._shows(result, self.event):
            return self._outcome(answer, Verdict(Kind.DELIVERED))
        return self._hidden(answer, result) if self._may_be_hidden() else self._conflict(answer, result)

    def _may_be_hidden(self) -> bool:
        """Whether a try before this one, made on a person's word, was taken and then hidden by an override."""
        return bool(self.event.forced and self.event.tries > 1 and self.family.KEEPS_OVERRIDES)

    def _stands(self, answer: Answer) -> Outcome:
        """Whether a score sent on a person's word really shows: Moodle says yes to one that it then hides."""
        try:
            result = self._read()
            if not self._shows(result, self.event):
                return self._hidden(answer, result)
        except _Unreadable:
            pass
        except client.HttpError as error:
            if self.family.KEEPS_OVERRIDES:  # it refuses the repeat, which then tells
                raise
            if asked := _slow_down(self.parcel, error):
                return self._outcome(answer, replace(asked, kind=Kind.DELIVERED, hint=""))
        return self._outcome(answer, Verdict(Kind.DELIVERED))

    def _hidden(self, answer: Answer, result: ags.Result | None) -> Outcome:
        hint = OVERRIDDEN if self.family.KEEPS_OVERRIDES else STANDS
        return replace(self._conflict(answer, result), verdict=Verdict(Kind.CONFLICT, hint))

    def _conflict(self, answer: Answer, result: ags.Result | None) -> Outcome:
        outcome = self._outcome(answer, Verdict(Kind.CONFLICT, advice(self.family, result)))
        return replace(outcome, drift=drift_of(result), result=result)

    def _outcome(self, answer: Answer, verdict: Verdict) -> Outcome:
        words = answer.words.replace("\x00", "")[:2_000]
        left = pacing.remaining(answer.headers)
        return Outcome(verdict, answer.status or None, words, unknown=self.posting, remaining=left)


def _is_open(delivery: _Delivery | None) -> bool:
    """Whether a score went out that nobody answered."""
    return delivery is not None and delivery.posting


def is_shown(family: families.PlatformFamily, result: ags.Result | None, event: ScoreEvent) -> bool:
    """Whether the gradebook shows this score, in its own maximum. Moodle leaves a score of nought out."""
    if result is None or (result.score is None and family.EMPTY_IS_CLEARED):
        return False
    maximum = result.maximum or event.score_maximum
    return abs((result.score or Decimal(0)) - event.score_given * maximum / event.score_maximum) <= TOLERANCE


def is_empty(result: ags.Result | None) -> bool:
    return result is None or result.score is None


def advice(family: families.PlatformFamily, result: ags.Result | None) -> str:
    """What a teacher should know before our score is sent over what the gradebook shows."""
    return OVERRIDDEN if family.KEEPS_OVERRIDES and result is not None else REPLACING


def drift_of(result: ags.Result | None) -> Drift:
    """What kind of difference a result is that is not ours."""
    if result is None:
        return Drift.MISSING
    return Drift.CLEARED if result.score is None else Drift.CHANGED

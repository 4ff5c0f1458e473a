"""One score on its way: talks to the platform, touches no database, and may run in a thread."""

import logging
from dataclasses import dataclass, replace
from decimal import Decimal

import requests

from lti import ags, families, http, tokens
from lti.families.verdict import Kind, Verdict
from lti.http import Answer
from lti.models import Registration, ScoreEvent, ToolKey

logger = logging.getLogger(__name__)

TOLERANCE = Decimal("0.005")  # points: platforms round what they show
KEY_SET_HINT = "The LMS gave us no access. Its administrator should check the tool's client id and key set address."


@dataclass(frozen=True)
class Parcel:
    """An event with everything its delivery needs, already read from the database."""

    event: ScoreEvent
    registration: Registration
    key: ToolKey
    new_submission: bool


@dataclass(frozen=True)
class Outcome:
    """What came of it. `url` and `maximum` are what was learnt about the column on the way."""

    verdict: Verdict
    status: int | None = None
    words: str = ""
    url: str = ""
    maximum: Decimal | None = None
    reached: bool = True


def deliver(parcel: Parcel, session: requests.Session) -> Outcome:
    """Send one score. Never raises: one event's failure must not hold up the others."""
    try:
        return _Delivery(parcel, session).run()
    except tokens.TokenRefused as error:
        return Outcome(Verdict(Kind.RETRY, KEY_SET_HINT, pause=True), error.status, error.words, reached=False)
    except http.Forbidden as error:
        hint = "This service may not fetch from the LMS's address. Its operator should check the allowed hosts."
        return Outcome(Verdict(Kind.RETRY, hint), words=str(error), reached=False)
    except http.HttpError as error:
        return Outcome(Verdict(Kind.RETRY, "The LMS did not answer; we keep trying."), words=str(error), reached=False)
    except Exception:
        logger.exception("score event %s could not be sent", parcel.event.pk)
        return Outcome(Verdict(Kind.RETRY, "Something went wrong here; we keep trying."), words="internal error")


class _Delivery:
    """The steps of one delivery, sharing what was learnt about the column."""

    def __init__(self, parcel: Parcel, session: requests.Session) -> None:
        self.event = parcel.event
        self.column = parcel.event.line_item
        self.link = self.column.resource_link
        self.new_submission = parcel.new_submission
        self.family = families.of(parcel.registration.family)
        self.scopes = [scope for scope in ags.WANTED if scope in self.link.scopes]
        self.call = tokens.authorised(parcel.registration, self.scopes, key=parcel.key, session=session)
        self.url = self.column.url
        self.maximum = self.column.score_maximum

    def run(self) -> Outcome:
        if not self.url:
            self.url = self._find()
        if not self.url:
            return self._outcome(Answer(0), Verdict(Kind.REFUSED, "The gradebook has no column for this activity."))
        answer, verdict = self._post()
        if verdict.kind is Kind.WITHOUT_SUBMISSION and self.new_submission:
            self.new_submission = False
            answer, verdict = self._post()
        if verdict.kind is Kind.LOST and self._moved():
            answer, verdict = self._post()
        if verdict.kind is Kind.COMPARE:
            verdict = self._compare()
        if verdict.kind in (Kind.LOST, Kind.WITHOUT_SUBMISSION):
            verdict = replace(verdict, kind=Kind.REFUSED)
        return self._outcome(answer, verdict)

    def _post(self) -> tuple[Answer, Verdict]:
        if self.family.OWN_MAXIMUM and self.maximum is None:
            self.maximum = self._read_maximum()
        body = self.family.body(
            self.event, maximum=self.maximum or self.event.score_maximum, new_submission=self.new_submission
        )
        answer = ags.post_score(self.call, line_item=self.url, body=body)
        return answer, self.family.read(answer)

    def _read_maximum(self) -> Decimal | None:
        """The column's maximum, where it may be read; without it the score goes out in ours."""
        if not {ags.LINE_ITEM, ags.LINE_ITEM_READ} & set(self.scopes):
            return None
        try:
            found = ags.read_maximum(self.call, line_item=self.url)
        except http.HttpError as error:
            logger.info("maximum of a column not read: %s", error)
            return None
        fits = found is not None and 0 < found < 1_000_000 and found == round(found, 3)
        return found if fits else None

    def _find(self) -> str:
        """The link's column, made where it has none and we may make one."""
        scopes, line_items, link_id = set(self.scopes), self.link.line_items_url, self.link.resource_link_id
        if not line_items or not {ags.LINE_ITEM, ags.LINE_ITEM_READ} & scopes:
            return ""
        found = ags.find_line_item(self.call, line_items=line_items, resource_link_id=link_id)
        if found or ags.LINE_ITEM not in scopes:
            return found
        return ags.create_line_item(
            self.call,
            line_items=line_items,
            resource_link_id=link_id,
            label=self.link.title or "Score",
            maximum=self.event.score_maximum,
        )

    def _moved(self) -> bool:
        """Whether the column stands at another address now; a column that is gone is not made anew."""
        if not self.link.line_items_url or not {ags.LINE_ITEM, ags.LINE_ITEM_READ} & set(self.scopes):
            return False
        try:
            found = ags.find_line_item(
                self.call, line_items=self.link.line_items_url, resource_link_id=self.link.resource_link_id
            )
        except http.HttpError as error:
            logger.info("column not found again: %s", error)
            return False
        moved = bool(found) and found != self.url
        if moved:
            self.url, self.maximum = found, None
        return moved

    def _compare(self) -> Verdict:
        """The platform holds something at least as new: ours, which arrived before, or a change made there."""
        if ags.RESULT not in self.scopes:
            return Verdict(Kind.CONFLICT, "The gradebook holds a newer grade, and we may not read it.")
        result = ags.read_result(self.call, line_item=self.url, user_id=self.event.platform_user.sub)
        if result is not None and self._is_ours(result):
            return Verdict(Kind.DELIVERED)
        return Verdict(Kind.CONFLICT, f"{_shown(result)} Send ours again only if it should replace that.")

    def _is_ours(self, result: ags.Result) -> bool:
        maximum = result.maximum or self.maximum or self.event.score_maximum
        ours = self.event.score_given * maximum / self.event.score_maximum
        return abs((result.score or Decimal(0)) - ours) <= TOLERANCE

    def _outcome(self, answer: Answer, verdict: Verdict) -> Outcome:
        words = f"{answer.reason} {answer.text}".replace("\x00", "").strip()[:2_000]
        url = self.url if self.url != self.column.url else ""
        maximum = self.maximum if self.maximum != self.column.score_maximum else None
        return Outcome(verdict, answer.status or None, words, url, maximum)


def _shown(result: ags.Result | None) -> str:
    if result is None or result.score is None:
        return "The grade was cleared in the LMS."
    of = f" of {result.maximum.normalize():f}" if result.maximum else ""
    return f"The LMS shows {result.score.normalize():f}{of}."

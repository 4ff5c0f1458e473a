"""What of an attempt may be shown, and when. The key leaves the server only through `_feedback`."""

import copy
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import get_language

from assessment import rules, showing
from assessment.models import DROPPED, Attempt, AttemptState, Mark, MarkedBy, Regrade, Response, SecondLook
from assessment.showing import Showing
from content import item_types, places, variants
from content.item_types import ItemType, Templates
from content.models import ItemVersion, QuizVersion, QuizVersionItem
from roster.rows import Prepared

MarkState = Literal["right", "partly", "wrong", "waiting", "unscored", "hidden", "dropped"]


@dataclass(frozen=True)
class Question:
    """One item to answer. `feedback` (see ItemResult) is there only where the answer was checked before the end.

    `fields` are the form fields that say the answer, as its control shows them; `before` and `after` are the texts
    around the question, in Markdown.
    """

    position: int
    item_version_id: UUID
    identifier: str
    kind: str
    points: Decimal
    templates: Templates
    public: dict[str, Any]
    answer: dict[str, Any]
    fields: dict[str, list[str]]
    seq: int
    checked: bool
    feedback: dict[str, Any] | None
    before: Sequence[str] = ()
    after: Sequence[str] = ()


@dataclass(frozen=True)
class ItemResult:
    """What became of one answer.

    `state`: `waiting` for marking or for a person; `unscored` in practice (skipped, or a person would have to
    mark it); `hidden` where the policy shows the score only, then `points` is None too; `dropped` where a regrade took
    the question out of the points. `regrade` is the one that gave the mark, `corrected` one that changed the key and
    left the mark as it was, where that may be shown.
    `feedback`, None where the policy or the state forbids it: {"state", "answer_text", "rationale" of the chosen
    answer, "expected": [str], "section": anchor in the lesson or None}.
    """

    position: int
    response_id: UUID
    item_version_id: UUID
    identifier: str
    kind: str
    templates: Templates
    public: dict[str, Any]
    answer: dict[str, Any]
    answer_text: str
    points: Decimal | None
    points_max: Decimal
    state: MarkState
    feedback: dict[str, Any] | None
    section: str | None
    note: str
    marked_by: str | None
    seconds: int = 0  # in sight, as the page measured; 0 where it did not
    looks: Sequence[SecondLook] = ()  # what the learner asked about the mark, with the answers
    may_ask: bool = False  # for a second look
    regrade: Regrade | None = None
    corrected: Regrade | None = None

    @property
    def is_personal(self) -> bool:
        """Whether more than the verdict and its feedback is said of the answer."""
        return bool(self.regrade or self.corrected or self.note or self.marked_by == MarkedBy.SUGGESTION)

    @property
    def alike(self) -> str:
        """Names the verdict where others see the same: on an answer that was chosen, or left blank. Empty elsewhere."""
        if self.answer and not item_types.get(self.kind).BY_RULE:
            return ""
        earned = self.state, self.points, self.points_max, self.regrade and self.regrade.pk
        shown = self.position, self.kind, self.public, self.answer, self.answer_text
        return f"{get_language()} {earned} {shown}"


def questions(attempt: Attempt) -> list[Question]:
    """The items of an attempt in printed order with what is stored as answers; never the key."""
    allowed = _allowed_before_the_end(attempt)
    found = responses(attempt) if allowed is None else _with_marks(attempt)
    practice = attempt.assignment_id is None
    asked = [_question(response, allowed, practice=practice) for response in found]
    return _with_texts(attempt.quiz_version_id, asked)


def _allowed_before_the_end(attempt: Attempt) -> Showing | None:
    """What is shown of an answer that was checked; None where none can be."""
    if attempt.assignment is None:
        return showing.ALL
    by_question = showing.is_checked_by_question(attempt.assignment)
    return showing.of_checked(attempt.assignment) if by_question else None


def unanswered(version: QuizVersion, seed: int = 0) -> list[Question]:
    """The questions of a version as an attempt with this seed would show them, before there is one."""
    drawn = variants.draw(version, places.of(version.pk), seed)
    return _with_texts(
        version.pk, [_blank(place, position, shown) for position, (place, shown) in enumerate(drawn, start=1)]
    )


def results(
    attempt: Attempt,
    *,
    for_instructor: bool = False,
    ahead: bool = False,
    now: datetime | None = None,
    read: list[Any] | None = None,
) -> list[ItemResult]:
    """The items of an attempt with what they earned, as far as its state and the feedback policy allow.

    While it is in progress or being marked every item reads `waiting` and carries no feedback.
    `for_instructor` lifts the policy, not the state. With another attempt `ahead`, what earns credit is held back: a
    right answer too may have others beside it. `read` is what `responses` gave, where that was asked before.
    """
    allowed = showing.ALL if for_instructor else showing.of(attempt, now or timezone.now())
    if ahead:
        allowed = replace(allowed, answer=False)
    done = attempt.state in (AttemptState.NEEDS_REVIEW, AttemptState.MARKED)
    return [_result(response, attempt, done, allowed) for response in _with_marks(attempt, read)]


def responses(attempt: Attempt) -> list[Any]:
    """The responses in the order shown, each with its item and the `regrade` that rules it; one query without one."""
    return _complete(RESPONSES.all(attempt=attempt.pk), [attempt.quiz_version_id])


def responses_of(attempts: Iterable[Attempt]) -> dict[UUID, list[Any]]:
    """The same of many attempts, by attempt; one query without regrades."""
    known = {attempt.pk: attempt for attempt in attempts}
    rows = _with_rules(Response.objects.filter(attempt__in=known))
    found: dict[UUID, list[Any]] = defaultdict(list)
    for response in _complete(rows, {attempt.quiz_version_id for attempt in known.values()}):
        response.attempt = known[response.attempt_id]
        found[response.attempt_id].append(response)
    return found


def _complete(rows: Iterable[Any], versions: Iterable[UUID]) -> list[Any]:
    printed = {place.item_version_id: place.item_version for version in versions for place in places.of(version)}
    found = [_placed(response, printed) for response in rows]
    regrades = rules.named({response.regrade_id for response in found if response.regrade_id})
    for response in found:
        response.regrade = regrades.get(response.regrade_id)
    return sorted(found, key=lambda response: response.position)


def _placed(response: Any, printed: Mapping[UUID, ItemVersion]) -> Any:
    item = printed[response.item_version_id]
    if item.key_state != response.key_state:
        item = copy.copy(item)
        item.key_state = response.key_state
    response.item_version = item
    return response


def _with_texts(version_id: UUID, questions: list[Question]) -> list[Question]:
    """Each question with the texts around it."""
    texts = places.texts(version_id)
    if not texts:
        return questions
    made = [replace(one, before=_stems(texts.get(one.item_version_id, ()))) for one in questions]
    return [*made[:-1], replace(made[-1], after=_stems(texts.get(None, ())))] if made else made


def _stems(bodies: Iterable[Mapping[str, Any]]) -> list[str]:
    return [body["stem"] for body in bodies]


def _with_marks(attempt: Attempt, read: list[Any] | None = None) -> list[Any]:
    """The same with `counting`: the marks that count, the latest first; two queries at most."""
    counting = defaultdict(list)
    for mark in MARKS.all(attempt=attempt.pk):
        counting[mark.response_id].append(mark)
    found = responses(attempt) if read is None else read
    for response in found:
        response.counting = counting[response.pk]
    return found


def _with_rules(rows: QuerySet[Response]) -> QuerySet[Response]:
    return rows.annotate(key_state=F("item_version__key_state"), regrade_id=rules.regrade_of())


RESPONSES = Prepared(lambda attempt: _with_rules(Response.objects.filter(attempt_id=attempt)), attempt=UUID)
MARKS = Prepared(
    lambda attempt: Mark.objects.filter(response__attempt_id=attempt, response__waiting=False).order_by(
        "-created_at", "-pk"
    ),
    attempt=UUID,
)


def _question(response: Any, allowed: Showing | None, *, practice: bool) -> Question:
    checked = response.checked_at is not None
    state = "hidden" if allowed is None or not checked else _state(response, practice=practice)
    feedback = _allowed(_feedback(response, state), allowed or showing.NOTHING) if checked else None
    return _asked(
        response.item_version,
        response.position,
        response.body,
        answer=response.answer,
        seq=response.seq,
        checked=checked,
        feedback=feedback,
    )


def _blank(place: QuizVersionItem, position: int, shown: Mapping[str, Any]) -> Question:
    body = variants.apply(place.item_version.body, shown)
    return _asked(place.item_version, position, body, answer={}, seq=0, checked=False, feedback=None)


def _asked(
    item: ItemVersion, position: int, body: Mapping[str, Any], *, answer: dict[str, Any], **more: Any
) -> Question:
    kind = item_types.get(item.kind)
    return Question(
        position=position,
        item_version_id=item.pk,
        identifier=item.item.identifier,
        kind=item.kind,
        points=item.points,
        templates=kind.TEMPLATES,
        public=kind.public(body),
        answer=answer,
        fields=kind.to_form(body, answer),
        **more,
    )


def _result(response: Any, attempt: Attempt, done: bool, allowed: Showing) -> ItemResult:
    item = response.item_version
    kind = item_types.get(item.kind)
    mark = response.counting[0] if done and response.counting else None
    state = _state(response, practice=attempt.assignment_id is None) if done else "waiting"
    shown = done and allowed.mark
    regrade, corrected = _regrades(response, mark) if shown else (None, None)
    feedback = _allowed(_feedback(response, state), allowed) if done and allowed.any else None
    return ItemResult(
        position=response.position,
        response_id=response.pk,
        item_version_id=item.pk,
        identifier=item.item.identifier,
        kind=item.kind,
        templates=kind.TEMPLATES,
        public=kind.public(response.body),
        answer=response.answer,
        answer_text=kind.text(response.body, response.answer),
        points=mark.points if mark and shown else None,
        points_max=item.points,
        state=state if shown or state == "waiting" else "hidden",
        feedback=feedback,
        section=feedback["section"] if feedback else None,
        note=mark.note if mark else "",
        marked_by=mark.by if mark else None,
        seconds=response.seconds,
        regrade=regrade,
        corrected=corrected,
    )


def _regrades(response: Any, mark: Mark | None) -> tuple[Regrade | None, Regrade | None]:
    """The regrade that rules the question: first where it gave the mark, second where it changed the key only."""
    regrade: Regrade | None = response.regrade
    if mark and regrade and mark.evidence.get("regrade") == str(regrade.pk):
        return regrade, None
    return None, regrade if regrade and regrade.choice in rules.BY_KEY else None


def _allowed(feedback: dict[str, Any], allowed: Showing) -> dict[str, Any]:
    return feedback | {
        "state": feedback["state"] if allowed.mark else "hidden",
        "rationale": feedback["rationale"] if allowed.rationale else "",
        "expected": feedback["expected"] if allowed.answer else [],
        "section": feedback["section"] if allowed.section else None,
    }


def _state(response: Any, *, practice: bool) -> MarkState:
    if not response.counting:
        return "unscored" if practice else "waiting"
    if response.counting[0].tier == DROPPED:
        return "dropped"
    points, most = response.counting[0].points, response.item_version.points
    return "right" if points == most else "partly" if points else "wrong"


def _feedback(response: Any, state: MarkState) -> dict[str, Any]:
    """The item type's feedback; a key that is not fit to be published is shown to nobody."""
    item: ItemVersion = response.item_version
    kind, bodies = item_types.get(item.kind), rules.bodies(response, response.regrade)
    fit = item.key_state in kind.PUBLISHABLE
    return {
        "answer_text": kind.text(response.body, response.answer),
        "rationale": _rationale(kind, bodies, response.answer) if fit else "",
        "expected": list(dict.fromkeys(text for body in bodies for text in kind.expected(body))) if fit else [],
        "state": state,
        "section": response.body.get("section"),
    }


def _rationale(kind: ItemType, bodies: Sequence[Mapping[str, Any]], answer: dict[str, Any]) -> str:
    """By the key that gives the answer most."""
    if len(bodies) > 1:
        bodies = sorted(bodies, key=lambda body: -rules.credit(kind, body, answer))
    return kind.rationale(bodies[0], answer) if bodies else ""

"""Taking a check without our pages: a trusted front end acts for a learner whom it names.

The rules are those of the pages: the same functions begin, save, submit and show.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from api import taking_shapes as shapes
from api.parsing import JsonParser
from api.problems import Refused
from api.views.base import Keyed
from assessment import access, attempts, clock, responses, showing, taking
from assessment.attempts import ItemResult, NoAttemptLeft, NotPublished, OutsideWindow, Question, TooSoon, WrongCode
from assessment.models import Assignment, Attempt, AttemptState, Regrade
from assessment.models import Response as StoredResponse
from assessment.placement import windows
from assessment.responses import AttemptClosed, InvalidAnswer, NotChecked
from assessment.taking import NotSubmitted
from content import item_types
from roster.models import Person

PROBLEM = OpenApiResponse(description="Its `type` says which rule stands against it.")
MINE = "Needs the scope `attempts:write`."
ANSWERED = OpenApiExample("A choice", {"answer": "b", "seq": 3}, request_only=True)
NAMED = [
    OpenApiExample("By id", {"person": "01939f5e-0000-7000-8000-000000000001"}, request_only=True),
    OpenApiExample("As the LMS names the learner", {"person": {"sub": "a6d5c443"}}, request_only=True),
]


class Taking(Keyed):
    scope = "attempts:write"
    parser_classes = [JsonParser]

    def attempt(self, id: UUID) -> Attempt:
        rows = access.attempts_of(self.institution).select_related("assignment__institution", "quiz_version")
        return get_object_or_404(rows, pk=id)

    def stored(self, id: UUID, position: int) -> StoredResponse:
        row = access.response_of(self.institution, id, position)
        if row is None:
            raise Http404("There is no such question.")
        return row


class Begin(Taking):
    @extend_schema(
        operation_id="beginAttempt",
        summary="Begin an attempt for a learner",
        tags=["Taking"],
        request=shapes.BeginRequest,
        examples=NAMED,
        responses={
            201: shapes.BegunSerializer,
            200: OpenApiResponse(shapes.BegunSerializer, "The attempt that was open already."),
            409: PROBLEM,
        },
        description=f"{MINE} An attempt that is open already is returned with 200, so that a lost answer can be asked "
        "for again. Problems of 409: `not-open-yet`, `closed`, `no-attempt-left`, `too-soon`, `wrong-code`, "
        "`not-published`.",
    )
    def post(self, request: Request, id: UUID) -> Response:
        assignments = access.assignments_of(self.institution).select_related("quiz", "resource_link__deployment")
        assignment = get_object_or_404(assignments, pk=id)
        sent = shapes.BeginRequest(data=request.data)
        sent.is_valid(raise_exception=True)
        person, now = learner(assignment, sent.validated_data["person"]), timezone.now()
        with refusals(assignment):
            code = sent.validated_data["code"]
            attempt = taking.begin(assignment=assignment, person=person, now=now, code=code)
        is_new = attempt.started_at == now
        where = reverse("api:result", args=[attempt.pk], request=request).removesuffix("/result")
        headers = {"Location": where}
        answer = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(begun(attempt, assignment), status=answer, headers=headers)


class SaveResponse(Taking):
    @extend_schema(
        operation_id="saveResponse",
        summary="Save the answer to one question",
        tags=["Taking"],
        request=shapes.AnswerRequest,
        examples=[ANSWERED],
        responses={200: shapes.AnswerSerializer, 409: PROBLEM, 422: PROBLEM},
        description=f"{MINE} Saving the same again changes nothing. Problems: 409 `attempt-closed`, 409 `stale-answer` "
        "(a later one is stored: read `seq`), 422 `invalid-answer`. Files are not taken here: a learner hands them in "
        "on Assay's own pages.",
    )
    def patch(self, request: Request, id: UUID, position: int) -> Response:
        row = self.stored(id, position)
        sent = shapes.AnswerRequest(data=request.data)
        sent.is_valid(raise_exception=True)
        answer = sent.validated_data
        if item_types.takes_files(row.item_version.kind):
            raise Refused("invalid-answer", "Files are not taken here: the learner hands them in on Assay's own pages.")
        with refusals(row.attempt.assignment):
            saved = responses.save(
                attempt=row.attempt,
                item_version_id=row.item_version_id,
                raw=answer["answer"],
                seq=answer.get("seq"),
                seconds=answer["seconds"],
                now=timezone.now(),
            )
        if saved.state == "stale":
            raise Refused("stale-answer", f"The stored answer has the number {saved.seq}: send a higher `seq`.")
        shown = {"position": position, "seq": saved.seq, "answer": saved.answer, "saved_at": saved.saved_at}
        return Response(shapes.AnswerSerializer(shown).data)


class CheckResponse(Taking):
    @extend_schema(
        operation_id="checkResponse",
        summary="Check the answer to one question",
        tags=["Taking"],
        request=None,
        responses={200: shapes.CheckedSerializer, 409: PROBLEM, 422: PROBLEM},
        description=f"{MINE} Where the policy gives feedback on each question: freezes the stored answer and shows of "
        "it what the policy names. Checking again changes nothing. Problems: 409 `attempt-closed`, 409 `not-checked` "
        "(the policy shows nothing before the end), 422 `invalid-answer` (there is no answer yet).",
    )
    def post(self, request: Request, id: UUID, position: int) -> Response:
        row = self.stored(id, position)
        with refusals(row.attempt.assignment):
            responses.check(attempt=row.attempt, item_version_id=row.item_version_id, now=timezone.now())
        [asked] = [one for one in attempts.questions(row.attempt) if one.position == position]
        feedback = asked.feedback or {}
        shown = {"position": position, "answer": asked.answer, "state": feedback["state"]}
        return Response(shapes.CheckedSerializer(shown | {"feedback": feedback}).data)


class Extend(Taking):
    @extend_schema(
        operation_id="extendAttempt",
        summary="Take more time",
        tags=["Taking"],
        request=shapes.ExtendRequest,
        responses={200: shapes.TimesSerializer, 409: PROBLEM},
        description=f"{MINE} Where the policy lets learners extend their time by themselves: offer it near the end, "
        "for 20 seconds or longer (WCAG 2.2.1). It makes nobody late. Problems of 409: `no-more-time`, "
        "`attempt-closed`.",
    )
    def post(self, request: Request, id: UUID) -> Response:
        attempt, now = self.attempt(id), timezone.now()
        sent = shapes.ExtendRequest(data=request.data)
        sent.is_valid(raise_exception=True)
        if attempt.state != AttemptState.IN_PROGRESS or attempt.is_overdue(now):
            raise Refused("attempt-closed")
        taken = sent.validated_data["taken"]
        if not clock.extend(attempt=attempt, taken=taken, now=now) and taken >= len(attempt.extensions):
            raise Refused("no-more-time")
        return Response(shapes.TimesSerializer(times(attempt)).data)


class Submit(Taking):
    @extend_schema(
        operation_id="submitAttempt",
        summary="Hand an attempt in",
        tags=["Taking"],
        request=None,
        responses=shapes.TakenSerializer,
        description=f"{MINE} Marking follows in the background: see `getResult`. Submitting again changes nothing.",
    )
    def post(self, request: Request, id: UUID) -> Response:
        return Response(shapes.TakenSerializer(attempts.submit(attempt=self.attempt(id), now=timezone.now())).data)


class ResultOf(Taking):
    @extend_schema(
        operation_id="getResult",
        summary="Read the result as its learner may",
        tags=["Taking"],
        responses={200: shapes.ResultSerializer, 409: PROBLEM},
        description=f"{MINE} What the learner's own page shows by the feedback policy. While `state` is `submitted` it "
        "is being marked: ask again in a moment. Problem of 409: `not-submitted`.",
    )
    def get(self, request: Request, id: UUID) -> Response:
        attempt = self.attempt(id)
        with refusals(attempt.assignment):
            found = taking.result(attempt=attempt, now=timezone.now())
        unseen = attempt.state == AttemptState.SUBMITTED or showing.withholds_score(attempt)
        shown = {
            **taken(attempt),
            "points": None if unseen else attempt.points,
            "points_waiting": 0 if unseen else attempt.points_waiting,
            "grade": found.grade,
            "items": [result_item(item) for item in found.items],
        }
        return Response(shapes.ResultSerializer(shown).data | {"items": shown["items"]})


def learner(assignment: Assignment, named: UUID | str) -> Person:
    found = access.learner_of(assignment, named)
    if found is None:
        raise Http404("The course has no such learner.")
    return found


@contextmanager
def refusals(assignment: Assignment | None) -> Iterator[None]:
    """The rules that stand against it, as problems."""
    try:
        yield
    except OutsideWindow as error:
        raise outside(assignment) from error
    except NoAttemptLeft as error:
        raise Refused("no-attempt-left") from error
    except TooSoon as error:
        raise Refused("too-soon", f"The next can begin at {error.until.isoformat()}.") from error
    except WrongCode as error:
        raise Refused("wrong-code") from error
    except NotPublished as error:
        raise Refused("not-published") from error
    except NotChecked as error:
        raise Refused("not-checked") from error
    except AttemptClosed as error:
        raise Refused("attempt-closed") from error
    except NotSubmitted as error:
        raise Refused("not-submitted") from error
    except InvalidAnswer as error:
        raise Refused("invalid-answer", str(error)) from error


def outside(assignment: Assignment | None) -> Refused:
    window = windows.of(assignment) if assignment else windows.Window()
    if window.is_early(timezone.now()) and window.opens_at:
        return Refused("not-open-yet", f"It opens at {window.opens_at.isoformat()}.")
    return Refused("closed", f"It closed at {window.closes_at.isoformat()}." if window.closes_at else "")


def taken(attempt: Attempt) -> dict[str, Any]:
    fields = ("id", "assignment_id", "person_id", "number", "state", "started_at", "submitted_at", "points_max")
    return {name: getattr(attempt, name) for name in fields}


def begun(attempt: Attempt, assignment: Assignment) -> dict[str, Any]:
    shown = taken(attempt) | times(attempt) | {"questions": []}
    return shapes.BegunSerializer(shown).data | {"questions": [question(one) for one in attempts.questions(attempt)]}


def times(attempt: Attempt) -> dict[str, Any]:
    more = {"offer": clock.offered(attempt), "taken": len(attempt.extensions)}
    return {"due_at": attempt.due_at, "deadline_at": attempt.deadline_at, **more}


def question(one: Question) -> dict[str, Any]:
    return {
        "position": one.position,
        "id": one.item_version_id,
        "identifier": one.identifier,
        "kind": one.kind,
        "points": one.points,
        **one.public,
        "before": one.before,
        "after": one.after,
        "answer": one.answer,
        "seq": one.seq,
        "checked": one.checked,
    }


def regrade(one: Regrade) -> dict[str, Any]:
    return {"choice": one.choice, "reason": one.reason, "at": one.committed_at}


def result_item(item: ItemResult) -> dict[str, Any]:
    shown = ("rationale", "expected", "section")
    return {
        "position": item.position,
        "id": item.item_version_id,
        "identifier": item.identifier,
        "kind": item.kind,
        **item.public,
        "answer": item.answer,
        "answer_text": item.answer_text,
        "state": item.state,
        "points": item.points,
        "points_max": item.points_max,
        "note": item.note,
        "regrade": regrade(item.regrade) if item.regrade else None,
        "feedback": {name: item.feedback[name] for name in shown} if item.feedback else None,
    }

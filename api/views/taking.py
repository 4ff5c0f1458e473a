"""Taking a check without our pages: a trusted front end acts for a learner whom it names.

The rules are those of the pages: the same functions begin, save, submit and show.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from api import serializers as shapes
from api.parsing import JsonParser
from api.problems import Refused
from api.views.base import Keyed
from assessment import access, attempts, responses, showing, taking
from assessment.attempts import ItemResult, NoAttemptLeft, NotPublished, OutsideWindow, Question, TooSoon, WrongCode
from assessment.models import Assignment, Attempt, AttemptState
from assessment.placement import windows
from assessment.responses import AttemptClosed, InvalidAnswer, NotChecked
from assessment.taking import NotSubmitted
from content import item_types
from roster.models import Person

PROBLEM = OpenApiResponse(description="Its `type` says which rule stands against it.")
MINE = "Needs the scope `attempts:write`."
VERDICTS = ["right", "partly", "wrong", "waiting", "hidden", "dropped"]
VERDICT = "Hidden where the policy shows no more; dropped where a regrade took the question out of the points."


class Strict(serializers.Serializer[Any]):
    """Refuses fields that it does not know: one gone wrong must not pass as one left out."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = sorted(map(str, data.keys() - self.fields.keys())) if isinstance(data, Mapping) else []
        if unknown:
            raise serializers.ValidationError({name: ["Unknown here."] for name in unknown})
        return super().to_internal_value(data)


class LmsUser(Strict):
    lms_id = serializers.CharField(required=False, max_length=255, trim_whitespace=False)
    sub = serializers.CharField(required=False, max_length=255, trim_whitespace=False)

    def validate(self, attrs: dict[str, str]) -> dict[str, str]:
        if len(attrs) != 1:
            raise serializers.ValidationError("Give either `lms_id` or `sub`.")
        return attrs


def _lms_user(name: str) -> dict[str, Any]:
    text = {"type": "string", "maxLength": 255, "pattern": "^[!-~]+$"}
    return {"type": "object", "properties": {name: text}, "required": [name], "additionalProperties": False}


@extend_schema_field(
    {"oneOf": [{"type": "string", "format": "uuid"}, _lms_user("lms_id"), _lms_user("sub")]},
)
class PersonField(serializers.Field[Any, Any, Any, Any]):
    """An id of ours, or what the assignment's LMS calls the person."""

    def to_internal_value(self, data: Any) -> UUID | str:
        if isinstance(data, str):
            found: UUID = serializers.UUIDField().run_validation(data)
            return found
        user = LmsUser(data=data)
        user.is_valid(raise_exception=True)
        [sub] = user.validated_data.values()
        return str(sub)


class WholeField(serializers.IntegerField):
    """A number, not text that reads like one."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, (int, float)) or data % 1:
            self.fail("invalid")
        return int(data)


class BeginRequest(Strict):
    person = PersonField(help_text="The id of a learner of the course; or its id in the LMS (LTI's `sub`).")
    code = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=64,
        help_text="The access code, where the assignment asks for one.",
    )


class AnswerRequest(Strict):
    answer = serializers.JSONField(allow_null=True, help_text="As its kind takes it; null or empty takes it back.")
    seq = WholeField(
        required=False,
        min_value=1,
        max_value=responses.HIGHEST_SEQ,
        help_text="Higher than that of the answer before. Left out, the answer takes the next number.",
    )
    seconds = WholeField(
        default=0, min_value=0, help_text="How long the question was in sight since the last save of it."
    )


class QuestionSerializer(serializers.Serializer[Any]):
    """A question as this learner gets it; never the key. More comes with its kind."""

    position = serializers.IntegerField(help_text="From 1, as this learner sees it.")
    id = serializers.UUIDField(help_text="Of this version of the item.")
    identifier = serializers.CharField(help_text="Stable within the quiz.")
    kind = serializers.ChoiceField(choices=item_types.KINDS)
    points = serializers.FloatField()
    stem = serializers.CharField(help_text="The question, in Markdown.")
    before = serializers.ListField(child=serializers.CharField(), help_text="Texts before it, in Markdown.")
    after = serializers.ListField(child=serializers.CharField(), help_text="Texts after the last one.")
    answer = serializers.DictField(help_text="What is stored; `{}` when blank.")
    seq = serializers.IntegerField(help_text="Of the stored answer.")
    checked = serializers.BooleanField(help_text="Its answer was checked, and no longer changes.")


class TakenSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    assignment = serializers.UUIDField(source="assignment_id")
    person = serializers.UUIDField(source="person_id")
    number = serializers.IntegerField(help_text="From 1, of this learner on this assignment.")
    state = serializers.ChoiceField(choices=AttemptState.choices)
    started_at = serializers.DateTimeField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    points_max = shapes.number("The most that can be earned.")


class BegunSerializer(TakenSerializer):
    due_at = serializers.DateTimeField(allow_null=True, help_text="What is submitted later is late.")
    deadline_at = serializers.DateTimeField(allow_null=True, help_text="When the server submits it as it stands.")
    questions = QuestionSerializer(many=True)


class AnswerSerializer(serializers.Serializer[Any]):
    position = serializers.IntegerField()
    seq = serializers.IntegerField()
    answer = serializers.DictField(help_text="As it is stored.")
    saved_at = serializers.DateTimeField()


class FeedbackSerializer(serializers.Serializer[Any]):
    rationale = serializers.CharField(help_text="Of the answer given, in Markdown; may be empty.")
    expected = serializers.ListField(child=serializers.CharField(), help_text="Empty while another attempt may follow.")
    section = serializers.CharField(allow_null=True, help_text="Anchor within the lesson.")


class CheckedSerializer(serializers.Serializer[Any]):
    position = serializers.IntegerField()
    answer = serializers.DictField(help_text="As it is stored; it no longer changes.")
    state = serializers.ChoiceField(choices=VERDICTS, help_text=VERDICT)
    feedback = FeedbackSerializer()


class ResultItemSerializer(serializers.Serializer[Any]):
    position = serializers.IntegerField()
    id = serializers.UUIDField(help_text="Of this version of the item.")
    identifier = serializers.CharField()
    kind = serializers.ChoiceField(choices=item_types.KINDS)
    stem = serializers.CharField(help_text="The question, in Markdown.")
    answer = serializers.DictField(help_text="`{}` when blank.")
    answer_text = serializers.CharField(help_text="The answer in plain text; empty when blank.")
    state = serializers.ChoiceField(choices=VERDICTS, help_text=VERDICT)
    points = shapes.number("Null while it waits, or where the policy shows the score only.", allow_null=True)
    points_max = shapes.number("The most that the item can earn.")
    note = serializers.CharField(help_text="From the teacher; may be empty.")
    feedback = FeedbackSerializer(allow_null=True, help_text="Null where the policy or the state forbids it.")


class ResultGradeSerializer(serializers.Serializer[Any]):
    attempt = serializers.UUIDField(source="attempt_id", help_text="The attempt that counts.")
    points = shapes.number()
    points_max = shapes.number()


class ResultSerializer(TakenSerializer):
    points = shapes.number("Marked so far; null while the attempt is being marked.", allow_null=True)
    points_waiting = shapes.number("May still be earned from a person.")
    grade = ResultGradeSerializer(allow_null=True, help_text="What counts for the learner on this assignment.")
    items = ResultItemSerializer(many=True, help_text="Empty while the attempt is being marked.")


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


class Begin(Taking):
    @extend_schema(
        operation_id="beginAttempt",
        summary="Begin an attempt for a learner",
        tags=["Taking"],
        request=BeginRequest,
        examples=NAMED,
        responses={
            201: BegunSerializer,
            200: OpenApiResponse(BegunSerializer, "The attempt that was open already."),
            409: PROBLEM,
        },
        description=f"{MINE} An attempt that is open already is returned with 200, so that a lost answer can be asked "
        "for again. Problems of 409: `not-open-yet`, `closed`, `no-attempt-left`, `too-soon`, `wrong-code`, "
        "`not-published`.",
    )
    def post(self, request: Request, id: UUID) -> Response:
        assignments = access.assignments_of(self.institution).select_related("quiz", "resource_link__deployment")
        assignment = get_object_or_404(assignments, pk=id)
        sent = BeginRequest(data=request.data)
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
        request=AnswerRequest,
        examples=[ANSWERED],
        responses={200: AnswerSerializer, 409: PROBLEM, 422: PROBLEM},
        description=f"{MINE} Saving the same again changes nothing. Problems: 409 `attempt-closed`, 409 `stale-answer` "
        "(a later one is stored: read `seq`), 422 `invalid-answer`. Files are not taken here: a learner hands them in "
        "on Assay's own pages.",
    )
    def patch(self, request: Request, id: UUID, position: int) -> Response:
        row = access.response_of(self.institution, id, position)
        if row is None:
            raise Http404("There is no such question.")
        sent = AnswerRequest(data=request.data)
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
        return Response(AnswerSerializer(shown).data)


class CheckResponse(Taking):
    @extend_schema(
        operation_id="checkResponse",
        summary="Check the answer to one question",
        tags=["Taking"],
        request=None,
        responses={200: CheckedSerializer, 409: PROBLEM, 422: PROBLEM},
        description=f"{MINE} Where the policy gives feedback on each question: freezes the stored answer and shows of "
        "it what the policy names. Checking again changes nothing. Problems: 409 `attempt-closed`, 409 `not-checked` "
        "(the policy shows nothing before the end), 422 `invalid-answer` (there is no answer yet).",
    )
    def post(self, request: Request, id: UUID, position: int) -> Response:
        row = access.response_of(self.institution, id, position)
        if row is None:
            raise Http404("There is no such question.")
        with refusals(row.attempt.assignment):
            responses.check(attempt=row.attempt, item_version_id=row.item_version_id, now=timezone.now())
        [asked] = [one for one in attempts.questions(row.attempt) if one.position == position]
        feedback = asked.feedback or {}
        shown = {"position": position, "answer": asked.answer, "state": feedback["state"]}
        return Response(CheckedSerializer(shown | {"feedback": feedback}).data)


class Submit(Taking):
    @extend_schema(
        operation_id="submitAttempt",
        summary="Hand an attempt in",
        tags=["Taking"],
        request=None,
        responses=TakenSerializer,
        description=f"{MINE} Marking follows in the background: see `getResult`. Submitting again changes nothing.",
    )
    def post(self, request: Request, id: UUID) -> Response:
        return Response(TakenSerializer(attempts.submit(attempt=self.attempt(id), now=timezone.now())).data)


class ResultOf(Taking):
    @extend_schema(
        operation_id="getResult",
        summary="Read the result as its learner may",
        tags=["Taking"],
        responses={200: ResultSerializer, 409: PROBLEM},
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
        return Response(ResultSerializer(shown).data | {"items": shown["items"]})


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
    shown = taken(attempt) | {"due_at": attempt.due_at, "deadline_at": attempt.deadline_at, "questions": []}
    return BegunSerializer(shown).data | {"questions": [question(one) for one in attempts.questions(attempt)]}


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
        "feedback": {name: item.feedback[name] for name in shown} if item.feedback else None,
    }

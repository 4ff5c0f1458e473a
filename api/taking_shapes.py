"""What a trusted front end sends and gets (`views/taking.py`)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api import serializers as shapes
from assessment import responses
from assessment.models import AttemptState, RegradeChoice
from content import item_types

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


class ExtendRequest(Strict):
    taken = WholeField(min_value=0, help_text="As you last read it: asking twice gives the time once.")


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


class TimesSerializer(serializers.Serializer[Any]):
    due_at = serializers.DateTimeField(allow_null=True, help_text="What is submitted later is late.")
    deadline_at = serializers.DateTimeField(allow_null=True, help_text="When the server submits it as it stands.")
    offer = serializers.IntegerField(help_text="Minutes that the learner may take on top; 0 for none.")
    taken = serializers.IntegerField(help_text="How often the learner took more time.")


class BegunSerializer(TakenSerializer, TimesSerializer):
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


class ResultRegradeSerializer(serializers.Serializer[Any]):
    choice = serializers.ChoiceField(choices=RegradeChoice.choices, help_text="What the answers earn since then.")
    reason = serializers.CharField(help_text="The teacher's, to the learners.")
    at = serializers.DateTimeField()


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
    regrade = ResultRegradeSerializer(allow_null=True, help_text="What gave the mark, where that was a regrade.")
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

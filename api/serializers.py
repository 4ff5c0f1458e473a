"""The shapes that leave the API. The fields of a list are also the columns of its CSV, in this order."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.choosing import Row
from api.figures import MOST
from assessment.models import Assignment, Attempt, Grade, MarkedBy, Population
from content import item_types
from content.models import Quiz
from roster.models import Course, Person


def number(help_text: str = "Points.", **options: Any) -> serializers.FloatField:
    """A number in JSON, as every reader expects; the three decimals of points survive it."""
    return serializers.FloatField(help_text=help_text, read_only=True, **options)


def identifier(source: str, help_text: str, **options: Any) -> serializers.UUIDField:
    return serializers.UUIDField(source=source, help_text=help_text, read_only=True, **options)


def word(source: str, help_text: str) -> serializers.CharField:
    return serializers.CharField(source=source, help_text=help_text, read_only=True)


class WithPerson(Row):
    """A person is an id; name and e-mail are null unless the key may read people."""

    person_name = serializers.SerializerMethodField(help_text="Null without the scope `people:read`.")
    person_email = serializers.SerializerMethodField(help_text="Null without the scope `people:read`.")

    def get_person_name(self, row: Any) -> str | None:
        person = self.person_of(row)
        return person.display_name if person and self.context.get("names") else None

    def get_person_email(self, row: Any) -> str | None:
        person = self.person_of(row)
        return person.email if person and self.context.get("names") else None

    def person_of(self, row: Any) -> Person | None:
        found: Person | None = row.person
        return found


class WithAssignment(WithPerson):
    """What was done on an assignment, with names beside the ids."""

    assignment = identifier("assignment_id", "Id of the assignment.")
    assignment_title = word("assignment.title", "As the course names it.")
    course = identifier("assignment.course_id", "Id of the course.", allow_null=True)
    course_title = serializers.SerializerMethodField(help_text="As the LMS gave it.")
    quiz = word("assignment.quiz.slug", "Slug of the quiz.")
    quiz_title = serializers.SerializerMethodField(help_text="Of the quiz's current version.")

    def get_course_title(self, row: Any) -> str | None:
        return title_of(self.assignment_of(row).course)

    def get_quiz_title(self, row: Any) -> str | None:
        return quiz_title(self.assignment_of(row).quiz)

    def assignment_of(self, row: Any) -> Assignment:
        found: Assignment = row.assignment
        return found


def title_of(course: Course | None) -> str | None:
    return str(course) if course else None


def quiz_title(quiz: Quiz) -> str | None:
    return quiz.current.title if quiz.current else None


class AssignmentSerializer(Row, serializers.ModelSerializer[Assignment]):
    """The dates are those entered here; an LMS may tell other ones at each learner's launch, which are not kept."""

    quiz = word("quiz.slug", "Slug of the quiz.")
    quiz_title = serializers.SerializerMethodField(help_text="Of the quiz's current version.")
    course = identifier("course_id", "Id of the course.", allow_null=True)
    course_title = serializers.SerializerMethodField(help_text="As the LMS gave it.")

    class Meta:
        model = Assignment
        fields = [
            "id", "title", "quiz", "quiz_title", "course", "course_title", "opens_at", "due_at", "closes_at",
            "max_attempts", "counts", "while_waiting", "time_limit", "extensions", "extension_minutes", "late_percent",
            "cool_down", "show_mark", "show_answer", "show_rationale", "show_section", "scores_held", "released_at",
            "created_at", "updated_at",
        ]  # fmt: skip

    def get_course_title(self, row: Assignment) -> str | None:
        return title_of(row.course)

    def get_quiz_title(self, row: Assignment) -> str | None:
        return quiz_title(row.quiz)


class AttemptSerializer(WithAssignment, serializers.ModelSerializer[Attempt]):
    person = identifier("person_id", "Id of the learner.")
    quiz_version = serializers.IntegerField(
        source="quiz_version.number", read_only=True, help_text="Number of the version that was answered."
    )
    seconds = serializers.SerializerMethodField(help_text="From the start to the submission; null before that.")
    points = number("Marked so far.")
    points_waiting = number("May still be earned from a person.")
    points_max = number("The most that can be earned.")

    class Meta:
        model = Attempt
        fields = [
            "id", "assignment", "assignment_title", "course", "course_title", "person", "person_name", "person_email",
            "number", "state", "quiz", "quiz_title", "quiz_version", "started_at", "submitted_at", "marked_at",
            "seconds", "items_total", "items_marked", "points", "points_waiting", "points_max", "updated_at",
        ]  # fmt: skip

    def get_seconds(self, row: Attempt) -> int | None:
        return int((row.submitted_at - row.started_at).total_seconds()) if row.submitted_at else None


class MarkSerializer(serializers.Serializer[Any]):
    points = number()
    by = serializers.ChoiceField(choices=MarkedBy.choices, help_text="A suggestion gives full credit only.")
    tier = serializers.CharField(help_text="The step of marking that decided.")
    person = serializers.UUIDField(source="person_id", allow_null=True, help_text="Id of the person who marked.")
    note = serializers.CharField(help_text="To the learner.")
    created_at = serializers.DateTimeField()


class ResponseSerializer(serializers.Serializer[Any]):
    position = serializers.IntegerField(help_text="From 1.")
    item = serializers.CharField(help_text="Identifier of the item within its quiz.")
    item_version = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=item_types.KINDS)
    answer = serializers.DictField(help_text="As its kind keeps it; `{}` when blank.")
    answer_text = serializers.CharField(help_text="The answer in plain text; empty when blank.")
    saved_at = serializers.DateTimeField()
    waiting = serializers.BooleanField(help_text="Submitted, and a person has to mark it.")
    points = number("Of the mark that counts; null before marking.", allow_null=True)
    points_max = number("The most that the item can earn.")
    marked_by = serializers.ChoiceField(choices=MarkedBy.choices, allow_null=True, help_text="Of the mark that counts.")
    marks = MarkSerializer(many=True, help_text="Every mark, oldest first.")


class AttemptDetailSerializer(AttemptSerializer):
    responses = serializers.SerializerMethodField(help_text="In the order of the quiz.")

    class Meta(AttemptSerializer.Meta):
        fields = [*AttemptSerializer.Meta.fields, "responses"]

    @extend_schema_field(ResponseSerializer(many=True))
    def get_responses(self, row: Attempt) -> Any:
        return ResponseSerializer(self.context["responses"], many=True).data


class GradeSerializer(WithAssignment, serializers.ModelSerializer[Grade]):
    person = identifier("person_id", "Id of the learner.")
    attempt = identifier("attempt_id", "Id of the attempt that counts.")
    points = number("Marked so far.")
    points_max = number("The most that can be earned.")

    class Meta:
        model = Grade
        fields = [
            "id", "assignment", "assignment_title", "course", "course_title", "quiz", "quiz_title", "person",
            "person_name", "person_email", "attempt", "state", "points", "points_max", "updated_at",
        ]  # fmt: skip


class FigureSerializer(serializers.Serializer[Any]):
    """One number with what is needed to read it."""

    value = serializers.FloatField(allow_null=True, help_text="Null where it is undefined or hidden: see `reason`.")
    ci = serializers.ListField(
        child=serializers.FloatField(), min_length=2, max_length=2, allow_null=True, help_text="Low and high limit."
    )
    level = serializers.FloatField(help_text="Confidence level of the interval.")
    n = serializers.IntegerField(help_text="Attempts behind the figure.")
    method = serializers.CharField(help_text="Formula and kind of interval.")
    provisional = serializers.BooleanField(help_text="Fewer than 30 attempts: read it with care.")
    reason = serializers.CharField(allow_null=True, help_text="Why the value or the interval is missing.")


class ThirdsSerializer(serializers.Serializer[Any]):
    lower = FigureSerializer()
    middle = FigureSerializer()
    upper = FigureSerializer()


class QuartilesSerializer(serializers.Serializer[Any]):
    median = FigureSerializer()
    q1 = FigureSerializer()
    q3 = FigureSerializer()


class CommonAnswerSerializer(serializers.Serializer[Any]):
    answer = serializers.CharField(help_text="In its normal form; in a gap text after the number of the gap.")
    count = serializers.IntegerField()
    share = FigureSerializer()


class BinSerializer(serializers.Serializer[Any]):
    n = serializers.IntegerField()

    def get_fields(self) -> dict[str, Any]:
        limits = {name: serializers.FloatField(help_text="In points.") for name in ("from", "to")}
        return {**limits, **super().get_fields()}


class CategorySerializer(serializers.Serializer[Any]):
    category = serializers.CharField(help_text="Id of the option; empty for no answer.")
    label = serializers.CharField()  # type: ignore[assignment]
    keyed = serializers.BooleanField(help_text="Whether it earns full credit.")
    count = serializers.IntegerField(
        allow_null=True, help_text="Answers in it, of which each may be in several; null while hidden."
    )
    share = FigureSerializer()
    share_of_wrong = FigureSerializer(help_text="Among the answers without full points.")
    rest_correlation = FigureSerializer(help_text="A wrong option above 0 is worth a look.")
    point_biserial = FigureSerializer(help_text="Correlation with the total, this item included.")
    thirds = ThirdsSerializer(help_text="Share of each third of the learners, by total, that chose it.")


class ItemStatisticsSerializer(serializers.Serializer[Any]):
    position = serializers.IntegerField()
    identifier = serializers.CharField()
    item_version = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=item_types.KINDS)
    stem = serializers.CharField(help_text="In plain text.")
    points_max = serializers.FloatField()
    dropped = serializers.BooleanField(help_text="A regrade took it out of the points.")
    n = serializers.IntegerField(help_text="Attempts in which the points of this item are known.")
    facility = FigureSerializer(help_text="Mean share of the points, 0 to 1.")
    blanks = serializers.IntegerField(allow_null=True, help_text="Answers left empty; null while hidden.")
    sd = FigureSerializer(help_text="In points.")
    discrimination = FigureSerializer(help_text="Corrected item-rest correlation.")
    discriminative_efficiency = FigureSerializer(help_text="Share of the largest covariance with the rest.")
    intended_weight = FigureSerializer(help_text="Share of all points.")
    effective_weight = FigureSerializer(help_text="Share of the spread of the machine-marked total.")
    guess = FigureSerializer(help_text="Share of the points that random answers earn.")
    upper_lower = FigureSerializer(help_text="Best 27 % less weakest 27 %, by total.")
    point_biserial = FigureSerializer(help_text="Correlation with the total, this item included.")
    alpha_if_deleted = FigureSerializer()
    seconds = QuartilesSerializer(help_text="In sight of the learner.")
    categories = CategorySerializer(many=True)
    common_answers = CommonAnswerSerializer(many=True, help_text="Typed answers, the ten most frequent.")


class ScoreStatisticsSerializer(serializers.Serializer[Any]):
    points_max = serializers.FloatField(help_text=MOST)
    mean = FigureSerializer(help_text="Of complete attempts, in points.")
    sd = FigureSerializer()
    median = FigureSerializer()
    q1 = FigureSerializer()
    q3 = FigureSerializer()
    min = FigureSerializer()
    max = FigureSerializer()
    skewness = FigureSerializer()
    kurtosis = FigureSerializer()
    histogram = BinSerializer(many=True, help_text="Ten bins of equal width.")


class MachineMarkedSerializer(serializers.Serializer[Any]):
    """The part that rules mark. It is known for every submitted attempt, also while an open answer waits."""

    items = serializers.IntegerField()
    points_max = serializers.FloatField()
    mean = FigureSerializer()
    sd = FigureSerializer()
    alpha = FigureSerializer()
    sem = FigureSerializer(help_text="Standard error of measurement, in points.")
    error_ratio = FigureSerializer(help_text="SEM as a share of the standard deviation.")


class QuizVersionSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.IntegerField()


class AnsweredVersionSerializer(QuizVersionSerializer):
    n = serializers.IntegerField()


class StatisticsSerializer(serializers.Serializer[Any]):
    def get_fields(self) -> dict[str, Any]:
        days = {name: serializers.DateField(allow_null=True) for name in ("from", "to")}
        return super().get_fields() | days

    generated_at = serializers.DateTimeField(help_text="When these figures last changed.")
    folded_at = serializers.DateTimeField(allow_null=True, help_text="When attempts were last added to the sums.")
    pending = serializers.IntegerField(help_text="Changes that wait to be added.")
    assignment = serializers.UUIDField(allow_null=True, help_text="Null over all assignments of the quiz.")
    quiz = serializers.UUIDField()
    population = serializers.ChoiceField(choices=Population.choices)
    group = serializers.UUIDField(allow_null=True)
    quiz_version = QuizVersionSerializer()
    versions = AnsweredVersionSerializer(many=True, help_text="Versions that were answered, oldest first.")
    n = serializers.IntegerField(help_text="Attempts.")
    waiting = serializers.IntegerField(help_text="Attempts with an answer that waits for a person.")
    score = ScoreStatisticsSerializer()
    seconds = QuartilesSerializer(help_text="From start to submission.")
    machine_marked = MachineMarkedSerializer()
    items = ItemStatisticsSerializer(many=True)


class SectionSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="Anchor within the lesson page.")
    title = serializers.CharField()
    kind = serializers.ChoiceField(choices=["prose", "points"])
    paragraphs = serializers.ListField(child=serializers.CharField())


class PublishedSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    version = serializers.IntegerField(help_text="Number of the current version.")
    version_id = serializers.UUIDField()
    title = serializers.CharField()
    content_hash = serializers.CharField(help_text="Names the content of this version.")
    published_at = serializers.DateTimeField()


class LessonSerializer(PublishedSerializer):
    summary = serializers.CharField()
    minutes = serializers.IntegerField(help_text="Time to read, in minutes.")
    reviewed = serializers.IntegerField(help_text="Year of the newest review.")
    quizzes = serializers.ListField(child=serializers.CharField(), help_text="Slugs of its quizzes.")


class LessonDetailSerializer(LessonSerializer):
    sections = SectionSerializer(many=True)


class PublicItemSerializer(serializers.Serializer[Any]):
    """A question as a learner sees it before answering: without key, credit or rationale. More comes with its kind."""

    id = serializers.UUIDField(help_text="Of this version of the item.")
    identifier = serializers.CharField(help_text="Stable within the quiz.")
    version = serializers.IntegerField()
    position = serializers.IntegerField(help_text="From 1.")
    kind = serializers.ChoiceField(choices=item_types.KINDS)
    points = serializers.FloatField()
    stem = serializers.CharField(help_text="The question.")


class QuizSerializer(PublishedSerializer):
    lesson = serializers.CharField(allow_null=True, help_text="Slug of its lesson.")
    points = serializers.FloatField(help_text="The most that can be earned.")


class QuizDetailSerializer(QuizSerializer):
    items = PublicItemSerializer(many=True)

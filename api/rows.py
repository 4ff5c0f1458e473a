"""The rows of the flat lists, beside those in `serializers`. Their fields are also the columns of the CSV."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.choosing import Row
from api.serializers import WithAssignment, WithPerson, identifier, number, title_of, word
from assessment.models import Assignment, Mark, MarkedBy, Response
from content import item_types
from lti.models import Live, Score, ScoreState
from roster.models import Change, Course, Enrollment, Group, Person, Role


class CourseSerializer(Row, serializers.ModelSerializer[Course]):
    class Meta:
        model = Course
        fields = ["id", "title", "label", "created_at", "updated_at"]


class PersonSerializer(Row, serializers.ModelSerializer[Person]):
    name = serializers.CharField(source="display_name", read_only=True, help_text="As the LMS shows it, or a label.")

    class Meta:
        model = Person
        fields = ["id", "name", "given_name", "family_name", "email", "created_at", "updated_at"]


class EnrollmentSerializer(WithPerson, serializers.ModelSerializer[Enrollment]):
    course = identifier("course_id", "Id of the course.")
    course_title = serializers.SerializerMethodField(help_text="As the LMS gave it.")
    person = identifier("person_id", "Id of the person.")
    role = serializers.ChoiceField(choices=Role.choices)
    active = serializers.BooleanField(help_text="False: the LMS no longer lists the person there.")

    class Meta:
        model = Enrollment
        fields = [
            "id", "course", "course_title", "person", "person_name", "person_email", "role", "active", "updated_at",
        ]  # fmt: skip

    def get_course_title(self, row: Enrollment) -> str | None:
        return title_of(row.course)


class GroupSerializer(Row, serializers.ModelSerializer[Group]):
    course = identifier("course_id", "Id of the course.")
    course_title = serializers.SerializerMethodField(help_text="As the LMS gave it.")
    members = serializers.SerializerMethodField(help_text="Ids of the people in it.")

    class Meta:
        model = Group
        fields = ["id", "course", "course_title", "group_id", "name", "set_name", "members", "updated_at"]
        extra_kwargs = {"group_id": {"help_text": "The LMS's own id of it."}}

    def get_course_title(self, row: Group) -> str | None:
        return title_of(row.course)

    @extend_schema_field(serializers.ListField(child=serializers.UUIDField()))
    def get_members(self, row: Group) -> list[str]:
        return sorted(str(person.pk) for person in row.members.all())


class OfAttempt(WithAssignment):
    """What belongs to an attempt. `attempt_of` leads to it."""

    attempt = identifier("attempt_id", "Id of the attempt.")
    assignment = identifier("attempt.assignment_id", "Id of the assignment.")
    assignment_title = word("attempt.assignment.title", "As the course names it.")
    course = identifier("attempt.assignment.course_id", "Id of the course.", allow_null=True)
    quiz = word("attempt.assignment.quiz.slug", "Slug of the quiz.")
    person = identifier("attempt.person_id", "Id of the learner.")
    updated_at = serializers.DateTimeField(source="attempt.updated_at", read_only=True, help_text="Of the attempt.")

    def assignment_of(self, row: Any) -> Assignment:
        found: Assignment = row.attempt.assignment
        return found

    def person_of(self, row: Any) -> Person | None:
        found: Person | None = row.attempt.person
        return found


class ResponseRowSerializer(OfAttempt, serializers.ModelSerializer[Response]):
    attempt_number = serializers.IntegerField(source="attempt.number", read_only=True, help_text="From 1.")
    quiz_version = serializers.IntegerField(source="attempt.quiz_version.number", read_only=True)
    item = word("item_version.item.identifier", "Identifier of the item within its quiz.")
    item_version = identifier("item_version_id", "Id of the wording and key that was answered.")
    kind = serializers.ChoiceField(choices=item_types.KINDS, source="item_version.kind", read_only=True)
    answer = serializers.DictField(help_text="As its kind keeps it; `{}` when blank.", read_only=True)
    answer_text = serializers.SerializerMethodField(help_text="The answer in plain text; empty when blank.")
    options = serializers.SerializerMethodField(help_text="What was chosen, by the ids of `/statistics/options`.")
    points = serializers.SerializerMethodField(help_text="Of the mark that counts; null before marking.")
    points_max = number("The most that the item can earn.", source="item_version.points")
    credit = serializers.SerializerMethodField(help_text="Share of the points, 0 to 1; null before marking.")
    seconds = serializers.IntegerField(
        read_only=True, help_text="How long the page showed it; 0 where nobody measured."
    )
    marked_by = serializers.SerializerMethodField(help_text="Of the mark that counts.")
    submitted_at = serializers.DateTimeField(source="attempt.submitted_at", read_only=True)

    class Meta:
        model = Response
        fields = [
            "id", "attempt", "attempt_number", "assignment", "assignment_title", "course", "course_title", "quiz",
            "quiz_title", "quiz_version", "person", "person_name", "person_email", "item", "item_version", "position",
            "kind", "answer", "answer_text", "options", "points", "points_max", "credit", "seconds", "waiting",
            "marked_by", "submitted_at", "updated_at",
        ]  # fmt: skip

    def get_answer_text(self, row: Response) -> str:
        return item_types.get(row.item_version.kind).text(row.body, row.answer)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_options(self, row: Response) -> list[str]:
        chosen = item_types.get(row.item_version.kind).categorise(row.body, row.answer) if row.answer else None
        return [name for name in chosen or [] if name]

    @extend_schema_field(serializers.FloatField(allow_null=True))
    def get_points(self, row: Response) -> float | None:
        return float(counting.points) if (counting := counting_mark(row)) else None

    @extend_schema_field(serializers.FloatField(allow_null=True))
    def get_credit(self, row: Response) -> float | None:
        points, most = self.get_points(row), row.item_version.points
        return round(points / float(most), 6) if points is not None and most else None

    @extend_schema_field(serializers.ChoiceField(choices=MarkedBy.choices, allow_null=True))
    def get_marked_by(self, row: Response) -> str | None:
        return counting.by if (counting := counting_mark(row)) else None


def counting_mark(row: Response) -> Mark | None:
    """The newest; `marks` are there already."""
    return max(row.marks.all(), key=lambda mark: (mark.created_at, mark.pk), default=None)


class MarkRowSerializer(OfAttempt, serializers.ModelSerializer[Mark]):
    response = identifier("response_id", "Id of the response.")
    attempt = identifier("response.attempt_id", "Id of the attempt.")
    assignment = identifier("response.attempt.assignment_id", "Id of the assignment.")
    assignment_title = word("response.attempt.assignment.title", "As the course names it.")
    course = identifier("response.attempt.assignment.course_id", "Id of the course.", allow_null=True)
    quiz = word("response.attempt.assignment.quiz.slug", "Slug of the quiz.")
    person = identifier("response.attempt.person_id", "Id of the learner.")
    item = word("response.item_version.item.identifier", "Identifier of the item within its quiz.")
    points = number()
    by = serializers.ChoiceField(choices=MarkedBy.choices, help_text="A suggestion gives full credit only.")
    marker = identifier("person_id", "Id of the person who marked.", allow_null=True)
    updated_at = serializers.DateTimeField(
        source="response.attempt.updated_at", read_only=True, help_text="Of the attempt."
    )

    class Meta:
        model = Mark
        fields = [
            "id", "response", "attempt", "assignment", "assignment_title", "course", "course_title", "quiz",
            "quiz_title", "person", "person_name", "person_email", "item", "points", "by", "tier", "marker", "note",
            "created_at", "updated_at",
        ]  # fmt: skip

    def assignment_of(self, row: Mark) -> Assignment:
        assert row.response.attempt.assignment is not None
        return row.response.attempt.assignment

    def person_of(self, row: Mark) -> Person | None:
        return row.response.attempt.person


class DeliverySerializer(WithAssignment, serializers.ModelSerializer[Score]):
    """How a score does on its way to the gradebook, and what the LMS said."""

    assignment = identifier("line_item.resource_link.assignment.pk", "Id of the assignment.")
    assignment_title = word("line_item.resource_link.assignment.title", "As the course names it.")
    course = identifier("line_item.resource_link.assignment.course_id", "Id of the course.", allow_null=True)
    quiz = word("line_item.resource_link.assignment.quiz.slug", "Slug of the quiz.")
    person = identifier("platform_user.person_id", "Id of the learner.")
    state = serializers.ChoiceField(choices=ScoreState.choices)
    points = number("What the gradebook should have.", source="score_given")
    points_max = number("Of that.", source="score_maximum")
    final = serializers.BooleanField(read_only=True, help_text="False while an answer waits for a person.")
    tries = serializers.IntegerField(read_only=True, help_text="Of sending it as it is now.")
    status = serializers.IntegerField(
        source="last_status", allow_null=True, read_only=True, help_text="HTTP status; null: no answer came."
    )
    answer = word("last_answer", "The LMS's own words.")
    hint = serializers.CharField(read_only=True, help_text="What a teacher can do about it.")
    live = serializers.ChoiceField(
        choices=[("", ""), *Live.choices], read_only=True, help_text="What the gradebook showed when it was last read."
    )
    live_points = number("Which points that were.", source="live_given", allow_null=True)
    live_points_max = number("Of that.", source="live_maximum", allow_null=True)

    class Meta:
        model = Score
        fields = [
            "id", "assignment", "assignment_title", "course", "course_title", "quiz", "quiz_title", "person",
            "person_name", "person_email", "state", "points", "points_max", "final", "submitted_at", "tries",
            "next_try_at", "delivered_at", "status", "answer", "hint", "live", "live_points", "live_points_max",
            "live_at", "updated_at",
        ]  # fmt: skip

    def assignment_of(self, row: Score) -> Assignment:
        found: Assignment = getattr(row.line_item.resource_link, "assignment")  # noqa: B009
        return found

    def person_of(self, row: Score) -> Person | None:
        return row.platform_user.person


KINDS = {
    "course": "assignments:read",
    "person": "people:read",
    "enrollment": "people:read",
    "group": "assignments:read",
    "assignment": "assignments:read",
    "attempt": "attempts:read",
    "response": "attempts:read",
    "mark": "attempts:read",
    "grade": "grades:read",
    "delivery": "grades:read",
}


class ChangeSerializer(Row, serializers.ModelSerializer[Change]):
    kind = serializers.ChoiceField(choices=list(KINDS), help_text="The list that it was in.")
    row = serializers.UUIDField(help_text="The id that it had there.")

    class Meta:
        model = Change
        fields = ["id", "kind", "row", "at"]

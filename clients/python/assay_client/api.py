"""The operations of the Assay API and the rows that they give. Written by `make client`: not by hand."""

from collections.abc import Iterator
from typing import Any, Literal, NotRequired, TypedDict

from assay_client.http import Http

# mypy: no-warn-return-any

AttemptState = Literal["in_progress", "submitted", "needs_review", "marked"]

CountsEnum = Literal["highest", "latest", "first"]

FeedbackEnum = Literal["after_submit", "never"]

FormatEnum = Literal["qti3", "qti2", "cc", "qti1", "moodle", "markdown", "csv", "aiken", "gift", "sheet"]

GradeState = Literal["provisional", "final"]

ImportStateEnum = Literal["queued", "running", "done", "failed"]

ItemKind = Literal[
    "choice",
    "cloze",
    "description",
    "file_upload",
    "hotspot",
    "matching",
    "multiple_response",
    "numeric",
    "open_text",
    "ordering",
    "short_text",
    "true_false",
]

MarkedBy = Literal["rule", "suggestion", "person"]

PopulationEnum = Literal["first", "all"]

ResultItemStateEnum = Literal["right", "partly", "wrong", "waiting", "hidden"]

SectionKindEnum = Literal["prose", "points"]

WhileWaitingEnum = Literal["marked_part", "nothing"]


class Answer(TypedDict):
    position: int
    seq: int
    answer: dict[str, Any]
    saved_at: str


class AnsweredVersion(TypedDict):
    id: str
    number: int
    n: int


class Assignment(TypedDict):
    id: str
    title: str
    quiz: str
    course: str | None
    course_title: str | None
    opens_at: NotRequired[str | None]
    due_at: NotRequired[str | None]
    closes_at: NotRequired[str | None]
    max_attempts: NotRequired[int | None]
    counts: NotRequired["CountsEnum"]
    feedback: NotRequired["FeedbackEnum"]
    while_waiting: NotRequired["WhileWaitingEnum"]
    created_at: str


class Attempt(TypedDict):
    id: str
    assignment: str
    person: str
    person_name: str | None
    person_email: str | None
    number: NotRequired[int]
    state: NotRequired["AttemptState"]
    quiz: str
    quiz_version: int
    started_at: str
    submitted_at: NotRequired[str | None]
    marked_at: NotRequired[str | None]
    items_total: int
    items_marked: NotRequired[int]
    points: float
    points_waiting: float
    points_max: float


class AttemptDetail(TypedDict):
    id: str
    assignment: str
    person: str
    person_name: str | None
    person_email: str | None
    number: NotRequired[int]
    state: NotRequired["AttemptState"]
    quiz: str
    quiz_version: int
    started_at: str
    submitted_at: NotRequired[str | None]
    marked_at: NotRequired[str | None]
    items_total: int
    items_marked: NotRequired[int]
    points: float
    points_waiting: float
    points_max: float
    responses: list["Response"]


class Begun(TypedDict):
    id: str
    assignment: str
    person: str
    number: int
    state: "AttemptState"
    started_at: str
    submitted_at: str | None
    points_max: float
    due_at: str | None
    questions: list["Question"]


class Category(TypedDict):
    category: str
    label: str
    keyed: bool
    count: int | None
    share: "Figure"
    rest_correlation: "Figure"


class Feedback(TypedDict):
    rationale: str
    expected: list[str]
    section: str | None


class Figure(TypedDict):
    value: float | None
    ci: list[float] | None
    level: float
    n: int
    method: str
    provisional: bool
    reason: str | None


class Grade(TypedDict):
    id: str
    assignment: str
    person: str
    person_name: str | None
    person_email: str | None
    attempt: str
    state: "GradeState"
    points: float
    points_max: float
    updated_at: str


class Import(TypedDict):
    id: str
    name: str
    format: NotRequired[str]
    publish: NotRequired[bool]
    state: NotRequired["ImportStateEnum"]
    progress: NotRequired[int]
    report: NotRequired[Any]
    error: NotRequired[str]
    quiz: str
    created_at: str
    finished_at: NotRequired[str | None]


class ItemStatistics(TypedDict):
    position: int
    identifier: str
    item_version: str
    kind: "ItemKind"
    points_max: float
    n: int
    facility: "Figure"
    discrimination: "Figure"
    categories: list["Category"]


class Lesson(TypedDict):
    id: str
    slug: str
    version: int
    version_id: str
    title: str
    content_hash: str
    published_at: str
    summary: str
    minutes: int
    reviewed: int
    quizzes: list[str]


class LessonDetail(TypedDict):
    id: str
    slug: str
    version: int
    version_id: str
    title: str
    content_hash: str
    published_at: str
    summary: str
    minutes: int
    reviewed: int
    quizzes: list[str]
    sections: list["Section"]


class MachineMarked(TypedDict):
    items: int
    points_max: float
    mean: "Figure"
    sd: "Figure"
    alpha: "Figure"
    sem: "Figure"


class Mark(TypedDict):
    points: float
    by: "MarkedBy"
    tier: str
    person: str | None
    note: str
    created_at: str


class PublicItem(TypedDict):
    id: str
    identifier: str
    version: int
    position: int
    kind: "ItemKind"
    points: float
    stem: str
    options: NotRequired[list[dict[str, Any]]]
    text: NotRequired[str]
    gaps: NotRequired[list[dict[str, Any]]]
    types: NotRequired[list[str]]
    max_size: NotRequired[int]
    max_files: NotRequired[int]
    image: NotRequired[str]
    alt: NotRequired[str]
    width: NotRequired[float]
    height: NotRequired[float]
    areas: NotRequired[list[dict[str, Any]]]
    max_choices: NotRequired[int]
    prompts: NotRequired[list[dict[str, Any]]]
    choices: NotRequired[list[dict[str, Any]]]
    unit: NotRequired[str]
    unit_required: NotRequired[bool]
    max_length: NotRequired[int]
    entries: NotRequired[list[dict[str, Any]]]


class Question(TypedDict):
    position: int
    id: str
    identifier: str
    kind: "ItemKind"
    points: float
    stem: str
    before: list[str]
    after: list[str]
    answer: dict[str, Any]
    seq: int
    options: NotRequired[list[dict[str, Any]]]
    text: NotRequired[str]
    gaps: NotRequired[list[dict[str, Any]]]
    types: NotRequired[list[str]]
    max_size: NotRequired[int]
    max_files: NotRequired[int]
    image: NotRequired[str]
    alt: NotRequired[str]
    width: NotRequired[float]
    height: NotRequired[float]
    areas: NotRequired[list[dict[str, Any]]]
    max_choices: NotRequired[int]
    prompts: NotRequired[list[dict[str, Any]]]
    choices: NotRequired[list[dict[str, Any]]]
    unit: NotRequired[str]
    unit_required: NotRequired[bool]
    max_length: NotRequired[int]
    entries: NotRequired[list[dict[str, Any]]]


class Quiz(TypedDict):
    id: str
    slug: str
    version: int
    version_id: str
    title: str
    content_hash: str
    published_at: str
    lesson: str | None
    points: float


class QuizDetail(TypedDict):
    id: str
    slug: str
    version: int
    version_id: str
    title: str
    content_hash: str
    published_at: str
    lesson: str | None
    points: float
    items: list["PublicItem"]


class QuizVersion(TypedDict):
    id: str
    number: int


class Response(TypedDict):
    position: int
    item: str
    item_version: str
    kind: "ItemKind"
    answer: dict[str, Any]
    answer_text: str
    saved_at: str
    waiting: bool
    points: float | None
    points_max: float
    marked_by: "MarkedBy | None"
    marks: list["Mark"]


class Result(TypedDict):
    id: str
    assignment: str
    person: str
    number: int
    state: "AttemptState"
    started_at: str
    submitted_at: str | None
    points_max: float
    points: float | None
    points_waiting: float
    grade: "ResultGrade | None"
    items: list["ResultItem"]


class ResultGrade(TypedDict):
    attempt: str
    points: float
    points_max: float


class ResultItem(TypedDict):
    position: int
    id: str
    identifier: str
    kind: "ItemKind"
    stem: str
    answer: dict[str, Any]
    answer_text: str
    state: "ResultItemStateEnum"
    points: float | None
    points_max: float
    note: str
    feedback: "Feedback | None"
    options: NotRequired[list[dict[str, Any]]]
    text: NotRequired[str]
    gaps: NotRequired[list[dict[str, Any]]]
    types: NotRequired[list[str]]
    max_size: NotRequired[int]
    max_files: NotRequired[int]
    image: NotRequired[str]
    alt: NotRequired[str]
    width: NotRequired[float]
    height: NotRequired[float]
    areas: NotRequired[list[dict[str, Any]]]
    max_choices: NotRequired[int]
    prompts: NotRequired[list[dict[str, Any]]]
    choices: NotRequired[list[dict[str, Any]]]
    unit: NotRequired[str]
    unit_required: NotRequired[bool]
    max_length: NotRequired[int]
    entries: NotRequired[list[dict[str, Any]]]


class ScoreStatistics(TypedDict):
    points_max: float
    mean: "Figure"
    sd: "Figure"


class Section(TypedDict):
    id: str
    title: str
    kind: "SectionKindEnum"
    paragraphs: list[str]


class Statistics(TypedDict):
    generated_at: str
    folded_at: str | None
    pending: int
    assignment: str
    population: "PopulationEnum"
    quiz_version: "QuizVersion"
    versions: list["AnsweredVersion"]
    n: int
    waiting: int
    score: "ScoreStatistics"
    machine_marked: "MachineMarked"
    items: list["ItemStatistics"]


class Taken(TypedDict):
    id: str
    assignment: str
    person: str
    number: int
    state: "AttemptState"
    started_at: str
    submitted_at: str | None
    points_max: float


class Assay(Http):
    """One institution, by its API key."""

    def list_assignments(
        self, *, course: str | None = None, limit: int | None = None, quiz: str | None = None
    ) -> Iterator["Assignment"]:
        """The institution's assignments, oldest first."""
        return self._rows("GET", "/api/v1/assignments", params={"course": course, "limit": limit, "quiz": quiz})

    def get_assignment(self, id: str) -> "Assignment":
        """One assignment with its policy."""
        return self._json("GET", f"/api/v1/assignments/{id}")

    def begin_attempt(self, id: str, *, person: str | dict[str, Any]) -> "Begun":
        """Begin an attempt for a learner."""
        return self._json("POST", f"/api/v1/assignments/{id}/attempts", json={"person": person})

    def get_statistics(
        self, id: str, *, population: Literal["all", "first"] | None = None, version: int | None = None
    ) -> "Statistics":
        """n, mean, SD, alpha and SEM; per item facility, discrimination and option counts, each with its interval."""
        return self._json(
            "GET", f"/api/v1/assignments/{id}/statistics", params={"population": population, "version": version}
        )

    def list_attempts(
        self,
        *,
        assignment: str | None = None,
        include: Literal["names"] | None = None,
        limit: int | None = None,
        person: str | None = None,
        state: Literal["in_progress", "marked", "needs_review", "submitted"] | None = None,
        submitted_from: str | None = None,
        submitted_to: str | None = None,
    ) -> Iterator["Attempt"]:
        """Learners' attempts, oldest first."""
        return self._rows(
            "GET",
            "/api/v1/attempts",
            params={
                "assignment": assignment,
                "include": include,
                "limit": limit,
                "person": person,
                "state": state,
                "submitted_from": submitted_from,
                "submitted_to": submitted_to,
            },
        )

    def get_attempt(self, id: str, *, include: Literal["names"] | None = None) -> "AttemptDetail":
        """One attempt with every response and all its marks."""
        return self._json("GET", f"/api/v1/attempts/{id}", params={"include": include})

    def save_response(
        self, id: str, position: int, *, answer: Any | None, seq: int | None = None, seconds: int | None = None
    ) -> "Answer":
        """Save the answer to one question."""
        return self._json(
            "PATCH",
            f"/api/v1/attempts/{id}/responses/{position}",
            json={"answer": answer, **self._given({"seq": seq, "seconds": seconds})},
        )

    def get_result(self, id: str) -> "Result":
        """Read the result as its learner may."""
        return self._json("GET", f"/api/v1/attempts/{id}/result")

    def submit_attempt(self, id: str) -> "Taken":
        """Hand an attempt in."""
        return self._json("POST", f"/api/v1/attempts/{id}/submit")

    def list_grades(
        self,
        *,
        assignment: str | None = None,
        include: Literal["names"] | None = None,
        limit: int | None = None,
        person: str | None = None,
        state: Literal["final", "provisional"] | None = None,
        updated_since: str | None = None,
    ) -> Iterator["Grade"]:
        """What counts for each learner on each assignment."""
        return self._rows(
            "GET",
            "/api/v1/grades",
            params={
                "assignment": assignment,
                "include": include,
                "limit": limit,
                "person": person,
                "state": state,
                "updated_since": updated_since,
            },
        )

    def import_content(self, *, file: str, format: "FormatEnum | None" = None, publish: bool | None = None) -> "Import":
        """Hand in a file of questions."""
        return self._json(
            "POST", "/api/v1/imports", form={"file": file, **self._given({"format": format, "publish": publish})}
        )

    def get_import(self, id: str) -> "Import":
        """How far an import has come, and what was lost."""
        return self._json("GET", f"/api/v1/imports/{id}")

    def list_lessons(self, *, limit: int | None = None) -> Iterator["Lesson"]:
        """The current version of every lesson, without its text."""
        return self._rows("GET", "/api/v1/lessons", params={"limit": limit})

    def get_lesson(self, slug: str) -> "LessonDetail":
        """The current version of a lesson with its sections."""
        return self._json("GET", f"/api/v1/lessons/{slug}")

    def list_quizzes(self, *, limit: int | None = None) -> Iterator["Quiz"]:
        """The current version of every quiz, without its questions."""
        return self._rows("GET", "/api/v1/quizzes", params={"limit": limit})

    def get_quiz(self, slug: str) -> "QuizDetail":
        """The current version of a quiz with its questions; never the key, a credit or a rationale."""
        return self._json("GET", f"/api/v1/quizzes/{slug}")

    def export_quiz(
        self, slug: str, *, format: Literal["aiken", "cc", "csv", "gift", "markdown", "moodle", "qti1", "qti2", "qti3"]
    ) -> bytes:
        """The current version of a quiz of the institution as a file, with its key."""
        return self._bytes("GET", f"/api/v1/quizzes/{slug}/export", params={"format": format})

"""The operations of the Assay API and the rows that they give. Written by `make client`: not by hand."""

from collections.abc import Iterator
from typing import Any, Literal, NotRequired, TypedDict

from assay_client.http import Http

# mypy: no-warn-return-any

ListAccommodationsFields = Literal[
    "id",
    "assignment",
    "person",
    "person_name",
    "person_email",
    "group",
    "time_factor",
    "extra_minutes",
    "no_time_limit",
    "extra_attempts",
    "opens_at",
    "due_at",
    "closes_at",
    "reason",
    "given_by",
    "created_at",
]

ListAssignmentsFields = Literal[
    "id",
    "title",
    "quiz",
    "quiz_title",
    "course",
    "course_title",
    "opens_at",
    "due_at",
    "closes_at",
    "max_attempts",
    "counts",
    "while_waiting",
    "time_limit",
    "extensions",
    "extension_minutes",
    "late_percent",
    "cool_down",
    "show_mark",
    "show_answer",
    "show_rationale",
    "show_section",
    "scores_held",
    "released_at",
    "created_at",
    "updated_at",
]

ListAttemptsFields = Literal[
    "id",
    "assignment",
    "assignment_title",
    "course",
    "course_title",
    "person",
    "person_name",
    "person_email",
    "number",
    "state",
    "quiz",
    "quiz_title",
    "quiz_version",
    "started_at",
    "submitted_at",
    "marked_at",
    "seconds",
    "items_total",
    "items_marked",
    "points",
    "points_waiting",
    "points_max",
    "updated_at",
]

ListAttemptsSort = Literal["id", "-id", "updated_at", "-updated_at", "started_at", "-started_at", "points", "-points"]

ListDeliveriesFields = Literal[
    "id",
    "assignment",
    "assignment_title",
    "course",
    "course_title",
    "quiz",
    "quiz_title",
    "person",
    "person_name",
    "person_email",
    "state",
    "points",
    "points_max",
    "final",
    "submitted_at",
    "tries",
    "next_try_at",
    "delivered_at",
    "status",
    "answer",
    "hint",
    "live",
    "live_points",
    "live_points_max",
    "live_at",
    "updated_at",
]

ListEnrollmentsFields = Literal[
    "id", "course", "course_title", "person", "person_name", "person_email", "role", "active", "updated_at"
]

ListGradesFields = Literal[
    "id",
    "assignment",
    "assignment_title",
    "course",
    "course_title",
    "quiz",
    "quiz_title",
    "person",
    "person_name",
    "person_email",
    "attempt",
    "state",
    "points",
    "points_max",
    "updated_at",
]

ListGroupsFields = Literal["id", "course", "course_title", "group_id", "name", "set_name", "members", "updated_at"]

ListMarksFields = Literal[
    "id",
    "response",
    "attempt",
    "assignment",
    "assignment_title",
    "course",
    "course_title",
    "quiz",
    "quiz_title",
    "person",
    "person_name",
    "person_email",
    "item",
    "points",
    "by",
    "tier",
    "marker",
    "note",
    "created_at",
    "updated_at",
]

ListResponsesFields = Literal[
    "id",
    "attempt",
    "attempt_number",
    "assignment",
    "assignment_title",
    "course",
    "course_title",
    "quiz",
    "quiz_title",
    "quiz_version",
    "person",
    "person_name",
    "person_email",
    "item",
    "item_version",
    "position",
    "kind",
    "answer",
    "answer_text",
    "options",
    "points",
    "points_max",
    "credit",
    "seconds",
    "waiting",
    "marked_by",
    "submitted_at",
    "updated_at",
]

ListResponsesKind = Literal[
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

ListAssignmentStatisticsFields = Literal[
    "assignment",
    "assignment_title",
    "course",
    "course_title",
    "quiz",
    "quiz_title",
    "quiz_version",
    "population",
    "generated_at",
    "points_max",
    "n",
    "waiting",
    "mean",
    "mean_low",
    "mean_high",
    "sd",
    "sd_low",
    "sd_high",
    "median",
    "median_low",
    "median_high",
    "q1",
    "q1_low",
    "q1_high",
    "q3",
    "q3_low",
    "q3_high",
    "min",
    "min_low",
    "min_high",
    "max",
    "max_low",
    "max_high",
    "skewness",
    "skewness_low",
    "skewness_high",
    "kurtosis",
    "kurtosis_low",
    "kurtosis_high",
    "alpha",
    "alpha_low",
    "alpha_high",
    "sem",
    "sem_low",
    "sem_high",
    "error_ratio",
    "error_ratio_low",
    "error_ratio_high",
    "seconds_median",
    "seconds_median_low",
    "seconds_median_high",
    "seconds_q1",
    "seconds_q1_low",
    "seconds_q1_high",
    "seconds_q3",
    "seconds_q3_low",
    "seconds_q3_high",
]

ListDistributionFields = Literal[
    "assignment",
    "assignment_title",
    "course",
    "course_title",
    "quiz",
    "quiz_title",
    "quiz_version",
    "population",
    "generated_at",
    "from",
    "to",
    "n",
]

ListItemStatisticsFields = Literal[
    "assignment",
    "assignment_title",
    "course",
    "course_title",
    "quiz",
    "quiz_title",
    "quiz_version",
    "population",
    "generated_at",
    "position",
    "identifier",
    "item_version",
    "kind",
    "points_max",
    "stem",
    "n",
    "blanks",
    "facility",
    "facility_low",
    "facility_high",
    "sd",
    "sd_low",
    "sd_high",
    "discrimination",
    "discrimination_low",
    "discrimination_high",
    "discriminative_efficiency",
    "discriminative_efficiency_low",
    "discriminative_efficiency_high",
    "intended_weight",
    "intended_weight_low",
    "intended_weight_high",
    "effective_weight",
    "effective_weight_low",
    "effective_weight_high",
    "guess",
    "guess_low",
    "guess_high",
    "upper_lower",
    "upper_lower_low",
    "upper_lower_high",
    "point_biserial",
    "point_biserial_low",
    "point_biserial_high",
    "alpha_if_deleted",
    "alpha_if_deleted_low",
    "alpha_if_deleted_high",
    "seconds_median",
    "seconds_median_low",
    "seconds_median_high",
    "seconds_q1",
    "seconds_q1_low",
    "seconds_q1_high",
    "seconds_q3",
    "seconds_q3_low",
    "seconds_q3_high",
]

ListOptionStatisticsFields = Literal[
    "assignment",
    "assignment_title",
    "course",
    "course_title",
    "quiz",
    "quiz_title",
    "quiz_version",
    "population",
    "generated_at",
    "position",
    "identifier",
    "item_version",
    "kind",
    "category",
    "label",
    "keyed",
    "count",
    "share",
    "share_low",
    "share_high",
    "share_of_wrong",
    "share_of_wrong_low",
    "share_of_wrong_high",
    "rest_correlation",
    "rest_correlation_low",
    "rest_correlation_high",
    "point_biserial",
    "point_biserial_low",
    "point_biserial_high",
    "third_lower",
    "third_lower_low",
    "third_lower_high",
    "third_middle",
    "third_middle_low",
    "third_middle_high",
    "third_upper",
    "third_upper_low",
    "third_upper_high",
]

ListStatisticsOverTimeFields = Literal[
    "assignment",
    "assignment_title",
    "course",
    "course_title",
    "quiz",
    "quiz_title",
    "quiz_version",
    "population",
    "generated_at",
    "points_max",
    "day",
    "n",
    "mean",
    "mean_low",
    "mean_high",
]

AttemptState = Literal["in_progress", "submitted", "needs_review", "marked"]

BlankEnum = Literal[""]

ChangeKindEnum = Literal[
    "course", "person", "enrollment", "group", "assignment", "attempt", "response", "mark", "grade", "delivery"
]

CountsEnum = Literal["highest", "latest", "first", "average"]

DeliveryStateEnum = Literal["due", "sending", "synced", "held", "kept", "refused", "lost"]

ExportFormat = Literal["csv", "jsonl", "parquet"]

GradeState = Literal["provisional", "final"]

ImportRequestFormatEnum = Literal["qti3", "qti2", "cc", "qti1", "moodle", "markdown", "csv", "aiken", "gift", "sheet"]

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

JobState = Literal["queued", "running", "done", "failed"]

LiveEnum = Literal["graded", "empty", "missing"]

MarkedBy = Literal["rule", "suggestion", "person"]

PopulationEnum = Literal["first", "highest", "latest", "all"]

RegradeChoice = Literal["new_key", "both", "full", "drop"]

RoleEnum = Literal["learner", "instructor", "other"]

SectionKindEnum = Literal["prose", "points"]

Shown = Literal["each_question", "after_submit", "after_due", "after_close", "on_release", "never"]

TablesEnum = Literal[
    "courses",
    "people",
    "enrollments",
    "groups",
    "group_members",
    "quizzes",
    "items",
    "quiz_items",
    "options",
    "assignments",
    "attempts",
    "responses",
    "chosen_options",
    "marks",
    "grades",
    "scores",
    "deliveries",
]

Verdict = Literal["right", "partly", "wrong", "waiting", "hidden", "dropped"]

WhileWaitingEnum = Literal["marked_part", "nothing"]


class Accommodation(TypedDict):
    id: NotRequired[str]
    assignment: NotRequired[str | None]
    person: NotRequired[str | None]
    person_name: NotRequired[str | None]
    person_email: NotRequired[str | None]
    group: NotRequired[str | None]
    time_factor: NotRequired[float]
    extra_minutes: NotRequired[int]
    no_time_limit: NotRequired[bool]
    extra_attempts: NotRequired[int]
    opens_at: NotRequired[str | None]
    due_at: NotRequired[str | None]
    closes_at: NotRequired[str | None]
    reason: NotRequired[str]
    given_by: NotRequired[str | None]
    created_at: NotRequired[str]


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
    id: NotRequired[str]
    title: NotRequired[str]
    quiz: NotRequired[str]
    quiz_title: NotRequired[str | None]
    course: NotRequired[str | None]
    course_title: NotRequired[str | None]
    opens_at: NotRequired[str | None]
    due_at: NotRequired[str | None]
    closes_at: NotRequired[str | None]
    max_attempts: NotRequired[int | None]
    counts: NotRequired["CountsEnum"]
    while_waiting: NotRequired["WhileWaitingEnum"]
    time_limit: NotRequired[int | None]
    extensions: NotRequired[int]
    extension_minutes: NotRequired[int]
    late_percent: NotRequired[int]
    cool_down: NotRequired[int]
    show_mark: NotRequired["Shown"]
    show_answer: NotRequired["Shown"]
    show_rationale: NotRequired["Shown"]
    show_section: NotRequired["Shown"]
    scores_held: NotRequired[bool]
    released_at: NotRequired[str | None]
    created_at: NotRequired[str]
    updated_at: NotRequired[str]


class Attempt(TypedDict):
    id: NotRequired[str]
    assignment: NotRequired[str]
    assignment_title: NotRequired[str]
    course: NotRequired[str | None]
    course_title: NotRequired[str | None]
    person: NotRequired[str]
    person_name: NotRequired[str | None]
    person_email: NotRequired[str | None]
    number: NotRequired[int]
    state: NotRequired["AttemptState"]
    quiz: NotRequired[str]
    quiz_title: NotRequired[str | None]
    quiz_version: NotRequired[int]
    started_at: NotRequired[str]
    submitted_at: NotRequired[str | None]
    marked_at: NotRequired[str | None]
    seconds: NotRequired[int | None]
    items_total: NotRequired[int]
    items_marked: NotRequired[int]
    points: NotRequired[float]
    points_waiting: NotRequired[float]
    points_max: NotRequired[float]
    updated_at: NotRequired[str]


class AttemptDetail(TypedDict):
    id: str
    assignment: str
    assignment_title: str
    course: str | None
    course_title: str | None
    person: str
    person_name: str | None
    person_email: str | None
    number: NotRequired[int]
    state: NotRequired["AttemptState"]
    quiz: str
    quiz_title: str | None
    quiz_version: int
    started_at: str
    submitted_at: NotRequired[str | None]
    marked_at: NotRequired[str | None]
    seconds: int | None
    items_total: int
    items_marked: NotRequired[int]
    points: float
    points_waiting: float
    points_max: float
    updated_at: str
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
    deadline_at: str | None
    offer: int
    taken: int
    questions: list["Question"]


Bin = TypedDict("Bin", {"from": float, "to": float, "n": int})


class Category(TypedDict):
    category: str
    label: str
    keyed: bool
    count: int | None
    share: "Figure"
    share_of_wrong: "Figure"
    rest_correlation: "Figure"
    point_biserial: "Figure"
    thirds: "Thirds"


class Change(TypedDict):
    id: NotRequired[str]
    kind: NotRequired["ChangeKindEnum"]
    row: NotRequired[str]
    at: NotRequired[str]


class Checked(TypedDict):
    position: int
    answer: dict[str, Any]
    state: "Verdict"
    feedback: "Feedback"


class CommonAnswer(TypedDict):
    answer: str
    count: int
    share: "Figure"


class Course(TypedDict):
    id: NotRequired[str]
    title: NotRequired[str]
    label: NotRequired[str]
    created_at: NotRequired[str]
    updated_at: NotRequired[str]


class DayRow(TypedDict):
    assignment: NotRequired[str | None]
    assignment_title: NotRequired[str | None]
    course: NotRequired[str | None]
    course_title: NotRequired[str | None]
    quiz: NotRequired[str]
    quiz_title: NotRequired[str | None]
    quiz_version: NotRequired[int]
    population: NotRequired[str]
    generated_at: NotRequired[str | None]
    points_max: NotRequired[float]
    day: NotRequired[str]
    n: NotRequired[int]
    mean: NotRequired[float | None]
    mean_low: NotRequired[float | None]
    mean_high: NotRequired[float | None]


class Delivery(TypedDict):
    id: NotRequired[str]
    assignment: NotRequired[str]
    assignment_title: NotRequired[str]
    course: NotRequired[str | None]
    course_title: NotRequired[str | None]
    quiz: NotRequired[str]
    quiz_title: NotRequired[str | None]
    person: NotRequired[str]
    person_name: NotRequired[str | None]
    person_email: NotRequired[str | None]
    state: NotRequired["DeliveryStateEnum"]
    points: NotRequired[float]
    points_max: NotRequired[float]
    final: NotRequired[bool]
    submitted_at: NotRequired[str]
    tries: NotRequired[int]
    next_try_at: NotRequired[str]
    delivered_at: NotRequired[str | None]
    status: NotRequired[int | None]
    answer: NotRequired[str]
    hint: NotRequired[str]
    live: NotRequired["LiveEnum | BlankEnum"]
    live_points: NotRequired[float | None]
    live_points_max: NotRequired[float | None]
    live_at: NotRequired[str | None]
    updated_at: NotRequired[str]


DistributionRow = TypedDict(
    "DistributionRow",
    {
        "assignment": NotRequired[str | None],
        "assignment_title": NotRequired[str | None],
        "course": NotRequired[str | None],
        "course_title": NotRequired[str | None],
        "quiz": NotRequired[str],
        "quiz_title": NotRequired[str | None],
        "quiz_version": NotRequired[int],
        "population": NotRequired[str],
        "generated_at": NotRequired[str | None],
        "from": NotRequired[float],
        "to": NotRequired[float],
        "n": NotRequired[int],
    },
)


class Enrollment(TypedDict):
    id: NotRequired[str]
    course: NotRequired[str]
    course_title: NotRequired[str | None]
    person: NotRequired[str]
    person_name: NotRequired[str | None]
    person_email: NotRequired[str | None]
    role: NotRequired["RoleEnum"]
    active: NotRequired[bool]
    updated_at: NotRequired[str]


class Export(TypedDict):
    id: str
    tables: list["TablesEnum"]
    format: "ExportFormat"
    bom: NotRequired[bool]
    since: NotRequired[str | None]
    state: NotRequired["JobState"]
    progress: int
    rows: dict[str, int]
    error: NotRequired[str]
    file: str | None
    size: NotRequired[int | None]
    updated_until: NotRequired[str | None]
    created_at: str
    finished_at: NotRequired[str | None]


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
    id: NotRequired[str]
    assignment: NotRequired[str]
    assignment_title: NotRequired[str]
    course: NotRequired[str | None]
    course_title: NotRequired[str | None]
    quiz: NotRequired[str]
    quiz_title: NotRequired[str | None]
    person: NotRequired[str]
    person_name: NotRequired[str | None]
    person_email: NotRequired[str | None]
    attempt: NotRequired[str]
    state: NotRequired["GradeState"]
    points: NotRequired[float]
    points_max: NotRequired[float]
    updated_at: NotRequired[str]


class Group(TypedDict):
    id: NotRequired[str]
    course: NotRequired[str]
    course_title: NotRequired[str | None]
    group_id: NotRequired[str]
    name: NotRequired[str]
    set_name: NotRequired[str]
    members: NotRequired[list[str]]
    updated_at: NotRequired[str]


class Import(TypedDict):
    id: str
    name: str
    format: NotRequired[str]
    publish: NotRequired[bool]
    state: NotRequired["JobState"]
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
    stem: str
    points_max: float
    dropped: bool
    n: int
    facility: "Figure"
    blanks: int | None
    sd: "Figure"
    discrimination: "Figure"
    discriminative_efficiency: "Figure"
    intended_weight: "Figure"
    effective_weight: "Figure"
    guess: "Figure"
    upper_lower: "Figure"
    point_biserial: "Figure"
    alpha_if_deleted: "Figure"
    seconds: "Quartiles"
    categories: list["Category"]
    common_answers: list["CommonAnswer"]


class ItemStatisticsRow(TypedDict):
    assignment: NotRequired[str | None]
    assignment_title: NotRequired[str | None]
    course: NotRequired[str | None]
    course_title: NotRequired[str | None]
    quiz: NotRequired[str]
    quiz_title: NotRequired[str | None]
    quiz_version: NotRequired[int]
    population: NotRequired[str]
    generated_at: NotRequired[str | None]
    position: NotRequired[int]
    identifier: NotRequired[str]
    item_version: NotRequired[str]
    kind: NotRequired["ItemKind"]
    points_max: NotRequired[float]
    stem: NotRequired[str]
    n: NotRequired[int]
    blanks: NotRequired[int | None]
    facility: NotRequired[float | None]
    facility_low: NotRequired[float | None]
    facility_high: NotRequired[float | None]
    sd: NotRequired[float | None]
    sd_low: NotRequired[float | None]
    sd_high: NotRequired[float | None]
    discrimination: NotRequired[float | None]
    discrimination_low: NotRequired[float | None]
    discrimination_high: NotRequired[float | None]
    discriminative_efficiency: NotRequired[float | None]
    discriminative_efficiency_low: NotRequired[float | None]
    discriminative_efficiency_high: NotRequired[float | None]
    intended_weight: NotRequired[float | None]
    intended_weight_low: NotRequired[float | None]
    intended_weight_high: NotRequired[float | None]
    effective_weight: NotRequired[float | None]
    effective_weight_low: NotRequired[float | None]
    effective_weight_high: NotRequired[float | None]
    guess: NotRequired[float | None]
    guess_low: NotRequired[float | None]
    guess_high: NotRequired[float | None]
    upper_lower: NotRequired[float | None]
    upper_lower_low: NotRequired[float | None]
    upper_lower_high: NotRequired[float | None]
    point_biserial: NotRequired[float | None]
    point_biserial_low: NotRequired[float | None]
    point_biserial_high: NotRequired[float | None]
    alpha_if_deleted: NotRequired[float | None]
    alpha_if_deleted_low: NotRequired[float | None]
    alpha_if_deleted_high: NotRequired[float | None]
    seconds_median: NotRequired[float | None]
    seconds_median_low: NotRequired[float | None]
    seconds_median_high: NotRequired[float | None]
    seconds_q1: NotRequired[float | None]
    seconds_q1_low: NotRequired[float | None]
    seconds_q1_high: NotRequired[float | None]
    seconds_q3: NotRequired[float | None]
    seconds_q3_low: NotRequired[float | None]
    seconds_q3_high: NotRequired[float | None]


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
    error_ratio: "Figure"


class Mark(TypedDict):
    points: float
    by: "MarkedBy"
    tier: str
    person: str | None
    note: str
    created_at: str


class MarkRow(TypedDict):
    id: NotRequired[str]
    response: NotRequired[str]
    attempt: NotRequired[str]
    assignment: NotRequired[str]
    assignment_title: NotRequired[str]
    course: NotRequired[str | None]
    course_title: NotRequired[str | None]
    quiz: NotRequired[str]
    quiz_title: NotRequired[str | None]
    person: NotRequired[str]
    person_name: NotRequired[str | None]
    person_email: NotRequired[str | None]
    item: NotRequired[str]
    points: NotRequired[float]
    by: NotRequired["MarkedBy"]
    tier: NotRequired[str]
    marker: NotRequired[str | None]
    note: NotRequired[str]
    created_at: NotRequired[str]
    updated_at: NotRequired[str]


class OptionStatisticsRow(TypedDict):
    assignment: NotRequired[str | None]
    assignment_title: NotRequired[str | None]
    course: NotRequired[str | None]
    course_title: NotRequired[str | None]
    quiz: NotRequired[str]
    quiz_title: NotRequired[str | None]
    quiz_version: NotRequired[int]
    population: NotRequired[str]
    generated_at: NotRequired[str | None]
    position: NotRequired[int]
    identifier: NotRequired[str]
    item_version: NotRequired[str]
    kind: NotRequired["ItemKind"]
    category: NotRequired[str]
    label: NotRequired[str]
    keyed: NotRequired[bool]
    count: NotRequired[int | None]
    share: NotRequired[float | None]
    share_low: NotRequired[float | None]
    share_high: NotRequired[float | None]
    share_of_wrong: NotRequired[float | None]
    share_of_wrong_low: NotRequired[float | None]
    share_of_wrong_high: NotRequired[float | None]
    rest_correlation: NotRequired[float | None]
    rest_correlation_low: NotRequired[float | None]
    rest_correlation_high: NotRequired[float | None]
    point_biserial: NotRequired[float | None]
    point_biserial_low: NotRequired[float | None]
    point_biserial_high: NotRequired[float | None]
    third_lower: NotRequired[float | None]
    third_lower_low: NotRequired[float | None]
    third_lower_high: NotRequired[float | None]
    third_middle: NotRequired[float | None]
    third_middle_low: NotRequired[float | None]
    third_middle_high: NotRequired[float | None]
    third_upper: NotRequired[float | None]
    third_upper_low: NotRequired[float | None]
    third_upper_high: NotRequired[float | None]


class Person(TypedDict):
    id: NotRequired[str]
    name: NotRequired[str]
    given_name: NotRequired[str]
    family_name: NotRequired[str]
    email: NotRequired[str]
    created_at: NotRequired[str]
    updated_at: NotRequired[str]


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


class Quartiles(TypedDict):
    median: "Figure"
    q1: "Figure"
    q3: "Figure"


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
    checked: bool
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


class ResponseRow(TypedDict):
    id: NotRequired[str]
    attempt: NotRequired[str]
    attempt_number: NotRequired[int]
    assignment: NotRequired[str]
    assignment_title: NotRequired[str]
    course: NotRequired[str | None]
    course_title: NotRequired[str | None]
    quiz: NotRequired[str]
    quiz_title: NotRequired[str | None]
    quiz_version: NotRequired[int]
    person: NotRequired[str]
    person_name: NotRequired[str | None]
    person_email: NotRequired[str | None]
    item: NotRequired[str]
    item_version: NotRequired[str]
    position: NotRequired[int]
    kind: NotRequired["ItemKind"]
    answer: NotRequired[dict[str, Any]]
    answer_text: NotRequired[str]
    options: NotRequired[list[str]]
    points: NotRequired[float | None]
    points_max: NotRequired[float]
    credit: NotRequired[float | None]
    seconds: NotRequired[int]
    waiting: NotRequired[bool]
    marked_by: NotRequired["MarkedBy | None"]
    submitted_at: NotRequired[str]
    updated_at: NotRequired[str]


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
    state: "Verdict"
    points: float | None
    points_max: float
    note: str
    regrade: "ResultRegrade | None"
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


class ResultRegrade(TypedDict):
    choice: "RegradeChoice"
    reason: str
    at: str


class ScoreStatistics(TypedDict):
    points_max: float
    mean: "Figure"
    sd: "Figure"
    median: "Figure"
    q1: "Figure"
    q3: "Figure"
    min: "Figure"
    max: "Figure"
    skewness: "Figure"
    kurtosis: "Figure"
    histogram: list["Bin"]


class Section(TypedDict):
    id: str
    title: str
    kind: "SectionKindEnum"
    paragraphs: list[str]


Statistics = TypedDict(
    "Statistics",
    {
        "generated_at": str,
        "folded_at": str | None,
        "pending": int,
        "assignment": str | None,
        "quiz": str,
        "population": "PopulationEnum",
        "group": str | None,
        "quiz_version": "QuizVersion",
        "versions": list["AnsweredVersion"],
        "n": int,
        "waiting": int,
        "score": "ScoreStatistics",
        "seconds": "Quartiles",
        "machine_marked": "MachineMarked",
        "items": list["ItemStatistics"],
        "from": str | None,
        "to": str | None,
    },
)


class Taken(TypedDict):
    id: str
    assignment: str
    person: str
    number: int
    state: "AttemptState"
    started_at: str
    submitted_at: str | None
    points_max: float


class Thirds(TypedDict):
    lower: "Figure"
    middle: "Figure"
    upper: "Figure"


class Times(TypedDict):
    due_at: str | None
    deadline_at: str | None
    offer: int
    taken: int


class WholeStatistics(TypedDict):
    assignment: NotRequired[str | None]
    assignment_title: NotRequired[str | None]
    course: NotRequired[str | None]
    course_title: NotRequired[str | None]
    quiz: NotRequired[str]
    quiz_title: NotRequired[str | None]
    quiz_version: NotRequired[int]
    population: NotRequired[str]
    generated_at: NotRequired[str | None]
    points_max: NotRequired[float]
    n: NotRequired[int]
    waiting: NotRequired[int]
    mean: NotRequired[float | None]
    mean_low: NotRequired[float | None]
    mean_high: NotRequired[float | None]
    sd: NotRequired[float | None]
    sd_low: NotRequired[float | None]
    sd_high: NotRequired[float | None]
    median: NotRequired[float | None]
    median_low: NotRequired[float | None]
    median_high: NotRequired[float | None]
    q1: NotRequired[float | None]
    q1_low: NotRequired[float | None]
    q1_high: NotRequired[float | None]
    q3: NotRequired[float | None]
    q3_low: NotRequired[float | None]
    q3_high: NotRequired[float | None]
    min: NotRequired[float | None]
    min_low: NotRequired[float | None]
    min_high: NotRequired[float | None]
    max: NotRequired[float | None]
    max_low: NotRequired[float | None]
    max_high: NotRequired[float | None]
    skewness: NotRequired[float | None]
    skewness_low: NotRequired[float | None]
    skewness_high: NotRequired[float | None]
    kurtosis: NotRequired[float | None]
    kurtosis_low: NotRequired[float | None]
    kurtosis_high: NotRequired[float | None]
    alpha: NotRequired[float | None]
    alpha_low: NotRequired[float | None]
    alpha_high: NotRequired[float | None]
    sem: NotRequired[float | None]
    sem_low: NotRequired[float | None]
    sem_high: NotRequired[float | None]
    error_ratio: NotRequired[float | None]
    error_ratio_low: NotRequired[float | None]
    error_ratio_high: NotRequired[float | None]
    seconds_median: NotRequired[float | None]
    seconds_median_low: NotRequired[float | None]
    seconds_median_high: NotRequired[float | None]
    seconds_q1: NotRequired[float | None]
    seconds_q1_low: NotRequired[float | None]
    seconds_q1_high: NotRequired[float | None]
    seconds_q3: NotRequired[float | None]
    seconds_q3_low: NotRequired[float | None]
    seconds_q3_high: NotRequired[float | None]


class Assay(Http):
    """One institution, by its API key."""

    def list_accommodations(
        self,
        *,
        assignment: str | None = None,
        fields: list[ListAccommodationsFields] | None = None,
        include: Literal["names"] | None = None,
        limit: int | None = None,
        person: str | None = None,
        sort: Literal["id", "-id"] | None = None,
        standing: Literal["false", "true"] | None = None,
    ) -> Iterator["Accommodation"]:
        """Accommodations of the institution, oldest first: for a person, a group or everyone in a course."""
        return self._rows(
            "GET",
            "/api/v1/accommodations",
            params={
                "assignment": assignment,
                "fields": fields,
                "include": include,
                "limit": limit,
                "person": person,
                "sort": sort,
                "standing": standing,
            },
        )

    def give_accommodation(
        self,
        *,
        reason: str,
        assignment: str | None = None,
        person: str | dict[str, Any] | None = None,
        group: str | None = None,
        everyone: bool | None = None,
        time_factor: float | None = None,
        extra_minutes: int | None = None,
        no_time_limit: bool | None = None,
        extra_attempts: int | None = None,
        opens_at: str | None = None,
        due_at: str | None = None,
        closes_at: str | None = None,
        given_by: str | None = None,
    ) -> "Accommodation":
        """Give an accommodation."""
        return self._json(
            "POST",
            "/api/v1/accommodations",
            json={
                "reason": reason,
                **self._given(
                    {
                        "assignment": assignment,
                        "person": person,
                        "group": group,
                        "everyone": everyone,
                        "time_factor": time_factor,
                        "extra_minutes": extra_minutes,
                        "no_time_limit": no_time_limit,
                        "extra_attempts": extra_attempts,
                        "opens_at": opens_at,
                        "due_at": due_at,
                        "closes_at": closes_at,
                        "given_by": given_by,
                    }
                ),
            },
            once=True,
        )

    def withdraw_accommodation(self, id: str) -> None:
        """Take an accommodation back. Attempts that are under way get the times that hold without it."""
        return self._nothing("DELETE", f"/api/v1/accommodations/{id}")

    def list_assignments(
        self,
        *,
        course: str | None = None,
        fields: list[ListAssignmentsFields] | None = None,
        limit: int | None = None,
        quiz: str | None = None,
        sort: Literal["id", "-id", "updated_at", "-updated_at", "title", "-title"] | None = None,
        updated_since: str | None = None,
    ) -> Iterator["Assignment"]:
        """The institution's assignments, oldest first."""
        return self._rows(
            "GET",
            "/api/v1/assignments",
            params={
                "course": course,
                "fields": fields,
                "limit": limit,
                "quiz": quiz,
                "sort": sort,
                "updated_since": updated_since,
            },
        )

    def get_assignment(self, id: str) -> "Assignment":
        """One assignment with its policy."""
        return self._json("GET", f"/api/v1/assignments/{id}")

    def begin_attempt(self, id: str, *, person: str | dict[str, Any], code: str | None = None) -> "Begun":
        """Begin an attempt for a learner."""
        return self._json(
            "POST", f"/api/v1/assignments/{id}/attempts", json={"person": person, **self._given({"code": code})}
        )

    def get_statistics(
        self,
        id: str,
        *,
        population: Literal["all", "first", "highest", "latest"] | None = None,
        version: int | None = None,
    ) -> "Statistics":
        """n, mean, SD, alpha and SEM; per item facility, discrimination and option counts, each with its interval."""
        return self._json(
            "GET", f"/api/v1/assignments/{id}/statistics", params={"population": population, "version": version}
        )

    def list_attempts(
        self,
        *,
        assignment: str | None = None,
        attempt: Literal["first", "last"] | None = None,
        course: str | None = None,
        fields: list[ListAttemptsFields] | None = None,
        from_: str | None = None,
        group: str | None = None,
        include: Literal["names"] | None = None,
        limit: int | None = None,
        person: str | None = None,
        quiz: str | None = None,
        sort: ListAttemptsSort | None = None,
        state: Literal["in_progress", "marked", "needs_review", "submitted"] | None = None,
        submitted_from: str | None = None,
        submitted_to: str | None = None,
        to: str | None = None,
        updated_since: str | None = None,
        version: int | None = None,
    ) -> Iterator["Attempt"]:
        """Learners' attempts, oldest first. Previews by teachers and public practice are never among them."""
        return self._rows(
            "GET",
            "/api/v1/attempts",
            params={
                "assignment": assignment,
                "attempt": attempt,
                "course": course,
                "fields": fields,
                "from": from_,
                "group": group,
                "include": include,
                "limit": limit,
                "person": person,
                "quiz": quiz,
                "sort": sort,
                "state": state,
                "submitted_from": submitted_from,
                "submitted_to": submitted_to,
                "to": to,
                "updated_since": updated_since,
                "version": version,
            },
        )

    def get_attempt(self, id: str, *, include: Literal["names"] | None = None) -> "AttemptDetail":
        """One attempt with every response and all its marks."""
        return self._json("GET", f"/api/v1/attempts/{id}", params={"include": include})

    def extend_attempt(self, id: str, *, taken: int) -> "Times":
        """Take more time."""
        return self._json("POST", f"/api/v1/attempts/{id}/extend", json={"taken": taken})

    def save_response(
        self, id: str, position: int, *, answer: Any | None, seq: int | None = None, seconds: int | None = None
    ) -> "Answer":
        """Save the answer to one question."""
        return self._json(
            "PATCH",
            f"/api/v1/attempts/{id}/responses/{position}",
            json={"answer": answer, **self._given({"seq": seq, "seconds": seconds})},
        )

    def check_response(self, id: str, position: int) -> "Checked":
        """Check the answer to one question."""
        return self._json("POST", f"/api/v1/attempts/{id}/responses/{position}/check")

    def get_result(self, id: str) -> "Result":
        """Read the result as its learner may."""
        return self._json("GET", f"/api/v1/attempts/{id}/result")

    def submit_attempt(self, id: str) -> "Taken":
        """Hand an attempt in."""
        return self._json("POST", f"/api/v1/attempts/{id}/submit")

    def list_changes(
        self,
        *,
        fields: list[Literal["id", "kind", "row", "at"]] | None = None,
        limit: int | None = None,
        sort: Literal["at", "-at"] | None = None,
        updated_since: str | None = None,
    ) -> Iterator["Change"]:
        """Rows that are gone from the lists: erased, deleted, or made previews. Drop them when you read incrementally."""
        return self._rows(
            "GET",
            "/api/v1/changes",
            params={"fields": fields, "limit": limit, "sort": sort, "updated_since": updated_since},
        )

    def list_courses(
        self,
        *,
        fields: list[Literal["id", "title", "label", "created_at", "updated_at"]] | None = None,
        limit: int | None = None,
        sort: Literal["id", "-id", "updated_at", "-updated_at", "title", "-title"] | None = None,
        updated_since: str | None = None,
    ) -> Iterator["Course"]:
        """The institution's courses, as the LMS named them."""
        return self._rows(
            "GET",
            "/api/v1/courses",
            params={"fields": fields, "limit": limit, "sort": sort, "updated_since": updated_since},
        )

    def list_deliveries(
        self,
        *,
        assignment: str | None = None,
        course: str | None = None,
        fields: list[ListDeliveriesFields] | None = None,
        include: Literal["names"] | None = None,
        limit: int | None = None,
        person: str | None = None,
        quiz: str | None = None,
        sort: Literal["id", "-id", "updated_at", "-updated_at"] | None = None,
        state: Literal["due", "held", "kept", "lost", "refused", "sending", "synced"] | None = None,
        updated_since: str | None = None,
    ) -> Iterator["Delivery"]:
        """A row a score on its way to a gradebook: whether it arrived, in the LMS's own words."""
        return self._rows(
            "GET",
            "/api/v1/deliveries",
            params={
                "assignment": assignment,
                "course": course,
                "fields": fields,
                "include": include,
                "limit": limit,
                "person": person,
                "quiz": quiz,
                "sort": sort,
                "state": state,
                "updated_since": updated_since,
            },
        )

    def list_enrollments(
        self,
        *,
        course: str | None = None,
        fields: list[ListEnrollmentsFields] | None = None,
        include: Literal["names"] | None = None,
        limit: int | None = None,
        person: str | None = None,
        role: Literal["instructor", "learner", "other"] | None = None,
        sort: Literal["id", "-id", "updated_at", "-updated_at"] | None = None,
        updated_since: str | None = None,
    ) -> Iterator["Enrollment"]:
        """Who has or had which place in which course."""
        return self._rows(
            "GET",
            "/api/v1/enrollments",
            params={
                "course": course,
                "fields": fields,
                "include": include,
                "limit": limit,
                "person": person,
                "role": role,
                "sort": sort,
                "updated_since": updated_since,
            },
        )

    def create_export(
        self, *, tables: list["TablesEnum"], format: "ExportFormat", since: str | None = None, bom: bool | None = None
    ) -> "Export":
        """Have tables written to a ZIP file with a data dictionary."""
        return self._json(
            "POST",
            "/api/v1/exports",
            json={"tables": tables, "format": format, **self._given({"since": since, "bom": bom})},
        )

    def get_export(self, id: str) -> "Export":
        """How far an export has come, and where its file is. It is kept for seven days."""
        return self._json("GET", f"/api/v1/exports/{id}")

    def delete_export(self, id: str) -> None:
        """Stop an export that is not finished, and remove its file."""
        return self._nothing("DELETE", f"/api/v1/exports/{id}")

    def get_export_file(self, id: str) -> bytes:
        """The file of an export that is done."""
        return self._bytes("GET", f"/api/v1/exports/{id}/file")

    def list_grades(
        self,
        *,
        assignment: str | None = None,
        course: str | None = None,
        fields: list[ListGradesFields] | None = None,
        group: str | None = None,
        include: Literal["names"] | None = None,
        limit: int | None = None,
        person: str | None = None,
        quiz: str | None = None,
        sort: Literal["id", "-id", "updated_at", "-updated_at", "points", "-points"] | None = None,
        state: Literal["final", "provisional"] | None = None,
        updated_since: str | None = None,
    ) -> Iterator["Grade"]:
        """What counts for each learner on each assignment."""
        return self._rows(
            "GET",
            "/api/v1/grades",
            params={
                "assignment": assignment,
                "course": course,
                "fields": fields,
                "group": group,
                "include": include,
                "limit": limit,
                "person": person,
                "quiz": quiz,
                "sort": sort,
                "state": state,
                "updated_since": updated_since,
            },
        )

    def list_groups(
        self,
        *,
        course: str | None = None,
        fields: list[ListGroupsFields] | None = None,
        limit: int | None = None,
        sort: Literal["id", "-id", "updated_at", "-updated_at", "name", "-name"] | None = None,
        updated_since: str | None = None,
    ) -> Iterator["Group"]:
        """The groups of courses, as the LMS made them."""
        return self._rows(
            "GET",
            "/api/v1/groups",
            params={"course": course, "fields": fields, "limit": limit, "sort": sort, "updated_since": updated_since},
        )

    def import_content(
        self, *, file: str, format: "ImportRequestFormatEnum | None" = None, publish: bool | None = None
    ) -> "Import":
        """Hand in a file of questions. A worker reads it; follow `Location` until `state` is `done` or `failed`."""
        return self._json(
            "POST",
            "/api/v1/imports",
            form={"file": file, **self._given({"format": format, "publish": publish})},
            once=True,
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

    def list_marks(
        self,
        *,
        assignment: str | None = None,
        attempt: Literal["first", "last"] | None = None,
        by: Literal["person", "rule", "suggestion"] | None = None,
        course: str | None = None,
        fields: list[ListMarksFields] | None = None,
        from_: str | None = None,
        group: str | None = None,
        include: Literal["names"] | None = None,
        item: str | None = None,
        limit: int | None = None,
        person: str | None = None,
        quiz: str | None = None,
        sort: Literal["attempt", "-attempt", "updated_at", "-updated_at", "created_at", "-created_at"] | None = None,
        state: Literal["in_progress", "marked", "needs_review", "submitted"] | None = None,
        submitted_from: str | None = None,
        submitted_to: str | None = None,
        to: str | None = None,
        updated_since: str | None = None,
        version: int | None = None,
    ) -> Iterator["MarkRow"]:
        """Every mark that an answer ever got, attempt by attempt; of an answer the newest counts."""
        return self._rows(
            "GET",
            "/api/v1/marks",
            params={
                "assignment": assignment,
                "attempt": attempt,
                "by": by,
                "course": course,
                "fields": fields,
                "from": from_,
                "group": group,
                "include": include,
                "item": item,
                "limit": limit,
                "person": person,
                "quiz": quiz,
                "sort": sort,
                "state": state,
                "submitted_from": submitted_from,
                "submitted_to": submitted_to,
                "to": to,
                "updated_since": updated_since,
                "version": version,
            },
        )

    def list_people(
        self,
        *,
        course: str | None = None,
        fields: list[Literal["id", "name", "given_name", "family_name", "email", "created_at", "updated_at"]]
        | None = None,
        group: str | None = None,
        limit: int | None = None,
        sort: Literal["id", "-id", "updated_at", "-updated_at", "name", "-name"] | None = None,
        updated_since: str | None = None,
    ) -> Iterator["Person"]:
        """The institution's people, as the LMS named them. Who was erased stands here without a name."""
        return self._rows(
            "GET",
            "/api/v1/people",
            params={
                "course": course,
                "fields": fields,
                "group": group,
                "limit": limit,
                "sort": sort,
                "updated_since": updated_since,
            },
        )

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

    def list_responses(
        self,
        *,
        assignment: str | None = None,
        attempt: Literal["first", "last"] | None = None,
        course: str | None = None,
        fields: list[ListResponsesFields] | None = None,
        from_: str | None = None,
        group: str | None = None,
        include: Literal["names"] | None = None,
        item: str | None = None,
        kind: ListResponsesKind | None = None,
        limit: int | None = None,
        person: str | None = None,
        quiz: str | None = None,
        sort: Literal["attempt", "-attempt", "updated_at", "-updated_at"] | None = None,
        state: Literal["in_progress", "marked", "needs_review", "submitted"] | None = None,
        submitted_from: str | None = None,
        submitted_to: str | None = None,
        to: str | None = None,
        updated_since: str | None = None,
        version: int | None = None,
        waiting: Literal["false", "true"] | None = None,
    ) -> Iterator["ResponseRow"]:
        """A row an answer that was handed in, with the points that count, attempt by attempt."""
        return self._rows(
            "GET",
            "/api/v1/responses",
            params={
                "assignment": assignment,
                "attempt": attempt,
                "course": course,
                "fields": fields,
                "from": from_,
                "group": group,
                "include": include,
                "item": item,
                "kind": kind,
                "limit": limit,
                "person": person,
                "quiz": quiz,
                "sort": sort,
                "state": state,
                "submitted_from": submitted_from,
                "submitted_to": submitted_to,
                "to": to,
                "updated_since": updated_since,
                "version": version,
                "waiting": waiting,
            },
        )

    def list_assignment_statistics(
        self,
        *,
        assignment: str | None = None,
        course: str | None = None,
        fields: list[ListAssignmentStatisticsFields] | None = None,
        from_: str | None = None,
        group: str | None = None,
        limit: int | None = None,
        population: Literal["first", "highest", "latest", "all"] | None = None,
        quiz: str | None = None,
        to: str | None = None,
        version: int | None = None,
    ) -> Iterator["WholeStatistics"]:
        """A row an assignment: mean, spread, quantiles, reliability and time, each with its interval."""
        return self._rows(
            "GET",
            "/api/v1/statistics/assignments",
            params={
                "assignment": assignment,
                "course": course,
                "fields": fields,
                "from": from_,
                "group": group,
                "limit": limit,
                "population": population,
                "quiz": quiz,
                "to": to,
                "version": version,
            },
        )

    def list_distribution(
        self,
        *,
        assignment: str | None = None,
        by: Literal["assignment", "quiz"] | None = None,
        course: str | None = None,
        fields: list[ListDistributionFields] | None = None,
        from_: str | None = None,
        group: str | None = None,
        limit: int | None = None,
        population: Literal["first", "highest", "latest", "all"] | None = None,
        quiz: str | None = None,
        to: str | None = None,
        version: int | None = None,
    ) -> Iterator["DistributionRow"]:
        """The histogram of scores: ten bars of equal width for each assignment or quiz."""
        return self._rows(
            "GET",
            "/api/v1/statistics/distribution",
            params={
                "assignment": assignment,
                "by": by,
                "course": course,
                "fields": fields,
                "from": from_,
                "group": group,
                "limit": limit,
                "population": population,
                "quiz": quiz,
                "to": to,
                "version": version,
            },
        )

    def list_item_statistics(
        self,
        *,
        assignment: str | None = None,
        by: Literal["assignment", "quiz"] | None = None,
        course: str | None = None,
        fields: list[ListItemStatisticsFields] | None = None,
        from_: str | None = None,
        group: str | None = None,
        limit: int | None = None,
        population: Literal["first", "highest", "latest", "all"] | None = None,
        quiz: str | None = None,
        to: str | None = None,
        version: int | None = None,
    ) -> Iterator["ItemStatisticsRow"]:
        """A row a question of each assignment, or of each quiz over all its assignments."""
        return self._rows(
            "GET",
            "/api/v1/statistics/items",
            params={
                "assignment": assignment,
                "by": by,
                "course": course,
                "fields": fields,
                "from": from_,
                "group": group,
                "limit": limit,
                "population": population,
                "quiz": quiz,
                "to": to,
                "version": version,
            },
        )

    def list_option_statistics(
        self,
        *,
        assignment: str | None = None,
        by: Literal["assignment", "quiz"] | None = None,
        course: str | None = None,
        fields: list[ListOptionStatisticsFields] | None = None,
        from_: str | None = None,
        group: str | None = None,
        limit: int | None = None,
        population: Literal["first", "highest", "latest", "all"] | None = None,
        quiz: str | None = None,
        to: str | None = None,
        version: int | None = None,
    ) -> Iterator["OptionStatisticsRow"]:
        """A row an option of each question: how many chose it, and how those did otherwise."""
        return self._rows(
            "GET",
            "/api/v1/statistics/options",
            params={
                "assignment": assignment,
                "by": by,
                "course": course,
                "fields": fields,
                "from": from_,
                "group": group,
                "limit": limit,
                "population": population,
                "quiz": quiz,
                "to": to,
                "version": version,
            },
        )

    def list_statistics_over_time(
        self,
        *,
        assignment: str | None = None,
        by: Literal["assignment", "quiz"] | None = None,
        course: str | None = None,
        fields: list[ListStatisticsOverTimeFields] | None = None,
        from_: str | None = None,
        group: str | None = None,
        limit: int | None = None,
        population: Literal["first", "highest", "latest", "all"] | None = None,
        quiz: str | None = None,
        to: str | None = None,
        version: int | None = None,
    ) -> Iterator["DayRow"]:
        """A row a day on which somebody handed in: how many did, and their mean."""
        return self._rows(
            "GET",
            "/api/v1/statistics/over-time",
            params={
                "assignment": assignment,
                "by": by,
                "course": course,
                "fields": fields,
                "from": from_,
                "group": group,
                "limit": limit,
                "population": population,
                "quiz": quiz,
                "to": to,
                "version": version,
            },
        )

    def list_quiz_statistics(
        self,
        *,
        assignment: str | None = None,
        course: str | None = None,
        fields: list[ListAssignmentStatisticsFields] | None = None,
        from_: str | None = None,
        group: str | None = None,
        limit: int | None = None,
        population: Literal["first", "highest", "latest", "all"] | None = None,
        quiz: str | None = None,
        to: str | None = None,
        version: int | None = None,
    ) -> Iterator["WholeStatistics"]:
        """A row a quiz, over all its assignments of the institution."""
        return self._rows(
            "GET",
            "/api/v1/statistics/quizzes",
            params={
                "assignment": assignment,
                "course": course,
                "fields": fields,
                "from": from_,
                "group": group,
                "limit": limit,
                "population": population,
                "quiz": quiz,
                "to": to,
                "version": version,
            },
        )

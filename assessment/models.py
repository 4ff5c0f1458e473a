"""Learners answering. An attempt is pinned to an immutable quiz version; marks are append-only."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from content.models import ItemVersion, Lesson, Quiz, QuizVersion
from lti.models import Context, ResourceLink
from roster.ids import uuid7
from roster.models import Course, Institution, Person


class Counts(models.TextChoices):
    """Which attempt becomes the grade."""

    HIGHEST = "highest"
    LATEST = "latest"
    FIRST = "first"


class Feedback(models.TextChoices):
    AFTER_SUBMIT = "after_submit", "with the result"
    NEVER = "never", "score only"


class WhileWaiting(models.TextChoices):
    """What the LMS gets while an answer waits for a person."""

    MARKED_PART = "marked_part", "the part already marked"
    NOTHING = "nothing", "nothing until final"


class Opens(models.TextChoices):
    """What a link shows to those who open it."""

    BOTH = "both", "the lesson and the check"
    CHECK = "check", "the check only"
    LESSON = "lesson", "the lesson only"


class Dates(models.Model):
    """When a check may be begun. Every one may be empty; the LMS's own dates go before these (see windows.py)."""

    opens_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True, help_text="Said to learners; nothing closes by it.")
    closes_at = models.DateTimeField(null=True, blank=True, help_text="No attempt is begun after it.")

    class Meta:
        abstract = True


class Placement(Dates):
    """What a teacher picked for a course, before the LMS has made a link of it (Deep Linking 2.0).

    Named by its id in the link's address and custom parameters, so that a copied link finds it again.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    context = models.ForeignKey(
        Context, models.SET_NULL, null=True, related_name="placements", help_text="Where the dates hold."
    )
    quiz = models.ForeignKey(Quiz, models.PROTECT, null=True, related_name="placements")
    lesson = models.ForeignKey(Lesson, models.PROTECT, null=True, related_name="placements")
    opens = models.CharField(max_length=16, choices=Opens.choices, default=Opens.BOTH)
    title = models.CharField(max_length=255)
    points = models.DecimalField(max_digits=10, decimal_places=3, null=True, help_text="Of the gradebook column.")
    max_attempts = models.PositiveIntegerField(null=True, blank=True)
    counts = models.CharField(max_length=16, choices=Counts.choices, default=Counts.HIGHEST)
    created_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quiz__isnull=False) | Q(lesson__isnull=False, opens="lesson"), name="placement_has_content"
            )
        ]

    def __str__(self) -> str:
        return self.title


class Assignment(Dates):
    """A quiz placed in a course, with its policy."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    course = models.ForeignKey(Course, models.CASCADE, null=True, related_name="assignments")
    resource_link = models.OneToOneField(ResourceLink, models.CASCADE, related_name="assignment")
    quiz = models.ForeignKey(Quiz, models.PROTECT, related_name="assignments")
    placement = models.ForeignKey(Placement, models.SET_NULL, null=True, related_name="assignments")
    opens = models.CharField(max_length=16, choices=Opens.choices[:2], default=Opens.BOTH)
    title = models.CharField(max_length=500)
    named = models.CharField(
        max_length=500,
        editable=False,
        default="",
        help_text="What the LMS named for the link when that was last heeded.",
    )
    named_at = models.DateTimeField(editable=False, null=True, help_text="When it did so first.")
    max_attempts = models.PositiveIntegerField(null=True, blank=True, help_text="Empty: as many as one likes.")
    counts = models.CharField(max_length=16, choices=Counts.choices, default=Counts.HIGHEST)
    feedback = models.CharField(max_length=16, choices=Feedback.choices, default=Feedback.AFTER_SUBMIT)
    while_waiting = models.CharField(max_length=16, choices=WhileWaiting.choices, default=WhileWaiting.MARKED_PART)
    pass_percent = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="For a gradebook column that knows only complete and incomplete: from here on it is complete.",
    )
    grades_due = models.BooleanField(
        default=False, editable=False, help_text="The policy changed: its grades wait to be worked out again."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["id"], condition=Q(grades_due=True), name="assignment_grades_due")]

    def __str__(self) -> str:
        return self.title


class AttemptState(models.TextChoices):
    IN_PROGRESS = "in_progress", "in progress"
    SUBMITTED = "submitted"
    NEEDS_REVIEW = "needs_review", "waiting for review"
    MARKED = "marked"


class Attempt(models.Model):
    """One sitting. Without assignment and person it is practice: the public check, apart from everything.

    `points` are those marked so far; `points_waiting` may still be earned from a person.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE, null=True)
    assignment = models.ForeignKey(Assignment, models.CASCADE, null=True, related_name="attempts")
    person = models.ForeignKey(Person, models.CASCADE, null=True, related_name="attempts")
    quiz_version = models.ForeignKey(QuizVersion, models.PROTECT)
    number = models.PositiveIntegerField(default=1)
    preview = models.BooleanField(default=False, help_text="By a teacher or test user; stays out of everything.")
    # Null, not empty, so that the attempts without one do not clash.
    key_hash = models.CharField(  # noqa: DJ001
        max_length=64, unique=True, null=True, help_text="Practice: SHA-256 of its address."
    )
    state = models.CharField(max_length=16, choices=AttemptState.choices, default=AttemptState.IN_PROGRESS)
    started_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    marked_at = models.DateTimeField(null=True, blank=True)
    mark_tries = models.PositiveIntegerField(default=0, help_text="How often the sweeper took it up.")
    mark_after = models.DateTimeField(null=True, blank=True, help_text="The sweeper leaves it alone until then.")
    items_total = models.PositiveIntegerField()
    items_marked = models.PositiveIntegerField(default=0)
    points = models.DecimalField(max_digits=10, decimal_places=3, default=0)
    points_waiting = models.DecimalField(max_digits=10, decimal_places=3, default=0)
    points_max = models.DecimalField(max_digits=10, decimal_places=3)
    counted = models.JSONField(null=True, help_text="What statistics hold of this attempt.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assignment", "person", "preview", "number"], name="attempt_number"),
            # A teacher who becomes a learner must not go on in a preview, nor the other way round.
            models.UniqueConstraint(
                fields=["assignment", "person", "preview"], condition=Q(state="in_progress"), name="one_open_attempt"
            ),
            models.CheckConstraint(
                condition=Q(assignment__isnull=True, person__isnull=True, institution__isnull=True)
                | Q(assignment__isnull=False, person__isnull=False, institution__isnull=False),
                name="attempt_is_practice_or_owned",
            ),
            models.CheckConstraint(
                condition=Q(state="in_progress") | Q(submitted_at__isnull=False), name="submitted_attempt_has_time"
            ),
            models.CheckConstraint(
                condition=Q(points__gte=0, points__lte=F("points_max")), name="attempt_points_in_range"
            ),
        ]
        indexes = [
            models.Index(fields=["submitted_at"], condition=Q(state="submitted"), name="attempt_unmarked"),
            models.Index(fields=["institution", "id"], name="attempt_of_institution"),
            models.Index(fields=["started_at"], condition=Q(assignment__isnull=True), name="attempt_practice"),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.person_id or 'practice'}"


class Response(models.Model):
    """What was answered. Changes only while the attempt is in progress and the item unchecked."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="responses")
    item_version = models.ForeignKey(ItemVersion, models.PROTECT)
    answer = models.JSONField(default=dict)
    seq = models.PositiveIntegerField(default=0, help_text="Grows with every change the learner makes.")
    saved_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True, blank=True, help_text="Practice: when feedback was asked for.")
    waiting = models.BooleanField(default=False, help_text="Submitted and not marked yet by a person.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["attempt", "item_version"], name="one_response_per_item")]
        indexes = [models.Index(fields=["attempt"], condition=Q(waiting=True), name="response_waiting")]

    def __str__(self) -> str:
        return f"response {self.id}"


class MarkedBy(models.TextChoices):
    RULE = "rule"
    SUGGESTION = "suggestion"
    PERSON = "person"


class Mark(models.Model):
    """What a response earned. Append-only; the latest by rule or person counts."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    response = models.ForeignKey(Response, models.CASCADE, related_name="marks")
    points = models.DecimalField(max_digits=8, decimal_places=3)
    by = models.CharField(max_length=16, choices=MarkedBy.choices)
    tier = models.CharField(max_length=32)
    evidence = models.JSONField(default=dict)
    person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True)
    note = models.TextField(blank=True, help_text="To the learner.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["response"], condition=Q(by="rule"), name="one_rule_mark_per_response"),
            models.CheckConstraint(condition=Q(points__gte=0), name="mark_points_not_negative"),
            models.CheckConstraint(
                condition=~Q(by="person") | Q(person__isnull=False), name="mark_by_person_names_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.points} by {self.by}"


class GradeState(models.TextChoices):
    PROVISIONAL = "provisional"
    FINAL = "final"


class Grade(models.Model):
    """What counts for a person on an assignment."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="grades")
    person = models.ForeignKey(Person, models.CASCADE, related_name="grades")
    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="+")
    points = models.DecimalField(max_digits=10, decimal_places=3)
    points_max = models.DecimalField(max_digits=10, decimal_places=3)
    state = models.CharField(max_length=16, choices=GradeState.choices)
    updated_at = models.DateTimeField()
    unsent_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When a score was due and the LMS offered no column for it."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assignment", "person"], name="one_grade_per_person"),
            models.CheckConstraint(condition=Q(points_max__gt=0), name="grade_maximum_positive"),
        ]
        indexes = [
            models.Index(fields=["assignment"], condition=Q(unsent_at__isnull=False), name="grade_unsent"),
            models.Index(fields=["institution", "id"], name="grade_of_institution"),
            models.Index(fields=["institution", "updated_at"], name="grade_updated"),
        ]

    def __str__(self) -> str:
        return f"{self.points.normalize():f} of {self.points_max.normalize():f}, {self.state}"


class Population(models.TextChoices):
    """Whose attempts a statistic is about. First attempts are the honest default for item analysis."""

    FIRST = "first", "first attempt of each learner"
    ALL = "all", "all attempts"


class StatisticsDelta(models.Model):
    """A change that marking made to the statistics, waiting to be folded into rows.

    `counted`: see `statistics.deltas.contribution`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    assignment = models.ForeignKey(Assignment, models.CASCADE)
    quiz_version = models.ForeignKey(QuizVersion, models.PROTECT)
    population = models.CharField(max_length=8, choices=Population.choices)
    sign = models.SmallIntegerField()
    counted = models.JSONField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.sign:+} {self.population} of {self.assignment_id}"


class StatisticsRow(models.Model):
    """Sums over a population: of one item, or (no item) of the whole assignment; all published figures come from them.

    The machine-marked total T of an attempt is the points of its items that a rule marked and whose kind a rule
    can always mark; it is known at once for every submitted attempt. The rest of an item is T without that item.
    Of an item: `x` its points (attempts where they are known), `r` its rest, `in_total` the attempts whose T has it,
    `counts` {category: {rest: n}}. Of the whole: `x` the score of the `complete` attempts, `r` T of all `n`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="statistics")
    quiz_version = models.ForeignKey(QuizVersion, models.PROTECT)
    population = models.CharField(max_length=8, choices=Population.choices)
    item_version = models.ForeignKey(ItemVersion, models.PROTECT, null=True)
    n = models.BigIntegerField(default=0)
    complete = models.BigIntegerField(default=0, help_text="Attempts in which nothing waits for a person.")
    in_total = models.BigIntegerField(default=0, help_text="Attempts whose machine-marked total has this item.")
    x = models.DecimalField(max_digits=24, decimal_places=6, default=0, help_text="Sum of points.")
    xx = models.DecimalField(max_digits=30, decimal_places=6, default=0, help_text="Sum of squared points.")
    r = models.DecimalField(max_digits=24, decimal_places=6, default=0, help_text="Sum of rests.")
    rr = models.DecimalField(max_digits=30, decimal_places=6, default=0, help_text="Sum of squared rests.")
    xr = models.DecimalField(max_digits=30, decimal_places=6, default=0, help_text="Sum of points times rest.")
    counts = models.JSONField(default=dict)
    folded_at = models.DateTimeField()

    class Meta:
        constraints = [
            # Two constraints: `nulls_distinct` would make every system check ask the server for its version.
            models.UniqueConstraint(
                fields=["assignment", "quiz_version", "population", "item_version"],
                condition=Q(item_version__isnull=False),
                name="one_statistics_row_per_item",
            ),
            models.UniqueConstraint(
                fields=["assignment", "quiz_version", "population"],
                condition=Q(item_version__isnull=True),
                name="one_statistics_row_of_totals",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.population} n={self.n}"


# Django looks for models here; these have a file of their own.
from assessment.privacy_models import Erasure as Erasure  # noqa: E402
from assessment.privacy_models import ForgottenAttempt as ForgottenAttempt  # noqa: E402

"""Quizzes placed in courses, with their policy."""

from uuid import UUID

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from content.models import Lesson, Quiz
from lti.models import Context, ResourceLink
from roster.ids import uuid7
from roster.models import Course, Institution, Person, Stamped


class Counts(models.TextChoices):
    """Which attempt becomes the grade."""

    HIGHEST = "highest"
    LATEST = "latest"
    FIRST = "first"
    AVERAGE = "average"


class Shown(models.TextChoices):
    """From when on a part of the feedback is shown."""

    EACH_QUESTION = "each_question", "when the question is checked"
    AFTER_SUBMIT = "after_submit", "with the result"
    AFTER_DUE = "after_due", "after the due date"
    AFTER_CLOSE = "after_close", "after the check has closed"
    ON_RELEASE = "on_release", "when scores are released"
    NEVER = "never", "never"


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
    """When a check is taken. Every one may be empty; the LMS's own dates go before these (see windows.py)."""

    opens_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(
        null=True, blank=True, help_text="What is submitted after it is late; nothing closes."
    )
    closes_at = models.DateTimeField(null=True, blank=True, help_text="Attempts end then, and none is begun after it.")

    class Meta:
        abstract = True


def _shown() -> "models.CharField[str, str]":
    return models.CharField(max_length=16, choices=Shown.choices, default=Shown.AFTER_SUBMIT)


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


class Assignment(Dates, Stamped):
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
        help_text="What the LMS named for the link when we last followed it.",
    )
    named_at = models.DateTimeField(editable=False, null=True, help_text="When it did so first.")
    max_attempts = models.PositiveIntegerField(null=True, blank=True, help_text="Leave empty for unlimited.")
    counts = models.CharField(max_length=16, choices=Counts.choices, default=Counts.HIGHEST)
    time_limit = models.PositiveIntegerField(null=True, blank=True, help_text="In minutes; empty for none.")
    extensions = models.PositiveSmallIntegerField(
        default=0, help_text="How often learners may take more time by themselves; 10 or more is what WCAG 2.2.1 asks."
    )
    extension_minutes = models.PositiveSmallIntegerField(
        default=5, validators=[MinValueValidator(1)], help_text="That each of these gives."
    )
    grace = models.PositiveIntegerField(
        default=10, help_text="Seconds after the end of the time in which answers on their way still count."
    )
    late_percent = models.PositiveSmallIntegerField(
        default=100,
        validators=[MaxValueValidator(100)],
        help_text="How much of its points an attempt keeps that was submitted after the due date, in percent.",
    )
    cool_down = models.PositiveIntegerField(default=0, help_text="Minutes between two attempts.")
    one_at_a_time = models.BooleanField(default=False, help_text="One question on a page.")
    going_back = models.BooleanField(default=True, help_text="Where there is one question on a page.")
    access_code = models.CharField(max_length=64, blank=True, help_text="What learners type to begin.")
    show_mark = _shown()
    show_answer = _shown()
    show_rationale = _shown()
    show_section = _shown()
    scores_held = models.BooleanField(default=False, help_text="No score is shown or sent until it is released.")
    released_at = models.DateTimeField(null=True, blank=True, editable=False)
    auto_award = models.BooleanField(
        default=False,
        help_text="Full credit is given without a person where suggestions of that kind have proved right.",
    )
    while_waiting = models.CharField(max_length=16, choices=WhileWaiting.choices, default=WhileWaiting.MARKED_PART)
    pass_percent = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="For a gradebook column that knows only complete and incomplete: from here on it is complete.",
    )
    second_percent = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(100)],
        help_text="Of the answers that a person marked, how many a second person marks too.",
    )
    hold_flagged = models.BooleanField(
        default=False, help_text="No score is sent while a key looks wrong and nobody has looked at it."
    )
    flagged_at = models.DateTimeField(null=True, editable=False, help_text="Since when a key looks wrong.")
    keys_confirmed = models.JSONField(
        default=list, editable=False, help_text="Item versions whose key a teacher called right."
    )
    grades_due = models.BooleanField(
        default=False, editable=False, help_text="The policy changed: its grades wait to be worked out again."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=Q(grades_due=True), name="assignment_grades_due"),
            models.Index(fields=["institution", "updated_at"], name="assignment_updated"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_one_way(self) -> bool:
        """Whether there is no way back to a question that was passed."""
        return self.one_at_a_time and not self.going_back

    @property
    def withholds(self) -> bool:
        """Whether scores wait to be released."""
        return self.scores_held and self.released_at is None

    def asks_second(self, response_id: UUID) -> bool:
        """Whether the response is in the sample that a second person marks too: always the same ones."""
        return int(response_id.hex[-4:], 16) % 100 < self.second_percent

    @property
    def waits_for_key(self) -> bool:
        """Whether no score is sent until somebody has looked at a key."""
        return self.hold_flagged and self.flagged_at is not None

"""Quizzes placed in courses, with their policy."""

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
        indexes = [
            models.Index(fields=["id"], condition=Q(grades_due=True), name="assignment_grades_due"),
            models.Index(fields=["institution", "updated_at"], name="assignment_updated"),
        ]

    def __str__(self) -> str:
        return self.title

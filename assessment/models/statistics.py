"""What the published statistics are computed from: joint counts, never sums of numbers."""

from django.db import models

from assessment.models.assignments import Assignment
from content.models import ItemVersion, Quiz, QuizVersion
from roster.ids import uuid7
from roster.models import Institution


class Population(models.TextChoices):
    """Whose attempts a statistic is about. First attempts are the honest default for item analysis."""

    FIRST = "first", "first attempt of each learner"
    HIGHEST = "highest", "best attempt of each learner"
    LATEST = "latest", "latest attempt of each learner"
    ALL = "all", "all attempts"


class StatisticsDelta(models.Model):
    """That something changed for a person on an assignment; the next fold looks what it is.

    The person is named by a plain id, so that the marker outlives an erased person.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    assignment = models.ForeignKey(Assignment, models.CASCADE)
    person_id = models.UUIDField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"change of {self.person_id} on {self.assignment_id}"


class StatisticsPart(models.Model):
    """What the cells hold of one attempt, so that exactly this can be taken out again.

    Attempt and person are plain ids: the part of an erased attempt stays until the next fold takes it out.
    """

    attempt_id = models.UUIDField(primary_key=True, editable=False)
    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="statistics_parts")
    person_id = models.UUIDField()
    quiz_version = models.ForeignKey(QuizVersion, models.PROTECT)
    populations = models.JSONField(help_text="Those that the attempt is in.")
    groups = models.JSONField(help_text="Ids of the learner's groups in the course.")
    day = models.DateField(help_text="Of the submission, in UTC.")
    counted = models.JSONField(help_text="As in `Attempt.counted`.")

    class Meta:
        indexes = [models.Index(fields=["person_id", "assignment"], name="statistics_part_of_person")]

    def __str__(self) -> str:
        return f"part of {self.attempt_id}"


class StatisticsCell(models.Model):
    """Joint counts over some attempts on one quiz version; every published figure is computed from one cell.

    The attempts of an assignment, or (no assignment) of all assignments of the institution; all of them, those of one
    group, of one day, or of one group on one day. `data` is described in `statistics.cells`. The id is derived from
    what the cell is about, so that it cannot be there twice.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    assignment = models.ForeignKey(Assignment, models.CASCADE, null=True, related_name="statistics")
    quiz = models.ForeignKey(Quiz, models.PROTECT)
    quiz_version = models.ForeignKey(QuizVersion, models.PROTECT)
    population = models.CharField(max_length=8, choices=Population.choices)
    group = models.UUIDField(null=True, help_text="Id of a roster group, which may be gone.")
    day = models.DateField(null=True)
    n = models.BigIntegerField(help_text="Attempts.")
    data = models.JSONField()
    folded_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["assignment", "population", "group", "day"], name="statistics_of_assignment"),
            models.Index(fields=["group"], condition=models.Q(group__isnull=False), name="statistics_of_group"),
            models.Index(
                fields=["institution", "quiz", "population", "day"],
                condition=models.Q(assignment__isnull=True),
                name="statistics_of_quiz",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.population} n={self.n}"


class AnswerCount(models.Model):
    """How often an answer was typed, in its normal form; of one assignment, or of all that the institution has of
    the quiz.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    assignment = models.ForeignKey(Assignment, models.CASCADE, null=True, related_name="+")
    quiz = models.ForeignKey(Quiz, models.PROTECT, related_name="+")
    item_version = models.ForeignKey(ItemVersion, models.PROTECT, related_name="+")
    population = models.CharField(max_length=8, choices=Population.choices)
    answer = models.CharField(max_length=200)
    n = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(
                fields=["assignment", "item_version", "population", "-n"],
                condition=models.Q(assignment__isnull=False),
                name="answers_of_assignment",
            ),
            models.Index(
                fields=["institution", "quiz", "item_version", "population", "-n"],
                condition=models.Q(assignment__isnull=True),
                name="answers_of_quiz",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.answer}: {self.n}"


class IrtFit(models.Model):
    """A model of item response theory, fitted by a job to first attempts (see `statistics.irt`)."""

    class Model(models.TextChoices):
        RASCH = "rasch", "Rasch"
        TWO_PARAMETERS = "2pl", "2PL"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    assignment = models.ForeignKey(Assignment, models.CASCADE, related_name="irt_fits")
    quiz_version = models.ForeignKey(QuizVersion, models.PROTECT)
    model = models.CharField(max_length=8, choices=Model.choices)
    n = models.PositiveIntegerField(help_text="First attempts.")
    data = models.JSONField()
    fitted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assignment", "quiz_version", "model"], name="one_fit_of_each_model")
        ]

    def __str__(self) -> str:
        return f"{self.get_model_display()} n={self.n}"

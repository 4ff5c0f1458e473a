"""Sums from which all published statistics are computed."""

from django.db import models
from django.db.models import Q

from assessment.models.assignments import Assignment
from content.models import ItemVersion, QuizVersion
from roster.ids import uuid7
from roster.models import Institution


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
    `counts` {category: {rest: n}}, an answer in each of its categories, `counted` {rest: n} the answers behind them.
    Of the whole: `x` the score of the `complete` attempts, `r` T of all `n`.
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
    counted = models.JSONField(default=dict)
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

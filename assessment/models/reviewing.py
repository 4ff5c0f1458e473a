"""What goes with marking by a person: comments to use again, second marks, and learners who ask for a second look."""

from django.db import models
from django.db.models import Q

from assessment.models.attempts import Response
from assessment.models.grades import Mark
from content.models import Item
from roster.ids import uuid7
from roster.models import Institution, Person


class SavedComment(models.Model):
    """A note to learners that a teacher keeps to use again on answers to the same question."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    person = models.ForeignKey(Person, models.CASCADE, related_name="saved_comments")
    item = models.ForeignKey(Item, models.CASCADE, related_name="+")
    text = models.CharField(max_length=500)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "item", "text"], name="saved_comment_once")]

    def __str__(self) -> str:
        return self.text


class SecondMark(models.Model):
    """A second person is asked what they would give, without seeing the first mark. It earns nothing: it measures.

    `first` is the mark to compare with; null while the answer waits again. `points` is null until it is given.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    response = models.OneToOneField(Response, models.CASCADE, related_name="second_mark")
    first = models.ForeignKey(Mark, models.SET_NULL, null=True, related_name="+")
    points = models.DecimalField(max_digits=8, decimal_places=3, null=True)
    person = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField()
    marked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(points__isnull=True, marked_at__isnull=True)
                | Q(points__gte=0, points__isnull=False, marked_at__isnull=False),
                name="second_mark_is_given_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"second mark: {self.points}"


class SecondLook(models.Model):
    """A learner asks for a second look at a mark, and what a teacher answered. The exchange is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    response = models.ForeignKey(Response, models.CASCADE, related_name="second_looks")
    text = models.TextField()
    asked_at = models.DateTimeField()
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["response"], condition=Q(answered_at__isnull=True), name="one_open_second_look"
            )
        ]

    def __str__(self) -> str:
        return self.text

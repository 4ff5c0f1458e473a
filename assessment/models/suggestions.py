"""What the machine says of answers that wait for a person."""

from django.db import models
from django.db.models import Q

from assessment.models.attempts import Response
from content.models import ItemVersion
from roster.ids import uuid7
from roster.models import Institution


class Tier(models.TextChoices):
    """Who suggested: the steps are tried in this order."""

    SAME_ANSWER = "same_answer", "the same answer, confirmed by a person"
    IDEAS = "ideas", "ideas of the rubric"
    MODEL = "model", "language model"
    PERSON = "person", "nothing to suggest"


class Suggestion(models.Model):
    """What the machine says of one response; it earns nothing by itself. It changes only while the response waits.

    `evidence`, by tier: {"mark": id, "response": id} of the person's mark on the same answer; {"ideas": [{"line",
    "idea", "share"}]}; {"lines": [{"line", "quote"}], "model", "prompt": SHA-256}. Where nothing is suggested it holds
    the {"reason"}.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    response = models.OneToOneField(Response, models.CASCADE, related_name="suggestion")
    item_version = models.ForeignKey(ItemVersion, models.PROTECT, help_text="Whose rubric was read.")
    form = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the normal form; empty: not comparable.")
    tier = models.CharField(max_length=16, choices=Tier.choices)
    credit = models.DecimalField(
        max_digits=8, decimal_places=7, null=True, help_text="Share of the points; null: none suggested."
    )
    confidence = models.FloatField(null=True, help_text="From 0 to 1, by the tier's own measure.")
    vector = models.BinaryField(null=True, help_text="Of the answer (embeddings), where the weights are installed.")
    evidence = models.JSONField(default=dict)
    ask_after = models.DateTimeField(null=True, help_text="From when on the language model may be asked; null: never.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(credit__isnull=True) | Q(credit__gte=0, credit__lte=1), name="suggested_credit_is_a_share"
            ),
        ]
        indexes = [
            models.Index(fields=["item_version", "institution", "form"], name="suggestion_form"),
            models.Index(fields=["ask_after"], condition=Q(ask_after__isnull=False), name="suggestion_to_ask"),
        ]

    def __str__(self) -> str:
        return f"{self.tier}: {self.credit}"

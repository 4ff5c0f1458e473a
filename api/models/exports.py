"""Tables of an institution written to a file."""

from django.db import models
from django.db.models import Q

from roster.ids import uuid7
from roster.models import Institution


class ExportState(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class ExportFormat(models.TextChoices):
    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


class Export(models.Model):
    """`run` names the worker's run that may write to the row; another run that takes over sets its own."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE, related_name="+")
    tables = models.JSONField()
    format = models.CharField(max_length=16, choices=ExportFormat.choices)
    bom = models.BooleanField(default=False)
    since = models.DateTimeField(null=True)
    state = models.CharField(max_length=16, choices=ExportState.choices, default=ExportState.QUEUED)
    run = models.UUIDField(null=True)
    tries = models.PositiveIntegerField(default=0)
    seen_at = models.DateTimeField(help_text="The last sign of life of a run.")
    rows_total = models.PositiveBigIntegerField(default=0)
    rows = models.JSONField(default=dict, help_text="Written so far, by table.")
    error = models.TextField(blank=True)
    file = models.FileField(upload_to="exports/%Y/%m", blank=True)
    size = models.PositiveBigIntegerField(null=True, help_text="Of the file, in bytes.")
    updated_until = models.DateTimeField(null=True, help_text="Every change before it is in the file.")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["institution"], condition=Q(state__in=["queued", "running"]), name="one_export_at_a_time"
            )
        ]
        indexes = [models.Index(fields=["finished_at"], name="export_finished")]

    def __str__(self) -> str:
        return f"{', '.join(self.tables)} of {self.institution}"

    @property
    def progress(self) -> int:
        """In percent."""
        if self.state == ExportState.DONE:
            return 100
        return min(99, 100 * int(sum(self.rows.values())) // max(self.rows_total, 1))

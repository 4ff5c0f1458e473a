"""Answers to requests that a client may send again."""

from django.db import models

from roster.models import Institution


class KeptAnswer(models.Model):
    """The first answer to a request with an `Idempotency-Key`, for a repetition of the request."""

    institution = models.ForeignKey(Institution, models.CASCADE)
    caller = models.CharField(max_length=64, help_text="The API key or application, as `Access` names it.")
    key = models.CharField(max_length=255)
    path = models.CharField(max_length=500)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of what was sent.")
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.TextField()
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["caller", "key", "path"], name="one_answer_per_key")]

    def __str__(self) -> str:
        return f"{self.status} for {self.path}"

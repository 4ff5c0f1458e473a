"""The public check."""

from django.db import models

from roster.ids import uuid7


class PracticeClient(models.Model):
    """How many practices a network address began in an hour. `client` is a keyed hash that names nobody afterwards."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    client = models.CharField(max_length=64)
    hour = models.DateTimeField(db_index=True)
    begun = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "hour"], name="one_count_per_client_and_hour")]

    def __str__(self) -> str:
        return f"{self.begun} since {self.hour:%Y-%m-%d %H:%M}"

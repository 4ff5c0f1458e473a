"""What remains of an erased person: the record that it was done."""

from django.db import models

from roster.ids import uuid7
from roster.models import Institution, Person


class Erasure(models.Model):
    """That a person's data was erased, when, on whose word, and how much of it. Not whose."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    by = models.ForeignKey(
        Person, models.SET_NULL, null=True, related_name="+", help_text="Empty: the person asked for it."
    )
    erased = models.JSONField(help_text="Rows by kind.")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"erasure {self.reference}"

    @property
    def reference(self) -> str:
        return self.id.hex[-8:].upper()

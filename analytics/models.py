"""Who reads the schema `analytics` from outside."""

from django.db import models

from roster.models import Institution


class Analyst(models.Model):
    """A PostgreSQL role, and the one institution whose rows the views show it."""

    role = models.CharField(max_length=63, primary_key=True)
    institution = models.ForeignKey(Institution, models.PROTECT, related_name="+")
    names = models.BooleanField(default=False, help_text="Sees names and e-mail addresses too.")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.role

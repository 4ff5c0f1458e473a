"""What users agree to, and that they did (EULA service of the Asset Processor specification)."""

from django.db import models
from django.db.models import Q

from roster.ids import uuid7
from roster.models import Institution, Person


class Terms(models.Model):
    """One version of the terms of use; the newest of the institution counts, else the newest of the service."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(
        Institution, models.CASCADE, null=True, blank=True, help_text="Empty: for everyone who has none of their own."
    )
    version = models.CharField(max_length=40)
    text = models.TextField(help_text="Plain text; an empty line begins a new paragraph.")
    published_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "terms"
        constraints = [
            models.UniqueConstraint(fields=["institution", "version"], name="terms_version"),
            models.UniqueConstraint(
                fields=["version"], condition=Q(institution__isnull=True), name="terms_version_of_service"
            ),
        ]

    def __str__(self) -> str:
        return f"terms {self.version}"


class ReportState(models.TextChoices):
    NOT_ASKED = "not_asked", "not asked for"
    DUE = "due"
    REPORTED = "reported"
    REFUSED = "refused"


class EulaAcceptance(models.Model):
    """Who accepted which terms when, and the word of it to the platform; only the report's fields ever change."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    registration = models.ForeignKey("lti.Registration", models.CASCADE)
    platform_user = models.ForeignKey("lti.PlatformUser", models.CASCADE, related_name="acceptances")
    person = models.ForeignKey(Person, models.CASCADE, related_name="acceptances")
    terms = models.ForeignKey(Terms, models.PROTECT, related_name="acceptances")
    service_url = models.TextField(blank=True, help_text="Claim `eulaservice.url`, opaque.")
    accepted_at = models.DateTimeField()

    state = models.CharField(max_length=16, choices=ReportState.choices, default=ReportState.NOT_ASKED)
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    last_status = models.PositiveIntegerField(null=True, blank=True, help_text="HTTP status; empty: no answer came.")
    last_answer = models.TextField(blank=True, help_text="The platform's own words.")

    class Meta:
        constraints = [
            # One deployment of the tool has one service; it is told once.
            models.UniqueConstraint(fields=["terms", "platform_user", "service_url"], name="eula_accepted_once")
        ]
        indexes = [models.Index(fields=["next_try_at"], condition=Q(state="due"), name="eula_report_due")]

    def __str__(self) -> str:
        return f"{self.person} accepted {self.terms}"

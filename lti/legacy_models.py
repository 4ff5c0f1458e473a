"""What is known from LTI 1.1: the keys that platforms signed with, and whom they meant by which user id."""

from django.db import models

from lti.models.sealed import SealedField, unseal
from roster.ids import uuid7
from roster.models import Institution, Person


class LegacyConsumer(models.Model):
    """A platform as LTI 1.1 knew it: a consumer key and its shared secret."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    registration = models.ForeignKey(
        "lti.Registration",
        models.SET_NULL,
        null=True,
        blank=True,
        help_text="What it became. Where it is named, launches of others never reach its users.",
    )
    key = models.CharField("consumer key", max_length=255)
    secret = SealedField(editable=False)
    trouble = models.CharField(max_length=300, blank=True, editable=False, help_text="Why a launch was not believed.")
    trouble_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["institution", "key"], name="legacy_consumer_key")]

    def __str__(self) -> str:
        return self.key

    @property
    def shared_secret(self) -> str:
        """In the clear. Raises lti.secrets.CannotOpen."""
        return unseal(self.secret)


class LegacyUser(models.Model):
    """A person by the `user_id` of LTI 1.1."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    institution = models.ForeignKey(Institution, models.CASCADE)
    consumer = models.ForeignKey(LegacyConsumer, models.CASCADE, related_name="users")
    user_id = models.CharField(max_length=255)
    person = models.ForeignKey(Person, models.CASCADE, related_name="legacy_users")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["consumer", "user_id"], name="legacy_user_of_consumer")]

    def __str__(self) -> str:
        return self.user_id

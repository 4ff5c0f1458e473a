"""What the services of this LMS keep of requests: tokens, used assertions, troubles to make, a log."""

from django.db import models

from sandbox.models.lms import Row, Tool


class AccessToken(Row):
    digest = models.CharField(max_length=64, unique=True)
    tool = models.ForeignKey(Tool, models.CASCADE)
    scopes = models.JSONField(default=list)
    expires_at = models.DateTimeField(db_index=True)


class UsedAssertion(Row):
    """A client assertion's `jti`, kept until the assertion expires (RFC 7523 section 3, point 7)."""

    tool = models.ForeignKey(Tool, models.CASCADE)
    jti = models.CharField(max_length=255)
    expires_at = models.DateTimeField(db_index=True)

    class Meta(Row.Meta):
        constraints = [models.UniqueConstraint(fields=["tool", "jti"], name="one_use")]


class Fault(Row):
    """A trouble to make, for tests. `remaining` null: until cleared. `rate` 0..1 drawn from `seed` and `drawn`."""

    endpoint = models.CharField(max_length=20)
    kind = models.CharField(max_length=20)
    status = models.PositiveIntegerField(default=503)
    headers = models.JSONField(default=dict)
    body = models.TextField(blank=True)
    seconds = models.FloatField(default=0)
    remaining = models.PositiveIntegerField(null=True)
    rate = models.FloatField(default=1)
    seed = models.IntegerField(default=0)
    drawn = models.PositiveIntegerField(default=0)


class RequestEntry(Row):
    """A request of the tool, kept only when the control API is open. No bearer tokens, no assertions."""

    at = models.DateTimeField()
    method = models.CharField(max_length=10)
    path = models.CharField(max_length=1000)
    endpoint = models.CharField(max_length=20)
    status = models.PositiveIntegerField(null=True, help_text="null: the connection was dropped")
    fault = models.CharField(max_length=20, blank=True)
    seconds = models.FloatField(default=0)
    user_agent = models.CharField(max_length=300, blank=True)

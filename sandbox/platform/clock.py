"""The platform's clock, which tests may turn."""

from datetime import UTC, datetime, timedelta

from django.conf import settings

from sandbox.models import State


def now() -> datetime:
    """The time as this platform sees it."""
    real = datetime.now(UTC)
    if not settings.SANDBOX_CONTROL:
        return real
    offset = State.objects.values_list("clock_offset", flat=True).first()
    return real + timedelta(seconds=offset or 0)


def turn(seconds: float) -> None:
    """Let the platform's clock differ from the true time by so many seconds."""
    State.objects.update_or_create(pk=1, defaults={"clock_offset": seconds})

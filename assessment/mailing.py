"""Mail to learners: where it is configured, and the LMS gave their address."""

from collections.abc import Callable

from django.conf import settings
from django.core.mail import send_mail
from django.utils.translation import override

from roster.models import Person


def is_configured() -> bool:
    return bool(settings.EMAIL_URL)


def send(*, to: Person, language: str, write: Callable[[], tuple[str, str]]) -> None:
    """Send the subject and text that `write` returns in that language."""
    if not to.email:
        return
    with override(language):
        subject, text = write()
    send_mail(" ".join(subject.split()), text, None, [to.email])

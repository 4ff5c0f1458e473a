"""What is stored for teachers of a score or a list in trouble: in English, to be shown in the language of the page."""

from django.utils.translation import gettext

from lti.gradebook import delivery, states
from lti.people import roster_reading

BEGINNINGS = (states.GIVEN_UP, roster_reading.NO_GROUPS)  # other words follow these


def translated(stored: str) -> str:
    """Our own words are translated; those of an LMS stay as they are."""
    for beginning in BEGINNINGS:
        if stored.startswith(f"{beginning} "):
            return f"{gettext(beginning)} {translated(stored.removeprefix(beginning).strip())}"
    if stored.endswith(delivery.REPLACING):  # what was seen in the gradebook may stand before it
        return gettext(delivery.REPLACING)
    return gettext(stored) if stored else ""

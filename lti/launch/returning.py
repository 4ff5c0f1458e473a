"""The way back into the LMS: `launch_presentation.return_url` (core 1.3 section 5.4.4), only ever from a token that was
verified, with a message that the LMS shows."""

from urllib.parse import urlencode, urlsplit, urlunsplit

LONGEST_MESSAGE = 250


def address(return_url: str, **messages: str) -> str:
    """The address with `lti_msg` or `lti_errormsg` beside whatever query it has; empty where there is none."""
    if not return_url:
        return ""
    parts = urlsplit(return_url)
    added = urlencode({name: text[:LONGEST_MESSAGE] for name, text in messages.items()})
    return urlunsplit(parts._replace(query=f"{parts.query}&{added}" if parts.query else added))

"""Reading claims that anyone may have written: every value may be missing, of a wrong type, or too long."""

import math
import re
from typing import Any
from urllib.parse import urlsplit

from lti.words.errors import LaunchRefused, Problem

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
# Types of messages that more than one module tells apart.
RESOURCE_LINK, DEEP_LINKING, REVIEW = "LtiResourceLinkRequest", "LtiDeepLinkingRequest", "LtiSubmissionReviewRequest"
DATA_PRIVACY = ("DataPrivacyLaunchRequest", "LtiDataPrivacyLaunchRequest")  # platforms name it either way
GROUPS = "https://purl.imsglobal.org/spec/lti-gs/claim/groupsservice"

Claims = dict[str, Any]

LONGEST_URL = 2_000
CUSTOM_LIMIT = 100  # parameters
CUSTOM_VALUE_LIMIT = 4_000  # characters


# A variable that the platform did not know, sent as it stands in the tool's configuration (core 1.3 section 6.1).
UNRESOLVED = re.compile(r"\$[A-Za-z][\w-]*(\.[\w<>-]+)+")
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # NUL and lone surrogates, which PostgreSQL does not take
SPACE = re.compile(r"[\s\\]")  # a browser takes a backslash for a slash


def text(value: Any, limit: int = 255) -> str:
    """A display text: cut to `limit`, empty unless a string. PostgreSQL stores neither NUL nor lone surrogates.

    An unresolved `$Variable.name` is taken as absent; "$5 course" is a title.
    """
    if not isinstance(value, str) or (value[:1] == "$" and UNRESOLVED.fullmatch(value.strip())):
        return ""
    return value[: limit * 2].replace("\x00", "").encode("utf-8", "ignore").decode()[:limit].strip()


def is_identifier(value: Any, limit: int = 255) -> bool:
    """Whether a value can be a key: kept exactly as given, so never cut or cleaned."""
    usable = isinstance(value, str) and len(value) <= limit and value.strip()
    return bool(usable) and not UNSTORABLE.search(value)


def as_identifier(value: Any) -> str:
    """A key as text, empty where it is none. Some platforms write numbers where the standard has text."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value if is_identifier(value) else ""


def identifier(source: Claims, name: str, label: str = "") -> str:
    """A required identifier. Raises LaunchRefused where it is missing or not one."""
    value = source.get(name)
    if not is_identifier(value):
        raise LaunchRefused(Problem.MESSAGE_INVALID, f"{label or name.removeprefix(CLAIM)} is missing or not usable")
    return str(value)


def url(value: Any, limit: int = LONGEST_URL) -> str:
    """An http(s) address as given, else empty."""
    if not is_identifier(value, limit) or SPACE.search(value):
        return ""
    try:
        parts = urlsplit(value)
    except ValueError:
        return ""
    return value if parts.scheme in ("http", "https") and parts.hostname else ""


def mapping(source: Claims, name: str) -> Claims:
    """An optional object claim; empty where it is missing or of another type."""
    value = source.get(name)
    return value if isinstance(value, dict) else {}


def strings(value: Any) -> list[str]:
    """The strings of a list; empty for anything else."""
    return [text(entry) for entry in value if isinstance(entry, str)] if isinstance(value, list) else []


def seconds(source: Claims, name: str) -> float:
    """A required time claim (RFC 7519 section 2, NumericDate). Raises LaunchRefused where it is not a number."""
    value = source.get(name)
    endless = isinstance(value, float) and not math.isfinite(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or endless:
        raise LaunchRefused(Problem.TOKEN_INVALID, f"{name} is missing or not a number")
    return float(min(max(value, -1e15), 1e15))  # a whole number of any length can be compared, not made a float


def custom(source: Claims) -> dict[str, str]:
    """Custom parameters. A platform that cannot resolve `$Variable` sends it literally: left out."""
    kept: dict[str, str] = {}
    for name, value in list(mapping(source, CLAIM + "custom").items())[:CUSTOM_LIMIT]:
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, str) and not value.startswith("$"):
            kept[text(name)] = text(value, CUSTOM_VALUE_LIMIT)
    return kept

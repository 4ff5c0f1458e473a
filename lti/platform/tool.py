"""What an LMS needs to know about this tool, however it is connected: addresses, scopes, messages, custom values."""

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.conf import settings
from django.urls import reverse

from lti.words import claims, scopes

NAME = "Assay"
DESCRIPTION = "Lessons with an end-of-lesson check; scores go to the gradebook."
TOOL_ID = "assay"
VENDOR = "Assay"
WORK = "work"  # in the address of a launch

# AGS scopes are always asked for; the others where the platform has them.
SCOPES = (*scopes.GRADEBOOK, scopes.MEMBERSHIP)
MORE_SCOPES = (scopes.GROUPS,)

# `$Context.id.history` lets a copied course find the content of the one it was copied from (LTI 1.3 appendix D).
CUSTOM = {"context_history": "$Context.id.history"}

CLAIMS = ("iss", "sub")
NAME_CLAIMS = ("name", "given_name", "family_name")
PRIVACY = {  # what the LMS shares, in Canvas's words: the claims that Moodle derives its own settings from
    "name_only": (*CLAIMS, *NAME_CLAIMS),
    "public": (*CLAIMS, *NAME_CLAIMS, "email"),
    "anonymous": CLAIMS,
}
USUAL_PRIVACY = "name_only"

# Where Canvas offers the picker (deep linking placements).
PLACEMENTS = {
    "assignment_selection": "Assay lesson or check",
    "link_selection": "Assay lesson or check",
    "course_assignments_menu": "Add Assay lessons or checks",
    "module_index_menu_modal": "Add Assay lessons or checks",
    "editor_button": "Assay",
}


def address(name: str) -> str:
    """The absolute address of one of our pages for platforms: `launch`, `login`, `jwks`, `register`, …"""
    return f"{settings.BASE_URL}{reverse('lti:' + name)}"


def work(name: str) -> str:
    """Where an LMS opens a piece of work that was handed in, as an ordinary launch."""
    return f"{address('launch')}?{urlencode({WORK: name})}"


def work_named(uri: str) -> str:
    """The work that an address names, empty where it names none."""
    return parse_qs(urlsplit(uri).query).get(WORK, [""])[0]


def domain() -> str:
    """Our host, with the port where there is one: Moodle compares it with the target link URI."""
    return urlsplit(str(settings.BASE_URL)).netloc


def icon() -> str:
    """Without the hash of a release, which an LMS would keep longer than we do."""
    return f"{settings.BASE_URL}{settings.STATIC_URL}assay/icon.svg"


def custom_lines() -> str:
    """Custom parameters as Moodle's form takes them, one a line."""
    return "\n".join(f"{name}={value}" for name, value in CUSTOM.items())


def canvas_configuration(privacy: str = USUAL_PRIVACY) -> dict[str, Any]:
    """Canvas's JSON configuration of an LTI key, for "Enter URL" and "Paste JSON"."""
    launch = address("launch")
    placements: list[dict[str, Any]] = [
        {"placement": placement, "message_type": claims.DEEP_LINKING, "target_link_uri": launch, "text": text}
        | {"enabled": True, "icon_url": icon()}
        for placement, text in PLACEMENTS.items()
    ]
    navigation = {"placement": "course_navigation", "message_type": claims.RESOURCE_LINK, "text": NAME}
    placements.append({**navigation, "target_link_uri": launch, "default": "disabled", "enabled": True})
    extension = {
        "domain": domain(),
        "tool_id": TOOL_ID,
        "platform": "canvas.instructure.com",
        "privacy_level": privacy,
        "settings": {"text": NAME, "icon_url": icon(), "placements": placements},
    }
    return {
        "title": NAME,
        "description": DESCRIPTION,
        "oidc_initiation_url": address("login"),
        "target_link_uri": launch,
        "public_jwk_url": address("jwks"),
        "scopes": list(SCOPES),
        "custom_fields": CUSTOM,
        "extensions": [extension],
    }

"""An LTI message as a typed object: the claims of a verified token are read here, once, and nowhere else.

Core 1.3 section 5.3 says what every message carries, section 5.4 what it may carry. What may be missing is empty.
What must be there raises LaunchRefused; what a platform writes its own way is read as it is meant.
"""

from dataclasses import dataclass, field

from lti.launch import deep_linking_settings, guests, history, target
from lti.launch.deep_linking_settings import DeepLinkingSettings
from lti.words import claims
from lti.words.claims import AGS, CLAIM, GROUPS, NRPS, Claims
from lti.words.errors import LaunchRefused, Problem

VERSION = "1.3.0"


@dataclass(frozen=True, slots=True)
class UserClaims:
    """Who launches (section 5.3.6 and OpenID Connect core 5.1). A guest may come without `sub`."""

    sub: str = ""
    is_guest: bool = False
    name: str = ""
    given_name: str = ""
    family_name: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class PlatformClaim:
    """`tool_platform` (section 5.4.6)."""

    guid: str = ""
    name: str = ""
    family_code: str = ""


@dataclass(frozen=True, slots=True)
class ContextClaim:
    """`context` (section 5.4.1)."""

    id: str
    title: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class LinkClaim:
    """`resource_link` (section 5.3.5)."""

    id: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class GradebookClaim:
    """The endpoint of Assignment and Grade Services 2.0 (section 3.1)."""

    scopes: list[str] = field(default_factory=list)
    line_items_url: str = ""
    line_item_url: str = ""


@dataclass(frozen=True, slots=True)
class PeopleClaims:
    """Where the course's people and groups are (NRPS 2.0 section 3, Course Groups 1.0)."""

    memberships_url: str = ""
    groups_url: str = ""
    group_sets_url: str = ""


@dataclass(frozen=True, slots=True)
class Presentation:
    """`launch_presentation` (section 5.4.4)."""

    locale: str = ""
    return_url: str = ""
    document_target: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """`target_link_uri` is empty where it leads to another host; `for_user` where the message names nobody."""

    type: str
    nonce: str
    deployment_id: str
    user: UserClaims
    roles: list[str] = field(default_factory=list)
    target_link_uri: str = ""
    custom: dict[str, str] = field(default_factory=dict)
    context_history: list[str] = field(default_factory=list)
    platform: PlatformClaim = field(default_factory=PlatformClaim)
    context: ContextClaim | None = None
    link: LinkClaim | None = None
    gradebook: GradebookClaim | None = None
    people: PeopleClaims = field(default_factory=PeopleClaims)
    presentation: Presentation = field(default_factory=Presentation)
    for_user: str = ""
    deep_linking: DeepLinkingSettings | None = None


def parse(found: Claims) -> Message:
    """The message in the claims of a verified token. Raises LaunchRefused where something required is missing."""
    _check(found)
    kind = found[CLAIM + "message_type"]
    gradebook = _gradebook(found)
    return Message(
        type=kind,
        nonce=found["nonce"],
        deployment_id=found[CLAIM + "deployment_id"],
        user=_user(found),
        roles=claims.strings(found.get(CLAIM + "roles")),
        target_link_uri=target.own(found.get(CLAIM + "target_link_uri")),
        custom=claims.custom(found),
        context_history=history.given(found),
        platform=_platform(found),
        context=_context(found),
        link=_link(found, kind, gradebook),
        gradebook=gradebook,
        people=_people(found),
        presentation=presentation(found),
        for_user=_for_user(found, kind),
        deep_linking=deep_linking_settings.parse(found) if kind == claims.DEEP_LINKING else None,
    )


def presentation(found: Claims) -> Presentation:
    """Needed on its own for a message that is refused: it has the way back."""
    shown = claims.mapping(found, CLAIM + "launch_presentation")
    return Presentation(
        locale=claims.text(shown.get("locale"), 35),
        return_url=claims.url(shown.get("return_url")),
        document_target=claims.text(shown.get("document_target"), 16),
    )


def _check(found: Claims) -> None:
    """What every message carries (section 5.3).

    Deep Linking 2.0 has the roles as optional (section 4.4.9), and no address in its example (appendix A).
    """
    if found.get(CLAIM + "version") != VERSION:
        raise LaunchRefused(Problem.MESSAGE_INVALID, "version is not 1.3.0")
    guests.check(found)
    for name in ("message_type", "deployment_id"):
        claims.identifier(found, CLAIM + name)
    kind, uri = found[CLAIM + "message_type"], found.get(CLAIM + "target_link_uri")
    if not isinstance(found.get(CLAIM + "roles"), list) and (kind != claims.DEEP_LINKING or CLAIM + "roles" in found):
        raise LaunchRefused(Problem.MESSAGE_INVALID, "roles is missing or not a list")
    if not claims.url(uri, target.LONGEST) and (kind == claims.RESOURCE_LINK or uri is not None):
        raise LaunchRefused(Problem.MESSAGE_INVALID, "target_link_uri is missing or not an http address")


def _user(found: Claims) -> UserClaims:
    names = {name: claims.text(found.get(name)) for name in ("name", "given_name", "family_name")}
    email = claims.text(found.get("email"), 254)
    return UserClaims(sub=found.get("sub") or "", is_guest=guests.is_guest(found), email=email, **names)


def _platform(found: Claims) -> PlatformClaim:
    given = claims.mapping(found, CLAIM + "tool_platform")
    code = claims.text(given.get("product_family_code")).lower()
    return PlatformClaim(claims.text(given.get("guid")), claims.text(given.get("name")), code)


def _context(found: Claims) -> ContextClaim | None:
    claim = found.get(CLAIM + "context") or {}  # PHP writes an empty object as a list
    if not isinstance(claim, dict):
        raise LaunchRefused(Problem.MESSAGE_INVALID, "context is not an object")
    if not any(claim.values()):
        return None
    context_id = claims.identifier(claim, "id", "context.id")
    return ContextClaim(context_id, claims.text(claim.get("title"), 500), claims.text(claim.get("label"), 500))


def _link(found: Claims, kind: str, gradebook: GradebookClaim | None) -> LinkClaim | None:
    """Required of a launch. A submission review may name the gradebook column instead; others name no link."""
    claim = found.get(CLAIM + "resource_link")
    by_column = not claim and gradebook is not None and gradebook.line_item_url
    if kind != claims.RESOURCE_LINK and (kind != claims.REVIEW or by_column):
        return None
    if not isinstance(claim, dict):
        raise LaunchRefused(Problem.MESSAGE_INVALID, "resource_link is missing")
    return LinkClaim(claims.identifier(claim, "id", "resource_link.id"), claims.text(claim.get("title"), 500))


def _gradebook(found: Claims) -> GradebookClaim | None:
    endpoint = claims.mapping(found, AGS)
    if not endpoint:
        return None
    line_items, line_item = claims.url(endpoint.get("lineitems")), claims.url(endpoint.get("lineitem"))
    return GradebookClaim(claims.strings(endpoint.get("scope")), line_items, line_item)


def _people(found: Claims) -> PeopleClaims:
    groups = claims.mapping(found, GROUPS)
    return PeopleClaims(
        memberships_url=claims.url(claims.mapping(found, NRPS).get("context_memberships_url")),
        groups_url=claims.url(groups.get("context_groups_url")),
        group_sets_url=claims.url(groups.get("context_group_sets_url")),
    )


def _for_user(found: Claims, kind: str) -> str:
    """`for_user`: `user_id` in Submission Review 1.0, in an older draft of the data privacy launch `id`.

    Moodle sends a review with an empty one where a teacher clicks the heading of a column.
    """
    named = found.get(CLAIM + "for_user")
    if kind not in (claims.REVIEW, *claims.DATA_PRIVACY) or named is None or (kind == claims.REVIEW and not named):
        return ""
    if not isinstance(named, dict):
        raise LaunchRefused(Problem.MESSAGE_INVALID, "for_user is not an object")
    older = kind != claims.REVIEW and "user_id" not in named
    return claims.identifier(named, "id" if older else "user_id", "for_user.user_id")

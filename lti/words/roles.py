"""From a platform's role list to what someone may do here (LTI 1.3 core, appendix A.2)."""

from collections.abc import Iterable

from roster.models import Role

VOCABULARY = "http://purl.imsglobal.org/vocab/lis/v2/"
CONTEXT = VOCABULARY + "membership"
# The name in the vocabulary, and the one that some platforms make by analogy with the other system roles.
TEST_USER = {
    "http://purl.imsglobal.org/vocab/lti/system/person#TestUser",
    VOCABULARY + "system/person#TestUser",
}

TEACHING = {"Instructor", "TeachingAssistant", "Administrator"}
LEARNING = {"Learner"}
# Outside the course only these count, and only where no course role was given.
ADMINISTERING = {
    VOCABULARY + "institution/person#Administrator",
    VOCABULARY + "system/person#Administrator",
    VOCABULARY + "system/person#SysAdmin",
}
TEACHING_SOMEWHERE = {VOCABULARY + f"institution/person#{name}" for name in ("Instructor", "Faculty")}
STUDYING = {VOCABULARY + "institution/person#Student", VOCABULARY + "institution/person#Learner"}


def role(roles: Iterable[str]) -> Role:
    """The context role decides; institution roles only where there is none; anything unknown may least."""
    given = set(roles)
    context = in_context(given)
    if context:
        return _chosen(bool(context & TEACHING), bool(context & LEARNING))
    return _chosen(bool(given & ADMINISTERING), bool(given & STUDYING))


def in_context(roles: Iterable[str]) -> set[str]:
    """The principal names of the context roles: `ContentDeveloper`, `Instructor`, …"""
    return {name for name in map(_context_role, roles) if name}


def teaches_somewhere(roles: Iterable[str]) -> bool:
    """In the institution, whatever the course."""
    return not TEACHING_SOMEWHERE.isdisjoint(roles)


def is_administrator(roles: Iterable[str]) -> bool:
    """Of the institution or the whole LMS: more than a teacher of one course."""
    return not ADMINISTERING.isdisjoint(roles)


def is_test_user(roles: Iterable[str]) -> bool:
    """Canvas's Student View and its like: may try everything, is never scored."""
    return not TEST_USER.isdisjoint(roles)


def _chosen(teaches: bool, learns: bool) -> Role:
    if teaches:
        return Role.INSTRUCTOR
    return Role.LEARNER if learns else Role.OTHER


def _context_role(uri: str) -> str:
    """`Instructor` of `...membership#Instructor`, `...membership/Instructor#Grader` or the short `Instructor`."""
    if ":" not in uri and "/" not in uri and "#" not in uri:
        return uri
    if uri.startswith(CONTEXT + "#"):
        return uri.removeprefix(CONTEXT + "#")
    if uri.startswith(CONTEXT + "/"):
        return uri.removeprefix(CONTEXT + "/").split("#")[0]
    return ""

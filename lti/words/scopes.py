"""OAuth scopes of the LTI services that this tool uses (AGS 2.0 section 3, NRPS 2.0 section 2.1, Course Groups 1.0)."""

AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
SCORE = AGS + "score"
RESULT = AGS + "result.readonly"
LINE_ITEM = AGS + "lineitem"
LINE_ITEM_READ = AGS + "lineitem.readonly"
GRADEBOOK = (SCORE, RESULT, LINE_ITEM, LINE_ITEM_READ)
MEMBERSHIP = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
GROUPS = "https://purl.imsglobal.org/spec/lti-gs/scope/contextgroup.readonly"


def of_gradebook(offered: list[str]) -> list[str]:
    """The gradebook scopes among those that a launch offered."""
    return [scope for scope in GRADEBOOK if scope in offered]

"""Scopes, claim names and roles, as 1EdTech prints them."""

from sandbox.models import Role

AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
LINEITEM = AGS + "lineitem"
LINEITEM_READ = AGS + "lineitem.readonly"
RESULT_READ = AGS + "result.readonly"
SCORE = AGS + "score"
ROSTER = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"

ALL = [LINEITEM, LINEITEM_READ, RESULT_READ, SCORE, ROSTER]
GROUPS = "https://purl.imsglobal.org/spec/lti-gs/scope/contextgroup.readonly"
EVERY = [*ALL, GROUPS]
LTI = "https://purl.imsglobal.org/spec/lti/claim/"

MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
SHORT_ROLES = {
    Role.LEARNER: "Learner",
    Role.INSTRUCTOR: "Instructor",
    Role.ASSISTANT: "Instructor",
    Role.ADMINISTRATOR: "Administrator",
}
ASSISTANT = MEMBERSHIP.replace("#", "/Instructor#TeachingAssistant")

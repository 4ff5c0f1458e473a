"""Scopes and claim names, as 1EdTech prints them."""

AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
LINEITEM = AGS + "lineitem"
LINEITEM_READ = AGS + "lineitem.readonly"
RESULT_READ = AGS + "result.readonly"
SCORE = AGS + "score"
ROSTER = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"

ALL = [LINEITEM, LINEITEM_READ, RESULT_READ, SCORE, ROSTER]
LTI = "https://purl.imsglobal.org/spec/lti/claim/"

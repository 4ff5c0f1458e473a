"""LTI 1.3 Advantage as rows. Names and constraints come from the 1EdTech specifications."""

from lti.models.course import Context, PlatformUser, ResourceLink
from lti.models.launch import Launch, key_hash
from lti.models.registration import Deployment, Family, Invitation, Registration, ToolKey
from lti.models.scores import Drift, LineItem, ScoreEvent, ScoreState

__all__ = [
    "Context",
    "Deployment",
    "Drift",
    "Family",
    "Invitation",
    "Launch",
    "LineItem",
    "PlatformUser",
    "Registration",
    "ResourceLink",
    "ScoreEvent",
    "ScoreState",
    "ToolKey",
    "key_hash",
]

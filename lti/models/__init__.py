"""LTI 1.3 Advantage as rows. Names and constraints come from the 1EdTech specifications."""

from lti.models.course import Context, PlatformUser, ResourceLink
from lti.models.launch import Launch, key_hash
from lti.models.registration import Deployment, Family, Invitation, Registration, ToolKey
from lti.models.scores import BaseBy, Delivery, LineItem, Live, Score, ScoreState

__all__ = [
    "BaseBy",
    "Context",
    "Delivery",
    "Deployment",
    "Family",
    "Invitation",
    "Launch",
    "LineItem",
    "Live",
    "PlatformUser",
    "Registration",
    "ResourceLink",
    "Score",
    "ScoreState",
    "ToolKey",
    "key_hash",
]

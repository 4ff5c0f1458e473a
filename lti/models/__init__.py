"""LTI 1.3 Advantage as rows. Names and constraints come from the 1EdTech specifications."""

from lti.eula_models import EulaAcceptance, ReportState, Terms
from lti.legacy_models import LegacyConsumer, LegacyUser
from lti.models.course import Context, PlatformUser, ResourceLink
from lti.models.launch import Launch, key_hash
from lti.models.registration import Deployment, Family, Invitation, Notice, Registration, ToolKey
from lti.models.scores import BaseBy, Delivery, LineItem, Live, Score, ScoreState

__all__ = [
    "BaseBy",
    "Context",
    "Delivery",
    "Deployment",
    "EulaAcceptance",
    "Family",
    "Invitation",
    "Launch",
    "LegacyConsumer",
    "LegacyUser",
    "LineItem",
    "Live",
    "Notice",
    "PlatformUser",
    "Registration",
    "ReportState",
    "ResourceLink",
    "Score",
    "ScoreState",
    "Terms",
    "ToolKey",
    "key_hash",
]

"""The staff pages. Django registers them when it imports this package."""

from lti import admin_eula
from lti.admin import connecting, deployments, registrations

__all__ = ["admin_eula", "connecting", "deployments", "registrations"]

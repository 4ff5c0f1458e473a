"""The staff pages. Django registers them when it imports this package."""

from lti import admin_eula, admin_legacy
from lti.admin import connecting, deployments, registrations

__all__ = ["admin_eula", "admin_legacy", "connecting", "deployments", "registrations"]

"""The staff pages. Django registers them when it imports this package."""

from lti.admin import connecting, deployments, registrations

__all__ = ["connecting", "deployments", "registrations"]

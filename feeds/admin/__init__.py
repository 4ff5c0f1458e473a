"""The staff pages. Django registers them when it imports this package."""

from feeds.admin import deliveries, endpoints

__all__ = ["deliveries", "endpoints"]

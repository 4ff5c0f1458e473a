"""What the front page of the admin says about deployments."""

from django import template

from lti import approval

register = template.Library()


@register.simple_tag
def waiting_deployments() -> int:
    """How many placements of the tool wait for approval."""
    return approval.waiting().count()

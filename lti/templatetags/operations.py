"""What the front page of the admin says first: what waits for a person."""

from typing import Any

from django import template

from lti.connect import approval
from lti.gradebook import lookups
from lti.models import Score
from roster.admin import own

register = template.Library()


@register.simple_tag
def waiting_deployments() -> int:
    """How many placements of the tool wait for approval."""
    return approval.waiting().count()


@register.simple_tag(takes_context=True)
def troubled_scores(context: Any) -> int:
    """How many learners' scores are not where they should be, among those that this member of staff may see."""
    return lookups.in_trouble(own(Score.objects.all(), context["request"], "institution")).count()

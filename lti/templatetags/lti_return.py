"""The way back to the course, for the pages of a launch that has a window of its own."""

from typing import Any

from django import template
from django.utils.translation import gettext as _

from lti.launch import returning

register = template.Library()


@register.simple_tag(takes_context=True)
def back_to_course(context: Any) -> str:
    """Where the LMS wants people back, with a word for it to show; empty in a frame, which the course surrounds."""
    viewer = getattr(context.get("request"), "viewer", None)
    if viewer is None or viewer.document_target != "window":
        return ""
    message = _("You are back in your course. What you saved or submitted is kept.")
    return returning.address(viewer.return_url, lti_msg=message)

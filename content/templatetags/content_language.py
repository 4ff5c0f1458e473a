"""Marks what authors wrote where the page around it speaks another language, so that a screen reader reads it right."""

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()


@register.simple_tag
def content_language() -> SafeString | str:
    """The `lang` attribute of lesson and question texts; nothing on a page of the same language."""
    return _lang(settings.ASSAY_CONTENT_LANGUAGE)


@register.simple_tag
def interface_language() -> SafeString | str:
    """The `lang` attribute of the page's own words inside such a text."""
    return _lang(get_language() or settings.LANGUAGE_CODE)


def _lang(language: str) -> SafeString | str:
    if get_language() == settings.ASSAY_CONTENT_LANGUAGE:
        return ""
    return format_html(' lang="{}"', language)

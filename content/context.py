"""What templates know of languages, so that a screen reader reads a text and the page around it each right."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import get_language


def languages(request: HttpRequest) -> dict[str, str]:
    """`content_lang` and `page_lang`: the `lang` attribute of authors' texts, and of the page's own words among them.

    Both are empty on a page in the language of the content.
    """
    page, content = get_language() or settings.LANGUAGE_CODE, settings.ASSAY_CONTENT_LANGUAGE
    if page == content:
        return {"content_lang": "", "page_lang": ""}
    return {"content_lang": format_html(' lang="{}"', content), "page_lang": format_html(' lang="{}"', page)}

"""Authors' texts in templates.

`{{ text|markdown }}` for blocks, `{{ text|inline }}` within a line, `{{ text|lead }}` for a heading with
`{{ text|rest }}` after it, `{{ text|as_plain }}` for attributes.
"""

from django import template

from content import addresses, rendering
from content.marking import number_answers

register = template.Library()
register.filter("markdown", rendering.html)
register.filter("inline", rendering.inline)
register.filter("lead", rendering.lead)
register.filter("rest", rendering.rest)
register.filter("as_plain", rendering.plain)
register.filter("practice_path", addresses.practice_path)


@register.filter
def as_percent(share: object) -> str:
    """A credit as an author types it: 0.5 is "50", 0.3333333 is "33.33333"."""
    return f"{float(share) * 100:.5f}".rstrip("0").rstrip(".") if isinstance(share, int | float) else ""


@register.filter
def as_number(value: object) -> str:
    """A number of a body as its author types it in the active language; what is none stays as it is."""
    return "" if value is None else number_answers.shown_number(value)

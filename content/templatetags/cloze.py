"""A text with gaps: `{% with_fields question field %}` for the learner, `{% with_answers item %}` afterwards."""

from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from content.marking import gaps, placeholders

register = template.Library()


@register.simple_tag(takes_context=True)
def with_fields(context: template.Context, question: Any, field: Any) -> SafeString:
    """The text with a field for every gap."""
    public = question.public
    shared = {"question": question, "error": field.error, "several": len(public["gaps"]) > 1}
    shared["content_lang"] = context.get("content_lang", "")
    fields = {
        gap["id"]: _field(
            shared | {"gap": gap, "number": number, "value": next(iter(field.fields.get(gap["id"], [])), "")}
        )
        for number, gap in enumerate(public["gaps"], 1)
    }
    return placeholders.fill(public["text"], fields)


def _field(context: dict[str, Any]) -> SafeString:
    """The field without the line end of its template, which would part it from a comma that follows."""
    return mark_safe(render_to_string("items/cloze/gap.html", context).strip())


@register.simple_tag
def with_blanks(question: Any) -> SafeString:
    """The text with room to write in, as on a printed sheet."""
    blanks = {
        gap["id"]: mark_safe(render_to_string("items/cloze/blank.html", {"gap": gap, "number": number}).strip())
        for number, gap in enumerate(question.public["gaps"], 1)
    }
    return placeholders.fill(question.public["text"], blanks)


@register.simple_tag(takes_context=True)
def with_answers(context: template.Context, item: Any) -> SafeString:
    """The text with what was answered; where a person marks an answer, `response` holds it and `item` the body."""
    body = getattr(item, "public", None) or item.body
    stored = getattr(item, "answer", None) or getattr(context.get("response"), "answer", None) or {}
    answers = stored.get("gaps", {})
    known = {gap["id"]: gap for gap in body["gaps"]}
    filled = {
        name: format_html("<strong>{}</strong>", gaps.kind(known[name]).text(known[name], text))
        for name, text in answers.items()
        if name in known
    }
    return placeholders.fill(body["text"], filled)


@register.filter
def words(text: str) -> list[str]:
    return text.split()

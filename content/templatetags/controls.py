"""What the controls and editors of kinds need of a template; each filter takes anything.

`{{ field.fields|part:"a" }}` is what stands in the field `a`, `{{ parts|each:"id" }}` one value of each part, and
`{{ parts|placed:field.fields }}` the parts by the position that stands in each one's field.
`{{ parts|listed:ids }}` puts them in the order of a list of ids.
`{{ parts|styled }}` says whether a text shows more than plain letters. `{{ "media:..."|media }}` is an address.
`{{ text|parsed }}` reads JSON, `{{ 0|letter }}` is A.
"""

import json
from collections.abc import Mapping
from typing import Any

from django import template

from content import rendering
from content.marking import paper

register = template.Library()
register.filter("letter", paper.letter)


@register.filter
def part(fields: object, name: object) -> str:
    values = fields.get(name) if isinstance(fields, Mapping) else None
    return str(values[0]) if isinstance(values, list) and values else ""


@register.filter
def each(parts: object, name: str) -> list[Any]:
    return [one.get(name) for one in parts if isinstance(one, Mapping)] if isinstance(parts, list | tuple) else []


@register.filter
def placed(parts: list[dict[str, Any]], fields: object) -> list[dict[str, Any]]:
    def position(one: dict[str, Any]) -> int:
        text = part(fields, one["id"])
        return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else len(parts) + 1

    return sorted(parts, key=position)


@register.filter
def listed(parts: object, ids: object) -> list[Any]:
    names = list(ids) if isinstance(ids, list | tuple) else []
    found = [one for one in parts if isinstance(one, Mapping)] if isinstance(parts, list | tuple) else []
    return sorted(found, key=lambda one: names.index(one.get("id")) if one.get("id") in names else len(names))


@register.filter
def styled(parts: object) -> bool:
    texts = [text for text in each(parts, "text") if isinstance(text, str)]
    return any("<" in rendering.inline(text) for text in texts)


@register.filter
def media(name: object) -> str:
    found = rendering.MEDIA.fullmatch(str(name))
    return rendering.media_address(found[1]) if found else ""


@register.filter
def parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


@register.filter
def as_megabytes(size: object) -> str:
    return f"{size / 1024**2:.6f}".rstrip("0").rstrip(".") if isinstance(size, int | float) else ""

"""Waiting answers that say the same, to be marked together."""

import re
import unicodedata

from django.db.models import QuerySet

from assessment.models import Response
from content import item_types

MOST = 200  # marked together


def others(rows: QuerySet[Response], response: Response) -> list[Response]:
    """The other waiting answers to the same question as it was shown, with the same normal form. One query."""
    form = _form(response)
    if not response.waiting or not form:
        return []
    same = rows.filter(waiting=True, item_version=response.item_version_id, shown=response.shown)
    found = [other for other in same.exclude(pk=response.pk) if _form(other) == form]
    return found[:MOST]


def text(response: Response) -> str:
    item = response.item_version
    return item_types.get(item.kind).text(response.body, response.answer)


def _form(response: Response) -> str:
    """Empty where nothing can be compared: a file says nothing by its name."""
    return "" if item_types.takes_files(response.item_version.kind) else normal_form(text(response))


def normal_form(written: str) -> str:
    """The same for answers that differ in case, spaces and the full stop at the end only."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", written).casefold())
    return re.sub(r"[.\s]+$", "", " ".join(folded.split()))

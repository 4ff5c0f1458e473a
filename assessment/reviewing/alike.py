"""Waiting answers that say the same, to be marked together."""

from django.db.models import QuerySet

from assessment.models import Response
from assessment.suggesting import suggestions
from content import item_types

MOST = 200  # marked together


def others(rows: QuerySet[Response], response: Response) -> list[Response]:
    """The other waiting answers to the same version of the question that are the same to a marker. One query."""
    form = suggestions.form_of(response)
    if not response.waiting or not form:
        return []
    same = rows.filter(waiting=True, item_version=response.item_version_id).exclude(pk=response.pk)
    return [other for other in same if suggestions.form_of(other) == form][:MOST]


def text(response: Response) -> str:
    item = response.item_version
    return item_types.get(item.kind).text(response.body, response.answer)

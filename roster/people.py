"""Persons who left nothing."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Exists, ForeignObjectRel, OuterRef

from roster.models import Person


def forget_unused(people: Iterable[UUID]) -> int:
    """Delete those of these persons to whom no row of any room points; how many."""
    unused = Person.objects.filter(pk__in=list(people))
    for relation in Person._meta.get_fields(include_hidden=True):
        if isinstance(relation, ForeignObjectRel):
            rows = relation.related_model._base_manager.filter(**{relation.field.name: OuterRef("pk")})
            unused = unused.exclude(Exists(rows))
    return unused.delete()[1].get("roster.Person", 0)

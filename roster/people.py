"""Persons who left nothing."""

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db.models import Exists, ForeignObjectRel, Model, OuterRef, QuerySet

from roster.models import Person


def left_nothing(people: Iterable[UUID], *, beside: Collection[type[Model]] = ()) -> QuerySet[Person]:
    """Those of these persons to whom no row of any room points, beside those of some kinds."""
    unused = Person.objects.filter(pk__in=list(people))
    for relation in Person._meta.get_fields(include_hidden=True):
        if not isinstance(relation, ForeignObjectRel) or relation.many_to_many:
            continue  # the rows between stand in the list by themselves
        if relation.related_model not in beside:
            rows = relation.related_model._base_manager.filter(**{relation.field.name: OuterRef("pk")})
            unused = unused.exclude(Exists(rows))
    return unused


def forget_unused(people: Iterable[UUID]) -> int:
    """Delete those of these persons to whom nothing points; how many."""
    return left_nothing(people).delete()[1].get("roster.Person", 0)

"""What a caller chooses of a list: its columns (`fields`) and its order (`sort`)."""

from collections.abc import Mapping, Sequence
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from api.keyset import Order, Sort
from api.paging import parameter


class Row(serializers.Serializer[Any]):
    """A row of a list: all its fields, or those that the caller chose, in that order."""

    def get_fields(self) -> dict[str, Any]:
        known = super().get_fields()
        return {name: known[name] for name in self.context.get("fields") or known}


def chosen_fields(request: Request, known: Sequence[str]) -> list[str]:
    """The columns in the order asked for; empty where nothing was asked."""
    given = request.query_params.get("fields")
    names = given.split(",") if given else []
    if set(names) - set(known) or len(set(names)) < len(names):
        raise ValidationError({"fields": [f"Name each column once, with commas between: {', '.join(known)}."]})
    return names


def chosen_order(request: Request, sorts: Mapping[str, Sort]) -> Order:
    """By default changes come as they were made: the database finds them by an index, however few they are."""
    changes = "updated_since" in request.query_params and "updated_at" in sorts
    given = request.query_params.get("sort", "updated_at" if changes else next(iter(sorts)))
    name = given.removeprefix("-")
    if name not in sorts:
        raise ValidationError({"sort": [f"Must be one of: {', '.join(names(sorts))}."]})
    return Order(sorts[name], given.startswith("-"))


BY_CHANGE = " With `updated_since` the default is `updated_at`."


def names(sorts: Mapping[str, Sort]) -> list[str]:
    return [f"{sign}{name}" for name in sorts for sign in ("", "-")]


def parameters(known: Sequence[str], sorts: Mapping[str, Sort]) -> list[dict[str, Any]]:
    order = {"type": "string", "enum": names(sorts), "default": next(iter(sorts))}
    return [
        fields_parameter(known),
        parameter(
            "sort", order, f"The order; `-` for the other way round.{BY_CHANGE if 'updated_at' in sorts else ''}"
        ),
    ]


def fields_parameter(known: Sequence[str]) -> dict[str, Any]:
    columns = {"type": "array", "items": {"type": "string", "enum": list(known)}, "minItems": 1, "uniqueItems": True}
    return parameter("fields", columns, "The columns to give, in this order.", style="form", explode=False)

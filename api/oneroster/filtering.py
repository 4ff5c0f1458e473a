"""The parameter `filter`: comparisons such as `dateLastModified>='2026-09-01'`, joined by AND and OR."""

import re
from functools import reduce
from operator import and_, or_

from django.db.models import Q

from api.oneroster.columns import Column
from api.oneroster.errors import Refused

COMPARISON = re.compile(r"\s*([A-Za-z]+)(?:\.sourcedId)?\s*(!=|>=|<=|=|>|<|~)\s*'((?:[^']|'')*)'\s*")
JOINT = re.compile(r"(AND|OR)\b", re.IGNORECASE)
LOOKUPS = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}
MOST = 20  # comparisons


def condition(text: str, columns: dict[str, Column]) -> Q:
    """The filter as a condition on annotated rows; AND binds closer than OR. Raises Refused."""
    alternatives: list[list[Q]] = [[]]
    position = 0
    while True:
        found = COMPARISON.match(text, position)
        if found is None or sum(map(len, alternatives)) == MOST:
            raise Refused("`filter` must read like: field='value' AND other>='value'.", "invalid_filter_field")
        alternatives[-1].append(_comparison(columns, *found.groups()))
        position = found.end()
        if position == len(text):
            return reduce(or_, (reduce(and_, joined) for joined in alternatives))
        joint = JOINT.match(text, position)
        if joint is None:
            raise Refused("`filter`: comparisons are joined by AND or OR.", "invalid_filter_field")
        if joint[1].upper() == "OR":
            alternatives.append([])
        position = joint.end()


def _comparison(columns: dict[str, Column], name: str, predicate: str, quoted: str) -> Q:
    column = columns.get(name)
    if column is None:
        raise Refused(f"`filter`: there is no field {name}.", "invalid_filter_field")
    kind, text = column.kind, quoted.replace("''", "'")
    if predicate == "~" and not kind.is_text:
        raise Refused(f"`filter`: ~ is for texts, which {name} is not.", "invalid_filter_field")
    try:
        value = kind.read(text)
    except ValueError:
        raise Refused(f"`filter`: {text} is no value for {name}.") from None
    equal = "iexact" if kind.is_text else "exact"
    lookup = LOOKUPS.get(predicate, "icontains" if predicate == "~" else equal)
    compared = Q(**{f"or_{name}__{lookup}": value})
    return ~compared if predicate == "!=" else compared

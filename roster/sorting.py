"""Names in the order in which people look for them, as PostgreSQL computes it without ICU."""

from typing import Any

from django.db.models import Case, F, Func, TextField, Value, When
from django.db.models.functions import Lower, Replace


class Joined(Func):
    """Unlike CONCAT, of which a generated column may not be made."""

    template, arg_joiner = "(%(expressions)s)", " || "


class Unaccented(Func):
    """Without accents: letters are taken apart from their marks, and the marks removed."""

    template = r"regexp_replace(normalize(%(expressions)s, NFKD), '[\u0300-\u036f]', '', 'g')"


class Letters(Func):
    """Letters that are not made of a letter and a mark."""

    template = "translate(%(expressions)s, 'øłđħı', 'oldhi')"


def sort_name() -> Any:
    """Family name, then given name; the full name where there is no family name."""
    # Two spaces: "Smith, Zoe" stands before "Smith Jones, Ann".
    names = Joined(F("family_name"), Value("  "), F("given_name"), output_field=TextField())
    known: Any = Case(When(family_name="", then=F("name")), default=names, output_field=TextField())
    key: Func = Letters(Lower(Unaccented(known)), output_field=TextField())
    for letter, letters in (("ß", "ss"), ("æ", "ae"), ("œ", "oe")):
        key = Replace(key, Value(letter), Value(letters), output_field=TextField())
    return key

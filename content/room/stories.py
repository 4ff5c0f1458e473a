"""How a key came about, in lines for people: who, from which paragraph, with help of what, who answered blind."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from content.models import Item, KeyState

KEY: dict[str, Promise] = {
    "by": gettext_lazy("Key written by"),
    "help": gettext_lazy("With the help of"),
    "support": gettext_lazy("From the lesson"),
    "file": gettext_lazy("Key from the file"),
    "keyed_on": gettext_lazy("Keyed on"),
    "keyed_by_first": gettext_lazy("First keyer"),
    "keyed_by_second": gettext_lazy("Second keyer, without seeing the first"),
    "agreement": gettext_lazy("Both agree"),
    "second_keyer_certainty": gettext_lazy("How sure the second was"),
    "decision": gettext_lazy("Decision"),
    "note": gettext_lazy("Note"),
    "how": gettext_lazy("How"),
}
SOURCE = {"file": gettext_lazy("Question from the file"), "identifier": gettext_lazy("Its name there")}
STATES = {
    KeyState.UNKEYED: gettext_lazy("No key yet"),
    KeyState.PROPOSED: gettext_lazy("Written, seen by nobody else"),
    KeyState.REVIEWED: gettext_lazy("Reviewed by a second person"),
    KeyState.APPROVED: gettext_lazy("Confirmed by publishing"),
    KeyState.RETIRED: gettext_lazy("Retired"),
}


def of(item: Item) -> list[tuple[str | Promise, str]]:
    """(what, words) of everything that is known."""
    provenance = item.provenance
    lines: list[tuple[str | Promise, str]] = [(_("Key"), str(STATES[KeyState(item.key_state)]))]
    lines += _lines(KEY, provenance.get("key", {}))
    review = provenance.get("review", {})
    if "by" in review:
        lines.append((_("Answered blind by"), f"{review['by']}: {_agreement(review.get('agreement'))}"))
    if review.get("decision") == "kept":
        lines.append((_("Key kept by"), str(review.get("decided_by", ""))))
    if "by" in provenance.get("approved", {}):
        lines.append((_("Published by"), str(provenance["approved"]["by"])))
    return lines + _lines(SOURCE, provenance.get("source", {}))


def _lines(labels: Mapping[str, Promise], facts: Any) -> list[tuple[str | Promise, str]]:
    if not isinstance(facts, Mapping):
        return []
    return [
        (label, _words(facts[name])) for name, label in labels.items() if facts.get(name) not in (None, "", "written")
    ]


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)


def _agreement(agrees: object) -> str:
    if agrees is None:
        return _("to be compared by eye")
    return _("agrees") if agrees else _("disagrees")

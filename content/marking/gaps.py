"""The gaps of a running text, by their kind: a list to choose from, a text, or a number.

A gap is {"id", "kind": "dropdown", "options": as content.marking.options} | {"id", "kind": "text", "answers": as
content.marking.text_answers, "case_sensitive"?: bool} | {"id", "kind": "number", "answers": as
content.marking.number_answers}. What is stored of an answer is a text, the same in every language.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from django.utils.translation import gettext as _

from content.item_type import Category, InvalidAnswer
from content.marking import number_answers, numbers, options, parts, text_answers, texts

Gap = Mapping[str, Any]
LONGEST = 255  # characters of what is typed into a gap


@dataclass(frozen=True)
class Judged:
    """What an answer earns in its gap, the category that it counts in, and what is said to it, in Markdown."""

    credit: Decimal
    category: str
    feedback: str


class Kind(Protocol):
    def problems(self, gap: Gap) -> Iterator[str]: ...

    def read(self, gap: Gap, given: str, *, typed: bool) -> str:
        """What is stored; empty for a blank. `typed`: in the active language. Raises InvalidAnswer."""

    def shown(self, gap: Gap, stored: str) -> str:
        """The stored answer as the field of the gap says it."""

    def text(self, gap: Gap, stored: str) -> str:
        """The stored answer in plain text."""

    def judge(self, gap: Gap, stored: str) -> Judged: ...

    def typed(self, gap: Gap, stored: str) -> str:
        """What was typed, in the form in which equal answers read the same; empty where nothing is typed."""

    def key(self, gap: Gap) -> list[tuple[str, Decimal]]: ...

    def categories(self, gap: Gap) -> list[Category]: ...

    def guess(self, gap: Gap) -> Decimal: ...

    def size(self, gap: Gap) -> int:
        """The most bytes that an answer takes in a form."""


class Dropdown:
    def problems(self, gap: Gap) -> Iterator[str]:
        found = gap.get("options")
        if not options.well_formed(found):
            yield "Every option needs an id, a text and a credit."
            return
        checks = {
            "There must be at least two options.": len(found) < 2,
            "An option has no text.": not all(option["text"].strip() for option in found),
            "Two options share an id.": parts.repeats([option["id"] for option in found]),
            "Two options read the same.": options.alike(found),
            "The credit of an option must lie between 0 and 1.": not all(0 <= one["credit"] <= 1 for one in found),
            "No option earns full credit.": all(option["credit"] != 1 for option in found),
        }
        yield from (text for text, wrong in checks.items() if wrong)

    def read(self, gap: Gap, given: str, *, typed: bool) -> str:
        if given and given not in self._options(gap):
            raise InvalidAnswer(_("That is not one of the options."))
        return given

    def shown(self, gap: Gap, stored: str) -> str:
        return stored

    def text(self, gap: Gap, stored: str) -> str:
        return options.label(self._options(gap)[stored])

    def judge(self, gap: Gap, stored: str) -> Judged:
        option = self._options(gap)[stored]
        return Judged(options.credit(option), stored, str(option.get("rationale", "")))

    def typed(self, gap: Gap, stored: str) -> str:
        return ""

    def key(self, gap: Gap) -> list[tuple[str, Decimal]]:
        return [(options.label(option), options.credit(option)) for option in gap["options"]]

    def categories(self, gap: Gap) -> list[Category]:
        return [Category(one["id"], options.label(one), one["credit"] == 1) for one in gap["options"]]

    def guess(self, gap: Gap) -> Decimal:
        return sum(map(options.credit, gap["options"]), Decimal(0)) / len(gap["options"])

    def size(self, gap: Gap) -> int:
        return 3 * max(len(option["id"].encode()) for option in gap["options"])

    def _options(self, gap: Gap) -> dict[str, Mapping[str, Any]]:
        return {option["id"]: option for option in gap["options"]}


class Text:
    def problems(self, gap: Gap) -> Iterator[str]:
        if not isinstance(gap.get("case_sensitive", False), bool):
            yield "Say whether capitals matter."
        yield from text_answers.problems(gap.get("answers"))

    def read(self, gap: Gap, given: str, *, typed: bool) -> str:
        stored = texts.storable_line(given) if len(given) <= texts.COMPOSITION * LONGEST else given
        if len(stored) > LONGEST:
            raise InvalidAnswer(_("The answer in a gap is too long."))
        return stored if stored.strip() else ""

    def shown(self, gap: Gap, stored: str) -> str:
        return stored

    def text(self, gap: Gap, stored: str) -> str:
        return stored

    def judge(self, gap: Gap, stored: str) -> Judged:
        at = text_answers.best(gap["answers"], stored, case=gap.get("case_sensitive", False), accents=True)
        return _judged(gap, at)

    def typed(self, gap: Gap, stored: str) -> str:
        return texts.folded(stored, case=gap.get("case_sensitive", False), accents=True)

    def key(self, gap: Gap) -> list[tuple[str, Decimal]]:
        return text_answers.key(gap["answers"])

    def categories(self, gap: Gap) -> list[Category]:
        return text_answers.categories(gap["answers"])

    def guess(self, gap: Gap) -> Decimal:
        return text_answers.guess(gap["answers"])

    def size(self, gap: Gap) -> int:
        return texts.ENCODED * LONGEST


class Number:
    def problems(self, gap: Gap) -> Iterator[str]:
        yield from number_answers.problems(gap.get("answers"))

    def read(self, gap: Gap, given: str, *, typed: bool) -> str:
        """As it was written where every language reads that alike; else in canonical notation."""
        text = " ".join(texts.storable_line(given[: 4 * LONGEST]).split())
        number = numbers.read(text, numbers.local() if typed else numbers.NEUTRAL)
        if text and number is None:
            raise InvalidAnswer(_("“{text}” cannot be read as a number.").format(text=text[:40]))
        if number is None:
            return ""
        alike = numbers.read(text, numbers.NEUTRAL) == numbers.read(text, numbers.SWAPPED)
        return text if alike else numbers.canonical(number)

    def shown(self, gap: Gap, stored: str) -> str:
        own, number = numbers.local(), numbers.read(stored)
        if number is None or numbers.read(stored, own) == number:
            return stored
        return numbers.localised(numbers.canonical(number), own)

    def text(self, gap: Gap, stored: str) -> str:
        return self.shown(gap, stored)

    def judge(self, gap: Gap, stored: str) -> Judged:
        number = numbers.read(stored)
        return _judged(gap, None if number is None else number_answers.best(gap["answers"], number))

    def typed(self, gap: Gap, stored: str) -> str:
        number = numbers.read(stored)
        return "" if number is None else numbers.canonical(number)

    def key(self, gap: Gap) -> list[tuple[str, Decimal]]:
        return number_answers.key(gap["answers"])

    def categories(self, gap: Gap) -> list[Category]:
        return number_answers.categories(gap["answers"])

    def guess(self, gap: Gap) -> Decimal:
        return Decimal(0)

    def size(self, gap: Gap) -> int:
        return texts.ENCODED * numbers.LONGEST


KINDS: dict[str, Kind] = {"dropdown": Dropdown(), "text": Text(), "number": Number()}


def kind(gap: Gap) -> Kind:
    return KINDS[gap["kind"]]


def public(gap: Gap) -> dict[str, Any]:
    """What a learner may see of the gap."""
    shown = [{"id": option["id"], "text": option["text"]} for option in gap.get("options", [])]
    return {"id": gap["id"], "kind": gap["kind"]} | ({"options": shown} if gap["kind"] == "dropdown" else {})


def _judged(gap: Gap, at: int | None) -> Judged:
    if at is None:
        return Judged(Decimal(0), text_answers.name(None), "")
    answer = gap["answers"][at]
    return Judged(options.credit(answer), text_answers.name(at), str(answer.get("feedback", "")))

"""What learners of different ability answer to questions of different difficulty.

Every kind is asked the same way: what somebody might write beside the printed question is tried, and the rule says what
it earns.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from random import Random
from typing import Any
from uuid import UUID

from content import item_types, variants
from content.item_types import InvalidAnswer
from content.models import ItemVersion

LETTERS = "ABCDEF"
WRITTEN = (*LETTERS, "true", "false", "0", "1", "2", "5", "10", "no idea")
MOST_TRIED = 40  # combinations of letters
SENTENCES = (
    "I would check the source before I rely on it.",
    "It depends on the case: first I would try the simplest way and see what is missing.",
    "Because a wrong answer there costs more than the time that it takes to look it up.",
    "I would ask somebody who knows, and compare.",
    "Use it for a draft, then verify every claim.",
    "Not sure, but I think the data matters more than the model.",
)
BLANK = 0.03
MISLEADING = 3  # the place of the question that the able get wrong more often, so that there is one to find


@dataclass(frozen=True)
class Trait:
    """How a question behaves in the sample (a two-parameter logistic model); `lure` draws its wrong answers."""

    difficulty: float
    discrimination: float
    seconds: float
    lure: float


def traits(items: list[ItemVersion], random: Random) -> dict[UUID, Trait]:
    """In printed order; in a class of some questions one of them misleads."""
    misleads = MISLEADING if len(items) > MISLEADING else None
    return {
        item.pk: Trait(
            difficulty=random.gauss(-0.4, 0.9),
            discrimination=-0.7 if at == misleads else math.exp(random.gauss(0.2, 0.4)),
            seconds=random.uniform(25, 90),
            lure=random.uniform(0.35, 0.8),
        )
        for at, item in enumerate(items)
    }


def answer(item: ItemVersion, shown: Mapping[str, Any], trait: Trait, ability: float, random: Random) -> dict[str, Any]:
    """What a learner of this ability answers, to whom the question was shown so; `{}` for a blank."""
    if random.random() < BLANK * (2 if ability < -1 else 1):
        return {}
    right, wrong, open_ended = _possible(item, json.dumps(shown.get("parameters")))
    if open_ended:
        return random.choice(open_ended)
    knows = random.random() < 1 / (1 + math.exp(-trait.discrimination * (ability - trait.difficulty)))
    if right and (knows or not wrong):
        return right[0]
    return _tempting(wrong, trait.lure, random) if wrong else {}


def _tempting(wrong: list[dict[str, Any]], lure: float, random: Random) -> dict[str, Any]:
    """The first wrong answer attracts most, the last fewest."""
    return next((one for one in wrong[:-1] if random.random() < lure), wrong[-1])


Answers = list[dict[str, Any]]


@lru_cache(maxsize=256)
def _possible(item: ItemVersion, parameters: str) -> tuple[Answers, Answers, Answers]:
    """Answers that earn full credit, less, and those that a person marks; each once, in whatever order it was shown."""
    drawn = json.loads(parameters)
    kind, body = item_types.get(item.kind), variants.apply(item.body, {"parameters": drawn} if drawn else {})
    right, wrong, open_ended = Answers(), Answers(), Answers()
    expected = [str(text) for text in kind.expected(body)]
    for written in (*expected, "; ".join(expected), *_in_parts(expected), *WRITTEN, *_combinations(item), *SENTENCES):
        try:
            found = kind.clean(body, kind.from_paper(body, written))
            credit = kind.mark(body, found).credit
        except InvalidAnswer:
            continue
        group = open_ended if credit is None else right if credit == Decimal(1) else wrong
        if found and found not in group:
            group.append(found)
    sentences = [one for one in open_ended if kind.text(body, one) in SENTENCES]
    return right, sorted(wrong[:6], key=repr), sentences or open_ended


def _in_parts(expected: list[str]) -> list[str]:
    """What is right in parts, as "1: green" or "Cow – Calf", written in a row; and the same with a part left out."""
    first = {re.match(r"\W*\d*", text)[0] or text: text for text in reversed(expected)}  # type: ignore[index]
    parts = [re.sub(r"^\W*\d+\W+|^.* – ", "", text) for text in reversed(first.values())]
    return ["; ".join(parts), *("; ".join([*parts[:at], "-", *parts[at + 1 :]]) for at in range(len(parts)))]


def _combinations(item: ItemVersion) -> list[str]:
    """Some letters in some order: several options, an order, or pairs; the same for everyone who is asked."""
    random = Random(str(item.pk))
    between = (" ", "; ")
    return [between[at % 2].join(random.sample(LETTERS, 2 + at // 2 % 5)) for at in range(MOST_TRIED)]

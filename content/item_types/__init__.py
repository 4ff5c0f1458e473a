"""Kinds of question. One file a kind; every kind is pure: no database, no clock, no request.

A body is the JSON kept in `ItemVersion.body`; an answer is the JSON kept in `Response.answer`.
`{}` is the empty answer of every kind. A function takes any JSON for an answer and raises InvalidAnswer
for what is none; `problems` takes any JSON for a body; the others trust the body, because it was published.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from importlib import import_module
from typing import Any, Protocol, cast

Body = Mapping[str, Any]
Answer = Mapping[str, Any]


class InvalidAnswer(ValueError):
    """The answer has not the shape that the item asks for."""


@dataclass(frozen=True)
class Outcome:
    """What a rule says of an answer. `credit` is the share of the points, 0 to 1; None: a person decides."""

    credit: Decimal | None
    tier: str
    evidence: Mapping[str, Any] = field(default_factory=dict)


class ItemType(Protocol):
    """What a module `content/item_types/<kind>.py` offers."""

    KIND: str
    BY_RULE: bool  # True: `mark` always decides once the key is approved; False: it may leave an answer to a person
    PUBLISHABLE: tuple[str, ...]  # the key states in which an item of this kind may be published

    def problems(self, body: Body) -> list[str]:
        """What is wrong with the body, in words for its author; empty when it can be published."""

    def public(self, body: Body) -> dict[str, Any]:
        """The part a learner may see before feedback: never the key, a credit or a rationale."""

    def clean(self, body: Body, raw: Any) -> dict[str, Any]:
        """The answer in its stored shape from JSON or a form value. Raises InvalidAnswer."""

    def mark(self, body: Body, answer: Answer) -> Outcome:
        """Apply the key. Called only for a published item. Raises InvalidAnswer."""

    def feedback(self, body: Body, answer: Answer) -> dict[str, Any]:
        """What the learner sees afterwards: `answer_text`, `rationale` of the chosen answer, `expected` (list of str);

        where a person marks also `rubric`: [{"level", "credit": 0..1, "ideas": [{"idea", "example"}]}]. Raises
        InvalidAnswer.
        """

    def category(self, body: Body, answer: Answer) -> str | None:
        """The bucket in which statistics count this answer, e.g. the option id; "" is blank; None where not counted.

        Raises InvalidAnswer.
        """

    def categories(self, body: Body) -> dict[str, str]:
        """Every bucket with its label, in printed order; empty where answers are not counted by bucket."""


def get(kind: str) -> ItemType:
    """The module of a kind. Raises KeyError for a kind that does not exist."""
    if kind not in KINDS:
        raise KeyError(kind)
    return cast(ItemType, import_module(f"content.item_types.{kind}"))


KINDS = ("choice", "open_text")

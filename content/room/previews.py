"""A question that is being written, as learners will get it: what the player's template wants, without an attempt."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, cast
from uuid import UUID

from content import item_types, variants
from content.item_types import Templates
from content.models import Item, QuizVersionItem

# What a kind may stumble over in a body that is only half written: it trusts published ones.
HALF_WRITTEN = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True)
class Question:
    """Of the shape that the templates of questions know."""

    position: int
    item_version_id: UUID
    templates: Templates
    public: Mapping[str, Any]
    before: Sequence[str] = ()
    after: Sequence[str] = ()
    seq: int = 0


@dataclass(frozen=True)
class Shown:
    """The question in a page, with nothing answered; `doubt`: why it cannot be shown yet."""

    question: Question | None
    doubt: str = ""
    scored: bool = True
    fields: dict[str, list[str]] = field(default_factory=dict)
    values: Sequence[str] = ()
    error: str = ""
    stale: bool = False
    given: str = ""
    next_seq: int = 1
    was: str = ""


@dataclass(frozen=True)
class Place:
    """A question of the draft, as `variants.draw` takes one of a published version."""

    item_version: Item
    pool: str


def of(item: Item, position: int, shown: Mapping[str, Any] | None = None, answer: Any = None) -> Shown:
    """The question at a position, with what was drawn for a learner, or with the first numbers that come."""
    kind = item_types.get(item.kind)
    try:
        body = variants.apply(item.body, shown) if shown is not None else _sample(item)
        question = Question(position, item.pk, kind.TEMPLATES, _visible(kind.public(body)))
        fields = kind.to_form(body, answer or {})
    except HALF_WRITTEN:
        found = variants.problems(item.body) or kind.problems(item.body)
        return Shown(None, found[0] if found else "", kind.SCORED)
    return Shown(question, "", kind.SCORED, fields, fields.get("", []))


def _visible(value: Any) -> Any:
    """With dots where a text is still missing, so that every control has a name."""
    if isinstance(value, Mapping):
        return {
            name: "…" if part == "" and name in ("stem", "text", "label", "alt") else _visible(part)
            for name, part in value.items()
        }
    return [_visible(part) for part in value] if isinstance(value, list | tuple) else value


def _sample(item: Item) -> Mapping[str, Any]:
    """The body with the first numbers that come, and in no order that gives the key away."""
    body = variants.sample(item.body)
    if not item_types.get(item.kind).ALWAYS_SHUFFLED:
        return body
    drawn = variants.drawn(cast(QuizVersionItem, Place(item, "")), False, Random(item.pk.int))
    return variants.apply(body, {"order": drawn["order"]})


def whole(places: Sequence[tuple[Item, str]], draft: Mapping[str, Any], seed: int) -> list[Shown]:
    """The check as a learner with this seed would get it."""
    random = Random(seed)
    drawn = [cast(QuizVersionItem, Place(item, pool)) for item, pool in places]
    chosen = variants.chosen(drawn, draft["pools"], random)
    if draft["shuffle_questions"]:
        random.shuffle(chosen)
    return _numbered(chosen, draft["shuffle_options"], random)


def _numbered(chosen: Sequence[QuizVersionItem], shuffle: bool, random: Random) -> list[Shown]:
    made: list[Shown] = []
    position = 0
    for place in chosen:
        position += 1 if item_types.get(place.item_version.kind).SCORED else 0
        item = cast(Any, place.item_version)
        made.append(of(item, position, _variant(place, shuffle, random)))
    return made


def _variant(place: QuizVersionItem, shuffle: bool, random: Random) -> Mapping[str, Any] | None:
    try:
        return variants.drawn(place, shuffle, random)
    except HALF_WRITTEN:
        return None

"""A second person answers without having seen the key; where both agree the key counts as reviewed.

Design: `unkeyed > proposed > reviewed > approved`. A review belongs to a wording: once the question reads otherwise it
says nothing any more. Publishing approves; a disagreement blocks nothing, but is shown until it is settled.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from content import item_types, variants, writing
from content.hashing import content_hash
from content.models import Item, KeyReview, KeyState, Quiz
from content.writing import Author


class OwnKey(Exception):
    """Who wrote a key cannot be the second person who answers."""


@dataclass(frozen=True)
class Comparison:
    """What the key says beside what a reviewer answered. `agrees` is None where no rule can say it."""

    item: Item
    review: KeyReview
    answered: str
    expected: Sequence[str]
    agrees: bool | None
    settled: bool  # somebody looked at the disagreement and kept the key


def open_for(quiz: Quiz, author: Author) -> list[Item]:
    """The finished questions of the draft that this person may answer blind and has not answered yet."""
    items = [item for item, _pool in writing.items_of(quiz) if _can_be_reviewed(item) and not _wrote(item, author)]
    done = set(KeyReview.objects.filter(item__in=items, by=author.name).values_list("item", "wording"))
    return [item for item in items if (item.pk, wording(item)) not in done]


def comparisons(quiz: Quiz) -> list[Comparison]:
    """Every review of the questions as they read now, in the order of the check."""
    items = {item.pk: item for item, _pool in writing.items_of(quiz) if _can_be_reviewed(item)}
    found = KeyReview.objects.filter(item__in=items).order_by("at", "pk")
    current = [one for one in found if one.wording == wording(items[one.item_id])]
    places = list(items)
    return [_compared(items[one.item_id], one) for one in sorted(current, key=lambda one: places.index(one.item_id))]


@transaction.atomic
def record(*, item: Item, answer: Mapping[str, Any], note: str, author: Author, now: datetime) -> Comparison:
    """Store what the reviewer answered; a key that agrees is reviewed. Raises OwnKey or InvalidAnswer."""
    locked = writing.as_written(Item.objects.select_for_update(of=("self",)).get(pk=item.pk))
    if _wrote(locked, author):
        raise OwnKey
    kind = item_types.get(locked.kind)
    clean = kind.clean(variants.sample(locked.body), answer)
    made = KeyReview.objects.create(
        item=locked, wording=wording(locked), answer=clean, note=note, by=author.name, at=now
    )
    compared = _compared(locked, made)
    review = {"by": author.name, "at": now.isoformat(), "agreement": compared.agrees}
    locked.provenance = {**locked.provenance, "review": review}
    if compared.agrees and locked.key_state == KeyState.PROPOSED:
        locked.key_state = KeyState.REVIEWED
    locked.save()
    return compared


@transaction.atomic
def settle(*, item: Item, author: Author, now: datetime) -> None:
    """Keep the key in spite of what a reviewer answered, as a decision of this author."""
    locked = writing.as_written(Item.objects.select_for_update(of=("self",)).get(pk=item.pk))
    decision = {"decision": "kept", "decided_by": author.name, "decided_at": now.isoformat()}
    locked.provenance = {**locked.provenance, "review": {**locked.provenance.get("review", {}), **decision}}
    if locked.key_state == KeyState.PROPOSED:
        locked.key_state = KeyState.REVIEWED
    locked.save()


def wording(item: Item) -> str:
    """Names what a reviewer sees and what the key says of it."""
    return content_hash({"kind": item.kind, "body": item.body})


def _compared(item: Item, review: KeyReview) -> Comparison:
    kind, body = item_types.get(item.kind), variants.sample(item.body)
    outcome = kind.mark(body, review.answer)
    return Comparison(
        item=item,
        review=review,
        answered=kind.text(body, review.answer),
        expected=kind.expected(body),
        agrees=None if outcome.credit is None else outcome.credit == 1,
        settled=item.provenance.get("review", {}).get("decision") == "kept",
    )


def _can_be_reviewed(item: Item) -> bool:
    kind = item_types.get(item.kind)
    if not kind.SCORED or variants.problems(item.body):
        return False
    return not kind.problems(variants.sample(item.body))


def _wrote(item: Item, author: Author) -> bool:
    return bool(item.provenance.get("key", {}).get("by") == author.name)

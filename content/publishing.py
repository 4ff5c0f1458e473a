"""From draft to published version: the only way in.

A version is named by the hash of its content. Publishing what is current again changes nothing; publishing an
older content again makes that older version current again; anything new becomes version n + 1.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from content import item_types, variants
from content.drafts import ItemDraft
from content.formats.reading import Pool
from content.hashing import content_hash
from content.models import Item, ItemVersion, KeyState, Lesson, LessonVersion, Quiz, QuizVersion, QuizVersionItem
from roster.models import Institution

TITLE_LENGTH = 300
MOST_ITEMS = 500
NAMED = 100  # bytes that the name of a field takes in a form at most
OWN_FIELDS = 2  # of the player, for each question: its number and what was shown
SPARE_FIELDS = 20  # for buttons and the like
SLUG = re.compile(r"[A-Za-z0-9_-]{1,120}")
IDENTIFIER = re.compile(r"[A-Za-z0-9_-]{1,60}")
RANK = {state: rank for rank, state in enumerate(KeyState.values)}


@dataclass(frozen=True)
class Reason:
    """Why something cannot be published. `item` is its identifier; empty where the whole is meant."""

    item: str
    text: str

    def __str__(self) -> str:
        return f"{self.item}: {self.text}" if self.item else self.text


@dataclass(frozen=True)
class Layout:
    """How the questions are given out: the pools they are drawn from, and what is shuffled."""

    pools: Sequence[Pool] = ()
    shuffle_questions: bool = False
    shuffle_options: bool = False

    def content(self) -> dict[str, Any]:
        """What of it makes another version; nothing where everything stands as printed."""
        pools = [[pool.name, pool.draw, list(pool.items)] for pool in self.pools]
        said = {"pools": pools, "shuffle": [self.shuffle_questions, self.shuffle_options]}
        return said if pools or self.shuffle_questions or self.shuffle_options else {}

    def points(self, items: Sequence[ItemDraft]) -> Decimal:
        """The most that a learner can earn: of a pool its draw, since its questions weigh the same."""
        weight = {item.identifier: item.points for item in items}
        pooled = {identifier for pool in self.pools for identifier in pool.items}
        drawn = sum((pool.draw * weight[pool.items[0]] for pool in self.pools), Decimal(0))
        return drawn + sum((item.points for item in items if item.identifier not in pooled), Decimal(0))

    def reasons(self, items: Sequence[ItemDraft]) -> list[Reason]:
        weight = {item.identifier: item.points for item in items}
        scored = {item.identifier for item in items if item.kind in item_types.KINDS and _scored(item)}
        members = Counter(identifier for pool in self.pools for identifier in pool.items)
        found = [Reason(one, "It is in two pools.") for one, count in members.items() if count > 1]
        for pool in self.pools:
            checks = {
                f"The pool “{pool.name}” is smaller than its draw of {pool.draw}.": len(pool.items) < pool.draw,
                f"The pool “{pool.name}” must draw at least one question.": pool.draw < 1,
                f"The pool “{pool.name}” has no question.": not pool.items,
                f"The pool “{pool.name}” names something that is no question.": not scored.issuperset(pool.items),
                f"The questions of the pool “{pool.name}” must have the same points.": len(
                    {weight.get(one) for one in pool.items}
                )
                > 1,
            }
            found += [Reason("", text) for text, wrong in checks.items() if wrong]
        names = [pool.name for pool in self.pools]
        return found + ([Reason("", "Two pools share a name.")] if len(set(names)) < len(names) else [])


def _scored(draft: ItemDraft) -> bool:
    return item_types.get(draft.kind).SCORED


class PublishingBlocked(Exception):
    """The content is not ready. `reasons` names every obstacle, item by item."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        self.reasons = list(reasons)
        super().__init__("\n".join(str(reason) for reason in reasons))


@transaction.atomic
def publish_lesson(
    *,
    slug: str,
    body: Mapping[str, Any],
    provenance: Mapping[str, Any],
    now: datetime,
    institution: Institution | None = None,
) -> LessonVersion:
    """Make `body` (see LessonVersion) the current text of the institution's lesson. Raises PublishingBlocked."""
    _refuse([*_lesson_reasons(slug, body), *_storable("", [body, provenance])])
    lesson: Lesson = _locked(Lesson, slug, institution)
    name = content_hash(body)
    version = lesson.versions.filter(content_hash=name).first()
    if version is None:
        version = lesson.versions.create(
            number=_next_number(lesson.versions),
            title=body["title"],
            body=dict(body),
            content_hash=name,
            provenance=dict(provenance),
            published_at=now,
        )
    if lesson.current_id != version.pk:
        lesson.current, lesson.current_since = version, now
        lesson.save(update_fields=["current", "current_since"])
    version.lesson = lesson
    return version


@transaction.atomic
def publish_quiz(
    *,
    slug: str,
    title: str,
    items: Sequence[ItemDraft],
    lesson_version: LessonVersion | None,
    provenance: Mapping[str, Any],
    now: datetime,
    institution: Institution | None = None,
    layout: Layout = Layout(),
) -> QuizVersion:
    """Make these items, in this order, the current version of the quiz; unchanged items keep their version.

    Raises PublishingBlocked while any item has no key that may be applied.
    """
    _refuse([*quiz_reasons(slug, title, items, layout), *_storable("", [title, provenance])])
    quiz: Quiz = _locked(Quiz, slug, institution)
    versions = _item_versions(quiz, items)
    content = {
        "title": title,
        "lesson": lesson_version and [lesson_version.lesson.slug, lesson_version.content_hash],
        "items": [[version.item.identifier, version.content_hash] for version in versions],
        **layout.content(),
    }
    name = content_hash(content)
    version = quiz.versions.filter(content_hash=name).first()
    if version is None:
        version = quiz.versions.create(
            number=_next_number(quiz.versions),
            title=title,
            lesson_version=lesson_version,
            points=layout.points(items),
            shuffle_questions=layout.shuffle_questions,
            shuffle_options=layout.shuffle_options,
            pools={pool.name: pool.draw for pool in layout.pools},
            content_hash=name,
            provenance=dict(provenance),
            published_at=now,
        )
        _place(version, versions, layout, items)
    lesson_id = lesson_version.lesson_id if lesson_version else None
    if quiz.current_id != version.pk or quiz.lesson_id != lesson_id:
        quiz.current, quiz.lesson_id = version, lesson_id
        quiz.save(update_fields=["current", "lesson"])
    version.quiz = quiz
    return version


def _locked(model: Any, slug: str, institution: Institution | None) -> Any:
    """The row of this slug, made if needed, locked until the transaction ends: one publisher at a time."""
    model.objects.get_or_create(slug=slug, institution=institution)
    return model.objects.select_for_update(of=("self",), no_key=True).get(slug=slug, institution=institution)


def _next_number(versions: Any) -> int:
    return int(versions.aggregate(newest=Max("number"))["newest"] or 0) + 1


def _place(
    quiz_version: QuizVersion, versions: Sequence[ItemVersion], layout: Layout, drafts: Sequence[ItemDraft]
) -> None:
    pools = {identifier: pool.name for pool in layout.pools for identifier in pool.items}
    QuizVersionItem.objects.bulk_create(
        QuizVersionItem(
            quiz_version=quiz_version, item_version=version, position=position, pool=pools.get(draft.identifier, "")
        )
        for position, (version, draft) in enumerate(zip(versions, drafts, strict=True), start=1)
    )


def _item_versions(quiz: Quiz, drafts: Sequence[ItemDraft]) -> list[ItemVersion]:
    """The version of each draft, in order, found or made. Called with the quiz locked."""
    items = _items(quiz, drafts)
    known: dict[tuple[str, str], ItemVersion] = {}
    newest: dict[str, int] = {}
    names_of = {item.pk: identifier for identifier, item in items.items()}
    for version in ItemVersion.objects.filter(item__in=names_of).select_related("item").order_by("number"):
        known[names_of[version.item_id], version.content_hash] = version
        newest[names_of[version.item_id]] = version.number
    names = [(draft.identifier, _item_hash(draft)) for draft in drafts]
    _refuse(
        Reason(identifier, "This wording and key were retired.")
        for identifier, name in names
        if (identifier, name) in known and known[identifier, name].key_state == KeyState.RETIRED
    )
    fresh = [
        _new_version(items[identifier], draft, name, newest.get(identifier, 0) + 1)
        for draft, (identifier, name) in zip(drafts, names, strict=True)
        if (identifier, name) not in known
    ]
    ItemVersion.objects.bulk_create(fresh)
    known.update({(names_of[version.item_id], version.content_hash): version for version in fresh})
    versions = [known[name] for name in names]
    _advance_keys(versions, drafts)
    return versions


def _items(quiz: Quiz, drafts: Sequence[ItemDraft]) -> dict[str, Item]:
    """The item of each draft, by the draft's identifier: one of another quiz where the draft names it."""
    items = {item.identifier: item for item in quiz.items.all()}
    named = Item.objects.in_bulk([draft.item for draft in drafts if draft.item])
    items |= {draft.identifier: named[draft.item] for draft in drafts if draft.item}
    missing = [Item(quiz=quiz, identifier=draft.identifier) for draft in drafts if draft.identifier not in items]
    Item.objects.bulk_create(missing)
    items |= {item.identifier: item for item in missing}
    _keep_as_written([(items[draft.identifier], draft) for draft in drafts])
    return items


WRITTEN = ("kind", "body", "points", "tags", "key_state", "provenance")


def _keep_as_written(pairs: Sequence[tuple[Item, ItemDraft]]) -> None:
    """What is published is also the question as it stands in the writing room."""
    changed = []
    for item, draft in pairs:
        now = {name: getattr(draft, name) for name in WRITTEN}
        if content_hash(now) != content_hash({name: getattr(item, name) for name in WRITTEN}):
            for name, value in now.items():
                setattr(item, name, value)
            item.revision += 1
            changed.append(item)
    if changed:
        Item.objects.bulk_update(changed, [*WRITTEN, "revision"])


def item_version(*, item: Item, draft: ItemDraft, apart: str = "") -> ItemVersion:
    """The version of a locked item with this text and key, found or made.

    `apart` keeps one that is not the author's apart from all that its author publishes. Raises PublishingBlocked for a
    retired one.
    """
    name = content_hash([apart, _item_hash(draft)]) if apart else _item_hash(draft)
    found: ItemVersion | None = item.versions.filter(content_hash=name).first()
    if found is None:
        found = _new_version(item, draft, name, _next_number(item.versions))
        found.save()
    if found.key_state == KeyState.RETIRED:
        _refuse([Reason(draft.identifier, "This wording and key were retired.")])
    _advance_keys([found], [draft])
    return found


def _new_version(item: Item, draft: ItemDraft, name: str, number: int) -> ItemVersion:
    return ItemVersion(
        item=item,
        number=number,
        kind=draft.kind,
        body=dict(draft.body),
        points=draft.points,
        content_hash=name,
        key_state=draft.key_state,
        provenance=dict(draft.provenance),
    )


def _advance_keys(versions: Sequence[ItemVersion], drafts: Sequence[ItemDraft]) -> None:
    """A key that was reviewed further since moves the stored state on; publishing never moves it back."""
    for version, draft in zip(versions, drafts, strict=True):
        if RANK[draft.key_state] > RANK[version.key_state]:
            version.key_state = draft.key_state
            version.save(update_fields=["key_state"])


def _item_hash(draft: ItemDraft) -> str:
    return content_hash({"kind": draft.kind, "body": draft.body, "points": draft.points})


def _refuse(reasons: Any) -> None:
    if found := list(reasons):
        raise PublishingBlocked(found)


def _lesson_reasons(slug: str, body: Mapping[str, Any]) -> list[Reason]:
    found = [*_slug_reasons(slug), *_title_reasons(body.get("title"))]
    ids = [section.get("id") for section in body.get("sections", [])]
    if len({*ids, "title", "summary"}) != len(ids) + 2 or not all(ids):
        found.append(Reason("", "Every section needs an id of its own, other than `title` and `summary`."))
    return found


def quiz_reasons(slug: str, title: str, items: Sequence[ItemDraft], layout: Layout) -> list[Reason]:
    """Why the quiz cannot be published, apart from what the stored versions say."""
    found = [*_slug_reasons(slug), *_title_reasons(title), *layout.reasons(items)]
    if not any(item.kind in item_types.KINDS and item_types.get(item.kind).SCORED for item in items):
        found.append(Reason("", "There are no questions."))
    identifiers = [item.identifier for item in items]
    found += [
        Reason(identifier, "Two questions share this identifier.")
        for identifier in sorted(set(identifiers))
        if identifiers.count(identifier) > 1
    ]
    found += [reason for item in items for reason in _item_reasons(item)]
    return found or _size_reasons(items)


def _size_reasons(items: Sequence[ItemDraft]) -> list[Reason]:
    """Why the answers, each as long as it may be, could not be handed in: they all come in one form."""
    sizes = [item_types.get(item.kind).form_size(item.body) for item in items]
    fields = SPARE_FIELDS + sum(size.fields + OWN_FIELDS for size in sizes)
    size = fields * NAMED + sum(size.size for size in sizes)
    checks = {
        f"There are more than {MOST_ITEMS} questions.": len(items) > MOST_ITEMS,
        "The questions ask for more single answers than can be handed in at once: divide the check.": fields
        > settings.DATA_UPLOAD_MAX_NUMBER_FIELDS,
        "The answers may be longer together than can be handed in at once: allow less text, or divide the check.": size
        > settings.DATA_UPLOAD_MAX_MEMORY_SIZE,
    }
    return [Reason("", text) for text, wrong in checks.items() if wrong]


def _slug_reasons(slug: str) -> list[Reason]:
    return [] if SLUG.fullmatch(slug) else [Reason("", "The address name may hold letters, digits, - and _ only.")]


def _title_reasons(title: object) -> list[Reason]:
    if not isinstance(title, str) or not title.strip():
        return [Reason("", "There is no title.")]
    return [Reason("", f"The title is longer than {TITLE_LENGTH} characters.")] if len(title) > TITLE_LENGTH else []


def _item_reasons(draft: ItemDraft) -> list[Reason]:
    if draft.kind not in item_types.KINDS:
        return [Reason(draft.identifier, f"There is no kind of question called {draft.kind!r}.")]
    kind = item_types.get(draft.kind)
    texts = variants.problems(draft.body) or kind.problems(variants.sample(draft.body))
    found = [Reason(draft.identifier, text) for text in texts]
    if not IDENTIFIER.fullmatch(draft.identifier):
        found.append(Reason(draft.identifier, "The identifier may hold letters, digits, - and _ only."))
    if (kind.SCORED and not 0 < draft.points < 100_000) or draft.points != round(draft.points, 3):
        found.append(Reason(draft.identifier, "The points must be above 0, with three decimals at most."))
    if draft.key_state not in kind.PUBLISHABLE:
        wanted = " or ".join(kind.PUBLISHABLE)
        found.append(Reason(draft.identifier, f"Its key is {draft.key_state}; it must be {wanted}."))
    return found + _storable(draft.identifier, [draft.body, draft.provenance])


def _storable(item: str, content: Any) -> list[Reason]:
    """PostgreSQL holds neither NUL nor a lone surrogate, JSON no NaN."""
    try:
        content_hash(content)
    except (ValueError, TypeError):
        return [Reason(item, "It holds something that JSON cannot hold.")]
    return [Reason(item, "It holds a NUL character.")] if _has_nul(content) else []


def _has_nul(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_has_nul(part) for pair in value.items() for part in pair)
    if isinstance(value, list | tuple):
        return any(_has_nul(part) for part in value)
    return isinstance(value, str) and "\x00" in value

"""The writing room: content as it is being written, until it is published.

`Quiz.draft` is {"title", "lesson": id of a lesson or null, "shuffle_questions", "shuffle_options", "pools":
{name: draw}, "places": [{"item": id, "pool": name or ""}], "source": {"file", "sha256"} of an import}. The questions
are rows of Item, so that a question used in several drafts is mended in all of them at once. Every save names the
revision that it was made on; where somebody saved meanwhile it is refused with Stale, and nothing is overwritten.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.text import slugify

from content import item_types, publishing
from content.drafts import ItemDraft
from content.formats.reading import Pool
from content.models import (
    Item,
    ItemVersion,
    KeyState,
    Lesson,
    LessonVersion,
    M,
    OwnedQuerySet,
    Quiz,
    QuizVersion,
    QuizVersionItem,
    Visibility,
)
from content.publishing import Layout, PublishingBlocked, Reason
from roster.models import Institution, Person

NEW_TITLE = "New check"
SETTINGS = ("title", "lesson", "shuffle_questions", "shuffle_options", "pools")


class Stale(Exception):
    """Somebody else saved since the page was opened. `by` is their name."""

    def __init__(self, by: str) -> None:
        self.by = by
        super().__init__(f"{by} has changed this meanwhile.")


@dataclass(frozen=True)
class Author:
    """Who writes: a person of an institution, or staff without one. `name` is shown to other authors."""

    name: str
    institution: Institution | None = None
    person: Person | None = None


def writable(author: Author) -> OwnedQuerySet[Quiz]:
    """The quizzes that the author may change: own ones, and those of the institution that are not private.

    Staff without an institution write the library's.
    """
    return _writable(Quiz.objects.filter(institution=author.institution), author)


def writable_lessons(author: Author) -> OwnedQuerySet[Lesson]:
    """The same of lessons."""
    return _writable(Lesson.objects.filter(institution=author.institution), author)


def _writable(rows: OwnedQuerySet[M], author: Author) -> OwnedQuerySet[M]:
    return rows if author.person is None else rows.readable(author.institution, author.person)


@transaction.atomic
def new_quiz(*, author: Author, title: str = NEW_TITLE, slug: str = "") -> Quiz:
    """An empty draft with a slug of its own."""
    made = Quiz.objects.create(
        institution=author.institution,
        slug=free_slug(Quiz, slug or title, author.institution),
        draft={**_empty(title)},
        revision=1,
        changed_by=author.name,
    )
    if author.person is not None:
        made.authors.add(author.person)
    return made


def free_slug(model: type[Quiz] | type[Lesson], wanted: str, institution: Institution | None) -> str:
    """A slug that nothing of the institution has yet."""
    base = slugify(wanted)[:100] or "check"
    taken = set(model.objects.filter(institution=institution, slug__startswith=base).values_list("slug", flat=True))
    numbered = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    return base if base not in taken else next(slug for slug in numbered if slug not in taken)


def open_draft(quiz: Quiz) -> dict[str, Any]:
    """The draft of the next version: what is being written, else what is published."""
    if quiz.draft:
        return {**_empty(""), **quiz.draft}
    version = quiz.current
    if version is None:
        return _empty(NEW_TITLE)
    places = version.places.select_related("item_version__item").order_by("position")
    return {
        "title": version.title,
        "lesson": str(quiz.lesson_id) if quiz.lesson_id else None,
        "shuffle_questions": version.shuffle_questions,
        "shuffle_options": version.shuffle_options,
        "pools": version.pools,
        "places": [{"item": str(place.item_version.item_id), "pool": place.pool} for place in places],
    }


def items_of(quiz: Quiz) -> list[tuple[Item, str]]:
    """The questions of the draft in order, each with its pool; those that are gone are left out."""
    places = open_draft(quiz)["places"]
    rows = Item.objects.prefetch_related("quiz").in_bulk([UUID(place["item"]) for place in places])
    found = [(rows.get(UUID(place["item"])), place["pool"]) for place in places]
    return [(as_written(item), pool) for item, pool in found if item is not None]


def as_written(item: Item) -> Item:
    """The item, whose text is that of its newest version where nobody has written it here yet."""
    if not item.kind and (newest := newest_published(item)):
        item.kind, item.body, item.points = newest.kind, newest.body, newest.points
        item.key_state, item.provenance = newest.key_state, newest.provenance
    return item


def newest_published(item: Item) -> ItemVersion | None:
    """The newest wording that some version of a quiz has; a corrected key may have a version of its own besides."""
    placed = QuizVersionItem.objects.filter(item_version=OuterRef("pk"))
    return item.versions.filter(Exists(placed)).order_by("-number").first()


@transaction.atomic
def correct_key(*, version: ItemVersion, body: Mapping[str, Any], author: Author, now: datetime) -> ItemVersion:
    """A version of the question with another key, found or made, for answers that were given to this one.

    Where the author may change the question, and nobody has changed its text since, the next version of the quiz has
    that key too. Raises PublishingBlocked for a key that was retired.
    """
    item = Item.objects.select_for_update(of=("self",)).select_related("quiz").get(pk=version.item_id)
    own = writable(author).filter(pk=item.quiz_id).exists()
    made = publishing.item_version(
        item=item,
        apart="" if own or author.institution is None else str(author.institution.pk),
        draft=ItemDraft(
            identifier=item.identifier,
            kind=version.kind,
            body=body,
            points=version.points,
            key_state=KeyState.APPROVED,
            provenance={"key": {"by": author.name, "how": "corrected"}, "approved": {"by": author.name}},
        ),
    )
    written = as_written(item)
    if own and written.body == version.body:
        save_item(
            item=item,
            body=body,
            points=written.points,
            tags=written.tags,
            revision=written.revision,
            author=author,
            now=now,
        )
    return made


@transaction.atomic
def save_settings(*, quiz: Quiz, changes: Mapping[str, Any], revision: int, author: Author, now: datetime) -> Quiz:
    """Change SETTINGS of the draft. Raises Stale."""
    locked = _locked(quiz, revision)
    draft = open_draft(locked) | {name: value for name, value in changes.items() if name in SETTINGS}
    return _store(locked, draft, author, now)


@transaction.atomic
def save_item(
    *,
    item: Item,
    body: Mapping[str, Any],
    points: Decimal,
    tags: Sequence[str],
    revision: int,
    author: Author,
    now: datetime,
    story: Mapping[str, str] | None = None,
) -> Item:
    """Store the question as written; a changed key has to be confirmed again. Raises Stale.

    `story` is what its author says of the key: {"support", "help"}.
    """
    locked: Item = Item.objects.select_for_update(of=("self",)).get(pk=item.pk)
    if locked.revision != revision:
        raise Stale(locked.changed_by)
    locked = as_written(locked)
    if dict(body) != locked.body:
        locked.key_state = KeyState.PROPOSED
        rest = {name: value for name, value in locked.provenance.items() if name not in ("review", "approved")}
        locked.provenance = {**rest, "key": {"by": author.name, "how": "written"}}
    if story is not None:
        written = {name: text for name, text in story.items() if text}
        kept = {name: value for name, value in locked.provenance.get("key", {}).items() if name not in story}
        locked.provenance = {**locked.provenance, "key": {**kept, **written}}
    locked.body, locked.points, locked.tags = dict(body), points, list(tags)
    locked.revision, locked.changed_by = locked.revision + 1, author.name
    locked.save()
    Quiz.objects.filter(_refers_to(item)).update(changed_by=author.name, changed_at=now)
    return locked


def _refers_to(item: Item) -> Q:
    """The quizzes whose draft holds the question."""
    return Q(pk=item.quiz_id) | Q(draft__places__contains=[{"item": str(item.pk)}])


@transaction.atomic
def share(*, quiz: Quiz, visibility: str, practice: bool, author: Author) -> None:
    """Who may read and place the quiz, and whether everybody may practise it; in force at once."""
    Quiz.objects.filter(pk=quiz.pk).update(visibility=visibility, practice=practice)
    if author.person is not None and visibility == Visibility.PRIVATE:
        quiz.authors.add(author.person)  # else nobody could open it any more


@transaction.atomic
def copy(*, version: QuizVersion, author: Author, now: datetime) -> Quiz:
    """A quiz of the author's own with the questions of a published version, keys and their stories included."""
    made = new_quiz(author=author, title=version.title, slug=version.quiz.slug)
    places = list(version.places.select_related("item_version__item").order_by("position"))
    items = [_copied(made, place.item_version, author) for place in places]
    Item.objects.bulk_create(items)
    draft = {
        "title": version.title,
        "lesson": str(version.quiz.lesson_id) if version.quiz.lesson_id else None,
        "shuffle_questions": version.shuffle_questions,
        "shuffle_options": version.shuffle_options,
        "pools": version.pools,
        "places": [{"item": str(item.pk), "pool": place.pool} for item, place in zip(items, places, strict=True)],
    }
    return _store(made, draft, author, now)


def _copied(quiz: Quiz, version: ItemVersion, author: Author) -> Item:
    return Item(
        quiz=quiz,
        identifier=version.item.identifier,
        kind=version.kind,
        body=version.body,
        points=version.points,
        tags=version.item.tags,
        key_state=version.key_state,
        provenance={**version.provenance, "copied": {"version": str(version.pk)}},
        revision=1,
        changed_by=author.name,
    )


@transaction.atomic
def add_item(
    *, quiz: Quiz, kind: str, author: Author, now: datetime, after: Item | None = None, like: Item | None = None
) -> Item:
    """A new question of the kind, or one `like` another, at the end or `after` a question of the draft."""
    locked = _locked(quiz)
    scored = item_types.get(kind).SCORED
    made = Item.objects.create(
        quiz=locked,
        identifier=_free_identifier(locked),
        kind=kind,
        body=like.body if like else {"stem": "", **item_types.get(kind).from_editor({})},
        points=like.points if like else Decimal(1 if scored else 0),
        tags=like.tags if like else [],
        key_state=KeyState.PROPOSED,
        revision=1,
        changed_by=author.name,
    )
    _insert(locked, made, author, now, after)
    return made


@transaction.atomic
def use_item(*, quiz: Quiz, item: Item, author: Author, now: datetime) -> None:
    """Refer to a question of another quiz: a change to it reaches this draft too, never what is published."""
    _insert(_locked(quiz), item, author, now, None)


@transaction.atomic
def remove_item(*, quiz: Quiz, item: Item, author: Author, now: datetime) -> None:
    """Take the question out of the draft; versions that hold it keep it, and so does the bank."""
    locked = _locked(quiz)
    draft = open_draft(locked)
    draft["places"] = [place for place in draft["places"] if place["item"] != str(item.pk)]
    _store(locked, draft, author, now)


@transaction.atomic
def move_item(*, quiz: Quiz, item: Item, to: int, author: Author, now: datetime) -> None:
    """Put the question of the draft at the place `to`, from 0."""
    locked = _locked(quiz)
    draft = open_draft(locked)
    moved = [place for place in draft["places"] if place["item"] == str(item.pk)]
    others = [place for place in draft["places"] if place["item"] != str(item.pk)]
    draft["places"] = others[: max(to, 0)] + moved + others[max(to, 0) :]
    _store(locked, draft, author, now)


@transaction.atomic
def set_pool(*, quiz: Quiz, item: Item, pool: str, author: Author, now: datetime) -> None:
    """Put the question into a pool of the draft, or with "" into none."""
    locked = _locked(quiz)
    draft = open_draft(locked)
    draft["places"] = [place | {"pool": pool} if place["item"] == str(item.pk) else place for place in draft["places"]]
    _store(locked, draft, author, now)


def drafts(quiz: Quiz) -> list[ItemDraft]:
    """The questions of the draft as `publishing` takes them, each with an identifier of its own."""
    taken: set[str] = set()
    made = []
    for item, _pool in items_of(quiz):
        name = next(name for name in names(item.identifier) if name not in taken)
        taken.add(name)
        made.append(
            ItemDraft(
                identifier=name,
                kind=item.kind,
                body=item.body,
                points=item.points,
                key_state=item.key_state,
                provenance=item.provenance,
                tags=item.tags,
                item=item.pk,
            )
        )
    return made


def layout(quiz: Quiz) -> Layout:
    draft = open_draft(quiz)
    members = [(one.identifier, pool) for one, (_item, pool) in zip(drafts(quiz), items_of(quiz), strict=True)]
    pools = [
        Pool(name, draw, [identifier for identifier, pool in members if pool == name])
        for name, draw in draft["pools"].items()
    ]
    return Layout(pools, draft["shuffle_questions"], draft["shuffle_options"])


@transaction.atomic
def publish(*, quiz: Quiz, author: Author, now: datetime) -> QuizVersion:
    """Make the draft the current version, which confirms the keys. Raises PublishingBlocked."""
    locked = _locked(quiz)
    draft = open_draft(locked)
    questions = confirmed(drafts(locked), author)
    version = publishing.publish_quiz(
        slug=locked.slug,
        title=draft["title"],
        items=questions,
        lesson_version=lesson_version(locked, draft["lesson"]),
        provenance={"by": author.name, **({"source": draft["source"]} if "source" in draft else {})},
        now=now,
        institution=locked.institution,
        layout=layout(locked),
    )
    Quiz.objects.filter(pk=locked.pk).update(changed_at=version.published_at)
    return version


def is_changed(quiz: Quiz) -> bool:
    """Whether something was written since the current version was published."""
    if quiz.current is None:
        return True
    return quiz.changed_at is not None and quiz.changed_at > quiz.current.published_at


def lesson_version(quiz: Quiz, lesson: str | None) -> LessonVersion | None:
    """The published text of the draft's lesson. Raises PublishingBlocked."""
    if not lesson:
        return None
    found = Lesson.objects.placeable(quiz.institution).filter(pk=lesson).select_related("current").first()
    if found is None or found.current is None:
        raise PublishingBlocked([Reason("", "The lesson is not published yet.")])
    current: LessonVersion = found.current
    return current


def confirmed(questions: Iterable[ItemDraft], author: Author | None) -> list[ItemDraft]:
    """The questions with the keys that somebody wrote approved, as by publishing."""
    return [
        replace(
            one,
            key_state=KeyState.APPROVED,
            provenance={**one.provenance, **({"approved": {"by": author.name}} if author else {})},
        )
        if one.key_state in (KeyState.PROPOSED, KeyState.REVIEWED)
        else one
        for one in questions
    ]


def _empty(title: str) -> dict[str, Any]:
    return {
        "title": title,
        "lesson": None,
        "shuffle_questions": False,
        "shuffle_options": False,
        "pools": {},
        "places": [],
    }


def _locked(quiz: Quiz, revision: int | None = None) -> Quiz:
    locked: Quiz = Quiz.objects.select_for_update(of=("self",), no_key=True).get(pk=quiz.pk)
    if revision is not None and locked.revision != revision:
        raise Stale(locked.changed_by)
    return locked


def _store(quiz: Quiz, draft: dict[str, Any], author: Author, now: datetime) -> Quiz:
    quiz.draft, quiz.changed_by, quiz.changed_at = draft, author.name, now
    quiz.revision += 1
    quiz.save(update_fields=["draft", "revision", "changed_by", "changed_at"])
    return quiz


def _insert(quiz: Quiz, item: Item, author: Author, now: datetime, after: Item | None) -> None:
    draft = open_draft(quiz)
    places = [place for place in draft["places"] if place["item"] != str(item.pk)]
    ids = [place["item"] for place in places]
    at = ids.index(str(after.pk)) + 1 if after is not None and str(after.pk) in ids else len(places)
    draft["places"] = [*places[:at], {"item": str(item.pk), "pool": ""}, *places[at:]]
    _store(quiz, draft, author, now)


def _free_identifier(quiz: Quiz) -> str:
    taken = set(quiz.items.values_list("identifier", flat=True))
    return next(name for name in (f"q{number}" for number in range(1, len(taken) + 2)) if name not in taken)


def names(identifier: str) -> Iterable[str]:
    """The identifier, then variations of it."""
    yield identifier
    number = 2
    while True:
        yield f"{identifier[:50]}-{number}"
        number += 1

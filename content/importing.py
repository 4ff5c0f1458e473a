"""Files that come in: read into a draft, reported, and taken into the writing room or published."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from itertools import chain
from pathlib import Path, PurePath
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction

from content import item_types, publishing, writing
from content.drafts import ItemDraft
from content.formats import table
from content.formats.reading import Draft, Media, Refused, Source
from content.formats.table import Format, UnknownFormat
from content.models import Item, Quiz, QuizVersion
from content.models import Media as StoredMedia
from content.writing import Author

MOST_BYTES = 100_000_000
BATCH = 500  # rows
WRITTEN = ("kind", "body", "points", "tags", "key_state", "provenance", "revision", "changed_by")
UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Taken:
    """What an import left: the quiz with its draft, and the version where it was published.

    `changed`: the same file had not been taken before.
    """

    quiz: Quiz
    version: QuizVersion | None
    changed: bool


def read(source: Source, format_name: str = "") -> tuple[Format, Draft]:
    """The file as a draft, by the named format or by what it looks like. Raises Refused."""
    try:
        known = table.named(format_name) if format_name else table.of(source)
    except UnknownFormat as error:
        names = ", ".join(known.label for known in table.FORMATS)
        raise Refused(f"No format was recognised in {source.name}. Known are: {names}.") from error
    draft = known.read(source)
    if not draft.items and not (draft.lesson or {}).get("sections"):
        first = next((loss.why for loss in draft.losses if loss.severity == "error"), "")
        raise Refused(f"No question was found in {source.name}, read as {known.label}. {first}".strip())
    return known, _tidy(draft)


def open_file(path: Path, key: Path | None = None, name: str = "") -> Source:
    """A file of this machine. Raises Refused where it is too large, OSError where it cannot be read."""
    if path.stat().st_size > MOST_BYTES:
        raise Refused(f"{path.name} is larger than {MOST_BYTES // 1_000_000} MB.")
    return Source(name or path.name, path.read_bytes(), key=open_file(key) if key else None)


def report(known: Format, draft: Draft) -> dict[str, Any]:
    """What `import_content --json` prints."""
    return {
        "format": known.name,
        "title": draft.title,
        "items": [_described(item) for item in draft.items],
        "losses": [
            {"item": loss.item, "what": loss.what, "why": loss.why, "severity": loss.severity} for loss in draft.losses
        ],
    }


def _described(item: ItemDraft) -> dict[str, Any]:
    kind, body = item_types.get(item.kind), item.body
    problems = kind.problems(body)
    return {
        "identifier": item.identifier,
        "kind": item.kind,
        "stem": body.get("stem", ""),
        "points": float(item.points),
        "key_state": item.key_state,
        "key": [] if problems else kind.expected(body),
        "options": body.get("options", []),
        "body": body,
        "problems": problems,
    }


@transaction.atomic
def take(*, draft: Draft, source: Source, author: Author, now: datetime, publish: bool = False) -> Taken:
    """Make the draft the draft of its quiz. The same file again changes nothing. Raises PublishingBlocked."""
    digest = sha256(source.data + (source.key.data if source.key else b"")).hexdigest()
    quiz = _quiz_of(source, draft, author)
    same = quiz is not None and quiz.draft.get("source", {}).get("sha256") == digest
    if quiz is None:
        quiz = writing.new_quiz(
            author=author, title=draft.title or _stem(source), slug=draft.slug or draft.title or _stem(source)
        )
    if not same:
        store_media(draft.media, author)
        quiz = _fill(quiz, draft, source, digest, author, now)
    version = quiz.current
    if publish and not (same and version is not None):
        version = writing.publish(quiz=quiz, author=author, now=now)
        quiz.refresh_from_db()
    return Taken(quiz, version if publish else None, not same)


def store_media(media: Iterable[Media], author: Author) -> None:
    """Keep the files that texts name; the same bytes are kept once."""
    for one in media:
        made = StoredMedia(
            digest=one.digest,
            institution=author.institution,
            name=one.name[:255],
            content_type=one.content_type,
            size=len(one.data),
        )
        if not StoredMedia.objects.filter(digest=one.digest).exists():
            made.file.save(one.digest, ContentFile(one.data), save=False)
            made.save(force_insert=True)


def _quiz_of(source: Source, draft: Draft, author: Author) -> Quiz | None:
    """The quiz that an earlier import of a file of this name made."""
    found = writing.writable(author).filter(draft__source__file=source.name)
    quiz: Quiz | None = found.order_by("pk").first()
    return quiz


def _fill(quiz: Quiz, draft: Draft, source: Source, digest: str, author: Author, now: datetime) -> Quiz:
    present = {item.identifier: item for item in quiz.items.all()}
    pools = {identifier: pool.name for pool in draft.pools for identifier in pool.items}
    items = [_item(quiz, present.get(one.identifier), one, author) for one in draft.items]
    Item.objects.bulk_create([item for item in items if item._state.adding], batch_size=BATCH)
    known = [item for item in items if item.identifier in present]
    Item.objects.bulk_update(known, WRITTEN, batch_size=BATCH)
    places = [{"item": str(item.pk), "pool": pools.get(item.identifier, "")} for item in items]
    lesson = _lesson(quiz, draft, author, now)
    quiz.draft = {
        "title": (draft.title or _stem(source))[: publishing.TITLE_LENGTH],
        "lesson": lesson,
        "shuffle_questions": draft.shuffle_questions,
        "shuffle_options": draft.shuffle_options,
        "pools": {pool.name: pool.draw for pool in draft.pools},
        "places": places,
        "source": {"file": source.name, "sha256": digest},
    }
    quiz.revision, quiz.changed_by, quiz.changed_at = quiz.revision + 1, author.name, now
    quiz.save(update_fields=["draft", "revision", "changed_by", "changed_at"])
    return quiz


def _item(quiz: Quiz, item: Item | None, draft: ItemDraft, author: Author) -> Item:
    item = item or Item(quiz=quiz, identifier=draft.identifier)
    item.kind, item.body, item.points, item.tags = draft.kind, dict(draft.body), draft.points, list(draft.tags)
    item.key_state, item.provenance = draft.key_state, dict(draft.provenance)
    item.revision, item.changed_by = item.revision + 1, author.name
    return item


def _lesson(quiz: Quiz, draft: Draft, author: Author, now: datetime) -> str | None:
    if draft.lesson is None:
        return str(quiz.lesson_id) if quiz.lesson_id else None
    version = publishing.publish_lesson(
        slug=f"{quiz.slug}-lesson"[:120],
        body=draft.lesson,
        provenance={"by": author.name},
        now=now,
        institution=author.institution,
    )
    return str(version.lesson_id)


def _stem(source: Source) -> str:
    return PurePath(source.name).stem or "Import"


def _tidy(draft: Draft) -> Draft:
    """Identifiers that addresses and tables can hold, each once; the file's own are kept in the provenance."""
    taken: dict[str, str] = {}
    names: set[str] = set()
    made = []
    for position, item in enumerate(draft.items, start=1):
        base = UNSAFE.sub("-", item.identifier).strip("-")[:50] or f"q{position}"
        # `position` rises, so a name asked for often does not take longer and longer.
        wanted = chain([base], writing.names(f"{base[:40]}-{position}"))
        name = next(name for name in wanted if name not in names)
        names.add(name)
        taken.setdefault(item.identifier, name)
        source: Mapping[str, Any] = item.provenance.get("source", {})
        provenance = {**item.provenance, "source": {"identifier": item.identifier, **source}}
        made.append(replace(item, identifier=name, provenance=provenance))
    pools = [replace(pool, items=[taken.get(one, one) for one in pool.items]) for pool in draft.pools]
    losses = [replace(loss, item=taken.get(loss.item, loss.item)) for loss in draft.losses]
    return replace(draft, items=made, pools=pools, losses=losses)

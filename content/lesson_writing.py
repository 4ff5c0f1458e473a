"""Lessons as they are being written. `Lesson.draft` has the shape of LessonVersion.body; a save names its revision."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from content import publishing
from content.models import Lesson, LessonVersion
from content.writing import Author, Stale, free_slug

NEW_TITLE = "New lesson"


@transaction.atomic
def new(*, author: Author, title: str = NEW_TITLE) -> Lesson:
    """An empty draft with a slug of its own."""
    made = Lesson.objects.create(
        institution=author.institution,
        slug=free_slug(Lesson, title, author.institution),
        draft=_empty(title),
        revision=1,
        changed_by=author.name,
    )
    if author.person is not None:
        made.authors.add(author.person)
    return made


def open_draft(lesson: Lesson) -> dict[str, Any]:
    """What is being written, else what is published."""
    written = lesson.draft or (lesson.current.body if lesson.current else {})
    return {**_empty(""), **written}


@transaction.atomic
def save(*, lesson: Lesson, body: Mapping[str, Any], revision: int, author: Author) -> Lesson:
    """Raises Stale."""
    locked = Lesson.objects.select_for_update(of=("self",), no_key=True).get(pk=lesson.pk)
    if locked.revision != revision:
        raise Stale(locked.changed_by)
    locked.draft, locked.revision, locked.changed_by = dict(body), locked.revision + 1, author.name
    locked.save(update_fields=["draft", "revision", "changed_by"])
    return locked


def publish(*, lesson: Lesson, author: Author, now: datetime) -> LessonVersion:
    """Make the draft the current text. Checks get it with their own next version. Raises PublishingBlocked."""
    return publishing.publish_lesson(
        slug=lesson.slug,
        body=open_draft(lesson),
        provenance={"by": author.name},
        now=now,
        institution=lesson.institution,
    )


def is_changed(lesson: Lesson) -> bool:
    return lesson.current is None or open_draft(lesson) != {**_empty(""), **lesson.current.body}


def _empty(title: str) -> dict[str, Any]:
    return {"title": title, "summary": "", "minutes": None, "reviewed": None, "sections": []}

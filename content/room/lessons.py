"""The lesson editor: title, summary, sections with their anchors; beside it the lesson as learners read it."""

import re
from collections.abc import Mapping
from itertools import zip_longest
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_POST, require_safe

from content import lesson_writing
from content.models import Lesson
from content.publishing import TITLE_LENGTH, PublishingBlocked
from content.room import fields
from content.room.doors import Door, go, lesson_or_404
from content.room.quizzes import saved_answer, stale_answer, wants_json
from content.writing import Stale

ROW = ("position", "id", "title", "kind", "text")
# Where a paragraph ends: not before what may belong to a list, a table, a quotation or code.
PARAGRAPH = re.compile(r"\n{2,}(?=[^\s\-*+>|\d])")


@require_POST
def new(request: HttpRequest, door: Door) -> HttpResponse:
    title = fields.text(request.POST, "title")[:TITLE_LENGTH] or lesson_writing.NEW_TITLE
    return go("lesson", lesson_writing.new(author=door.author, title=title).pk)


@require_safe
def lesson(request: HttpRequest, door: Door, lesson: UUID) -> HttpResponse:
    return _page(request, door, lesson_or_404(door, lesson))


@require_POST
def save(request: HttpRequest, door: Door, lesson: UUID) -> HttpResponse:
    """Store the draft, and publish it where that was asked for."""
    found, data = lesson_or_404(door, lesson), request.POST
    body = body_of(data)
    try:
        saved = lesson_writing.save(
            lesson=found,
            body=body,
            revision=fields.whole(data, "replace" if "replace" in data else "revision"),
            author=door.author,
        )
    except Stale as stale:
        found.refresh_from_db()
        if wants_json(request):
            return stale_answer(stale, found.revision)
        more = {"body": body, "stale": stale.by, "revision": data.get("revision", "")}
        return _page(request, door, found, more, status=409)
    if wants_json(request):
        return saved_answer(saved.revision, preview=render_to_string("content/_lesson.html", {"lesson": body}, request))
    if "more" in data:
        return _page(request, door, saved, {"blank": True})
    if data.get("do") != "publish":
        return go("lesson", saved.pk, after="?saved=1")
    try:
        lesson_writing.publish(lesson=saved, author=door.author, now=timezone.now())
    except PublishingBlocked as blocked:
        return _page(request, door, saved, {"reasons": blocked.reasons}, status=422)
    return go("lesson", saved.pk, after="?published=1")


def body_of(data: QueryDict) -> dict[str, Any]:
    """Rows of `section-position`, `-id`, `-title`, `-kind` and `-text`, in step; an empty row is left out."""
    rows = [
        dict(zip(ROW, map(fields.clean, row), strict=True))
        for row in zip_longest(*(data.getlist(f"section-{name}") for name in ROW), fillvalue="")
    ]
    rows = [row for row in rows if row["title"].strip() or row["text"].strip()]
    taken: list[str] = []
    sections = []
    for row in sorted(rows, key=lambda row: _whole(row["position"]) or 0):
        taken.append(_anchor(row, taken))
        sections.append(_section(row, taken[-1]))
    return {
        "title": fields.text(data, "title")[:TITLE_LENGTH],
        "summary": fields.text(data, "summary"),
        "minutes": _whole(data.get("minutes", "")),
        "reviewed": _whole(data.get("reviewed", "")),
        "sections": sections,
    }


def text_of(section: Mapping[str, Any]) -> str:
    """The paragraphs as they stand in the editor."""
    return ("\n" if section.get("kind") == "points" else "\n\n").join(section["paragraphs"])


def _section(row: Mapping[str, str], anchor: str) -> dict[str, Any]:
    points, text = row["kind"] == "points", row["text"].strip()
    parts = text.split("\n") if points else [text] if "```" in text else PARAGRAPH.split(text)
    return {
        "id": anchor,
        "title": row["title"].strip(),
        "kind": "points" if points else "prose",
        "paragraphs": [part.strip() if points else part.rstrip() for part in parts if part.strip()],
    }


def _anchor(row: Mapping[str, str], taken: list[str]) -> str:
    """Stable once given, since questions point to it."""
    base = slugify(row["id"])[:60] or slugify(row["title"])[:60] or "part"
    base = f"{base}-part" if base in ("title", "summary") else base
    numbered = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    return base if base not in taken else next(name for name in numbered if name not in taken)


def _whole(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 5 else None


def _page(
    request: HttpRequest, door: Door, found: Lesson, more: Mapping[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    more = more or {}
    body = more.get("body", lesson_writing.open_draft(found))
    rows = [{**section, "text": text_of(section)} for section in body["sections"]]
    blank = {"id": "", "title": "", "kind": "prose", "text": ""}
    context = {
        "door": door,
        "lesson_row": found,
        "body": body,
        "lesson": body,
        "rows": rows if rows and not more.get("blank") else [*rows, blank],
        "revision": found.revision,
        "changed": lesson_writing.is_changed(found),
        "saved": "saved" in request.GET,
        "published": "published" in request.GET,
        **more,
    }
    return render(request, "room/lesson.html", context, status=status)

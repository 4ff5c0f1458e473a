"""The lesson in our Markdown format: `# Lesson`, a section under each `##`, paragraphs divided by empty lines. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from content.formats.markdown_blocks import Part, parts

OF_BODY = ("title", "summary", "minutes", "reviewed")
MARKED = re.compile(r"(.*?)[ \t]*\{#([A-Za-z0-9_-]{1,120})(?:[ \t]+\.([\w-]{1,40}))?\}")
LESSON, QUESTIONS = "lesson", "questions"


def divided(found: Sequence[Part]) -> tuple[list[Part], list[Part]]:
    """Sections of the lesson, and questions: those under `# Lesson`, and all others."""
    lesson: list[Part] = []
    questions: list[Part] = []
    into = questions
    for part in found:
        if part.level == 1:
            into = lesson if part.title.lower() == LESSON else questions
        elif part.level == 2:
            into.append(part)
    return lesson, questions


def read(front: object, sections: Sequence[Part]) -> dict[str, Any] | None:
    """The body of a LessonVersion; None where the file has no lesson."""
    given = dict(front) if isinstance(front, dict) else {}
    if not given and not sections:
        return None
    body: dict[str, Any] = {"title": "", "summary": "", "minutes": None, "reviewed": None, **given}
    return {**body, "sections": [_section(part) for part in sections]} if "sections" not in given else body


def _section(part: Part) -> dict[str, Any]:
    marked = MARKED.fullmatch(part.title)
    title, name, kind = (marked[1], marked[2], marked[3]) if marked else (part.title, part.name, None)
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    paragraphs = re.split(r"\n{2,}", part.text) if part.text else []
    return {"id": name or slug, "title": title, "kind": kind or "prose", "paragraphs": paragraphs}


def written(lesson: Mapping[str, Any] | None) -> tuple[dict[str, Any] | None, list[str]]:
    """What stands in the front matter, and the sections as text; all in the front matter where text cannot say it."""
    if lesson is None:
        return None, []
    front = {name: value for name, value in lesson.items() if name != "sections"}
    try:
        sections = [_written(section) for section in lesson.get("sections", [])]
    except (KeyError, TypeError, AttributeError):
        sections = []
    lines = "\n\n".join(["# Lesson", *sections, "# Questions", "## next"]).split("\n")
    found, questions = divided(parts(lines, 1, 2))
    if sections and len(questions) == 1 and read(front, found) == dict(lesson):
        return front, sections
    return dict(lesson), []


def _written(section: Mapping[str, Any]) -> str:
    heading = f"## {section['title']} {{#{section['id']} .{section['kind']}}}"
    return "\n\n".join([heading, *section["paragraphs"]])

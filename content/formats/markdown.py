"""Our Markdown authoring format: a lesson and its check as a person writes them (docs/authoring.md). Pure.

It holds everything of a draft. A question with no written form that says all of it stands there as YAML.
"""

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import Any

from content import rendering
from content.drafts import ItemDraft
from content.formats import assembling, markdown_kinds, markdown_lesson, packages, progress, texts
from content.formats.assembling import Assembly
from content.formats.losses import Losses
from content.formats.markdown_blocks import (
    Part,
    Unreadable,
    attribute_line,
    attributes,
    dumped,
    front_matter,
    mapping,
    parts,
)
from content.formats.packages import Package, Pictures
from content.formats.reading import Draft, Loss, Pool, Refused, Source, Written
from content.models import KeyState

NAME = "questions.md"
OWN = ("kind", "points", "tags", "key_state", "pool")  # attributes that are no part of a body
YAML_BODY = re.compile(r"^(`{3,})yaml body[ \t]*\n(.*?)\n?^\1[ \t]*$", re.MULTILINE | re.DOTALL)
LOOKS_LIKE = re.compile(r"^(- \[[ xX]\] |## |= |\{kind:)", re.MULTILINE)
LINK = re.compile(r"(\]\()([^()\s<>]{1,500})(?=[)\s])")
BELOW = re.compile(r"Text|Rubric|Feedback|\[\[[^\[\]\n]{1,60}\]\]")
MOST_LINES = 10_000
BY_PEOPLE = ("open_text", "file_upload")


def detect(source: Source) -> bool:
    if packages.is_package(source.data):
        try:
            package = packages.opened(source)
        except Refused:
            return False
        return bool(_member(package)) and not package.manifest()
    text = texts.opening(source)
    named = source.name.lower().endswith((".md", ".markdown"))
    return bool(LOOKS_LIKE.search(text)) and (named or text.startswith("---\n") or "\n## " in f"\n{text}")


def _member(package: Package) -> str:
    found = [name for name in package.names if name.lower().endswith((".md", ".markdown"))]
    return min(found, key=lambda name: (name.count("/"), posixpath.basename(name) != NAME, name), default="")


def read(source: Source) -> Draft:
    """Raises Refused."""
    package = packages.opened(source) if packages.is_package(source.data) else None
    name = _member(package) if package else ""
    if package and not name:
        raise Refused("The package holds no Markdown file.")
    text, losses = texts.decoded(Source(name, package.read(name)) if package else source)
    assembly = Assembly(source, losses)
    pictures = Pictures(package)
    try:
        front, lines, first = front_matter(_with_pictures(text, pictures, name))
    except Unreadable as reason:
        raise Refused(str(reason)) from None
    lesson, questions = markdown_lesson.divided(parts(lines, 1, 2, first=first))
    progress.expect(len(questions))
    if len(questions) > assembling.MOST_QUESTIONS:
        raise Refused(f"The file holds more than {assembling.MOST_QUESTIONS} questions: divide it.")
    pools: dict[str, list[str]] = {}
    for part in questions:
        _take(assembly, part, pools, pictures, name)
    assembly.media = {media.digest: media for media in pictures.media}
    return assembly.draft(
        lesson=markdown_lesson.read(front.get("lesson"), lesson),
        title=_text(front.get("title")),
        slug=_text(front.get("slug")),
        shuffle_questions=front.get("shuffle_questions") is True,
        shuffle_options=front.get("shuffle_options") is True,
        pools=_pools(assembly, front.get("pools"), pools),
    )


def _text(value: object) -> str:
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _with_pictures(text: str, pictures: Pictures, name: str) -> str:
    """Links to pictures of the package name them by their digest."""

    def named(found: re.Match[str]) -> str:
        return found[1] + (pictures.find(found[2], name) or found[2])

    return LINK.sub(named, text)


def _take(assembly: Assembly, part: Part, pools: dict[str, list[str]], pictures: Pictures, name: str) -> None:
    assembly.open(part.name or part.title)
    try:
        named, kind, body = question(part)
    except Unreadable as reason:
        assembly.lose("question", f"Line {part.line}: {reason}", "error")
        return
    if isinstance(body.get("image"), str):
        body["image"] = pictures.find(body["image"], name) or body["image"]
    if kind in BY_PEOPLE and not body.get("rubric"):
        body["rubric"] = assembling.essay_rubric(assembly)
    given = named.get("points", 0 if kind == "description" else 1)
    points = texts.NONE if kind == "description" and not given else texts.points(str(given))
    if points is None:
        assembly.lose("points", f"“{str(given)[:40]}” is no number above 0; the question has 1 point.")
    tags = named.get("tags", [])
    tags = [str(tag) for tag in tags] if isinstance(tags, list) else re.split(r"\s*,\s*", str(tags))
    assembly.keep(
        kind,
        body,
        points=texts.ONE if points is None else points,
        key_state=_state(assembly, kind, body, named.get("key_state")),
        tags=tags,
        title=part.title if part.name else "",
    )
    if pool := _text(named.get("pool")):
        pools.setdefault(pool, []).append(assembly.identifier)


def _state(assembly: Assembly, kind: str, body: Mapping[str, Any], stated: object) -> str:
    if stated in KeyState.values:
        return str(stated)
    if stated is not None:
        assembly.lose("key_state", f"“{str(stated)[:40]}” is no state of a key.")
        return KeyState.UNKEYED
    return usual_state(kind, body)


def usual_state(kind: str, body: Mapping[str, Any]) -> str:
    """The state of a key where the file says nothing of it: who writes down what is right is taken at their word."""
    if kind in BY_PEOPLE:
        return KeyState.REVIEWED
    options = body.get("options")
    keyless = isinstance(options, list) and not any(map(_credited, options))
    return KeyState.UNKEYED if keyless else KeyState.APPROVED


def _credited(option: Any) -> bool:
    return isinstance(option, dict) and bool(option.get("credit"))


def question(part: Part) -> tuple[dict[str, Any], str, dict[str, Any]]:
    """Attributes, kind and body of what stands under a heading. Raises Unreadable."""
    if len(part.lines) > MOST_LINES:
        raise Unreadable(f"The question has more than {MOST_LINES} lines.")
    named, lines = attributes(part.lines)
    if found := YAML_BODY.search("\n".join(lines)):
        return named, _known(str(named.get("kind", ""))), _with_stem(mapping(found[2]))
    main, below = _below(lines)
    kind = str(named.get("kind") or markdown_kinds.kind_of(main, below, named)).replace("-", "_")
    stem, body = markdown_kinds.FORMS[_known(kind)].read(main, below)
    feedback = {"feedback": below["Feedback"].text} if "Feedback" in below else {}
    rest = {name: value for name, value in named.items() if name not in OWN}
    return named, kind, {"stem": stem, **markdown_kinds.DEFAULTS.get(kind, {}), **body, **feedback, **rest}


def _known(kind: str) -> str:
    if kind not in markdown_kinds.FORMS:
        raise Unreadable(f"There is no kind of question {kind[:40]}.")
    return kind


def _with_stem(body: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(body.get("stem"), str):
        raise Unreadable("The body of the question has no stem.")
    return body


def _below(lines: Sequence[str]) -> tuple[list[str], dict[str, Part]]:
    """The lines of the question itself, and what stands under headings of its own."""
    main: list[str] = []
    below: dict[str, Part] = {}
    into = main
    for part in parts(lines, 3):
        if part.level and BELOW.fullmatch(part.title) and part.title not in below:
            below[part.title] = part
            into = part.lines
        else:
            heading = [f"### {part.title}{f' {{#{part.name}}}' if part.name else ''}"] if part.level else []
            into += [*heading, *part.lines]
    return main, below


def _pools(assembly: Assembly, given: object, named: dict[str, list[str]]) -> list[Pool]:
    known = {item.identifier for item in assembly.items}
    found = []
    for pool in given if isinstance(given, list) else []:
        if isinstance(pool, dict) and (name := _text(pool.get("name"))):
            listed = pool.get("items") if isinstance(pool.get("items"), list) else []
            items = [str(item) for item in [*(listed or []), *named.pop(name, [])]]
            if missing := [item for item in items if item not in known]:
                assembly.losses.append(Loss("", "pool", f"{name} names {missing[0][:60]}, which is not in the file."))
            items = list(dict.fromkeys(item for item in items if item in known))
            draw = pool.get("draw")
            found.append(Pool(name, draw if type(draw) is int and draw > 0 else len(items), items))
    return found + [Pool(name, len(items), items) for name, items in named.items()]


def write(draft: Draft) -> Written:
    losses = Losses()
    text = "\n\n".join([*_front(draft), *(written(item) for item in draft.items)]) + "\n"
    title = draft.slug or "questions"
    if not draft.media:
        return Written(f"{title}.md", "text/markdown; charset=utf-8", texts.encoded(text), losses.found)
    paths = {media.digest: packages.picture_path(media) for media in draft.media}

    def path(found: re.Match[str]) -> str:
        return found[1] + paths.get(found[2], f"media:{found[2]}")

    text = re.sub(rf"(\]\(|image: \"?){rendering.MEDIA.pattern}", path, text)
    members = {NAME: texts.encoded(text), **{paths[media.digest]: media.data for media in draft.media}}
    return Written(f"{title}.zip", "application/zip", packages.pack(members), losses.found)


def _front(draft: Draft) -> list[str]:
    lesson, sections = markdown_lesson.written(draft.lesson)
    front = {
        "title": draft.title,
        "slug": draft.slug,
        "shuffle_questions": draft.shuffle_questions,
        "shuffle_options": draft.shuffle_options,
        "lesson": lesson,
        "pools": [{"name": pool.name, "draw": pool.draw, "items": list(pool.items)} for pool in draft.pools],
    }
    front = {name: value for name, value in front.items() if value}
    matter = [f"---\n{dumped(front)}\n---"] if front else []
    return [*matter, *(["# Lesson", *sections, "# Questions"] if sections else [])]


def written(item: ItemDraft) -> str:
    """The question as a person would write it where that says all of it, else with its body as YAML."""
    own = {"kind": item.kind}
    if item.points != (texts.NONE if item.kind == "description" else texts.ONE):
        own["points"] = texts.number(str(item.points))  # type: ignore[assignment]
    if item.key_state != usual_state(item.kind, item.body):
        own["key_state"] = item.key_state
    if tags := item.tags:
        own["tags"] = [str(tag) for tag in tags]  # type: ignore[assignment]
    title = " ".join(str(item.provenance.get("source", {}).get("title", "")).split())
    heading = f"## {title} {{#{item.identifier}}}" if title else f"## {item.identifier}"
    nice = _nice(heading, own, item)
    if nice and _says(nice, item):
        return nice
    body = dumped(dict(item.body))
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", body)), 3)
    return f"{heading}\n\n{attribute_line(own)}\n\n{fence}yaml body\n{body}\n{fence}"


def _nice(heading: str, own: Mapping[str, Any], item: ItemDraft) -> str:
    form = markdown_kinds.FORMS.get(item.kind)
    if form is None:
        return ""
    rest = {name: item.body[name] for name in item.body if name not in ("stem", "feedback", *form.uses)}
    if set(rest) & set(OWN):
        return ""
    defaults = markdown_kinds.DEFAULTS.get(item.kind, {})
    rest = {name: value for name, value in rest.items() if name not in defaults or defaults[name] != value}
    try:
        lines = form.write(item.body)
    except (KeyError, TypeError, ValueError, AttributeError):
        return ""
    feedback = ["", "### Feedback", "", *str(item.body["feedback"]).split("\n")] if "feedback" in item.body else []
    text = [heading, "", attribute_line({**own, **rest}), "", *str(item.body.get("stem", "")).split("\n"), "", *lines]
    return "\n".join([*text, *feedback]).rstrip()


def _says(text: str, item: ItemDraft) -> bool:
    """Whether the text, with another question after it, gives the question back."""
    lines = texts.encoded(f"{text}\n\n## next").decode().replace("\r", "\n").split("\n")
    _before, *found = parts(lines, 1, 2)
    if len(found) != 2:
        return False
    try:
        named, kind, body = question(found[0])
    except Unreadable:
        return False
    tags = [str(tag) for tag in item.tags]
    return kind == item.kind and body == item.body and named.get("tags", []) == tags

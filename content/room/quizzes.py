"""The page of one check as it is being written: its questions in order, one of them open, and its settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from content import item_types, variants, writing
from content.models import Item, KeyState, Lesson, Quiz, Visibility
from content.room import fields, previews, stories
from content.room.doors import Door, go, item_or_404, quiz_or_404
from content.writing import Stale

JSON = "application/json"
A_PAGE = 100  # questions


@dataclass
class Row:
    """A question of the check. `position` counts the scored ones from 1; a text between them has none."""

    item: Item
    at: int  # from 0, among all
    position: int
    pool: str
    mine: bool  # whether the author may change it
    kind: item_types.ItemType

    @cached_property
    def review(self) -> str:
        """`ok`, `wait` or `bad`, where somebody answered it blind."""
        return _review(self.item)

    @cached_property
    def problems(self) -> list[str]:
        return problems(self.item)

    @property
    def heading(self) -> str:
        """What it asks; of a text with gaps that asks nothing besides, the text."""
        return str(self.item.body.get("stem") or self.item.body.get("text") or "")

    @property
    def key(self) -> str:
        return str(self.item.pk)

    @property
    def name(self) -> str:
        return f"q-{self.item.pk}"


@require_safe
def quiz(request: HttpRequest, door: Door, quiz: UUID) -> HttpResponse:
    return page(request, door, quiz_or_404(door, quiz))


@require_safe
def preview(request: HttpRequest, door: Door, quiz: UUID) -> HttpResponse:
    """The whole check as a learner would get it; another `seed` shows another learner's."""
    found = quiz_or_404(door, quiz)
    given = request.GET.get("seed", "")
    seed = int(given) if given.isascii() and given.isdigit() and len(given) < 8 else 0
    draft = writing.open_draft(found)
    shown = previews.whole(writing.items_of(found), draft, seed)
    drawn = bool(draft["pools"] or draft["shuffle_questions"] or draft["shuffle_options"]) or any(
        item.body.get("parameters") for item, _pool in writing.items_of(found)
    )
    context = {"door": door, "quiz": found, "draft": draft, "shown": shown, "next_seed": seed + 1, "drawn": drawn}
    context["total"] = sum(one.scored for one in shown)
    return render(request, "room/preview.html", context)


@require_http_methods(["POST"])
def settings(request: HttpRequest, door: Door, quiz: UUID) -> HttpResponse:
    """What holds for the check as a whole. Who may see it is in force at once, the rest with the next version."""
    found, data = quiz_or_404(door, quiz), request.POST
    changes = _changes(door, found, data)
    try:
        saved = writing.save_settings(
            quiz=found,
            changes=changes,
            revision=fields.whole(data, "replace" if "replace" in data else "revision"),
            author=door.author,
            now=timezone.now(),
        )
    except Stale as stale:
        found.refresh_from_db()
        if wants_json(request):
            return stale_answer(stale, found.revision)
        context = {"typed": changes, "settings_stale": stale.by, "settings_revision": data.get("revision", "")}
        return page(request, door, found, context, status=409)
    visibility = data.get("visibility")
    if visibility in Visibility.values:
        writing.share(quiz=saved, visibility=str(visibility), practice=bool(data.get("practice")), author=door.author)
    if wants_json(request):
        return saved_answer(saved.revision)
    return go("quiz", found.pk, after="?saved=1")


@require_POST
def add(request: HttpRequest, door: Door, quiz: UUID) -> HttpResponse:
    """A new question of the chosen kind, opened."""
    found, kind = quiz_or_404(door, quiz), request.POST.get("kind", "")
    if kind not in item_types.KINDS:
        return page(request, door, found, {"kind_error": _("Choose a kind of question.")}, status=422)
    made = writing.add_item(quiz=found, kind=kind, author=door.author, now=timezone.now())
    return opened(found, made)


def opened(quiz: Quiz, item: Item, after: str = "") -> HttpResponse:
    """The page with this question open."""
    return go("quiz", quiz.pk, after=f"?open={item.pk}{after}#q-{item.pk}")


def page(
    request: HttpRequest, door: Door, quiz: Quiz, more: Mapping[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """The check, with what a form that could not be stored left to say in `more`."""
    draft = writing.open_draft(quiz)
    all_rows = rows(door, quiz)
    wanted = (more or {}).get("open_item") or request.GET.get("open", "")
    shown = _shown(request, all_rows, wanted or request.GET.get("near", ""))
    context = {
        "door": door,
        "quiz": quiz,
        "draft": draft,
        "changed": writing.is_changed(quiz),
        "rows": shown.object_list,
        "page": shown,
        "number": len(all_rows),
        "opened": next((row for row in shown if row.mine and row.key == wanted), None),
        "kinds": [item_types.get(kind) for kind in item_types.KINDS],
        "lessons": lessons(door),
        "settings_revision": quiz.revision,
        "removed": _removed(door, request.GET.get("removed", "")),
        "saved": "saved" in request.GET,
        "published": "published" in request.GET,
        "points": sum((row.item.points for row in all_rows if row.kind.SCORED and not row.pool), start=0),
        "proposed": sum(row.kind.SCORED and row.item.key_state == KeyState.PROPOSED for row in all_rows),
        **(more or {}),
    }
    if context["opened"]:
        context |= editor(context["opened"], draft, more or {}, sum(row.kind.SCORED for row in all_rows))
    context["settings"] = draft | context.get("typed", {})
    context["pool_rows"] = [*context["settings"]["pools"].items(), ("", 1)]
    return render(request, "room/quiz.html", context, status=status)


def _shown(request: HttpRequest, all_rows: list[Row], near: str) -> Page[Row]:
    """The page of the questions that the address names, or that this question is on."""
    at = next((row.at for row in all_rows if row.key == near), None)
    number = request.GET.get("page") if at is None else at // A_PAGE + 1
    return Paginator(all_rows, A_PAGE).get_page(number)


def _removed(door: Door, pk: str) -> Item | None:
    """The question that was just taken out, to be put back."""
    try:
        return item_or_404(door, UUID(pk)) if pk else None
    except (ValueError, Http404):
        return None


def rows(door: Door, quiz: Quiz) -> list[Row]:
    mine = set(writing.writable(door.author).values_list("pk", flat=True))
    made: list[Row] = []
    position = 0
    for at, (item, pool) in enumerate(writing.items_of(quiz)):
        kind = item_types.get(item.kind)
        position += 1 if kind.SCORED else 0
        made.append(Row(item, at, position if kind.SCORED else 0, pool, item.quiz_id in mine, kind))
    return made


def _review(item: Item) -> str:
    review = item.provenance.get("review", {})
    if not review or item.key_state == KeyState.UNKEYED:
        return ""
    if review.get("agreement") is False:
        return "ok" if review.get("decision") == "kept" else "bad"
    return "ok" if review.get("agreement") else "wait"


def problems(item: Item) -> list[str]:
    """What has to be put right before the question can be published."""
    try:
        found = variants.problems(item.body)
        return found or item_types.get(item.kind).problems(variants.sample(item.body))
    except previews.HALF_WRITTEN:
        return [_("This question cannot be read. Please write it again.")]


def editor(row: Row, draft: Mapping[str, Any], more: Mapping[str, Any], total: int) -> dict[str, Any]:
    """What the editor of the open question shows; what was typed and not stored comes before what is stored."""
    body = more.get("body", row.item.body)
    shown = Item(pk=row.item.pk, quiz=row.item.quiz, kind=row.item.kind, body=body, points=row.item.points)
    return {
        "body": body,
        "revision": more.get("revision", row.item.revision),
        "prefix": fields.PREFIX,
        "editor_template": row.kind.TEMPLATES.editor,
        "points_typed": more.get("points_typed", row.item.points),
        "tags_typed": more.get("tags_typed", ", ".join(row.item.tags)),
        "pool_typed": more.get("pool_typed", row.pool),
        "story": stories.of(row.item),
        "key_story": more.get("key_story", row.item.provenance.get("key", {})),
        "sections": sections(draft["lesson"]),
        "parameter_rows": [*body.get("parameters", {}).items(), ("", {"from": 1, "to": 10, "step": 1})],
        "shown": previews.of(shown, row.position or 1),
        "total": total,
    }


def sections(lesson: str | None) -> list[tuple[str, str]]:
    """(anchor, title) of the parts of the draft's lesson, that a rationale can point to."""
    found = Lesson.objects.filter(pk=lesson).select_related("current").first() if lesson else None
    body = (found.current.body if found and found.current else None) or (found.draft if found else None) or {}
    parts = [(part["id"], part["title"] or part["id"]) for part in body.get("sections", [])]
    return [("title", _("The title")), ("summary", _("The summary")), *parts] if found else []


def lessons(door: Door) -> list[tuple[str, str]]:
    """(id, title) of the lessons that a check of this author may belong to."""
    readable = Lesson.objects.readable(door.author.institution, door.author.person).filter(current__isnull=False)
    own = writing.writable_lessons(door.author)
    found = Lesson.objects.filter(Q(pk__in=readable.values("pk")) | Q(pk__in=own.values("pk")))
    return [(str(one.pk), lesson_title(one)) for one in found.select_related("current").order_by("slug")[:500]]


def lesson_title(lesson: Lesson) -> str:
    return str(lesson.draft.get("title") or (lesson.current.title if lesson.current else lesson.slug))


def wants_json(request: HttpRequest) -> bool:
    """Whether our own script asks, which goes on with what is on the page."""
    return request.headers.get("Accept") == JSON


def saved_answer(revision: int, **more: Any) -> JsonResponse:
    return JsonResponse({"revision": revision, "at": timezone.now().isoformat(), **more})


def stale_answer(stale: Stale, revision: int) -> JsonResponse:
    return JsonResponse({"by": stale.by, "revision": revision}, status=409)


def _changes(door: Door, quiz: Quiz, data: QueryDict) -> dict[str, Any]:
    lesson = data.get("lesson", "")
    known = {pk for pk, _title in lessons(door)} | {writing.open_draft(quiz)["lesson"]}
    return {
        "title": fields.text(data, "title"),
        "lesson": lesson if lesson and lesson in known else None,
        "shuffle_questions": "shuffle_questions" in data,
        "shuffle_options": "shuffle_options" in data,
        "pools": fields.pools(data),
    }

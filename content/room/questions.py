"""What is done with one question of a check: written, moved, copied, taken out; pictures for its texts."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from content import item_types, writing
from content.models import Item, Quiz
from content.room import fields, pictures, previews
from content.room.doors import Door, go, item_or_404, quiz_or_404
from content.room.pictures import Unfit
from content.room.quizzes import opened, page, problems, rows, saved_answer, stale_answer, wants_json
from content.writing import Stale


@require_POST
def save(request: HttpRequest, door: Door, quiz: UUID, item: UUID) -> HttpResponse:
    """Store what the editor says. Where somebody else saved meanwhile nothing is stored and nothing typed is lost."""
    found, question, data = quiz_or_404(door, quiz), item_or_404(door, item), request.POST
    pool = _placed(found, question)
    kind = item_types.get(question.kind)
    typed: dict[str, Any] = {
        "open_item": str(question.pk),
        "body": fields.body(kind, data, more=data.get("more", "")),
        "points_typed": data.get("points", ""),
        "tags_typed": fields.text(data, "tags"),
        "key_story": {name: fields.text(data, f"key-{name}")[:2000] for name in ("support", "help")},
        "pool_typed": fields.text(data, "pool"),
    }
    try:
        picture = pictures.markdown(request, door) if data.get("do") == "picture" else ""
    except Unfit as unfit:
        return page(request, door, found, typed | {"picture_error": str(unfit)}, status=422)
    points = fields.points(data) if kind.SCORED else question.points
    if points is None:
        error = _("The points must be a number, such as 1 or 0.5.")
        if wants_json(request):
            return JsonResponse({"error": error}, status=422)
        return page(request, door, found, typed | {"points_error": error}, status=422)
    try:
        saved = writing.save_item(
            item=question,
            body=_with_picture(fields.body(kind, data), picture),
            points=points,
            tags=fields.tags(data),
            story=typed["key_story"],
            revision=fields.whole(data, "replace" if "replace" in data else "revision"),
            author=door.author,
            now=timezone.now(),
        )
    except Stale as stale:
        question.refresh_from_db()
        if wants_json(request):
            return stale_answer(stale, question.revision)
        typed |= {"stale": stale.by, "theirs": previews.of(question, 1), "revision": data.get("revision", "")}
        return page(request, door, found, typed, status=409)
    if typed["pool_typed"] != pool and typed["pool_typed"] in {"", *writing.open_draft(found)["pools"]}:
        writing.set_pool(quiz=found, item=saved, pool=typed["pool_typed"], author=door.author, now=timezone.now())
    if wants_json(request):
        return _saved(request, door, found, saved)
    if data.get("more"):
        return page(request, door, found, typed)
    return opened(found, saved, "&saved=1") if data.get("do") != "close" else go("quiz", found.pk, after="?saved=1")


@require_POST
def move(request: HttpRequest, door: Door, quiz: UUID, item: UUID) -> HttpResponse:
    """To the place `to`, from 0."""
    found, question = quiz_or_404(door, quiz), _member(door, quiz, item)
    to = fields.whole(request.POST, "to")
    writing.move_item(quiz=found, item=question, to=to, author=door.author, now=timezone.now())
    return go("quiz", found.pk, after=f"?near={question.pk}#q-{question.pk}")


@require_POST
def duplicate(request: HttpRequest, door: Door, quiz: UUID, item: UUID) -> HttpResponse:
    found, question = quiz_or_404(door, quiz), writing.as_written(_member(door, quiz, item))
    made = writing.add_item(
        quiz=found, kind=question.kind, author=door.author, now=timezone.now(), after=question, like=question
    )
    return opened(found, made)


@require_POST
def remove(request: HttpRequest, door: Door, quiz: UUID, item: UUID) -> HttpResponse:
    """Out of the check; the bank keeps it, and so do published versions."""
    found, question = quiz_or_404(door, quiz), _member(door, quiz, item)
    keys = [place["item"] for place in writing.open_draft(found)["places"]]
    near = keys[max(0, keys.index(str(question.pk)) - 1)]
    writing.remove_item(quiz=found, item=question, author=door.author, now=timezone.now())
    return go("quiz", found.pk, after=f"?removed={question.pk}&near={near}#questions")


@require_POST
def use(request: HttpRequest, door: Door, quiz: UUID, item: UUID) -> HttpResponse:
    """Put a question of the bank into the check, by reference."""
    found, question = quiz_or_404(door, quiz), item_or_404(door, item)
    writing.use_item(quiz=found, item=question, author=door.author, now=timezone.now())
    return go("quiz", found.pk, after=f"?near={question.pk}#q-{question.pk}")


@require_POST
def picture(request: HttpRequest, door: Door, quiz: UUID) -> HttpResponse:
    """Keep a picture; answers with the Markdown that shows it."""
    quiz_or_404(door, quiz)
    try:
        return JsonResponse({"markdown": pictures.markdown(request, door)})
    except Unfit as unfit:
        return JsonResponse({"error": str(unfit)}, status=422)


def _member(door: Door, quiz: UUID, item: UUID) -> Item:
    """A question of the draft, also where the author may not change it, unless it was just taken out."""
    found = quiz_or_404(door, quiz)
    question = next((one for one, _pool in writing.items_of(found) if one.pk == item), None)
    if question is None:
        raise Http404("There is no such question in this check.")
    return question


def _placed(quiz: Quiz, question: Item) -> str:
    """The pool of the question in this check."""
    for place in writing.open_draft(quiz)["places"]:
        if place["item"] == str(question.pk):
            return str(place["pool"])
    raise Http404("There is no such question in this check.")


def _with_picture(body: dict[str, Any], picture: str) -> dict[str, Any]:
    """The picture where the kind has a place for one that is empty, else at the end of the question."""
    if not picture:
        return body
    if body.get("image") == "":
        return body | {"image": picture.rpartition("(")[2].rstrip(")")}
    return body | {"stem": f"{body['stem']}\n\n{picture}".strip()}


def _saved(request: HttpRequest, door: Door, quiz: Quiz, item: Item) -> JsonResponse:
    all_rows = rows(door, quiz)
    row = next(row for row in all_rows if row.item.pk == item.pk)
    context = {"shown": previews.of(item, row.position or 1), "total": sum(one.kind.SCORED for one in all_rows)}
    preview = render_to_string("room/_shown.html", context | {"problems": problems(item)}, request)
    if "live" not in request.POST:
        return saved_answer(item.revision, preview=preview)
    editor = {"body": item.body, "name": fields.PREFIX}
    shown = render_to_string(row.kind.TEMPLATES.editor, editor, request)
    return saved_answer(item.revision, preview=preview, editor=shown)

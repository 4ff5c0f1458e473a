"""The bank: every question of the institution's checks, where each is used, and what its versions changed."""

from collections import defaultdict
from dataclasses import dataclass
from functools import reduce
from operator import or_
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import F, Func, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from content import item_types, writing
from content.models import Item, Quiz, QuizVersionItem
from content.room import differences, previews, stories
from content.room.doors import Door, item_or_404, quiz_or_404

A_PAGE = 30
MOST_WORDS = 10


@dataclass(frozen=True)
class Use:
    """A quiz that holds the question: its current version, its draft, or both."""

    quiz: Quiz
    title: str
    published: bool
    draft: bool


@dataclass(frozen=True)
class Row:
    item: Item
    kind: item_types.ItemType
    uses: list[Use]


@require_safe
def search(request: HttpRequest, door: Door) -> HttpResponse:
    """By words, tag and kind. `for` names the check that a question is wanted for."""
    given = {name: request.GET.get(name, "").strip()[:200] for name in ("q", "tag", "kind", "for")}
    wanted = _wanted(door, given["for"])
    page = Paginator(_found(door, given), A_PAGE).get_page(request.GET.get("page"))
    uses = used(door, list(page))
    rows = [Row(writing.as_written(item), item_types.get(item.kind), uses[item.pk]) for item in page]
    held = {place["item"] for place in writing.open_draft(wanted)["places"]} if wanted else set()
    kinds = [item_types.get(kind) for kind in item_types.KINDS]
    query = request.GET.copy()
    query.pop("page", None)
    context = {"door": door, "quiz": wanted, "page": page, "rows": rows, "held": held, "kinds": kinds, "given": given}
    return render(request, "room/bank.html", context | {"query": query.urlencode()})


@require_safe
def question(request: HttpRequest, door: Door, item: UUID) -> HttpResponse:
    """One question: as learners get it, where it is used, how its key came about, and two versions side by side."""
    found = item_or_404(door, item)
    versions = list(found.versions.order_by("number"))
    texts = [(str(one.number), differences.texts(one.kind, one.body, one.points)) for one in versions]
    texts.append(("now", differences.texts(found.kind, found.body, found.points)))
    names = [name for name, _texts in texts]
    before = request.GET.get("a") if request.GET.get("a") in names else names[max(0, len(names) - 2)]
    after = request.GET.get("b") if request.GET.get("b") in names else names[-1]
    known = dict(texts)
    context = {
        "door": door,
        "item": found,
        "kind": item_types.get(found.kind),
        "shown": previews.of(found, 1),
        "uses": used(door, [found])[found.pk],
        "story": stories.of(found),
        "names": names,
        "before": before,
        "after": after,
        "changes": differences.of(known[str(before)], known[str(after)]),
    }
    return render(request, "room/question.html", context)


def used(door: Door, items: list[Item]) -> dict[UUID, list[Use]]:
    """Where each of the questions is used, among the checks that the author may change."""
    if not items:
        return defaultdict(list)
    held = [Q(draft__places__contains=[{"item": str(item.pk)}]) for item in items]
    mine = writing.writable(door.author).select_related("current")
    drafts = {quiz.pk: quiz for quiz in mine.filter(reduce(or_, held))}
    places = (
        QuizVersionItem.objects.filter(
            item_version__item__in=items, quiz_version__quiz__current=F("quiz_version"), quiz_version__quiz__in=mine
        )
        .select_related("item_version")
        .prefetch_related("quiz_version__quiz__current")
    )
    published: dict[UUID, dict[UUID, Quiz]] = defaultdict(dict)
    for place in places:
        published[place.item_version.item_id][place.quiz_version.quiz_id] = place.quiz_version.quiz
    made: dict[UUID, list[Use]] = defaultdict(list)
    for item in items:
        key = str(item.pk)
        writing_it = {pk: q for pk, q in drafts.items() if any(place["item"] == key for place in q.draft["places"])}
        for pk, quiz in {**published[item.pk], **writing_it}.items():
            title = quiz.draft.get("title") or (quiz.current.title if quiz.current else quiz.slug)
            made[item.pk].append(Use(quiz, title, pk in published[item.pk], pk in writing_it))
    return made


def _found(door: Door, given: dict[str, str]) -> QuerySet[Item]:
    found = Item.objects.filter(quiz__in=writing.writable(door.author)).prefetch_related("quiz__current")
    found = found.exclude(kind="").annotate(words=Cast(_strings(), TextField())).order_by("-pk")
    for word in given["q"].split()[:MOST_WORDS]:
        found = found.filter(words__icontains=word)
    if given["tag"]:
        found = found.filter(tags__contains=[given["tag"]])
    return found.filter(kind=given["kind"]) if given["kind"] in item_types.KINDS else found


def _strings() -> Func:
    """Every text in a body, without the names of its parts."""
    return Func(
        F("body"), template="""jsonb_path_query_array(%(expressions)s, 'strict $.** ? (@.type() == "string")')"""
    )


def _wanted(door: Door, pk: str) -> Quiz | None:
    try:
        return quiz_or_404(door, UUID(pk)) if pk else None
    except ValueError as error:
        raise Http404("There is no such check.") from error

"""One answer beside what earns credit; saving goes on to the next. With script the next comes without a page load."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from assessment import access, marking, review, rules
from assessment.models import Attempt, Mark, Regrade, Response, SecondMark, Suggestion
from assessment.reviewing import alike, comments, queue, second_looks, second_marks
from assessment.templatetags.assay import points as points_text
from assessment.views.answers import is_uuid
from assessment.views.requests import LaunchRequest, instructors_only, see_other
from content import item_types
from content.models import ItemVersion
from lti.models import Launch

LONGEST_NOTE = 2000
MOST_UNDONE = 20  # times that "undo" goes back
KEYS = 9


@dataclass(frozen=True)
class Place:
    """Where in the room the teacher is: which list, in which courses, opened from where."""

    show: str = ""
    everywhere: bool = False
    attempt: bool = False
    group: str = ""

    @classmethod
    def of(cls, request: LaunchRequest) -> "Place":
        asked = request.GET
        show = asked.get("show", "")
        return cls(
            show if show in queue.SHOWS else "",
            asked.get("scope") == "all",
            asked.get("from") == "attempt",
            asked.get("group", ""),
        )

    def rows(self, viewer: Launch) -> QuerySet[Response]:
        return access.taught_responses(viewer) if self.everywhere else access.class_responses(viewer)

    def query(self, **more: str) -> str:
        """Stays in the place."""
        own = {"show": self.show, "scope": "all" if self.everywhere else ""}
        own |= {"from": "attempt" if self.attempt else "", "group": self.group if self.attempt else ""}
        held = urlencode({name: value for name, value in {**more, **own}.items() if value})
        return f"?{held}" if held else ""

    @property
    def here(self) -> str:
        return self.query()


def not_there() -> Http404:
    return Http404("No such answer.")


@instructors_only
@require_http_methods(["GET", "POST"])
def review_response(request: LaunchRequest, response_id: UUID) -> HttpResponse:
    """The answer, or on POST its mark: then the next that waits, or back to the learner's attempt."""
    place = Place.of(request)
    response = place.rows(request.viewer).filter(pk=response_id).first()
    if response is None or (place.show == "second" and not _is_asked(request, response)):
        raise not_there()
    if request.method == "GET" or _changed_comments(request, response):
        return _room(request, place, response)
    try:
        return _saved(request, place, response)
    except (Attempt.DoesNotExist, second_marks.NotAsked) as error:  # erased, or given by somebody else meanwhile
        raise not_there() from error
    except review.MarkedMeanwhile:
        words = gettext("Someone else has marked this answer in the meantime, see below. Save to replace that mark.")
        return _room(request, place, response, words)
    except review.NotReviewable:
        return _room(request, place, response, gettext("This answer cannot be marked: its question does not count."))
    except review.InvalidPoints as error:
        return _room(request, place, response, str(error))


def _saved(request: LaunchRequest, place: Place, response: Response) -> HttpResponse:
    now, me = timezone.now(), request.viewer.person
    listed = queue.entries(place.rows(request.viewer), place.show, me, None if place.show else _item(response))
    done = [response.pk]
    if place.show == "second":
        second_marks.give(response=response, points=_points(request.POST, response), by=me, now=now)
    else:
        done = _mark(request, place, response, now)
    return _onward(request, place, response, queue.following(listed, response.pk, done, waiting=not place.show))


def _mark(request: LaunchRequest, place: Place, response: Response, now: datetime) -> list[UUID]:
    """Mark the answer, those that say the same with it, and answer the learner. Returns the responses."""
    data, me = request.POST, request.viewer.person
    reply = data.get("reply", "")
    if "keep" in data:
        if not second_looks.clean(reply):
            raise review.InvalidPoints(gettext("Write an answer to the learner."))
        second_looks.answer(response=response, text=reply, by=me, now=now)
        return [response.pk]
    points, note = _points(data, response), data.get("note", "")[:LONGEST_NOTE]
    together = [other for other in alike.others(place.rows(request.viewer), response) if _is_chosen(data, other)]
    marks = [review.confirm(response=response, points=points, note=note, by=me, now=now, seen=data.get("seen"))]
    for other in together:
        try:
            marks.append(review.confirm(response=other, points=points, note=note, by=me, now=now, seen=""))
        except (review.MarkedMeanwhile, review.NotReviewable, Attempt.DoesNotExist):
            continue  # it has another mark, or is gone: that stays
    second_looks.answer(response=response, text=reply, by=me, now=now)
    _remember(request, marks)
    _comments(data, response, note, request)
    return [mark.response_id for mark in marks]


def _is_chosen(data: QueryDict, other: Response) -> bool:
    return str(other.pk) in data.getlist("alike")


def _remember(request: LaunchRequest, marks: Sequence[Mark]) -> None:
    """For "undo"."""
    viewer = request.viewer
    earlier = viewer.settings.get("marked", [])
    viewer.settings |= {"marked": [*earlier, [str(mark.pk) for mark in marks]][-MOST_UNDONE:]}
    viewer.save(update_fields=["settings"])


def _comments(data: QueryDict, response: Response, note: str, request: LaunchRequest) -> None:
    if "keep_note" in data:
        comments.save(person=request.viewer.person, item=response.item_version.item, text=note, now=timezone.now())
    if "whole" in data:
        comments.comment(attempt=response.attempt, text=data.get("whole", "")[:LONGEST_NOTE])


def _changed_comments(request: LaunchRequest, response: Response) -> bool:
    """Whether a button asked for a saved comment to be put in or forgotten: then nothing is marked."""
    if is_uuid(request.POST.get("forget", "")):
        comments.forget(person=request.viewer.person, comment=UUID(request.POST["forget"]))
    return "insert" in request.POST or "forget" in request.POST


def _onward(request: LaunchRequest, place: Place, response: Response, following: UUID | None) -> HttpResponse:
    if place.attempt:
        here = f"{_attempt_page(place, response, saved='1')}#q{response.position}"
        return HttpResponseRedirect(here, status=303)
    if following is None and not place.show:
        rest = queue.entries(place.rows(request.viewer).filter(waiting=True), "", request.viewer.person)
        following = rest[0].pk if rest else None
    if following:
        return see_other("review_response", following, after=place.query(saved="1"))
    saved = "second" if place.show == "second" else "1"
    return see_other("review", after=Place(everywhere=place.everywhere).query(saved=saved))


def _room(request: LaunchRequest, place: Place, response: Response, error: str = "") -> HttpResponse:
    viewer, item = request.viewer, response.item_version
    kind = item_types.get(item.kind)
    regrade, bodies = _in_force(response)
    listed = queue.entries(place.rows(viewer), place.show, viewer.person, None if place.show else item.item_id)
    levels, chosen = _levels(item, bodies[-1]), request.POST.getlist("level")
    suggestion = _suggestion(place, response)
    for level in levels:
        credit = suggestion.credit if suggestion else None
        level["suggested"] = credit is not None and level["points"] == marking.points(credit, item)
    written = request.POST.get("points", "").strip()
    before, after = queue.around(listed, response.pk)
    if response.waiting and not place.show:  # what is marked already is skipped, but may be gone back to
        after = queue.following(listed, response.pk, [], waiting=True)
    context = {
        "assignment": response.attempt.assignment,
        "place": place,
        "response": response,
        "item": item,
        "body": response.body,
        "text": alike.text(response),
        "templates": kind.TEMPLATES,
        "key": [(text, points_text(credit)) for text, credit in _key(kind, bodies)],
        "regrade": regrade,
        "levels": levels,
        "suggestion": suggestion,
        "has_ideas": any(level["ideas"] for level in levels),
        "chosen": chosen,
        "back": _attempt_page(place, response) if place.attempt else "",
        "at": next((at for at, entry in enumerate(listed, 1) if entry.pk == response.pk), 0),
        "total": len(listed),
        "marked": sum(not entry.waiting for entry in listed),
        "counts": next((entry.counts for entry in listed if entry.pk == response.pk), True),
        "before": before,
        "after": after,
        "names": place.attempt or viewer.settings.get("names", False),
        "keys": viewer.settings.get("keys", True),
        "error": error,
        "at_points": error and not set(chosen) & _ids(levels) and (written or "other" in chosen),
        "posted": request.POST,
        "saved": request.method == "GET" and "saved" in request.GET,
        "undone": _undone(request),
        **_other_hands(request, place, response),
    }
    part = request.headers.get("X-Part") == "room"
    name = "assessment/_room.html" if part else "assessment/review_response.html"
    answer = render(request, name, context, status=422 if error else 200)
    if part:
        answer["X-Part"] = "room"
    return answer


def _other_hands(request: LaunchRequest, place: Place, response: Response) -> dict[str, Any]:
    """What others said: the mark so far, learners who ask, answers alike. A second person sees none of it."""
    if place.show == "second":
        return {"second": True}
    same = alike.others(place.rows(request.viewer), response)
    saved = list(comments.saved(request.viewer.person, response.item_version.item))
    inserted = next((one.text for one in saved if str(one.pk) == request.POST.get("insert")), "")
    mark = response.marks.select_related("person").order_by("created_at", "pk").last()
    looks = second_looks.by_response([response.pk]).get(response.pk, [])
    note = request.POST.get("note", mark.note if mark else "") if request.POST else mark.note if mark else ""
    return {
        "mark": mark,
        "given": SecondMark.objects.filter(response=response, marked_at__isnull=False).select_related("person").first(),
        "looks": looks,
        "asked": bool(looks) and looks[-1].answered_at is None,
        "alike": same,
        "worded": any(one.answer != response.answer for one in same),
        "unticked": request.method == "POST",
        "comments": saved,
        "note": "\n".join(part for part in (note.strip(), inserted) if part),
        "may_undo": bool(request.viewer.settings.get("marked")),
    }


def _suggestion(place: Place, response: Response) -> Suggestion | None:
    """What the machine says of an answer that waits. A second person marks without it."""
    if place.show == "second" or not response.waiting:
        return None
    return Suggestion.objects.filter(response=response, credit__isnull=False).first()


def _undone(request: LaunchRequest) -> int:
    """How many marks were just taken back."""
    said = request.GET.get("undone", "")
    return int(said) if request.method == "GET" and said.isdecimal() and len(said) < 4 else 0


def _is_asked(request: LaunchRequest, response: Response) -> bool:
    asked = SecondMark.objects.filter(response=response, marked_at__isnull=True, first__isnull=False)
    return asked.exclude(first__person=request.viewer.person).exists()


def _in_force(response: Response) -> tuple[Regrade | None, list[Mapping[str, Any]]]:
    """The regrade that rules the question, and the question with each key that holds, its own where none decides."""
    assignment = response.attempt.assignment
    regrade = rules.in_force(assignment).get(response.item_version_id) if assignment else None
    return regrade, rules.bodies(response, regrade) or [response.body]


def _key(kind: item_types.ItemType, bodies: Sequence[Mapping[str, Any]]) -> list[tuple[str, Decimal]]:
    """What earns credit by any of the keys, at its best."""
    best: dict[str, Decimal] = {}
    for text, credit in (line for body in bodies for line in kind.key(body)):
        best[text] = max(credit, best.get(text, credit))
    return list(best.items())


def _levels(item: ItemVersion, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The credits to choose from with the ideas that earn them, the points of each, and a key for the first nine."""
    levels = item_types.get(item.kind).levels(body)
    made: list[dict[str, Any]] = [
        {"id": level.id, "label": level.label, "points": marking.points(level.credit, item), "ideas": []}
        for level in levels
    ]
    for level, one in zip(levels, made, strict=True):
        one["ideas"] = [
            {"id": f"{level.id}-{at}", "points": one["points"], **idea} for at, idea in enumerate(level.ideas)
        ]
    buttons = [*made, *(idea for one in made for idea in one["ideas"])]
    for at, button in enumerate(buttons[:KEYS], start=1):
        button["key"] = at
    return made


def _credits(levels: Sequence[dict[str, Any]]) -> dict[str, Decimal]:
    return {one["id"]: one["points"] for level in levels for one in (level, *level["ideas"])}


def _ids(levels: Sequence[dict[str, Any]]) -> set[str]:
    return set(_credits(levels))


def _points(data: QueryDict, response: Response) -> Decimal:
    """The sum of the chosen credits, at most the item's points; or the number written below. Raises InvalidPoints."""
    levels = _levels(response.item_version, _in_force(response)[1][-1])
    credits, written = _credits(levels), data.get("points", "").strip()
    chosen = [credits[name] for name in data.getlist("level") if name in credits]
    if chosen and written:
        raise review.InvalidPoints(gettext("Choose a credit or enter other points, not both."))
    if chosen:
        return min(sum(chosen, Decimal(0)), response.item_version.points)
    if not written and "other" not in data.getlist("level"):
        raise review.InvalidPoints(gettext("Choose how much credit the answer earns."))
    try:
        return Decimal(written.replace(",", "."))
    except InvalidOperation as error:
        raise review.InvalidPoints(gettext("Enter the points as a number.")) from error


def _attempt_page(place: Place, response: Response, **query: str) -> str:
    if place.group:
        query["group"] = place.group
    page = reverse("class_attempt", args=[response.attempt_id])
    return f"{page}?{urlencode(query)}" if query else page


def _item(response: Response) -> UUID:
    return response.item_version.item_id

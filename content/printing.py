"""A lesson and its check on paper, and the teacher's key sheet: a page that prints well, or a PDF where WeasyPrint is.

Everybody gets the same sheet: all questions in printed order, also those of pools, as `variants.on_paper` has them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import segno
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from django.utils.translation import gettext as _

from content import addresses, item_types, pdf, reading, variants
from content.item_types import Templates
from content.models import KeyState, LessonVersion, QuizVersion, QuizVersionItem

PAPERS = ("a4", "letter")


@dataclass(frozen=True)
class Pool:
    """Of the `size` questions of the pool each learner answers `draw`."""

    name: str
    draw: int
    size: int


@dataclass(frozen=True)
class Question:
    """One question as it is printed, of the shape that the templates of kinds know. Without a key, `body` is empty."""

    position: int
    item_version_id: UUID
    scored: bool
    points: Decimal
    templates: Templates
    public: Mapping[str, Any]
    pool: Pool | None
    body: Mapping[str, Any]
    key: Sequence[tuple[str, float]]
    expected: Sequence[str]


def sheet(
    request: HttpRequest,
    *,
    version: QuizVersion | None,
    lesson: LessonVersion | None = None,
    key: bool = False,
    draft: Sequence[QuizVersionItem] | None = None,
    left_out: int = 0,
    back: str = "",
) -> HttpResponse:
    """The printed sheet of a check, of a lesson, or of both; with `key` the teacher's key sheet of the check.

    The query may ask for `paper=letter` in place of A4 and for `format=pdf`. Where nothing is published yet, `version`
    is unsaved and `draft` has its questions with their pools, each fit to be shown; `left_out` are not, and `back` is
    the page to go back to.
    """
    context = _context(request, version, lesson, key=key, draft=draft) | {"left_out": left_out, "back": back}
    if request.GET.get("format") != "pdf":
        return render(request, "content/print.html", context)
    if not pdf.is_installed():
        sentence = _("This server makes no PDF files. Print the page from the browser and choose “Save as PDF”.")
        return HttpResponse(sentence, status=404, content_type="text/plain; charset=utf-8")
    made = pdf.made(render_to_string("content/print.html", context, request), request.build_absolute_uri("/"))
    response = HttpResponse(made, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{slugify(context["title"]) or "sheet"}.pdf"'
    return response


def _context(
    request: HttpRequest,
    version: QuizVersion | None,
    lesson: LessonVersion | None,
    *,
    key: bool,
    draft: Sequence[QuizVersionItem] | None,
) -> dict[str, Any]:
    places = draft if draft is not None else _places(version) if version else []
    paper = request.GET.get("paper")
    return {
        "version": version,
        "lesson": reading.public_lesson(lesson) if lesson and not key else None,
        "questions": questions(version, places, key=key) if version else [],
        "title": version.title if version else lesson.title if lesson else "",
        "level": "h3" if lesson and not key else "h2",  # of the questions' headings
        "with_key": key,
        "draft": draft is not None,
        "draft_key": key and (draft is not None or not _approved(places)),
        "practice_url": (address := _practice(version)),
        "qr": code(address) if address else "",
        "paper": paper if paper in PAPERS else PAPERS[0],
        "has_pdf": pdf.is_installed(),
    }


def questions(version: QuizVersion, places: Iterable[QuizVersionItem], *, key: bool) -> list[Question]:
    """All questions in printed order, those of pools too; the texts between them have the number of the next."""
    printed, made = list(places), []
    sizes = {name: sum(place.pool == name for place in printed) for name in version.pools}
    pools = {name: Pool(name, draw, sizes[name]) for name, draw in version.pools.items()}
    position = 1
    for place in printed:
        made.append(_question(place, position, pools.get(place.pool), key=key))
        position += made[-1].scored
    return made


def _question(place: QuizVersionItem, position: int, pool: Pool | None, *, key: bool) -> Question:
    item = place.item_version
    kind, body = item_types.get(item.kind), variants.apply(item.body, variants.on_paper(place))
    return Question(
        position=position,
        item_version_id=item.pk,
        scored=kind.SCORED,
        points=item.points,
        templates=kind.TEMPLATES,
        public=kind.public(body),
        pool=pool,
        body=body if key else {},
        key=[(text, float(credit)) for text, credit in kind.key(body)] if key else (),
        expected=kind.expected(body) if key else (),
    )


def code(address: str) -> SafeString:
    """The address as a QR code, an SVG that needs neither style nor script."""
    title = _("Take it digitally")
    return mark_safe(segno.make(address, micro=False).svg_inline(scale=3, border=2, title=title, svgclass="qr"))


def _places(version: QuizVersion) -> list[QuizVersionItem]:
    """Read afresh, since the state of a key may have changed."""
    found = QuizVersionItem.objects.filter(quiz_version=version).order_by("position")
    return list(found.select_related("item_version"))


def _approved(places: Iterable[QuizVersionItem]) -> bool:
    scored = [place.item_version for place in places if item_types.get(place.item_version.kind).SCORED]
    return all(item.key_state == KeyState.APPROVED for item in scored)


def _practice(version: QuizVersion | None) -> str:
    """Where the check is practised; empty where its public practice is off."""
    if version is None:
        return ""
    return addresses.practice(version.quiz)

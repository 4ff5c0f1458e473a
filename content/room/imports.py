"""Files that authors bring along: read, reported in full, and taken into the room on their word."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from content import importing, item_types
from content.formats import table
from content.formats.reading import Refused, Source
from content.models import Import, ImportState
from content.publishing import PublishingBlocked
from content.room import fields
from content.room.doors import Door, go

MOST = 50  # megabytes
SHOWN = 200  # questions, and lines of a kind
SEVERITIES = {
    "error": gettext_lazy("Not taken"),
    "warning": gettext_lazy("Changed or left out"),
    "info": gettext_lazy("Good to know"),
}


@dataclass(frozen=True)
class Losses:
    """The lines of the report of one severity; `more` are not shown."""

    severity: str
    label: str | Promise
    lines: Sequence[dict[str, str]]
    more: int


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest, door: Door) -> HttpResponse:
    """Nothing but the file and its report is kept until the author takes it."""
    error = ""
    if request.method == "POST":
        try:
            return go("import", _read(request, door).pk)
        except Refused as refused:
            error = str(refused)
    context = {"door": door, "error": error, "formats": table.FORMATS, "most": MOST}
    return render(request, "room/imports.html", context, status=422 if error else 200)


@require_http_methods(["GET", "POST"])
def report(request: HttpRequest, door: Door, pk: UUID) -> HttpResponse:
    """What was read, and what could not be; POST takes it into the room."""
    found, error = _import_or_404(door, pk), ""
    if request.method == "POST":
        try:
            return go("quiz", _take(door, found))
        except (Refused, PublishingBlocked) as refused:
            error = str(refused)
    items = found.report["items"]
    context = {
        "door": door,
        "found": found,
        "error": error,
        "format": table.named(found.format).label,
        "title": found.report["title"] or found.name,
        "items": [item | {"label": item_types.get(item["kind"]).LABEL} for item in items[:SHOWN]],
        "listed": {item["identifier"] for item in items[:SHOWN]},
        "number": len(items),
        "unfinished": sum(bool(item["problems"]) for item in items),
        "more": max(0, len(items) - SHOWN),
        "losses": _losses(found.report["losses"]),
    }
    return render(request, "room/import.html", context, status=422 if error else 200)


def _read(request: HttpRequest, door: Door) -> Import:
    """Raises Refused."""
    given = request.FILES.get("file")
    if given is None:
        raise Refused(_("Choose a file first."))
    if (given.size or 0) > MOST * 1024 * 1024:
        raise Refused(_("The file is larger than {most} MB.").format(most=MOST))
    source = Source(PurePath(fields.clean(given.name or "")).name[:200] or "file", given.read())
    known, draft = importing.read(source, fields.text(request.POST, "format"))
    made = Import(
        institution=door.author.institution,
        person=door.author.person,
        name=source.name,
        format=known.name,
        state=ImportState.DONE,
        progress=100,
        report=importing.report(known, draft),
        finished_at=timezone.now(),
    )
    made.file.save(str(made.pk), ContentFile(source.data), save=False)
    made.save(force_insert=True)
    return made


def _take(door: Door, found: Import) -> UUID:
    """The quiz that it became. Raises Refused or PublishingBlocked."""
    with found.file.open("rb") as file:
        source = Source(found.name, file.read())
    _known, draft = importing.read(source, found.format)
    taken = importing.take(draft=draft, source=source, author=door.author, now=timezone.now())
    Import.objects.filter(pk=found.pk).update(quiz=taken.quiz)
    return taken.quiz.pk


def _import_or_404(door: Door, pk: UUID) -> Import:
    """The author's own; staff find all of their institution."""
    mine = Import.objects.filter(institution=door.author.institution, state=ImportState.DONE)
    if door.author.person is not None:
        mine = mine.filter(person=door.author.person)
    found = mine.filter(pk=pk).first()
    if found is None:
        raise Http404("There is no such file.")
    return found


def _losses(lines: Sequence[dict[str, Any]]) -> list[Losses]:
    made = []
    for severity, label in SEVERITIES.items():
        found = [line for line in lines if line["severity"] == severity]
        if found:
            made.append(Losses(severity, label, found[:SHOWN], max(0, len(found) - SHOWN)))
    return made

"""Files that authors bring along: read, reported in full, and taken into the room on their word."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from content import import_jobs, item_types
from content.formats import table
from content.formats.reading import Refused, Source
from content.models import Import, ImportState
from content.publishing import PublishingBlocked
from content.room import fields
from content.room.doors import Door, go
from content.room.quizzes import wants_json

MOST = 50  # megabytes
SHOWN = 200  # questions, and lines of a kind
LATEST = 5
WAITING = (ImportState.QUEUED, ImportState.RUNNING)
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
            return go("import", _brought(request, door).pk)
        except Refused as refused:
            error = str(refused)
    return _form(request, door, error)


@require_http_methods(["GET", "POST"])
def report(request: HttpRequest, door: Door, pk: UUID) -> HttpResponse:
    """What was read, and what could not be; POST takes it into the room. Until it is read, how far that has come."""
    found, error = _import_or_404(door, pk), ""
    if wants_json(request):
        return JsonResponse({"progress": found.progress, "next": "" if found.state in WAITING else _next(found)})
    if found.state in WAITING:
        return render(request, "room/importing.html", {"door": door, "found": found})
    if found.state == ImportState.FAILED and not found.report:
        return _form(request, door, found.error)
    if request.method == "POST" and found.quiz is None:
        try:
            import_jobs.take(job=found, author=door.author, now=timezone.now())
            return go("import", found.pk) if found.state in WAITING else go("quiz", found.quiz_id)
        except (Refused, PublishingBlocked) as refused:
            error = str(refused)
    return _report(request, door, found, error or found.error)


def _form(request: HttpRequest, door: Door, error: str) -> HttpResponse:
    latest = _mine(door).order_by("-created_at").only("name", "state", "created_at", "quiz")[:LATEST]
    context = {"door": door, "error": error, "formats": table.FORMATS, "most": MOST, "latest": latest}
    return render(request, "room/imports.html", context, status=422 if error else 200)


def _report(request: HttpRequest, door: Door, found: Import, error: str) -> HttpResponse:
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


def _brought(request: HttpRequest, door: Door) -> Import:
    """The file, read if it is small, else waiting for a worker. Raises Refused."""
    source = _source(request)
    format_name = fields.text(request.POST, "format")
    if source.key and not format_name:
        format_name = "sheet"  # no other format has a key of its own
    if import_jobs.is_small(source):
        return import_jobs.read(source=source, author=door.author, format_name=format_name, now=timezone.now())
    return import_jobs.queue(source=source, author=door.author, format_name=format_name)


def _source(request: HttpRequest) -> Source:
    given, key = request.FILES.get("file"), request.FILES.get("key")
    if given is None:
        raise Refused(_("Choose a file first."))
    return Source(_name(given), _bytes(given), key=Source(_name(key), _bytes(key)) if key else None)


def _name(given: "UploadedFile[Any]") -> str:
    return PurePath(fields.clean(given.name or "")).name[:200] or "file"


def _bytes(given: "UploadedFile[Any]") -> bytes:
    if (given.size or 0) > MOST * 1024 * 1024:
        raise Refused(_("The file is larger than {most} MB.").format(most=MOST))
    data: bytes = given.read()
    return data


def _next(found: Import) -> str:
    """Where its author goes on: to the check that it became, else to its report."""
    taken = found.take and found.quiz_id
    return reverse("room:quiz", args=[found.quiz_id]) if taken else reverse("room:import", args=[found.pk])


def _import_or_404(door: Door, pk: UUID) -> Import:
    """The author's own; staff find all of their institution. Its report, which may be large, is read where needed."""
    found = _mine(door).filter(pk=pk).select_related("quiz").defer("report").first()
    if found is None:
        raise Http404("There is no such file.")
    return found


def _mine(door: Door) -> QuerySet[Import]:
    mine = Import.objects.filter(institution=door.author.institution)
    return mine if door.author.person is None else mine.filter(person=door.author.person)


def _losses(lines: Sequence[dict[str, Any]]) -> list[Losses]:
    made = []
    for severity, label in SEVERITIES.items():
        found = [line for line in lines if line["severity"] == severity]
        if found:
            made.append(Losses(severity, label, found[:SHOWN], max(0, len(found) - SHOWN)))
    return made

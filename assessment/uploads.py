"""Files handed in as answers: checked by their content, stored apart, and named in the answer."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from assessment.models import Attempt, Response, Upload
from assessment.sheets import Question
from content import item_types

LONGEST_NAME = 255


@dataclass
class TakenIn:
    """The form with the stored files named in it, and why others were not taken, by question."""

    data: QueryDict
    refused: dict[UUID, str] = field(default_factory=dict)


def take_in(
    *, attempt: Attempt, questions: Sequence[Question], data: QueryDict, files: "MultiValueDict[str, UploadedFile[Any]]"
) -> TakenIn:
    """Store the files of a form that fit their question. A file whose answer is not stored after all counts nowhere."""
    taken = TakenIn(data.copy())
    for question in questions:
        name = f"answer-{question.item_version_id}"
        for file in files.getlist(name) if item_types.takes_files(question.kind) else []:
            if why := _refusal(question, file):
                taken.refused[question.item_version_id] = why
            else:
                taken.data.appendlist(name, _store(attempt, question, file))
    return taken


def are_own(response: Response, answer: dict[str, Any]) -> bool:
    """Whether every file that the answer names was stored for this very question."""
    named = {(str(one["id"]), one["name"], one["size"]) for one in answer.get("files", [])}
    stored = Upload.objects.filter(attempt=response.attempt_id, item_version=response.item_version_id)
    return not named or named <= {(str(one.pk), one.name, one.size) for one in stored}


def _refusal(question: Question, file: "UploadedFile[Any]") -> str:
    kind: Any = item_types.get(question.kind)
    head = file.read(kind.HEAD)
    file.seek(0)
    why = kind.check_file(question.public, _name(file), file.size or 0, head)
    return why or _scanned(file)


def _scanned(file: "UploadedFile[Any]") -> str:
    """What the virus scanner of the settings says: a function of an open file, true for a clean one."""
    if not settings.ASSAY_UPLOAD_SCANNER:
        return ""
    clean = import_string(settings.ASSAY_UPLOAD_SCANNER)(file)
    file.seek(0)
    return "" if clean else _("“{name}” was refused by the virus scanner.").format(name=_name(file))


def _store(attempt: Attempt, question: Question, file: "UploadedFile[Any]") -> str:
    made = Upload(
        attempt=attempt,
        item_version_id=question.item_version_id,
        name=_name(file),
        content_type=(file.content_type or "")[:100],
        size=file.size or 0,
    )
    made.file.save(str(made.pk), file, save=False)
    made.save(force_insert=True)
    return json.dumps({"id": str(made.pk), "name": made.name, "size": made.size}, ensure_ascii=False)


def _name(file: "UploadedFile[Any]") -> str:
    return (file.name or "file").replace("\x00", "")[-LONGEST_NAME:]

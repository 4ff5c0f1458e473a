"""Files handed in as answers: stored with the form, checked by their content, read by their learner and the teacher."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from assessment import attempts, marking
from assessment.models import Assignment, Attempt, AttemptState, Upload
from roster.models import Role
from tests import cast
from tests.pages.conftest import Visit

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"
BODY = {
    "stem": "Hand in your report.",
    "types": [".pdf"],
    "max_size": 1000,
    "max_files": 2,
    "rubric": [{"level": "full", "idea": "It is a report.", "example": ""}],
    "section": None,
}


@pytest.fixture
def on(db: None, settings: Any, tmp_path: Path) -> Assignment:
    settings.MEDIA_ROOT = tmp_path
    version = cast.quiz_of({"kind": "file_upload", "points": "2", "body": BODY}, cast.choice(), slug="files")
    return cast.make_assignment(cast.make_link(cast.make_deployment(cast.make_institution())), version.quiz)


def visit(on: Assignment, name: str, role: Role = Role.LEARNER) -> Visit:
    link = on.resource_link
    return Visit(cast.make_launch(link, cast.make_person(link, name), role, custom={"quiz": on.quiz.slug}))


def hand_in(learner: Visit, attempt: Attempt, *files: tuple[str, bytes], do: str = "") -> Any:
    item = attempts.questions(attempt)[0].item_version_id
    form = learner.form(attempt) | {f"answer-{item}": [SimpleUploadedFile(name, data) for name, data in files]}
    return learner.post(f"/attempts/{attempt.pk}/{do}", form)


def test_file_is_stored_with_the_form_and_shown_again(on: Assignment) -> None:
    ann = visit(on, "Ann")
    attempt = ann.begin()
    assert 'enctype="multipart/form-data"' in ann.get(f"/attempts/{attempt.pk}/").content.decode()
    assert hand_in(ann, attempt, ("report.pdf", PDF)).status_code == 303

    [stored] = Upload.objects.all()
    assert stored.file.read() == PDF
    assert "report.pdf" in ann.get(f"/attempts/{attempt.pk}/").content.decode()
    assert attempts.questions(attempt)[0].answer == {
        "files": [{"id": str(stored.pk), "name": "report.pdf", "size": len(PDF)}]
    }


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("report.exe", PDF, "cannot be handed in here"),
        ("report.pdf", b"MZ\x90\x00 a program", "report.pdf"),
        ("report.pdf", PDF * 100, "arger"),
        ("report.pdf", b"", "empty"),
    ],
)
def test_file_that_does_not_fit_is_refused_beside_its_question(
    on: Assignment, name: str, data: bytes, why: str
) -> None:
    ann = visit(on, "Ann")
    attempt = ann.begin()
    answer = hand_in(ann, attempt, (name, data))
    assert answer.status_code == 422
    assert why in answer.content.decode()
    assert not Upload.objects.exists()


def test_virus_scanner_of_the_settings_has_the_last_word(on: Assignment, settings: Any) -> None:
    settings.ASSAY_UPLOAD_SCANNER = "tests.pages.test_uploads.is_clean"
    ann = visit(on, "Ann")
    attempt = ann.begin()
    assert hand_in(ann, attempt, ("report.pdf", PDF + b"EICAR")).status_code == 422
    assert hand_in(ann, attempt, ("report.pdf", PDF)).status_code == 303


def is_clean(file: Any) -> bool:
    return b"EICAR" not in file.read()


def test_only_the_learner_and_the_teacher_read_the_file(on: Assignment) -> None:
    ann, bob, tess = visit(on, "Ann"), visit(on, "Bob"), visit(on, "Tess", Role.INSTRUCTOR)
    attempt = ann.begin()
    assert hand_in(ann, attempt, ("report.pdf", PDF)).status_code == 303
    stored = Upload.objects.get()
    for reader in (ann, tess):
        answer = reader.get(f"/uploads/{stored.pk}")
        assert b"".join(answer) == PDF
        assert answer["Content-Disposition"].startswith("attachment")
    assert bob.get(f"/uploads/{stored.pk}").status_code == 404


def test_nobody_hands_in_the_file_of_another(on: Assignment) -> None:
    ann, bob = visit(on, "Ann"), visit(on, "Bob")
    first, second = ann.begin(), bob.begin()
    hand_in(ann, first, ("report.pdf", PDF))
    stolen = attempts.questions(first)[0].answer
    item = attempts.questions(second)[0].item_version_id
    row = {"item": str(item), "answer": stolen, "seq": 1}
    assert bob.send(second, {"responses": [row]}).json()["results"][0]["state"] == "invalid"


def test_handed_in_files_wait_for_a_teacher(on: Assignment) -> None:
    ann = visit(on, "Ann")
    attempt = ann.begin()
    hand_in(ann, attempt, ("report.pdf", PDF))
    ann.post(f"/attempts/{attempt.pk}/submit", ann.form(attempt) | {"sure": "1"})
    marked = marking.mark_attempt(attempt.pk, cast.NOW)
    assert marked.state == AttemptState.NEEDS_REVIEW
    response = marked.responses.get(item_version__kind="file_upload")
    page = visit(on, "Tess", Role.INSTRUCTOR).get(f"/review/{response.pk}/").content.decode()
    assert "report.pdf" in page
    assert "/uploads/" in page

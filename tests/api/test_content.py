"""Content in and out by REST: files as jobs, quizzes as files."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from content import import_jobs, tasks
from content.formats.reading import Source
from content.models import Import, ImportState, Quiz
from content.writing import Author
from tests import cast
from tests.api.conftest import Caller, School

GIFT = b"::Capital:: What is the capital of France? {=Paris ~Lyon}\n"


@pytest.fixture(autouse=True)
def files(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def post(school: School, data: bytes = GIFT, scope: str = "content:write", **fields: Any) -> Any:
    caller = Caller(school.key(scope))
    file = SimpleUploadedFile("capitals.gift", data)
    return caller.client.post("/api/v1/imports", {"file": file, **fields}, headers=caller.headers)


CAPITALS = Source("capitals.gift", GIFT)


def queued(school: School, source: Source = CAPITALS, *, publish: bool = False) -> Import:
    return import_jobs.queue(source=source, author=Author("API", school.institution), take=True, publish=publish)


def test_import_is_a_job_that_leaves_a_quiz_and_a_report(
    north: School, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    monkeypatch.setattr(tasks.run_import, "apply_async", lambda args: tasks.run_import(*args))
    with django_capture_on_commit_callbacks(execute=True):
        answer = post(north, publish="true")
    assert answer.status_code == 202
    caller = Caller(north.key("content:write"))
    job = caller.get(answer["Location"]).json()
    assert (job["state"], job["progress"], job["format"], job["error"]) == ("done", 100, "gift", "")
    assert [item["kind"] for item in job["report"]["items"]] == ["choice"]
    quiz = Quiz.objects.get(slug=job["quiz"])
    assert quiz.institution == north.institution
    assert quiz.current is not None


def test_file_that_cannot_be_read_ends_the_job_with_a_sentence(north: School) -> None:
    job = queued(north, Source("x.bin", b"\x00\x01\x02"))
    import_jobs.run(job_id=job.pk, now=cast.NOW)
    job.refresh_from_db()
    assert job.state == ImportState.FAILED
    assert job.error


def test_job_whose_message_was_lost_is_taken_up(north: School) -> None:
    job = queued(north)
    late = job.created_at + 2 * import_jobs.LEFT_AFTER
    assert import_jobs.left_behind(late) == [str(job.pk)]
    import_jobs.run(job_id=job.pk, now=late)
    assert import_jobs.left_behind(late) == []


def test_another_institution_sees_neither_job_nor_quiz(north: School, south: School) -> None:
    job = queued(north, publish=True)
    import_jobs.run(job_id=job.pk, now=cast.NOW)
    slug = Quiz.objects.get(institution=north.institution).slug
    stranger, owner = Caller(south.key("content:write")), Caller(north.key("content:write"))
    assert stranger.get(f"imports/{job.pk}").status_code == 404
    assert stranger.get(f"quizzes/{slug}/export", format="gift").status_code == 404
    assert owner.get(f"quizzes/{slug}/export", format="gift").content.decode().count("=Paris") == 1
    assert owner.get(f"quizzes/{slug}/export", format="nonsense").status_code == 400


def test_content_needs_its_scope_and_a_file(north: School) -> None:
    assert post(north, scope="grades:read").status_code == 403
    caller = Caller(north.key("content:write"))
    answer = caller.client.post("/api/v1/imports", {"format": "gift"}, headers=caller.headers)
    assert answer.status_code == 400
    assert "file" in str(answer.json())
    assert not Import.objects.exists()

"""The Python client against a running server, and its notebook."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from api import keys
from assessment import marking
from assessment.models import Assignment, Attempt, AttemptState
from assessment.statistics import folding
from roster.models import Enrollment, Person, Role
from tests import cast

ROOT = Path(settings.BASE_DIR)
CLIENT = ROOT / "clients/python"
SCOPES = ["assignments:read", "attempts:read", "attempts:write", "grades:read", "statistics:read"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(CLIENT))


@pytest.fixture
def assignment() -> Assignment:
    school = cast.make_institution("North", "north")
    return cast.place_quiz(school, cast.quiz_of(cast.choice(), cast.choice(), cast.choice()))


@pytest.fixture
def key(assignment: Assignment) -> str:
    return keys.create(institution=assignment.institution, name="script", scopes=SCOPES)[1]


@pytest.fixture
def learners(assignment: Assignment) -> list[Person]:
    course = assignment.course
    assert course is not None
    made = [cast.make_learner(assignment.institution) for _ in range(6)]
    for person in made:
        Enrollment.objects.create(institution=course.institution, course=course, person=person, role=Role.LEARNER)
    return made


@pytest.fixture
def assay(live_server: Any, key: str) -> Iterator[Any]:
    from assay_client import Assay

    client = Assay(live_server.url, key)
    yield client
    client.session.close()


@pytest.fixture
def answered(assignment: Assignment, learners: list[Person]) -> None:
    for person, answers in zip(learners, ("aaa", "aab", "abb", "bbb", "aaa", "bab"), strict=True):
        cast.take(assignment, person, list(answers))
    folding.fold(assignment_id=assignment.pk, now=cast.NOW)


def test_the_client_is_what_make_client_writes(tmp_path: Path) -> None:
    call_command("spectacular", "--format", "openapi-json", "--file", str(tmp_path / "openapi.json"))
    with (tmp_path / "openapi.json").open() as description:
        made = subprocess.run(
            [sys.executable, str(ROOT / "clients/generate.py")], stdin=description, capture_output=True, text=True
        )
    assert made.returncode == 0, made.stderr
    assert (CLIENT / "assay_client/api.py").read_text() == made.stdout, "run `make client`"


def test_the_client_passes_a_strict_type_check() -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "assay_client"]
    checked = subprocess.run(command, cwd=CLIENT, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.usefixtures("answered")
def test_statistics_and_every_page_of_a_list_are_pulled(assay: Any, assignment: Assignment) -> None:
    [row] = assay.list_assignments()
    assert row["id"] == str(assignment.pk)
    statistics = assay.get_statistics(row["id"])
    assert statistics["n"] == 6
    assert [item["identifier"] for item in statistics["items"]] == ["q1", "q2", "q3"]
    assert len({grade["id"] for grade in assay.list_grades(limit=2)}) == 6
    assert assay.updated_until
    assert list(assay.list_grades(updated_since=assay.updated_until)) == []


def test_a_check_is_taken_by_the_client(assay: Any, assignment: Assignment, learners: list[Person]) -> None:
    from assay_client import Problem

    attempt = assay.begin_attempt(str(assignment.pk), person=str(learners[0].pk))
    for question in attempt["questions"]:
        assay.save_response(attempt["id"], question["position"], answer="a", seq=1)
    with pytest.raises(Problem) as early:
        assay.get_result(attempt["id"])
    assert early.value.code == "not-submitted"
    assay.submit_attempt(attempt["id"])
    marking.mark_attempt(attempt["id"], timezone.now())
    assert assay.get_result(attempt["id"])["points"] == 3


@pytest.mark.usefixtures("answered")
def test_the_notebook_runs_as_it_stands(
    live_server: Any, key: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    matplotlib = pytest.importorskip("matplotlib", reason="the notebook draws with matplotlib")
    matplotlib.use("Agg")
    monkeypatch.setenv("ASSAY_URL", live_server.url)
    monkeypatch.setenv("ASSAY_KEY", key)
    notebook = json.loads((CLIENT / "item_analysis.ipynb").read_text())
    space: dict[str, Any] = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            exec("".join(cell["source"]), space)
    assert len(space["axes"].texts) == 3
    assert "q3 *" in capsys.readouterr().out
    space["assay"].session.close()


def test_the_code_of_the_documents_runs_as_it_is_printed(
    live_server: Any, assignment: Assignment, learners: list[Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ROOT / "docs/api.md").read_text()
    [command] = re.findall(r"manage\.py (create_api_key .*)", text)
    said = StringIO()
    call_command(*command.replace("demo", "north").split(), stdout=said, stderr=StringIO())
    monkeypatch.setenv("ASSAY_URL", live_server.url)
    monkeypatch.setenv("ASSAY_KEY", said.getvalue().strip())
    monkeypatch.setenv("LEARNER", str(learners[0].pk))
    space: dict[str, Any] = {}
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 6
    for block in blocks:
        exec(block, space)

    attempt = Attempt.objects.get()
    assert (attempt.person, attempt.state) == (learners[0], AttemptState.SUBMITTED)
    assert set(attempt.responses.values_list("answer__option", flat=True)) == {"a"}
    assert space["result"]["state"] == "submitted"
    assert space["given"].json()["time_factor"] == 1.5
    assert [row["id"] for row in space["standing"]["results"]] == [space["given"].json()["id"]]
    space["assay"].close()
    space["client"].session.close()

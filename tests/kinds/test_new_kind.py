"""A kind is its module and its templates: one that the tests add works everywhere, and nothing compares kinds."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from api import keys
from assessment import attempts, marking
from assessment.models import Assignment, Attempt
from assessment.statistics import folding
from content import item_types
from roster.models import Role
from tests import cast
from tests.pages.conftest import Visit

ROOT = Path(__file__).parents[2]
ROOMS = ("analytics", "api", "assessment", "content", "config", "events", "feeds", "lti", "roster")
BODY = {"stem": "Which are red?", "words": ["brick", "grass", "rose"], "right": ["brick", "rose"], "section": None}


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setitem(item_types.MODULES, "ticks", "tests.kinds.ticks")
    here = Path(__file__).parent / "templates"
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [here, *settings.TEMPLATES[0]["DIRS"]]}]


@pytest.fixture
def on(db: None, ticks: None) -> Assignment:
    item = {"kind": "ticks", "points": "2", "body": BODY}
    version = cast.quiz_of(item, cast.choice(), slug="ticks")
    return cast.make_assignment(cast.make_link(cast.make_deployment(cast.make_institution())), version.quiz)


def learner(on: Assignment, name: str, role: Role = Role.LEARNER) -> Visit:
    link = on.resource_link
    return Visit(cast.make_launch(link, cast.make_person(link, name), role, custom={"quiz": on.quiz.slug}))


def sit(visit: Visit, ticked: list[str], choice: str = "a") -> Attempt:
    attempt = visit.begin()
    first, second = (one.item_version_id for one in attempts.questions(attempt))
    form = visit.form(attempt)
    form |= {f"answer-{first}-ticked": ticked, f"answer-{first}-sure": "very", f"answer-{second}": choice}
    assert visit.post(f"/attempts/{attempt.pk}/submit", form | {"sure": "1"}).status_code == 303
    return marking.mark_attempt(attempt.pk, cast.NOW)


def test_control_is_shown_saved_and_filled_again(on: Assignment) -> None:
    ann = learner(on, "Ann")
    attempt = ann.begin()
    item = attempts.questions(attempt)[0].item_version_id
    assert f'name="answer-{item}-ticked" value="grass"' in ann.get(f"/attempts/{attempt.pk}/").content.decode()
    row = {"item": str(item), "fields": [["ticked", "rose"], ["ticked", "brick"], ["sure", "a bit"]], "seq": 1}

    assert ann.send(attempt, {"responses": [row]}).json()["results"][0]["state"] == "saved"

    assert attempts.questions(attempt)[0].answer == {"ticked": ["brick", "rose"], "sure": "a bit"}
    page = ann.get(f"/attempts/{attempt.pk}/").content.decode()
    assert page.count(" checked") == 2
    assert 'value="a bit"' in page
    again = {"item": str(item), "answer": {"ticked": ["moss"]}, "seq": 2}
    assert ann.send(attempt, {"responses": [again]}).json()["results"][0]["state"] == "invalid"


def test_answer_is_marked_shown_and_counted_in_each_of_its_categories(on: Assignment) -> None:
    ann, tess = learner(on, "Ann"), learner(on, "Tess", Role.INSTRUCTOR)
    attempt = sit(ann, ["rose", "brick"])
    sit(learner(on, "Ben"), ["rose"], "b")
    assert attempt.points == 3
    result = ann.get(f"/attempts/{attempt.pk}/result").content.decode()
    assert "brick and rose" in result
    assert "So they are." in result
    assert "brick and rose" in tess.get(f"/class/attempts/{attempt.pk}").content.decode()
    response = attempt.responses.get(item_version__kind="ticks")
    assert '<span dir="auto">brick</span>: 1' in tess.get(f"/review/{response.pk}/").content.decode()

    folding.fold(assignment_id=on.pk, now=cast.NOW)
    key = keys.create(institution=on.institution, name="all", scopes=list(keys.SCOPES))[1]
    headers = {"Authorization": f"Bearer {key}"}
    item = Client().get(f"/api/v1/assignments/{on.pk}/statistics", headers=headers).json()["items"][0]
    counts = {
        one["category"]: (one["label"], one["keyed"], one["count"], one["share"]["value"]) for one in item["categories"]
    }
    assert counts == {
        "brick": ("the brick", True, 1, 0.5),
        "grass": ("the grass", False, 0, 0),
        "rose": ("the rose", True, 2, 1),
        "": ("No answer", False, 0, 0),
    }
    rows = Client().get(f"/api/v1/attempts/{attempt.pk}", headers=headers).json()["responses"]
    assert (rows[0]["kind"], rows[0]["answer_text"]) == ("ticks", "brick and rose")
    public = Client().get(f"/api/v1/quizzes/{on.quiz.slug}").json()["items"][0]
    assert (public["words"], "right" in public) == (BODY["words"], False)


def test_practice_takes_any_kind(on: Assignment) -> None:
    client = Client()
    address = f"/learn/quiz/{on.quiz.slug}"
    version = on.quiz.current
    assert version is not None
    item = version.places.get(position=1).item_version_id
    answer = client.post(address, {f"answer-{item}-ticked": ["rose", "grass"], "check": str(item)})
    page = client.get(answer["Location"]).content.decode()
    assert "grass and rose" in page
    assert "Show the correct answer" in page


def compares_kinds(tree: ast.AST) -> list[int]:
    """Lines on which the name of a kind is compared or matched, or one kind's module imported."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare | ast.MatchValue):
            names = [one.value for one in ast.walk(node) if isinstance(one, ast.Constant)]
            if set(item_types.KINDS) & {name for name in names if isinstance(name, str)}:
                found.append(node.lineno)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("content.item_types."):
            found.append(node.lineno)
    return found


def test_no_code_outside_the_kinds_compares_kinds() -> None:
    """Formats apart, feeds among them: what a format calls a kind is the business of its reader and writer."""
    files = [
        path
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if not {"item_types", "formats", "feeds"} & set(path.parts)
    ]
    found = {str(path): lines for path in files if (lines := compares_kinds(ast.parse(path.read_text())))}
    assert len(files) > 100
    assert found == {}


def test_no_template_or_script_outside_the_kinds_names_a_kind() -> None:
    quoted = re.compile(
        "|".join(rf"""(?<!inputmode=)["']{kind}["']""" for kind in item_types.KINDS) + r"|(question|item)\.kind\b"
    )
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*") if path.suffix in (".html", ".js")]
    assert [str(path) for path in files if "items" not in path.parts and quoted.search(path.read_text())] == []

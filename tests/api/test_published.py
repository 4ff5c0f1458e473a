"""Lessons and quizzes as everyone may read them."""

import pytest

from content.models import QuizVersion
from tests import cast
from tests.api.conftest import Caller

pytestmark = pytest.mark.django_db


def test_a_lesson_is_shown_with_its_sections(public: Caller) -> None:
    version = cast.make_lesson("fine-tuning")
    body = public.get("lessons/fine-tuning").json()
    assert (body["slug"], body["title"], body["minutes"], body["version"]) == ("fine-tuning", "A lesson", 7, 1)
    assert body["sections"] == version.body["sections"]
    listed = public.get("lessons").json()["results"]
    assert listed == [{name: value for name, value in body.items() if name != "sections"}]


def test_a_quiz_is_shown_as_a_learner_sees_it(public: Caller, quiz: QuizVersion) -> None:
    body = public.get("quizzes/check").json()
    assert body["points"] == 4.0
    choice, _, text = body["items"]
    assert (choice["position"], choice["identifier"], choice["kind"], choice["points"]) == (1, "q1", "choice", 1.0)
    assert choice["options"] == [{"id": letter, "text": f"Option {n}"} for n, letter in enumerate("abc")]
    assert text["stem"] == "Why?"
    assert "items" not in public.get("quizzes").json()["results"][0]


def test_only_the_current_version_is_published(public: Caller, quiz: QuizVersion) -> None:
    cast.quiz_of(cast.choice(), slug="check")
    assert public.get("quizzes/check").json()["version"] == 2
    assert [row["version"] for row in public.get("quizzes").json()["results"]] == [2]
    quiz.quiz.current = None
    quiz.quiz.save()
    assert public.get("quizzes/check").status_code == 404
    assert public.get("quizzes").json()["results"] == []


def test_an_attempt_is_shown_with_what_was_chosen_and_who_marked_it(
    quiz: QuizVersion, north: "object", script: Caller
) -> None:
    attempt = cast.take(north.assignment, north.people[0], ("a", "c", "because"))  # type: ignore[attr-defined]
    teacher = north.people[1]  # type: ignore[attr-defined]
    body = script.get(f"attempts/{attempt.pk}").json()
    first, second, third = body["responses"]
    assert (first["item"], first["answer"], first["points"], first["marked_by"]) == ("q1", {"option": "a"}, 1.0, "rule")
    assert (second["answer"], second["points"], second["points_max"]) == ({"option": "c"}, 0.0, 1.0)
    assert (third["answer"], third["points"], third["marked_by"], third["waiting"]) == (
        {"text": "because"}, None, None, True
    )  # fmt: skip
    cast.confirm(attempt, "q3", "1.5", teacher)
    third = script.get(f"attempts/{attempt.pk}").json()["responses"][2]
    assert (third["points"], third["marked_by"], third["waiting"]) == (1.5, "person", False)
    assert [(mark["by"], mark["person"]) for mark in third["marks"]] == [("person", str(teacher.pk))]

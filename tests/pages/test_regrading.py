"""Pages with which a teacher has a question marked again, and that they are nobody else's."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from assessment import access
from assessment.models import Assignment, Attempt, Mark, Regrade
from assessment.regrading import batches
from assessment.statistics import folding
from content.models import ItemVersion, Quiz
from roster.models import Role
from tests.cast import Cast, all_right, at, confirm, hand_in, make_launch, published_quiz
from tests.pages.conftest import Visit

Open = Callable[..., Visit]
WHY = "Option c was right all along."


def question(identifier: str = "q1") -> str:
    return f"/class/regrade/{version(identifier).pk}/"


def version(identifier: str = "q1") -> ItemVersion:
    return ItemVersion.objects.get(item__identifier=identifier, number=1)


def form(choice: str = "new_key", right: str = "c", **more: str) -> dict[str, Any]:
    """The form as the page prints it, with another option as the right one."""
    options = version().body["options"]
    return {
        "credit": choice,
        "body-option-id": [one["id"] for one in options],
        "body-option-text": [one["text"] for one in options],
        "body-option-credit": ["100" if one["id"] == right else "0" for one in options],
        "body-option-rationale": [one["rationale"] for one in options],
        **more,
    }


def plan(teacher: Visit, *choice: str, **more: str) -> str:
    """The address of the page that says who would move."""
    response = teacher.post(question(), form(*choice, **more))
    assert response.status_code == 303, response.content.decode()
    return str(response["Location"]).removeprefix(teacher.base)


def commit(teacher: Visit, page: str) -> Regrade:
    assert teacher.post(page, {"reason": WHY}).status_code == 303
    return run()


def run() -> Regrade:
    """What the worker does."""
    batches.run(regrade_id=Regrade.objects.get().pk, now=at(100))
    return Regrade.objects.get()


@pytest.fixture
def tess(cast: Cast, visit: Open) -> Visit:
    hand_in(cast.alice, **all_right())
    hand_in(cast.bob, **all_right(q1="c"))
    hand_in(cast.charlie, **all_right(q1="c"))
    return visit(cast.tess)


def test_form_shows_the_question_with_its_key(tess: Visit) -> None:
    page = tess.get(question()).content.decode()
    assert "q1: which is right?" in page
    assert 'name="body-option-credit" value="100"' in page
    assert "In every course" not in page  # tess may not change the library's check


def test_dry_run_names_who_moves_and_changes_nothing(cast: Cast, tess: Visit) -> None:
    page = tess.get(plan(tess)).content.decode()
    for words in ("Alice", "9 of 10", "8 of 10", "Bob", "Grades that change"):
        assert words in page
    assert "Charlie" not in page
    assert not Mark.objects.filter(tier="regrade").exists()
    assert [one.points for one in Attempt.objects.order_by("pk")][:2] == [9, 8]


def test_dry_run_is_there_as_data(cast: Cast, tess: Visit) -> None:
    data = json.loads(tess.get(f"{plan(tess)}data").content)
    assert data["counts"] == {"up": 1, "down": 1, "same": 0, "kept": 0, "undecided": 0}
    assert {one["person"] for one in data["grades"]} == {str(cast.alice.person_id), str(cast.bob.person_id)}
    assert data["attempts"][0]["points"] == ["9.000", "8.000"]


def test_commit_with_a_reason_then_progress_then_undo(cast: Cast, tess: Visit) -> None:
    page = plan(tess)
    assert tess.post(page, {"reason": " "}).status_code == 422
    assert tess.post(page, {"reason": WHY}).status_code == 303
    assert "Being marked again: 0 %" in " ".join(tess.get(page).content.decode().replace("</span>", "").split())
    run()
    done = tess.get(page).content.decode()
    assert "Marked again" in done
    assert WHY in done
    assert Attempt.objects.get(person=cast.alice.person).points == 8

    assert tess.post(f"{page}undo").status_code == 303
    run()
    assert Attempt.objects.get(person=cast.alice.person).points == 9
    assert "Undone" in tess.get(page).content.decode()


@pytest.mark.parametrize("choice", ["new_key", "both", "full", "drop"])
def test_learner_reads_what_changed_and_why(cast: Cast, tess: Visit, visit: Open, choice: str) -> None:
    alice = visit(cast.alice)
    attempt = Attempt.objects.get(person=cast.alice.person)
    before = alice.get(f"/attempts/{attempt.pk}/result").content.decode()
    assert "Marked again" not in before
    commit(tess, plan(tess, choice))
    page = alice.get(f"/attempts/{attempt.pk}/result").content.decode()
    assert WHY in page
    assert ("Does not count" in page) == (choice == "drop")
    assert ("Incorrect" in page) == (choice == "new_key")


def test_wrong_forms_say_what_is_missing(tess: Visit) -> None:
    unchanged = tess.post(question(), form("new_key", right="") | {"body-option-credit": ["100", "50", "0"]})
    assert unchanged.status_code == 422
    assert "same as before" in unchanged.content.decode()
    assert tess.post(question(), {"credit": "nonsense"}).status_code == 422
    assert not Regrade.objects.exists()


def test_author_of_the_check_may_do_it_in_all_courses_and_sees_no_foreign_names(
    cast: Cast, tess: Visit, visit: Open
) -> None:
    Quiz.objects.filter(pk=cast.quiz.pk).update(institution=cast.tess.institution)
    page = plan(tess, where="everywhere")
    seen = tess.get(page).content.decode()
    assert "1 attempt in other courses." in seen
    assert "Charlie" not in seen
    commit(tess, page)
    assert Attempt.objects.get(person=cast.charlie.person).points == 9


def test_who_may_not_change_the_check_re_marks_own_classes_only(cast: Cast, tess: Visit) -> None:
    assert tess.post(question(), form(where="everywhere")).status_code == 403
    assert not Regrade.objects.exists()


def test_regrades_of_another_class_or_institution_are_not_there(cast: Cast, tess: Visit, visit: Open) -> None:
    page = plan(tess)
    for viewer in (cast.charlie, cast.dora):
        other = visit(make_launch(viewer.resource_link, viewer.person, Role.INSTRUCTOR, **{"custom": viewer.custom}))
        assert other.get(page).status_code == 404
        assert other.get(f"{page}data").status_code == 404
        assert other.post(page, {"reason": WHY}).status_code == 404
        assert other.post(f"{page}undo").status_code == 404
    assert Regrade.objects.get().state == "dry_run"


@pytest.mark.parametrize("role", [Role.LEARNER, Role.OTHER])
def test_pages_are_for_teachers_only(cast: Cast, tess: Visit, visit: Open, role: Role) -> None:
    page = plan(tess)
    other = visit(make_launch(cast.alice.resource_link, cast.alice.person, role))
    answers = [other.get(question()), other.get(page), other.get(f"{page}data")]
    answers += [other.post(question(), form()), other.post(page, {"reason": WHY}), other.post(f"{page}undo")]
    assert [one.status_code for one in answers] == [403] * 6


def test_question_of_another_check_cannot_be_named(cast: Cast, tess: Visit) -> None:
    published_quiz("another")
    other = ItemVersion.objects.get(item__quiz__slug="another", item__identifier="q1")
    assert tess.get(f"/class/regrade/{other.pk}/").status_code == 404


def test_question_page_leads_to_it(cast: Cast, tess: Visit) -> None:
    folding.fold(assignment_id=cast.assignment.pk, now=at(50))
    assert question() in tess.get("/class/questions/1/").content.decode()


def test_regrades_of_a_question_are_listed_for_its_teachers(cast: Cast, tess: Visit) -> None:
    commit(tess, plan(tess))
    page = tess.get(question()).content.decode()
    assert WHY in page
    assert "Tess" in page
    assert access.regrades(cast.tess, cast.assignment).count() == 1


# Where the key is shown


@pytest.mark.parametrize(
    ("choice", "words", "keyed"),
    [
        ("new_key", "Key corrected on", ["0", "0", "1"]),
        ("both", "A second key is accepted since", ["1", "0.5", "1"]),
        ("full", "Everyone gets full marks since", ["1", "0.5", "0"]),
        ("drop", "This question does not count since", ["1", "0.5", "0"]),
    ],
)
def test_marking_room_shows_the_key_in_force_and_since_when(
    cast: Cast, tess: Visit, choice: str, words: str, keyed: list[str]
) -> None:
    commit(tess, plan(tess, choice))
    response = access.class_responses(cast.tess).get(
        attempt__person=cast.alice.person, item_version__item__identifier="q1"
    )
    room = f"/review/{response.pk}/"
    page = tess.get(room)
    assert words in page.content.decode()
    assert WHY in page.content.decode()
    assert re.findall(r"</span>: ([\d.]+)</li>", page.content.decode()) == keyed
    answer = tess.post(room, {"level": "full"})
    assert answer.status_code == (422 if choice == "drop" else 303)
    assert ("cannot be marked" in answer.content.decode()) == (choice == "drop")
    attempt = tess.get(f"/class/attempts/{response.attempt_id}").content.decode()
    assert (f"{room}?from" in attempt) == (choice != "drop")


def test_question_page_shows_the_key_in_force_and_since_when(cast: Cast, tess: Visit) -> None:
    commit(tess, plan(tess))
    folding.fold(assignment_id=cast.assignment.pk, now=at(150))
    page = tess.get("/class/questions/1/").content.decode()
    assert "Key corrected on" in page
    assert re.findall(r"Key</span> <strong[^>]*>([^<]+)</strong>", page) == ["The wrong one"]


def test_question_that_was_dropped_is_said_in_the_list_and_left_out_of_the_mean(cast: Cast, tess: Visit) -> None:
    confirm_all(cast)
    commit(tess, plan(tess, "drop"))
    folding.fold(assignment_id=cast.assignment.pk, now=at(150))
    assert tess.get("/class/questions/").content.decode().count("Does not count") == 1
    assert "9 of 9" in tess.get("/class/").content.decode()


def confirm_all(cast: Cast) -> None:
    for attempt in Attempt.objects.filter(assignment=cast.assignment):
        confirm(attempt, "q8", "1", cast.tess.person, minutes=0)


def test_learner_whose_mark_a_person_gave_reads_that_the_key_was_corrected(
    cast: Cast, tess: Visit, visit: Open
) -> None:
    Assignment.objects.filter(pk=cast.assignment.pk).update(max_attempts=1)
    attempt = Attempt.objects.get(person=cast.alice.person)
    confirm(attempt, "q1", "0.5", cast.tess.person, minutes=0)
    commit(tess, plan(tess))
    page = visit(cast.alice).get(f"/attempts/{attempt.pk}/result").content.decode()
    assert "Marked again on" not in page
    assert "Key corrected on" in page
    assert WHY in page

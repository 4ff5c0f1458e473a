"""The marking room without script: queue, credits, answers alike, undo, notes, second marks and second looks."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from assessment import access, review
from assessment.models import Attempt, Mark, Response, SecondLook, SecondMark
from assessment.reviewing import second_looks, second_marks
from assessment.suggesting import suggestions
from lti.models import Launch
from roster.models import Enrollment, Role
from tests.cast import NOW, Cast, all_right, at, hand_in, make_launch, make_link, make_person, open_body, published_quiz
from tests.pages.conftest import Visit

Open = Callable[..., Visit]


def learners(cast: Cast, *names: str) -> list[Launch]:
    link = cast.assignment.resource_link
    return [make_launch(link, make_person(link, name)) for name in names]


def colleague(cast: Cast) -> Launch:
    link = cast.assignment.resource_link
    return make_launch(link, make_person(link, "Uli"), Role.INSTRUCTOR)


def waiting(cast: Cast) -> list[Response]:
    return list(access.waiting_responses(cast.tess))


def marked(cast: Cast, points: str = "1") -> Response:
    """Alice's open answer, marked by tess."""
    hand_in(cast.alice, **all_right())
    response = waiting(cast)[0]
    review.confirm(response=response, points=Decimal(points), note="", by=cast.tess.person, now=at(10))
    return response


def by_person() -> list[Decimal]:
    return list(Mark.objects.filter(by="person").order_by("created_at", "pk").values_list("points", flat=True))


def test_queue_is_by_question_with_its_progress(cast: Cast, visit: Open) -> None:
    for viewer in (cast.alice, cast.bob, *learners(cast, "Ann")):
        hand_in(viewer, **all_right())
    review.confirm(response=waiting(cast)[0], points=Decimal(1), note="", by=cast.tess.person, now=at(10))
    page = visit(cast.tess).get("/review/").content.decode()
    assert page.count("How would you verify it?</h2>") == 1
    assert "1 of 3 marked" in page
    assert "2 answers to mark, oldest first" in page
    assert f"/review/{waiting(cast)[0].pk}/" in page


def test_names_are_hidden_until_somebody_asks_for_them(cast: Cast, visit: Open) -> None:
    hand_in(cast.alice, **all_right())
    response, tess = waiting(cast)[0], visit(cast.tess)
    path = f"/review/{response.pk}/"
    page = tess.get(path).content.decode()
    assert "Alice" not in page
    assert "Answer 1 of 1" in page
    assert "Alice" not in tess.get("/review/").content.decode()

    shown = tess.post(f"{path}settings", {"names": "1"})

    assert shown["Location"].endswith(path)
    assert "Alice" in tess.get(path).content.decode()
    assert "Alice" not in visit(colleague(cast)).get(path).content.decode(), "another launch"


@pytest.mark.parametrize(
    ("chosen", "points"),
    [(["full"], "2"), (["half-0"], "1"), (["half-0", "half-1"], "2"), (["full-0", "half-0"], "2"), (["none-0"], "0"),
     (["none-0", "half-1"], "1")],
)  # fmt: skip
def test_credits_of_ideas_add_up_to_the_points_at_most(cast: Cast, visit: Open, chosen: list[str], points: str) -> None:
    half = [{"level": "half", "idea": name, "example": ""} for name in ("Asks", "Looks")]
    body = open_body() | {"rubric": [*open_body()["rubric"], *half]}
    quiz = published_quiz(q8={"body": body, "points": 2})
    link = make_link(cast.alice.deployment)
    ann = make_launch(link, make_person(link, "Ann"), custom={"quiz": quiz.slug})
    tom = make_launch(link, make_person(link, "Tom"), Role.INSTRUCTOR, custom={"quiz": quiz.slug})
    hand_in(ann, **all_right())
    response = access.waiting_responses(tom).get()
    page = visit(tom).get(f"/review/{response.pk}/").content.decode()
    assert re.findall(r'value="([a-z0-9-]+)" data-points="(\d)"', page) == [
        ("full", "2"), ("half", "1"), ("none", "0"), ("full-0", "2"), ("half-0", "1"), ("half-1", "1"), ("none-0", "0")
    ]  # fmt: skip
    assert visit(tom).post(f"/review/{response.pk}/", {"level": chosen}).status_code == 303
    assert by_person() == [Decimal(points)]


def test_answers_alike_are_marked_together_but_for_those_that_are_taken_out(cast: Cast, visit: Open) -> None:
    for viewer in (cast.alice, cast.bob, *learners(cast, "Ann", "Ben")):
        hand_in(viewer, **all_right(q8="The same." if viewer.person.name != "Ben" else "Another"))
    first, bob, ann, ben = waiting(cast)
    tess = visit(cast.tess)
    page = tess.get(f"/review/{first.pk}/").content.decode()
    assert "2 other answers say the same" in page
    assert re.findall(r'name="alike" value="([^"]+)" checked', page) == [str(bob.pk), str(ann.pk)]

    moved = tess.post(f"/review/{first.pk}/", {"level": "full", "seen": "", "alike": [str(bob.pk), str(ben.pk)]})

    assert waiting(cast) == [ann, ben], "an answer that says something else is not marked with it"
    assert f"/review/{ann.pk}/?saved=1" in moved["Location"]

    undone = tess.post("/review/undo")
    assert f"/review/{first.pk}/?undone=2" in undone["Location"]
    assert "Your last 2 marks are undone." in tess.get(f"/review/{first.pk}/?undone=2").content.decode()
    assert len(waiting(cast)) == 4


def test_answer_alike_that_somebody_marked_meanwhile_keeps_that_mark(cast: Cast, visit: Open) -> None:
    for viewer in (cast.alice, cast.bob):
        hand_in(viewer, **all_right())
    first, bob = waiting(cast)
    review.confirm(response=bob, points=Decimal("0.5"), note="", by=colleague(cast).person, now=at(10))
    visit(cast.tess).post(f"/review/{first.pk}/", {"level": "full", "seen": "", "alike": [str(bob.pk)]})
    assert by_person() == [Decimal("0.5"), Decimal(1)]


def test_next_skips_what_is_marked_and_previous_goes_back_to_it(cast: Cast, visit: Open) -> None:
    for viewer in (cast.alice, cast.bob, *learners(cast, "Ann")):
        hand_in(viewer, **all_right(q8=f"By {viewer.person.name}."))
    first, second, third = waiting(cast)
    tess = visit(cast.tess)
    tess.post(f"/review/{second.pk}/", {"level": "full"})

    page = tess.get(f"/review/{first.pk}/").content.decode()
    assert f'/review/{third.pk}/" rel="next"' in page
    page = tess.get(f"/review/{third.pk}/").content.decode()
    assert f'/review/{second.pk}/" rel="prev"' in page
    assert f'/review/{first.pk}/" rel="next"' in page, "what was skipped comes again"


def test_undo_goes_back_step_by_step_and_then_says_that_there_is_nothing(cast: Cast, visit: Open) -> None:
    for viewer in (cast.alice, cast.bob):
        hand_in(viewer, **all_right())
    first, second = waiting(cast)
    tess = visit(cast.tess)
    for one in (first, second):
        done = tess.post(f"/review/{one.pk}/", {"level": "full"})
    assert "Undo my last mark" in tess.get(done["Location"].split(tess.base)[1]).content.decode()
    for one in (second, first):
        assert f"/review/{one.pk}/" in tess.post("/review/undo")["Location"]
    assert by_person() == []
    assert tess.post("/review/undo")["Location"].endswith("/review/?undone=none")
    assert "There is nothing to undo" in tess.get("/review/?undone=none").content.decode()


def test_saved_note_is_put_in_and_forgotten_without_marking(cast: Cast, visit: Open) -> None:
    for viewer in (cast.alice, cast.bob):
        hand_in(viewer, **all_right())
    first, second = waiting(cast)
    tess = visit(cast.tess)
    tess.post(f"/review/{first.pk}/", {"level": "full", "note": "Name your source.", "keep_note": "1"})
    path = f"/review/{second.pk}/"
    comment = re.search(r'name="insert" value="([^"]+)"', tess.get(path).content.decode())
    assert comment

    page = tess.post(path, {"insert": comment[1], "note": "Good.", "level": "none"}).content.decode()
    assert "\nGood.\nName your source.</textarea>" in page
    assert re.search(r'value="none"[^>]* checked', page)
    assert 'name="insert"' not in tess.post(path, {"forget": comment[1]}).content.decode()
    assert tess.post(path, {"forget": "\x00"}).status_code == 200
    assert by_person() == [Decimal(1)]


def test_comment_on_the_attempt_reaches_the_learner(cast: Cast, visit: Open) -> None:
    response = marked(cast)
    result = f"/attempts/{response.attempt_id}/result"
    tess, alice = visit(cast.tess), visit(cast.alice)
    tess.post(f"/class/attempts/{response.attempt_id}/comment", {"comment": " Much better <3 "})
    assert "Much better &lt;3" in alice.get(result).content.decode()
    tess.post(f"/review/{response.pk}/", {"level": "full", "whole": "The best."})
    assert Attempt.objects.get().comment == "The best."
    assert tess.post(f"/class/attempts/{UUID(int=1)}/comment", {"comment": "x"}).status_code == 404


def test_second_person_marks_without_seeing_the_first_mark(cast: Cast, visit: Open) -> None:
    response = marked(cast, "0.5")
    tess, uli = visit(cast.tess), visit(colleague(cast))
    tess.post("/review/share", {"percent": "100"})
    tess.post("/review/share", {"percent": "101"})
    path = f"/review/{response.pk}/?show=second"
    assert tess.get(path).status_code == 404
    assert "waits for your second mark" in uli.get("/review/").content.decode()
    page = uli.get(path).content.decode()
    for hidden in ("Already marked", "Alice", "Tess", 'name="seen"', 'name="note"'):
        assert hidden not in page

    assert uli.post(path, {}).status_code == 422
    done = uli.post(path, {"level": "full"})

    assert done["Location"].endswith("/review/?saved=second")
    assert "Undo my last mark" not in uli.get("/review/?saved=second").content.decode()
    assert SecondMark.objects.get().points == 1
    assert by_person() == [Decimal("0.5")]
    overview = tess.get("/review/").content.decode()
    assert '<td class="figure">1</td><td class="figure">0 %</td>' in overview
    assert f"/review/{response.pk}/?show=differ" in overview
    assert "Second mark: 1 of 1" in tess.get(f"/review/{response.pk}/?show=differ").content.decode()
    assert uli.post(path, {"level": "none"}).status_code == 404


def test_learner_asks_and_reads_the_answer(cast: Cast, visit: Open) -> None:
    response = marked(cast, "0")
    alice, tess = visit(cast.alice), visit(cast.tess)
    result = f"/attempts/{response.attempt_id}/result"
    ask = f"/attempts/{response.attempt_id}/second-look/{response.pk}"
    page = alice.get(result).content.decode()
    assert page.count("Ask for a second look") == 1, "only where a person marked"

    assert alice.post(ask, {"text": "I named <one>."})["Location"].endswith("result?asked=1")
    alice.post(ask, {"text": "And again"})

    assert "Ask for a second look" not in alice.get(result).content.decode()
    assert "<strong>1 learner</strong> asks for a second look" in tess.get("/class/").content.decode()
    path = f"/review/{response.pk}/?show=asked"
    assert path in tess.get("/review/").content.decode()
    assert "I named &lt;one&gt;." in tess.get(path).content.decode()
    assert tess.post(path, {"keep": "1", "reply": " "}).status_code == 422
    assert tess.post(path, {"keep": "1", "reply": "Not a source."}).status_code == 303
    assert by_person() == [Decimal(0)]
    assert "Not a source." in alice.get(result).content.decode()
    assert "Not a source." in tess.get(f"/class/attempts/{response.attempt_id}").content.decode()
    assert "second look at a mark" not in tess.get("/class/").content.decode()


def test_new_mark_answers_the_request_too(cast: Cast, visit: Open) -> None:
    response = marked(cast, "0")
    second_looks.ask(response=response, text="Why?", now=NOW)
    visit(cast.tess).post(f"/review/{response.pk}/?show=asked", {"level": "full", "reply": "You are right."})
    look = SecondLook.objects.get()
    assert (look.answer, look.answered_by) == ("You are right.", cast.tess.person)
    assert by_person() == [Decimal(0), Decimal(1)]


def test_nobody_asks_for_another_or_about_a_mark_that_is_not_shown(cast: Cast, visit: Open) -> None:
    response = marked(cast)
    ask = f"/attempts/{response.attempt_id}/second-look/{response.pk}"
    assert visit(cast.bob).post(ask, {"text": "Why?"}).status_code == 404
    assert visit(cast.tess).post(ask, {"text": "Why?"}).status_code == 404
    by_rule = Attempt.objects.get().responses.get(item_version__item__identifier="q1")
    visit(cast.alice).post(f"/attempts/{response.attempt_id}/second-look/{by_rule.pk}", {"text": "Why?"})
    cast.assignment.scores_held = True
    cast.assignment.save()
    visit(cast.alice).post(ask, {"text": "Why?"})
    assert not SecondLook.objects.exists()


def test_teacher_of_two_courses_marks_the_same_check_of_both(cast: Cast, visit: Open) -> None:
    hand_in(cast.charlie, **all_right())
    response = Response.objects.get(waiting=True)
    tess = visit(cast.tess)
    path = f"/review/{response.pk}/"
    assert tess.get(f"{path}?scope=all").status_code == 404
    assert "Nothing" in tess.get("/review/?scope=all").content.decode()
    Enrollment.objects.create(
        institution=cast.tess.institution, course=cast.charlie.course, person=cast.tess.person, role=Role.INSTRUCTOR
    )

    assert f"{path}?scope=all" in tess.get("/review/?scope=all").content.decode()
    assert tess.get(path).status_code == 404, "only where all courses are asked for"
    assert tess.post(f"{path}?scope=all", {"level": "full"}).status_code == 303
    assert by_person() == [Decimal(1)]


@pytest.mark.parametrize("path", ["/review/", "/review/{}/", "/review/{}/?show=differ"])
def test_pages_of_forty_answers_cost_as_many_queries_as_of_two(
    cast: Cast, visit: Open, django_assert_max_num_queries: Any, path: str
) -> None:
    for viewer in (cast.alice, cast.bob):
        hand_in(viewer, **all_right())
    first = waiting(cast)[0]
    second_marks.set_share(assignment=cast.assignment, percent=100, now=NOW)
    review.confirm(response=first, points=Decimal(1), note="", by=cast.tess.person, now=NOW)
    second_looks.ask(response=first, text="Why?", now=NOW)
    second_marks.give(response=first, points=Decimal(0), by=colleague(cast).person, now=NOW)
    tess, path = visit(cast.tess), path.format(first.pk)
    tess.get(path)
    with django_assert_max_num_queries(20) as few:
        tess.get(path)
    for viewer in learners(cast, *(f"P{number}" for number in range(12))):
        hand_in(viewer, **all_right())
    with django_assert_max_num_queries(len(few)):
        assert tess.get(path).status_code == 200


def test_part_of_the_page_comes_where_it_is_asked_for(cast: Cast, visit: Open) -> None:
    hand_in(cast.alice, **all_right())
    path = f"/review/{waiting(cast)[0].pk}/"
    whole, part = visit(cast.tess).get(path), visit(cast.tess).get(path, headers={"X-Part": "room"})
    assert (b"<html" in whole.content, b"<html" in part.content) == (True, False)
    assert part["X-Part"] == "room"
    assert b"How much credit" in part.content


@pytest.mark.parametrize("show", ["", "second"])
def test_suggestion_stands_beside_its_credit_but_is_chosen_by_a_person(cast: Cast, visit: Open, show: str) -> None:
    for viewer in (cast.alice, cast.bob):
        hand_in(viewer, **all_right())
    first, second = waiting(cast)
    suggestions.suggest(attempt_id=second.attempt_id, now=NOW)
    review.confirm(response=first, points=Decimal(1), note="", by=cast.tess.person, now=at(10))
    suggestions.suggest_alike(response_id=first.pk, now=at(20))
    if show:
        second_marks.set_share(assignment=cast.assignment, percent=100, now=NOW)
        review.confirm(response=second, points=Decimal(0), note="", by=cast.tess.person, now=at(30))
    viewer = visit(colleague(cast))
    page = viewer.get(f"/review/{second.pk}/?show={show}").content.decode()
    assert ("a person gave this to the same answer" in page) is (not show)
    assert "checked" not in page
    assert viewer.post(f"/review/{second.pk}/?show={show}", {}).status_code == 422

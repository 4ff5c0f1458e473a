"""The clock, one question at a time, feedback by each question and the receipt, without script."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from assessment import attempts, marking, receipts
from assessment.models import Assignment, Attempt, AttemptState, Shown
from assessment.placement import accommodations
from assessment.placement.placing import SHOWN
from tests.cast import Cast, all_right, hand_in
from tests.pages.conftest import Visit, filled, stored

Open = Callable[..., Visit]
MINUTE = timedelta(minutes=1)


def set_policy(cast: Cast, **fields: Any) -> None:
    Assignment.objects.filter(pk=cast.assignment.pk).update(**fields)


def item(attempt: Attempt, position: int) -> str:
    return str(attempts.questions(attempt)[position - 1].item_version_id)


def passes(monkeypatch: pytest.MonkeyPatch, time: timedelta) -> None:
    later = timezone.now() + time
    monkeypatch.setattr(timezone, "now", lambda: later)


# The clock.


def test_saved_answers_and_the_clock_say_how_much_time_is_left(cast: Cast, visit: Open) -> None:
    set_policy(cast, time_limit=30)
    alice = visit(cast.alice)
    attempt = alice.begin()
    saved = alice.send(attempt, {"responses": [{"item": item(attempt, 1), "answer": "a", "seq": 1}]}).json()
    asked = alice.get(f"/attempts/{attempt.pk}/clock").json()
    for said in (saved["clock"], asked):
        assert said["state"] == "in_progress"
        assert 0 < said["remaining"] <= 30 * 60
        assert said["deadline"] == attempt.deadline_at.isoformat()
    cast.assignment.refresh_from_db()
    accommodations.give(assignment=cast.assignment, person=cast.alice.person, extra_minutes=30)
    assert alice.get(f"/attempts/{attempt.pk}/clock").json()["remaining"] > 30 * 60


def test_clock_costs_two_queries(cast: Cast, visit: Open, django_assert_max_num_queries: Any) -> None:
    set_policy(cast, time_limit=30)
    alice = visit(cast.alice)
    attempt = alice.begin()
    with django_assert_max_num_queries(2):  # launch, attempt
        alice.get(f"/attempts/{attempt.pk}/clock")


def test_nobody_else_reads_the_clock(cast: Cast, visit: Open) -> None:
    attempt = visit(cast.alice).begin()
    assert visit(cast.bob).get(f"/attempts/{attempt.pk}/clock").status_code == 404


@pytest.mark.parametrize("path", ["", "submit"])
def test_form_that_comes_after_the_end_leads_to_the_result_and_says_why(
    cast: Cast, visit: Open, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    set_policy(cast, time_limit=30, grace=10)
    alice = visit(cast.alice)
    attempt = alice.begin()
    form = alice.form(attempt, q1="a")
    passes(monkeypatch, 31 * MINUTE)
    answer = alice.post(f"/attempts/{attempt.pk}/{path}", form)
    assert answer["Location"].endswith("/result?over=1")
    assert "Your time was over" in alice.client.get(answer["Location"]).content.decode()
    found = Attempt.objects.get(pk=attempt.pk)
    assert (found.state, found.submitted_at) == (AttemptState.SUBMITTED, attempt.deadline_at)
    assert stored(attempt)["q1"] is None


def test_answers_that_the_page_sends_at_the_end_count_and_nothing_is_asked(
    cast: Cast, visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_policy(cast, time_limit=30, grace=10)
    alice = visit(cast.alice)
    attempt = alice.begin()
    form = alice.form(attempt, q1="a", q2="no such option") | {"over": "1"}
    passes(monkeypatch, 30 * MINUTE + timedelta(seconds=3))
    answer = alice.post(f"/attempts/{attempt.pk}/submit", form)
    assert answer["Location"].endswith("/result?over=1")
    assert Attempt.objects.get(pk=attempt.pk).state == AttemptState.SUBMITTED
    assert stored(attempt)["q1"] == "a"


def test_page_that_hands_in_too_early_only_saves(cast: Cast, visit: Open) -> None:
    set_policy(cast, time_limit=30)
    alice = visit(cast.alice)
    attempt = alice.begin()
    alice.post(f"/attempts/{attempt.pk}/submit", alice.form(attempt, **all_right()) | {"over": "1"})
    assert Attempt.objects.get(pk=attempt.pk).state == AttemptState.IN_PROGRESS
    assert stored(attempt)["q1"] == "a"


def test_autosave_after_the_end_names_the_result(cast: Cast, visit: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    set_policy(cast, time_limit=30, grace=0)
    alice = visit(cast.alice)
    attempt = alice.begin()
    entry = {"item": item(attempt, 1), "answer": "a", "seq": 1}
    passes(monkeypatch, 31 * MINUTE)
    answer = alice.send(attempt, {"responses": [entry]})
    assert answer.status_code == 409
    assert answer.json()["result"].endswith("/result")
    assert Attempt.objects.get(pk=attempt.pk).state == AttemptState.SUBMITTED


# More time that the learner takes.


def test_button_of_the_form_saves_it_and_takes_more_time_without_script(
    cast: Cast, visit: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_policy(cast, time_limit=30, grace=10, extensions=1, extension_minutes=5)
    alice = visit(cast.alice)
    assert "Near the end you can take 5 minutes more, once." in alice.get().content.decode()
    attempt = alice.begin()
    form = alice.form(attempt, q1="a")
    page = alice.get(f"/attempts/{attempt.pk}/").content.decode()
    [taken] = re.findall(r'name="more_time" value="(\d+)"', page)
    passes(monkeypatch, 30 * MINUTE + timedelta(seconds=5))
    for _ in range(2):
        answer = alice.post(f"/attempts/{attempt.pk}/", form | {"more_time": taken})
        assert answer["Location"].endswith(f"/attempts/{attempt.pk}/")
    assert stored(attempt)["q1"] == "a"
    assert Attempt.objects.get(pk=attempt.pk).deadline_at == attempt.deadline_at + 5 * MINUTE
    assert 'name="more_time"' not in alice.get(f"/attempts/{attempt.pk}/").content.decode()
    seen = visit(cast.tess).get(f"/class/people/{cast.alice.person_id}/").content.decode()
    assert "Took more time once, 5 minutes." in seen


def test_page_takes_more_time_by_its_clock_and_nobody_else_does(cast: Cast, visit: Open) -> None:
    set_policy(cast, time_limit=30, extensions=10)
    alice = visit(cast.alice)
    attempt = alice.begin()
    address = f"/attempts/{attempt.pk}/clock"
    assert visit(cast.bob).post(address, {"more_time": "0"}).status_code == 404
    for nonsense in ("", "-1", "x", "²", "9" * 30, "1"):
        assert alice.post(address, {"more_time": nonsense}).json()["taken"] == 0
    said = alice.post(address, {"more_time": "0"}).json()
    assert (said["offer"], said["taken"]) == (5, 1)
    assert said["remaining"] > 34 * 60


# One question at a time.


def page_of(visit: Visit, attempt: Attempt, position: int) -> str:
    return visit.get(f"/attempts/{attempt.pk}/?q={position}").content.decode()


def go(visit: Visit, attempt: Attempt, here: int, to: int, **answers: str) -> Any:
    form = filled(page_of(visit, attempt, here), attempt, answers)
    return visit.post(f"/attempts/{attempt.pk}/?q={here}", form | {"go": str(to)})


def test_one_question_is_on_a_page_and_next_saves_and_goes_on(cast: Cast, visit: Open) -> None:
    set_policy(cast, one_at_a_time=True)
    alice = visit(cast.alice)
    attempt = alice.begin()
    page = page_of(alice, attempt, 1)
    assert re.findall(r'<fieldset class="question" id="(q\d+)"', page) == ["q1"]
    assert "Next question" in page
    answer = go(alice, attempt, 1, 2, q1="b")
    assert (answer.status_code, answer["Location"]) == (303, f"{alice.base}/attempts/{attempt.pk}/?q=2")
    page = page_of(alice, attempt, 2)
    assert "Question 2 of 10" in page
    assert "1</span> of 10 answered" in page
    assert stored(attempt)["q1"] == "b"
    assert page.count("not answered</span>") == 9


def test_back_and_the_list_lead_to_earlier_questions(cast: Cast, visit: Open) -> None:
    set_policy(cast, one_at_a_time=True)
    alice = visit(cast.alice)
    attempt = alice.begin()
    go(alice, attempt, 1, 2)
    assert go(alice, attempt, 2, 1)["Location"].endswith("?q=1")
    assert go(alice, attempt, 1, 7)["Location"].endswith("?q=7")
    assert 'id="q7"' in alice.get(f"/attempts/{attempt.pk}/").content.decode()  # on another device


def test_without_a_way_back_a_passed_question_neither_shows_nor_takes_an_answer(cast: Cast, visit: Open) -> None:
    set_policy(cast, one_at_a_time=True, going_back=False)
    alice = visit(cast.alice)
    attempt = alice.begin()
    older = filled(page_of(alice, attempt, 1), attempt, {"q1": "c"})
    go(alice, attempt, 1, 2, q1="a")
    page = page_of(alice, attempt, 1)
    assert 'id="q2"' in page
    assert ">Back<" not in page
    assert "you cannot come back to a question" in page
    refused = alice.post(f"/attempts/{attempt.pk}/?q=1", older | {"go": "2"})
    assert refused.status_code == 422
    assert 'role="alert"><p>You have gone past this question' in refused.content.decode()
    sent = alice.send(attempt, {"responses": [{"item": item(attempt, 1), "answer": "c", "seq": 9}]}).json()
    assert sent["results"][0]["state"] == "invalid"
    assert "gone past this question" in sent["results"][0]["detail"]
    assert stored(attempt)["q1"] == "a"


def test_pressing_next_twice_is_no_trouble(cast: Cast, visit: Open) -> None:
    set_policy(cast, one_at_a_time=True, going_back=False)
    alice = visit(cast.alice)
    attempt = alice.begin()
    form = filled(page_of(alice, attempt, 1), attempt, {"q1": "a"}) | {"go": "2"}
    for _ in range(2):
        assert alice.post(f"/attempts/{attempt.pk}/?q=1", form)["Location"].endswith("?q=2")


def test_an_answer_that_is_not_valid_keeps_the_learner_on_its_page(cast: Cast, visit: Open) -> None:
    set_policy(cast, one_at_a_time=True)
    alice = visit(cast.alice)
    attempt = alice.begin()
    answer = go(alice, attempt, 2, 3, q2="no such option")
    assert answer.status_code == 422
    assert 'id="q2"' in answer.content.decode()
    assert 'id="q3"' not in answer.content.decode()


@pytest.mark.parametrize("going_back", [True, False])
def test_unanswered_questions_are_links_only_where_there_is_a_way_back(
    cast: Cast, visit: Open, going_back: bool
) -> None:
    set_policy(cast, one_at_a_time=True, going_back=going_back)
    alice = visit(cast.alice)
    attempt = alice.begin()
    asked = alice.get(f"/attempts/{attempt.pk}/submit").content.decode()
    assert "10 questions have no answer yet" in asked
    assert (f'/attempts/{attempt.pk}/?q=3"' in asked) == going_back


@pytest.mark.parametrize("q", ["0", "99", "x", "-1", "²", "9" * 30])
def test_nonsense_for_a_page_shows_where_the_learner_was(cast: Cast, visit: Open, q: str) -> None:
    set_policy(cast, one_at_a_time=True)
    alice = visit(cast.alice)
    attempt = alice.begin()
    assert 'id="q1"' in alice.get(f"/attempts/{attempt.pk}/?q={q}").content.decode()
    assert go(alice, attempt, 1, 2)["Location"].endswith("?q=2")
    odd = alice.post(f"/attempts/{attempt.pk}/?q={q}", {"go": q})
    assert odd.status_code == 303


# Feedback by each question.


def test_checking_an_answer_shows_its_feedback_and_comes_back_to_it(cast: Cast, visit: Open) -> None:
    set_policy(cast, **dict.fromkeys(SHOWN, Shown.EACH_QUESTION))
    alice = visit(cast.alice)
    attempt = alice.begin()
    form = alice.form(attempt, q1="b", q2="a") | {"check": item(attempt, 1)}
    answer = alice.post(f"/attempts/{attempt.pk}/submit", form)
    assert answer["Location"].endswith(f"/attempts/{attempt.pk}/#q1")
    page = alice.get(f"/attempts/{attempt.pk}/").content.decode()
    assert "Partly correct" in page
    assert "Only half of it is so." in page
    assert 'name="again"' not in page
    assert page.count("Check this answer") == 9
    assert "2</span> of 10 answered" in page
    assert stored(attempt)["q2"] == "a"
    alice.post(f"/attempts/{attempt.pk}/submit", {"sure": "yes"})
    assert marking.mark_attempt(attempt.pk, timezone.now()).points == 1.5


def test_an_older_window_that_changes_a_checked_answer_keeps_its_other_answers(cast: Cast, visit: Open) -> None:
    set_policy(cast, show_mark=Shown.EACH_QUESTION)
    alice = visit(cast.alice)
    attempt = alice.begin()
    alice.post(f"/attempts/{attempt.pk}/submit", alice.form(attempt, q1="b") | {"check": item(attempt, 1)})
    entries = [{"item": item(attempt, position), "answer": "a", "seq": 9} for position in (1, 2)]
    saved = alice.send(attempt, {"responses": entries}).json()["results"]
    assert {row["item"]: row["state"] for row in saved} == {item(attempt, 1): "invalid", item(attempt, 2): "saved"}
    assert (stored(attempt)["q1"], stored(attempt)["q2"]) == ("b", "a")


def test_checking_an_unanswered_question_says_so_beside_it(cast: Cast, visit: Open) -> None:
    set_policy(cast, show_mark=Shown.EACH_QUESTION)
    alice = visit(cast.alice)
    attempt = alice.begin()
    answer = alice.post(f"/attempts/{attempt.pk}/submit", alice.form(attempt) | {"check": item(attempt, 2)})
    assert answer.status_code == 422
    assert "Answer the question first." in answer.content.decode()


def test_without_that_policy_there_is_nothing_to_check(cast: Cast, visit: Open) -> None:
    alice = visit(cast.alice)
    attempt = alice.begin()
    assert "Check this answer" not in alice.get(f"/attempts/{attempt.pk}/").content.decode()
    alice.post(f"/attempts/{attempt.pk}/submit", alice.form(attempt, q1="a") | {"check": item(attempt, 1)})
    assert not attempt.responses.exclude(checked_at=None).exists()
    assert "Because it is so." not in alice.get(f"/attempts/{attempt.pk}/").content.decode()


# The receipt.


def test_learner_sees_the_receipt_and_the_teacher_checks_it(cast: Cast, visit: Open) -> None:
    attempt = hand_in(cast.alice, **all_right())
    page = visit(cast.alice).get(f"/attempts/{attempt.pk}/result").content.decode()
    [receipt] = re.findall(r"<code>([A-Z2-7-]+)</code>", page)
    assert receipt == receipts.code(attempt)
    tess = visit(cast.tess)
    assert "Check a receipt" in tess.get("/class/").content.decode()
    said = tess.post("/class/receipt", {"code": f" {receipt.lower()} "}).content.decode()
    assert "This receipt is genuine." in said
    assert f"/class/attempts/{attempt.pk}" in said
    assert "No attempt in this class" in tess.post("/class/receipt", {"code": "ABCD-EFGH-IJKL"}).content.decode()
    tampered = receipt[:-4] + ("AAAA" if receipt[-4:] != "AAAA" else "BBBB")
    assert "does not fit" in tess.post("/class/receipt", {"code": tampered}).content.decode()


def test_a_receipt_of_another_course_proves_nothing_here(cast: Cast, visit: Open) -> None:
    elsewhere = hand_in(cast.charlie, q1="a")
    said = visit(cast.tess).post("/class/receipt", {"code": receipts.code(elsewhere)}).content.decode()
    assert "No attempt in this class" in said
    assert "Charlie" not in said


def test_receipts_are_checked_by_teachers_only(cast: Cast, visit: Open) -> None:
    assert visit(cast.alice).get("/class/receipt").status_code == 403


def test_clock_is_json_that_never_names_a_wall_clock_to_compare(cast: Cast, visit: Open) -> None:
    """`deadline` only names which end is meant; what a page counts from is `remaining`."""
    alice = visit(cast.alice)
    attempt = alice.begin()
    said = json.loads(alice.get(f"/attempts/{attempt.pk}/clock").content)
    assert said == {"state": "in_progress", "remaining": None, "deadline": None, "offer": 0, "taken": 0}

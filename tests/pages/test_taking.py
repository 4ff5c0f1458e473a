"""The check without script: start, save, come back, submit, see the result."""

import gzip
import pickle
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.core.cache import caches
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from assessment import attempts, marking, review
from assessment.models import Assignment, Attempt, AttemptState, Counts
from assessment.placement import placing
from lti.models import Launch
from tests.cast import NOW, Cast, all_right, answer, hand_in, publish
from tests.pages.conftest import Visit, filled, stored

Open = Callable[..., Visit]


def test_overview_says_what_counts_and_offers_to_start(cast: Cast, visit: Open) -> None:
    page = visit(cast.alice).get().content.decode()
    assert "10 questions, 10 points" in page
    assert "Unlimited" in page
    assert "Your best attempt" in page
    assert "Start the check" in page


def test_start_leads_to_the_questions_and_twice_to_the_same_attempt(cast: Cast, visit: Open) -> None:
    alice = visit(cast.alice)
    first, second = alice.begin(), alice.begin()
    assert first == second
    assert "Continue the check" in alice.get().content.decode()


def test_saved_form_is_there_after_coming_back(cast: Cast, visit: Open) -> None:
    alice = visit(cast.alice)
    attempt = alice.begin()
    sent = alice.post(f"/attempts/{attempt.pk}/", alice.form(attempt, q1="b", q8="\n  two\r\nlines <b>"))
    assert sent.status_code == 303
    again = alice.form(attempt)
    assert stored(attempt)["q1"] == "b"
    assert again[f"answer-{attempts.questions(attempt)[7].item_version_id}"] == "\n  two\nlines <b>"
    assert "2</span> of 10 answered" in alice.get(f"/attempts/{attempt.pk}/").content.decode()


def test_enter_on_an_answer_saves_and_stays(cast: Cast, visit: Open) -> None:
    alice = visit(cast.alice)
    attempt = alice.begin()
    sent = alice.post(f"/attempts/{attempt.pk}/", alice.form(attempt, q1="b") | {"stay": ""})
    assert sent.status_code == 303
    assert sent["Location"].endswith(f"/attempts/{attempt.pk}/")
    assert stored(attempt)["q1"] == "b"


def test_submit_with_open_questions_asks_once_and_keeps_the_answers(cast: Cast, visit: Open) -> None:
    alice = visit(cast.alice)
    attempt = alice.begin()
    asked = alice.post(f"/attempts/{attempt.pk}/submit", alice.form(attempt, q1="a"), follow=True)
    attempt.refresh_from_db()
    assert (asked.status_code, attempt.state) == (200, AttemptState.IN_PROGRESS)
    assert "9 questions have no answer yet" in asked.content.decode()
    assert stored(attempt)["q1"] == "a"
    sure = alice.post(f"/attempts/{attempt.pk}/submit", {"sure": "yes"})
    attempt.refresh_from_db()
    assert (sure.status_code, attempt.state) == (303, AttemptState.SUBMITTED)
    assert sure["Location"].endswith("/result")


def test_page_that_asks_about_open_questions_can_be_gone_back_to(cast: Cast, visit: Open) -> None:
    alice = visit(cast.alice)
    attempt = alice.begin()
    sent = alice.post(f"/attempts/{attempt.pk}/submit", alice.form(attempt, q1="a"))
    assert (sent.status_code, sent["Location"]) == (303, f"{alice.base}/attempts/{attempt.pk}/submit")
    assert "9 questions have no answer yet" in alice.client.get(sent["Location"]).content.decode()
    alice.post(f"/attempts/{attempt.pk}/submit", {"sure": "yes"})
    assert alice.client.get(sent["Location"])["Location"].endswith("/result")


def test_submit_with_every_answer_does_not_ask(cast: Cast, visit: Open) -> None:
    alice = visit(cast.alice)
    attempt = alice.begin()
    sent = alice.post(f"/attempts/{attempt.pk}/submit", alice.form(attempt, **all_right()))
    attempt.refresh_from_db()
    assert (sent.status_code, attempt.state) == (303, AttemptState.SUBMITTED)
    assert stored(attempt)["q8"] == all_right()["q8"]


def test_submitting_again_leads_to_the_result_and_changes_nothing(cast: Cast, visit: Open) -> None:
    alice = visit(cast.alice)
    attempt = hand_in(cast.alice, **all_right())
    again = alice.post(f"/attempts/{attempt.pk}/submit", {"sure": "yes"})
    assert again["Location"].endswith("/result")
    saved = alice.post(f"/attempts/{attempt.pk}/", {})
    assert saved["Location"].endswith("/result")
    assert Attempt.objects.get(pk=attempt.pk).submitted_at == attempt.submitted_at


def test_older_window_neither_overwrites_nor_hides_what_it_sent(cast: Cast, visit: Open) -> None:
    alice = visit(cast.alice)
    attempt = alice.begin()
    older = alice.form(attempt, q1="c", q8="from the older window")
    alice.post(f"/attempts/{attempt.pk}/", alice.form(attempt, q1="b", q8="newest"))
    late = alice.post(f"/attempts/{attempt.pk}/", older)
    assert late.status_code == 303
    assert (stored(attempt)["q1"], stored(attempt)["q8"]) == ("b", "newest")
    path = late["Location"].removeprefix(alice.base)
    for _ in range(2):  # Back and reload ask for it again
        shown = alice.get(path)
        page = shown.content.decode()
        assert shown.status_code == 200
        assert "<title>Error:" in page
        assert page.count("The newest version is shown here.") == 2
        assert "from the older window" in page
    assert "The newest version is shown here." not in alice.get(f"/attempts/{attempt.pk}/").content.decode()


def test_what_came_too_late_is_shown_in_its_own_attempt_only(cast: Cast, visit: Open) -> None:
    alice = visit(cast.alice)
    attempt = alice.begin()
    older = alice.form(attempt, q8="from the older window")
    alice.post(f"/attempts/{attempt.pk}/", alice.form(attempt, q8="newest"))
    assert alice.post(f"/attempts/{attempt.pk}/submit", older).status_code == 303
    attempts.submit(attempt=attempt, now=NOW)

    following = alice.begin()
    assert (
        "The newest version is shown here." not in alice.get(f"/attempts/{following.pk}/?overtaken=1").content.decode()
    )


def test_answer_that_came_too_late_is_shown_beside_one_that_is_refused(cast: Cast, visit: Open) -> None:
    alice = visit(cast.alice)
    attempt = alice.begin()
    older = alice.form(attempt, q1="c", q8="x" * 201)
    alice.post(f"/attempts/{attempt.pk}/", alice.form(attempt, q1="b"))
    answer = alice.post(f"/attempts/{attempt.pk}/", older)
    assert answer.status_code == 422
    assert "The newest version is shown here." in answer.content.decode()
    assert "x" * 201 in answer.content.decode()


def test_untouched_fields_of_an_older_window_are_no_conflict(cast: Cast, visit: Open) -> None:
    alice = visit(cast.alice)
    attempt = alice.begin()
    older = alice.form(attempt, q2="b")
    alice.post(f"/attempts/{attempt.pk}/", alice.form(attempt, q1="b"))
    assert alice.post(f"/attempts/{attempt.pk}/", older).status_code == 303
    assert (stored(attempt)["q1"], stored(attempt)["q2"]) == ("b", "b")


def test_change_back_after_an_autosave_is_not_mistaken_for_untouched(cast: Cast, visit: Open) -> None:
    """Script sends b with number 1, then the learner returns to the blank-page value: the form says number 2."""
    alice = visit(cast.alice)
    attempt = alice.begin()
    item = attempts.questions(attempt)[7].item_version_id
    form = alice.form(attempt)
    alice.send(attempt, {"responses": [{"item": str(item), "answer": "half a thought", "seq": 1}]})
    form[f"seq-{item}"] = "2"
    assert alice.post(f"/attempts/{attempt.pk}/", form).status_code == 303
    assert stored(attempt)["q8"] is None


def test_refused_answer_stays_in_its_field_and_the_others_are_saved(cast: Cast, visit: Open) -> None:
    alice = visit(cast.alice)
    attempt = alice.begin()
    form = alice.form(attempt, q1="a", q8="x" * 201)
    answer_page = alice.post(f"/attempts/{attempt.pk}/submit", form)
    page = answer_page.content.decode()
    assert answer_page.status_code == 422
    assert "<title>Error:" in page
    assert 'href="#q8"' in page
    assert "x" * 201 in page
    assert stored(attempt)["q1"] == "a"
    attempt.refresh_from_db()
    assert attempt.state == AttemptState.IN_PROGRESS


@pytest.mark.parametrize("seq", ["", "x", "-1", "99999999999999999999", "٣", "0"])
def test_odd_number_in_a_hidden_field_is_refused_politely(cast: Cast, visit: Open, seq: str) -> None:
    alice = visit(cast.alice)
    attempt = alice.begin()
    form = alice.form(attempt, q1="a")
    form[f"seq-{attempts.questions(attempt)[0].item_version_id}"] = seq
    assert alice.post(f"/attempts/{attempt.pk}/", form).status_code in (303, 422)


def test_form_without_numbers_is_saved(cast: Cast, visit: Open) -> None:
    alice = visit(cast.alice)
    attempt = alice.begin()
    item = attempts.questions(attempt)[0].item_version_id
    assert alice.post(f"/attempts/{attempt.pk}/", {f"answer-{item}": "a"}).status_code == 303
    assert stored(attempt)["q1"] == "a"


def test_window_left_open_after_submit_hears_that_it_was_late(cast: Cast, visit: Open) -> None:
    alice = visit(cast.alice)
    attempt = alice.begin()
    form = alice.form(attempt, q1="a")
    attempts.submit(attempt=attempt, now=NOW)
    sent = alice.post(f"/attempts/{attempt.pk}/submit", form, follow=True)
    assert "Being marked" in sent.content.decode()
    assert stored(attempt)["q1"] is None


def test_result_waits_and_reloads_itself_while_marking_runs(cast: Cast, visit: Open) -> None:
    alice = visit(cast.alice)
    attempt = hand_in(cast.alice, marked=False, **all_right())
    page = alice.get(f"/attempts/{attempt.pk}/result").content.decode()
    assert '<noscript><meta http-equiv="refresh"' in page
    before = alice.get(f"/attempts/{attempt.pk}/status").json()
    marking.mark_attempt(attempt.pk, NOW)
    after = alice.get(f"/attempts/{attempt.pk}/status").json()
    assert before["state"] == "submitted"
    assert before["version"] != after["version"]
    assert f'data-version="{after["version"]}"' in alice.get(f"/attempts/{attempt.pk}/result").content.decode()


def test_result_leads_with_the_score_and_what_it_waits_for(cast: Cast, visit: Open) -> None:
    attempt = hand_in(cast.alice, **all_right(q3="c", q4="b"))
    page = visit(cast.alice).get(f"/attempts/{attempt.pk}/result").content.decode()
    assert "7.5 <small>of 10 points so far" in page
    assert "9 of 10 marked" in page
    assert "up to 1 more point." in page
    assert page.count("✓ Correct") == 7
    assert page.count("✗ Incorrect") == 1
    assert page.count("◐ Partly correct") == 1
    assert "It is not so." in page
    assert "/lesson/#summary" in page
    assert "On its way to your gradebook" in page


def test_result_never_names_the_right_option_that_was_not_chosen(cast: Cast, visit: Open) -> None:
    attempt = hand_in(cast.alice, **all_right(q3="c"))
    page = visit(cast.alice).get(f"/attempts/{attempt.pk}/result").content.decode()
    assert page.count("The right one") == 8


def test_ideas_that_earn_full_credit_are_held_back_while_another_attempt_may_begin(cast: Cast, visit: Open) -> None:
    attempt = hand_in(cast.alice, **all_right())
    alice, address = visit(cast.alice), f"/attempts/{attempt.pk}/result"
    assert "Names the secret idea" not in alice.get(address).content.decode()
    assert "Names the secret idea" in visit(cast.tess).get(f"/class/attempts/{attempt.pk}").content.decode()
    Assignment.objects.update(max_attempts=1)
    assert "Names the secret idea" in alice.get(address).content.decode()


def test_ideas_are_held_back_from_full_credit_too_while_another_attempt_may_begin(cast: Cast, visit: Open) -> None:
    attempt = hand_in(cast.alice, **all_right())
    response = attempt.responses.get(item_version__item__identifier="q8")
    review.confirm(response=response, points=Decimal(1), note="", by=cast.tess.person, now=NOW)
    alice, address = visit(cast.alice), f"/attempts/{attempt.pk}/result"
    assert "Names the secret idea" not in alice.get(address).content.decode()
    Assignment.objects.update(max_attempts=1)
    assert "Names the secret idea" in alice.get(address).content.decode()


def test_learner_reads_how_many_attempts_are_left_before_starting_again(cast: Cast, visit: Open) -> None:
    attempt = hand_in(cast.alice, **all_right())
    address = f"/attempts/{attempt.pk}/result"
    assert "left." not in visit(cast.alice).get(address).content.decode()
    for most, said in ((2, "1 attempt left."), (3, "2 attempts left.")):
        Assignment.objects.update(max_attempts=most)
        assert said in visit(cast.alice).get(address).content.decode()


@pytest.mark.parametrize("end", ["limit", "closed", "not open again"])
def test_ideas_are_held_back_during_the_last_attempt_too(cast: Cast, visit: Open, end: str) -> None:
    first = hand_in(cast.alice, **all_right())
    alice, address = visit(cast.alice), f"/attempts/{first.pk}/result"
    second = alice.begin()
    day = timedelta(days=1)
    changes: dict[str, dict[str, Any]] = {
        "limit": {"max_attempts": 2},
        "closed": {"closes_at": timezone.now() - day},
        "not open again": {"opens_at": timezone.now() + day},
    }
    Assignment.objects.update(**changes[end])
    assert "Names the secret idea" not in alice.get(address).content.decode()
    attempts.submit(attempt=second, now=NOW)
    assert ("Names the secret idea" in alice.get(address).content.decode()) is (end != "not open again")


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        (Counts.LATEST, "The latest attempt counts, even if it earns less."),
        (Counts.FIRST, "Your first attempt counts. Further attempts are for practice"),
    ],
)
def test_learner_knows_before_starting_again_what_it_can_do_to_the_grade(
    cast: Cast, visit: Open, counts: Counts, said: str
) -> None:
    Assignment.objects.update(counts=counts)
    alice = visit(cast.alice)
    assert said not in alice.get().content.decode()
    attempt = hand_in(cast.alice, **all_right())
    for page in ("/", f"/attempts/{attempt.pk}/result"):
        assert said in alice.get(page).content.decode()
    Assignment.objects.update(max_attempts=1)
    assert said not in alice.get().content.decode()


def test_blank_answer_is_called_so_where_the_score_alone_is_shown(cast: Cast, visit: Open) -> None:
    Assignment.objects.update(**dict.fromkeys(placing.SHOWN, "never"))
    attempt = hand_in(cast.alice, **all_right(q3=""))
    page = visit(cast.alice).get(f"/attempts/{attempt.pk}/result").content.decode()
    assert page.count("– Not answered") == 1


def test_policy_of_score_only_shows_no_feedback(cast: Cast, visit: Open) -> None:
    attempt = hand_in(cast.alice, **all_right(q3="c"))
    for facet in placing.SHOWN:
        setattr(cast.assignment, facet, "never")
    cast.assignment.save()
    page = visit(cast.alice).get(f"/attempts/{attempt.pk}/result").content.decode()
    assert "Your teacher chose to show the score only." in page
    assert not any(
        words in page for words in ("Correct</span>", "Incorrect", "Because it is so.", "Names the secret idea")
    )


def test_last_attempt_used_up_starts_no_other(cast: Cast, visit: Open) -> None:
    cast.assignment.max_attempts = 1
    cast.assignment.save()
    alice = visit(cast.alice)
    hand_in(cast.alice, **all_right())
    refused = alice.post("/check/")
    assert refused.status_code == 409
    assert "used all your attempts" in refused.content.decode()
    assert "Start again" not in alice.get().content.decode()


def test_open_attempt_keeps_its_version_when_the_quiz_changes(cast: Cast, visit: Open) -> None:
    alice = visit(cast.alice)
    attempt = alice.begin()
    form = alice.form(attempt, q1="a")
    publish(cast.quiz)
    assert alice.post(f"/attempts/{attempt.pk}/", form).status_code == 303
    assert stored(attempt)["q1"] == "a"


def test_lesson_inside_the_launch_leads_to_the_check(cast: Cast, visit: Open) -> None:
    alice = visit(cast.alice)
    assert f'href="{alice.base}/"' in alice.get("/lesson/").content.decode()
    attempt = alice.begin()
    assert f'href="{alice.base}/attempts/{attempt.pk}/"' in alice.get("/lesson/").content.decode()


def test_names_and_answers_are_text_never_markup(cast: Cast, visit: Open) -> None:
    evil = "<script>alert(1)</script>\"'&"
    cast.alice.person.name = cast.assignment.title = evil
    cast.alice.person.save()
    cast.assignment.save()
    attempt = hand_in(cast.alice, **all_right(q8=evil))
    alice, tess = visit(cast.alice), visit(cast.tess)
    assert "<script>alert" not in tess.get("/review/").content.decode()
    pages = [alice.get(), alice.get(f"/attempts/{attempt.pk}/result"), tess.get()]
    pages += [tess.get(f"/class/attempts/{attempt.pk}"), tess.get(f"/review/{attempt.responses.get(waiting=True).pk}/")]
    for page in pages:
        assert "<script>alert" not in page.content.decode()
        assert "&lt;script&gt;" in page.content.decode()


def test_pages_cost_the_same_number_of_queries_for_any_answers(
    cast: Cast, visit: Open, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    alice = visit(cast.alice)
    attempt = alice.begin()
    answer(attempt, **all_right())
    with django_assert_max_num_queries(4):  # launch, attempt, responses, marks
        alice.get(f"/attempts/{attempt.pk}/")
    attempts.submit(attempt=attempt, now=NOW)
    marking.mark_attempt(attempt.pk, NOW)
    with django_assert_max_num_queries(11):
        alice.get(f"/attempts/{attempt.pk}/result")
    with django_assert_max_num_queries(8):
        alice.get("/")


def test_no_page_of_a_launch_sets_a_cookie_or_may_be_stored(cast: Cast, visit: Open) -> None:
    alice = visit(cast.alice)
    attempt = alice.begin()
    for page in (alice.get(), alice.get(f"/attempts/{attempt.pk}/"), alice.get("/lesson/"), alice.get("/nothing")):
        assert not page.cookies
        assert "no-store" in page["Cache-Control"]
        assert "unsafe" not in page.get("Content-Security-Policy", "")


def test_player_weighs_less_than_30_kb_over_the_wire(cast: Cast, visit: Open) -> None:
    alice = visit(cast.alice)
    page = alice.get(f"/attempts/{alice.begin().pk}/").content
    files = {Path(str(finders.find(f"assay/{name}"))).read_bytes() for name in ("style.css", "page.js", "save.js")}
    assert sum(len(gzip.compress(part)) for part in (page, *files)) < 30_000


def test_two_launches_in_one_browser_stay_apart(cast: Cast, visit: Open) -> None:
    shared = Client()
    alice, bob = visit(cast.alice, shared), visit(cast.bob, shared)
    hers, his = alice.begin(), bob.begin()
    alice.post(f"/attempts/{hers.pk}/", alice.form(hers, q1="a"))
    bob.post(f"/attempts/{his.pk}/", bob.form(his, q1="c"))
    assert (stored(hers)["q1"], stored(his)["q1"]) == ("a", "c")
    page = alice.get(f"/attempts/{hers.pk}/").content.decode()
    assert alice.base in page
    assert bob.base not in page


def test_form_of_one_attempt_sent_to_another_changes_nothing_there(cast: Cast, visit: Open) -> None:
    """The items are the same, so only the address decides whose answer it is; a stranger's address is not there."""
    alice, bob = visit(cast.alice), visit(cast.bob)
    hers = alice.begin()
    form = filled(alice.get(f"/attempts/{hers.pk}/").content.decode(), hers, {"q1": "c"})
    assert bob.post(f"/attempts/{hers.pk}/", form).status_code == 404
    assert stored(hers)["q1"] is None


def test_what_pages_share_between_people_holds_nothing_of_one_person(cast: Cast, visit: Open, client: Client) -> None:
    secret = "a sentence of my own"
    for learner in (cast.alice, cast.bob):
        own = visit(learner)
        attempt = own.begin()
        own.get(f"/attempts/{attempt.pk}/")
        own.post(f"/attempts/{attempt.pk}/", own.form(attempt, q1="b", q8=secret))
        assert secret in own.get(f"/attempts/{attempt.pk}/").content.decode()
        own.post(f"/attempts/{attempt.pk}/submit", own.form(attempt) | {"sure": "yes"})
        marking.mark_attempt(attempt.pk, timezone.now())
        page = own.get(f"/attempts/{attempt.pk}/result").content.decode()
        assert secret in page
        shared = "".join(pickle.loads(part) for part in caches["pages"]._cache.values())
        assert "Question 1 of 10" in shared
        assert "Not answered" in shared
        assert not any(text in shared for text in (secret, own.base, str(attempt.pk), str(learner.person.pk)))


def test_questions_are_shown_as_oneself_answered_them_and_in_the_language_of_the_launch(
    cast: Cast, visit: Open
) -> None:
    alice, bob = visit(cast.alice), visit(cast.bob)
    first, second = alice.begin(), bob.begin()
    before = bob.get(f"/attempts/{second.pk}/").content.decode()
    alice.post(f"/attempts/{first.pk}/", alice.form(first, q1="b"))
    Launch.objects.filter(pk=bob.launch.pk).update(locale="de")

    assert stored(first)["q1"] == "b"
    assert " checked" in alice.get(f"/attempts/{first.pk}/").content.decode()
    after = bob.get(f"/attempts/{second.pk}/").content.decode()
    assert " checked" not in before + after
    assert "Question 1 of 10" in before
    assert "Question 1 of 10" not in after
    assert "Frage 1 von 10" in after

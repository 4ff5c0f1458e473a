"""The public check: no account, no cookie, feedback at once, nothing of it beside what counts."""

import re
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from assessment import attempts
from assessment.models import Attempt, Grade, StatisticsDelta
from roster.models import Person
from tests.cast import Cast, all_right, choice, choice_body, publish, quiz_of
from tests.pages.conftest import filled, stored

ADDRESS = "/learn/quiz/the-check"


def key_in(answer: HttpResponse) -> str:
    found = re.match(r"/learn/practice/([\w-]+)/#", answer["Location"])
    assert found
    return found[1]


def first_check(client: Client, cast: Cast, item: str = "q3", **answers: str) -> tuple[HttpResponse, Attempt]:
    version = cast.quiz.current
    assert version is not None
    items = {place.item_version.item.identifier: place.item_version_id for place in version.places.all()}
    data = {f"answer-{items[name]}": value for name, value in answers.items()} | {"check": str(items[item])}
    return client.post(ADDRESS, data), Attempt.objects.latest("started_at")


def test_looking_stores_nothing_and_sets_no_cookie(cast: Cast, client: Client) -> None:
    page = client.get(ADDRESS)
    assert page.status_code == 200
    assert not page.cookies
    assert not Attempt.objects.exists()
    assert "Because it is so." not in page.content.decode()


def test_checking_one_answer_comes_back_to_it_with_the_reason(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    people = Person.objects.count()
    answer, attempt = first_check(client, cast, q3="c", q1="a")
    assert answer.status_code == 303
    assert answer["Location"].endswith("#q3")
    page = client.get(answer["Location"]).content.decode()
    assert "✗ Incorrect" in page
    assert "It is not so." in page
    assert "#summary" in page
    assert "1 of 10 checked" in page
    assert "Because it is so." not in page  # q1 is kept, not checked
    assert stored(attempt)["q1"] == "a"
    assert Person.objects.count() == people
    assert (attempt.person_id, attempt.assignment_id) == (None, None)


def test_checked_answer_no_longer_changes(cast: Cast, client: Client) -> None:
    answer, attempt = first_check(client, cast, q3="c")
    item = attempts.questions(attempt)[2].item_version_id
    client.post(f"/learn/practice/{key_in(answer)}/", {f"answer-{item}": "a", f"seq-{item}": "9", "check": str(item)})
    assert stored(attempt)["q3"] == "c"


def question_on(page: str, position: int) -> str:
    """The part of the page between this question and the next."""
    return re.split(r'id="q\d+"', page)[position]


def test_options_stay_after_the_check_and_the_chosen_one_says_how_it_fared(cast: Cast, client: Client) -> None:
    answer, _ = first_check(client, cast, q3="c")
    question = question_on(client.get(answer["Location"]).content.decode(), 3)
    options = re.findall(r'<label class="option">(.*?)</label>', question, re.DOTALL)
    assert len(options) == 3
    assert [("checked" in option, "✗ Incorrect" in option) for option in options] == [
        (False, False),
        (False, False),
        (True, True),
    ]
    assert re.search(r'<fieldset class="given bad" disabled>', question)
    assert question.index("It is not so.") > question.index('class="option"')


@pytest.mark.parametrize(("chosen", "words"), [("a", "✓ Correct"), ("b", "◐ Partly correct"), ("c", "✗ Incorrect")])
def test_verdict_of_a_checked_answer_is_in_words(cast: Cast, client: Client, chosen: str, words: str) -> None:
    answer, _ = first_check(client, cast, q3=chosen)
    question = question_on(client.get(answer["Location"]).content.decode(), 3)
    assert question.count(words) == 2, "at the option and beside the feedback"


def test_question_can_be_tried_again_and_the_latest_check_counts(cast: Cast, client: Client) -> None:
    answer, attempt = first_check(client, cast, q3="c")
    address = f"/learn/practice/{key_in(answer)}/"
    item = str(attempts.questions(attempt)[2].item_version_id)

    opened = client.post(address, {"again": item})

    assert opened["Location"].endswith("#q3")
    question = question_on(client.get(address).content.decode(), 3)
    assert 'value="c" checked' in question, "the answer stays until another is given"
    assert "It is not so." not in question
    assert "Check this answer" in question
    form = filled(client.get(address).content.decode(), attempt, {"q3": "a"})
    assert client.post(address, form | {"check": item})["Location"].endswith("#q3")
    assert "✓ Correct" in question_on(client.get(address).content.decode(), 3)
    client.post(address, {"check": "all"})
    assert "1 <small>of 1 point" in client.get(address).content.decode()


@pytest.mark.parametrize("again", ["x", "00000000-0000-0000-0000-000000000000", "\x00"])
def test_odd_second_try_changes_nothing(cast: Cast, client: Client, again: str) -> None:
    answer, attempt = first_check(client, cast, q3="c")
    client.post(f"/learn/practice/{key_in(answer)}/", {"again": again})
    assert [question.checked for question in attempts.questions(attempt)].count(True) == 1


def test_checking_without_an_answer_says_so_beside_the_question(cast: Cast, client: Client) -> None:
    answer, attempt = first_check(client, cast, "q3", q1="a")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Answer the question first." in page
    assert 'href="#q3"' in page
    assert "/learn/practice/" in page
    assert stored(attempt)["q1"] == "a"


def test_open_answer_shows_the_ideas_to_compare_with(cast: Cast, client: Client) -> None:
    answer, _ = first_check(client, cast, "q8", q8="my <i>own</i> words")
    page = client.get(answer["Location"]).content.decode()
    assert "Names the secret idea." in page
    assert "my &lt;i&gt;own&lt;/i&gt; words" in page
    assert "Compare it yourself" in page


def test_finishing_shows_the_summary_and_leaves_out_what_was_skipped(cast: Cast, client: Client) -> None:
    answer, attempt = first_check(client, cast, q3="a", q4="b")
    address = f"/learn/practice/{key_in(answer)}/"
    form = filled(client.get(address).content.decode(), attempt, {"q5": "c"}) | {"check": "all"}
    done = client.post(address, form)
    assert done["Location"].endswith("#summary")
    page = client.get(address).content.decode()
    assert "1.5 <small>of 3 points" in page
    assert client.post(address, form).status_code == 303


def test_checking_the_last_answer_shows_its_feedback_before_the_end(cast: Cast, client: Client) -> None:
    answer, attempt = first_check(client, cast, "q1", **all_right())
    address = f"/learn/practice/{key_in(answer)}/"
    for question in attempts.questions(attempt)[1:]:
        client.post(address, {"check": str(question.item_version_id)})
    page = client.get(address).content.decode()
    assert "10 of 10 checked" in page
    assert page.count("Try again") == 10
    client.post(address, {"check": "all"})
    page = client.get(address).content.decode()
    assert "How it went" in page
    assert "9 <small>of 9 points" in page


def test_practice_touches_neither_grades_nor_statistics(cast: Cast, client: Client) -> None:
    answer, _ = first_check(client, cast, q3="a")
    client.post(f"/learn/practice/{key_in(answer)}/", {"check": "all"})
    assert not Grade.objects.exists()
    assert not StatisticsDelta.objects.exists()


def test_practice_page_is_not_kept_by_caches_and_names_no_other(cast: Cast, client: Client) -> None:
    answer, _ = first_check(client, cast, q3="a")
    page = client.get(answer["Location"])
    assert "no-store" in page["Cache-Control"]
    assert not page.cookies


@pytest.mark.parametrize("check", ["", "x", "00000000-0000-0000-0000-000000000000", "\x00", "all"])
def test_odd_buttons_are_no_fault_and_begin_nothing(cast: Cast, client: Client, check: str) -> None:
    page = client.post(ADDRESS, {"check": check})
    assert page.status_code == 422
    assert "Answer at least one question first." in page.content.decode()
    assert not Attempt.objects.exists()


@pytest.mark.parametrize("path", ["/learn/quiz/nothing", "/learn/practice/nothing/"])
def test_what_is_not_there_is_404(cast: Cast, client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


def test_key_of_a_learners_attempt_opens_no_practice(cast: Cast, client: Client) -> None:
    attempt = attempts.start(
        assignment=cast.assignment, person=cast.alice.person, preview=False, now=cast.alice.created_at
    )
    assert client.get(f"/learn/practice/{attempt.pk}/").status_code == 404


def test_front_page_names_the_check_and_needs_no_account(cast: Cast, client: Client) -> None:
    page = client.get("/").content.decode()
    assert f'href="{ADDRESS}"' in page
    assert "/admin/" in page


@pytest.mark.django_db
def test_front_page_of_an_empty_house_says_so(client: Client) -> None:
    assert "No lesson is published yet" in client.get("/").content.decode()


def test_launch_that_comes_to_the_address_of_the_content_reads_where_to_go(
    cast: Cast, client: Client, settings: Any
) -> None:
    """Open edX posts it there for some kinds of launch."""
    page = client.post(f"/learn/quiz/{cast.quiz.slug}", {"id_token": "x.y.z", "state": "s"})

    assert page.status_code == 400
    assert "wrong address" in page.content.decode()
    assert f"the redirect URI is {settings.BASE_URL}/lti/launch" in page.content.decode()
    assert not Attempt.objects.exists()


def test_empty_posts_write_nothing(cast: Cast, client: Client) -> None:
    version = cast.quiz.current
    assert version is not None
    item = version.places.get(position=1).item_version_id
    for data in ({}, {"check": str(item)}, {"check": str(item), f"answer-{item}": "", f"seq-{item}": "1"}):
        assert client.post(ADDRESS, data).status_code == 422
    assert not Attempt.objects.exists()


def test_question_for_a_file_says_that_practice_takes_none(db: None, client: Client) -> None:
    rubric = [{"level": "full", "idea": "Complete", "example": ""}]
    body = {"stem": "Hand it in.", "types": [".pdf"], "max_size": 9999, "max_files": 1, "rubric": rubric}
    quiz_of({"kind": "file_upload", "points": "1", "body": body}, choice())
    page = client.get("/learn/quiz/check").content.decode()
    assert "practice without an account takes no files" in page
    assert 'type="file"' not in page
    assert page.count("Check this answer") == 1


def test_one_client_cannot_begin_without_end(cast: Cast, client: Client, settings: Any) -> None:
    settings.ASSAY_PRACTICES_PER_HOUR = 2
    for _ in range(2):
        assert first_check(client, cast, q3="a")[0].status_code == 303

    limited, _ = first_check(client, cast, q3="c")

    assert limited.status_code == 429
    assert 0 < int(limited["Retry-After"]) <= 3600
    page = limited.content.decode()
    assert "no more can be started right now" in page
    assert 'value="c" checked' in page, "what was answered stands in the page"
    assert Attempt.objects.count() == 2
    data = {
        "check": "all",
        f"answer-{attempts.questions(Attempt.objects.latest('started_at'))[0].item_version_id}": "a",
    }
    assert client.post(ADDRESS, data, REMOTE_ADDR="192.0.2.7").status_code == 303
    settings.BEHIND_PROXY = True
    for sent, status in (("6.6.6.6, 192.0.2.8", 303), ("7.7.7.7, 192.0.2.8", 303), ("8.8.8.8, 192.0.2.8", 429)):
        assert client.post(ADDRESS, data, HTTP_X_FORWARDED_FOR=sent).status_code == status


def test_answer_to_an_earlier_wording_is_said_and_not_dropped(cast: Cast, client: Client) -> None:
    old = cast.quiz.current
    assert old is not None
    place = old.places.get(position=3)
    publish(cast.quiz, q3={"body": choice_body("q3, put better: which is right?")})

    page = client.post(ADDRESS, {f"answer-{place.item_version_id}": "b", "check": str(place.item_version_id)})

    assert page.status_code == 409
    shown = page.content.decode()
    assert "This check was changed after you opened the page." in shown
    assert "q3: which is right?" in shown
    assert "The half right one" in shown
    assert "q3, put better" in shown
    assert not Attempt.objects.exists()

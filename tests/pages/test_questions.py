"""The questions of a check as their teacher sees them: figures, advice, and the answers behind a bar."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from assessment.statistics import folding, recount
from lti.models import Launch
from roster.models import Enrollment, Group, Role
from tests.axe import violations
from tests.cast import (
    NOW,
    Cast,
    all_right,
    choice_body,
    hand_in,
    make_cast,
    make_launch,
    make_link,
    make_person,
    publish,
    published_quiz,
)
from tests.pages.conftest import Visit, key_of

Open = Callable[..., Visit]

QUESTIONS, SECOND = "/class/questions/", "/class/questions/2/"
PAGES = [QUESTIONS, SECOND, "/class/questions/2/answers/"]


def learner(cast: Cast, name: str) -> Launch:
    return make_launch(cast.alice.resource_link, make_person(cast.alice.resource_link, name))


def make_class(cast: Cast, n: int = 12) -> None:
    """The weaker half gets the first questions wrong; in question 2 it is the stronger half that misses the key."""
    for at in range(n):
        strong = at >= n // 2
        wrong = {} if strong else {f"q{place}": "c" for place in (1, 3, 4, 5, 6)[: 1 + at]}
        hand_in(learner(cast, f"Learner {at:02}"), **all_right(q2="c" if strong else "a", q8="") | wrong)
    fold(cast)


def fold(cast: Cast) -> None:
    folding.fold(assignment_id=cast.assignment.pk, now=NOW)


def shown(visit: Visit, path: str) -> str:
    answer = visit.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def row(page: str, position: int) -> str:
    """What the list of questions says of one."""
    return words("<tr" + page.split("<tbody")[1].split("<tr")[position])


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("role", [Role.LEARNER, Role.OTHER])
def test_only_instructors_see_the_questions_and_their_answers(cast: Cast, visit: Open, path: str, role: Role) -> None:
    stranger = make_launch(cast.alice.resource_link, cast.alice.person, role)
    assert visit(stranger).get(path).status_code == 403


@pytest.mark.parametrize("path", PAGES)
def test_there_is_nothing_where_no_check_is_placed(cast: Cast, visit: Open, path: str) -> None:
    published_quiz()  # a second one, so that somebody has to choose
    empty = make_link(cast.alice.deployment)
    theo = make_launch(empty, make_person(empty, "Theo"), Role.INSTRUCTOR)
    assert visit(theo).get(path).status_code == 404


def test_teacher_of_another_course_sees_none_of_this_class(cast: Cast, visit: Open) -> None:
    make_class(cast, 4)
    link = cast.charlie.resource_link
    theo = visit(make_launch(link, make_person(link, "Theo"), Role.INSTRUCTOR))
    assert "Figures appear with the first marked attempt." in shown(theo, QUESTIONS)
    assert "Nobody gave this answer." in shown(theo, f"{SECOND}answers/")
    assert "4 answers" in shown(visit(cast.tess), f"{SECOND}answers/")


@pytest.mark.parametrize(
    "path",
    [
        "/class/questions/0/",
        "/class/questions/11/",
        "/class/questions/11/answers/",
        f"{SECOND}answers/?category=nonsense",
        f"{SECOND}?version=99",
        f"{QUESTIONS}?version=99",
    ],
)
def test_what_the_check_does_not_have_is_not_there(cast: Cast, visit: Open, path: str) -> None:
    assert visit(cast.tess).get(path).status_code == 404


@pytest.mark.parametrize(
    "query", ["population=nonsense", "population=best", "version=x", "version=", "group=x", "page=x", "version=²"]
)
def test_nonsense_in_the_form_is_as_if_it_were_not_there(cast: Cast, visit: Open, query: str) -> None:
    make_class(cast, 2)
    for path in PAGES:
        assert visit(cast.tess).get(f"{path}?{query}").status_code == 200


def test_each_question_stands_in_a_row_with_its_text_and_figures(cast: Cast, visit: Open) -> None:
    make_class(cast)
    page = shown(visit(cast.tess), QUESTIONS)
    first = row(page, 1)
    assert first.startswith("Question 1 q1: which is right? 50 % (25 to 75 %)")
    assert "✓ Key: The right one 6" in first
    assert "The wrong one 6" in first
    assert page.count('<svg class="chart interval"') == 10


def test_figures_show_from_the_first_learner_and_say_that_they_are_too_few(cast: Cast, visit: Open) -> None:
    hand_in(cast.alice, **all_right(q2="c", q8=""))
    fold(cast)
    page = shown(visit(cast.tess), QUESTIONS)
    assert re.match(r"Question 2 q2: which is right\? 0 % \(0 to \d+ %\) too few to judge", row(page, 2))
    assert "100 %" in row(page, 1)
    assert "Questions to look at" not in page


def test_question_to_look_at_is_named_with_its_options_and_leads_there(cast: Cast, visit: Open) -> None:
    make_class(cast)
    tess = visit(cast.tess)
    page = shown(tess, QUESTIONS)
    said = page.split('<ol class="advice">')[1].split("</ol>")[0]
    assert (
        "Half of the class chose The wrong one in question 2; the key is The right one . "
        "Those who chose it did well otherwise: look at the key. Few answers so far: more may change this."
    ) in words(said)
    assert f'href="{tess.base}{SECOND}"' in said
    assert "look at the key" in shown(tess, SECOND)
    assert "look at the key" not in shown(tess, "/class/questions/1/")


def test_words_of_authors_and_learners_are_text_and_no_markup(visit: Open, db: None) -> None:
    body = choice_body("Is <b>1 < 2</b>?")
    body["options"][2]["text"] = "<script>alert(1)</script> never"
    cast = make_cast(quiz=published_quiz("the-check", q2={"body": body}))
    make_class(cast)
    for path in PAGES:
        page = shown(visit(cast.tess), path)
        assert "<script>alert" not in page
        assert "<b>" not in page


def test_page_of_a_question_has_its_rationales_and_ways_to_the_key(cast: Cast, visit: Open) -> None:
    make_class(cast)
    page = shown(visit(cast.tess), SECOND)
    assert page.count('<svg class="chart third') == 9, "three options, in three thirds each"
    assert "Lower third 100 % Middle third" in words(page)
    assert "Because it is so." in page
    assert "It is not so." in page
    assert "Question 1" in page
    assert "Question 3" in page
    assert "Edit this question" not in page, "the check is the library's, which a teacher may only copy"


def test_teacher_who_may_write_the_check_gets_to_the_question_and_its_key(cast: Cast, visit: Open) -> None:
    make_class(cast, 2)
    cast.quiz.institution = cast.tess.institution
    cast.quiz.save()
    tess = visit(cast.tess)
    page = shown(tess, SECOND)
    for link in re.findall(r'href="([^"]+/write/checks/[^"]+)"', page):
        assert tess.client.get(link.split("#")[0]).status_code == 200
    assert "Edit this question" in page
    assert "Review the key" in page


def test_answers_behind_a_bar_are_those_who_gave_them(cast: Cast, visit: Open) -> None:
    make_class(cast)
    tess = visit(cast.tess)
    links = re.findall(r'href="([^"]+answers/\?[^"]*category=[^"]*)"[^>]*>(\d+) answers?', shown(tess, SECOND))
    assert [number for _, number in links] == ["6", "6"]
    for link, number in links:
        page = tess.client.get(unescape(link)).content.decode()
        assert page.count('<th scope="row"') == int(number)
    wrong = words(shown(tess, f"{SECOND}answers/?category=c"))
    assert "Learner 11" in wrong
    assert "Learner 05" not in wrong
    assert "12 answers" in words(shown(tess, f"{SECOND}answers/"))


def test_blank_answers_have_their_list_too(cast: Cast, visit: Open) -> None:
    hand_in(cast.alice, **all_right(q2=""))
    hand_in(cast.bob, **all_right())
    fold(cast)
    page = shown(visit(cast.tess), f"{SECOND}answers/?category=")
    assert ("Alice" in page, "Bob" in page) == (True, False)


def test_first_attempts_are_the_rule_and_all_can_be_asked_for(cast: Cast, visit: Open) -> None:
    hand_in(cast.alice, **all_right(q2="c", q8=""))
    hand_in(cast.alice, **all_right(q8=""))
    fold(cast)
    tess = visit(cast.tess)
    assert "The wrong one 1" in row(shown(tess, QUESTIONS), 2)
    assert "✓ Key: The right one 0" in row(shown(tess, QUESTIONS), 2)
    everything = shown(tess, f"{QUESTIONS}?population=all")
    assert "✓ Key: The right one 1" in row(everything, 2)
    assert f'href="{tess.base}{SECOND}?population=all"' in everything
    assert "attempt 2" in shown(tess, f"{SECOND}answers/?population=all")
    assert "attempt 2" not in shown(tess, f"{SECOND}answers/")


def test_older_version_of_the_check_can_be_looked_at(cast: Cast, visit: Open) -> None:
    hand_in(cast.alice, **all_right(q8=""))
    publish(cast.quiz, q2={"body": choice_body("The newer text")})
    hand_in(cast.bob, **all_right(q8=""))
    fold(cast)
    tess = visit(cast.tess)
    assert "The newer text" in row(shown(tess, QUESTIONS), 2)
    older = shown(tess, f"{QUESTIONS}?version=1")
    assert "q2: which is right?" in row(older, 2)
    assert f'href="{tess.base}{SECOND}?version=1"' in older
    answers = shown(tess, f"{SECOND}answers/?version=1")
    assert ("Alice" in answers, "Bob" in answers) == (True, False)


def test_group_of_the_class_limits_the_answers(cast: Cast, visit: Open) -> None:
    hand_in(cast.alice, **all_right(q8=""))
    hand_in(cast.bob, **all_right(q8=""))
    fold(cast)
    group = Group.objects.create(institution=cast.tess.institution, course=cast.tess.course, name="Blue", group_id="1")
    group.members.add(cast.alice.person)
    recount.recount(assignment_id=cast.assignment.pk, now=NOW)
    tess = visit(cast.tess)
    page = shown(tess, f"{SECOND}answers/?group={group.pk}")
    assert ("Alice" in page, "Bob" in page) == (True, False)
    assert "✓ Key: The right one 1" in row(shown(tess, f"{QUESTIONS}?group={group.pk}"), 2)
    other = Group.objects.create(institution=cast.dora.institution, course=cast.dora.course, name="Red", group_id="2")
    assert "✓ Key: The right one 2" in row(shown(tess, f"{QUESTIONS}?group={other.pk}"), 2), "not of this course"


@pytest.mark.parametrize(("population", "right"), [("first", 0), ("highest", 1), ("latest", 0), ("all", 1)])
def test_which_attempts_count_is_chosen(cast: Cast, visit: Open, population: str, right: int) -> None:
    for answers in ({"q2": "c"}, {}, {"q2": "c"}):
        hand_in(cast.alice, **all_right(q8="") | answers)
    fold(cast)
    tess = visit(cast.tess)
    assert f"✓ Key: The right one {right}" in row(shown(tess, f"{QUESTIONS}?population={population}"), 2)
    listed = shown(tess, f"{SECOND}answers/?category=a&population={population}")
    assert listed.count('<th scope="row"') == right


def test_long_lists_of_answers_come_in_pages(cast: Cast, visit: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assessment.views.questions.PER_PAGE", 1)
    hand_in(cast.alice, **all_right())
    hand_in(cast.bob, **all_right())
    fold(cast)
    tess = visit(cast.tess)
    first = shown(tess, f"{SECOND}answers/?category=a&population=all")
    assert '<a class="button quiet small" href="?population=all&amp;category=a&amp;page=2">' in first
    second = shown(tess, f"{SECOND}answers/?category=a&population=all&page=2")
    assert ("Alice" in first, "Bob" in first) == (True, False)
    assert ("Alice" in second, "Bob" in second) == (False, True)


@pytest.mark.parametrize(("path", "most"), [(QUESTIONS, 12), (SECOND, 14), (f"{SECOND}answers/?category=c", 14)])
def test_a_large_class_costs_no_query_more(
    cast: Cast, visit: Open, django_assert_max_num_queries: Any, path: str, most: int
) -> None:
    make_class(cast, 3)
    tess = visit(cast.tess)
    with django_assert_max_num_queries(most) as few:
        tess.get(path)
    make_class(cast, 6)
    with django_assert_max_num_queries(len(few)):
        tess.get(path)


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (390, "light"), (1280, "dark"), (1280, "light")])
def test_pages_are_accessible_and_fit_the_window(
    transactional_db: None, chromium: Browser, live_server: LiveServer, width: int, scheme: Any
) -> None:
    cast = make_cast(quiz=published_quiz("the-check"))
    make_class(cast)
    Enrollment.objects.create(
        institution=cast.tess.institution, course=cast.tess.course, person=cast.alice.person, role=Role.LEARNER
    )
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page, faults = context.new_page(), []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    for path in PAGES:
        page.goto(f"{live_server.url}/s/{key_of(cast.tess)}{path}")
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        faults += [f"{path}: {fault}" for fault in violations(page)]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            faults.append(f"{path} scrolls sideways")
    context.close()
    assert faults == []

"""The class list narrowed, searched and sorted by its address alone, and the same as a file."""

import csv
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest

from assessment.models import Assignment, Attempt, Grade
from roster.models import Enrollment, Group, Person, Role
from tests.cast import NOW, Cast, all_right, begin, hand_in, make_launch
from tests.pages.conftest import Visit
from tests.pages.test_class_list import enrol, named, table

Open = Callable[..., Visit]
LEARNERS = ("Alice", "Bob", "Cora", "Dan")


@pytest.fixture
def mixed(cast: Cast) -> Cast:
    """Alice's answer waits, Bob is marked and at it again, Cora is at it, Dan has not started."""
    link = cast.assignment.resource_link
    hand_in(cast.alice, **all_right())
    hand_in(cast.bob, NOW + timedelta(minutes=5), **all_right(q8="", q1="c"))
    begin(cast.bob, NOW + timedelta(minutes=20))
    begin(make_launch(link, enrol(cast.alice, "Cora")))
    enrol(cast.alice, "Dan")
    return cast


def shown(page: str) -> list[str]:
    people = table(page).split("<tbody")[1] if "<tbody" in table(page) else ""
    return sorted((name for name in LEARNERS if f">{name}</a>" in people), key=people.index)


@pytest.mark.parametrize(
    ("query", "people"),
    [
        ("", ["Alice", "Bob", "Cora", "Dan"]),
        ("show=not_started", ["Dan"]),
        ("show=in_progress", ["Bob", "Cora"]),
        ("show=submitted", ["Alice", "Bob"]),
        ("show=waiting", ["Alice"]),
        ("show=nonsense&sort=nonsense&group=nonsense&page=x", ["Alice", "Bob", "Cora", "Dan"]),
        ("q=O", ["Bob", "Cora"]),
        ("q=o&show=submitted", ["Bob"]),
        ("q=%00", ["Alice", "Bob", "Cora", "Dan"]),
        ("q=nobody", []),
        ("sort=state", ["Alice", "Bob", "Cora", "Dan"]),
        ("sort=score", ["Bob", "Alice", "Cora", "Dan"]),
        ("sort=-score", ["Alice", "Bob", "Cora", "Dan"]),
        ("sort=submitted", ["Alice", "Bob", "Cora", "Dan"]),
        ("sort=-submitted", ["Bob", "Alice", "Cora", "Dan"]),
    ],
)
def test_address_says_who_is_listed_and_in_what_order(mixed: Cast, visit: Open, query: str, people: list[str]) -> None:
    answer = visit(mixed.tess).get(f"/class/?{query}")
    assert answer.status_code in (200, 400 if "%00" in query else 200)
    if answer.status_code == 200:
        assert shown(answer.content.decode()) == people


def test_number_of_each_state_leads_to_its_learners_and_back(mixed: Cast, visit: Open) -> None:
    tess = visit(mixed.tess)
    page = tess.get("/class/?q=a").content.decode()
    for state, number in {"not_started": 1, "in_progress": 2, "submitted": 2, "waiting": 1}.items():
        link = page.split(f"?show={state}&amp;q=a#class")[1].split("</a>")[0]
        assert f"<strong>{number}</strong>" in link
    chosen = tess.get("/class/?show=waiting&q=a").content.decode()
    assert '/class/?q=a#class" aria-current="true"' in chosen


def test_search_finds_names_in_parts_and_mail_addresses(cast: Cast, visit: Open) -> None:
    named(cast.alice, "", "Zoe", "Álvarez", email="za@example.edu")
    named(cast.alice, "Uwe Pohl", "", "", email="pohl@example.edu")
    tess = visit(cast.tess)
    for words, found in (("zoe álv", "Zoe Álvarez"), ("ZA@exa", "Zoe Álvarez"), ("uwe p", "Uwe Pohl")):
        page = table(tess.get("/class/", data={"q": words}).content.decode())
        assert f">{found}</a>" in page
        assert "1 learner shown." in page


def test_next_page_keeps_what_was_asked_for(cast: Cast, visit: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assessment.views.class_list.PER_PAGE", 1)
    for name in ("Ann", "Bea", "Cem"):
        enrol(cast.alice, name)
    page = visit(cast.tess).get("/class/?show=not_started&q=a&sort=-score").content.decode()
    assert 'href="?page=2&amp;show=not_started&amp;q=a&amp;sort=-score"' in page


def rows(answer: Any) -> list[dict[str, str]]:
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"))))


def test_file_holds_the_listed_people_in_their_order(mixed: Cast, visit: Open) -> None:
    tess = visit(mixed.tess)
    assert (
        "/class/list.csv?show=submitted&amp;sort=-submitted"
        in tess.get("/class/?show=submitted&sort=-submitted").content.decode()
    )

    bob, alice = rows(tess.get("/class/list.csv?show=submitted&sort=-submitted"))

    assert (alice["Name"], alice["State"], alice["Points"], alice["Most points"]) == (
        *("Alice", "Waiting for your mark"),
        *("9", "10"),
    )
    assert (bob["Attempts"], bob["State"], bob["Submitted (UTC)"]) == ("2", "Working on attempt 2", "2026-11-23 09:05")
    assert bob["ID in the LMS"] == mixed.bob.person.platform_users.get().sub
    assert len(rows(tess.get("/class/list.csv"))) == 4


def test_no_cell_of_the_file_is_run_as_a_formula(cast: Cast, visit: Open) -> None:
    named(cast.alice, '=HYPERLINK("https://evil.example")', email="+1@example.edu")
    [row] = rows(visit(cast.tess).get("/class/list.csv"))
    assert row["Name"] == '\'=HYPERLINK("https://evil.example")'
    assert row["E-mail"] == "'+1@example.edu"


def test_file_and_counts_are_limited_to_the_group(mixed: Cast, visit: Open) -> None:
    assert mixed.alice.course
    red = Group.objects.create(institution=mixed.alice.institution, course=mixed.alice.course, group_id="r", name="Red")
    red.members.add(mixed.alice.person, Person.objects.get(name="Dan"))
    tess = visit(mixed.tess)
    assert [row["Name"] for row in rows(tess.get(f"/class/list.csv?group={red.pk}"))] == ["Alice", "Dan"]
    page = tess.get(f"/class/?group={red.pk}").content.decode()
    assert "<strong>0</strong> <span>In progress</span>" in page
    assert "<strong>1</strong> <span>Submitted</span>" in page


def make_class(cast: Cast, size: int) -> None:
    """A whole class with attempts and grades, as bare rows: fast to make."""
    school, course = cast.alice.institution, cast.alice.course
    people = Person.objects.bulk_create(
        Person(institution=school, name=f"P{at:03} Learner", email=f"p{at}@example.edu") for at in range(size)
    )
    Enrollment.objects.bulk_create(
        Enrollment(institution=school, course=course, person=person, role=Role.LEARNER) for person in people
    )
    version = cast.quiz.current
    assert version
    made = [_attempt(cast.assignment, person, at) for at, person in enumerate(people) if at % 10]
    Attempt.objects.bulk_create(made)
    Grade.objects.bulk_create(
        Grade(
            institution=school,
            assignment=cast.assignment,
            person=attempt.person,
            attempt=attempt,
            points=attempt.points,
            points_max=10,
            state="final",
            updated_at=NOW,
        )
        for attempt in made
        if attempt.state == "marked"
    )


def _attempt(assignment: Assignment, person: Person, at: int) -> Attempt:
    done = at % 10 > 1
    return Attempt(
        institution=assignment.institution,
        assignment=assignment,
        person=person,
        quiz_version=assignment.quiz.current,
        state="marked" if done else "in_progress",
        started_at=NOW - timedelta(minutes=at + 20),
        submitted_at=NOW - timedelta(minutes=at) if done else None,
        items_total=10,
        points=at % 11 if done else 0,
        points_max=10,
    )


@pytest.mark.parametrize("path", ["/class/", "/class/?show=submitted&q=p&sort=-score", "/class/list.csv"])
def test_five_hundred_learners_cost_as_many_queries_as_ten(
    cast: Cast, visit: Open, django_assert_max_num_queries: Any, path: str
) -> None:
    make_class(cast, 10)
    tess = visit(cast.tess)
    with django_assert_max_num_queries(40) as few:
        tess.get(path)
    make_class(cast, 490)
    with django_assert_max_num_queries(len(few)):
        answer = tess.get(path)
    assert len(answer.content) > 20_000

"""The class as the LMS lists it: who has not started, who has left, groups, and a fresh list on request."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from assessment import access
from lti import tasks
from lti.gradebook import reconcile
from lti.models import Context, Launch, LineItem, Score, ScoreState
from lti.people import rosters
from roster.models import Course, Enrollment, Group, Person, Role
from tests.cast import Cast, all_right, hand_in, make_launch, make_person
from tests.pages.conftest import Visit

Open = Callable[..., Visit]


def enrol(viewer: Launch, name: str, role: Role = Role.LEARNER, active: bool = True) -> Person:
    """A person in the viewer's course, as a list of the LMS leaves one behind."""
    assert viewer.resource_link
    person = make_person(viewer.resource_link, name)
    place(viewer, person, role, active)
    return person


def place(viewer: Launch, person: Person, role: Role = Role.LEARNER, active: bool = True) -> None:
    Enrollment.objects.create(
        institution=viewer.institution, course=viewer.course, person=person, role=role, active=active
    )


def offer_list(viewer: Launch, **fields: Any) -> Context:
    context = Context.objects.get(course=viewer.course)
    Context.objects.filter(pk=context.pk).update(memberships_url="https://lms.example/members", **fields)
    return context


def table(page: str) -> str:
    return page.split('<section class="stack" id="class" data-part="list">')[1].split("</section>")[0]


def test_learners_who_have_not_started_are_shown(cast: Cast, visit: Open) -> None:
    place(cast.alice, cast.alice.person)
    hand_in(cast.alice, **all_right())
    enrol(cast.alice, "Idle Ida")
    enrol(cast.alice, "Colleague", Role.INSTRUCTOR)
    enrol(cast.charlie, "Of another course")
    enrol(cast.dora, "Of another school")

    page = table(visit(cast.tess).get("/class/").content.decode())

    assert "2 learners, 1 not started." in page
    assert "Not started" in page.split("Idle Ida")[1]
    assert not {name for name in ("Colleague", "Of another course", "Of another school") if name in page}


def test_names_stand_in_order_whatever_their_capitals(cast: Cast, visit: Open) -> None:
    for name in ("berta", "Caesar", "anna"):
        enrol(cast.alice, name)

    page = table(visit(cast.tess).get("/class/").content.decode())

    assert page.index("anna") < page.index("berta") < page.index("Caesar")


def test_learners_who_left_stand_last_and_are_marked(cast: Cast, visit: Open) -> None:
    place(cast.alice, cast.alice.person, active=False)
    hand_in(cast.alice, **all_right())
    enrol(cast.alice, "Zoe")
    enrol(cast.alice, "Gone without a trace", active=False)

    page = table(visit(cast.tess).get("/class/").content.decode())

    assert page.index("Zoe") < page.index("Alice") < page.index("No longer in the course</span>")
    assert "1 learner, 1 not started; 1 no longer in the course." in page
    assert "Gone without a trace" not in page
    assert "9 of 10" in page


def test_class_is_shown_where_the_lms_offers_no_list(cast: Cast, visit: Open) -> None:
    hand_in(cast.alice, **all_right())
    page = table(visit(cast.tess).get("/class/").content.decode())

    assert "1 learner." in page
    assert "list yet" not in page
    assert "Update from the LMS" in page, "its grades can be read"


def test_long_class_with_idle_learners_comes_in_pages(cast: Cast, visit: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assessment.views.class_list.PER_PAGE", 2)
    hand_in(cast.bob, **all_right())
    for name in ("Ann", "Cem", "Dee"):
        enrol(cast.alice, name)
    tess = visit(cast.tess)
    pages = [table(tess.get(f"/class/?page={number}").content.decode()) for number in (1, 2)]

    names = [[name for name in ("Ann", "Bob", "Cem", "Dee") if name in page] for page in pages]
    assert names == [["Ann", "Bob"], ["Cem", "Dee"]]
    assert "4 learners, 3 not started." in pages[1]


def test_three_hundred_listed_learners_cost_no_more_queries(
    cast: Cast, visit: Open, django_assert_max_num_queries: Any
) -> None:
    people = Person.objects.bulk_create(
        Person(institution=cast.alice.institution, name=f"P{number:03}") for number in range(300)
    )
    place_all = [
        Enrollment(institution=cast.alice.institution, course=cast.alice.course, person=person, role=Role.LEARNER)
        for person in people
    ]
    Enrollment.objects.bulk_create(place_all)
    tess = visit(cast.tess)
    # Two of them see whether another check may still be chosen, two whether the teacher may write this one, and two are
    # about the version that the open page asks for, one finds who has an exception.
    with django_assert_max_num_queries(29):
        assert "300 learners, 300 not started" in tess.get("/class/?page=2").content.decode()


def test_class_can_be_narrowed_to_a_group(cast: Cast, visit: Open) -> None:
    assert cast.alice.course
    red = Group.objects.create(
        institution=cast.alice.institution, course=cast.alice.course, group_id="1", name="Red <3", set_name="Colours"
    )
    other = Course.objects.create(institution=cast.alice.institution)
    foreign = Group.objects.create(institution=cast.alice.institution, course=other, group_id="1", name="Foreign")
    red.members.add(enrol(cast.alice, "Ann"))
    enrol(cast.alice, "Ben")
    foreign.members.add(enrol(cast.alice, "Cem"))
    tess = visit(cast.tess)

    everyone = table(tess.get("/class/").content.decode())
    assert "Colours: Red &lt;3" in everyone
    assert "Foreign" not in everyone
    page = table(tess.get(f"/class/?group={red.pk}").content.decode())
    assert ("Ann" in page, "Ben" in page) == (True, False)
    assert "1 learner, 1 not started." in page
    for odd in (foreign.pk, "nonsense", ""):
        assert "Ben" in tess.get(f"/class/?group={odd}").content.decode()


def test_teacher_has_the_list_read_again(cast: Cast, visit: Open) -> None:
    context = offer_list(cast.alice, roster_next_at=timezone.now() + timedelta(hours=5))
    tess = visit(cast.tess)
    assert "has not sent its class list yet" in tess.get("/class/").content.decode()

    answer = tess.post("/class/list")

    assert answer.status_code == 303
    assert answer["Location"].endswith("/class/?update=1#class")
    assert rosters.sweep(now=timezone.now()) == [context.pk]
    assert "The class list is being updated." in tess.get("/class/").content.decode()


@pytest.mark.usefixtures("stopped_clock")
def test_teacher_has_the_grades_read_again(cast: Cast, visit: Open) -> None:
    hand_in(cast.alice, **all_right())
    column = LineItem.objects.get(resource_link=cast.tess.resource_link)
    read_at = timezone.now() - timedelta(minutes=1)
    LineItem.objects.update(reconciled_at=read_at)
    tess, bob = visit(cast.tess), visit(cast.bob)
    assert not reconcile.due(timezone.now()).exists()

    assert bob.post("/class/list").status_code == 403
    assert tess.post("/class/list").status_code == 303

    assert reconcile.due(timezone.now()).get() == column
    page = tess.get("/class/?update=1").content.decode()
    assert "Grades are being read from your LMS." in page
    assert "data-moving" in page
    Score.objects.update(state=ScoreState.SYNCED)
    LineItem.objects.update(reconciled_at=timezone.now() - timedelta(seconds=30))
    assert "data-moving" not in tess.get("/class/?update=1").content.decode()


@pytest.mark.parametrize("ago", [None, timedelta(minutes=1)])
def test_word_to_read_the_grades_reaches_a_worker_at_once(
    cast: Cast,
    visit: Open,
    monkeypatch: pytest.MonkeyPatch,
    ago: timedelta | None,
    django_capture_on_commit_callbacks: Any,
) -> None:
    hints: list[bool] = []
    monkeypatch.setattr(tasks.read_grades_back, "apply_async", lambda *args, **kwargs: hints.append(True))
    hand_in(cast.alice, **all_right())
    LineItem.objects.update(reconciled_at=ago and timezone.now() - ago)
    with django_capture_on_commit_callbacks(execute=True):
        visit(cast.tess).post("/class/list")
    assert hints == [True]


@pytest.mark.usefixtures("stopped_clock")
@pytest.mark.parametrize(("ago", "asked"), [(timedelta(seconds=59), False), (timedelta(seconds=61), True)])
def test_opening_the_class_page_has_grades_read_that_were_read_over_a_minute_ago(
    cast: Cast, visit: Open, ago: timedelta, asked: bool
) -> None:
    hand_in(cast.alice, **all_right())
    LineItem.objects.update(reconciled_at=timezone.now() - ago)
    column = LineItem.objects.filter(resource_link=cast.tess.resource_link)
    visit(cast.tess).get("/class/")
    assert column.filter(reconciled_at=None).exists() == asked


def test_grades_that_are_asked_for_already_are_not_asked_for_by_the_next_page(
    cast: Cast, visit: Open, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    hints: list[bool] = []
    monkeypatch.setattr(tasks.read_grades_back, "apply_async", lambda args, countdown=None: hints.append(True))
    hand_in(cast.alice, **all_right())
    LineItem.objects.update(reconciled_at=timezone.now() - timedelta(hours=1))
    tess = visit(cast.tess)
    with django_capture_on_commit_callbacks(execute=True):
        tess.get("/class/")
        tess.get("/class/")
    assert hints == [True]


def test_learner_who_reads_that_a_score_is_in_the_gradebook_has_it_read_again(cast: Cast, visit: Open) -> None:
    attempt = hand_in(cast.alice, **all_right())
    column = LineItem.objects.filter(resource_link=cast.alice.resource_link, reconciled_at=None)
    for state, asked in ((ScoreState.DUE, False), (ScoreState.SYNCED, True)):
        Score.objects.update(state=state, delivered_at=timezone.now())
        LineItem.objects.update(reconciled_at=timezone.now() - timedelta(minutes=2))
        visit(cast.alice).get(f"/attempts/{attempt.pk}/result")
        assert column.exists() == asked


def test_group_that_was_chosen_stays_chosen(cast: Cast, visit: Open) -> None:
    offer_list(cast.alice, roster_next_at=timezone.now() + timedelta(hours=5))
    attempt = hand_in(cast.alice, **all_right())
    assert cast.alice.course
    red = Group.objects.create(institution=cast.alice.institution, course=cast.alice.course, group_id="r", name="Red")
    red.members.add(cast.alice.person)
    tess = visit(cast.tess)

    page = tess.get(f"/class/?group={red.pk}").content.decode()
    assert "Only the counts and this list are limited to the group" in page
    assert f"/class/attempts/{attempt.pk}?group={red.pk}" in page
    assert f"/class/?group={red.pk}#class" in tess.get(f"/class/attempts/{attempt.pk}?group={red.pk}").content.decode()
    assert tess.post("/class/list", {"group": str(red.pk)})["Location"].endswith(
        f"/class/?update=1&group={red.pk}#class"
    )


@pytest.mark.usefixtures("stopped_clock")
def test_impatient_teacher_is_served_when_the_list_may_be_read_again(
    cast: Cast, visit: Open, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    hints: list[float] = []
    monkeypatch.setattr(tasks.read_roster, "apply_async", lambda args, countdown=0.0: hints.append(countdown))
    offer_list(cast.alice, roster_lease=timezone.now() + timedelta(seconds=15))
    with django_capture_on_commit_callbacks(execute=True):
        visit(cast.tess).post("/class/list")
    [seconds] = hints
    assert 15 <= seconds < 16


@pytest.mark.usefixtures("stopped_clock")
def test_impatient_teacher_has_the_grades_read_three_times_a_minute(cast: Cast, visit: Open) -> None:
    hand_in(cast.alice, **all_right())
    read_at = timezone.now() - timedelta(seconds=5)
    LineItem.objects.update(reconciled_at=read_at)
    visit(cast.tess).post("/class/list")
    assert LineItem.objects.get(resource_link=cast.tess.resource_link).reconciled_at == read_at


def test_learner_cannot_have_the_list_read(cast: Cast, visit: Open) -> None:
    offer_list(cast.alice)
    assert visit(cast.alice).post("/class/list").status_code == 403
    assert visit(cast.tess).get("/class/list").status_code == 405
    assert rosters.sweep(now=timezone.now()) == []


def test_what_went_wrong_with_the_list_is_shown_in_the_lms_words(cast: Cast, visit: Open) -> None:
    offer_list(cast.alice, roster_read_at=timezone.now(), roster_words="answered 403: <b>scope</b>")
    page = table(visit(cast.tess).get("/class/").content.decode())

    assert "answered 403: &lt;b&gt;scope&lt;/b&gt;" in page
    assert "Class list updated" in page


def test_class_of_another_is_behind_the_same_door(cast: Cast) -> None:
    link = cast.charlie.resource_link
    assert link
    theo = make_launch(link, make_person(link, "Theo"), Role.INSTRUCTOR)
    enrol(cast.alice, "Ann")

    assert not access.class_people(theo).filter(name="Ann").exists()
    assert access.class_context(theo) == link.context
    assert access.class_people(cast.tess).get().name == "Ann"


def named(viewer: Launch, full: str, given: str = "", family: str = "", **fields: str) -> Person:
    person = enrol(viewer, full)
    Person.objects.filter(pk=person.pk).update(given_name=given, family_name=family, **fields)
    return person


def test_class_is_sorted_by_family_name_whatever_the_accents_and_the_case(cast: Cast, visit: Open) -> None:
    sorted_names = [
        ("Zoe Álvarez", "Zoe", "Álvarez"),
        ("Bert de Boer", "Bert", "de Boer"),
        ("", "Ann", "DeLuca"),
        ("Madonna", "", ""),
        ("Cem Øster", "Cem", "Øster"),
        ("Ida Özil", "Ida", "Özil"),
        ("Uwe Pohl", "Uwe", "Pohl"),
        ("Zoe Smith", "Zoe", "Smith"),
        ("Ann Smith Jones", "Ann", "Smith Jones"),
        ("Jan Straße", "Jan", "Straße"),
        ("Jan Żak", "Jan", "Żak"),
    ]
    for full, given, family in reversed(sorted_names):
        named(cast.alice, full, given, family)

    page = table(visit(cast.tess).get("/class/").content.decode())

    shown = [full or f"{given} {family}" for full, given, family in sorted_names]
    assert sorted(shown, key=page.index) == shown


def test_people_of_one_name_are_shown_with_their_mail_or_the_id_of_the_lms(cast: Cast, visit: Open) -> None:
    named(cast.alice, "Ann Lee", email="ann@example.edu")
    other = named(cast.alice, "", "Ann", "Lee")
    named(cast.alice, "Ben Only", email="ben@example.edu")

    page = table(visit(cast.tess).get("/class/").content.decode())

    assert page.count(">Ann Lee<") == 2
    assert "ann@example.edu" in page
    assert other.platform_users.get().sub in page
    assert "ben@example.edu" not in page

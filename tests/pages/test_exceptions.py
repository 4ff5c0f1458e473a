"""Exceptions of learners, groups and everyone; what a teacher does to an attempt; scores that are held."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from assessment import attempts, corrections
from assessment.models import Accommodation, Assignment, Attempt, AttemptState, Grade
from assessment.placement import accommodations
from lti.models import Delivery, Launch, Score, ScoreState
from roster.models import Group, Person
from tests.cast import Cast, all_right, begin, hand_in
from tests.pages.conftest import Visit
from tests.pages.test_class_list import enrol, place, table

Open = Callable[..., Visit]
PAGE = "/class/exceptions/"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def tess(cast: Cast, visit: Open) -> Visit:
    for viewer in (cast.alice, cast.bob):
        place(viewer, viewer.person)
    change(cast, time_limit=30)
    return visit(cast.tess)


def change(cast: Cast, **policy: Any) -> None:
    Assignment.objects.filter(pk=cast.assignment.pk).update(**policy)


def form(**given: Any) -> dict[str, Any]:
    return {"whom": "person", "learner": "Alice", "reason": "A doctor's note", "zone": "UTC"} | given


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def follow(visit: Visit, answer: Any) -> str:
    assert answer.status_code == 303, text(answer)
    return text(visit.client.get(answer["Location"]))


def make_group(cast: Cast, *people: Person) -> Group:
    assert cast.assignment.course
    group = Group.objects.create(
        institution=cast.assignment.institution, course=cast.assignment.course, group_id="g", name="Evening"
    )
    group.members.add(*people)
    return group


def running(viewer: Launch) -> Attempt:
    return begin(viewer, timezone.now())


def stored(attempt: Attempt) -> Attempt:
    return Attempt.objects.get(pk=attempt.pk)


def left(attempt: Attempt) -> timedelta:
    found = stored(attempt)
    assert found.deadline_at
    return found.deadline_at - found.started_at


# The list and the form.


def test_page_without_an_exception_says_so_and_offers_one(tess: Visit) -> None:
    page = text(tess.get(PAGE))
    assert "Nobody has an exception." in page
    assert "The time limit is 30 minutes." in page
    assert PAGE in tess.get("/class/").content.decode()


@pytest.mark.parametrize(
    ("given", "minutes", "said"),
    [
        ({"time_factor": "1.5"}, 45, "1.5 times the time"),
        ({"extra_minutes": "20"}, 50, "20 extra minutes"),
        ({"no_time_limit": "on"}, None, "No time limit"),
    ],
)
def test_more_time_reaches_a_running_attempt_and_the_page_says_how_many(
    cast: Cast, tess: Visit, given: dict[str, str], minutes: int | None, said: str
) -> None:
    attempt, other = running(cast.alice), running(cast.bob)
    page = follow(tess, tess.post(PAGE, form(**given)))
    assert "Saved. Applies to 1 attempt under way." in page
    for words in (said, "Alice", 'Given by <span dir="auto">Tess</span>', "A doctor&#x27;s note"):
        assert words in page
    assert stored(attempt).deadline_at is None if minutes is None else left(attempt) == minutes * MINUTE
    assert left(other) == 30 * MINUTE


def test_exception_of_a_group_reaches_its_members_and_that_of_everyone_all(cast: Cast, tess: Visit) -> None:
    attempt, other = running(cast.alice), running(cast.bob)
    group = make_group(cast, cast.alice.person)
    page = follow(tess, tess.post(PAGE, form(whom="group", group=str(group.pk), extra_minutes="5")))
    assert "Applies to 1 attempt under way" in page
    assert "Evening" in page
    assert (left(attempt), left(other)) == (35 * MINUTE, 30 * MINUTE)
    page = follow(tess, tess.post(PAGE, form(whom="everyone", learner="", extra_minutes="10")))
    assert "Saved. Applies to 2 attempts under way." in page
    assert (left(attempt), left(other)) == (40 * MINUTE, 40 * MINUTE)


def test_extra_attempts_and_own_dates_are_kept_in_the_zone_that_the_form_names(cast: Cast, tess: Visit) -> None:
    change(cast, max_attempts=1)
    given = form(extra_attempts="2", closes_at="2027-01-31T18:00", zone="Europe/Berlin")
    page = follow(tess, tess.post(PAGE, given))
    made = Accommodation.objects.get()
    assert made.extra_attempts == 2
    assert made.closes_at == datetime.fromisoformat("2027-01-31T17:00+00:00")
    assert "2 extra attempts" in page
    assert "31 Jan 2027" in page


def test_removing_gives_running_attempts_the_times_of_everyone_again(cast: Cast, tess: Visit) -> None:
    attempt = running(cast.alice)
    tess.post(PAGE, form(time_factor="2"))
    given = Accommodation.objects.get()
    page = follow(tess, tess.post(f"{PAGE}{given.pk}/remove"))
    assert "Removed." in page
    assert "Nobody has an exception." in page
    assert left(attempt) == 30 * MINUTE


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Enter at least one change."),
        ({"time_factor": "1"}, "Enter at least one change."),
        ({"time_factor": "0.5"}, "greater than or equal to 1"),
        ({"time_factor": "2", "reason": " "}, "Enter a reason"),
        ({"time_factor": "2", "learner": ""}, "Enter the name of a learner."),
        ({"time_factor": "2", "learner": "Nemo"}, "No learner in the class has this name."),
        ({"time_factor": "2", "learner": "Charlie"}, "No learner in the class has this name."),
        ({"time_factor": "2", "whom": ""}, "Choose who it is for."),
        ({"opens_at": "2027-02-01T10:00", "closes_at": "2027-01-01T10:00"}, "It must come after"),
    ],
)
def test_what_is_missing_or_wrong_is_said_and_nothing_is_stored(tess: Visit, given: dict[str, str], said: str) -> None:
    answer = tess.post(PAGE, form(**given))
    assert answer.status_code == 422
    assert said in text(answer)
    assert not Accommodation.objects.exists()


def test_name_that_several_learners_share_lets_the_teacher_choose(cast: Cast, tess: Visit) -> None:
    other = enrol(cast.alice, "Alice")
    answer = tess.post(PAGE, form(time_factor="2"))
    assert answer.status_code == 422
    page = text(answer)
    assert "Choose one below." in page
    assert f'value="{other.pk}"' in page
    follow(tess, tess.post(PAGE, form(time_factor="2", person=str(other.pk))))
    assert Accommodation.objects.get().person == other


def test_part_of_a_name_that_only_one_learner_has_is_enough(cast: Cast, tess: Visit) -> None:
    follow(tess, tess.post(PAGE, form(time_factor="2", learner="ali")))
    assert Accommodation.objects.get().person == cast.alice.person


def test_learners_page_leads_to_the_form_filled_with_the_learner(cast: Cast, tess: Visit) -> None:
    person = cast.alice.person_id
    assert f"{PAGE}?person={person}" in tess.get(f"/class/people/{person}/").content.decode()
    assert 'id="learner" list="learners" maxlength="300" autocomplete="off" dir="auto" value="Alice"' in text(
        tess.get(PAGE, data={"person": str(person)})
    )


def test_standing_accommodation_is_listed_and_not_the_teachers_to_remove(cast: Cast, tess: Visit) -> None:
    given = accommodations.give_standing(person=cast.alice.person, time_factor=Decimal("1.5"), given_by="Office")
    accommodations.give_standing(person=cast.dora.person, extra_minutes=77)
    page = text(tess.get(PAGE))
    assert "for all activities" in page
    assert "Office" in page
    assert "77 minutes" not in page
    assert f"{given.pk}/remove" not in page
    assert tess.post(f"{PAGE}{given.pk}/remove").status_code == 404
    assert Accommodation.objects.filter(pk=given.pk).exists()


def test_list_costs_the_same_for_any_number_of_exceptions(
    cast: Cast, tess: Visit, django_assert_max_num_queries: Any
) -> None:
    def give(number: int) -> None:
        for at in range(number):
            person = enrol(cast.alice, f"Learner {at}")
            accommodations.give(assignment=cast.assignment, person=person, extra_minutes=at + 1)
            accommodations.give_standing(person=person, extra_minutes=at + 1)
        group = make_group(cast, cast.alice.person)
        Group.objects.filter(pk=group.pk).update(group_id=f"g{number}")
        accommodations.give(assignment=cast.assignment, group=group, extra_minutes=1)

    give(2)
    with django_assert_max_num_queries(20) as few:
        tess.get(PAGE)
    give(20)
    with django_assert_max_num_queries(len(few)):
        tess.get(PAGE)
    with django_assert_max_num_queries(40) as listed:
        assert table(text(tess.get("/class/"))).count("Exception</span>") == 23
    give(30)
    with django_assert_max_num_queries(len(listed)):
        tess.get("/class/")


# Access.


def test_learner_may_neither_see_nor_give_nor_change_anything(cast: Cast, tess: Visit, visit: Open) -> None:
    attempt, learner = hand_in(cast.bob, **all_right()), visit(cast.bob)
    given = accommodations.give(assignment=cast.assignment, person=cast.alice.person, extra_minutes=5)
    assert learner.get(PAGE).status_code == 403
    assert learner.post(PAGE, form(time_factor="2")).status_code == 403
    assert learner.post(f"{PAGE}{given.pk}/remove").status_code == 403
    for what in ("void", "restore", "reopen", "end"):
        assert learner.post(f"/class/attempts/{attempt.pk}/{what}", {"reason": "x"}).status_code == 403
    assert learner.post("/class/release").status_code == 403
    assert Accommodation.objects.count() == 1
    assert stored(attempt).log == []


@pytest.mark.parametrize("stranger", ["charlie", "dora"])
def test_people_attempts_and_exceptions_of_another_link_are_not_found(cast: Cast, tess: Visit, stranger: str) -> None:
    viewer: Launch = getattr(cast, stranger)
    attempt = hand_in(viewer, **all_right())
    assert attempt.assignment
    given = accommodations.give(assignment=attempt.assignment, person=viewer.person, extra_minutes=5)
    assert tess.get(PAGE, data={"person": str(viewer.person_id)}).status_code == 404
    assert tess.post(PAGE, form(time_factor="2", person=str(viewer.person_id), learner="Z")).status_code == 422
    assert tess.post(f"{PAGE}{given.pk}/remove").status_code == 404
    for what in ("void", "restore", "reopen", "end"):
        assert tess.post(f"/class/attempts/{attempt.pk}/{what}", {"reason": "x"}).status_code == 404
    assert Accommodation.objects.get().pk == given.pk
    assert stored(attempt).log == []


# What a teacher does to an attempt.


def test_voided_attempt_counts_for_nothing_until_one_click_lets_it_count_again(cast: Cast, tess: Visit) -> None:
    best = hand_in(cast.alice, timezone.now(), **all_right())
    other = hand_in(cast.alice, timezone.now(), **all_right(q1="c"))
    void = f"/class/attempts/{best.pk}/void"
    assert "The attempt will no longer count" in text(tess.get(void))
    page = follow(tess, tess.post(void, {"reason": "Fire alarm"}))
    assert "does not count" in page
    assert 'Set aside by <span dir="auto">Tess</span>' in page
    assert ': <span dir="auto">Fire alarm</span>' in page
    assert Grade.objects.get().attempt_id == other.pk
    page = follow(tess, tess.post(f"/class/attempts/{best.pk}/restore"))
    assert 'Counted again by <span dir="auto">Tess</span>' in page
    assert "does not count" not in page
    assert Grade.objects.get().attempt_id == best.pk


def test_voiding_asks_for_a_reason(cast: Cast, tess: Visit) -> None:
    attempt = hand_in(cast.alice, **all_right())
    answer = tess.post(f"/class/attempts/{attempt.pk}/void", {"reason": " "})
    assert answer.status_code == 422
    assert "Enter a reason" in text(answer)
    assert stored(attempt).voided_at is None


@pytest.mark.parametrize("delivered", [True, False])
def test_page_says_where_a_score_that_no_longer_counts_stays_in_the_gradebook(
    cast: Cast, tess: Visit, delivered: bool
) -> None:
    attempt = hand_in(cast.alice, **all_right())
    if delivered:
        Score.objects.update(state=ScoreState.SYNCED, delivered_at=timezone.now())
        score = Score.objects.get()
        same = ("institution_id", "score_given", "score_maximum", "timestamp", "submitted_at")
        Delivery.objects.create(
            score=score, arrived=True, claimed_at=timezone.now(), **{name: getattr(score, name) for name in same}
        )
    assert "The learner has no other attempt that counts." in text(tess.get(f"/class/attempts/{attempt.pk}/void"))
    page = follow(tess, tess.post(f"/class/attempts/{attempt.pk}/void", {"reason": "Fire alarm"}))
    assert not Grade.objects.exists()
    assert ("stays in the gradebook of your LMS" in page) is delivered
    page = follow(tess, tess.post(f"/class/attempts/{attempt.pk}/restore"))
    assert "stays in the gradebook of your LMS" not in page


def test_reopened_attempt_goes_on_until_the_time_that_the_teacher_set(cast: Cast, tess: Visit, visit: Open) -> None:
    attempt = hand_in(cast.alice, timezone.now(), **all_right())
    until = (timezone.now() + timedelta(hours=2)).replace(second=0, microsecond=0)
    given = {"reason": "The network failed", "until": f"{until:%Y-%m-%dT%H:%M}", "zone": "UTC"}
    page = follow(tess, tess.post(f"/class/attempts/{attempt.pk}/reopen", given))
    assert 'Reopened by <span dir="auto">Tess</span>' in page
    assert "The network failed" in page
    assert "In progress" in page
    assert stored(attempt).deadline_at == until
    assert visit(cast.alice).get(f"/attempts/{attempt.pk}/").status_code == 200


@pytest.mark.parametrize("until", ["", "2020-01-01T10:00"])
def test_reopening_needs_a_time_that_is_still_to_come(cast: Cast, tess: Visit, until: str) -> None:
    attempt = hand_in(cast.alice, **all_right())
    answer = tess.post(f"/class/attempts/{attempt.pk}/reopen", {"reason": "x", "until": until, "zone": "UTC"})
    assert answer.status_code == 422
    assert "Choose a time in the future." in text(answer)
    assert stored(attempt).state != AttemptState.IN_PROGRESS


def test_attempt_is_not_reopened_beside_another_that_is_under_way(cast: Cast, tess: Visit) -> None:
    attempt = hand_in(cast.alice, timezone.now(), **all_right())
    running(cast.alice)
    until = timezone.now() + timedelta(hours=2)
    given = {"reason": "x", "until": f"{until:%Y-%m-%dT%H:%M}", "zone": "UTC"}
    answer = tess.post(f"/class/attempts/{attempt.pk}/reopen", given)
    assert answer.status_code == 422
    assert "Another attempt of this learner is under way." in text(answer)


def test_teacher_submits_a_running_attempt_as_it_stands(cast: Cast, tess: Visit) -> None:
    attempt = running(cast.alice)
    page = follow(tess, tess.post(f"/class/attempts/{attempt.pk}/end", {"reason": "The lesson is over"}))
    assert 'Submitted by <span dir="auto">Tess</span>' in page
    assert "The lesson is over" in page
    assert stored(attempt).state == AttemptState.SUBMITTED


def test_page_that_is_out_of_date_changes_nothing(cast: Cast, tess: Visit) -> None:
    attempt, done = running(cast.alice), hand_in(cast.bob, **all_right())
    corrections.void(attempt=done, by=cast.tess.person, reason="", now=timezone.now())
    later = {"reason": "x", "until": "2099-01-01T10:00", "zone": "UTC"}
    for one, what in ((attempt, "void"), (attempt, "reopen"), (done, "void"), (done, "reopen"), (done, "end")):
        before = stored(one)
        assert tess.post(f"/class/attempts/{one.pk}/{what}", later).status_code == 303
        assert (stored(one).state, stored(one).log) == (before.state, before.log)


# Held scores.


def test_held_scores_are_released_from_the_class_page_and_held_again(cast: Cast, tess: Visit) -> None:
    assert "Release scores" not in text(tess.get("/class/"))
    change(cast, scores_held=True)
    page = text(tess.get("/class/"))
    assert "Scores are held." in page
    assert "Release scores" in page
    page = follow(tess, tess.post("/class/release"))
    assert "Scores were released on" in page
    assert Assignment.objects.get(pk=cast.assignment.pk).released_at
    page = follow(tess, tess.post("/class/release", {"again": "1"}))
    assert "Scores are held." in page


# What the learner and the class list show.


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"time_factor": Decimal("1.5")}, "You have 1.5 times the time."),
        ({"extra_minutes": 10}, "You have 10 minutes more."),
        ({"time_factor": Decimal("1.1"), "extra_minutes": 10}, "You have 10 minutes more."),
        ({"no_time_limit": True, "time_factor": Decimal(2)}, "You have no time limit."),
        ({"extra_attempts": 1}, "You have 1 attempt more."),
        ({"due_at": datetime.fromisoformat("2099-01-01T10:00+00:00")}, "The dates are your own."),
    ],
)
def test_overview_says_what_is_special_for_this_learner_alone(
    cast: Cast, tess: Visit, visit: Open, given: dict[str, Any], said: str
) -> None:
    change(cast, max_attempts=2)
    accommodations.give(assignment=cast.assignment, person=cast.alice.person, **given)
    page = text(visit(cast.alice).get())
    assert said in page
    assert page.count("You have ") + page.count("dates are your own") == 1
    other = text(visit(cast.bob).get())
    assert "You have " not in other
    assert "your own" not in other


def test_overview_shows_own_dates_and_says_nothing_special_of_what_everyone_has(
    cast: Cast, tess: Visit, visit: Open
) -> None:
    accommodations.give(assignment=cast.assignment, extra_minutes=10)
    accommodations.give(
        assignment=cast.assignment,
        person=cast.alice.person,
        due_at=datetime.fromisoformat("2099-01-01T10:00+00:00"),
    )
    page, other = text(visit(cast.alice).get()), text(visit(cast.bob).get())
    assert "1 Jan 2099" in page
    assert "1 Jan 2099" not in other
    assert "40 minutes" in other
    assert "You have" not in other


@pytest.mark.parametrize(
    ("percent", "before", "after"),
    [
        (100, "Late work keeps all its points.", "What you submit now is late and keeps 100 % of its points."),
        (50, "Late work keeps 50 % of its points.", "What you submit now is late and keeps 50 % of its points."),
        (0, "Late work earns no points.", "What you submit now is late and earns no points."),
    ],
)
def test_overview_says_before_the_due_date_what_late_work_keeps(
    cast: Cast, tess: Visit, visit: Open, percent: int, before: str, after: str
) -> None:
    learner = visit(cast.alice)
    change(cast, late_percent=percent, due_at=timezone.now() + MINUTE)
    assert before in text(learner.get())
    change(cast, due_at=timezone.now() - MINUTE)
    assert after in text(learner.get())


def test_class_list_marks_learners_with_an_exception_and_late_attempts(cast: Cast, tess: Visit) -> None:
    change(cast, due_at=timezone.now() - MINUTE)
    hand_in(cast.bob, timezone.now(), **all_right())
    accommodations.give(assignment=cast.assignment, person=cast.alice.person, extra_minutes=5)
    listed = table(text(tess.get("/class/")))
    alice, bob = (listed.split(f">{name}</a>")[1].split("</th>")[0] for name in ("Alice", "Bob"))
    assert ("Exception" in alice, "Late" in alice) == (True, False)
    assert ("Exception" in bob, "Late" in bob) == (False, True)


def test_attempt_that_was_set_aside_is_none_of_those_used(cast: Cast, tess: Visit, visit: Open) -> None:
    change(cast, max_attempts=2)
    hand_in(cast.alice, **all_right())
    attempt = hand_in(cast.alice, **all_right())
    assert "2 of 2 used" in text(visit(cast.alice).get())
    tess.post(f"/class/attempts/{attempt.pk}/void", {"reason": "Fire alarm"})
    assert "1 of 2 used" in text(visit(cast.alice).get())


def test_learner_reads_why_an_attempt_does_not_count(cast: Cast, tess: Visit, visit: Open) -> None:
    attempt = hand_in(cast.alice, **all_right())
    attempts.submit(attempt=attempt, now=timezone.now())
    tess.post(f"/class/attempts/{attempt.pk}/void", {"reason": "Fire alarm"})
    page = text(visit(cast.alice).get(f"/attempts/{attempt.pk}/result"))
    assert "your teacher set it aside" in page
    assert "Fire alarm" in page

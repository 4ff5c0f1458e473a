"""What staff can see and change in the admin."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessment.models import Accommodation, Assignment, Attempt, Grade, Mark, Response
from assessment.placement import accommodations
from roster.models import Institution, User
from tests.cast import Cast, all_right, at, begin, hand_in, make_launch, make_person

READ_ONLY = (Attempt, Response, Mark, Grade)


def staff(institution: Institution | None) -> Client:
    user = User.objects.create_superuser(f"staff of {institution}", password="x", institution=institution)
    client = Client()
    client.force_login(user)
    return client


def page(client: Client, model: Any, name: str = "changelist", *args: object) -> Any:
    return client.get(reverse(f"admin:assessment_{model._meta.model_name}_{name}", args=args))


@pytest.fixture
def marked(cast: Cast) -> Cast:
    hand_in(cast.alice, at(1), **all_right())
    return cast


@pytest.mark.parametrize("model", READ_ONLY)
def test_staff_see_their_institution_only(marked: Cast, model: Any) -> None:
    row = model.objects.first()
    near, far = staff(marked.alice.institution), staff(marked.dora.institution)

    assert page(near, model, "change", row.pk).status_code == 200
    assert page(far, model, "change", row.pk).status_code == 302  # to the index: no such row
    assert page(near, model).context["cl"].result_count > 0
    assert page(far, model).context["cl"].result_count == 0
    assert page(staff(None), model).context["cl"].result_count > 0


@pytest.mark.parametrize("model", READ_ONLY)
def test_nothing_that_learners_did_can_be_changed(marked: Cast, model: Any) -> None:
    client, row = staff(None), model.objects.first()
    for name, args in (("change", [row.pk]), ("delete", [row.pk]), ("add", [])):
        address = reverse(f"admin:assessment_{model._meta.model_name}_{name}", args=args)
        assert client.post(address, {"points": "0"}).status_code == 403


def test_state_of_the_score_is_shown_beside_the_grade(marked: Cast) -> None:
    assert b">due</td>" in page(staff(None), Grade).content


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (Attempt, [">9 of 10 so far</td>", "Alice"]),
        (Response, [">q8</td>", ">The check</td>", "Alice"]),
        (Mark, [">1 of 1</td>", ">q1</td>", "Alice"]),
        (Grade, [">9 of 10</td>", "Alice"]),
    ],
)
def test_lists_say_who_and_how_much_and_cost_the_same_for_any_number(
    marked: Cast, model: Any, said: list[str], django_assert_num_queries: Any
) -> None:
    client = staff(None)
    with CaptureQueriesContext(connection) as few:
        shown = page(client, model).content.decode()
    assert [words for words in said if words not in shown] == []
    for name in ("Ann", "Ben", "Cem"):
        hand_in(make_launch(marked.alice.resource_link, make_person(marked.alice.resource_link, name)), **all_right())
    with django_assert_num_queries(len(few)):
        page(client, model)


def test_policy_can_be_changed_and_grades_follow(marked: Cast) -> None:
    address = reverse("admin:assessment_assignment_change", args=[marked.assignment.pk])
    form = {
        "title": "New title",
        "max_attempts": "3",
        "counts": "latest",
        **dict.fromkeys(("show_mark", "show_answer", "show_rationale", "show_section"), "never"),
        **{"grace": "0", "extensions": "0", "extension_minutes": "5", "cool_down": "0", "late_percent": "50"},
        "while_waiting": "nothing",
    }
    assert staff(marked.alice.institution).post(address, form).status_code == 302

    marked.assignment.refresh_from_db()
    assert (marked.assignment.title, marked.assignment.max_attempts) == ("New title", 3)
    assert (marked.assignment.counts, marked.assignment.show_mark) == ("latest", "never")
    assert marked.assignment.grades_due


def test_policy_of_another_institution_cannot_be_changed(marked: Cast) -> None:
    address = reverse("admin:assessment_assignment_change", args=[marked.assignment.pk])
    staff(marked.dora.institution).post(address, {"title": "Mine", "counts": "first"})

    marked.assignment.refresh_from_db()
    assert marked.assignment.title == "The check"


# Accommodations.


def test_standing_accommodation_given_by_staff_names_them_and_reaches_a_running_attempt(cast: Cast) -> None:
    Assignment.objects.update(time_limit=30)
    attempt = begin(cast.alice)
    client = staff(cast.alice.institution)
    given = {
        "person": str(cast.alice.person_id),
        "time_factor": "1.5",
        "extra_minutes": "0",
        "extra_attempts": "0",
        "reason": "Letter",
    }
    add = reverse("admin:assessment_accommodation_add")
    assert client.get(add).status_code == 200
    assert client.post(add, given | {"reason": ""}).status_code == 200
    assert client.post(add, given).status_code == 302
    made = Accommodation.objects.get()
    assert (made.assignment, made.given_by) == (None, f"staff of {cast.alice.institution}")
    assert Attempt.objects.get(pk=attempt.pk).deadline_at == at(45 * 60)
    assert page(client, Accommodation).context["cl"].result_count == 1
    assert page(client, Accommodation, "change", made.pk).status_code == 200
    assert client.post(reverse("admin:assessment_accommodation_change", args=[made.pk]), given).status_code == 403
    client.post(reverse("admin:assessment_accommodation_delete", args=[made.pk]), {"post": "yes"})
    assert not Accommodation.objects.exists()
    assert Attempt.objects.get(pk=attempt.pk).deadline_at == at(30 * 60)


def test_several_accommodations_taken_back_at_once_reach_running_attempts(cast: Cast) -> None:
    Assignment.objects.update(time_limit=30)
    attempt = begin(cast.alice)
    made = [accommodations.give_standing(person=cast.alice.person, extra_minutes=number) for number in (5, 9)]
    data = {"action": "delete_selected", "_selected_action": [str(one.pk) for one in made], "post": "yes"}
    staff(cast.alice.institution).post(reverse("admin:assessment_accommodation_changelist"), data)
    assert not Accommodation.objects.exists()
    assert Attempt.objects.get(pk=attempt.pk).deadline_at == at(30 * 60)


def test_staff_neither_see_nor_give_accommodations_of_another_institution(cast: Cast) -> None:
    made = accommodations.give_standing(person=cast.alice.person, extra_minutes=5)
    client = staff(cast.dora.institution)
    given = {"person": str(cast.alice.person_id), "time_factor": "2", "extra_minutes": "0", "extra_attempts": "0"}
    assert client.post(reverse("admin:assessment_accommodation_add"), given | {"reason": "x"}).status_code == 200
    client.post(reverse("admin:assessment_accommodation_delete", args=[made.pk]), {"post": "yes"})
    assert page(client, Accommodation).context["cl"].result_count == 0
    assert Accommodation.objects.get() == made

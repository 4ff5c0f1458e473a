"""One learner's page: every attempt with answers, marks and time, and where the score is."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from assessment.models import Response
from lti.models import Score, ScoreState
from roster.models import Role
from tests.cast import NOW, Cast, all_right, begin, hand_in, make_launch, make_person
from tests.pages.conftest import Visit
from tests.pages.test_class_list import enrol, table

Open = Callable[..., Visit]


def test_page_of_a_learner_shows_every_attempt_with_answers_marks_and_time(cast: Cast, visit: Open) -> None:
    first = hand_in(cast.alice, **all_right(q1="c"))
    Response.objects.filter(attempt=first, position=1).update(seconds=95)
    type(first).objects.filter(pk=first.pk).update(submitted_at=NOW + timedelta(minutes=12))
    begin(cast.alice, NOW + timedelta(hours=1))
    Score.objects.update(state=ScoreState.SYNCED, delivered_at=NOW)

    page = visit(cast.tess).get(f"/class/people/{cast.alice.person_id}/").content.decode()

    assert page.index("Attempt 2") < page.index("Attempt 1")
    newer, older = page.split("Attempt 1</a>")
    assert "In progress" in newer
    assert "Took 12 min" in older
    assert "I would check the source." in older
    assert "1 min 35 s" in older.split("</tr>")[1]
    assert "8 of 10</strong>" in page
    assert "so far, counts" in older
    assert "In the gradebook" in page
    assert f"/class/attempts/{first.pk}" in page
    assert "Mark this answer" in older


def test_class_list_leads_to_the_page_of_each_learner_and_back_to_the_same_list(cast: Cast, visit: Open) -> None:
    ida = enrol(cast.alice, "Idle Ida")
    tess = visit(cast.tess)
    page = table(tess.get("/class/?show=not_started&q=ida").content.decode())
    assert f"/class/people/{ida.pk}/?show=not_started&amp;q=ida" in page

    page = tess.get(f"/class/people/{ida.pk}/?show=not_started&q=ida").content.decode()
    assert "Not started yet." in page
    assert "/class/?show=not_started&amp;q=ida#class" in page


def test_score_that_was_refused_is_explained_and_can_be_sent_again_from_there(cast: Cast, visit: Open) -> None:
    hand_in(cast.alice, **all_right())
    Score.objects.update(state=ScoreState.REFUSED, last_status=422, last_answer="no such user")
    page = visit(cast.tess).get(f"/class/people/{cast.alice.person_id}/").content.decode()
    assert "Not accepted" in page
    assert "The LMS said: no such user" in page
    assert f"/class/scores/{Score.objects.get().pk}/resend" in page


@pytest.mark.parametrize("stranger", ["charlie", "dora"])
def test_person_of_another_class_has_no_page_here(cast: Cast, visit: Open, stranger: str) -> None:
    begin(getattr(cast, stranger))
    other = getattr(cast, stranger).person_id
    assert visit(cast.tess).get(f"/class/people/{other}/").status_code == 404


def test_attempts_elsewhere_and_previews_are_not_shown(cast: Cast, visit: Open) -> None:
    begin(cast.alice)
    begin(cast.tess)
    assert visit(cast.tess).get(f"/class/people/{cast.tess.person_id}/").status_code == 404
    link = cast.charlie.resource_link
    theo = make_launch(link, make_person(link, "Theo"), Role.INSTRUCTOR)
    assert visit(theo).get(f"/class/people/{cast.alice.person_id}/").status_code == 404


def test_page_of_a_learner_costs_two_queries_for_each_attempt(
    cast: Cast, visit: Open, django_assert_max_num_queries: Any
) -> None:
    tess, address = visit(cast.tess), f"/class/people/{cast.alice.person_id}/"
    counts = []
    for hour in range(3):
        hand_in(cast.alice, NOW + timedelta(hours=hour), **all_right())
        with django_assert_max_num_queries(40) as asked:
            tess.get(address)
        counts.append(len(asked))
    assert counts[2] - counts[1] <= 2

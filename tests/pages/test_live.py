"""What an open class page follows: everything that it shows of attempts, scores and requests, in four queries."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from assessment import access, review
from assessment.models import MarkedBy, Response
from assessment.reviewing import second_looks
from lti.models import Score, ScoreState
from tests.cast import NOW, Cast, all_right, answer, begin, hand_in
from tests.pages.conftest import Visit

Open = Callable[..., Visit]


def marked_by_person() -> Response:
    return Response.objects.get(marks__by=MarkedBy.PERSON)


def test_class_page_is_answered_304_until_something_happens(cast: Cast, visit: Open) -> None:
    tess = visit(cast.tess)

    def is_new() -> bool:
        """Whether what happened since the page was made is noticed."""
        asked = tess.get("/class/changes", headers={"If-None-Match": f'"{version}"'})
        assert asked.status_code in (204, 304)
        assert not asked.content
        assert not asked.cookies
        return bool(asked.status_code == 204)

    steps: list[Callable[[], Any]] = [
        lambda: begin(cast.bob),
        lambda: hand_in(cast.alice, **all_right()),
        lambda: Score.objects.update(state=ScoreState.SYNCED, delivered_at=NOW),
        lambda: review.confirm(
            response=access.waiting_responses(cast.tess).get(), points=Decimal(1), note="", by=cast.tess.person, now=NOW
        ),
        lambda: second_looks.ask(response=marked_by_person(), text="Why?", now=NOW),
        lambda: second_looks.answer(response=marked_by_person(), text="So.", by=cast.tess.person, now=NOW),
    ]
    for step in steps:
        page = tess.get("/class/").content.decode()
        version = page.split('data-version="')[1].split('"')[0]
        assert not is_new()
        step()
        assert is_new()


def test_saving_an_answer_and_another_class_change_nothing_on_the_page(cast: Cast, visit: Open) -> None:
    attempt, tess = begin(cast.bob), visit(cast.tess)
    version = tess.get("/class/changes")["ETag"]
    answer(attempt, q1="a")
    hand_in(cast.charlie, **all_right())
    begin(cast.tess)
    assert tess.get("/class/changes", headers={"If-None-Match": version}).status_code == 304


def test_asking_costs_four_queries(cast: Cast, visit: Open, django_assert_num_queries: Any) -> None:
    hand_in(cast.alice, **all_right())
    tess = visit(cast.tess)
    with django_assert_num_queries(4):  # one of them finds the launch
        tess.get("/class/changes")

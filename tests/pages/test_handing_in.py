"""What can be published can be handed in, over real HTTP; what could not be is not published."""

from decimal import Decimal
from typing import Any

import pytest
import requests

from assessment import attempts
from assessment.models import AttemptState
from content import publishing
from content.drafts import ItemDraft
from content.publishing import PublishingBlocked
from tests.cast import NOW, make_assignment, make_deployment, make_institution, make_launch, make_link, make_person
from tests.content import conftest as drafts
from tests.pages.conftest import Visit


def essays(number: int, length: int = 20_000) -> list[ItemDraft]:
    return [drafts.open_text(f"q{n}", max_length=length) for n in range(number)]


def publish(items: list[ItemDraft]) -> Any:
    return publishing.publish_quiz(
        slug="large", title="Large", items=items, lesson_version=None, provenance={}, now=NOW
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("items", "answer"), [
    (essays(15), "\U0001f600" * 20_000),
    ([drafts.choice(f"q{n}") for n in range(500)], "a"),
])  # fmt: skip
def test_largest_answers_to_a_published_check_are_handed_in(
    live_server: Any, items: list[ItemDraft], answer: str
) -> None:
    link = make_link(make_deployment(make_institution()))
    assignment = make_assignment(link, publish(items).quiz)
    visit = Visit(make_launch(link, make_person(link, "Ann"), custom={"quiz": assignment.quiz.slug}))
    attempt = visit.begin()
    form = visit.form(attempt, **{item.identifier: answer for item in items})

    sent = requests.post(
        f"{live_server.url}{visit.base}/attempts/{attempt.pk}/submit", data=form, allow_redirects=False, timeout=120
    )

    assert sent.status_code == 303, sent.text[:500]
    attempt.refresh_from_db()
    assert attempt.state != AttemptState.IN_PROGRESS
    assert all(question.answer for question in attempts.questions(attempt))


@pytest.mark.django_db
def test_check_that_could_not_be_handed_in_is_not_published() -> None:
    for items, words in (
        (essays(50), "longer together"),
        ([drafts.choice(f"q{n}") for n in range(501)], "more than 500 questions"),
    ):
        with pytest.raises(PublishingBlocked, match=words):
            publish(items)
    assert publish(essays(15)).points == Decimal(15)

"""What learner and teacher read of a mark that no person gave."""

from assessment import marking
from assessment.models import Mark, MarkedBy, Response
from tests.cast import NOW, Cast, all_right, at, hand_in
from tests.pages.conftest import Visit

WORDS = "Full credit was given by machine, without a person."


def test_full_credit_without_a_person_is_shown_as_such(cast: Cast) -> None:
    attempt = hand_in(cast.alice, **all_right())
    by_hand = hand_in(cast.bob, **all_right())
    for one, by in ((attempt, MarkedBy.SUGGESTION), (by_hand, MarkedBy.PERSON)):
        response = Response.objects.get(attempt=one, waiting=True)
        Mark.objects.create(
            response=response,
            points=1,
            by=by,
            tier="ideas",
            person=cast.tess.person if by == MarkedBy.PERSON else None,
            created_at=at(60),
        )
        Response.objects.filter(pk=response.pk).update(waiting=False)
        responses = list(one.responses.select_related("item_version"))
        marking.conclude(one, responses, list(marking.counting_marks(one).values()), NOW)

    assert WORDS in Visit(cast.alice).get(f"/attempts/{attempt.pk}/result").content.decode()
    assert WORDS in Visit(cast.tess).get(f"/class/attempts/{attempt.pk}").content.decode()
    assert WORDS not in Visit(cast.bob).get(f"/attempts/{by_hand.pk}/result").content.decode()

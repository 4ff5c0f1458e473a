"""What a teacher sees and does where the gradebook and we differ, and the page of the column."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from lti.gradebook import lookups
from lti.models import BaseBy, LineItem, Live, Registration, ResourceLink, Score, ScoreState
from lti.words import scopes
from tests.cast import NOW, Cast, all_right, hand_in
from tests.pages.conftest import Visit

Open = Callable[..., Visit]


def changed_there(cast: Cast, live: Live = Live.GRADED, shown: str | None = "8.5") -> Score:
    hand_in(cast.alice, **all_right())
    seen = {"live_given": shown and Decimal(shown), "live_maximum": Decimal(10), "live_at": NOW}
    Score.objects.update(state=ScoreState.HELD, live=live, last_answer="<b>x</b>", **seen)
    return Score.objects.get()


@pytest.mark.parametrize(
    ("live", "shown", "words"),
    [
        (Live.GRADED, "8.5", "Our score is 9 of 10. The LMS shows 8.5 of 10: someone changed it there."),
        (Live.EMPTY, None, "Our score is 9 of 10. The grade was cleared in the LMS."),
        (Live.MISSING, None, "Our score is 9 of 10. The LMS shows no grade for this person."),
    ],
)
def test_drift_is_shown_in_plain_words_with_both_choices(
    cast: Cast, visit: Open, live: Live, shown: str | None, words: str
) -> None:
    changed_there(cast, live, shown)
    page = visit(cast.tess).get("/class/").content.decode()

    assert words in page
    assert "Changed in the LMS" in page
    assert "Send ours again" in page
    assert "Keep the LMS" in page


def test_keeping_the_grade_of_the_lms_ends_the_matter(cast: Cast, visit: Open) -> None:
    event = changed_there(cast)
    tess = visit(cast.tess)
    assert tess.post(f"/class/scores/{event.pk}/keep").status_code == 303

    event.refresh_from_db()
    assert event.state == ScoreState.KEPT
    page = tess.get("/class/").content.decode()
    assert "Send ours again" not in page
    assert "LMS grade kept" in page
    assert "Set by your teacher" in visit(cast.alice).get("/").content.decode()


def test_sending_ours_again_is_on_the_teachers_word(cast: Cast, visit: Open) -> None:
    event = changed_there(cast)
    visit(cast.tess).post(f"/class/scores/{event.pk}/resend")

    newest = lookups.latest(resource_link=cast.alice.resource_link, person=cast.alice.person)
    assert newest
    assert (newest.state, newest.base_by) == (ScoreState.DUE, BaseBy.PERSON)


def test_scores_of_another_activity_are_out_of_reach(cast: Cast, visit: Open) -> None:
    event = changed_there(cast)
    for path in ("keep", "resend"):
        assert visit(cast.alice).post(f"/class/scores/{event.pk}/{path}").status_code == 403
    event.refresh_from_db()
    assert event.state == ScoreState.HELD


def test_teacher_names_the_column_and_sets_its_points(cast: Cast, visit: Open) -> None:
    link = cast.assignment.resource_link
    ResourceLink.objects.filter(pk=link.pk).update(scopes=[*link.scopes, scopes.LINE_ITEM])
    tess = visit(cast.tess)
    sent = tess.post("/class/column", {"label": "Week 1", "points": "20", "pass_percent": ""})
    assert sent.status_code == 303

    column = LineItem.objects.get(resource_link=link)
    assert (column.label, column.points) == ("Week 1", 20)
    assert column.push_at
    page = tess.get("/class/column").content.decode()
    assert "on its way" in page
    assert 'value="Week 1"' in page
    assert 'value="20"' in page


def test_points_are_not_offered_where_a_change_would_grade_people_without_a_grade(cast: Cast, visit: Open) -> None:
    link = cast.assignment.resource_link
    ResourceLink.objects.filter(pk=link.pk).update(scopes=[*link.scopes, scopes.LINE_ITEM])
    Registration.objects.update(family="moodle")
    tess = visit(cast.tess)
    page = tess.get("/class/column").content.decode()
    assert 'name="label"' in page
    assert 'name="points"' not in page
    assert "a grade of 0 to everyone who has no grade yet" in page

    for points in ("20", "many"):
        assert tess.post("/class/column", {"label": "Week 1", "points": points}).status_code == 303
    column = LineItem.objects.get(resource_link=link)
    assert (column.label, column.points) == ("Week 1", None)


def test_column_page_shows_the_name_and_points_in_force(cast: Cast, visit: Open) -> None:
    link = cast.assignment.resource_link
    title = "Week <1>"
    ResourceLink.objects.filter(pk=link.pk).update(scopes=[*link.scopes, scopes.LINE_ITEM], title=title)
    LineItem.objects.filter(resource_link=link).update(score_maximum=Decimal("12.5"))
    page = visit(cast.tess).get("/class/column").content.decode()

    assert "Last known name: Week &lt;1&gt;" in page
    assert "Last known points: 12.5" in page


def test_column_that_the_lms_keeps_to_itself_shows_the_pass_mark_only(cast: Cast, visit: Open) -> None:
    link = cast.assignment.resource_link
    ResourceLink.objects.filter(pk=link.pk).update(scopes=[scopes.SCORE])
    tess = visit(cast.tess)
    assert 'name="label"' not in tess.get("/class/column").content.decode()
    tess.post("/class/column", {"label": "Week 1", "pass_percent": "60"})

    cast.assignment.refresh_from_db()
    assert cast.assignment.pass_percent == 60
    assert LineItem.objects.get(resource_link=link).label == ""


@pytest.mark.parametrize("wrong", [{"points": "0"}, {"points": "many"}, {"pass_percent": "101"}, {"label": "x" * 256}])
def test_odd_values_for_the_column_are_refused_beside_their_field(
    cast: Cast, visit: Open, wrong: dict[str, str]
) -> None:
    answer = visit(cast.tess).post("/class/column", wrong)

    assert answer.status_code == 422
    assert "Not saved yet" in answer.content.decode()
    assert visit(cast.alice).get("/class/column").status_code == 403

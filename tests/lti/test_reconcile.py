"""Gradebooks read back: what drifted is shown, and only what never arrived is sent again by itself."""

from datetime import timedelta
from typing import Any

import pytest

from lti.gradebook import by_hand, reconcile, sending
from lti.models import Context, LineItem, Live, Registration, ResourceLink, Score, ScoreState
from roster.ids import uuid7
from roster.models import Enrollment, Role
from tests.lti.desk import NOW, RESULTS, SCOPES, SCORES, Desk
from tests.lti.platform import Answer


def read_back(desk: Desk, after: float = 600) -> int:
    desk.now += timedelta(seconds=after)
    return reconcile.reconcile(now=desk.now, clock=lambda: desk.now)


def delivered(desk: Desk, given: float = 7) -> Score:
    desk.queue(given)
    event = desk.drain()
    assert event.state == ScoreState.SYNCED
    return event


def shows(desk: Desk, **result: Any) -> None:
    desk.platform.results = [{"userId": "ada", **result}]


def test_grade_that_stands_as_sent_is_left_alone(desk: Desk) -> None:
    event = delivered(desk)

    assert read_back(desk) == 1
    event.refresh_from_db()
    assert event.state == ScoreState.SYNCED
    assert LineItem.objects.get().reconciled_at == desk.now


def test_result_of_a_user_written_as_a_number_is_theirs(desk: Desk) -> None:
    event = desk.queue(7, person=desk.person("17"))
    assert event
    sending.drain(desk.registration.pk, clock=lambda: desk.now)
    desk.platform.results = [{"userId": 17, "resultScore": 7, "resultMaximum": 10}]
    read_back(desk)

    event.refresh_from_db()
    assert event.state == ScoreState.SYNCED


@pytest.mark.parametrize("family", ["canvas", "moodle", "generic"])
def test_grade_that_a_teacher_changed_is_shown_and_not_touched(desk: Desk, family: str) -> None:
    desk.family(family)
    delivered(desk)
    shows(desk, resultScore=9, resultMaximum=10)
    read_back(desk)

    event = desk.drain(after=86_400)
    assert (event.state, event.live, event.live_given, event.live_maximum) == (ScoreState.HELD, Live.GRADED, 9, 10)
    assert len(desk.sent()) == 1


@pytest.mark.parametrize(("results", "live"), [([], Live.MISSING), ([{"userId": "ada"}], Live.EMPTY)])
def test_grade_that_was_lost_is_shown(desk: Desk, results: list[Any], live: Live) -> None:
    delivered(desk)
    desk.platform.results = results
    read_back(desk)

    event = desk.drain(after=86_400)
    assert (event.state, event.live) == (ScoreState.HELD, live)
    assert len(desk.sent()) == 1


def test_zero_that_moodle_leaves_out_is_no_drift(desk: Desk) -> None:
    desk.family("moodle")
    event = delivered(desk, 0)
    desk.platform.results = [{"userId": "ada", "resultMaximum": 10}]
    read_back(desk)

    event.refresh_from_db()
    assert event.state == ScoreState.SYNCED


def test_missing_grade_of_someone_who_left_is_no_news(desk: Desk) -> None:
    event = delivered(desk)
    enrolled = {"institution": desk.school, "course": desk.course, "person": desk.ada, "role": Role.LEARNER}
    Enrollment.objects.create(**enrolled, active=False)
    desk.platform.results = []
    read_back(desk)

    event.refresh_from_db()
    assert event.state == ScoreState.SYNCED


def test_score_that_was_given_up_and_is_not_there_is_sent_again(desk: Desk) -> None:
    desk.queue(7)
    desk.platform.switch(SCORES, Answer(503))
    desk.drain()
    Score.objects.update(retry_until=NOW)
    assert desk.drain(after=3_600).state == ScoreState.REFUSED
    del desk.platform.switched[SCORES]
    read_back(desk)

    assert desk.drain(after=1).state == ScoreState.SYNCED


def test_score_that_was_given_up_and_arrived_is_delivered(desk: Desk) -> None:
    desk.queue(7)
    Score.objects.update(state=ScoreState.REFUSED, read_first=True)
    shows(desk, resultScore=7, resultMaximum=10)
    read_back(desk)

    assert Score.objects.get().state == ScoreState.SYNCED
    assert desk.sent() == []


def test_refused_score_is_not_sent_again_by_itself(desk: Desk) -> None:
    desk.queue(7)
    desk.platform.switch(SCORES, Answer(422, b"not found"), Answer(200))
    desk.drain()
    read_back(desk)

    assert desk.drain(after=10).state == ScoreState.REFUSED


def test_teacher_who_puts_our_score_back_ends_the_conflict(desk: Desk) -> None:
    event = delivered(desk)
    shows(desk, resultScore=9, resultMaximum=10)
    read_back(desk)
    shows(desk, resultScore=7, resultMaximum=10)
    read_back(desk, after=5 * 3_600)

    event.refresh_from_db()
    assert event.state == ScoreState.SYNCED


def test_new_score_that_waited_goes_out_once_the_old_one_is_back(desk: Desk) -> None:
    delivered(desk)
    shows(desk, resultScore=9, resultMaximum=10)
    read_back(desk)
    desk.queue(8)
    assert desk.drain(after=10).state == ScoreState.HELD
    shows(desk, resultScore=7, resultMaximum=10)
    read_back(desk, after=5 * 3_600)

    assert desk.drain(after=10).state == ScoreState.SYNCED
    assert [body["scoreGiven"] for body in desk.sent()] == [7, 8]


def test_grade_that_a_person_let_stay_is_not_shown_again(desk: Desk) -> None:
    event = delivered(desk)
    shows(desk, resultScore=9, resultMaximum=10)
    read_back(desk)
    by_hand.keep(score=event)
    read_back(desk, after=5 * 3_600)

    event.refresh_from_db()
    assert (event.state, event.live_given) == (ScoreState.KEPT, 9)


def test_column_is_read_every_few_hours_and_only_while_it_is_in_use(desk: Desk) -> None:
    delivered(desk)
    assert read_back(desk) == 1
    assert read_back(desk, after=3_600) == 0
    assert read_back(desk, after=4 * 3_600) == 1
    assert read_back(desk, after=31 * 86_400) == 0


@pytest.mark.parametrize("why", ["lease", "pause", "inactive", "scope", "no column"])
def test_column_waits_where_it_may_not_be_read_now(desk: Desk, why: str) -> None:
    delivered(desk)
    later = desk.now + timedelta(hours=1)
    if why == "lease":
        Registration.objects.update(drain_until=later)
    elif why == "pause":
        Registration.objects.update(paused_until=later)
    elif why == "inactive":
        Registration.objects.update(active=False)
    elif why == "scope":
        ResourceLink.objects.update(scopes=[scope for scope in SCOPES if "result" not in scope])
    else:
        LineItem.objects.update(url="")

    assert read_back(desk) == 0
    assert desk.platform.asked(RESULTS) == []


def test_busy_platform_keeps_no_other_one_waiting(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its columns stand first, since they were not read for longest; one that fails holds up none either."""
    mine = LineItem.objects.get()
    other = Registration.objects.get()
    other.pk, other.client_id, other._state.adding = uuid7(), "another", True
    other.save()
    for number in range(5):
        link = ResourceLink.objects.get(pk=mine.resource_link_id)
        link.pk, link.resource_link_id, link._state.adding = uuid7(), f"busy-{number}", True
        link.save()
        LineItem.objects.create(
            institution=mine.institution, registration=other, resource_link=link, url=f"https://x.example/{number}"
        )
    delivered(desk)
    event = Score.objects.get()
    for column in LineItem.objects.filter(registration=other):
        event.pk, event.line_item, event._state.adding = uuid7(), column, True
        event.save()
    LineItem.objects.filter(pk=mine.pk).update(reconciled_at=desk.now - timedelta(days=1))
    Registration.objects.filter(pk=other.pk).update(drain_until=desk.now + timedelta(hours=1))

    assert reconcile.due(desk.now).count() == 6
    assert read_back(desk) == 1
    assert len(desk.platform.asked(RESULTS)) == 1


def test_pages_of_results_are_read_to_the_end_and_on_one_host_only(desk: Desk) -> None:
    """The next page's address is opaque: its letters stay as they are, and no token goes to another host."""
    desk.family("canvas")
    delivered(desk)
    more = f"{desk.platform.url}/lineitems/1/lineitem/results?page=bookmark:WyJBbGljZSJd"
    foreign = '<https://evil.example/results>; rel="next"'
    desk.platform.switch(
        RESULTS,
        Answer(body=b"[]", headers={"Link": f'<{more}>; rel="next", <{desk.platform.url}/x>; rel="first"'}),
        Answer(body=b"[]", headers={"Link": foreign}),
    )

    assert read_back(desk) == 0  # her grade may stand on the page that we do not fetch
    first, second = desk.platform.asked(RESULTS)
    assert first.query == {"type_id": ["1"], "limit": ["100"]}
    assert second.query == {"page": ["bookmark:WyJBbGljZSJd"]}
    assert Score.objects.get().state == ScoreState.SYNCED


def test_list_that_leads_in_a_circle_ends_and_no_grade_is_called_missing(desk: Desk) -> None:
    event = delivered(desk)
    circle = f'<{desk.column.url.replace("lineitem?", "lineitem/results?")}>; rel="next"'
    desk.platform.switch(RESULTS, Answer(body=b"[]", headers={"Link": circle}))

    assert read_back(desk) == 0
    assert len(desk.platform.asked(RESULTS)) <= 2
    event.refresh_from_db()
    assert event.state == ScoreState.SYNCED


def test_moodle_is_never_sent_a_limit(desk: Desk) -> None:
    desk.family("moodle")
    delivered(desk)
    read_back(desk)

    assert all("limit" not in seen.query for seen in desk.platform.seen)


@pytest.mark.parametrize("answer", [Answer(500), Answer(404), Answer(body=b"<html>"), Answer(drop=True)], ids=str)
def test_gradebook_that_cannot_be_read_changes_nothing(desk: Desk, answer: Answer) -> None:
    event = delivered(desk)
    desk.platform.switch(RESULTS, answer)

    assert read_back(desk) == 0
    event.refresh_from_db()
    assert event.state == ScoreState.SYNCED
    assert Registration.objects.get().drain_until is None
    assert Context.objects.count() == 1


def test_reading_on_a_teachers_word_that_comes_too_soon_for_a_score_is_followed_by_another(desk: Desk) -> None:
    delivered(desk)
    LineItem.objects.update(reconciled_at=None)
    shows(desk, resultScore=9, resultMaximum=10)
    desk.now += timedelta(seconds=20)
    reconcile.reconcile(now=desk.now, clock=lambda: desk.now)
    assert desk.drain().state == ScoreState.SYNCED, "it was sent just now: the gradebook may lag"

    for _ in range(3):
        desk.now += timedelta(seconds=61)
        reconcile.reconcile(now=desk.now, clock=lambda: desk.now)
    assert desk.drain().state == ScoreState.HELD
    assert len(desk.platform.asked(RESULTS)) == 2


@pytest.mark.parametrize("decided", [False, True])
def test_scores_of_a_column_that_is_gone_are_lost_but_for_what_a_person_decided(desk: Desk, decided: bool) -> None:
    """Moodle, after the content of an activity was chosen again."""
    event = delivered(desk)
    if decided:
        shows(desk, resultScore=9, resultMaximum=10)
        read_back(desk)
        by_hand.keep(score=event)
    for end in ("", "/results"):
        desk.platform.switch(f"/lineitems/1/lineitem{end}", Answer(404))
    read_back(desk, after=5 * 3_600)

    event.refresh_from_db()
    assert event.state == (ScoreState.KEPT if decided else ScoreState.LOST)
    assert decided or "column is gone" in event.hint


def test_results_that_are_not_there_say_nothing_of_a_column_that_is(desk: Desk) -> None:
    event = delivered(desk)
    desk.platform.switch(RESULTS, Answer(404))
    desk.platform.switch("/lineitems/1/lineitem", Answer(body=b'{"id": "x", "scoreMaximum": 10}'))
    read_back(desk)

    event.refresh_from_db()
    assert event.state == ScoreState.SYNCED


@pytest.mark.parametrize(("shown", "state"), [(9, ScoreState.HELD), (None, ScoreState.SYNCED)])
def test_gradebook_of_a_copied_course_is_read_before_the_first_score(
    desk: Desk, shown: int | None, state: ScoreState
) -> None:
    """A course that was restored with its people brings their grades along."""
    Context.objects.update(history=["original"])
    desk.link.refresh_from_db()
    desk.platform.results = [] if shown is None else [{"userId": "ada", "resultScore": shown, "resultMaximum": 10}]
    desk.queue(5)

    assert desk.drain().state == state
    assert len(desk.sent()) == (1 if shown is None else 0)

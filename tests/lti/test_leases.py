"""What a platform is asked at once: four requests from all workers together, and one reading of lists at a time."""

from datetime import timedelta

import pytest
from django.utils import timezone

from lti.connect import doctor
from lti.connect.doctor import FAILED
from lti.gradebook import sending
from lti.models import Context, Registration, Score, ScoreState
from lti.people import membership, roster_reading
from tests.lti.desk import SCORES, Desk
from tests.lti.platform import Answer
from tests.lti.test_rosters import Roster, member, page
from tests.races import race

SLOW = 0.03  # seconds


@pytest.mark.django_db(transaction=True)
def test_scores_lists_and_an_examination_are_four_requests_at_once_at_most(desk: Desk) -> None:
    for number in range(12):
        desk.queue(person=desk.person(f"p{number}"))
    desk.platform.switch(SCORES, Answer(200, delay=SLOW))
    rosters = [Roster(desk.platform, desk.link.deployment, number) for number in (1, 2)]
    for roster in rosters:
        desk.platform.switch(roster.path, Answer(**{**vars(page(member("ada"))), "delay": SLOW}))
        Context.objects.filter(pk=roster.context.pk).update(roster_next_at=timezone.now())

    race(
        lambda: sending.drain(desk.registration.pk),
        *(lambda roster=roster: roster_reading.read(roster.context.pk) for roster in rosters),
        lambda: doctor.examine(registration=desk.registration),
    )
    for roster in rosters:
        roster_reading.read(roster.context.pk)

    assert desk.platform.most_in_flight <= 4
    assert set(Score.objects.values_list("state", flat=True)) == {ScoreState.SYNCED}
    assert all(roster.active == {"ada"} for roster in rosters)
    registration = Registration.objects.get()
    assert (registration.drain_until, registration.requests_until) == (None, None)


def test_list_waits_while_its_platform_is_asked_something_else(desk: Desk) -> None:
    roster = Roster(desk.platform, desk.link.deployment)
    Registration.objects.update(requests_until=roster.now + timedelta(days=1))
    assert roster.read(page(member("ada"))).roster_read_at is None
    assert desk.platform.asked(roster.path) == []

    Registration.objects.update(requests_until=roster.now)  # its holder died
    assert roster.read().roster_read_at is not None


def test_lists_that_are_due_at_one_platform_are_read_one_after_the_other(desk: Desk) -> None:
    first, second = (Roster(desk.platform, desk.link.deployment, number) for number in (1, 2))
    desk.platform.switch(second.path, page(member("bob")))
    Context.objects.filter(pk=second.context.pk).update(roster_next_at=first.now)

    first.read(page(member("ada")))

    assert (first.active, second.active) == ({"ada"}, {"bob"})


def test_reading_that_lost_its_right_to_ask_stops_and_is_due_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    roster = Roster(desk.platform, desk.link.deployment)
    more = page(member("ada"), link=f'<{desk.platform.url}{roster.path}?page=2>; rel="next"')

    def taken(*_: object) -> None:
        Registration.objects.update(requests_until=roster.now + timedelta(minutes=10))

    monkeypatch.setattr(membership, "apply", taken)
    context = roster.read(more)

    assert len(desk.platform.asked(roster.path)) == 1
    assert (context.roster_read_at, context.roster_tries) == (None, 0)
    assert context.roster_next_at == roster.now


def test_examination_of_a_busy_platform_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PATIENCE", 0.0)
    Registration.objects.update(requests_until=timezone.now() + timedelta(minutes=1))

    [finding] = doctor.examine(registration=desk.registration)

    assert (finding.outcome, finding.step) == (FAILED, "A free moment")
    assert "Wait a minute" in finding.remedy
    assert desk.platform.seen == []

"""The list of a course's people: read in pages, kept in rows, taken for what it says and for no more."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from lti import tasks
from lti.gradebook import by_hand, scores
from lti.models import Context, Deployment, Launch, PlatformUser, Registration, Score, ScoreState
from lti.people import nrps, roster_reading, rosters
from roster.models import Course, Enrollment, Group, Institution, Person, Role
from tests.lti.conftest import Browser, register
from tests.lti.desk import SCORES, Desk
from tests.lti.platform import MEMBERSHIP, Answer, Platform
from tests.patience import PATIENCE
from tests.races import race
from tests.system import wait_for

NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
GS = "https://purl.imsglobal.org/spec/lti-gs/claim/groupsservice"
LEARNER, TEACHER = MEMBERSHIP + "#Learner", MEMBERSHIP + "#Instructor"
RECORDED = Path(__file__).resolve().parents[3] / "shared" / "reference" / "moodle" / "16-states-and-nrps.json"


def member(sub: str, role: str = LEARNER, **more: Any) -> dict[str, Any]:
    return {"user_id": sub, "status": "Active", "roles": [role], "name": sub.title(), **more}


def page(*members: Any, link: str = "", status: int = 200, **more: Any) -> Answer:
    headers = {"link": link} if link else {}
    return Answer(status, json.dumps({"id": "x", "members": members, **more}).encode(), headers)


class Roster:
    """A context whose list the platform gives at `/members`; `now` is moved on by each reading."""

    def __init__(self, platform: Platform, deployment: Deployment, number: int = 1) -> None:
        self.platform, self.path = platform, f"/members/{number}"
        institution = deployment.institution
        assert institution
        self.course = Course.objects.create(institution=institution)
        self.now = timezone.now()
        listed = {
            "institution": institution,
            "course": self.course,
            "memberships_url": f"{platform.url}{self.path}?Tenant=North",
            "roster_used_at": self.now,
        }
        identity = {"deployment": deployment, "context_id": f"course-{number}"}
        self.context, _ = Context.objects.update_or_create(**identity, defaults=listed)

    def read(self, *answers: Answer, after: timedelta = timedelta(hours=1)) -> Context:
        """What a reading leaves behind when the platform answers so, page by page."""
        if answers:
            self.platform.switch(self.path, *answers)
        self.now += after
        Context.objects.filter(pk=self.context.pk).update(roster_next_at=self.now)
        roster_reading.read(self.context.pk, clock=lambda: self.now)
        self.context.refresh_from_db()
        return self.context

    def people(self, **conditions: Any) -> set[str]:
        places = Enrollment.objects.filter(course=self.course, **conditions)
        return set(places.values_list("person__platform_users__sub", flat=True))

    @property
    def active(self) -> set[str]:
        return self.people(active=True)


def roster_of(desk: Desk) -> Roster:
    """The list of the course that the desk's link stands in, by the desk's clock."""
    roster = Roster(desk.platform, desk.link.deployment)
    roster.now = desk.now
    desk.link.context = roster.context
    desk.link.save()
    return roster


@pytest.fixture
def roster(platform: Platform, deployment: Deployment) -> Roster:
    return Roster(platform, deployment)


def nexts(roster: Roster, query: str, template: str = '<{}>; rel="next"') -> str:
    return template.format(f"{roster.platform.url}{roster.path}?{query}")


def test_list_makes_people_with_their_roles_as_the_platform_shares_them(roster: Roster) -> None:
    shared = {"given_name": "Ada", "family_name": "Byron", "email": "ada@example.test", "name": "Ada Byron"}
    roster.read(page(member("ada", **shared), member("tess", TEACHER), {"user_id": "mute", "roles": ["Learner"]}))

    assert roster.people(role=Role.LEARNER, active=True) == {"ada", "mute"}
    assert roster.people(role=Role.INSTRUCTOR) == {"tess"}
    ada = Person.objects.get(platform_users__sub="ada")
    assert {name: getattr(ada, name) for name in shared} == shared
    assert Person.objects.get(platform_users__sub="mute").name == ""
    assert {person.institution for person in Person.objects.all()} == {roster.course.institution}


def test_request_is_as_the_standard_has_it(roster: Roster) -> None:
    roster.read(page(member("ada")))

    (seen,) = roster.platform.asked(roster.path)
    assert seen.method == "GET"
    assert seen.headers["accept"] == "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
    assert seen.headers["authorization"].startswith("Bearer ")
    assert seen.query == {"Tenant": ["North"], "limit": ["200"]}
    (asked,) = roster.platform.asked("/token")
    assert (
        b"scope=https%3A%2F%2Fpurl.imsglobal.org%2Fspec%2Flti-nrps%2Fscope%2Fcontextmembership.readonly" in asked.body
    )


@pytest.mark.parametrize(
    "template",
    [
        '<{}>; rel="next"',
        "<{}>; rel=next",
        '<https://lms.example/x>; rel="differences", <{}>;rel="next"',
        '<https://lms.example/1>; rel="first", <{}>; title="a, b"; REL="last next"',
        "<{}>; rel=\u201cnext\u201d".encode().decode("latin-1"),
    ],
)
def test_every_page_is_read_by_its_own_address_with_its_case_kept(roster: Roster, template: str) -> None:
    link = nexts(roster, "page=bookmark:WyJBbGljZSJd&Sig=aB%2Fc", template)
    context = roster.read(page(member("ada"), link=link), page(member("bob")))

    assert roster.active == {"ada", "bob"}
    second = roster.platform.asked(roster.path)[1]
    assert second.query == {"page": ["bookmark:WyJBbGljZSJd"], "Sig": ["aB/c"]}
    assert context.roster_read_at == roster.now


def test_relative_address_of_the_next_page_is_followed(roster: Roster) -> None:
    roster.read(page(member("ada"), link='<?page=2>; rel="next"'), page(member("bob")))

    assert roster.active == {"ada", "bob"}
    assert roster.platform.asked(roster.path)[1].query == {"page": ["2"]}


@pytest.mark.parametrize(
    "link",
    [
        '<https://elsewhere.example/members>; rel="next"',
        '<http://127.0.0.1:1/members>; rel="next"',
        '<file:///etc/passwd>; rel="next"',
        '<//elsewhere.example/members>; rel="next"',
    ],
)
def test_token_never_follows_a_page_to_another_origin(roster: Roster, link: str) -> None:
    roster.read(page(member("ada"), member("bob")))
    context = roster.read(page(member("ada"), link=link))

    assert len(roster.platform.asked(roster.path)) == 2
    assert roster.active == {"ada", "bob"}
    assert "leads astray" in context.roster_words


def test_pages_in_a_circle_end(roster: Roster) -> None:
    context = roster.read(page(member("ada"), link=nexts(roster, "page=2")), page(link=nexts(roster, "page=2")))

    assert len(roster.platform.asked(roster.path)) == 2
    assert "leads astray" in context.roster_words
    assert context.roster_read_at is None


def test_pages_without_end_are_cut_off(roster: Roster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nrps, "MOST_PAGES", 3)
    answers = [page(member(f"m{number}"), link=nexts(roster, f"page={number}")) for number in range(9)]
    context = roster.read(*answers)

    assert len(roster.platform.asked(roster.path)) == 3
    assert context.roster_read_at is None


def test_who_is_no_longer_listed_becomes_inactive_and_comes_back(roster: Roster) -> None:
    roster.read(page(member("ada"), member("bob")))
    roster.read(page(member("ada")))
    assert roster.active == {"ada"}
    assert roster.people(active=False) == {"bob"}

    roster.read(page(member("ada"), member("bob")))
    assert roster.active == {"ada", "bob"}


@pytest.mark.parametrize("status", ["Inactive", "Deleted", "inactive", "Suspended"])
def test_who_is_listed_as_not_active_is_not(roster: Roster, status: str) -> None:
    roster.read(page(member("ada"), member("bob")))
    roster.read(page(member("ada"), member("bob", status=status), member("new", status=status)))

    assert roster.active == {"ada"}
    assert not PlatformUser.objects.filter(sub="new").exists()


FAULTS = {
    "error": Answer(500),
    "dropped": Answer(drop=True),
    "not json": Answer(body=b"<html>"),
    "no list": Answer(body=b'{"members": {}}'),
    "not an object": Answer(body=b"[]"),
    "forbidden": Answer(403, b"Insufficient scope"),
    "elsewhere": Answer(302, headers={"Location": "/login"}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_reading_that_breaks_off_removes_nobody(roster: Roster, fault: str) -> None:
    first = roster.read(page(member("ada"), member("bob"))).roster_read_at
    context = roster.read(page(member("ada"), member("new"), link=nexts(roster, "page=2")), FAULTS[fault])

    assert roster.active == {"ada", "bob", "new"}
    assert context.roster_read_at == first
    assert context.roster_words
    assert context.roster_tries == 1


@pytest.mark.parametrize("empty", [[], [{"user_id": 7.5, "roles": []}, "text", None], [{"roles": [LEARNER]}]], ids=str)
def test_empty_list_is_held_back_and_shown(roster: Roster, empty: list[Any]) -> None:
    roster.read(page(member("ada")))
    context = roster.read(page(*empty))

    assert roster.active == {"ada"}
    assert context.roster_words == roster_reading.EMPTY
    assert roster.read(page(member("ada"))).roster_words == ""


def test_listed_given_and_family_names_are_shown_in_place_of_the_old_full_name(roster: Roster) -> None:
    roster.read(page(member("ada", name="Ada Lovelace")))
    roster.read(page({"user_id": "ada", "roles": [LEARNER], "given_name": "Ada", "family_name": "King"}))

    assert Person.objects.get().display_name == "Ada King"


def test_test_users_are_left_out(roster: Roster) -> None:
    test = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
    roster.read(page(member("ada"), {**member("student-view"), "roles": [LEARNER, test]}))

    assert roster.active == {"ada"}


def test_what_the_platform_leaves_out_changes_no_name(roster: Roster) -> None:
    roster.read(page(member("ada", name="Ada", email="ada@example.test")))
    roster.read(page({"user_id": "ada", "roles": [LEARNER], "name": None, "given_name": "Augusta"}))

    ada = Person.objects.get()
    assert (ada.name, ada.given_name, ada.email) == ("Ada", "Augusta", "ada@example.test")


@pytest.mark.parametrize(
    "odd",
    [
        {"user_id": "x" * 256, "roles": [LEARNER]},
        {"user_id": "a\x00b", "roles": [LEARNER]},
        {"user_id": "\ud800", "roles": [LEARNER]},
        {"user_id": "", "roles": [LEARNER]},
        {"user_id": True, "roles": [LEARNER]},
        {"user_id": 10**300, "roles": [LEARNER]},
        {"user_id": "no-roles"},
        {"user_id": "odd-roles", "roles": "Learner"},
        "text",
    ],
    ids=str,
)
def test_odd_members_do_no_harm(roster: Roster, odd: Any) -> None:
    loud = member("ada", name="A\x00da " + "x" * 999, email="e" * 999, status=7, picture=[], group_enrollments="x")
    roster.read(page(odd, loud, odd))

    assert roster.active == {"ada"}
    assert len(Person.objects.get().name) <= 255


def test_member_named_twice_is_one_person(roster: Roster) -> None:
    roster.read(page(member("ada"), member("ada"), link=nexts(roster, "page=2")), page(member("ada", name="Ada L")))

    assert Person.objects.get().name == "Ada L"
    assert Enrollment.objects.count() == 1


@pytest.mark.parametrize("apart", [False, True])
def test_member_who_is_listed_for_two_roles_has_the_higher(roster: Roster, apart: bool) -> None:
    twice = [member("ada", TEACHER), member("ada", LEARNER)]
    if apart:
        roster.read(page(twice[0], link=nexts(roster, "page=2")), page(twice[1]))
    else:
        roster.read(page(*twice))
    assert Enrollment.objects.get().role == Role.INSTRUCTOR

    roster.read(page(twice[1]))
    assert Enrollment.objects.get().role == Role.LEARNER


def test_member_without_roles_stays_who_they_are(roster: Roster) -> None:
    roster.read(page(member("ada", TEACHER), member("bob")))
    nameless = member("ada")
    del nameless["roles"]
    roster.read(page(nameless, member("bob")))

    place = Enrollment.objects.get(person__platform_users__sub="ada")
    assert (place.active, place.role) == (True, Role.INSTRUCTOR)


def test_teacher_whom_the_list_calls_a_learner_loses_the_open_page(roster: Roster, browser: Browser) -> None:
    browser.launch(roles=[TEACHER])
    browser.launch(roles=[TEACHER], sub="user-2")

    roster.read(page(member("user-1"), member("user-2", TEACHER)))

    ended, kept = Launch.objects.order_by("created_at")
    assert ended.expires_at == roster.now
    assert kept.expires_at > roster.now


def test_teacher_who_left_the_list_loses_the_open_page(roster: Roster, browser: Browser) -> None:
    """One whom no list ever named, as an administrator of the LMS, keeps it."""
    browser.launch(roles=[TEACHER])
    browser.launch(roles=[TEACHER], sub="admin")
    roster.read(page(member("user-1", TEACHER), member("user-2")))
    assert not Launch.objects.filter(expires_at__lte=roster.now).exists()

    roster.read(page(member("user-2")))

    ended, kept = Launch.objects.order_by("created_at")
    assert ended.expires_at == roster.now
    assert kept.expires_at > roster.now
    assert roster.active == {"user-2"}


def test_newer_launch_is_not_overwritten_by_an_older_list(roster: Roster, browser: Browser) -> None:
    roster.read(page(member("user-1", TEACHER), member("ada")))
    Context.objects.update(context_id="course-1")
    assert browser.launch(roles=[LEARNER]).status_code == 303
    Launch.objects.update(created_at=roster.now + timedelta(hours=2))

    roster.read(page(member("user-1", TEACHER), member("ada")))
    assert roster.people(role=Role.LEARNER) == {"user-1", "ada"}
    roster.read(page(member("ada")))
    assert roster.active == {"user-1", "ada"}, "launched since the reading began"

    Launch.objects.update(created_at=roster.now - timedelta(hours=2))
    roster.read(page(member("user-1", TEACHER), member("ada")))
    assert roster.people(role=Role.INSTRUCTOR) == {"user-1"}
    roster.read(page(member("ada")))
    assert roster.active == {"ada"}


@pytest.mark.parametrize(("family", "keeps"), [("moodle", True), ("canvas", False)])
def test_list_of_moodle_does_not_lower_a_teacher_whom_it_cannot_tell(
    browser: Browser, family: str, keeps: bool
) -> None:
    """Moodle says Instructor of a non-editing teacher at a launch, and Learner in its list."""
    claim = {NRPS: {"context_memberships_url": f"{browser.platform.url}/members/1", "service_versions": ["2.0"]}}
    begun = browser.started()
    claims = browser.platform.claims(begun.nonce, roles=[TEACHER]) | claim
    front = browser.post(browser.platform.token(claims), begun.state)["Location"]
    Registration.objects.update(family=family)
    browser.platform.switch("/members/1", page(member("user-1", "Learner"), member("ada", "Learner")))

    roster_reading.read(Context.objects.get().pk)

    assert (browser.client.get(front).status_code == 200) == keeps
    places = dict(Enrollment.objects.values_list("person__platform_users__sub", "role"))
    assert places == {"user-1": Role.INSTRUCTOR if keeps else Role.LEARNER, "ada": Role.LEARNER}


def test_five_hundred_members_take_as_many_statements_as_five(
    roster: Roster, platform: Platform, deployment: Deployment
) -> None:
    Roster(platform, deployment, 3).read(page(member("ada")))  # the tool's key and an access token are made only once
    few, many = statements_of_two_readings(Roster(platform, deployment, 2), 5), statements_of_two_readings(roster, 500)
    assert few == many
    assert max(few) <= 26


def statements_of_two_readings(roster: Roster, size: int) -> tuple[int, int]:
    """A list read for the first time; then again, with other names, somebody late, and a fifth gone."""
    everyone = [member(f"{roster.path}-{number}") for number in range(size)]
    with CaptureQueriesContext(connection) as first:
        roster.read(page(*everyone))
    assert len(roster.active) == size

    renamed = [{**one, "name": one["name"] + " II"} for one in everyone[: size - size // 5]]
    with CaptureQueriesContext(connection) as second:
        roster.read(page(*renamed, member(f"{roster.path}-late")))
    assert len(roster.active) == len(renamed) + 1
    assert roster.people(active=True, person__name__endswith=" II") == {one["user_id"] for one in renamed}
    return len(first), len(second)


def test_one_page_is_held_at_a_time_and_kept_before_the_next_is_asked_for(
    roster: Roster, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[int] = []
    usual = roster.platform.answer

    def look(seen: Any) -> Answer:
        if seen.path == roster.path:
            kept.append(len(pages))
        return usual(seen)

    pages: list[int] = []
    apply = roster_reading.membership.apply
    monkeypatch.setattr(roster_reading.membership, "apply", lambda *given: (apply(*given), pages.append(1)))
    monkeypatch.setattr(roster.platform, "answer", look)
    roster.read(*[page(member(f"m{n}"), link=nexts(roster, f"page={n}")) for n in range(3)], page(member("last")))

    assert kept == [0, 1, 2, 3]


def test_failures_wait_longer_and_longer_and_the_platform_may_ask_for_more(roster: Roster) -> None:
    waits = []
    for _ in range(12):
        context = roster.read(Answer(503), after=timedelta(days=1, seconds=1) / 24)
        assert context.roster_next_at
        waits.append((context.roster_next_at - roster.now) / timedelta(minutes=1))
    assert 4 < waits[0] < 6
    assert 8 < waits[1] < 12
    assert 600 < waits[-1] < 800

    assert roster.read(page(member("ada"))).roster_tries == 0
    context = roster.read(Answer(429, headers={"Retry-After": "1800"}))
    assert context.roster_next_at
    assert context.roster_next_at - roster.now > timedelta(minutes=25)


def test_no_token_is_a_failure_in_the_platforms_words(roster: Roster) -> None:
    roster.platform.switch("/token", Answer(400, b'{"error": "invalid_scope"}'))
    assert "invalid_scope" in roster.read(page(member("ada"))).roster_words


def test_course_in_use_is_read_again_and_a_forgotten_one_sleeps(roster: Roster) -> None:
    context = roster.read(page(member("ada")))
    assert context.roster_next_at
    assert timedelta(hours=5) < context.roster_next_at - roster.now < timedelta(hours=7)
    assert rosters.sweep(now=roster.now + timedelta(hours=5)) == []
    assert rosters.sweep(now=roster.now + timedelta(hours=7)) == [context.pk]

    Context.objects.update(roster_used_at=roster.now - timedelta(days=30))
    assert roster.read(page(member("ada"))).roster_next_at is None
    rosters.note_use(roster.context, now=roster.now)
    assert rosters.sweep(now=roster.now + timedelta(minutes=2)) == [context.pk]


@pytest.mark.parametrize("off", ["deployment", "registration", "paused"])
def test_platform_that_is_switched_off_or_paused_is_left_alone(roster: Roster, off: str) -> None:
    if off == "deployment":
        Deployment.objects.update(active=False)
    else:
        later = timezone.now() + timedelta(days=1)
        Registration.objects.update(**{"active": False} if off == "registration" else {"paused_until": later})
    roster.read(page(member("ada")))

    assert roster.platform.seen == []


@pytest.mark.django_db(transaction=True)
def test_two_readers_at_once_read_once(roster: Roster) -> None:
    roster.platform.switch(roster.path, page(member("ada")))
    Context.objects.update(roster_next_at=roster.now)

    race(*[lambda: roster_reading.read(roster.context.pk, clock=lambda: roster.now)] * 2)

    assert len(roster.platform.asked(roster.path)) == 1
    assert roster.active == {"ada"}


def test_impatient_teacher_has_the_list_read_three_times_a_minute(roster: Roster) -> None:
    roster.platform.switch(roster.path, page(member("ada")))
    for second in range(61):
        now = roster.now + timedelta(seconds=second)
        rosters.ask(roster.context, now=now)
        roster_reading.read(roster.context.pk, clock=lambda now=now: now)  # type: ignore[misc]

    assert len(roster.platform.asked(roster.path)) == 4


def test_reading_that_died_is_taken_up_when_its_lease_is_over(roster: Roster) -> None:
    Context.objects.update(roster_next_at=roster.now, roster_lease=roster.now + roster_reading.LEASE)

    assert rosters.sweep(now=roster.now + timedelta(minutes=5)) == []
    assert rosters.sweep(now=roster.now + timedelta(minutes=16)) == [roster.context.pk]


@pytest.mark.django_db(transaction=True)
def test_learner_who_launches_while_the_list_is_taken_in_is_one_person(roster: Roster, browser: Browser) -> None:
    roster.platform.switch(roster.path, page(*[member(f"m{n}") for n in range(50)], member("user-1")))
    Context.objects.update(roster_next_at=roster.now)

    _, launched = race(lambda: roster_reading.read(roster.context.pk, clock=lambda: roster.now), browser.launch)

    assert launched.status_code == 303
    assert PlatformUser.objects.filter(sub="user-1").count() == 1
    assert "user-1" in roster.active
    assert Person.objects.count() == 51


@pytest.mark.django_db(transaction=True)
def test_list_is_taken_in_though_several_of_its_people_launch_meanwhile(roster: Roster) -> None:
    roster.platform.switch(roster.path, page(*[member(sub) for sub in ("ada", "bob", "cy")]))
    Context.objects.update(roster_next_at=roster.now)
    written = {sub: Event() for sub in ("ada", "bob")}

    def launch_of(sub: str, before: Event | None) -> None:
        """Writes the person as a launch does, and commits only once the reading waits for that."""
        with transaction.atomic():
            made = Person.objects.create(institution=roster.course.institution, name=sub)
            PlatformUser.objects.create(
                institution=made.institution, registration=Registration.objects.get(), sub=sub, person=made
            )
            written[sub].set()
            if before:
                assert before.wait(PATIENCE)
            wait_for(_is_waited_for, every=0.01)
        finished[sub].set()

    def read() -> None:
        assert all(event.wait(PATIENCE) for event in written.values())
        roster_reading.read(roster.context.pk, clock=lambda: roster.now)

    finished = {sub: Event() for sub in written}
    raised = race(read, lambda: launch_of("ada", None), lambda: launch_of("bob", finished["ada"]))

    assert raised == [None] * 3
    assert roster.active == {"ada", "bob", "cy"}
    assert sorted(Person.objects.values_list("name", flat=True)) == ["Cy", "ada", "bob"]  # a launch knows better


def _is_waited_for() -> bool:
    mine = "SELECT virtualtransaction FROM pg_locks WHERE pid = pg_backend_pid()"
    held = f"SELECT transactionid FROM pg_locks WHERE granted AND virtualtransaction IN ({mine})"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM pg_locks WHERE NOT granted AND transactionid IN ({held})")
        return bool(cursor.fetchone()[0])


def launch(browser: Browser, **claims: Any) -> None:
    begun = browser.started()
    token = browser.platform.token({**browser.platform.claims(begun.nonce), **claims})
    assert browser.post(token, begun.state).status_code == 303


def test_first_launch_of_a_course_has_its_list_read(
    browser: Browser, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued: list[str] = []
    monkeypatch.setattr(tasks.read_roster, "delay", queued.append)
    monkeypatch.setattr(tasks.read_roster, "apply_async", lambda args, **_: queued.append(*args))
    url = f"{browser.platform.url}/members"
    with django_capture_on_commit_callbacks(execute=True):
        launch(browser, **{NRPS: {"context_memberships_url": url, "service_versions": ["2.0"]}})
        launch(browser, **{NRPS: {"context_memberships_url": url, "service_versions": ["2.0"]}})

    context = Context.objects.get()
    assert queued == [str(context.pk)]
    browser.platform.switch("/members", page(member("user-1"), member("idle")))
    tasks.read_roster(queued[0])
    assert Enrollment.objects.filter(active=True, role=Role.LEARNER).count() == 2


def test_platform_without_the_service_is_left_alone(browser: Browser) -> None:
    launch(browser)
    launch(browser, **{NRPS: "odd", GS: 7})

    context = Context.objects.get()
    rosters.ask(context, now=timezone.now())
    assert rosters.sweep(now=timezone.now()) == []


def groups_at(roster: Roster) -> None:
    address = f"{roster.platform.url}/groups"
    Context.objects.filter(pk=roster.context.pk).update(groups_url=address, group_sets_url=f"{address}/sets")


def test_groups_and_their_members_are_kept_with_the_list(roster: Roster) -> None:
    groups_at(roster)
    red, blue = {"id": 1, "name": "Red", "set_id": "s"}, {"id": "2", "name": "Blue"}
    roster.platform.switch("/groups", Answer(body=json.dumps({"id": "x", "groups": [red, blue, "odd"]}).encode()))
    roster.platform.switch("/groups/sets", Answer(body=json.dumps({"sets": [{"id": "s", "name": "Colours"}]}).encode()))
    ada, bob = member("ada", group_enrollments=[{"group_id": "1"}]), member("bob", group_enrollments=[{"group_id": 9}])
    roster.read(page(ada, bob))

    assert [str(group) for group in Group.objects.order_by("group_id")] == ["Colours: Red", "Blue"]
    assert [str(person) for person in Group.objects.get(group_id="1").members.all()] == ["Ada"]
    assert roster.platform.asked(roster.path)[0].query["groups"] == ["true"]
    (seen,) = roster.platform.asked("/groups")
    assert seen.headers["accept"] == "application/vnd.ims.lti-gs.v1.contextgroupcontainer+json"

    roster.platform.switch("/groups", Answer(body=json.dumps({"groups": [blue]}).encode()))
    roster.read(page(member("ada", group_enrollments=[{"group_id": "2"}]), bob))
    assert [str(person) for person in Group.objects.get().members.all()] == ["Ada"]
    roster.read(page(member("ada"), bob))
    assert not Group.objects.get().members.exists()


def test_groups_that_cannot_be_read_do_not_keep_the_list_from_being_read(roster: Roster) -> None:
    groups_at(roster)
    roster.platform.switch("/groups", Answer(403, b"no"))
    context = roster.read(page(member("ada")))

    assert roster.active == {"ada"}
    assert "groups could not be read" in context.roster_words
    assert "groups" not in roster.platform.asked(roster.path)[0].query


def test_two_institutions_on_one_issuer_never_mix_their_lists(roster: Roster, platform: Platform) -> None:
    """One key of one platform, two schools, the same people and the same course id."""
    other_school = Institution.objects.create(name="Other", slug="other")
    deployment = Deployment.objects.create(
        registration=roster.context.deployment.registration, deployment_id="2", institution=other_school, active=True
    )
    other = Roster(platform, deployment, 2)
    Context.objects.update(context_id="same")
    roster.read(page(member("ada", email="ada@north.test"), member("bob")))
    other.read(page(member("ada", email="ada@other.test"), member("eve")))

    roster.read(page(member("ada", email="ada@north.test")))
    assert roster.active == {"ada"}
    assert other.active == {"ada", "eve"}
    assert set(Person.objects.filter(institution=other_school).values_list("email", flat=True)) == {
        "ada@other.test",
        "",
    }
    assert Person.objects.filter(platform_users__sub="ada").count() == 2


def test_two_clients_of_one_issuer_know_their_own_people_only(roster: Roster, platform: Platform) -> None:
    registration = register(platform, client_id="second-client")
    deployment = Deployment.objects.create(
        registration=registration, deployment_id="dep-1", institution=roster.course.institution, active=True
    )
    other = Roster(platform, deployment, 2)
    roster.read(page(member("7")))
    other.read(page(member("7", name="Someone else")))

    assert Person.objects.count() == 2
    assert len(platform.asked("/token")) == 2, "a token of one client is not used for another"


@pytest.mark.parametrize("back_by", ["list", "launch"])
def test_refused_score_is_sent_again_once_when_the_learner_is_back(desk: Desk, back_by: str) -> None:
    roster = roster_of(desk)
    roster.read(page(member("ada"), member("bob")))
    desk.platform.switch(SCORES, Answer(422, b"User not found in course"))
    desk.queue()
    assert desk.drain().state == ScoreState.REFUSED
    roster.read(page(member("bob")))
    desk.platform.switch(SCORES, Answer())
    if back_by == "launch":
        Enrollment.objects.update(active=True)

    for _ in range(3):
        roster.read(page(member("ada"), member("bob")))
    event = desk.drain(after=86_400)
    assert event.state == ScoreState.SYNCED
    assert len(desk.sent()) == 2


def test_first_list_of_a_course_sends_no_score_twice(desk: Desk) -> None:
    Enrollment.objects.create(institution=desk.school, course=desk.course, person=desk.ada, role=Role.LEARNER)
    desk.queue()
    desk.drain()
    by_hand.resend(score=Score.objects.get(), now=desk.now)
    desk.drain(after=60)

    roster_of(desk).read(page(member("ada")))

    assert scores.sweep(now=desk.now + timedelta(days=1)) == []
    assert len(desk.sent()) == 1


def test_refused_score_of_someone_who_is_listed_all_the_time_is_tried_once_more(desk: Desk) -> None:
    roster = roster_of(desk)
    roster.read(page(member("ada")))
    desk.platform.switch(SCORES, Answer(422, b"no"))
    desk.queue()
    desk.drain()
    for _ in range(3):
        roster.read(page(member("ada")))
        assert desk.drain(after=7_200).state == ScoreState.REFUSED

    assert len(desk.sent()) == 2, "they may have been away between two lists"


@pytest.mark.skipif(not RECORDED.is_file(), reason="the recordings of a real Moodle are not on this machine")
def test_recorded_moodle_list_is_taken_in(roster: Roster) -> None:
    exchanges = {one["name"]: one for one in json.loads(RECORDED.read_text()) if one["name"].startswith("NRPS")}

    def recorded(name: str) -> Answer:
        was = exchanges[name]["response"]
        link = (
            was["headers"]
            .get("Link", "")
            .replace(exchanges[name]["request"]["url"].split("?")[0], f"{roster.platform.url}{roster.path}")
        )
        return Answer(was["status"], json.dumps(was["body"]).encode(), {"Link": link} if link else {})

    roster.read(recorded("NRPS members"))
    assert len(roster.people(role=Role.LEARNER, active=True)) == 20
    assert roster.people(role=Role.INSTRUCTOR) == {"3"}
    roster.read(recorded("NRPS with one suspended enrolment"))
    assert len(roster.people(active=False)) == 1
    roster.read(recorded("NRPS limit=5"), recorded("NRPS limit=5&from=20"))
    assert roster.platform.asked(roster.path)[-1].query == {"limit": ["5"], "from": ["5"]}
    assert len(roster.active) == 6


def test_moment_is_given_not_taken(roster: Roster) -> None:
    moment: datetime | None = roster.read(page(member("ada"))).roster_read_at
    assert moment == roster.now == Enrollment.objects.get().listed_at
